//! A header and the items behind it in one allocation, reached through a thin pointer.
//!
//! Structures that readers walk without locks publish a piece of memory by storing *one* word. A
//! `Box<[T]>` is two words, and a box of a struct with a `Box<[T]>` in it costs a dependent load,
//! that is a cache miss. So the length stands in front of the items, and the published word points
//! there.

use std::alloc::{Layout, alloc_zeroed, handle_alloc_error};
use std::ptr;

use crate::sync::{AtomicPtr, AtomicU32, AtomicU64};
use crate::writer::Garbage;

/// What stands in front of the items, and knows how many there are.
///
/// # Safety
/// `items` returns the same number through the whole life of the header.
pub(crate) unsafe trait Header: Send + Sync {
    /// How many items follow.
    fn items(&self) -> usize;
}

/// A word whose default is all zeros.
///
/// # Safety
/// Outside loom, zeroed memory is a valid value.
pub(crate) unsafe trait Word: Send + Sync + Default {}

// SAFETY: zeroed memory is the integer 0.
unsafe impl Word for AtomicU32 {}
// SAFETY: the same.
unsafe impl Word for AtomicU64 {}
// SAFETY: zeroed memory is the null pointer. What it points to may be read by, and handed to, any
// thread.
unsafe impl<T: Send + Sync> Word for AtomicPtr<T> {}

/// A header and its items. `S` is `[T]`.
#[repr(C)]
pub(crate) struct Array<H, S: ?Sized> {
    pub(crate) head: H,
    pub(crate) items: S,
}

impl<H: Header, T: Word> Array<H, [T]> {
    /// Zeroed items behind `head`. Large ones come from the system zeroed: their pages cost nothing
    /// before they are touched, so not even the beginning of a growth is a pause.
    pub(crate) fn new(head: H) -> Box<Self> {
        let layout = Self::layout(head.items());
        // SAFETY: the header is not zero-sized, or there are items: `layout` has a size, which is
        // checked.
        let pointer = unsafe {
            assert!(layout.size() > 0);
            alloc_zeroed(layout).cast::<H>()
        };
        if pointer.is_null() {
            handle_alloc_error(layout);
        }
        // SAFETY: the memory is ours, big and aligned enough for `head` and then for as many items
        // as it says, which are valid when zeroed (`Word`) or written under loom. A box frees it
        // with the same layout.
        unsafe {
            pointer.write(head);
            let whole = Self::widen(pointer);
            #[cfg(loom)]
            for index in 0..(&raw const (*whole).items).len() {
                (&raw mut (*whole).items).cast::<T>().add(index).write(T::default());
            }
            Box::from_raw(whole)
        }
    }

    /// Gives the array up to whoever holds the thin pointer.
    pub(crate) fn into_thin(array: Box<Self>) -> *mut H {
        Box::into_raw(array).cast()
    }

    /// The array behind a thin pointer.
    ///
    /// # Safety
    /// `pointer` came from [`into_thin`](Self::into_thin), and the array is not freed during `'a`.
    #[inline]
    pub(crate) unsafe fn at<'a>(pointer: *mut H) -> &'a Self {
        // SAFETY: the caller's promise.
        unsafe { &*Self::widen(pointer) }
    }

    /// Takes the array back.
    ///
    /// # Safety
    /// `pointer` came from [`into_thin`](Self::into_thin), and nobody uses it any more.
    pub(crate) unsafe fn from_thin(pointer: *mut H) -> Box<Self> {
        // SAFETY: the memory was a box of this very type.
        unsafe { Box::from_raw(Self::widen(pointer)) }
    }

    /// The array as garbage, to be freed once no reader can hold `pointer`.
    ///
    /// # Safety
    /// `pointer` came from [`into_thin`](Self::into_thin), and nobody else frees it.
    pub(crate) unsafe fn garbage(pointer: *mut H) -> Garbage {
        unsafe fn free<H: Header, T: Word>(pointer: *mut ()) {
            // SAFETY: the promise of `Garbage::new`'s caller, below.
            drop(unsafe { Array::<H, [T]>::from_thin(pointer.cast()) });
        }
        // SAFETY: headers and words are `Send`, so any thread may drop them; the rest is our
        // caller's promise.
        unsafe { Garbage::new(pointer.cast(), free::<H, T>) }
    }

    /// The bytes it occupies.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(self)
    }

    fn layout(items: usize) -> Layout {
        let items = Layout::array::<T>(items).expect("an array smaller than the address space");
        let (whole, _) =
            Layout::new::<H>().extend(items).expect("an array smaller than the address space");
        whole.pad_to_align()
    }

    /// From the thin pointer to the wide one.
    ///
    /// # Safety
    /// `pointer` points to a header that may be read.
    #[inline]
    unsafe fn widen(pointer: *mut H) -> *mut Self {
        // SAFETY: the caller's promise.
        let items = unsafe { (*pointer).items() };
        // The metadata of `[H]` and of a struct that ends in `[T]` is the same number of items.
        ptr::slice_from_raw_parts_mut(pointer, items) as *mut Self
    }
}
