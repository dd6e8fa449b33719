//! A walk over the slots of one list.

use std::slice;

use crate::sync::{AtomicU32, Ordering};
use crate::tree::Range;

use super::block::DEAD;
use super::head::List;

/// The slots of a list: hints.
pub(crate) struct Iter<'a>(Walk<'a>);

enum Walk<'a> {
    Single(Option<u32>),
    Block(slice::Iter<'a, AtomicU32>),
    /// Boxed, so that walks over short lists are small; these have hundreds of slots to pay for it.
    Long(Box<Range<'a, u64>>),
}

impl<'a> Iter<'a> {
    #[inline]
    pub(super) fn new(list: List<'a>) -> Self {
        Self(match list {
            List::Empty => Walk::Single(None),
            List::Single(single) => Walk::Single(Some(single.slot)),
            List::Block(block) => Walk::Block(block.places().iter()),
            List::Long(long) => Walk::Long(Box::new(long.slots())),
        })
    }

    /// A walk over nothing.
    pub(crate) fn empty() -> Self {
        Self(Walk::Single(None))
    }
}

impl Iterator for Iter<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        match &mut self.0 {
            Walk::Single(slot) => slot.take(),
            Walk::Block(places) => places.find_map(slot_in),
            Walk::Long(range) => range.next(),
        }
    }

    #[inline]
    fn fold<B, F: FnMut(B, u32) -> B>(self, init: B, f: F) -> B {
        match self.0 {
            Walk::Single(slot) => slot.into_iter().fold(init, f),
            Walk::Block(places) => places.filter_map(slot_in).fold(init, f),
            Walk::Long(range) => range.fold(init, f),
        }
    }
}

/// The slot in a published place, unless the place is dead.
#[inline]
fn slot_in(place: &AtomicU32) -> Option<u32> {
    let slot = place.load(Ordering::Relaxed);
    (slot != DEAD).then_some(slot)
}
