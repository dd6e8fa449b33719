//! What all lists have together: statistics, which order nothing.

use crossbeam::utils::CachePadded;

use crate::sync::Counter;
use crate::writer::Writer;

/// How many slots there are, and how many owners have one at least.
///
/// On a line of its own elsewhere: what readers look for first, where the heads are, stands beside this and changes hardly ever.
#[derive(Default)]
pub(super) struct Totals(Box<CachePadded<Counts>>);

#[derive(Default)]
struct Counts {
    slots: Counter,
    owners: Counter,
}

impl Totals {
    pub(super) fn slots(&self) -> usize {
        self.0.slots.get()
    }

    pub(super) fn owners(&self) -> usize {
        self.0.owners.get()
    }

    /// A list has one slot more, its `first` perhaps.
    pub(super) fn add(&self, writer: &Writer, first: bool) {
        self.0.slots.add(writer);
        if first {
            self.0.owners.add(writer);
        }
    }

    /// A list of so many slots has come.
    pub(super) fn give(&self, writer: &Writer, slots: usize) {
        self.0.slots.raise(writer, slots);
        self.0.owners.add(writer);
    }

    /// A list has one slot fewer; it was its `last` perhaps.
    pub(super) fn take(&self, writer: &Writer, last: bool) {
        self.0.slots.take(writer);
        if last {
            self.0.owners.take(writer);
        }
    }
}
