//! The hash index: from 32 bits of a key's hash to the slots (or lists) that may hold the key.
//!
//! Open addressing with linear probing. An entry is one word, 32 bits of hash and a 32-bit payload;
//! keys are not stored, the caller judges equality in the row. So a lookup costs one cache miss
//! here and one in the row, and growth touches no row: the home place is made of the topmost bits
//! of the stored hash.
//!
//! * **An entry is a hint.** A lookup yields every payload whose 32 bits match; the caller checks
//!   key and visibility.
//! * **A place is used once in the life of its table**: empty, then an entry, then perhaps dead. A
//!   chain of places is therefore never broken under a reader, and an entry never moves.
//! * **Readers see one table**, whole. A new table is private to the writer until it holds
//!   everything that lives in the old one; then one store (Release) swaps them, and the old table
//!   is retired. Whoever calls a reading function holds a registered snapshot or is the writer:
//!   neither is the table freed under it, nor can an entry that its snapshot needs be missing in
//!   whichever table it finds, as entries are removed under the horizon alone.
//!
//! # Growth in steps
//!
//! When `used` places (living and dead) reach the limit of 9/16 of the capacity C, a new table is
//! begun, and each insert and remove copies S = [`STEP`] places of the old table, in order. Of
//! entries in places already copied both tables are told; others are found by the copier. So the
//! new table always holds exactly what lives in the copied places.
//!
//! *The old table cannot fill up*: an insert copies first and then uses at most one place. After
//! ⌈C/S⌉ operations the copy is complete, and the last of them goes to the new table already. Hence
//! `used` < 9/16 C + C/S, which is 19/32 C (and at most 13/16 C with the sizes of the models): the
//! load stays below 0.6, and a probe always meets an empty place.
//!
//! *Nor can the new one*: its capacity is the least power of two of which the living entries and
//! ⌈C/S⌉ more are at most 13/32, so it begins its life with 5/32 of its places left to the limit.
//! This one rule doubles a full table, rebuilds one that is full of dead places at its size, and
//! shrinks one that has become nearly empty.
//!
//! Tables that fit the innermost cache are kept half as full, by halving both fractions: there a
//! miss costs what its probes and mispredicted branches cost, and memory is no matter.

mod table;

use crate::chunks::{Array, prefetch};
use crate::sync::{AtomicPtr, Ordering, WriterCell, canary};
use crate::writer::Writer;

use table::{DEAD, EMPTY, Place, Shape, Table, entry, payload_of};

/// Places copied by each insert and remove while a new table is being filled.
const STEP: usize = if cfg!(loom) {
    4
} else if cfg!(feature = "tiny") {
    8
} else {
    32
};

/// A hash index that readers search without locks beside the one writer.
pub(crate) struct HashIndex {
    table: AtomicPtr<Shape>,
    state: WriterCell<State>,
}

/// What the writer knows about the table.
struct State {
    /// Entries.
    live: usize,
    /// Entries and dead places.
    used: usize,
    /// The next table, while one is being filled.
    copy: Option<Copy>,
}

/// A table in the making.
struct Copy {
    next: Box<Table>,
    /// Places of the old table before this one have been copied.
    done: usize,
    /// Places used in `next`.
    used: usize,
}

impl HashIndex {
    /// An empty index.
    pub(crate) fn new() -> Self {
        Self {
            table: AtomicPtr::new(Array::into_thin(Table::with_capacity(table::SMALLEST))),
            state: WriterCell::new(State { live: 0, used: 0, copy: None }),
        }
    }

    /// Calls `accept` with each payload entered under these 32 bits of hash, until it returns
    /// something.
    #[inline]
    pub(crate) fn find<R>(&self, hash: u64, mut accept: impl FnMut(u32) -> Option<R>) -> Option<R> {
        let table = self.table();
        let mut place = table.home(hash);
        loop {
            let word = table.word(place).load(Ordering::Acquire);
            if table::same_hash(word, hash)
                && let Some(payload) = payload_of(word)
                && let Some(result) = accept(payload)
            {
                return Some(result);
            }
            if word == EMPTY {
                return None;
            }
            place = table.after(place);
        }
    }

