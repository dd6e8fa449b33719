//! Memory for places of one size that never move: fixed-size chunks behind a directory that grows.
//!
//! Fixed-size chunks, because an address is then two shifts and a load; a directory of growing chunks needs
//! `leading_zeros`, which on baseline x86-64 makes every lookup wait for the one before (190 ns instead of 16).
//! Chunks are allocated zeroed, and the system maps them page by page as they are used.
//!
//! Before the places of a chunk stands what is asked about them without touching them: the words of their groups, then a
//! number for each. Both are dense, so that what is asked for many places at random stays in the caches.

use std::alloc::{Layout as Memory, alloc_zeroed, dealloc, handle_alloc_error};

use super::Layout;
#[cfg(loom)]
use super::Slot;
use super::group::Group;
use crate::chunks::{Array, Header};
use crate::sync::{AtomicPtr, AtomicU32, Ordering};
use crate::writer::Writer;

/// Places in a chunk.
#[cfg(not(any(loom, feature = "tiny")))]
pub(super) const CHUNK: u32 = 4096;
#[cfg(any(loom, feature = "tiny"))]
pub(super) const CHUNK: u32 = 2;

/// Slots in a group.
pub(super) const GROUP: u32 = 64;

const GROUPS: usize = CHUNK.div_ceil(GROUP) as usize;

/// From a chunk's beginning to its numbers.
const NUMBERS: usize = GROUPS * size_of::<Group>();

/// What stands before the places of a chunk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    Nothing,
    /// The words of [`Group`].
    Words,
    /// And a number for each place.
    WordsAndNumbers,
}

/// Chunks of places.
pub(super) struct Slab {
    directory: AtomicPtr<Length>,
    chunk: Memory,
    /// From a chunk's beginning to its first place.
    head: usize,
    beside: Beside,
    #[cfg(any(debug_assertions, loom))]
    layout: Layout,
}

/// The chunks' addresses: replaced as a whole when it is full.
type Directory = Array<Length, [AtomicPtr<u8>]>;

struct Length(usize);

// SAFETY: the number is never changed.
unsafe impl Header for Length {
    #[inline]
    fn items(&self) -> usize {
        self.0
    }
}

impl Slab {
    /// Places of this layout.
    pub(super) fn new(layout: Layout, beside: Beside) -> Self {
        let (stride, align) = (layout.stride(), layout.align());
        let head = match beside {
            Beside::Nothing => 0,
            Beside::Words => NUMBERS,
            Beside::WordsAndNumbers => NUMBERS + CHUNK as usize * size_of::<AtomicU32>(),
        };
        let head = head.next_multiple_of(align);
        let size = head + stride * CHUNK as usize;
        let chunk =
            Memory::from_size_align(size, align.max(64)).expect("a chunk fits the address space");
        Self {
            directory: AtomicPtr::new(Directory::into_thin(Directory::new(Length(4)))),
            chunk,
            head,
            beside,
            #[cfg(any(debug_assertions, loom))]
            layout,
        }
    }

    /// The address of a place. Its chunk must exist.
    #[inline(always)]
    pub(super) fn place(&self, stride: usize, place: u32) -> *const u8 {
        #[cfg(debug_assertions)]
        debug_assert_eq!(stride, self.layout.stride());
        self.known().place(stride, place)
    }

