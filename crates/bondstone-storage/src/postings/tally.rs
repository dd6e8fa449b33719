//! The exact count of a list.
//!
//! `live` is the number of entries whose newest version, pending ones included, belongs here;
//! `changed` is the timestamp of the last change of that number. What a snapshot at T ≥ `changed`
//! sees is exactly what is newest, so its count is `live`, and no row need be read.
//!
//! * The writer stores `changed` (Relaxed) before `live` (Release); a reader loads `live` (Acquire)
//!   and *then* `changed`. A reader that meets a number from its future meets its timestamp too.
//! * `changed` never decreases: a list that is kept anew takes it over, and a rollback, which
//!   changes the number back, is a change.
//! * A reader may hold a list that has been replaced. It was current when the snapshot began, or
//!   later; so it has every change up to the snapshot, and its `changed` tells of the others.

use crate::sync::{AtomicU32, AtomicU64, Ordering, canary};
use crate::writer::Timestamp;

/// What a list knows about itself besides its slots.
pub(super) struct Tally {
    changed: AtomicU64,
    live: AtomicU32,
    /// How many slots the list has. The writer's own.
    entries: AtomicU32,
}

impl Tally {
    pub(super) fn new(changed: Timestamp, live: u32, entries: u32) -> Self {
        Self {
            changed: AtomicU64::new(changed),
            live: AtomicU32::new(live),
            entries: AtomicU32::new(entries),
        }
    }

    /// The tally of the list that takes this one's place and has `entries` slots.
    pub(super) fn carried(&self, entries: u32) -> Self {
        let changed = self.changed.load(Ordering::Relaxed);
        let changed = if canary!(PostingChangedLost) { 0 } else { changed };
        Self::new(changed, self.live(), entries)
    }

    /// Changes the number of entries whose newest version belongs here.
    pub(super) fn adjust(&self, now: Timestamp, delta: i32) {
        let live = self.live();
        debug_assert!(live.checked_add_signed(delta).is_some_and(|live| live <= self.entries()));
        let live = live.saturating_add_signed(delta);
        if canary!(PostingChangedLate) {
            self.live.store(live, Ordering::Release);
        }
        self.changed.store(now, Ordering::Relaxed);
        self.live.store(live, Ordering::Release);
    }

    /// The number as a snapshot at `at` sees it; `None` if it may have changed since.
    #[inline]
    pub(super) fn count(&self, at: Timestamp) -> Option<u32> {
        if canary!(PostingChangedFirst) {
            let changed = self.changed.load(Ordering::Acquire);
            return (changed <= at).then_some(self.live.load(Ordering::Acquire));
        }
        let live = self.live.load(Ordering::Acquire);
        (self.changed.load(Ordering::Relaxed) <= at).then_some(live)
    }

    pub(super) fn live(&self) -> u32 {
        self.live.load(Ordering::Relaxed)
    }

    pub(super) fn entries(&self) -> u32 {
        self.entries.load(Ordering::Relaxed)
    }

    pub(super) fn set_entries(&self, entries: u32) {
        self.entries.store(entries, Ordering::Relaxed);
    }

    /// Checks that the list has the slots it says, and not more living ones than that.
    pub(super) fn check(&self, slots: usize) -> Result<(), String> {
        if self.entries() as usize != slots {
            return Err(format!("{slots} slots, {} counted", self.entries()));
        }
        if self.live() > self.entries() {
            return Err(format!("{} of {slots} slots live", self.live()));
        }
        Ok(())
    }
}
