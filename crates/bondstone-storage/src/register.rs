//! The register of active snapshots, and the timestamp of the last commit.
//!
//! A snapshot is a timestamp in a *place* of this register. As long as it stands there, nothing that a view of that
//! time can reach is unlinked or reused. Places stand in linked blocks that are never freed before the register, so
//! their number is unbounded and a place's address is stable.
//!
//! # Protocol
//!
//! | reader | writer |
//! |---|---|
//! | claim a free place: `FREE → PINNED` | `last.store(R, Release)`, or somebody else does |
//! | | `l = last.load(Acquire)` |
//! | `fence(SeqCst)` | `fence(SeqCst)` |
//! | `t = last.load(Acquire)` | load every place (`Acquire`); the oldest, `l` among them, is the horizon |
//! | `place.store(t, Release)` | a `PINNED` place: keep the horizon of the scan before |
//!
//! The two fences order "claimed, then read `last`" against "read `last`, then scanned": either the scan meets the
//! claim, or the reader's `last` is at least the writer's. So a horizon never passes a snapshot that is being taken. The
//! writer looks at `last` *before* its fence, since another thread may [publish](crate::publication) meanwhile: what it
//! found behind the fence could be later than the snapshot of a reader whom the scan misses.
//! Registering never retries and never waits, and dropping is one store.
//!
//! A scan looks only at places that were ever claimed: as a rule the few of the threads that read. A claim of a further one
//! raises [`Block::claimed`] *before* the reader's fence, so that the same two fences order it against the scan.
//!
//! A claim is one compare-exchange on a place that, as a rule, only this thread uses: each thread begins its search at a
//! place of its own. (The design's other variant, places owned by a thread for life, saves that instruction and
//! pays with a hand-over when threads end; at one snapshot in a hundred lookups neither can be measured.)
//!
//! A clone shares its original's place and counts itself there; a timestamp never moves from one place to another,
//! since a scan that reads the new place before and the old one after the move would miss it.

use crossbeam::utils::CachePadded;

use crate::sync::{AtomicPtr, AtomicU64, AtomicUsize, Ordering, canary, fence};
use crate::writer::Timestamp;

const FREE: Timestamp = Timestamp::MAX;
const PINNED: Timestamp = 0;

#[cfg(not(loom))]
const BLOCK: usize = 16;
#[cfg(loom)]
const BLOCK: usize = 2;

/// The register of active snapshots.
pub(crate) struct Register {
    last: CachePadded<AtomicU64>,
    first: Block,
}

struct Block {
    places: [CachePadded<Place>; BLOCK],
    /// Places from this one on were never claimed. Never decreases; rarely written, so readers share its line.
    claimed: AtomicUsize,
    next: AtomicPtr<Block>,
}

/// A place: `FREE`, `PINNED` while its snapshot is being taken, or the snapshot's timestamp.
struct Place {
    timestamp: AtomicU64,
    /// Snapshots that share the place: too many to count to the end of, even if each is forgotten.
    sharers: AtomicU64,
}

/// A place that a snapshot holds. Whoever owns it keeps the register alive.
pub(crate) struct Registration {
    place: *const Place,
    timestamp: Timestamp,
}

// SAFETY: a place is two atomics at a stable address; the register outlives its registrations (see `register`).
unsafe impl Send for Registration {}
// SAFETY: as above.
unsafe impl Sync for Registration {}

impl Register {
    /// Nobody looks at the store, whose last commit is `last`.
    pub(crate) fn after(last: Timestamp) -> Self {
        Self { last: CachePadded::new(AtomicU64::new(last)), first: Block::new() }
    }

    /// The timestamp of the last published commit.
    #[inline]
    pub(crate) fn last(&self) -> Timestamp {
        self.last.load(Ordering::Acquire)
    }

    /// Makes the work on `now` visible to every snapshot taken from here on: the one store that commits. Whoever publishes
    /// has seen all of that work, and no two do at once.
    pub(crate) fn publish(&self, now: Timestamp) {
        let order = if canary!(PublishRelaxed) { Ordering::Relaxed } else { Ordering::Release };
        self.last.store(now, order);
    }

