//! The hash index: from 32 bits of a key's hash to the slots (or lists) that may hold the key.
//!
//! A table is a power of two of *buckets*, each one cache line: a tag word and seven entries of 32
//! bits of hash and a 32-bit payload. A search compares the seven tags at once, looks at an entry
//! only if its tag is the right one, and goes on to the next bucket only if the tag word says that
//! an entry did. So hits and misses alike touch one line, as a rule, and take the same branches
//! every time: the processor guesses them right and has the misses of several searches under way
//! at once. The idea is that of F14, the hash tables of Facebook's folly (Nathan Bronson and Xiao
//! Shi, 2019), whose count of overflows per bucket also does away with tombstones.
//!
//! Keys are not stored, the caller judges equality in the row. Growth touches no row: home bucket
//! and tag are made of the 32 bits that entries hold.
//!
//! # Invariants
//!
//! * **An entry is a hint.** A search yields every payload whose 32 bits match; the caller checks
//!   key and visibility.
//! * **An entry never moves** within a table, and each bucket between its home and where it stands
//!   counts it as *passed* for as long as it stands there. A count of 255 is no count any more and
//!   stays until the table goes.
//! * **Only what no snapshot needs is removed**, and whoever calls a reading function holds a
//!   registered snapshot, or is the writer.
//! * **Readers see one table**, whole. A new one is private to the writer until it holds everything
//!   that lives in the old one.
//!
//! # Beside readers
//!
//! What a snapshot needs was entered before the snapshot was taken, and is not removed while the
//! snapshot lasts. All that an insert does is therefore one step for those who need the entry, and
//! whatever a reader meets of an entry that it does not need is a hint that the row refuses. So:
//!
//! * *Others come and go in the bucket, or on the path.* The tag word is always stored whole, by
//!   one writer, with the tag of the entry that is needed unchanged, and with a count that contains
//!   it in each bucket that it passed. Whichever of these words a reader finds shows the tag, or
//!   sends the reader on. Of tag and counts any may be stored first.
//! * *A place is used again at once.* A reader that loaded the tag word before may find another
//!   entry in the place than the tag spoke of. It compares the 32 bits. If they match, too, the
//!   entry is as good a hint as any, provided that what the hint leads to can be seen: so the entry
//!   is stored with Release and loaded with Acquire. The tag word is stored with Release, too: who
//!   sees a tag sees an entry that stood there then or later, and never a word that holds none.
//! * *A count is lowered* when an entry goes that nobody needs. Those who need another one that
//!   passed are still counted. The search of a reader who has been sent on merely ends later than
//!   it could.
//! * *Tables are swapped* by one store (Release) when the new one is complete, and the old one is
//!   retired. It does not change any more and is not freed while a reader may be in it. Neither
//!   table lacks what a snapshot needs that can find it.
//!
//! A search ends at a bucket that nobody passed, or when it has been everywhere: churn may leave
//! every bucket passed.
//!
//! # Growth in steps
//!
//! When 3/4 of the 7 B places of a table of B buckets are taken, a new table is begun, and each
//! insert and remove copies S = [`STEP`] buckets of the old one, in order. Of entries in buckets
//! already copied both tables are told; others are found by the copier. So the new table always
//! holds exactly what lives in the copied buckets.
//!
//! *The old table cannot fill up*: an insert copies first and then takes at most one place. After
//! ⌈B/S⌉ operations the copy is complete, and the last of them goes to the new table already. Hence
//! there are at most 21/4 B + ⌈B/S⌉ entries, less than 11/2 B + 1 of 7 B. (With the two places and
//! steps of two buckets of the models it is 3/2 B + B/2: the last place may be taken, but each
//! insert finds one.)
//!
//! *Nor can the new one*: it has the least power of two of buckets of which the living entries and
//! ⌈B/S⌉ more take at most 9/16 of the places, so it begins its life with 3/16 left to the limit.
//! This one rule doubles a full table and shrinks one that has become nearly empty.

mod bucket;
mod bulk;
mod memory;
mod table;

use smallvec::SmallVec;

use crate::sync::{AtomicPtr, Counter, Ordering, WriterCell, canary};
use crate::writer::Writer;

use bucket::{Bucket, Entry};
use table::{Draft, Table};

/// Buckets copied by each insert and remove while a new table is being filled.
const STEP: usize = if cfg!(any(loom, feature = "tiny")) { 2 } else { 4 };

