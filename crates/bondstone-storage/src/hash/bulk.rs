//! An index made of all its entries at once.

use super::bucket::Entry;
use super::table::{self, Draft};
use super::{HashIndex, State, kept};
use crate::sync::{AtomicPtr, Counter, WriterCell};

impl HashIndex {
    /// An index of these entries, no two of them the same. In the order of their hashes they are written to the table in the
    /// order of its buckets.
    pub(crate) fn of(entries: impl ExactSizeIterator<Item = (u64, u32)>) -> Self {
        let len = entries.len();
        let draft = Draft::new(table::buckets_with_limit(len));
        for (hash, payload) in entries {
            draft.table().enter(Entry::new(kept(hash), payload));
        }
        Self {
            table: AtomicPtr::new(draft.publish()),
            live: Counter::of(len),
            state: WriterCell::new(State { most: len, copy: None }),
        }
    }
}
