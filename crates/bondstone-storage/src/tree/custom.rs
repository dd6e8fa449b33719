//! Keys with a hand-written order: a clone of the user's value, compared by the user's code.
//!
//! That code may panic and may lie. A panic is harmless because the tree compares and clones before it stores
//! anything that others can see. A lie makes searches miss, no more: whatever a comparison answers, it is used to
//! choose among places that exist. Its destructor runs when retired memory is freed, under `catch_unwind`: nothing of
//! the user's runs between the first and the last store of a change.

use std::cmp::Ordering;
use std::ptr;

use bondstone_schema::CustomKey;

use super::key::TreeKey;
use crate::guarded::guarded;
use crate::sync::AtomicPtr;
use crate::sync::Ordering::Relaxed;
use crate::writer::Garbage;

/// The kind of keys that are [`CustomKey`]s.
pub(crate) struct Custom;

/// A key as the index keeps it. The box within the box keeps the pointer thin, so that it fits an atomic word.
pub(crate) struct Kept(Box<dyn CustomKey>);

impl Kept {
    fn new(key: &dyn CustomKey) -> *mut Self {
        Box::into_raw(Box::new(Self(key.boxed())))
    }
}

/// The key of a word.
fn kept<'a>(word: *mut Kept) -> &'a Kept {
    // SAFETY: the word came out of a node whose memory the caller keeps from being freed (see the module `key`), so
    // it points to what `Kept::new` made; that is never changed.
    unsafe { &*word }
}

/// Drops a key. A panic of its destructor ends here.
///
/// # Safety
/// `key` came from `Kept::new`, nobody looks at it any more, and it was not freed before.
unsafe fn free(key: *mut ()) {
    // SAFETY: see above; `Kept::new` made the pointer by `Box::into_raw`.
    let kept = unsafe { Box::from_raw(key.cast::<Kept>()) };
    let _ = guarded(|| drop(kept));
}

// SAFETY: zeros are null pointers (and a head of 0), as in `NOTHING`.
unsafe impl TreeKey for Custom {
    type Ref<'a> = &'a dyn CustomKey;
    type Owned = Box<dyn CustomKey>;
    type Word = *mut Kept;
    type Head = ();
    type Cell = AtomicPtr<Kept>;

    const NOTHING: *mut Kept = ptr::null_mut();

    fn lend(key: &Box<dyn CustomKey>) -> &dyn CustomKey {
        &**key
    }

    #[cfg(loom)]
    fn cell() -> AtomicPtr<Kept> {
        AtomicPtr::new(ptr::null_mut())
    }

    #[inline]
    fn load(cell: &AtomicPtr<Kept>) -> *mut Kept {
        cell.load(Relaxed)
    }

    #[inline]
    fn store(cell: &AtomicPtr<Kept>, word: *mut Kept) {
        cell.store(word, Relaxed);
    }

    #[inline]
    fn head(_cell: &AtomicPtr<Kept>) {}

    #[inline]
    fn probe(_key: &dyn CustomKey, _base: usize) {}

    fn tie(word: *mut Kept, key: &dyn CustomKey, _base: usize) -> Ordering {
        kept(word).0.compare(key)
    }

    fn own(key: &dyn CustomKey, _base: u32) -> *mut Kept {
        Kept::new(key)
    }

    fn divide(_left: *mut Kept, right: *mut Kept, slot: u32) -> (*mut Kept, u32) {
        (Kept::new(&*kept(right).0), slot)
    }

    unsafe fn garbage(word: *mut Kept) -> Option<Garbage> {
        // SAFETY: the word was made by `Kept::new`, and our caller promises that no new reader will find it and that
        // it is handed in once; `CustomKey: Send`, so any thread may drop it.
        Some(unsafe { Garbage::new(word.cast(), free) })
    }

    fn heap(word: *mut Kept) -> usize {
        size_of::<Kept>() + size_of_val(&*kept(word).0)
    }

    fn order(left: *mut Kept, right: *mut Kept) -> Ordering {
        kept(left).0.compare(&*kept(right).0)
    }
}
