//! A long list: a tree ordered by slot.

use std::ops::Bound;

use crate::tree::{Collected, Range, Tree};
use crate::writer::Writer;

use super::block;
use super::tally::Tally;

/// Fewer slots than this go back to a block.
const FEWEST: u32 = if block::SHRUNK { 3 } else { 128 };

/// A list whose slots are keys of a tree, in the order of the rows' addresses.
pub(super) struct Long {
    tally: Tally,
    tree: Tree<u64>,
}

impl Long {
    /// A list of `slots`, as many as the tally says.
    pub(super) fn of(tally: Tally, slots: impl Iterator<Item = u32>) -> Box<Self> {
        let mut entries = Collected::with_capacity(tally.entries() as usize);
        slots.for_each(|slot| entries.push(u64::from(slot), slot));
        Box::new(Self { tally, tree: entries.into_tree() })
    }

    #[inline]
    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The slots, in ascending order.
    pub(super) fn slots(&self) -> Range<'_, u64> {
        self.tree.range(Bound::Unbounded, Bound::Unbounded)
    }

    /// Enters a slot. False: it was there already.
    pub(super) fn insert(&self, writer: &mut Writer, slot: u32) -> bool {
        let entered = self.tree.insert(writer, u64::from(slot), slot);
        if entered {
            self.tally.set_entries(self.tally.entries() + 1);
        }
        entered
    }

    /// Removes a slot. False: it was not there.
    pub(super) fn remove(&self, writer: &mut Writer, slot: u32) -> bool {
        let removed = self.tree.remove(writer, u64::from(slot), slot);
        if removed {
            self.tally.set_entries(self.tally.entries() - 1);
        }
        removed
    }

    /// Whether a block would do.
    pub(super) fn is_short(&self) -> bool {
        self.tally.entries() < FEWEST
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.tree.bytes()
    }

    pub(super) fn check(&self) -> Result<(), String> {
        self.tree.check()?;
        self.tally.check(self.slots().count())
    }
}
