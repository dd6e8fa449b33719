//! Taking back: what a rollback undoes, and what no view can see any more.
//!
//! Both work on one row at a time. A version goes; then each entry that it had goes too, **unless a version that
//! remains, pending ones included, has the same key** (a → b → a: the second a revived the first one's entry). So an
//! entry is never removed by what was written down earlier, only by what stands in the row now.
//!
//! A version that the next newer one [agrees](crate::arena::VersionRef::agrees) with has no entry of its own: all are the
//! newer one's too, which either stays or sees to them in its turn. So of an update that changed no key, the usual one,
//! nothing is computed and nothing of the user's runs.
//!
//! The keys of a version that goes are computed again, by the model's own `Hash`, `Eq` and `Ord`. Should one of these
//! panic, the entries stay behind as hints that lead to a row which does not have their key; readers check. The row is
//! then in *quarantine*: never [settled](crate::arena::Arena::settle) and its slot never reused, since both promise
//! that no such entry is left.

use std::ops::Range;

use smallvec::SmallVec;

use super::prepare::{Entry, NO_PARENT};
use super::{Entries, Keys, Table, Tables};
use crate::arena::Remains;
use crate::guarded::guarded;
use crate::reclaim::{Then, Unlinking};
use crate::sync::canary;
use crate::writer::{Timestamp, Writer};

type Records = SmallVec<[*const u8; 4]>;

impl Table {
    /// Takes the newest version, a pending one, off a row.
    pub(crate) fn undo(
        &self,
        tables: &Tables,
        writer: &mut Writer,
        slot: u32,
        unlinking: &mut Unlinking<'_>,
    ) {
        let undone = self.arena.undo(writer, slot);
        if !undone.agreed {
            let back = self.arena.newest(writer, slot);
            let gone = undone.existed.then_some(undone.record);
            // SAFETY: both are records of this table; what was undone is freed only when the reclaim comes to it.
            unsafe { self.restore_counts(writer, gone, back) };
            if let Some(gone) = gone {
                self.forget(tables, writer, slot, gone, unlinking);
            }
        }
        if undone.was_first() {
            self.forget_key(tables, writer, slot, undone.record, unlinking);
            unlinking.push(writer, self.number, slot, undone.remains(), Then::Vacate);
        } else {
            unlinking.push(writer, self.number, slot, undone.remains(), Then::Stay);
            unlinking.rolled_back(writer, self.number, slot);
        }
    }

    /// Unlinks the versions of a row that no view at or after `horizon` sees, and their entries.
    pub(crate) fn prune(
        &self,
        tables: &Tables,
        writer: &mut Writer,
        slot: u32,
        horizon: Timestamp,
        unlinking: &mut Unlinking<'_>,
    ) {
        let Some(pruned) = self.arena.prune(writer, slot, horizon) else { return };
        let (over, single) = (pruned.over, pruned.is_single());
        let mut newer = pruned.kept();
        let mut key_of = None;
        let mut last = Remains::NOTHING;
        for version in pruned.cut() {
            if !version.is_tombstone() {
                if !newer.is_some_and(|newer| newer.agrees) {
                    self.forget(tables, writer, slot, version.record, unlinking);
                }
                key_of = Some(version.record);
            }
            newer = Some(version);
            let before = std::mem::replace(&mut last, version.remains());
            if before != Remains::NOTHING {
                unlinking.push(writer, self.number, slot, before, Then::Stay);
            }
        }
        if over && let Some(record) = key_of {
            self.forget_key(tables, writer, slot, record, unlinking);
        }
        let then = match (over, single) {
            (true, _) => Then::Vacate,
            (false, true) => Then::Settle,
            (false, false) => Then::Stay,
        };
        if then != Then::Stay || last != Remains::NOTHING {
            unlinking.push(writer, self.number, slot, last, then);
        }
    }

    /// Removes the entries that a version had and no remaining one has.
    fn forget(
        &self,
        tables: &Tables,
        writer: &mut Writer,
        slot: u32,
        gone: *const u8,
        unlinking: &mut Unlinking<'_>,
    ) {
        let remaining: Records = self
            .arena
            .versions(writer, slot)
            .filter(|version| !version.is_tombstone())
            .map(|version| version.record)
            .collect();
        let places = 0..self.indexes.len();
        let all =
            guarded(|| self.remove_orphans(tables, writer, slot, places.clone(), gone, &remaining));
        if all.is_none() {
            // One by one, so that only the entry stays behind whose key cannot be computed.
            for place in places {
                let only = place..place + 1;
                let one =
                    guarded(|| self.remove_orphans(tables, writer, slot, only, gone, &remaining));
                if one.is_none() {
                    unlinking.quarantine(self.number, slot);
                }
            }
        }
        self.forget_parents(writer, slot, gone, &remaining);
    }

