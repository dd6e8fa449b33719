//! Memory for places of one size that never move: fixed-size chunks behind a directory that grows.
//!
//! Fixed-size chunks, because an address is then a shift, a load and a multiplication; a directory of growing chunks
//! needs `leading_zeros`, which on baseline x86-64 makes every lookup wait for the one before (190 ns instead of 16).
//! Of a new chunk only the words about its groups are written, and of a place its head when it is first used: the system maps
//! the rest page by page as it is needed, and memory that was used before is not zeroed for a handful of rows.
//!
//! The directory holds, for each chunk, its *origin*: where place 0 would stand if the chunk went back that far. So an
//! address is `origin + place × stride`, and nobody needs to know the place's number within its chunk.
//!
//! Before the places of a chunk stands what is asked about them without touching them: the words of their groups, then a
//! number for each. Both are dense, so that what is asked for many places at random stays in the caches.

use std::alloc::{Layout as Memory, alloc, dealloc, handle_alloc_error};

use super::Layout;
use super::Slot;
use super::group::Group;
use crate::chunks::{Array, Header};
use crate::sync::{AtomicPtr, AtomicU32, Ordering, canary};
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
    /// Chunks that exist: the first ones of the directory.
    chunks: AtomicU32,
    chunk: Memory,
    /// From a chunk's beginning to its first place.
    head: usize,
    beside: Beside,
    layout: Layout,
}

/// The chunks' origins: replaced as a whole when it is full.
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
            chunks: AtomicU32::new(0),
            chunk,
            head,
            beside,
            layout,
        }
    }

    /// The address of a place. Its chunk must exist.
    #[inline(always)]
    pub(super) fn place(&self, stride: usize, place: u32) -> *const u8 {
        debug_assert_eq!(stride, self.layout.stride());
        self.origins().place(stride, place)
    }

    /// The words about the group that `place` is in. Its chunk must exist.
    #[inline(always)]
    pub(super) fn group(&self, place: u32) -> *const Group {
        let group = (place % CHUNK / GROUP) as usize;
        self.start(place / CHUNK).cast::<Group>().wrapping_add(group)
    }

    /// What stands beside the places.
    #[inline(always)]
    pub(super) fn words(&self) -> Words<'_> {
        let chunk = self.layout.stride() * CHUNK as usize;
        Words { directory: &self.directory, chunk, head: self.head }
    }

    /// Where chunk `number` begins.
    #[inline(always)]
    fn start(&self, number: u32) -> *const u8 {
        let first = self.place(self.layout.stride(), number * CHUNK);
        first.wrapping_sub(self.head)
    }

    /// The addresses of the places that exist now.
    #[inline(always)]
    pub(super) fn origins(&self) -> Origins<'_> {
        Origins(&self.directory().items)
    }

    /// Is there a number for each place?
    #[inline(always)]
    pub(super) fn is_numbered(&self) -> bool {
        self.beside == Beside::WordsAndNumbers
    }

    #[inline(always)]
    fn directory(&self) -> &Directory {
        // SAFETY: directories come from `into_thin` and are replaced under the horizon rule, so this one outlives our
        // caller's snapshot.
        unsafe { Directory::at(self.directory.load(Ordering::Acquire)) }
    }

    /// Makes sure that the chunk of `place` exists. Places are used in order.
    pub(super) fn ensure(&self, writer: &mut Writer, place: u32) {
        let number = place / CHUNK;
        let chunks = self.chunks.load(Ordering::Relaxed);
        if number < chunks {
            return;
        }
        debug_assert_eq!(number, chunks);
        if number as usize == self.directory().items.len() {
            self.grow(writer);
        }
        let before = (number * CHUNK) as usize * self.layout.stride();
        let origin = self.allocate().wrapping_add(self.head).wrapping_sub(before);
        self.directory().items[number as usize].store(origin, Ordering::Release);
        self.chunks.store(number + 1, Ordering::Relaxed);
    }

    /// Doubles the directory.
    fn grow(&self, writer: &mut Writer) {
        let small = &self.directory().items;
        let large = Directory::new(Length(small.len() * 2));
        for (to, from) in large.items.iter().zip(small) {
            to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        let old = self.directory.load(Ordering::Relaxed);
        let order = if canary!(SlabRelaxed) { Ordering::Relaxed } else { Ordering::Release };
        self.directory.store(Directory::into_thin(large), order);
        // SAFETY: the old directory came from `into_thin` and is unlinked here, once.
        writer.retire(unsafe { Directory::garbage(old) });
    }

    fn allocate(&self) -> *mut u8 {
        // SAFETY: a chunk is never of size zero, as a place has a head of 16 bytes.
        let chunk = unsafe { alloc(self.chunk) };
        if chunk.is_null() {
            handle_alloc_error(self.chunk);
        }
        let groups = if self.beside == Beside::Nothing { 0 } else { GROUPS };
        for group in 0..groups {
            // SAFETY: the chunk begins with its groups.
            unsafe { chunk.cast::<Group>().add(group).write(Group::default()) };
        }
        let numbers = if self.is_numbered() { CHUNK as usize } else { 0 };
        for place in 0..numbers {
            // SAFETY: the numbers follow the groups.
            let number = unsafe { chunk.add(NUMBERS).cast::<AtomicU32>().add(place) };
            // SAFETY: as above.
            unsafe { number.write(AtomicU32::new(0)) };
        }
        chunk
    }

    /// Makes the head of a place that is used for the first time. Its chunk exists.
    pub(super) fn begin(&self, _: &mut Writer, place: u32) {
        let record = self.place(self.layout.stride(), place);
        let head = self.layout.head(record).cast_mut().cast::<Slot>();
        // SAFETY: each place has a head, and nobody knows of this one yet.
        unsafe { head.write(Slot::vacant()) };
    }

    /// Bytes of memory in chunks.
    pub(super) fn bytes(&self) -> usize {
        self.chunks.load(Ordering::Relaxed) as usize * self.chunk.size()
    }
}