    /// The chunks that exist now: for several places that have been found already.
    #[inline(always)]
    pub(super) fn known(&self) -> Known<'_> {
        Known { chunks: &self.directory().items, head: self.head }
    }

    /// The words about the group that `place` is in. Its chunk must exist.
    #[inline(always)]
    pub(super) fn group(&self, place: u32) -> *const Group {
        let group = (place % CHUNK / GROUP) as usize;
        self.chunk(place).cast::<Group>().wrapping_add(group)
    }

    /// Is there a number for each place?
    #[inline(always)]
    pub(super) fn is_numbered(&self) -> bool {
        self.beside == Beside::WordsAndNumbers
    }

    #[inline(always)]
    fn chunk(&self, place: u32) -> *const u8 {
        self.known().chunk(place)
    }

    #[inline(always)]
    fn directory(&self) -> &Directory {
        // SAFETY: directories come from `into_thin` and are replaced under the horizon rule, so this one outlives our
        // caller's snapshot.
        unsafe { Directory::at(self.directory.load(Ordering::Acquire)) }
    }

    /// Makes sure that the chunk of `place` exists.
    pub(super) fn ensure(&self, writer: &mut Writer, place: u32) {
        let number = (place / CHUNK) as usize;
        if number >= self.directory().items.len() {
            self.grow(writer);
        }
        let chunk = &self.directory().items[number];
        if chunk.load(Ordering::Relaxed).is_null() {
            chunk.store(self.allocate(), Ordering::Release);
        }
    }

    /// Doubles the directory.
    fn grow(&self, writer: &mut Writer) {
        let small = &self.directory().items;
        let large = Directory::new(Length(small.len() * 2));
        for (to, from) in large.items.iter().zip(small) {
            to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        let old = self.directory.load(Ordering::Relaxed);
        self.directory.store(Directory::into_thin(large), Ordering::Release);
        // SAFETY: the old directory came from `into_thin` and is unlinked here, once.
        writer.retire(unsafe { Directory::garbage(old) });
    }

    fn allocate(&self) -> *mut u8 {
        // SAFETY: a chunk is never of size zero, as a place has a head of 16 bytes.
        let chunk = unsafe { alloc_zeroed(self.chunk) };
        if chunk.is_null() {
            handle_alloc_error(self.chunk);
        }
        #[cfg(loom)]
        self.construct(chunk);
        chunk
    }

    /// The model checker's atomics are not made of zeros.
    #[cfg(loom)]
    fn construct(&self, chunk: *mut u8) {
        let groups = if self.beside == Beside::Nothing { 0 } else { GROUPS };
        for group in 0..groups {
            // SAFETY: the chunk begins with its groups.
            unsafe { chunk.cast::<Group>().add(group).write(Group::default()) };
        }
        let numbers = if self.is_numbered() { CHUNK as usize } else { 0 };
        for place in 0..numbers {
            // SAFETY: the numbers follow the groups.
            unsafe {
                let number = chunk.add(NUMBERS).cast::<AtomicU32>().add(place);
                number.write(AtomicU32::new(0));
            }
        }
        for place in 0..CHUNK as usize {
            let record = chunk.wrapping_add(self.head + place * self.layout.stride());
            let head = self.layout.head(record).cast_mut().cast::<Slot>();
            // SAFETY: each place has a head, which is nobody's yet.
            unsafe { head.write(Slot::vacant()) };
        }
    }

    /// Bytes of memory in chunks.
    pub(super) fn bytes(&self) -> usize {
        self.chunks().count() * self.chunk.size()
    }

    fn chunks(&self) -> impl Iterator<Item = *mut u8> {
        let chunks = self.directory().items.iter();
        chunks.map(|chunk| chunk.load(Ordering::Acquire)).filter(|chunk| !chunk.is_null())
    }
}

/// The chunks of a slab, as its directory was at some moment. Of all places that are asked for, the chunk existed then.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    chunks: &'a [AtomicPtr<u8>],
    head: usize,
}

impl Known<'_> {
    /// The address of a place.
    #[inline(always)]
    pub(super) fn place(self, stride: usize, place: u32) -> *const u8 {
        let offset = self.head + (place % CHUNK) as usize * stride;
        self.chunk(place).wrapping_add(offset)
    }

    /// The words about the group that `place` is in, and its number, if the slab has numbers.
    #[inline(always)]
    pub(super) fn beside(self, place: u32) -> (*const Group, *const AtomicU32) {
        let (chunk, place) = (self.chunk(place), (place % CHUNK) as usize);
        let numbers = chunk.wrapping_add(NUMBERS).cast::<AtomicU32>();
        (chunk.cast::<Group>().wrapping_add(place / GROUP as usize), numbers.wrapping_add(place))
    }

    #[inline(always)]
    fn chunk(self, place: u32) -> *const u8 {
        debug_assert!(((place / CHUNK) as usize) < self.chunks.len());
        // SAFETY: our caller found the place in this slab before, so its chunk, and the directory's entry for it, exist,
        // and did when the place was first named to anyone.
        let chunk = unsafe { self.chunks.get_unchecked((place / CHUNK) as usize) };
        chunk.load(Ordering::Acquire)
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        for chunk in self.chunks() {
            // SAFETY: allocated by `allocate` with this layout, and we are its only owner now.
            unsafe { dealloc(chunk, self.chunk) };
        }
        // SAFETY: made by `into_thin`, and not retired.
        drop(unsafe { Directory::from_thin(self.directory.load(Ordering::Acquire)) });
    }
}

// The words of a group must fit the alignment of a chunk, and numbers that of the words before them.
const _: () = assert!(align_of::<Group>() <= 64 && align_of::<AtomicU32>() <= align_of::<Group>());
