//! The rows of one table: slots that never move, versions, and the words that tell what is plain to see.
//!
//! ```text
//! Chunk   4096 slots
//!   Group × 64    changed | live | plain      words about 64 slots each
//!   Number × 4096                             of tables whose keys are numbered: each row's
//!   Slot × 4096   record | meta | link | generation
//! Version slab    record | begin | prev       the same chunks, without groups
//! ```
//!
//! A row's *slot* is its address for life. Its first version stands in the slot itself; later ones stand in the version
//! slab, linked newest first from `link`, the oldest of them (`prev` = `INLINE`) leading back to the slot.
//!
//! # The word `meta`
//!
//! 0 for a vacant slot; otherwise the timestamp at which the inline version began, and `DISTURBED` in the top bit.
//! **A clear top bit promises two things**: the inline version is the row's only version, and no index or relation
//! holds an entry for this slot that its inline version does not justify. So a reader whose timestamp reaches `meta`
//! needs one comparison, and may believe the hint that led it here without comparing keys. Otherwise it walks the chain
//! and compares.
//!
//! The bit is set before a new version or entry can be found (the reader meets the entry by an `Acquire` load, so it
//! sees the bit), also by an update that is rolled back later; it is cleared ([`Arena::settle`]) when every active
//! snapshot is later than the removal of the last stale entry.
//!
//! # Groups
//!
//! `changed` is the timestamp of the group's last insert, delete or rollback of one; `live` has a bit for each row whose
//! newest version, pending ones included, exists; `plain` has a bit for each row whose `meta` has a clear top bit.
//! The writer stores `changed` before the words; a reader loads the words before `changed`. If `changed` is then at or
//! before the reader's timestamp, `live` is exactly what it sees, and for a bit also in `plain` the row need not be
//! touched at all, whether a scan or an index led there: what its number is, stands beside the words
//! ([`numbers`]). `changed` never decreases.
//!
//! # Who may do what
//!
//! Reading functions are called by holders of a registered snapshot, or of the writer; changing ones take the writer.
//! What is handed out as `*const u8` stays valid until the version is freed, which the reclaim does when no snapshot can
//! see it.

mod ahead;
mod existence;
mod group;
mod layout;
mod numbers;
mod read;
mod slab;
mod told;
mod versions;

use crate::sync::{AtomicU32, AtomicU64, Counter, Ordering, WriterCell, canary};
use crate::writer::{Timestamp, Writer};

pub(crate) use ahead::Ahead;
pub(crate) use group::Group;
pub(crate) use layout::Layout;
pub(crate) use read::Reader;
use slab::{Beside, Slab};
pub(crate) use versions::Remains;
use versions::{Pruned, Undone};

/// In `meta`: there are other versions than the inline one, or entries that it does not justify.
pub(crate) const DISTURBED: u64 = 1 << 63;
/// In a version's `begin`: from here on the row does not exist.
const TOMBSTONE: u64 = 1 << 63;
/// A link to the inline version.
const INLINE: u32 = 0;
/// A link to nothing: no older version.
const END: u32 = u32::MAX;

/// A slot that no row ever has.
pub(crate) const NO_SLOT: u32 = u32::MAX;

/// The generations of a slot before it retires.
#[cfg(not(any(loom, feature = "tiny")))]
const LAST_GENERATION: u32 = (1 << 31) - 1;
#[cfg(any(loom, feature = "tiny"))]
const LAST_GENERATION: u32 = 255;

/// The head of a slot; the record stands before it.
#[repr(C)]
struct Slot {
    meta: AtomicU64,
    link: AtomicU32,
    generation: AtomicU32,
}

/// The head of a later version; its record stands before it.
#[repr(C)]
struct Version {
    begin: AtomicU64,
    prev: AtomicU32,
    /// Not 0: it agrees with `prev` in all keys. The writer's own. See [`VersionRef::agrees`].
    agrees: AtomicU32,
}

