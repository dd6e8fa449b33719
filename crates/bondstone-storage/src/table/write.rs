//! The second half of a write, and its undoing: calls nothing of the user's and cannot fail.
//!
//! Order matters to readers: first the row (whose `meta` then says whether hints may be believed), then the entries
//! that lead to it, each published by a release store.

use smallvec::SmallVec;

use super::prepare::{Entry, NO_PARENT, Prepared, PrimaryKey, SELF};
use super::{Entries, Keys, Table, TableIndex};
use crate::writer::Writer;

impl Table {
    /// Inserts a row; its slot.
    ///
    /// # Safety
    /// `row` points to the value that was prepared, which is moved.
    pub(crate) unsafe fn insert(
        &self,
        writer: &mut Writer,
        row: *const u8,
        prepared: &mut Prepared,
    ) -> u32 {
        let slot = prepared.slot;
        for parent in &mut prepared.parents {
            if *parent == SELF {
                *parent = slot;
            }
        }
        if prepared.revives {
            // SAFETY: the row is a value of this table's model (our caller's promise), with a parent for each key.
            unsafe { self.arena.revive(writer, slot, row, &prepared.parents) };
        } else {
            // SAFETY: as above.
            unsafe { self.arena.insert(writer, slot, row, &prepared.parents) };
        }
        self.enter_key(writer, prepared.key, slot);
        if prepared.revives {
            self.enter(writer, slot, &prepared.entries);
        } else {
            self.enter_new(writer, slot, &prepared.entries);
        }
        for (key, parent) in self.foreign_keys.iter().zip(&prepared.parents) {
            if *parent != NO_PARENT {
                key.children.add(writer, *parent, slot);
            }
        }
        slot
    }

    /// Puts a newer version on a row.
    ///
    /// # Safety
    /// `row` points to the value that was prepared, which is moved; `before` is the newest version's record.
    pub(crate) unsafe fn update(
        &self,
        writer: &mut Writer,
        before: *const u8,
        row: *const u8,
        prepared: &Prepared,
    ) {
        let slot = prepared.slot;
        // SAFETY: the row is a value of this table's model (our caller's promise), with a parent for each key.
        unsafe { self.arena.supersede(writer, slot, row, &prepared.parents, false) };
        self.enter(writer, slot, &prepared.entries);
        for (place, (key, parent)) in self.foreign_keys.iter().zip(&prepared.parents).enumerate() {
            // SAFETY: `before` is a record of this table.
            let old = unsafe { self.arena.layout().parent(before, place) };
            if old == *parent {
                continue;
            }
            if *parent != NO_PARENT {
                key.children.add(writer, *parent, slot);
            }
            if old != NO_PARENT {
                key.children.adjust(writer, old, -1);
            }
        }
    }

    /// Puts a newer version on a row that has the same keys and the same parents as the one before.
    ///
    /// # Safety
    /// `row` points to a value of this table's model, which is moved; `before` is the newest version's record.
    pub(crate) unsafe fn replace(
        &self,
        writer: &mut Writer,
        slot: u32,
        before: *const u8,
        row: *const u8,
    ) {
        // SAFETY: our caller's promise; records of one table have as many parents.
        unsafe {
            let parents = self.arena.layout().parents(before);
            self.arena.supersede(writer, slot, row, parents, true);
        }
    }

    /// Ends a row; false if it is not there. Its entries stay until no view needs them.
    pub(crate) fn delete(&self, writer: &mut Writer, slot: u32) -> bool {
        let Some(before) = self.row(writer, slot) else { return false };
        self.arena.delete(writer, slot);
        // SAFETY: `before` is a record of this table, and stays until the reclaim.
        unsafe { self.adjust_parents(writer, before, -1) };
        true
    }

    /// Lets a key lead to a slot.
    #[inline(always)]
    pub(crate) fn enter_key(&self, writer: &mut Writer, key: PrimaryKey, slot: u32) {
        match (&self.keys, key) {
            (Keys::Directory(directory), PrimaryKey::Number(id)) => {
                self.arena.set_number(writer, slot, id);
                directory.set(writer, id, slot);
                self.lift_counter(id);
            }
            (Keys::Hashed(index), PrimaryKey::Hash(hash)) => {
                // Only a number can be that of a row that was there before.
                index.insert_new(writer, hash, slot);
            }
            _ => {}
        }
    }

