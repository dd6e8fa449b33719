//! Whether rows are there, told by the words of their groups: the rows themselves are not touched.

use super::Arena;
use crate::chunks::prefetch;
use crate::writer::Timestamp;

/// From so many slots on, the words about them are more than the nearest cache holds.
const LARGE: u32 = 1 << 17;

/// What the words say of some slots to which an index led.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// So many of them hold a row that the view sees, and which justifies the entry that led there.
    pub(crate) rows: usize,
    /// A bit for each slot of which the words do not tell: its row must be read.
    pub(crate) open: u64,
}

impl Arena {
    /// What the words say to a view at `at` of up to 64 slots. These were found in this table, by entries that the caller has
    /// loaded before.
    ///
    /// A row is believed as in [`numbers`](super::numbers): where its group has not changed since and the row is plain, no
    /// entry that was met leads there in vain.
    pub(crate) fn tell(&self, slots: &[u32], at: Timestamp) -> Told {
        debug_assert!(slots.len() <= 64);
        if self.len() > LARGE {
            slots.iter().for_each(|slot| prefetch(self.slots.group(*slot)));
        }
        let mut told = Told { rows: 0, open: 0 };
        for (nth, slot) in slots.iter().enumerate() {
            match self.group(*slot).sees(at, *slot) {
                Some(seen) => told.rows += usize::from(seen),
                None => told.open |= 1 << nth,
            }
        }
        told
    }
}
