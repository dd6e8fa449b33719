//! Reading in two steps: a slot's head is found early, and its line is fetched while other rows are read.

use std::ptr;

use super::{Arena, DISTURBED, Layout, Slot};
use crate::chunks::prefetch;
use crate::sync::Ordering;
use crate::writer::Timestamp;

/// The head of a slot that is about to be read.
#[derive(Clone, Copy)]
pub(crate) struct Ahead(*const Slot);

// SAFETY: the address of atomics that any thread may read.
unsafe impl Send for Ahead {}
// SAFETY: as above.
unsafe impl Sync for Ahead {}

/// What a look at a slot's head tells.
pub(crate) enum Seen {
    /// The only version, and whatever led here holds.
    Plain(*const u8),
    /// No version that the view sees.
    Nothing,
    /// There are several versions, or entries that not all of them justify.
    Disturbed,
}

impl Ahead {
    pub(crate) const NOWHERE: Self = Self(ptr::null());
}

impl Arena {
    /// Finds the head of `slot`, which was found in this table, and asks for its line.
    #[inline(always)]
    pub(crate) fn look_ahead(&self, layout: Layout, slot: u32) -> Ahead {
        let head = self.slot(layout, slot);
        prefetch(head);
        Ahead(head)
    }

    /// Looks at a head that was found [before](Self::look_ahead).
    ///
    /// # Safety
    /// It was, in this arena, by the same snapshot or transaction.
    #[inline(always)]
    pub(crate) unsafe fn see(&self, layout: Layout, head: Ahead, at: Timestamp) -> Seen {
        // SAFETY: the head was found by its slot (our caller's promise), so it is allocated; heads are never moved.
        let meta = unsafe { (*head.0).meta.load(Ordering::Acquire) };
        // As in `read_at`.
        if meta.wrapping_sub(1) < at {
            Seen::Plain(layout.record(head.0.cast()))
        } else if meta & DISTURBED == 0 {
            Seen::Nothing
        } else {
            Seen::Disturbed
        }
    }
}