    fn enter(&self, writer: &mut Writer, slot: u32, entries: &[Entry]) {
        for (index, entry) in self.indexes.iter().zip(entries) {
            index.insert(writer, entry, slot);
        }
    }

    /// As [`enter`](Self::enter), of a slot to which no entry leads: all free ones are such.
    fn enter_new(&self, writer: &mut Writer, slot: u32, entries: &[Entry]) {
        for (index, entry) in self.indexes.iter().zip(entries) {
            if let (Entries::Unique(index), Entry::Hash(hash)) = (&index.entries, entry) {
                index.insert_new(writer, *hash, slot);
            } else {
                index.insert(writer, entry, slot);
            }
        }
    }

    unsafe fn adjust_parents(&self, writer: &mut Writer, record: *const u8, by: i32) {
        for (place, key) in self.foreign_keys.iter().enumerate() {
            // SAFETY: our caller's promise: a record of this table.
            let parent = unsafe { self.arena.layout().parent(record, place) };
            if parent != NO_PARENT {
                key.children.adjust(writer, parent, by);
            }
        }
    }

    /// Brings the counts of relation maps back after a row's newest version changed from `gone` to `back`.
    ///
    /// # Safety
    /// Both are records of this table, where they are.
    pub(super) unsafe fn restore_counts(
        &self,
        writer: &mut Writer,
        gone: Option<*const u8>,
        back: Option<*const u8>,
    ) {
        let parents = |record: Option<*const u8>| -> SmallVec<[u32; 4]> {
            let layout = self.arena.layout();
            let parent = |place| match record {
                // SAFETY: our caller's promise.
                Some(record) => unsafe { layout.parent(record, place) },
                None => NO_PARENT,
            };
            (0..self.foreign_keys.len()).map(parent).collect()
        };
        for ((key, gone), back) in self.foreign_keys.iter().zip(parents(gone)).zip(parents(back)) {
            if gone == back {
                continue;
            }
            if gone != NO_PARENT {
                key.children.adjust(writer, gone, -1);
            }
            if back != NO_PARENT {
                key.children.adjust(writer, back, 1);
            }
        }
    }
}

impl TableIndex {
    /// Enters a row; false if the entry was there.
    pub(super) fn insert(&self, writer: &mut Writer, entry: &Entry, slot: u32) -> bool {
        match (&self.entries, entry) {
            (Entries::Unique(index), Entry::Hash(hash)) => index.insert(writer, *hash, slot),
            (Entries::Hash(buckets), Entry::Hash(hash)) => buckets.insert(writer, *hash, slot),
            (Entries::Ordered(index), Entry::Ordered(key)) => index.insert(writer, key, slot),
            _ => false,
        }
    }

    /// Lets the processor fetch the lines where an entry belongs.
    pub(super) fn prefetch(&self, entry: &Entry) {
        match (&self.entries, entry) {
            (Entries::Unique(index), Entry::Hash(hash)) => index.prefetch(*hash),
            (Entries::Ordered(index), Entry::Ordered(key)) => index.prefetch(key),
            _ => {}
        }
    }

    /// Removes an entry, if it is there.
    pub(super) fn remove(&self, writer: &mut Writer, entry: &Entry, slot: u32) {
        match (&self.entries, entry) {
            (Entries::Unique(index), Entry::Hash(hash)) => {
                index.remove(writer, *hash, slot);
            }
            (Entries::Hash(buckets), Entry::Hash(hash)) => {
                buckets.remove(writer, *hash, slot);
            }
            (Entries::Ordered(index), Entry::Ordered(key)) => {
                index.remove(writer, key, slot);
            }
            _ => {}
        }
    }

    /// Is the entry there? (An entry that is none always is.)
    pub(super) fn contains(&self, entry: &Entry, slot: u32) -> bool {
        match (&self.entries, entry) {
            (Entries::Unique(index), Entry::Hash(hash)) => {
                index.find(*hash, |found| (found == slot).then_some(())).is_some()
            }
            (Entries::Hash(buckets), Entry::Hash(hash)) => buckets.contains(*hash, slot),
            (Entries::Ordered(index), Entry::Ordered(key)) => index.contains(key, slot),
            (_, Entry::None) => true,
            _ => false,
        }
    }
}