    /// Asks for the cache line where the search for `hash` begins.
    #[inline]
    pub(crate) fn prefetch(&self, hash: u64) {
        let table = self.table();
        prefetch(table.word(table.home(hash)));
    }

    /// Enters `payload` under `hash`. False: this very entry was there already.
    pub(crate) fn insert(&self, writer: &mut Writer, hash: u64, payload: u32) -> bool {
        self.make_room(writer);
        let entry = entry(hash, payload);
        let table = self.table();
        let Place::Vacant(place) = table.locate(entry) else {
            return false;
        };
        let state = self.state(writer);
        state.live += 1;
        state.used += 1;
        let copied = state.copy.as_mut().is_some_and(|copy| copy.insert(place, entry));
        if !(canary!(HashNewTableOnly) && copied) {
            let release = if canary!(HashRelaxed) { Ordering::Relaxed } else { Ordering::Release };
            table.word(place).store(entry, release);
        }
        true
    }

    /// Removes the entry `payload` under `hash`. False: there was none.
    ///
    /// No snapshot may need the entry any more.
    pub(crate) fn remove(&self, writer: &mut Writer, hash: u64, payload: u32) -> bool {
        self.step(writer, STEP);
        let entry = entry(hash, payload);
        let table = self.table();
        let Place::Taken(place) = table.locate(entry) else {
            return false;
        };
        // Nobody looks at the entry any more, so nobody must see this store before or after another
        // one.
        table.word(place).store(if canary!(HashEmptied) { EMPTY } else { DEAD }, Ordering::Relaxed);
        let capacity = table.capacity();
        let state = self.state(writer);
        state.live -= 1;
        if let Some(copy) = &state.copy {
            copy.remove(place, entry);
        } else if state.used - state.live > state.live && state.roomy(capacity) * 2 <= capacity {
            // More has gone than is left. A table that was merely reserved does not come here.
            state.copy = Some(Copy::new(state.roomy(capacity)));
        }
        true
    }

    /// Makes room for `additional` entries at once.
    pub(crate) fn reserve(&self, writer: &mut Writer, additional: usize) {
        // There are no more payloads than that.
        let additional = additional.min(u32::MAX as usize);
        self.step(writer, usize::MAX);
        let limit = self.table().limit();
        let state = self.state(writer);
        if state.used + additional > limit {
            state.copy = Some(Copy::new(table::capacity_with_limit(state.live + additional)));
            self.step(writer, usize::MAX);
        }
    }

    /// The number of entries.
    pub(crate) fn len(&self, writer: &Writer) -> usize {
        // SAFETY: the writer is borrowed, so nobody has a `&mut State` made by `state`.
        unsafe { (*self.state.get(writer)).live }
    }

    /// The bytes of the table that readers see.
    pub(crate) fn bytes(&self) -> usize {
        self.table().bytes()
    }