/// The bits of a hash that an entry holds.
#[inline]
const fn kept(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// A hash index that readers search without locks beside the one writer.
pub(crate) struct HashIndex {
    table: AtomicPtr<Bucket>,
    /// Entries.
    live: Counter,
    state: WriterCell<State>,
}

/// What a search finds at first sight.
pub(crate) enum First {
    /// A payload with these 32 bits of hash; there may be others.
    Payload(u32),
    /// There is none.
    Nothing,
    /// [All](HashIndex::payloads) must be looked at.
    Unknown,
}

/// What the writer knows about the table.
#[derive(Default)]
struct State {
    /// The most entries that this table ever had.
    most: usize,
    /// The next table, while one is being filled.
    copy: Option<Copy>,
}

/// A table in the making.
struct Copy {
    next: Draft,
    /// Buckets of the old table before this one have been copied.
    done: usize,
}

impl HashIndex {
    /// An empty index.
    pub(crate) fn new() -> Self {
        Self {
            table: AtomicPtr::new(Draft::new(1).publish()),
            live: Counter::default(),
            state: WriterCell::new(State::default()),
        }
    }

    /// Calls `accept` with each payload entered under these 32 bits of hash, until it returns
    /// something.
    #[inline]
    pub(crate) fn find<R>(&self, hash: u64, mut accept: impl FnMut(u32) -> Option<R>) -> Option<R> {
        let hash = kept(hash);
        let table = self.table();
        let mut bucket = table.home(hash);
        loop {
            for place in bucket.tags().matching(hash) {
                let entry = bucket.entry(place);
                if (entry.hash() == hash || canary!(HashTagBelieved))
                    && let Some(result) = accept(entry.payload())
                {
                    return Some(result);
                }
            }
            // The tag word is loaded again, lest it occupy a register all the while. Whatever has
            // become of it, it sends on whoever needs an entry beyond.
            if !bucket.tags().passed() {
                return None;
            }
            bucket = table.beyond(bucket, hash)?;
        }
    }

    /// Every payload entered under these 32 bits of hash: for the rare search whose first sight did not tell. A function of
    /// its own, that knows nothing of rows, lest every search prepare for it.
    #[cold]
    #[inline(never)]
    pub(crate) fn payloads(&self, hash: u64) -> SmallVec<[u32; 4]> {
        let mut payloads = SmallVec::new();
        let _: Option<()> = self.find(hash, |payload| {
            payloads.push(payload);
            None
        });
        payloads
    }

    /// What a search finds at first sight. As a rule that is all there is to know.
    #[inline(always)]
    pub(crate) fn first(&self, hash: u64) -> First {
        let bucket = self.table().home(kept(hash));
        let tags = bucket.tags();
        match tags.matching(kept(hash)).next() {
            Some(place) => {
                let entry = bucket.entry(place);
                let matches = entry.hash() == kept(hash);
                if matches { First::Payload(entry.payload()) } else { First::Unknown }
            }
            None if tags.passed() => First::Unknown,
            None => First::Nothing,
        }
    }

    /// Asks for the cache line where the search for `hash` begins.
    #[inline]
    pub(crate) fn prefetch(&self, hash: u64) {
        self.table().prefetch(kept(hash));
    }

    /// Enters `payload` under `hash`. False: this very entry was there already.
    pub(crate) fn insert(&self, writer: &mut Writer, hash: u64, payload: u32) -> bool {
        let entry = Entry::new(kept(hash), payload);
        let is_new = self.table().locate(entry).is_none();
        if is_new {
            self.insert_new(writer, hash, payload);
        }
        is_new
    }

    /// Enters `payload` under `hash`, where it is not: its bucket is not searched for it.
    pub(crate) fn insert_new(&self, writer: &mut Writer, hash: u64, payload: u32) {
        self.make_room(writer);
        let entry = Entry::new(kept(hash), payload);
        let table = self.table();
        debug_assert!(table.locate(entry).is_none(), "{entry:x?} is there already");
        let bucket = table.enter(entry);
        self.live.add(writer);
        let live = self.len();
        let state = self.state(writer);
        state.most = state.most.max(live);
        if let Some(copy) = &state.copy
            && copy.has(table.number(bucket))
        {
            copy.next.table().enter(entry);
            if canary!(HashNewTableOnly) {
                table.remove(entry);
            }
        }
    }

    /// Removes the entry `payload` under `hash`. False: there was none.
    ///
    /// No snapshot may need the entry any more.
    pub(crate) fn remove(&self, writer: &mut Writer, hash: u64, payload: u32) -> bool {
        self.step(writer, STEP);
        let entry = Entry::new(kept(hash), payload);
        let table = self.table();
        let Some(bucket) = table.remove(entry) else {
            return false;
        };
        self.live.take(writer);
        let live = self.len();
        let state = self.state(writer);
        if let Some(copy) = &state.copy {
            if copy.has(table.number(bucket)) {
                copy.next.table().remove(entry);
            }
        } else if live * 2 < state.most && roomy(table, live) * 2 <= table.buckets() {
            // More has gone than is left. A table that was merely reserved does not come here.
            state.copy = Some(Copy::new(roomy(table, live)));
        }
        true
    }

    /// Makes room for `additional` entries at once, if they are as many as buckets must be copied
    /// for it. For fewer, growth in steps is as good and no pause.
    pub(crate) fn reserve(&self, writer: &mut Writer, additional: usize) {
        if additional < self.table().buckets() {
            return;
        }
        // There are no more payloads than that.
        let additional = additional.min(u32::MAX as usize);
        self.step(writer, usize::MAX);
        let (limit, entries) = (self.table().limit(), self.len() + additional);
        if entries > limit {
            self.state(writer).copy = Some(Copy::new(table::buckets_with_limit(entries)));
            self.step(writer, usize::MAX);
        }
    }

    /// The number of entries. To anyone but the writer it is one of the last numbers.
    pub(crate) fn len(&self) -> usize {
        self.live.get()
    }

    /// The bytes of the table that readers see.
    pub(crate) fn bytes(&self) -> usize {
        self.table().bytes()
    }

    /// Calls `visit` with the 32 bits of hash and the payload of each entry.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(u32, u32)) {
        let table = self.table();
        for entry in table.entries(0..table.buckets()) {
            visit(entry.hash(), entry.payload());
        }
    }

    /// Checks that every entry is found from its home bucket, that none is there twice, and that
    /// the counts are right.
    pub(crate) fn check(&self, writer: &Writer) -> Result<(), String> {
        // SAFETY: the writer is borrowed, so nobody has a `&mut State` made by `state`.
        let state = unsafe { &*self.state.get(writer) };
        let table = self.table();
        let entries = table.check()?;
        if entries != self.len() {
            return Err(format!("{entries} entries, {} counted", self.len()));
        }
        match &state.copy {
            Some(copy) => copy.check(table),
            None => Ok(()),
        }
    }

    #[inline]
    fn table(&self) -> Table<'_> {
        // SAFETY: the word came from `Draft::publish`; a retired table outlasts whoever found it
        // (see the module).
        unsafe { Table::at(self.table.load(Ordering::Acquire)) }
    }

    fn state<'a>(&'a self, writer: &'a mut Writer) -> &'a mut State {
        // SAFETY: the writer is borrowed mutably for as long as the state is used, and there is
        // only one.
        unsafe { &mut *self.state.get(writer) }
    }

    /// Begins a new table if this one is full, and copies a step.
    #[inline]
    fn make_room(&self, writer: &mut Writer) {
        let (table, live) = (self.table(), self.len());
        let state = self.state(writer);
        if state.copy.is_none() {
            if live < table.limit() {
                return;
            }
            state.copy = Some(Copy::new(roomy(table, live)));
        }
        self.step(writer, STEP);
    }

    /// Copies up to `buckets` buckets, and swaps the tables after the last.
    fn step(&self, writer: &mut Writer, buckets: usize) {
        let table = self.table();
        let state = self.state(writer);
        let Some(copy) = &mut state.copy else {
            return;
        };
        if !copy.advance(table, buckets) && !canary!(HashSwapEarly) {
            return;
        }
        if let Some(copy) = state.copy.take() {
            state.most = self.len();
            let old = self.table.load(Ordering::Relaxed);
            let release =
                if canary!(HashSwapRelaxed) { Ordering::Relaxed } else { Ordering::Release };
            self.table.store(copy.next.publish(), release);
            // SAFETY: it came from `publish`, and `self.table` was the only place that had it.
            writer.retire(unsafe { Draft::garbage(old) });
        }
    }
}

