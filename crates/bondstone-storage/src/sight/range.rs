//! Rows in the order of an index.

use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::ops::Bound;
use std::sync::Arc;

use bondstone_schema::{KeyBuf, Model};

use super::Sight;
use crate::kind::{layout_of, typed};
use crate::ordered::{OrderedKey, Walk, Width};
use crate::table::{Entries, Table};

/// Slots taken from the index at a time, whose rows are fetched while the ones before are used.
const AHEAD: usize = 16;

/// The rows between two keys of an ordered index, in its order or against it.
pub struct RowRange<'a, M> {
    sight: &'a Sight,
    table: &'a Table,
    bounds: Arc<Bounds>,
    walk: Walk<'a>,
    slots: [u32; AHEAD],
    next: usize,
    filled: usize,
    marker: PhantomData<&'a M>,
}

/// The bounds of a walk, which the walk borrows.
struct Bounds {
    index: usize,
    width: Width,
    low: Bound<OrderedKey>,
    high: Bound<OrderedKey>,
    low_bytes: Bound<KeyBuf>,
    high_bytes: Bound<KeyBuf>,
}

impl Sight {
    /// The rows of `M` whose encoded keys in the ordered index at place `index` lie between two bounds; `None` if there
    /// is no such index or its keys are not encoded. O(log n + rows).
    #[must_use]
    pub fn range<M: Model>(
        &self,
        index: usize,
        low: Bound<KeyBuf>,
        high: Bound<KeyBuf>,
        descending: bool,
    ) -> Option<RowRange<'_, M>> {
        let table = self.table::<M>();
        let place = table.indexes.get(index)?;
        let Entries::Ordered(entries) = &place.entries else { return None };
        let width = place.shape.width;
        if width == Width::Custom {
            return None;
        }
        let key = |bound: &Bound<KeyBuf>| bound.clone().map(|key| OrderedKey::encoded(width, key));
        let bounds = Arc::new(Bounds {
            index,
            width,
            low: key(&low),
            high: key(&high),
            low_bytes: low,
            high_bytes: high,
        });
        // SAFETY: the walk has no destructor and lives beside the `Arc` that owns what it borrows, whose content is never
        // moved and never changed.
        let borrowed: &Bounds = unsafe { &*Arc::as_ptr(&bounds) };
        let walk = entries.range(borrowed.low.as_ref(), borrowed.high.as_ref(), descending);
        let (slots, marker) = ([0; AHEAD], PhantomData);
        Some(RowRange { sight: self, table, bounds, walk, slots, next: 0, filled: 0, marker })
    }
}

impl Bounds {
    /// Does an encoded key lie between the bounds?
    fn contain(&self, key: &KeyBuf) -> bool {
        let above = match &self.low_bytes {
            Bound::Included(low) => key.bytes() >= low.bytes(),
            Bound::Excluded(low) => key.bytes() > low.bytes(),
            Bound::Unbounded => true,
        };
        let below = match &self.high_bytes {
            Bound::Included(high) => key.bytes() <= high.bytes(),
            Bound::Excluded(high) => key.bytes() < high.bytes(),
            Bound::Unbounded => true,
        };
        above && below
    }
}

impl<'a, M: Model> RowRange<'a, M> {
    fn refill(&mut self) -> bool {
        self.filled = self.walk.fill(&mut self.slots);
        self.next = 0;
        for slot in &self.slots[..self.filled] {
            self.table.arena.prefetch(layout_of::<M>(), *slot);
        }
        self.filled > 0
    }

    /// The row that an entry leads to.
    #[inline(always)]
    fn row(&mut self, slot: u32) -> Option<&'a M> {
        let at = self.sight.timestamp();
        let (record, undisturbed) = self.table.arena.read_hint(layout_of::<M>(), slot, at)?;
        // SAFETY: the table is that of `M`; the sight's hold keeps what its timestamp sees for `'a`.
        let row: &'a M = unsafe { typed(record) };
        if undisturbed || self.meets_own_entry(slot, row) { Some(row) } else { None }
    }

    /// A disturbed row may have several entries, of which one is that of the version we see. Met where it stands, it
    /// counts; the others do not. Which one this is cannot be told from the slot alone, so it is asked whether the
    /// version's own entry is the one that the walk has come to.
    #[cold]
    fn meets_own_entry(&mut self, slot: u32, row: &M) -> bool {
        let _ = slot;
        let Some(order) = &M::DEFINITION.indexes[self.bounds.index].order else { return false };
        let mut key = KeyBuf::new();
        (order.encode)(row, &mut key);
        self.bounds.contain(&key)
    }
}

impl<'a, M: Model> Iterator for RowRange<'a, M> {
    type Item = &'a M;

    #[inline]
    fn next(&mut self) -> Option<&'a M> {
        loop {
            if self.next == self.filled && !self.refill() {
                return None;
            }
            let slot = self.slots[self.next];
            self.next += 1;
            if let Some(row) = self.row(slot) {
                return Some(row);
            }
        }
    }
}

impl<M: Model> FusedIterator for RowRange<'_, M> {}
