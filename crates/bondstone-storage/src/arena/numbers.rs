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
use super::slab::Words;
use crate::chunks::prefetch;
use crate::sync::{AtomicU32, Ordering};
use crate::writer::{Timestamp, Writer};

/// From so many slots on, what stands beside them is more than the nearest cache holds.
const LARGE: u32 = 1 << 13;

/// The numbers that a view sees.
#[derive(Clone, Copy)]
pub(crate) struct Numbers<'a> {
    words: Words<'a>,
    at: Timestamp,
    is_large: bool,
}

impl Numbers<'_> {
    /// Puts in the place of each slot the number of its row; 0 where the row must be read: to tell whether it counts, or its
    /// number. The slots were found in this table.
    ///
    /// What stands beside a large table is not in the nearest caches: it is asked for first, for all slots at once.
    #[inline(never)]
    pub(crate) fn replace(self, slots: &mut [u32]) {
        if self.is_large {
            slots.iter().for_each(|slot| self.prefetch(*slot));
        }
        slots.iter_mut().for_each(|slot| *slot = self.of(*slot));
    }

    #[inline(always)]
    fn prefetch(self, slot: u32) {
        let (group, number) = self.words.of(slot);
        prefetch(group);
        prefetch(number);
    }

    #[inline(always)]
    fn of(self, slot: u32) -> u32 {
        let (group, number) = self.words.of(slot);
        // SAFETY: the slot's chunk exists, and has words and numbers.
        let (group, number) = unsafe { (&*group, &*number) };
        if group.shows(self.at, slot) { number.load(Ordering::Relaxed) } else { 0 }
    }
}

impl Arena {
    /// The numbers as seen at `at`, if there is one for each slot.
    #[inline]
    pub(crate) fn numbers(&self, at: Timestamp) -> Option<Numbers<'_>> {
        let is_large = self.len() > LARGE;
        self.slots.is_numbered().then(|| Numbers { words: self.slots.words(), at, is_large })
    }

    /// Says what the number of the row is that has come to a slot. Its timestamp is not published yet.
    pub(crate) fn set_number(&self, _: &mut Writer, slot: u32, number: u64) {
        if self.slots.is_numbered() {
            self.number(slot).store(number.try_into().unwrap_or(0), Ordering::Relaxed);
        }
    }

    /// What stands beside a slot that was found in this table.
    fn number(&self, slot: u32) -> &AtomicU32 {
        debug_assert!(self.slots.is_numbered());
        // SAFETY: the slot's chunk exists, and has numbers.
        unsafe { &*self.slots.words().of(slot).1 }
    }
}