    /// Takes a place and the timestamp of the last commit.
    ///
    /// # Safety
    /// The register outlives the registration, and every use of it.
    pub(crate) unsafe fn register(&self) -> Registration {
        let (block, number) = self.claim();
        let place = &*block.places[number];
        if !canary!(ClaimedTooLate) {
            block.count(number);
        }
        if !canary!(ReaderFenceMissing) {
            fence(Ordering::SeqCst);
        }
        let timestamp = self.last();
        if canary!(ClaimedTooLate) {
            block.count(number);
        }
        place.timestamp.store(timestamp, Ordering::Release);
        Registration { place, timestamp }
    }

    /// Claims a free place, which pins everything until its timestamp stands there.
    fn claim(&self) -> (&Block, usize) {
        let mut block = &self.first;
        let start = start_of_search();
        loop {
            for offset in 0..BLOCK {
                let number = (start + offset) % BLOCK;
                if block.places[number].claim() {
                    return (block, number);
                }
            }
            block = block.next();
        }
    }

    /// The oldest timestamp that a snapshot may stand at: nothing older is being looked at. Never less than `before`,
    /// the horizon of the scan before; the last commit counts as a snapshot.
    pub(crate) fn horizon(&self, before: Timestamp) -> Timestamp {
        let last = self.last();
        if !canary!(WriterFenceMissing) {
            fence(Ordering::SeqCst);
        }
        let last = if canary!(LastReadBehindTheFence) { self.last() } else { last };
        self.oldest(last).map_or(before, |oldest| oldest.max(before))
    }

    /// Is no snapshot registered, and none being taken? Then nobody can reach any more what was unlinked before.
    ///
    /// The fence is the writer's half of the protocol with the unlinking in the place of the commit: a place that is
    /// claimed too late for this scan is that of a reader whose fence comes after ours, and who finds what we stored.
    pub(crate) fn is_idle(&self) -> bool {
        if !canary!(IdleFenceMissing) {
            fence(Ordering::SeqCst);
        }
        let mut block = &self.first;
        loop {
            let is_free = |place: &CachePadded<Place>| {
                let timestamp = place.timestamp.load(Ordering::Acquire);
                timestamp == FREE || canary!(PinnedIsIdle) && timestamp == PINNED
            };
            if !block.claimed().iter().all(is_free) {
                return false;
            }
            // SAFETY: blocks are freed with the register only.
            match unsafe { block.next.load(Ordering::Acquire).as_ref() } {
                Some(next) => block = next,
                None => return true,
            }
        }
    }

    /// The oldest registered timestamp, or the `last` commit; `None` when a snapshot is just being taken.
    fn oldest(&self, last: Timestamp) -> Option<Timestamp> {
        let mut oldest = last;
        let mut block = &self.first;
        loop {
            for place in block.claimed() {
                match place.timestamp.load(Ordering::Acquire) {
                    PINNED => return None,
                    timestamp => oldest = oldest.min(timestamp),
                }
            }
            // SAFETY: blocks are freed with the register only.
            match unsafe { block.next.load(Ordering::Acquire).as_ref() } {
                Some(next) => block = next,
                None => return Some(oldest),
            }
        }
    }

    /// The timestamp of the oldest snapshot, if there is any.
    pub(crate) fn oldest_snapshot(&self) -> Option<Timestamp> {
        let timestamps = self.places().map(|place| place.timestamp.load(Ordering::Acquire));
        timestamps.filter(|timestamp| *timestamp != FREE).min()
    }

    fn places(&self) -> impl Iterator<Item = &Place> {
        let mut block = Some(&self.first);
        std::iter::from_fn(move || {
            let current = block?;
            // SAFETY: blocks are freed with the register only.
            block = unsafe { current.next.load(Ordering::Acquire).as_ref() };
            Some(current.places.iter().map(|place| &**place))
        })
        .flatten()
    }
}

