//! The numbers of rows, beside their groups' words: what a row's key is, told without touching the row.
//!
//! There is a number for each slot of a table whose keys the engine numbers; 0 where it does not fit 32 bits. It is stored
//! when a row comes to the slot, before the row is published, and stands until another row comes. So a reader may believe it
//! exactly where the group's words say that it sees the row in the slot, and sees it plainly:
//!
//! * **The number is not older than the row.** Who sees the row has loaded a timestamp that was published after the number
//!   was stored.
//! * **It is not newer either.** Another row comes to the slot in stage two of the reclaim, when no snapshot is left that sees
//!   the one before. A reader who holds the slot as an old hint is later than that row's end: the words say to him that no row
//!   is there, or, when the next one has come, that the group changed after his timestamp.
//! * **The hint holds.** No entry that was met leads to a plain row in vain, as with the clear top bit of `meta`: the bit in
//!   `plain` is cleared before a new entry can be found, and set again when no snapshot is left that could have met a stale one.
//!
//! An update leaves a row its number, and a row that is inserted again into a slot that still has versions of it has the same
//! one. The order of the loads does not matter: within one snapshot the number of a row that it sees cannot change.

use super::Arena;
use crate::sync::{AtomicU32, Ordering};
use crate::writer::{Timestamp, Writer};

impl Arena {
    /// The numbers of the rows in these slots, each 0 where the row must be read: to tell whether it counts, or its number.
    ///
    /// The slots were found in this table.
    #[inline]
    pub(crate) fn numbers(&self, slots: &[u32], at: Timestamp, numbers: &mut [u32]) {
        if !self.slots.is_numbered() {
            numbers.fill(0);
            return;
        }
        for (slot, number) in slots.iter().zip(numbers) {
            let is_shown = self.group(*slot).shows(at, *slot);
            *number = if is_shown { self.number(*slot).load(Ordering::Relaxed) } else { 0 };
        }
    }

    /// Says what the number of the row is that has come to a slot. Its timestamp is not published yet.
    pub(crate) fn set_number(&self, _: &mut Writer, slot: u32, number: u64) {
        if self.slots.is_numbered() {
            self.number(slot).store(number.try_into().unwrap_or(0), Ordering::Relaxed);
        }
    }

    /// What stands beside a slot that was found in this table.
    #[inline(always)]
    fn number(&self, slot: u32) -> &AtomicU32 {
        debug_assert!(self.slots.is_numbered());
        // SAFETY: the slot's chunk exists, and has numbers.
        unsafe { &*self.slots.number(slot) }
    }
}