impl Drop for HashIndex {
    fn drop(&mut self) {
        // SAFETY: the word came from `publish`, and nobody uses `self` any more.
        drop(unsafe { Draft::retract(self.table.load(Ordering::Relaxed)) });
    }
}

/// The buckets for what lives in a table and what may be entered while it is copied.
fn roomy(table: Table<'_>, live: usize) -> usize {
    table::buckets_for(live + table.buckets().div_ceil(STEP))
}

impl Copy {
    fn new(buckets: usize) -> Self {
        Self { next: Draft::new(buckets), done: 0 }
    }

    /// Whether this bucket of the old table has been copied.
    fn has(&self, bucket: usize) -> bool {
        bucket < self.done
    }

    /// Copies up to `buckets` further buckets of `table`. True: all have been copied.
    fn advance(&mut self, table: Table<'_>, buckets: usize) -> bool {
        let end = table.buckets().min(self.done.saturating_add(buckets));
        for entry in table.entries(self.done..end) {
            self.next.table().enter(entry);
        }
        self.done = end;
        end == table.buckets()
    }

    /// Checks that the new table holds what lives in the copied buckets of the old one, and nothing
    /// else.
    fn check(&self, old: Table<'_>) -> Result<(), String> {
        let next = self.next.table();
        let entries = next.check()?;
        let mut expected = 0;
        for entry in old.entries(0..self.done) {
            expected += 1;
            if next.locate(entry).is_none() {
                return Err(format!("the entry {entry:x?} was not copied"));
            }
        }
        if entries != expected {
            return Err(format!("{entries} entries copied, {expected} expected"));
        }
        Ok(())
    }
}

#[cfg(all(test, loom))]
mod models;
#[cfg(test)]
mod tests;