/// The rows of one table.
pub(crate) struct Arena {
    layout: Layout,
    slots: Slab,
    versions: Slab,
    /// Slots ever used: scans end here.
    len: AtomicU32,
    /// Rows whose newest version, pending ones included, exists.
    rows: Counter,
    state: WriterCell<Free>,
}

/// What may be used again.
#[derive(Default)]
struct Free {
    slots: Vec<u32>,
    /// Slots whose heads are made. (One may have been named and not been used, and a reader may be looking at it.)
    slots_begun: u32,
    versions: Vec<u32>,
    /// Versions ever used; number 0 means inline and is never given out.
    versions_used: u32,
    /// Slots whose generations are used up.
    retired: u32,
}

impl Slot {
    /// A vacant slot or version: all zero.
    fn vacant() -> Self {
        Self { meta: AtomicU64::new(0), link: AtomicU32::new(0), generation: AtomicU32::new(0) }
    }
}

impl Arena {
    /// No rows; `numbered`: their numbers are kept beside them.
    pub(crate) fn new(layout: Layout, numbered: bool) -> Self {
        let beside = if numbered { Beside::WordsAndNumbers } else { Beside::Words };
        Self {
            layout,
            slots: Slab::new(layout, beside),
            versions: Slab::new(layout, Beside::Nothing),
            len: AtomicU32::new(0),
            rows: Counter::default(),
            state: WriterCell::new(Free::default()),
        }
    }

    pub(crate) const fn layout(&self) -> Layout {
        self.layout
    }

    /// A place for a new row: a slot used before, or the next one. `None` when there are no more numbers.
    pub(crate) fn reserve(&self, writer: &mut Writer) -> Option<u32> {
        // SAFETY: the writer is ours alone, and no other reference into the state is alive.
        let free = unsafe { &mut *self.state.get(writer) };
        if let Some(slot) = free.slots.last() {
            return Some(*slot);
        }
        let slot = self.len.load(Ordering::Relaxed);
        if slot >= NO_SLOT - slab::CHUNK {
            return None;
        }
        self.slots.ensure(writer, slot);
        if slot >= free.slots_begun {
            free.slots_begun = slot + 1;
            self.slots.begin(writer, slot);
        }
        Some(slot)
    }

    /// Withdraws the slot that [`reserve`](Self::reserve) named: no row ever gets it.
    pub(crate) fn abandon(&self, writer: &mut Writer, slot: u32) {
        self.take_slot(writer, slot);
        if slot == self.len.load(Ordering::Relaxed) {
            self.len.store(slot + 1, Ordering::Release);
        }
    }

    fn take_slot(&self, writer: &mut Writer, slot: u32) {
        // SAFETY: the writer is ours alone, and no other reference into the state is alive.
        let free = unsafe { &mut *self.state.get(writer) };
        if free.slots.last() == Some(&slot) {
            free.slots.pop();
        }
    }

    /// Puts a row's first version into the slot that [`reserve`](Self::reserve) named.
    ///
    /// # Safety
    /// `value` points to a value of this arena's type, which is moved; there are as many parents as foreign keys.
    pub(crate) unsafe fn insert(
        &self,
        writer: &mut Writer,
        slot: u32,
        value: *const u8,
        parents: &[u32],
    ) {
        self.take_slot(writer, slot);
        let head = self.head(slot);
        // SAFETY: the slot is vacant, so its record's place is nobody's; the rest is our caller's promise.
        unsafe { self.layout.write_record(value, parents, self.inline_record(slot).cast_mut()) };
        head.link.store(INLINE, Ordering::Relaxed);
        head.meta.store(writer.now(), Ordering::Release);
        if slot == self.len.load(Ordering::Relaxed) {
            let order = if canary!(LenRelaxed) { Ordering::Relaxed } else { Ordering::Release };
            self.len.store(slot + 1, order);
        }
        self.begin(writer, slot);
    }

