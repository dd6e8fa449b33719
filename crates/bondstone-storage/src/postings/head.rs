//! The word of an owner: where its list is and how it is kept.
//!
//! Null: no list. Lowest bit 1: a single slot, no pointer. Lowest bits 10: a pointer to a long
//! list. Lowest bits 00: a pointer to a block, the usual case, in no need of masking.

use std::ptr;

use crate::chunks::Array;
use crate::sync::{AtomicPtr, Ordering, canary};
use crate::writer::{Garbage, Writer};

use super::block::{Account, Block};
use super::long::Long;

const _: () = assert!(usize::BITS == 64, "a word has room for a slot and two bits");
const _: () = assert!(align_of::<Account>() >= 4 && align_of::<Long>() >= 4);

/// The tag of a single slot, and of one whose newest version belongs here.
const SINGLE: usize = 0b001;
const LIVE: usize = 0b010;
const SLOT_SHIFT: u32 = 2;

/// The tag of a pointer to a long list.
const LONG: usize = 0b010;

/// The word. Its default is null, the empty list.
#[derive(Default)]
pub(super) struct Head(AtomicPtr<()>);

/// A list as its readers and its writer find it.
pub(super) enum List<'a> {
    Empty,
    Single(Single),
    Block(&'a Block),
    Long(&'a Long),
}

/// A list to be put in the place of another.
pub(super) enum Fresh {
    Empty,
    Single(Single),
    Block(Box<Block>),
    Long(Box<Long>),
}

/// A list of one slot.
#[derive(Clone, Copy)]
pub(super) struct Single {
    pub(super) slot: u32,
    /// Whether its newest version belongs here.
    pub(super) live: bool,
}

impl Head {
    /// The list of this owner.
    #[inline]
    pub(super) fn list(&self) -> List<'_> {
        let word = self.0.load(Ordering::Acquire);
        let tags = word.addr();
        if tags & SINGLE != 0 {
            List::Single(Single { slot: (tags >> SLOT_SHIFT) as u32, live: tags & LIVE != 0 })
        } else if tags & LONG != 0 {
            // SAFETY: such words are made by `word_of`, and retired lists outlast whoever found
            // them (see the module `postings`).
            List::Long(unsafe { &*untagged(word) })
        } else if word.is_null() {
            List::Empty
        } else {
            // SAFETY: the same.
            List::Block(unsafe { Array::at(word.cast()) })
        }
    }

    /// What the word points to, if it does: a hint for prefetching.
    #[inline]
    pub(super) fn target(&self) -> *const () {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether there is no list.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.load(Ordering::Acquire).is_null()
    }

    /// Puts another list in the place of this one, which is retired.
    pub(super) fn replace(&self, writer: &mut Writer, list: Fresh) {
        let old = self.0.load(Ordering::Relaxed);
        let release =
            if canary!(PostingSwapRelaxed) { Ordering::Relaxed } else { Ordering::Release };
        self.0.store(word_of(list), release);
        // SAFETY: the word was made by `word_of`, and stood here alone.
        if let Some(garbage) = unsafe { garbage(old) } {
            writer.retire(garbage);
        }
    }

    /// Says whether the newest version of a single slot belongs here.
    pub(super) fn set_single(&self, single: Single) {
        self.0.store(word_of(Fresh::Single(single)), Ordering::Release);
    }
}

impl Drop for Head {
    fn drop(&mut self) {
        // SAFETY: the word was made by `word_of`, and nobody uses the list any more.
        drop(unsafe { garbage(self.0.load(Ordering::Relaxed)) });
    }
}

fn word_of(list: Fresh) -> *mut () {
    match list {
        Fresh::Empty => ptr::null_mut(),
        Fresh::Single(Single { slot, live }) => {
            let live = if live { LIVE } else { 0 };
            ptr::without_provenance_mut((slot as usize) << SLOT_SHIFT | live | SINGLE)
        }
        Fresh::Block(block) => Array::into_thin(block).cast(),
        Fresh::Long(long) => Box::into_raw(long).cast::<()>().map_addr(|addr| addr | LONG),
    }
}

/// The pointer in the word of a long list.
#[inline]
fn untagged(word: *mut ()) -> *mut Long {
    word.map_addr(|addr| addr & !LONG).cast()
}

/// The memory of the list in a word, if it has memory.
///
/// # Safety
/// The word was made by `word_of`, and nobody else frees its list.
unsafe fn garbage(word: *mut ()) -> Option<Garbage> {
    if word.is_null() || word.addr() & SINGLE != 0 {
        return None;
    }
    // SAFETY: the caller's promise; `word_of` made the pointers of boxes.
    Some(unsafe {
        if word.addr() & LONG != 0 {
            Garbage::boxed(untagged(word))
        } else {
            Block::garbage(word.cast())
        }
    })
}
