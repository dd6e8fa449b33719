//! Arrays in chunks of fixed size that never move: a reader may keep a `&T` while the array grows.
//!
//! The chunks stand in a directory, an array of pointers. It is replaced by one of twice the size
//! when it is full, and the old one is retired; the chunks stay where they are.
//!
//! * `len`, the number of chunks, is stored (Release) after the chunk and the directory that holds
//!   it. Whoever reads `len` (Acquire) and then the directory finds a directory at least that long,
//!   filled that far.
//! * Chunks are added in order and never removed, so there are no gaps to test for.
//! * The place is computed by a shift and a mask. Chunks that double in size would need
//!   `leading_zeros`, which makes every lookup wait for the cache miss of the previous one on
//!   baseline x86-64.
//!
//! Whoever calls a reading function holds a registered snapshot or is the writer: a directory that
//! was retired after the call began is not freed under it.

mod array;
mod prefetch;

use std::marker::PhantomData;
use std::ptr;

pub(crate) use array::{Array, Header};
pub(crate) use prefetch::prefetch;

use crate::sync::{AtomicPtr, AtomicU32, Ordering, canary};
use crate::writer::Writer;

/// Items in a chunk.
pub(crate) const CHUNK: usize = if cfg!(any(loom, feature = "tiny")) { 2 } else { 4096 };

/// Chunks in the first directory.
const FIRST: usize = if cfg!(any(loom, feature = "tiny")) { 1 } else { 16 };

/// An assertion that models must be able to fail even when they are built for speed.
macro_rules! debug_or_model_assert {
    ($condition:expr) => {
        assert!(!cfg!(any(debug_assertions, loom)) || $condition)
    };
}

/// The pointers to the chunks.
type Directory<T> = Array<Capacity, [AtomicPtr<T>]>;

struct Capacity(usize);

// SAFETY: the number is never changed.
unsafe impl Header for Capacity {
    #[inline]
    fn items(&self) -> usize {
        self.0
    }
}

/// A growing array whose items never move. Items begin as `T::default()`.
pub(crate) struct Chunks<T: Send + Sync> {
    len: AtomicU32,
    directory: AtomicPtr<Capacity>,
    owned: PhantomData<T>,
}

impl<T: Default + Send + Sync> Chunks<T> {
    /// An array without chunks.
    pub(crate) fn new() -> Self {
        Self {
            len: AtomicU32::new(0),
            directory: AtomicPtr::new(Directory::<T>::into_thin(Array::new(Capacity(FIRST)))),
            owned: PhantomData,
        }
    }

    /// The item `index`; `None` while its chunk does not exist.
    #[inline]
    pub(crate) fn get(&self, index: u32) -> Option<&T> {
        let chunk = index as usize / CHUNK;
        if chunk >= self.len.load(Ordering::Acquire) as usize {
            return None;
        }
        // SAFETY: `chunk < len`, so `chunk` may be asked for, and a chunk has `CHUNK` items.
        Some(unsafe { &*self.chunk(chunk).add(index as usize % CHUNK) })
    }

    /// Creates the chunks up to the one of the item `index`, and returns the item.
    pub(crate) fn ensure(&self, writer: &mut Writer, index: u32) -> &T {
        let chunk = index as usize / CHUNK;
        while self.len.load(Ordering::Relaxed) as usize <= chunk {
            self.add(writer);
        }
        // SAFETY: as in `get`.
        unsafe { &*self.chunk(chunk).add(index as usize % CHUNK) }
    }

    /// The chunks, each with the index of its first item.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &[T])> {
        (0..self.len.load(Ordering::Acquire)).map(|chunk| {
            // SAFETY: `chunk < len`; a chunk has `CHUNK` items, and is freed with `self` alone.
            let items = unsafe { &*ptr::slice_from_raw_parts(self.chunk(chunk as usize), CHUNK) };
            (chunk * CHUNK as u32, items)
        })
    }

    /// The bytes held: directory and chunks, without what items point to.
    pub(crate) fn bytes(&self) -> usize {
        let chunks = self.len.load(Ordering::Acquire) as usize;
        self.directory().bytes() + chunks * CHUNK * size_of::<T>()
    }

    /// The first item of a chunk.
    ///
    /// # Safety
    /// `chunk` is smaller than a `len` that this thread has read (Acquire) or written.
    #[inline]
    unsafe fn chunk(&self, chunk: usize) -> *const T {
        // SAFETY: a directory that was current when or after `len` exceeded `chunk` has that place.
        // Its pointer was stored before `len`, or before the directory itself if that is a later
        // copy: we see it either way.
        let pointer = unsafe {
            let directory = &self.directory().items;
            debug_or_model_assert!(chunk < directory.len());
            directory.get_unchecked(chunk).load(Ordering::Relaxed)
        };
        debug_or_model_assert!(!pointer.is_null());
        pointer
    }

    #[inline]
    fn directory(&self) -> &Directory<T> {
        // SAFETY: directories come from `into_thin`, and retired ones outlast the reader (see the
        // module).
        unsafe { Array::at(self.directory.load(Ordering::Acquire)) }
    }

    /// Adds a chunk at the end.
    fn add(&self, writer: &mut Writer) {
        let len = self.len.load(Ordering::Relaxed);
        if len as usize == self.directory().items.len() {
            self.widen(writer);
        }
        let chunk: Box<[T]> = (0..CHUNK).map(|_| T::default()).collect();
        let chunk = Box::into_raw(chunk).cast::<T>();
        self.directory().items[len as usize].store(chunk, Ordering::Relaxed);
        self.len.store(
            len + 1,
            if canary!(ChunksRelaxed) { Ordering::Relaxed } else { Ordering::Release },
        );
    }

    /// Replaces the directory by one of twice the size.
    fn widen(&self, writer: &mut Writer) {
        let old = self.directory();
        let new = Directory::<T>::new(Capacity(old.items.len() * 2));
        for (from, to) in old.items.iter().zip(&new.items) {
            to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        let old = self.directory.load(Ordering::Relaxed);
        self.directory.store(Directory::<T>::into_thin(new), Ordering::Release);
        // SAFETY: it came from `into_thin`, and `self.directory` was the only place that had it.
        writer.retire(unsafe { Directory::<T>::garbage(old) });
    }
}

impl<T: Send + Sync> Drop for Chunks<T> {
    fn drop(&mut self) {
        let directory = self.directory.load(Ordering::Relaxed);
        // SAFETY: nobody else uses `self` any more. The chunks were made from boxes of `CHUNK`
        // items.
        unsafe {
            for chunk in &Directory::<T>::from_thin(directory).items
                [..self.len.load(Ordering::Relaxed) as usize]
            {
                let chunk = chunk.load(Ordering::Relaxed);
                drop(Box::from_raw(ptr::slice_from_raw_parts_mut(chunk, CHUNK)));
            }
        }
    }
}

#[cfg(all(test, loom))]
mod models;
#[cfg(test)]
mod tests;
