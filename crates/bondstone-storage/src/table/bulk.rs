//! Making what is derived from the rows of a table: all at once, when the rows are there.
//!
//! Each structure is made on its own, from the rows and the primary keys alone, so several can be made at a time. It is made
//! of its entries in an order that suits it: hash tables in the order of hashes, trees from the leaves up, lists of
//! children by counting first. Nothing is entered one by one but keys that the user's code compares.
//!
//! The user's `Hash`, `Eq`, `Ord` and encodings run here and may panic: what is made so far is dropped then, and the table is
//! as before.
//!
//! All rows are of the [first](crate::writer::Writer::alone) timestamp, and nobody else looks at them.

use std::iter;

use bondstone_schema::IndexKind;

use super::prepare::{Entry, NO_PARENT};
use super::{Entries, Keys, Table, Tables};
use crate::buckets::Buckets;
use crate::handle::Slot;
use crate::hash::HashIndex;
use crate::loader::{Broken, Findings};
use crate::ordered::OrderedIndex;
use crate::postings::Postings;
use crate::sort::sort_by_number;
use crate::writer::Writer;

impl Table {
    /// The rows, in the order of their slots.
    pub(crate) fn loaded<'a>(
        &'a self,
        writer: &'a Writer,
    ) -> impl Iterator<Item = (u32, *const u8)> + 'a {
        let slots = 0..self.arena.len();
        slots.filter_map(|slot| Some((slot, self.row(writer, slot)?)))
    }

    /// The entries of an index over all rows.
    pub(crate) fn index_rows(
        &self,
        tables: &Tables,
        place: usize,
        findings: &mut Findings,
    ) -> Entries {
        let mut writer = Writer::alone();
        let shape = &self.indexes[place].shape;
        match shape.kind {
            IndexKind::Unique => Entries::Unique(self.unique(tables, &writer, place, findings)),
            IndexKind::Hash => {
                let entries = self.hashes(tables, &writer, place);
                Entries::Hash(Buckets::of(&mut writer, &entries))
            }
            IndexKind::Ordered => {
                let reader = Writer::alone();
                let entries = self.loaded(&reader).filter_map(|(slot, row)| {
                    // SAFETY: a row of this table.
                    match unsafe { self.entry(&tables.hashing, place, row) } {
                        Entry::Ordered(key) => Some((key, slot)),
                        _ => None,
                    }
                });
                let rows = self.arena.rows();
                Entries::Ordered(OrderedIndex::of(shape.width, &mut writer, rows, entries))
            }
        }
    }

    /// A unique index over all rows: rows with the same key come together, when they are in the order of their hashes.
    fn unique(
        &self,
        tables: &Tables,
        writer: &Writer,
        place: usize,
        findings: &mut Findings,
    ) -> HashIndex {
        // What the index keeps of a hash, and the slot, in one number.
        const KEPT: u64 = !0 << 32;
        let mut entries: Vec<u64> = Vec::with_capacity(self.arena.rows());
        for (slot, row) in self.loaded(writer) {
            // SAFETY: a row of this table.
            if let Some(hash) = unsafe { self.kind.index_hash(place, row, &tables.hashing) } {
                entries.push(hash & KEPT | u64::from(slot));
            }
        }
        sort_by_number(&mut entries, |entry| entry >> 32);
        for run in entries.chunk_by(|left, right| left & KEPT == right & KEPT) {
            if run.len() > 1 {
                self.compare_keys(writer, place, run, findings);
            }
        }
        HashIndex::of(entries.iter().map(|entry| (*entry, *entry as u32)))
    }

    /// Finds rows with the same key among those whose hashes are the same.
    #[cold]
    fn compare_keys(&self, writer: &Writer, place: usize, run: &[u64], findings: &mut Findings) {
        let mut different: Vec<(u32, *const u8)> = Vec::new();
        for slot in run.iter().map(|entry| *entry as u32) {
            let Some(row) = self.row(writer, slot) else { continue };
            // SAFETY: both are rows of this table.
            let is_same =
                |other: &&(u32, *const u8)| unsafe { self.kind.index_equal(place, row, other.1) };
            match different.iter().find(is_same) {
                Some((other, _)) => {
                    let broken = Broken::Unique { index: place, other: Slot(*other) };
                    findings.report(broken, Slot(slot));
                }
                None => different.push((slot, row)),
            }
        }
    }

    /// The hashes of all rows in an index, with their slots, in order.
    fn hashes(&self, tables: &Tables, writer: &Writer, place: usize) -> Vec<(u64, u32)> {
        let mut entries = Vec::with_capacity(self.arena.rows());
        for (slot, row) in self.loaded(writer) {
            // SAFETY: a row of this table.
            if let Some(hash) = unsafe { self.kind.index_hash(place, row, &tables.hashing) } {
                entries.push((hash, slot));
            }
        }
        sort_by_hash(&mut entries);
        entries
    }

    /// The relation map of a foreign key over all rows. Each row is told its parent's slot.
    ///
    /// # Safety
    /// Nobody else reads or writes these slots meanwhile.
    pub(crate) unsafe fn relate_rows(
        &self,
        tables: &Tables,
        place: usize,
        findings: &mut Findings,
    ) -> Postings {
        let mut writer = Writer::alone();
        let layout = self.arena.layout();
        let parents = tables.get(self.foreign_keys[place].parent);
        let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(self.arena.rows());
        for (slot, row) in self.loaded(&writer) {
            // SAFETY: a row of this table.
            let parent = match unsafe { self.loaded_parent(tables, parents, &writer, place, row) } {
                Ok(None) => NO_PARENT,
                Ok(Some(parent)) => {
                    pairs.push((parent, slot));
                    parent
                }
                Err(NoParent) => {
                    findings.report(Broken::MissingParent { foreign_key: place }, Slot(slot));
                    NO_PARENT
                }
            };
            // SAFETY: as above; the place is not part of the value, and our caller's promise.
            unsafe { layout.set_parent(row.cast_mut(), place, parent) };
        }
        let owners = parents.map_or(0, |table| table.arena.len() as usize);
        let children = Postings::new();
        for (owner, slots) in (0..).zip(Families::of(owners, &pairs).iter()) {
            children.give(&mut writer, owner, slots.iter().copied(), true);
        }
        children
    }

    /// The slot of a row's parent; `None` where it has none.
    ///
    /// # Safety
    /// `row` is a row of this table, `parents` the table that the foreign key refers to.
    unsafe fn loaded_parent(
        &self,
        tables: &Tables,
        parents: Option<&Self>,
        writer: &Writer,
        place: usize,
        row: *const u8,
    ) -> Result<Option<u32>, NoParent> {
        let Some(parents) = parents else { return Err(NoParent) };
        let found = match &parents.keys {
            Keys::Directory(directory) => {
                // SAFETY: our caller's promise.
                let Some(id) = (unsafe { self.kind.foreign_number(place, row) }) else {
                    return Ok(None);
                };
                // An id in the directory is that of a row, as long as nothing was deleted by a transaction.
                directory.get(id)
            }
            Keys::Hashed(index) => {
                // SAFETY: as above.
                let hash = unsafe { self.kind.foreign_hash(place, row, &tables.hashing) };
                let Some(hash) = hash else { return Ok(None) };
                index.find(hash, |slot| {
                    let parent = parents.row(writer, slot)?;
                    // SAFETY: `parent` is a row of `parents`, `row` of ours.
                    let refers = unsafe { self.kind.refers(place, row, parents.kind.any(parent)) };
                    refers.then_some(slot)
                })
            }
        };
        found.map(Some).ok_or(NoParent)
    }
}

