//! How many rows a range of an ordered index has.

use bondstone_schema::Model;

use super::Sight;
use crate::ordered::{AnyWalk, KeyRange};
use crate::table::{Entries, Table};
use crate::tree::Chunk;
use crate::writer::Timestamp;

/// So many slots are taken at a time, at most.
const CHUNK: usize = 16;

impl Sight {
    /// How many rows of `M` have keys in a range of the ordered index at place `index`; `None` if there is no such index, or
    /// its keys are of another kind.
    ///
    /// Exact. O(log n + entries), in which an entry costs a look at the words of its row's group: only rows that changed
    /// lately, or of which one came or went among their 63 neighbours, are read.
    #[must_use]
    pub fn count_range<M: Model>(&self, index: usize, range: KeyRange<'_>) -> Option<usize> {
        let table = self.table::<M>();
        let Entries::Ordered(entries) = &table.indexes.get(index)?.entries else { return None };
        let walk = entries.walk(range, false)?;
        Some(Counting { table, index, walk, at: self.timestamp() }.count())
    }
}

/// A walk along an index, of which the rows are counted. Compiled once, not for each model.
struct Counting<'a> {
    table: &'a Table,
    index: usize,
    walk: AnyWalk<'a>,
    at: Timestamp,
}

impl Counting<'_> {
    fn count(mut self) -> usize {
        let (mut slots, mut count) = ([0; CHUNK], 0);
        loop {
            let len = self.walk.next_chunk(CHUNK, |nth, slot| slots[nth % CHUNK] = slot);
            if len == 0 {
                return count;
            }
            let mut told = self.table.arena.tell(&slots[..len], self.at);
            count += told.rows;
            while told.open != 0 {
                let nth = told.open.trailing_zeros() as usize;
                count += usize::from(self.is_row(slots[nth], nth));
                told.open &= told.open - 1;
            }
        }
    }

    /// Is there a row in a slot, the `nth` of the newest chunk, which stands there by the key that we see?
    fn is_row(&self, slot: u32, nth: usize) -> bool {
        let Table { arena, kind, .. } = self.table;
        let Some((record, undisturbed)) = arena.read_hint(arena.layout(), slot, self.at) else {
            return false;
        };
        // SAFETY: a record of this table, which has the index.
        let key = || unsafe { kind.index_key(self.index, record) };
        undisturbed || self.walk.stands_at(Chunk::Newest, nth, &key())
    }
}
