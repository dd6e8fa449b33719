//! What all lists have together: statistics, of which nobody but the writer may expect more than one of the last numbers.

use crossbeam::utils::CachePadded;

use crate::sync::{AtomicUsize, Ordering};

/// How many slots there are, and how many owners have one at least. Stored by the writer alone.
///
/// On a line of its own elsewhere: what readers look for first, where the heads are, stands beside this and changes hardly ever.
#[derive(Default)]
pub(super) struct Totals(Box<CachePadded<Counts>>);

#[derive(Default)]
struct Counts {
    slots: AtomicUsize,
    owners: AtomicUsize,
}

impl Totals {
    pub(super) fn slots(&self) -> usize {
        self.0.slots.load(Ordering::Relaxed)
    }

    pub(super) fn owners(&self) -> usize {
        self.0.owners.load(Ordering::Relaxed)
    }

    /// A list has one slot more, its `first` perhaps.
    pub(super) fn add(&self, first: bool) {
        self.0.slots.store(self.slots() + 1, Ordering::Relaxed);
        if first {
            self.0.owners.store(self.owners() + 1, Ordering::Relaxed);
        }
    }

    /// A list has one slot fewer; it was its `last` perhaps.
    pub(super) fn take(&self, last: bool) {
        self.0.slots.store(self.slots() - 1, Ordering::Relaxed);
        if last {
            self.0.owners.store(self.owners() - 1, Ordering::Relaxed);
        }
    }
}
