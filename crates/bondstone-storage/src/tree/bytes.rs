//! Keys of any length: memcomparable bytes, of which an entry holds the first that tell it from its neighbours.
//!
//! The head is the eight bytes behind those that all keys of the node share, as a big-endian integer, padded with
//! zeros. So most searches and nearly all range scans stay within the node, whatever the keys begin with. Equal heads
//! (longer keys, or a zero byte against the end of the key) are told apart by the bytes themselves.
//!
//! The bytes of a key are one allocation, a length followed by the bytes, that never changes.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cmp::Ordering;
use std::ptr;

use bondstone_schema::KeyBuf;

use super::key::TreeKey;
use crate::sync::Ordering::Relaxed;
use crate::sync::{AtomicPtr, AtomicU64};
use crate::writer::Garbage;

/// The kind of keys that are byte strings.
pub(crate) struct Bytes;

/// The length of a key; its bytes follow.
#[repr(C)]
pub(crate) struct Header {
    len: usize,
}

/// The head of a key, and the key.
#[derive(Clone, Copy)]
pub(crate) struct Word {
    head: u64,
    key: *mut Header,
}

/// The place of a [`Word`].
pub(crate) struct Cell {
    head: AtomicU64,
    key: AtomicPtr<Header>,
}

impl Word {
    fn new(bytes: &[u8], base: usize) -> Self {
        Self { head: head(bytes, base), key: allocate(bytes) }
    }

    #[inline]
    pub(super) const fn head(self) -> u64 {
        self.head
    }

    #[inline]
    fn bytes<'a>(self) -> &'a [u8] {
        // SAFETY: the word came out of a node whose memory the caller keeps from being freed (see the module `key`),
        // so `key` points to a header that `allocate` wrote, followed by as many bytes as it says, and neither ever
        // changes.
        unsafe {
            let first = self.key.cast_const().cast::<u8>().add(size_of::<Header>());
            std::slice::from_raw_parts(first, (*self.key).len)
        }
    }
}

/// Eight bytes behind the first `base` ones.
#[inline]
fn head(bytes: &[u8], base: usize) -> u64 {
    let rest = bytes.get(base..).unwrap_or_default();
    if let Some(first) = rest.first_chunk::<8>() {
        return u64::from_be_bytes(*first);
    }
    let mut padded = [0; 8];
    padded[..rest.len()].copy_from_slice(rest);
    u64::from_be_bytes(padded)
}

/// How many leading bytes are the same in both.
fn common(left: &[u8], right: &[u8]) -> usize {
    left.iter().zip(right).take_while(|(left, right)| left == right).count()
}

/// The layout of the allocation for a key of `len` bytes.
fn layout(len: usize) -> Layout {
    let size = size_of::<Header>() + len;
    Layout::from_size_align(size, align_of::<Header>())
        .expect("a slice and its length fit the address space")
}

fn allocate(bytes: &[u8]) -> *mut Header {
    let layout = layout(bytes.len());
    // SAFETY: the layout is not empty, for it holds a header.
    let key = unsafe { alloc(layout) }.cast::<Header>();
    if key.is_null() {
        handle_alloc_error(layout);
    }
    // SAFETY: the new allocation is aligned for a header, and has room for it and for `bytes` behind it.
    unsafe {
        key.write(Header { len: bytes.len() });
        let first = key.cast::<u8>().add(size_of::<Header>());
        ptr::copy_nonoverlapping(bytes.as_ptr(), first, bytes.len());
    }
    key
}

/// Frees what [`allocate`] made.
///
/// # Safety
/// `key` came from `allocate`, nobody looks at it any more, and it was not freed before.
unsafe fn free(key: *mut ()) {
    let key = key.cast::<Header>();
    // SAFETY: `key` came from `allocate`, so it has a header, and the layout is the one that it was allocated with.
    unsafe { dealloc(key.cast(), layout((*key).len)) }
}

// SAFETY: zeros are null pointers (and a head of 0), as in `NOTHING`.
unsafe impl TreeKey for Bytes {
    type Ref<'a> = &'a [u8];
    type Owned = KeyBuf;
    type Word = Word;
    type Head = u64;
    type Cell = Cell;

    const NOTHING: Word = Word { head: 0, key: ptr::null_mut() };

    fn lend(key: &KeyBuf) -> &[u8] {
        key.bytes()
    }

    #[cfg(loom)]
    fn cell() -> Cell {
        Cell { head: AtomicU64::new(0), key: AtomicPtr::new(ptr::null_mut()) }
    }

    #[inline]
    fn load(cell: &Cell) -> Word {
        Word { head: cell.head.load(Relaxed), key: cell.key.load(Relaxed) }
    }

    #[inline]
    fn store(cell: &Cell, word: Word) {
        cell.head.store(word.head, Relaxed);
        cell.key.store(word.key, Relaxed);
    }

    #[inline]
    fn head(cell: &Cell) -> u64 {
        cell.head.load(Relaxed)
    }

    #[inline]
    fn probe(key: &[u8], base: usize) -> u64 {
        head(key, base)
    }

    #[inline]
    fn side(key: &[u8], base: usize, sample: Word) -> Ordering {
        key[..base.min(key.len())].cmp(&sample.bytes()[..base])
    }

    #[inline]
    fn tie(word: Word, key: &[u8], base: usize) -> Ordering {
        word.bytes()[base..].cmp(&key[base..])
    }

    fn shared(first: Word, last: Word) -> u32 {
        // A base that is cut short at 4 GiB costs time alone.
        common(first.bytes(), last.bytes()).try_into().unwrap_or(u32::MAX)
    }

    #[inline]
    fn rebase(word: Word, from: u32, to: u32) -> Word {
        if from == to { word } else { Word { head: head(word.bytes(), to as usize), ..word } }
    }

    fn own(key: &[u8], base: u32) -> Word {
        Word::new(key, base as usize)
    }

    /// The shortest beginning of `right` that is greater than `left`.
    fn divide(left: Word, right: Word, slot: u32) -> (Word, u32) {
        let (left, right) = (left.bytes(), right.bytes());
        if left == right {
            return (Word::new(right, 0), slot);
        }
        let different = common(left, right) + 1;
        (Word::new(&right[..different.min(right.len())], 0), 0)
    }

    unsafe fn garbage(word: Word) -> Option<Garbage> {
        // SAFETY: the word was made by `Word::new`, and our caller promises that no new reader will find it and that
        // it is handed in once.
        Some(unsafe { Garbage::new(word.key.cast(), free) })
    }

    fn heap(word: Word) -> usize {
        size_of::<Header>() + word.bytes().len()
    }

    fn order(left: Word, right: Word) -> Ordering {
        left.bytes().cmp(right.bytes())
    }
}
