//! From places to rows, with the cache misses of several rows under way at once.

use std::iter::{Fuse, FusedIterator};

use bondstone_schema::Model;

use super::{Sight, TableView};
use crate::handle::Slot;

/// So many rows are asked for before the first of them is read.
const AHEAD: usize = 16;

/// The rows in some places, and the places.
pub struct RowsAt<'a, M, I> {
    table: TableView<'a, M>,
    slots: Fuse<I>,
    /// Places whose rows are on their way, a ring: `coming` of them, beginning at `oldest`.
    ahead: [u32; AHEAD],
    oldest: usize,
    coming: usize,
}

impl Sight {
    /// The rows in these places, in their order, each with its place; where there is no row, none. Each is asked for while
    /// those before are used, which pays where rows are far from each other in a large table. O(places).
    #[inline]
    pub fn rows_at<M: Model, I: IntoIterator<Item = Slot>>(
        &self,
        slots: I,
    ) -> RowsAt<'_, M, I::IntoIter> {
        RowsAt {
            table: self.table_view(),
            slots: slots.into_iter().fuse(),
            ahead: [0; AHEAD],
            oldest: 0,
            coming: 0,
        }
    }
}

impl<M: Model, I: Iterator<Item = Slot>> RowsAt<'_, M, I> {
    /// Asks for rows until enough are on their way: at first several, and then one for each that is read.
    #[inline(always)]
    fn fetch(&mut self) {
        while self.coming < AHEAD
            && let Some(Slot(slot)) = self.slots.next()
        {
            self.table.prefetch(slot);
            self.ahead[(self.oldest + self.coming) % AHEAD] = slot;
            self.coming += 1;
        }
    }
}

impl<'a, M: Model, I: Iterator<Item = Slot>> Iterator for RowsAt<'a, M, I> {
    type Item = (Slot, &'a M);

    #[inline]
    fn next(&mut self) -> Option<(Slot, &'a M)> {
        loop {
            self.fetch();
            self.coming = self.coming.checked_sub(1)?;
            let slot = self.ahead[self.oldest];
            self.oldest = (self.oldest + 1) % AHEAD;
            if let Some(row) = self.table.row(slot) {
                return Some((Slot(slot), row));
            }
        }
    }
}

impl<M: Model, I: Iterator<Item = Slot>> FusedIterator for RowsAt<'_, M, I> {}