    /// Puts a newer version on top of a row that exists; does it [agree](VersionRef::agrees) with the one before?
    ///
    /// # Safety
    /// As for [`insert`](Self::insert).
    pub(crate) unsafe fn supersede(
        &self,
        writer: &mut Writer,
        slot: u32,
        value: *const u8,
        parents: &[u32],
        agrees: bool,
    ) {
        // SAFETY: our caller's promise.
        let undisturbed = unsafe { self.push_version(writer, slot, value, parents, agrees) };
        if undisturbed {
            self.group(slot).disturb(slot);
        }
    }

    /// Lets a deleted row exist again.
    ///
    /// # Safety
    /// As for [`insert`](Self::insert).
    pub(crate) unsafe fn revive(
        &self,
        writer: &mut Writer,
        slot: u32,
        value: *const u8,
        parents: &[u32],
    ) {
        // SAFETY: our caller's promise.
        unsafe { self.push_version(writer, slot, value, parents, false) };
        self.begin_again(writer, slot);
    }

    /// Pushes a version; was the row undisturbed?
    ///
    /// # Safety
    /// As for [`insert`](Self::insert).
    unsafe fn push_version(
        &self,
        writer: &mut Writer,
        slot: u32,
        value: *const u8,
        parents: &[u32],
        agrees: bool,
    ) -> bool {
        let place = self.take_version(writer);
        let record = self.version_record(place).cast_mut();
        // SAFETY: the place is nobody's; the rest is our caller's promise.
        unsafe { self.layout.write_record(value, parents, record) };
        self.push(slot, place, writer.now(), agrees)
    }

    /// Takes back the promise that no entry leads to a row but those of its inline version.
    pub(crate) fn disturb(&self, _: &Writer, slot: u32) {
        let head = self.head(slot);
        let meta = head.meta.load(Ordering::Relaxed);
        if meta & DISTURBED == 0 {
            head.link.store(INLINE, Ordering::Release);
            head.meta.store(meta | DISTURBED, Ordering::Release);
            self.group(slot).disturb(slot);
        }
    }

    /// Ends a row.
    pub(crate) fn delete(&self, writer: &mut Writer, slot: u32) {
        let place = self.take_version(writer);
        self.push(slot, place, writer.now() | TOMBSTONE, false);
        self.end(writer, slot);
    }

    /// Links a version that is written; was the row undisturbed?
    fn push(&self, slot: u32, place: u32, begin: u64, agrees: bool) -> bool {
        let head = self.head(slot);
        let meta = head.meta.load(Ordering::Relaxed);
        let undisturbed = meta & DISTURBED == 0;
        let prev = if undisturbed { INLINE } else { head.link.load(Ordering::Relaxed) };
        let version = self.version(place);
        version.prev.store(prev, Ordering::Relaxed);
        version.agrees.store(agrees.into(), Ordering::Relaxed);
        version.begin.store(begin, Ordering::Release);
        let order = if canary!(PushRelaxed) { Ordering::Relaxed } else { Ordering::Release };
        head.link.store(place, order);
        head.meta.store(meta | DISTURBED, order);
        undisturbed
    }

    fn take_version(&self, writer: &mut Writer) -> u32 {
        // SAFETY: the writer is ours alone, and no other reference into the state is alive.
        let free = unsafe { &mut *self.state.get(writer) };
        if let Some(place) = free.versions.pop() {
            return place;
        }
        let place = free.versions_used + 1;
        assert!(place < END, "more than four billion versions are pinned by snapshots");
        free.versions_used = place;
        self.versions.ensure(writer, place);
        self.versions.begin(writer, place);
        place
    }

