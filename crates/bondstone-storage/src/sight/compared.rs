//! Rows in the order of an index whose keys the user's code compares.
//!
//! As [`range`](super::range), of which it differs in what a key is; a walk of its own, so that those along encoded keys need
//! not ask which of both they are.

use std::iter::FusedIterator;
use std::ops::Bound;

use bondstone_schema::{CustomKey, Model};

use super::{Sight, TableView};
use crate::kind::{Kind, Of};
use crate::ordered::{AnyWalk, KeyRange};
use crate::table::Entries;
use crate::tree::Chunk;

/// So many slots are taken at a time, at most.
const CHUNK: usize = 16;

/// The rows between two keys of an ordered index with an `Ord` of its own, in its order or against it.
pub struct ComparedRange<'a, M> {
    table: TableView<'a, M>,
    index: usize,
    walk: AnyWalk<'a>,
    /// The newest chunk, of which `slots[next..end]` are left.
    slots: [u32; CHUNK],
    next: usize,
    end: usize,
}

impl Sight {
    /// The rows of `M` whose keys in the ordered index at place `index` lie between two bounds, by the `Ord` of the keys' own type;
    /// `None` if there is no such index or its keys are encoded. O(log n + rows).
    ///
    /// # Panics
    /// If the user's `Ord` or `Clone` does, now or on the way.
    #[must_use]
    pub fn range_compared<M: Model>(
        &self,
        index: usize,
        low: Bound<&dyn CustomKey>,
        high: Bound<&dyn CustomKey>,
        descending: bool,
    ) -> Option<ComparedRange<'_, M>> {
        let Entries::Ordered(entries) = &self.table::<M>().indexes.get(index)?.entries else {
            return None;
        };
        let walk = entries.walk(KeyRange::Compared(low, high), descending)?;
        let table = self.table_view();
        let compared = matches!(walk, AnyWalk::Compared(_));
        compared.then_some(ComparedRange { table, index, walk, slots: [0; CHUNK], next: 0, end: 0 })
    }
}

impl<'a, M: Model> ComparedRange<'a, M> {
    /// Takes a chunk from the walk and asks for its rows.
    #[inline(never)]
    fn refill(&mut self) -> bool {
        let Self { table, walk, slots, .. } = self;
        let end = walk.next_chunk(CHUNK, |nth, slot| slots[nth % CHUNK] = slot);
        slots[..end].iter().for_each(|slot| table.prefetch(*slot));
        (self.next, self.end) = (0, end);
        end > 0
    }

    /// The row in a slot, the `nth` of the newest chunk. A disturbed one counts where it is met by the key that we see.
    #[inline]
    fn row(&self, slot: u32, nth: usize) -> Option<&'a M> {
        let (row, undisturbed) = self.table.row_by_hint(slot)?;
        let is_own_entry = || {
            // SAFETY: a row of `M`'s table, and the index is one of `M`'s.
            let key = unsafe { Of::<M>::new().index_key(self.index, (&raw const *row).cast()) };
            self.walk.stands_at(Chunk::Newest, nth, &key)
        };
        (undisturbed || is_own_entry()).then_some(row)
    }
}

impl<'a, M: Model> Iterator for ComparedRange<'a, M> {
    type Item = &'a M;

    #[inline]
    fn next(&mut self) -> Option<&'a M> {
        loop {
            if self.next == self.end && !self.refill() {
                return None;
            }
            let nth = self.next;
            self.next += 1;
            let row = self.row(self.slots[nth], nth);
            if row.is_some() {
                return row;
            }
        }
    }
}

impl<M: Model> FusedIterator for ComparedRange<'_, M> {}
