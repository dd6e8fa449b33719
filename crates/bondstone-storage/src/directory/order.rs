//! Slots in the order of ids: page by page, and then the ids beyond the pages.

use std::ops::{Bound, Range};
use std::slice;

use super::{Directory, NEAR, PAGE, Pages};
use crate::sync::{AtomicU32, Ordering};
use crate::tree;

/// The first id that has no page.
const FIRST_FAR: u64 = NEAR * PAGE;

/// The slots of ids in a range, in their order or against it, as hints.
///
/// The array of pages was looked up once: ids on pages that are added later are of rows that the caller does not see. An id that
/// the caller needs stays where it is meanwhile, so that it is met exactly once.
pub(crate) struct InOrder<'a> {
    pages: Pages<'a>,
    /// Of all ids, so many are wanted …
    ids: Range<u64>,
    /// … on these pages, …
    numbers: Range<u64>,
    /// … of which this is left of one, …
    page: slice::Iter<'a, AtomicU32>,
    /// … and these beyond the pages.
    far: Option<tree::Range<'a, u64>>,
    descending: bool,
}

impl Directory {
    /// The slots of ids in a range, in order or against it.
    pub(crate) fn in_order(&self, ids: Range<u64>, descending: bool) -> InOrder<'_> {
        let pages = self.pages();
        let last_page = ids.end.div_ceil(PAGE).min(pages.near.len() as u64);
        let far = (ids.end > FIRST_FAR && ids.start < ids.end).then(|| {
            let (low, high) = (Bound::Included(ids.start), Bound::Excluded(ids.end));
            self.far.in_order(low, high, descending)
        });
        let numbers = ids.start / PAGE..last_page;
        InOrder { pages, ids, numbers, page: [].iter(), far, descending }
    }
}

impl<'a> InOrder<'a> {
    /// Those places of a page whose ids are wanted.
    fn wanted(&self, number: u64) -> &'a [AtomicU32] {
        let Some(page) = self.pages.page(number) else { return &[] };
        let first = number * PAGE;
        let from = self.ids.start.saturating_sub(first).min(PAGE);
        let to = self.ids.end.saturating_sub(first).min(PAGE);
        page.slots.get(from as usize..to as usize).unwrap_or(&[])
    }

    fn next_near(&mut self) -> Option<u32> {
        let slot = |place: &AtomicU32| place.load(Ordering::Acquire).checked_sub(1);
        loop {
            if let Some(slot) = step(&mut self.page, self.descending, slot) {
                return Some(slot);
            }
            let number = step(&mut self.numbers, self.descending, Some)?;
            self.page = self.wanted(number).iter();
        }
    }

    fn next_far(&mut self) -> Option<u32> {
        self.far.as_mut()?.next()
    }
}

/// The next of what there is, from the front or from the back, that `wanted` accepts.
#[inline]
fn step<I: DoubleEndedIterator, T>(
    items: &mut I,
    descending: bool,
    mut wanted: impl FnMut(I::Item) -> Option<T>,
) -> Option<T> {
    if descending { items.rev().find_map(wanted) } else { items.find_map(&mut wanted) }
}

impl Iterator for InOrder<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.descending {
            self.next_far().or_else(|| self.next_near())
        } else {
            self.next_near().or_else(|| self.next_far())
        }
    }
}