    /// Takes the newest version, a pending one, off a row. What it held must be freed when no reader can be walking past
    /// it any more ([`free_version`](Self::free_version)). The row stays disturbed: readers may hold entries that the version
    /// had.
    pub(crate) fn undo(&self, writer: &mut Writer, slot: u32) -> Undone {
        let head = self.head(slot);
        let meta = head.meta.load(Ordering::Relaxed);
        if meta & DISTURBED == 0 || head.link.load(Ordering::Relaxed) == INLINE {
            head.meta.store(0, Ordering::Release);
            self.end(writer, slot);
            let record = self.inline_record(slot);
            return Undone { place: INLINE, record, existed: true, agreed: false };
        }
        let place = head.link.load(Ordering::Relaxed);
        let version = self.version(place);
        let begin = version.begin.load(Ordering::Relaxed);
        debug_assert_eq!(begin & !TOMBSTONE, writer.now(), "only pending versions are undone");
        head.link.store(version.prev.load(Ordering::Relaxed), Ordering::Release);
        if canary!(UndoneAsBefore) && version.prev.load(Ordering::Relaxed) == INLINE {
            head.meta.store(meta & !DISTURBED, Ordering::Release);
        }
        let existed = begin & TOMBSTONE == 0;
        match (existed, self.newest(writer, slot).is_some()) {
            (true, false) => self.end(writer, slot),
            (false, true) => self.begin_again(writer, slot),
            _ => {}
        }
        let agreed = version.agrees.load(Ordering::Relaxed) != 0;
        Undone { place, record: self.version_record(place), existed, agreed }
    }

