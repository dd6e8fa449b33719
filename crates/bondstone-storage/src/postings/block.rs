//! A short list: its slots in one contiguous block.
//!
//! Places are used in order. `shape` holds, beside the capacity, how many are *published*; it is
//! stored (Release) after the new slot. A published place keeps its slot until that is removed,
//! then it is dead for the rest of the block's life; a full block is replaced by another one.

use crate::chunks::{Array, Header};
use crate::sync::{AtomicU32, Ordering, canary};

use super::tally::Tally;

/// The content of a dead place: no slot.
pub(super) const DEAD: u32 = u32::MAX;

/// The smallest capacity.
const SMALLEST: usize = if SHRUNK { 2 } else { 4 };

/// The largest capacity.
const LARGEST: usize = if SHRUNK { 4 } else { 512 };

/// Whether boundaries are to be met within a few operations.
pub(super) const SHRUNK: bool = cfg!(any(loom, feature = "tiny"));

/// A list in one piece of memory.
pub(super) type Block = Array<Account, [AtomicU32]>;

/// What stands in front of the slots.
pub(super) struct Account {
    tally: Tally,
    /// The capacity in the upper half, which never changes; in the lower half the number of
    /// published places.
    shape: AtomicU32,
    /// No slot in the block is greater, so that rows in the order of their slots are entered
    /// without a search. The writer's own.
    top: AtomicU32,
}

// SAFETY: the upper half of `shape` is never changed.
unsafe impl Header for Account {
    #[inline]
    fn items(&self) -> usize {
        (self.shape.load(Ordering::Relaxed) >> 16) as usize
    }
}

/// What became of a slot to be entered.
pub(super) enum Inserted {
    Entered,
    /// It was there already.
    There,
    /// It is not there, and there is no place left.
    Full,
}

/// The capacity of a block for `entries`, with places to spare for a third as many; `None` if they
/// are too many for a block.
pub(super) fn capacity_for(entries: usize) -> Option<usize> {
    let capacity = (entries + entries / 3).next_power_of_two().max(SMALLEST);
    (capacity <= LARGEST).then_some(capacity)
}

/// The capacity of a block that has come to `entries` one by one: with no more to spare than the doubling leaves.
pub(super) fn capacity_of(entries: usize) -> Option<usize> {
    let capacity = entries.next_power_of_two().max(SMALLEST);
    (capacity <= LARGEST).then_some(capacity)
}

impl Block {
    /// A block of `slots`, as many as the tally says, at most `capacity`.
    pub(super) fn of(tally: Tally, capacity: usize, slots: impl Iterator<Item = u32>) -> Box<Self> {
        let shape = AtomicU32::new((capacity as u32) << 16);
        let block = Self::new(Account { tally, shape, top: AtomicU32::new(0) });
        let (mut published, mut top) = (0, 0);
        for (place, slot) in block.items.iter().zip(slots) {
            place.store(slot, Ordering::Relaxed);
            top = top.max(slot);
            published += 1;
        }
        block.head.top.store(top, Ordering::Relaxed);
        block.publish(published);
        block
    }

    #[inline]
    pub(super) fn tally(&self) -> &Tally {
        &self.head.tally
    }

    /// The published places.
    #[inline]
    pub(super) fn places(&self) -> &[AtomicU32] {
        let published = self.head.shape.load(Ordering::Acquire) & 0xffff;
        // No more are published than there are.
        &self.items[..(published as usize).min(self.items.len())]
    }

    /// The slots.
    pub(super) fn slots(&self) -> impl Iterator<Item = u32> {
        self.places().iter().map(|place| place.load(Ordering::Relaxed)).filter(|slot| *slot != DEAD)
    }

    /// Enters a slot in the next place, unless it is there.
    pub(super) fn insert(&self, slot: u32) -> Inserted {
        let places = self.places();
        let top = self.head.top.load(Ordering::Relaxed);
        if slot <= top && self.find(slot).is_some() {
            return Inserted::There;
        }
        let Some(place) = self.items.get(places.len()) else {
            return Inserted::Full;
        };
        if canary!(PostingLengthFirst) {
            self.publish(places.len() + 1);
        }
        place.store(slot, Ordering::Relaxed);
        self.head.top.store(top.max(slot), Ordering::Relaxed);
        self.publish(places.len() + 1);
        self.tally().set_entries(self.tally().entries() + 1);
        Inserted::Entered
    }

    /// Marks the place of a slot dead. False: it was not there.
    pub(super) fn remove(&self, slot: u32) -> bool {
        let Some(place) = self.find(slot) else {
            return false;
        };
        if canary!(PostingSwapRemove) {
            let places = self.places();
            let last = places[places.len() - 1].load(Ordering::Relaxed);
            self.items[place].store(last, Ordering::Relaxed);
            self.publish(places.len() - 1);
        } else {
            // Nobody needs the slot any more: no store need be seen before or after this one.
            self.items[place].store(DEAD, Ordering::Relaxed);
        }
        self.tally().set_entries(self.tally().entries() - 1);
        true
    }

    /// Whether more places are dead than are not.
    pub(super) fn is_sparse(&self) -> bool {
        self.places().len() > 2 * self.tally().entries() as usize
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let mut slots: Vec<_> = self.slots().collect();
        let count = slots.len();
        if slots.iter().any(|slot| *slot > self.head.top.load(Ordering::Relaxed)) {
            return Err("a slot above the greatest".into());
        }
        slots.sort_unstable();
        slots.dedup();
        if slots.len() != count {
            return Err("a slot stands twice in its list".into());
        }
        self.tally().check(count)
    }

    /// The place of a slot.
    fn find(&self, slot: u32) -> Option<usize> {
        self.places().iter().position(|place| place.load(Ordering::Relaxed) == slot)
    }

    fn publish(&self, places: usize) {
        let shape = (self.items.len() as u32) << 16 | places as u32;
        self.head.shape.store(shape, Ordering::Release);
    }
}