/// Where the chunks of a slab are. Taken once, it is good for every place that existed then.
#[derive(Clone, Copy)]
pub(super) struct Origins<'a>(&'a [AtomicPtr<u8>]);

impl Origins<'_> {
    /// The address of a place, whose chunk exists.
    #[inline(always)]
    pub(super) fn place(self, stride: usize, place: u32) -> *const u8 {
        self.chunk(place / CHUNK).wrapping_add(place as usize * stride)
    }

    /// The origin of a chunk that exists.
    #[inline(always)]
    fn chunk(self, number: u32) -> *const u8 {
        let Self(origins) = self;
        let number = number as usize;
        debug_assert!(number < origins.len());
        // The models are built for release, and must fail before they crash.
        #[cfg(loom)]
        assert!(number < origins.len(), "a place beyond the directory");
        // SAFETY: our caller found the place in this slab, so its chunk, and the directory's entry for it, exist, and
        // did when the place was first named to anyone.
        let origin = unsafe { origins.get_unchecked(number) };
        let origin = origin.load(Ordering::Acquire);
        #[cfg(loom)]
        assert!(!origin.is_null(), "a place without a chunk");
        origin
    }
}

/// Where the words and the numbers of a slab are.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    /// Loaded for each place: it may be in a chunk that did not exist when the one before was found.
    directory: &'a AtomicPtr<Length>,
    /// From chunk to chunk, seen from their origins.
    chunk: usize,
    head: usize,
}

impl Words<'_> {
    /// The words about the group of `place`, and its number, if the slab has numbers. Its chunk must exist.
    #[inline(always)]
    pub(super) fn of(self, place: u32) -> (*const Group, *const AtomicU32) {
        // SAFETY: as in `Slab::directory`.
        let directory = unsafe { Directory::at(self.directory.load(Ordering::Acquire)) };
        let number = place / CHUNK;
        let origin = Origins(&directory.items).chunk(number);
        let start = origin.wrapping_add(number as usize * self.chunk).wrapping_sub(self.head);
        let within = (place % CHUNK) as usize;
        let numbers = start.wrapping_add(NUMBERS).cast::<AtomicU32>();
        (start.cast::<Group>().wrapping_add(within / GROUP as usize), numbers.wrapping_add(within))
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        for number in 0..self.chunks.load(Ordering::Relaxed) {
            // SAFETY: allocated by `allocate` with this layout, and we are its only owner now.
            unsafe { dealloc(self.start(number).cast_mut(), self.chunk) };
        }
        // SAFETY: made by `into_thin`, and not retired.
        drop(unsafe { Directory::from_thin(self.directory.load(Ordering::Acquire)) });
    }
}

// The words of a group must fit the alignment of a chunk, and numbers that of the words before them.
const _: () = assert!(align_of::<Group>() <= 64 && align_of::<AtomicU32>() <= align_of::<Group>());
