//! Rows, or ids, in the order of an index.
//!
//! A walk along an index hands out slots, a chunk at a time. Rows are looked at a chunk later, when their lines have
//! arrived. Ids come from the words and numbers beside the rows where these say enough, which leaves the rows untouched.

use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::ops::Bound;

use bondstone_schema::{Id, KeyBuf, Model};

use super::Sight;
use crate::arena::Ahead;
use crate::kind::{Kind, Of, is_numbered, layout_of, typed};
use crate::ordered::Walk;
use crate::table::{Entries, Table};
use crate::tree::Chunk;
use crate::writer::Timestamp;

/// So many slots are taken at a time, at most.
const CHUNK: usize = 16;

/// The rows between two keys of an ordered index, in its order or against it.
pub struct RowRange<'a, M> {
    met: Met<'a, M>,
    /// The heads of two chunks, one in each half; the lines of the newest are being fetched.
    heads: [Ahead; 2 * CHUNK],
    /// What is left of the older chunk: `heads[next..end]`.
    next: usize,
    end: usize,
    /// How long the newest chunk is, which is in the other half.
    coming: usize,
}

/// The ids of the rows between two keys of an ordered index, in its order or against it.
pub struct IdRange<'a, M> {
    met: Met<'a, M>,
    /// The numbers of the newest chunk, of which `numbers[next..end]` are left; 0 where the row has to be read. Of models
    /// with keys of their own, the slots.
    numbers: [u32; CHUNK],
    next: usize,
    end: usize,
}

/// A walk along an index of `M`, and where it leads.
struct Met<'a, M> {
    table: &'a Table,
    at: Timestamp,
    index: usize,
    walk: Walk<'a>,
    /// The timestamp is that of a sight which is held.
    hold: PhantomData<(&'a Sight, &'a M)>,
}

impl Sight {
    /// The rows of `M` whose encoded keys in the ordered index at place `index` lie between two bounds; `None` if there
    /// is no such index or its keys are not encoded. O(log n + rows).
    #[inline]
    #[must_use]
    pub fn range<M: Model>(
        &self,
        index: usize,
        low: Bound<KeyBuf>,
        high: Bound<KeyBuf>,
        descending: bool,
    ) -> Option<RowRange<'_, M>> {
        let table = self.table::<M>();
        let Entries::Ordered(entries) = &table.indexes.get(index)?.entries else { return None };
        let walk = entries.range(low, high, descending)?;
        let met = Met { table, at: self.timestamp(), index, walk, hold: PhantomData };
        Some(RowRange { met, heads: [Ahead::NOWHERE; 2 * CHUNK], next: 0, end: 0, coming: 0 })
    }
}

impl<'a, M: Model> Met<'a, M> {
    /// The row that a slot leads to.
    #[cold]
    #[inline(never)]
    fn row(&self, chunk: Chunk, nth: usize) -> Option<&'a M> {
        self.row_in(self.walk.slot(chunk, nth)?, chunk, nth)
    }

    /// The row in a slot, which is the `nth` of a chunk.
    #[inline]
    fn row_in(&self, slot: u32, chunk: Chunk, nth: usize) -> Option<&'a M> {
        let (record, undisturbed) = self.table.arena.read_hint(layout_of::<M>(), slot, self.at)?;
        if !undisturbed && !self.is_own_entry(chunk, nth, record) {
            return None;
        }
        // SAFETY: the table is that of `M`; the sight's hold keeps what its timestamp sees for `'a`.
        Some(unsafe { typed(record) })
    }

    /// A disturbed row may be met several times, once for each key that its versions have. It counts where it is met by
    /// the key of the version that we see.
    fn is_own_entry(&self, chunk: Chunk, nth: usize, record: *const u8) -> bool {
        // SAFETY: a record of `M`'s table, and the index is one of `M`'s.
        let key = unsafe { Of::<M>::new().index_key(self.index, record) };
        self.walk.stands_at(chunk, nth, &key)
    }
}

