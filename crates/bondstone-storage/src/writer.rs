//! The writer: proof of exclusivity, the timestamp of the work in hand, and the memory it has retired.
//!
//! A store has one `Writer`, kept behind the writer's lock. Functions that change a shared structure take
//! `&mut Writer`: whoever has it is the only one who changes anything. Readers need none.
//!
//! Memory that a structure no longer reaches is not freed but *retired*: stamped with the timestamp of the work that
//! unlinked it, and freed when every active snapshot is at that timestamp or later (stage two of
//! [reclaim](crate::reclaim)). A reader that found the old pointer is at an earlier one.
//!
//! A transaction of very many writes retires more than the rest of it needs: a leaf of a tree is replaced every few
//! inserts. So between two of its writes, when much has come together, the writer asks whether anyone reads at all. If
//! nobody does, nobody can have found what was unlinked before, whatever its timestamp, and all of it is freed at once.

use std::collections::VecDeque;

/// The time of a commit: 1 for the empty store, then 2, 3, … in commit order. Rollbacks take numbers too.
pub type Timestamp = u64;

/// The greatest timestamp that a store may be [loaded](crate::Loader) at: as many are left for its future.
pub const LAST_LOADED: Timestamp = 1 << 62;

/// The timestamp of the empty store. 0 is kept free: in the register of snapshots it pins everything.
pub(crate) const FIRST: Timestamp = 1;

/// Of so many retired pieces it is worth asking whether anyone reads.
const MANY: usize = if cfg!(any(loom, feature = "tiny")) { 2 } else { 64 };

/// What the thread that holds the writer's lock carries.
pub struct Writer {
    now: Timestamp,
    horizon: Timestamp,
    limbo: VecDeque<(Timestamp, Garbage)>,
    /// Retired pieces at which to ask whether anyone reads: twice as many as had to stay when that was asked last.
    burden: usize,
}

impl Writer {
    pub(crate) const fn new() -> Self {
        Self::after(FIRST)
    }

    /// The writer of a store whose last commit is `last`.
    pub(crate) const fn after(last: Timestamp) -> Self {
        Self { now: last + 1, horizon: FIRST, limbo: VecDeque::new(), burden: MANY }
    }

    /// A writer beside whom nobody reads: what is loaded at first was always there.
    pub(crate) const fn alone() -> Self {
        Self { now: FIRST, horizon: FIRST, limbo: VecDeque::new(), burden: MANY }
    }

    /// The timestamp of the work in hand, not yet visible to anyone else.
    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    /// The oldest active snapshot as of the last scan: what was unlinked at or before it may be used again.
    pub(crate) const fn horizon(&self) -> Timestamp {
        self.horizon
    }

    /// Turns to the work on the next timestamp.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        debug_assert!(now > self.now);
        self.now = now;
    }

    /// Keeps unlinked memory until no reader can still be looking at it.
    pub(crate) fn retire(&mut self, garbage: Garbage) {
        self.limbo.push_back((self.now, garbage));
    }

    /// Frees what was unlinked at or before `horizon`, the oldest active snapshot; at most `limit` pieces.
    pub(crate) fn free(&mut self, horizon: Timestamp, limit: usize) -> usize {
        self.horizon = horizon;
        // What one transaction retires may be more than the steps it is given: the backlog does not grow without bound.
        let limit = limit.max(self.limbo.len() / 64);
        let mut freed = 0;
        while freed < limit && self.limbo.front().is_some_and(|(unlinked, _)| *unlinked <= horizon)
        {
            self.limbo.pop_front();
            freed += 1;
        }
        self.set_burden();
        freed
    }

    /// Has so much been retired that it is time to ask whether anyone reads?
    pub(crate) fn is_burdened(&self) -> bool {
        self.limbo.len() >= self.burden
    }

    /// Frees everything, if nobody reads (`idle`), as was asked after the last of it had been unlinked.
    pub(crate) fn unburden(&mut self, idle: bool) {
        if idle {
            self.limbo.clear();
        }
        self.set_burden();
    }

    fn set_burden(&mut self) {
        self.burden = MANY.max(self.limbo.len() * 2);
    }

    /// How many pieces wait to be freed.
    pub(crate) fn retired(&self) -> usize {
        self.limbo.len()
    }
}

/// Unlinked memory and the function that frees it. Dropping it frees the memory.
pub(crate) struct Garbage {
    pointer: *mut (),
    free: unsafe fn(*mut ()),
}

// SAFETY: `Garbage::new` requires that the memory may be freed by any thread.
unsafe impl Send for Garbage {}

impl Garbage {
    /// Memory at `pointer`, to be freed by `free(pointer)`.
    ///
    /// # Safety
    /// `free(pointer)` is sound when called once, by any thread, after the last reader that could have found `pointer`
    /// has gone.
    pub(crate) const unsafe fn new(pointer: *mut (), free: unsafe fn(*mut ())) -> Self {
        Self { pointer, free }
    }

    /// A box whose pointer, made by `Box::into_raw`, readers may still hold.
    ///
    /// # Safety
    /// `pointer` came from `Box::into_raw` and is not freed by anyone else.
    pub(crate) unsafe fn boxed<T: Send>(pointer: *mut T) -> Self {
        unsafe fn free<T>(pointer: *mut ()) {
            // SAFETY: `boxed` was given a pointer from `Box::into_raw` that nobody else frees.
            drop(unsafe { Box::from_raw(pointer.cast::<T>()) });
        }
        // SAFETY: `T: Send`, so any thread may drop it; the rest is our caller's promise.
        unsafe { Self::new(pointer.cast(), free::<T>) }
    }
}

impl Drop for Garbage {
    fn drop(&mut self) {
        // SAFETY: a `Garbage` is dropped once; who drops it (`Writer::free`, or the end of the store) knows that no
        // reader is left who could have found the memory.
        unsafe { (self.free)(self.pointer) }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn retire_some(writer: &mut Writer, pieces: usize) {
        for _ in 0..pieces {
            // SAFETY: the pointer is a box's, and nobody else frees it.
            writer.retire(unsafe { Garbage::boxed(Box::into_raw(Box::new(7_u64))) });
        }
    }

    #[test]
    fn what_is_retired_within_one_work_goes_when_nobody_reads() {
        let mut writer = Writer::new();
        retire_some(&mut writer, MANY - 1);
        assert!(!writer.is_burdened());
        retire_some(&mut writer, 1);
        assert!(writer.is_burdened());
        writer.unburden(true);
        assert_eq!((writer.retired(), writer.is_burdened()), (0, false));
    }

    #[test]
    fn what_a_reader_may_hold_stays_and_is_asked_about_less_often() {
        let mut writer = Writer::new();
        retire_some(&mut writer, MANY);
        writer.unburden(false);
        assert_eq!((writer.retired(), writer.is_burdened()), (MANY, false));
        retire_some(&mut writer, MANY);
        assert!(writer.is_burdened(), "twice as many");
    }
}
