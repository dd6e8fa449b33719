//! All rows of a table.

use std::iter::FusedIterator;
use std::marker::PhantomData;

use bondstone_schema::Model;

use crate::arena::Reader;
use crate::handle::Slot;
use crate::kind::{layout_of, typed};

/// All rows of a table that a sight sees, in the order of their places.
///
/// Each row is judged by its own header, which stands beside what is read anyway: for rows above a cache line that is
/// faster than skipping by the groups' words, which breaks up the stream of lines.
pub struct Rows<'a, M> {
    rows: Reader<'a>,
    next: u32,
    marker: PhantomData<&'a M>,
}

impl<'a, M: Model> Rows<'a, M> {
    pub(super) const fn new(rows: Reader<'a>) -> Self {
        Self { rows, next: 0, marker: PhantomData }
    }

    /// The next row and its place.
    #[inline(always)]
    pub fn next_with_slot(&mut self) -> Option<(Slot, &'a M)> {
        while self.next < self.rows.len() {
            let slot = self.next;
            self.next += 1;
            if let Some(record) = self.rows.read(layout_of::<M>(), slot) {
                // SAFETY: the table is that of `M`; the sight's hold keeps what its timestamp sees for `'a`.
                return Some((Slot(slot), unsafe { typed(record) }));
            }
        }
        None
    }
}

impl<'a, M: Model> Iterator for Rows<'a, M> {
    type Item = &'a M;

    #[inline(always)]
    fn next(&mut self) -> Option<&'a M> {
        self.next_with_slot().map(|(_, row)| row)
    }

    /// Chunk by chunk, with the chunk's address in a register.
    #[inline]
    fn fold<B, F: FnMut(B, &'a M) -> B>(self, init: B, mut f: F) -> B {
        self.rows.fold(layout_of::<M>(), self.next, init, |total, record| {
            // SAFETY: as in `next_with_slot`.
            f(total, unsafe { typed(record) })
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some((self.rows.len() - self.next) as usize))
    }

    /// O(rows / 64), where nothing changed since.
    fn count(self) -> usize {
        if self.next == 0 {
            return self.rows.count();
        }
        self.fold(0, |count, _| count + 1)
    }
}

impl<M: Model> FusedIterator for Rows<'_, M> {}

impl<M> Clone for Rows<'_, M> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}