impl<'a, M: Model> RowRange<'a, M> {
    /// Was no row asked for yet?
    #[inline]
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.end == 0
    }

    /// The ids alone, if the range is [whole](Self::is_whole); the rows are touched only where ids cannot be told
    /// without.
    #[inline]
    #[must_use]
    pub fn ids(self) -> IdRange<'a, M> {
        IdRange { met: self.met, numbers: [0; CHUNK], next: 0, end: 0 }
    }

    /// Goes on to the chunk that was coming, and asks for one more.
    #[inline(never)]
    fn refill(&mut self) -> bool {
        // The chunk that is at hand now is in the half that does not hold `end - 1`.
        let half = if self.end > CHUNK || self.end == 0 { 0 } else { CHUNK };
        if self.end == 0 {
            self.coming = self.fetch(half);
        }
        (self.next, self.end) = (half, half + self.coming);
        if self.coming > 0 {
            self.coming = self.fetch(CHUNK - half);
        }
        self.next < self.end
    }

    /// Takes a chunk from the walk and asks for its rows.
    #[inline(always)]
    fn fetch(&mut self, half: usize) -> usize {
        let Met { table, walk, .. } = &mut self.met;
        let heads = &mut self.heads[half..half + CHUNK];
        walk.next_chunk(CHUNK, |nth, slot| {
            heads[nth] = table.arena.look_ahead(layout_of::<M>(), slot)
        })
    }
}

impl<'a, M: Model> Iterator for RowRange<'a, M> {
    type Item = &'a M;

    #[inline]
    fn next(&mut self) -> Option<&'a M> {
        loop {
            if self.next == self.end && !self.refill() {
                return None;
            }
            let at = self.next % (2 * CHUNK);
            self.next += 1;
            let Met { table, at: timestamp, .. } = &self.met;
            // SAFETY: a head of this table, met on this very walk.
            match unsafe { table.arena.see(layout_of::<M>(), self.heads[at], *timestamp) } {
                // SAFETY: the table is that of `M`; the sight's hold keeps what its timestamp sees for `'a`.
                Ok(record) => return Some(unsafe { typed(record) }),
                Err(otherwise) if otherwise.disturbed => {
                    let row = self.met.row(Chunk::Older, at % CHUNK);
                    if row.is_some() {
                        return row;
                    }
                }
                Err(_) => {}
            }
        }
    }
}

impl<M: Model> FusedIterator for RowRange<'_, M> {}

/// Takes a chunk from the walk. Compiled once, not for each model.
#[inline(never)]
fn take_slots(walk: &mut Walk<'_>, slots: &mut [u32; CHUNK]) -> usize {
    // The remainder changes nothing, and spares a branch.
    walk.next_chunk(CHUNK, |nth, slot| slots[nth % CHUNK] = slot).min(CHUNK)
}

impl<M: Model> IdRange<'_, M> {
    #[inline(never)]
    fn refill(&mut self) -> bool {
        let Met { table: Table { arena, .. }, at, walk, .. } = &mut self.met;
        let len = take_slots(walk, &mut self.numbers);
        let slots = &mut self.numbers[..len];
        // For models with keys of their own this is known when they are compiled.
        if !is_numbered::<M>() {
            slots.iter().for_each(|slot| arena.prefetch(layout_of::<M>(), *slot));
        } else if let Some(numbers) = arena.numbers(*at) {
            numbers.replace(slots);
        } else {
            slots.fill(0);
        }
        (self.next, self.end) = (0, len);
        len > 0
    }
}

impl<M: Model> Iterator for IdRange<'_, M> {
    type Item = Id<M>;

    #[inline]
    fn next(&mut self) -> Option<Id<M>> {
        loop {
            if self.next == self.end && !self.refill() {
                return None;
            }
            let nth = self.next % CHUNK;
            self.next += 1;
            if !is_numbered::<M>() {
                if let Some(row) = self.met.row_in(self.numbers[nth], Chunk::Newest, nth) {
                    return Some(row.id());
                }
                continue;
            }
            if let Some(id) = Id::from_number(self.numbers[nth].into()) {
                return Some(id);
            }
            if let Some(row) = self.met.row(Chunk::Newest, nth) {
                return Some(row.id());
            }
        }
    }
}

impl<M: Model> FusedIterator for IdRange<'_, M> {}