impl Block {
    fn new() -> Self {
        Self {
            places: std::array::from_fn(|_| CachePadded::new(Place::new())),
            claimed: AtomicUsize::new(0),
            next: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// Counts a place among those that were claimed.
    fn count(&self, number: usize) {
        if self.claimed.load(Ordering::Relaxed) <= number {
            self.claimed.fetch_max(number + 1, Ordering::Relaxed);
        }
    }

    /// The places that were ever claimed.
    fn claimed(&self) -> &[CachePadded<Place>] {
        let count = self.claimed.load(Ordering::Relaxed);
        // There are no more than that.
        &self.places[..count.min(BLOCK)]
    }

    /// The next block, made if there is none.
    fn next(&self) -> &Self {
        let next = self.next.load(Ordering::Acquire);
        // SAFETY: blocks are freed with the register only.
        if let Some(next) = unsafe { next.as_ref() } {
            return next;
        }
        let made = Box::into_raw(Box::new(Self::new()));
        let null = std::ptr::null_mut();
        if canary!(BlockLinkedBlindly) {
            self.next.store(made, Ordering::Release);
            // SAFETY: as above.
            return unsafe { &*made };
        }
        match self.next.compare_exchange(null, made, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: as above.
            Ok(_) => unsafe { &*made },
            Err(winner) => {
                // SAFETY: nobody has seen the block that lost.
                drop(unsafe { Box::from_raw(made) });
                // SAFETY: as above.
                unsafe { &*winner }
            }
        }
    }
}

impl Place {
    fn new() -> Self {
        Self { timestamp: AtomicU64::new(FREE), sharers: AtomicU64::new(0) }
    }

    fn claim(&self) -> bool {
        if self.timestamp.load(Ordering::Relaxed) != FREE {
            return false;
        }
        if canary!(PlaceTakenBlindly) {
            self.timestamp.store(PINNED, Ordering::Relaxed);
            self.sharers.store(1, Ordering::Relaxed);
            return true;
        }
        let pin = if canary!(PlaceNotPinned) { FREE - 1 } else { PINNED };
        let claimed =
            self.timestamp.compare_exchange(FREE, pin, Ordering::Acquire, Ordering::Relaxed);
        if claimed.is_ok() {
            self.sharers.store(1, Ordering::Relaxed);
        }
        claimed.is_ok()
    }
}

impl Drop for Register {
    fn drop(&mut self) {
        let mut next = self.first.next.load(Ordering::Acquire);
        while !next.is_null() {
            // SAFETY: registrations are gone (see `register`), so the register's owner is alone with its blocks.
            let block = unsafe { Box::from_raw(next) };
            next = block.next.load(Ordering::Acquire);
        }
    }
}

#[cfg(loom)]
impl Registration {
    /// The bug that the module's documentation names: a timestamp in two places, of which a scan may see neither.
    fn clone_elsewhere(&self) -> Self {
        // SAFETY: in the model the place is the second of the register's first block, and the first is free.
        let place = unsafe { self.place.byte_sub(size_of::<CachePadded<Place>>()) };
        // SAFETY: as above.
        let neighbour = unsafe { &*place };
        neighbour.sharers.store(1, Ordering::Relaxed);
        neighbour.timestamp.store(self.timestamp, Ordering::Release);
        Self { place, timestamp: self.timestamp }
    }
}

impl Registration {
    pub(crate) const fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    fn place(&self) -> &Place {
        // SAFETY: the register outlives its registrations (see `register`).
        unsafe { &*self.place }
    }
}

impl Clone for Registration {
    fn clone(&self) -> Self {
        #[cfg(loom)]
        if canary!(CloneTakesPlace) {
            return self.clone_elsewhere();
        }
        self.place().sharers.fetch_add(1, Ordering::Relaxed);
        Self { place: self.place, timestamp: self.timestamp }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let place = self.place();
        // The last sharer frees the place; AcqRel hands it the reads of the others, so that all of them happen before
        // whatever the writer does once it sees the place free.
        if place.sharers.fetch_sub(1, Ordering::AcqRel) == 1 {
            let order = if canary!(DropRelaxed) { Ordering::Relaxed } else { Ordering::Release };
            place.timestamp.store(FREE, order);
        }
    }
}

/// Where a thread begins its search for a free place: each thread somewhere else.
#[cfg(not(loom))]
fn start_of_search() -> usize {
    use std::sync::atomic::AtomicUsize;
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static START: usize = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
    // A snapshot may be taken while its thread is ending and its locals are gone.
    START.try_with(|start| *start).unwrap_or(0)
}

#[cfg(loom)]
fn start_of_search() -> usize {
    0
}

#[cfg(all(test, loom))]
mod models;
