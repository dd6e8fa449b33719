//! What is left of a leaf on a walk: entries of the run and of the tail, merged without looking at a key.
//!
//! A bit for each entry that is left says whether it is the tail's. Where these stand among the others is a coin toss: no
//! branch depends on it, so that what is done with the slots of a chunk goes on side by side.

use std::hint::select_unpredictable;
use std::iter;
use std::ops::Range;

use super::key::TreeKey;
use super::leaf::{Leaf, PLACES, RUN, TAIL};
use super::places::Position;

/// Entries of one leaf, in order, as one picture showed them.
pub(super) struct Part<'a, K: TreeKey> {
    leaf: &'a Leaf<K>,
    dead: u64,
    left: Left,
}

impl<K: TreeKey> Clone for Part<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: TreeKey> Copy for Part<'_, K> {}

/// Which entries are left.
#[derive(Clone, Copy)]
struct Left {
    /// A bit for each, the next one's lowest: is it the tail's?
    tails: u64,
    /// The tail's places of these, four bits each, the next one's lowest.
    order: u32,
    /// The run's.
    from: u8,
    to: u8,
    /// How many there are, dead ones included.
    len: u8,
}

// All counts fit a byte, all entries a word of bits, and all of the tail's places a word of 32.
const _: () = assert!(PLACES <= 64 && TAIL <= 8);

impl<'a, K: TreeKey> Part<'a, K> {
    #[inline]
    pub(super) fn new(
        leaf: &'a Leaf<K>,
        dead: u64,
        run: Range<usize>,
        tail: usize,
        order: u32,
        tails: u64,
    ) -> Self {
        let (from, to) = (run.start as u8, run.end.max(run.start) as u8);
        let left = Left { tails, order, from, to, len: to - from + tail as u8 };
        Self { leaf, dead, left }
    }

    /// Shows the next slots of live entries, `most` at most, each with its place in the chunk, and says how many: fewer at the
    /// end. At a place may be shown what is not of the chunk, before what is or behind all that are.
    #[inline(always)]
    pub(super) fn take(
        &mut self,
        most: usize,
        show: impl FnMut(usize, u32),
        descending: bool,
    ) -> usize {
        if self.dead == 0 && !descending {
            self.merge(most, show)
        } else {
            self.pick(most, show, descending)
        }
    }

    /// Takes the next slots where all entries are alive.
    #[inline(always)]
    fn merge(&mut self, most: usize, mut show: impl FnMut(usize, u32)) -> usize {
        let Self { leaf, left: Left { mut tails, mut order, from, to, len }, .. } = *self;
        let (mut from, count) = (usize::from(from), most.min(len.into()));
        // What is settled has no tail.
        if tails == 0 {
            for nth in 0..count {
                show(nth, leaf.slot(from + nth));
            }
            let (from, len) = ((from + count) as u8, len - count as u8);
            self.left = Left { from, len, ..self.left };
            return count;
        }
        for nth in 0..count {
            let is_tail = (tails & 1) as usize;
            let in_tail = RUN + (order & 0x7) as usize;
            show(nth, leaf.slot(select_unpredictable(is_tail == 1, in_tail, from)));
            tails >>= 1;
            order >>= 4 * is_tail;
            from += 1 - is_tail;
        }
        self.left = Left { tails, order, from: from as u8, to, len: len - count as u8 };
        count
    }

    #[inline(always)]
    fn pick(&mut self, most: usize, mut show: impl FnMut(usize, u32), descending: bool) -> usize {
        let (mut left, mut len) = (self.left, 0);
        while len < most
            && let Some(place) = left.step(descending)
        {
            show(len, self.leaf.slot(place));
            len += usize::from(self.dead >> place & 1 == 0);
        }
        self.left = left;
        len
    }

    /// Takes the next slot.
    #[inline]
    pub(super) fn take_one(&mut self, descending: bool) -> Option<u32> {
        self.take_place(descending).map(|place| self.leaf.slot(place))
    }

    #[inline]
    fn take_place(&mut self, descending: bool) -> Option<usize> {
        while let Some(place) = self.left.step(descending) {
            if self.dead >> place & 1 == 0 {
                return Some(place);
            }
        }
        None
    }

    /// The `nth` of the next slots.
    pub(super) fn slot(&self, nth: usize, descending: bool) -> Option<u32> {
        let mut part = *self;
        iter::from_fn(|| part.take_one(descending)).nth(nth)
    }

    /// Whether the `nth` of the next slots is there by the entry with this key.
    pub(super) fn stands_at(&self, nth: usize, key: K::Ref<'_>, descending: bool) -> bool {
        let mut part = *self;
        let place = iter::from_fn(|| part.take_place(descending)).nth(nth);
        place.is_some_and(|place| self.leaf.holds(place, Position::at(key, self.leaf.slot(place))))
    }
}

impl Left {
    /// Takes the next entry: its place.
    #[inline(always)]
    fn step(&mut self, descending: bool) -> Option<usize> {
        if self.len == 0 {
            return None;
        }
        self.len -= 1;
        Some(if descending { self.step_back() } else { self.step_on() })
    }

    #[inline(always)]
    fn step_on(&mut self) -> usize {
        let is_tail = (self.tails & 1) as u8;
        let in_tail = RUN + (self.order & 0xf) as usize;
        let place = select_unpredictable(is_tail == 1, in_tail, self.from.into());
        self.tails >>= 1;
        self.order >>= 4 * is_tail;
        self.from += 1 - is_tail;
        place
    }

    #[inline(always)]
    fn step_back(&mut self) -> usize {
        if self.tails >> self.len & 1 == 1 {
            // What is left of the tail, without this one.
            let tail = self.len - (self.to - self.from);
            return RUN + (self.order >> (4 * tail) & 0xf) as usize;
        }
        self.to -= 1;
        self.to.into()
    }
}