/// Sorts entries of hash and slot, which come in the order of their slots.
fn sort_by_hash(entries: &mut Vec<(u64, u32)>) {
    sort_by_number(entries, |entry| entry.0 >> 32);
    // Of hashes that begin alike nearly all are the same.
    for run in entries.chunk_by_mut(|left, right| left.0 >> 32 == right.0 >> 32) {
        if run.iter().any(|entry| entry.0 != run[0].0) {
            run.sort_unstable();
        }
    }
}

/// A foreign key leads to no row.
struct NoParent;

/// The children of each parent, one parent behind the other.
struct Families {
    children: Vec<u32>,
    /// Where the children of each parent end.
    ends: Vec<usize>,
}

impl Families {
    /// Of so many parents and these pairs of parent and child. Children keep their order.
    fn of(parents: usize, pairs: &[(u32, u32)]) -> Self {
        let mut ends = vec![0; parents];
        pairs.iter().for_each(|(parent, _)| ends[*parent as usize] += 1);
        let mut next = 0;
        for end in &mut ends {
            next += std::mem::replace(end, next);
        }
        // So far each "end" is where the first child goes; each child moves it on.
        let mut children = vec![0; pairs.len()];
        for (parent, child) in pairs {
            let place = &mut ends[*parent as usize];
            children[*place] = *child;
            *place += 1;
        }
        Self { children, ends }
    }

    fn iter(&self) -> impl Iterator<Item = &[u32]> {
        let starts = iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(start, end)| &self.children[*start..*end])
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Two hashes that an index cannot tell apart by what it keeps of them have a list each.
    #[test]
    fn hashes_that_begin_alike_are_told_apart() {
        const ALIKE: u64 = 7 << 32;
        let rows = |count: u32| (0..count).map(|slot| (ALIKE | u64::from(slot % 2), slot));
        for count in [0, 1, 2, 9, 2_000] {
            let mut entries: Vec<_> = rows(count).chain([(1 << 40, count)]).collect();
            sort_by_hash(&mut entries);
            assert!(entries.is_sorted());
            let mut writer = Writer::alone();
            let buckets = Buckets::of(&mut writer, &entries);
            buckets.check(&writer).unwrap();
            assert_eq!((buckets.len(), buckets.len_of(1 << 40)), (entries.len(), 1));
            for hash in [ALIKE, ALIKE | 1] {
                let there = rows(count).filter(|row| row.0 == hash).map(|row| row.1);
                let found = buckets.iter(hash).into_iter().flatten();
                assert!(found.eq(there), "{count} rows");
            }
            assert!(
                buckets.insert(&mut writer, 3 << 50, 9)
                    && buckets.remove(&mut writer, 1 << 40, count)
            );
            buckets.check(&writer).unwrap();
        }
    }

    #[test]
    fn families_are_told_apart() {
        let pairs = [(2, 5), (0, 6), (2, 7), (3, 8), (2, 9)];
        let families = Families::of(5, &pairs);
        let families: Vec<&[u32]> = families.iter().collect();
        assert_eq!(families, [&[6][..], &[], &[5, 7, 9], &[8], &[]]);
        assert_eq!(Families::of(0, &[]).iter().count(), 0);
    }
}
