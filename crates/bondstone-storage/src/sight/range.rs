//! Rows in the order of an index.

use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::ops::Bound;
use std::sync::Arc;

use bondstone_schema::{KeyBuf, Model};

use super::Sight;
use crate::kind::{Kind, Of, layout_of, typed};
use crate::ordered::{OrderedKey, Walk, Width};
use crate::table::{Entries, Table};

/// Slots taken from the index at a time, whose rows are fetched while the ones before are used.
const AHEAD: usize = 16;

/// The rows between two keys of an ordered index, in its order or against it.
pub struct RowRange<'a, M> {
    sight: &'a Sight,
    table: &'a Table,
    index: usize,
    walk: Walk<'a>,
    slots: [u32; AHEAD],
    next: usize,
    filled: usize,
    /// What the walk borrows.
    _bounds: Arc<Bounds>,
    marker: PhantomData<&'a M>,
}

struct Bounds {
    low: Bound<OrderedKey>,
    high: Bound<OrderedKey>,
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
        let key = |bound: Bound<KeyBuf>| bound.map(|key| OrderedKey::encoded(width, key));
        let bounds = Arc::new(Bounds { low: key(low), high: key(high) });
        // SAFETY: the walk has no destructor and lives beside the `Arc` that owns what it borrows, whose content is never
        // moved and never changed.
        let borrowed: &Bounds = unsafe { &*Arc::as_ptr(&bounds) };
        let walk = entries.range(borrowed.low.as_ref(), borrowed.high.as_ref(), descending);
        let slots = [0; AHEAD];
        let marker = PhantomData;
        let (next, filled) = (0, 0);
        Some(RowRange {
            sight: self,
            table,
            index,
            walk,
            slots,
            next,
            filled,
            _bounds: bounds,
            marker,
        })
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

    /// The row that the `nth` of these slots leads to.
    #[inline(always)]
    fn row(&self, nth: usize) -> Option<&'a M> {
        let at = self.sight.timestamp();
        let (record, undisturbed) =
            self.table.arena.read_hint(layout_of::<M>(), self.slots[nth], at)?;
        if !undisturbed && !self.is_own_entry(nth, record) {
            return None;
        }
        // SAFETY: the table is that of `M`; the sight's hold keeps what its timestamp sees for `'a`.
        Some(unsafe { typed(record) })
    }

    /// A disturbed row may be met several times, once for each key that its versions have. It counts where it is met by
    /// the key of the version that we see.
    #[cold]
    fn is_own_entry(&self, nth: usize, record: *const u8) -> bool {
        // SAFETY: a record of `M`'s table, and the index is one of `M`'s.
        let key = unsafe { Of::<M>::new().index_key(self.index, record) };
        self.walk.stands_at(nth, &key)
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
            let nth = self.next;
            self.next += 1;
            if let Some(row) = self.row(nth) {
                return Some(row);
            }
        }
    }
}

impl<M: Model> FusedIterator for RowRange<'_, M> {}
