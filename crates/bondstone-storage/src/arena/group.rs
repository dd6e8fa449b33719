//! The words about 64 slots: which rows exist, and which are plain to see.

use crate::sync::{AtomicU64, Ordering, canary};
use crate::writer::Timestamp;

/// The words about a group of 64 slots. See [the arena](super).
#[repr(C)]
#[derive(Default)]
pub(crate) struct Group {
    changed: AtomicU64,
    live: AtomicU64,
    plain: AtomicU64,
}

const fn bit(slot: u32) -> u64 {
    1 << (slot % 64)
}

impl Group {
    /// The rows that a view at `at` sees, and those of them whose record is inline and undisputed, if the group has
    /// not changed since.
    #[inline]
    pub(crate) fn exact(&self, at: Timestamp) -> Option<(u64, u64)> {
        if canary!(ChangedLoadedFirst) {
            let changed = self.changed.load(Ordering::Acquire);
            let live = self.live.load(Ordering::Acquire);
            return (changed <= at).then(|| (live, self.plain.load(Ordering::Acquire)));
        }
        let live = self.live.load(Ordering::Acquire);
        let plain = self.plain.load(Ordering::Acquire);
        // After the words: a word that the writer changed brings its `changed` along.
        (self.changed.load(Ordering::Relaxed) <= at).then_some((live, plain))
    }

    /// Does a view at `at` see a row in the slot, inline and undisputed, as far as the words tell? Only what is live is
    /// plain, so that one word says both.
    #[inline(always)]
    pub(super) fn shows(&self, at: Timestamp, slot: u32) -> bool {
        let word = if canary!(PlainNotAsked) { &self.live } else { &self.plain };
        let shown = word.load(Ordering::Acquire);
        // After the word, as in `exact`.
        self.changed.load(Ordering::Relaxed) <= at && shown & bit(slot) != 0
    }

    /// Does a view at `at` see a row in the slot to which a hint led? `None` where the row must be read: to tell, or because
    /// the hint may be another version's.
    #[inline]
    pub(super) fn sees(&self, at: Timestamp, slot: u32) -> Option<bool> {
        let (live, plain) = self.exact(at)?;
        let plain = if canary!(PlainNotAsked) { live } else { plain };
        match (live & bit(slot) != 0, plain & bit(slot) != 0) {
            (false, _) => Some(false),
            (true, true) => Some(true),
            (true, false) => None,
        }
    }

    /// A new row, whose only version is inline.
    pub(super) fn insert(&self, now: Timestamp, slot: u32) {
        self.change(now, |live, plain| (live | bit(slot), plain | bit(slot)));
    }

    /// A row that existed before exists again.
    pub(super) fn revive(&self, now: Timestamp, slot: u32) {
        self.change(now, |live, plain| (live | bit(slot), plain & !bit(slot)));
    }

    /// A row ends.
    pub(super) fn delete(&self, now: Timestamp, slot: u32) {
        self.change(now, |live, plain| (live & !bit(slot), plain & !bit(slot)));
    }

    fn change(&self, now: Timestamp, change: impl Fn(u64, u64) -> (u64, u64)) {
        let late = canary!(ChangedStoredLast);
        if !late {
            self.changed.store(now, Ordering::Relaxed);
        }
        let before = (self.live.load(Ordering::Relaxed), self.plain.load(Ordering::Relaxed));
        let (live, plain) = change(before.0, before.1);
        self.plain.store(plain, Ordering::Release);
        self.live.store(live, Ordering::Release);
        if late {
            self.changed.store(now, Ordering::Relaxed);
        }
    }

    /// A row has a newer version. Whether it exists is unchanged.
    pub(super) fn disturb(&self, slot: u32) {
        let plain = self.plain.load(Ordering::Relaxed);
        self.plain.store(plain & !bit(slot), Ordering::Release);
    }

    /// A row's newest version is inline again, and its only one.
    pub(super) fn settle(&self, slot: u32) {
        let plain = self.plain.load(Ordering::Relaxed);
        self.plain.store(plain | bit(slot), Ordering::Release);
    }

    /// What the words say of one slot: does its newest version exist, is it plain? For checks.
    pub(crate) fn claims(&self, slot: u32) -> (bool, bool) {
        let (live, plain) = (self.live.load(Ordering::Acquire), self.plain.load(Ordering::Acquire));
        (live & bit(slot) != 0, plain & bit(slot) != 0)
    }
}