    /// Calls `visit` with the 32 bits of hash and the payload of each entry.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(u32, u32)) {
        for word in &self.table().items {
            let word = word.load(Ordering::Acquire);
            if let Some(payload) = payload_of(word) {
                visit((word >> 32) as u32, payload);
            }
        }
    }

    /// Checks that every entry is found from its home place, that none is there twice, and that the
    /// counts are right.
    pub(crate) fn check(&self, writer: &Writer) -> Result<(), String> {
        // SAFETY: as in `len`.
        let state = unsafe { &*self.state.get(writer) };
        let table = self.table();
        let counts = table.check(table.capacity())?;
        if counts != (state.live, state.used) {
            return Err(format!(
                "{counts:?} places live and used, {:?} counted",
                (state.live, state.used)
            ));
        }
        match &state.copy {
            Some(copy) => copy.check(table),
            None => Ok(()),
        }
    }

    #[inline]
    fn table(&self) -> &Table {
        // SAFETY: the pointer came from `into_thin`; a retired table outlasts whoever found it (see
        // the module).
        unsafe { Array::at(self.table.load(Ordering::Acquire)) }
    }

    fn state<'a>(&'a self, writer: &'a mut Writer) -> &'a mut State {
        // SAFETY: the writer is borrowed mutably for as long as the state is used, and there is
        // only one.
        unsafe { &mut *self.state.get(writer) }
    }

    /// Begins a new table if this one is full, and copies a step.
    #[inline]
    fn make_room(&self, writer: &mut Writer) {
        let table = self.table();
        let state = self.state(writer);
        if state.copy.is_none() {
            if state.used < table.limit() {
                return;
            }
            state.copy = Some(Copy::new(state.roomy(table.capacity())));
        }
        self.step(writer, STEP);
    }

    /// Copies up to `places` places, and swaps the tables after the last.
    fn step(&self, writer: &mut Writer, places: usize) {
        let table = self.table();
        let state = self.state(writer);
        let Some(copy) = &mut state.copy else {
            return;
        };
        if !copy.advance(table, places) && !canary!(HashSwapEarly) {
            return;
        }
        if let Some(copy) = state.copy.take() {
            state.used = copy.used;
            let old = self.table.load(Ordering::Relaxed);
            let release =
                if canary!(HashSwapRelaxed) { Ordering::Relaxed } else { Ordering::Release };
            self.table.store(Array::into_thin(copy.next), release);
            // SAFETY: it came from `into_thin`, and `self.table` was the only place that had it.
            writer.retire(unsafe { Table::garbage(old) });
        }
    }
}

impl Drop for HashIndex {
    fn drop(&mut self) {
        // SAFETY: the pointer came from `into_thin`, and nobody uses `self` any more.
        drop(unsafe { Table::from_thin(self.table.load(Ordering::Relaxed)) });
    }
}

impl State {
    /// The capacity for what lives in a table of `capacity` places and what may be entered while it
    /// is copied.
    fn roomy(&self, capacity: usize) -> usize {
        table::capacity_for(self.live + capacity.div_ceil(STEP))
    }
}

impl Copy {
    fn new(capacity: usize) -> Self {
        Self { next: Table::with_capacity(capacity), done: 0, used: 0 }
    }

    /// Copies up to `places` further places of `table`. True: all have been copied.
    fn advance(&mut self, table: &Table, places: usize) -> bool {
        let end = table.capacity().min(self.done.saturating_add(places));
        for word in &table.items[self.done..end] {
            let word = word.load(Ordering::Relaxed);
            if payload_of(word).is_some() {
                self.next.enter(word);
                self.used += 1;
            }
        }
        self.done = end;
        end == table.capacity()
    }

    /// Takes over an entry written to the old table's `place`, if that has been copied already.
    fn insert(&mut self, place: usize, entry: u64) -> bool {
        let copied = place < self.done;
        if copied {
            self.next.enter(entry);
            self.used += 1;
        }
        copied
    }

    /// Takes over that the entry in the old table's `place` has been removed, if that has been
    /// copied already.
    fn remove(&self, place: usize, entry: u64) {
        if place < self.done
            && let Place::Taken(place) = self.next.locate(entry)
        {
            self.next.word(place).store(DEAD, Ordering::Relaxed);
        }
    }

    /// Checks that the new table holds what lives in the copied places of the old one, and nothing
    /// else.
    fn check(&self, old: &Table) -> Result<(), String> {
        let (live, used) = self.next.check(self.next.capacity())?;
        let copied = old.items[..self.done].iter().map(|word| word.load(Ordering::Relaxed));
        let mut expected = 0;
        for word in copied.filter(|word| payload_of(*word).is_some()) {
            expected += 1;
            if matches!(self.next.locate(word), Place::Vacant(_)) {
                return Err(format!("the entry {word:#x} was not copied"));
            }
        }
        if (live, used) != (expected, self.used) {
            return Err(format!(
                "{live} of {expected} entries copied, {used} of {} places used",
                self.used
            ));
        }
        Ok(())
    }
}

#[cfg(all(test, loom))]
mod models;
#[cfg(test)]
mod tests;
