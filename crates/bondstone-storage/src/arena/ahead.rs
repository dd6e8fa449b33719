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

/// A row that is not plain to see.
pub(crate) struct Otherwise {
    /// There are several versions, or entries that not all of them justify; otherwise there is no row.
    pub(crate) disturbed: bool,
}

impl Ahead {
    pub(crate) const NOWHERE: Self = Self(ptr::null());
}

impl Arena {
    /// Finds the head of a slot, which was found in this table, and asks for its line.
    #[inline(always)]
    pub(crate) fn look_ahead(&self, layout: Layout, slot: u32) -> Ahead {
        let head = layout.head(self.slots.place(layout.stride(), slot)).cast();
        prefetch(head);
        Ahead(head)
    }

    /// The record, if it is the row's only version and whatever led here holds; otherwise what else the head tells.
    ///
    /// # Safety
    /// The head was found [before](Self::look_ahead) in this arena, by the same snapshot or transaction.
    #[inline(always)]
    pub(crate) unsafe fn see(
        &self,
        layout: Layout,
        head: Ahead,
        at: Timestamp,
    ) -> Result<*const u8, Otherwise> {
        // SAFETY: the head was found by its slot (our caller's promise), so it is allocated; heads are never moved.
        let meta = unsafe { (*head.0).meta.load(Ordering::Acquire) };
        // As in `read_at`.
        if meta.wrapping_sub(1) < at {
            Ok(layout.record(head.0.cast()))
        } else {
            Err(Otherwise { disturbed: meta & DISTURBED != 0 })
        }
    }
}