    /// Unlinks every version that no view at or after `horizon` can see, and tells which. `None`: every version is later.
    ///
    /// When all that is left is a tombstone at or before the horizon, everything goes and the row is over.
    pub(crate) fn prune(
        &self,
        writer: &mut Writer,
        slot: u32,
        horizon: Timestamp,
    ) -> Option<Pruned<'_>> {
        let mut versions = self.versions(writer, slot);
        let newest = versions.next;
        let visible = versions.find(|version| version.begin <= horizon)?;
        let single = newest == visible.place;
        let over = visible.is_tombstone() && single;
        if over {
            // By `meta`, and not by `link`, which stays on the tombstone: a scan that has loaded `meta` already would follow
            // whatever stage two makes of `link`.
            if canary!(EndedByLink) {
                self.head(slot).link.store(END, Ordering::Release);
            } else {
                self.head(slot).meta.store(0, Ordering::Release);
            }
        } else if visible.place != INLINE {
            self.version(visible.place).prev.store(END, Ordering::Release);
        }
        Some(Pruned { visible, older: versions, over, single })
    }

    /// Does the slot hold any version?
    pub(crate) fn is_occupied(&self, _: &Writer, slot: u32) -> bool {
        slot < self.len() && self.head(slot).meta.load(Ordering::Acquire) != 0
    }

    /// Is a row there whose `meta` has a clear top bit?
    pub(crate) fn is_plain(&self, _: &Writer, slot: u32) -> bool {
        let meta = self.head(slot).meta.load(Ordering::Acquire);
        meta != 0 && meta & DISTURBED == 0
    }

    /// When the row's only version began; `None` where there are others, or none.
    pub(crate) fn only_since(&self, writer: &Writer, slot: u32) -> Option<Timestamp> {
        let mut versions = self.versions(writer, slot);
        let only = versions.next()?;
        (versions.next == END).then_some(only.begin)
    }

    /// Clears the top bit: the row's only version moves into its slot, bit by bit, while readers may hold references to
    /// the old copy; that one is then only memory ([`free_version`](Self::free_version) without a drop).
    ///
    /// The caller knows that every active snapshot sees this version, that the inline record was freed unless it is that
    /// version, and that no stale entry for this slot is left for anyone. Returns the place of the old copy, to be
    /// freed when no reader can hold it.
    pub(crate) fn settle(&self, writer: &mut Writer, slot: u32) -> Option<Remains> {
        let only = self.versions(writer, slot).next()?;
        let head = self.head(slot);
        if head.meta.load(Ordering::Relaxed) & DISTURBED == 0 || only.is_tombstone() {
            return None;
        }
        if only.place != INLINE && !self.layout.is_movable() {
            // Two copies of what may change behind a reference would not be equal for long. It stays where it is, which costs
            // its readers a step more.
            return None;
        }
        let moved = Remains { record: std::ptr::null(), ..only.remains() };
        let moved = (only.place != INLINE).then_some(moved);
        if moved.is_some() {
            // SAFETY: the inline record was freed (our caller's promise), so the place is nobody's; the version is whole.
            // Values that may be moved have no interior mutability, so two copies are equal for as long as both are looked at.
            unsafe { self.layout.copy_record(only.record, self.inline_record(slot).cast_mut()) };
        }
        // `link` stays: a reader that loaded the old `meta` still follows it, to the same values.
        head.meta.store(only.begin, Ordering::Release);
        self.group(slot).settle(slot);
        moved
    }

    /// Gives the place of a version back.
    pub(crate) fn free_version(&self, writer: &mut Writer, version: Remains) {
        // SAFETY: the writer is ours alone, and no other reference into the state is alive.
        let free = unsafe { &mut *self.state.get(writer) };
        if version.place != INLINE {
            free.versions.push(version.place);
        }
    }

    /// Gives a slot back to later rows, under a new generation; it retires when its generations are used up.
    pub(crate) fn free_slot(&self, writer: &mut Writer, slot: u32) {
        let head = self.head(slot);
        head.meta.store(0, Ordering::Release);
        head.link.store(INLINE, Ordering::Relaxed);
        let generation = head.generation.load(Ordering::Relaxed);
        // SAFETY: the writer is ours alone, and no other reference into the state is alive.
        let free = unsafe { &mut *self.state.get(writer) };
        if generation >= LAST_GENERATION {
            free.retired += 1;
            return;
        }
        if !canary!(GenerationNotBumped) {
            head.generation.store(generation + 1, Ordering::Release);
        }
        free.slots.push(slot);
    }

    /// Does the row's newest version stand elsewhere than in its slot?
    pub(crate) fn is_outside(&self, writer: &Writer, slot: u32) -> bool {
        self.is_occupied(writer, slot)
            && self.versions(writer, slot).next().is_some_and(|newest| newest.place != INLINE)
    }

    /// Slots and versions that wait to be used again, and slots that never will be.
    pub(crate) fn free_places(&self, writer: &Writer) -> FreePlaces {
        // SAFETY: the writer is ours alone; the reference ends with this function.
        let free = unsafe { &*self.state.get(writer) };
        FreePlaces {
            slots: free.slots.len(),
            retired: free.retired as usize,
            versions: free.versions.len(),
            versions_used: free.versions_used as usize,
        }
    }

    /// Bytes of memory held for rows and versions.
    pub(crate) fn bytes(&self) -> usize {
        self.slots.bytes() + self.versions.bytes()
    }

    // ---- addresses

    #[inline(always)]
    fn slot(&self, layout: Layout, slot: u32) -> *const Slot {
        layout.head(self.slots.place(layout.stride(), slot)).cast()
    }

    fn head(&self, slot: u32) -> &Slot {
        // SAFETY: our caller found the slot in this table, so it is allocated; heads are never moved.
        unsafe { &*self.slot(self.layout, slot) }
    }

    fn inline_record(&self, slot: u32) -> *const u8 {
        self.slots.place(self.layout.stride(), slot)
    }

    fn version(&self, place: u32) -> &Version {
        // SAFETY: places come from `take_version`, which allocates them; heads are never moved.
        unsafe { &*self.layout.head(self.version_record(place)).cast::<Version>() }
    }

    fn version_record(&self, place: u32) -> *const u8 {
        self.versions.place(self.layout.stride(), place)
    }
}

/// What waits to be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FreePlaces {
    pub(crate) slots: usize,
    pub(crate) retired: usize,
    pub(crate) versions: usize,
    pub(crate) versions_used: usize,
}

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;