    /// Removes the entries of some indexes that a version had and no remaining one has. Doing it again does nothing.
    fn remove_orphans(
        &self,
        tables: &Tables,
        writer: &mut Writer,
        slot: u32,
        places: Range<usize>,
        gone: *const u8,
        remaining: &[*const u8],
    ) {
        // Hashed entries go last, when the processor has fetched the lines of all tables.
        let mut hashed: SmallVec<[(usize, u64); 4]> = SmallVec::new();
        for place in places {
            // SAFETY: these are versions of one row of this table, none of them freed.
            let same_key = |row: &*const u8| unsafe { self.kind.index_equal(place, gone, *row) };
            if remaining.iter().any(same_key) && !canary!(EntryNotReread) {
                continue;
            }
            let index = &self.indexes[place];
            if let Entries::Ordered(entries) = &index.entries {
                // SAFETY: as above.
                let key = unsafe { self.kind.index_key(place, gone) };
                entries.remove(writer, &key, slot);
            } else if let Some(hash) = self.orphaned_hash(tables, place, gone, remaining) {
                index.prefetch(&Entry::Hash(hash));
                hashed.push((place, hash));
            }
        }
        for (place, hash) in hashed {
            self.indexes[place].remove(writer, &Entry::Hash(hash), slot);
        }
    }

    /// The hash under which a version stands and no remaining one does; they have other keys.
    fn orphaned_hash(
        &self,
        tables: &Tables,
        place: usize,
        gone: *const u8,
        remaining: &[*const u8],
    ) -> Option<u64> {
        // SAFETY: these are versions of one row of this table, none of them freed.
        let hash_of = |row| unsafe { self.kind.index_hash(place, row, &tables.hashing) };
        let hash = hash_of(gone)?;
        // An entry of the hash index is its 32 upper bits; a bucket belongs to the whole hash.
        let ignored = if let Entries::Unique(_) = &self.indexes[place].entries { 32 } else { 0 };
        let shared =
            |row: &*const u8| hash_of(*row).is_some_and(|kept| (kept ^ hash) >> ignored == 0);
        (canary!(EntryNotReread) || !remaining.iter().any(shared)).then_some(hash)
    }

    fn forget_parents(
        &self,
        writer: &mut Writer,
        slot: u32,
        gone: *const u8,
        remaining: &[*const u8],
    ) {
        let layout = self.arena.layout();
        for (place, key) in self.foreign_keys.iter().enumerate() {
            // SAFETY: records of this table, none of them freed.
            let parent_of = |record| unsafe { layout.parent(record, place) };
            let parent = parent_of(gone);
            if parent != NO_PARENT && !remaining.iter().any(|row| parent_of(*row) == parent) {
                key.children.remove(writer, parent, slot);
            }
        }
    }

    /// Removes the entry of a row's primary key.
    fn forget_key(
        &self,
        tables: &Tables,
        writer: &mut Writer,
        slot: u32,
        record: *const u8,
        unlinking: &mut Unlinking<'_>,
    ) {
        match &self.keys {
            Keys::Directory(directory) => {
                // SAFETY: a record of this table that is not freed yet; the number calls nothing of the user's.
                let number = unsafe { self.kind.number(record) };
                directory.clear(writer, number);
            }
            Keys::Hashed(index) => {
                let removed = guarded(|| {
                    // SAFETY: as above.
                    let hash = unsafe { self.kind.key_hash(record, &tables.hashing) };
                    index.remove(writer, hash, slot);
                });
                if removed.is_none() {
                    unlinking.quarantine(self.number, slot);
                }
            }
        }
    }

    /// Is any relation still holding entries under this slot as a parent?
    pub(crate) fn has_children_entries(&self, tables: &Tables, slot: u32) -> bool {
        self.incoming.iter().any(|(table, place)| {
            let key = tables.get(*table).map(|table| &table.foreign_keys[*place]);
            key.is_some_and(|key| !key.children.is_empty(slot))
        })
    }

    /// Lets go of the memory of relation maps under this slot as a parent.
    pub(crate) fn clear_relations(&self, tables: &Tables, writer: &mut Writer, slot: u32) {
        for (table, place) in &self.incoming {
            if let Some(table) = tables.get(*table) {
                table.foreign_keys[*place].children.clear_owner(writer, slot);
            }
        }
    }
}
