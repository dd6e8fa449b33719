//! How many bytes a thread holds: an allocator that passes everything on to the system's and keeps
//! a balance.
//!
//! The balance is kept per thread in a plain cell, because an atomic counter would add the same
//! nanoseconds to every allocation of both contestants and so flatter the slower one. It counts the
//! bytes that were asked for, not what the allocator adds around them; what is allocated on one
//! thread and freed on another is booked on both.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The allocator; the program that wants figures installs it with `#[global_allocator]`.
pub struct Counting;

thread_local! {
    static BALANCE: Cell<isize> = const { Cell::new(0) };
}

/// What `build` returns, and the bytes that it allocated on this thread and did not free.
pub fn held<T>(build: impl FnOnce() -> T) -> (T, usize) {
    let before = BALANCE.get();
    let built = build();
    (built, usize::try_from(BALANCE.get() - before).unwrap_or(0))
}

fn book(bytes: isize) {
    BALANCE.set(BALANCE.get().wrapping_add(bytes));
}

#[expect(unsafe_code, reason = "an allocator cannot be written without; it only passes calls on")]
// SAFETY: every call goes to `System` unchanged, and `book` touches nothing but a
// constant-initialised cell without a destructor, which neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        book(layout.size().cast_signed());
        // SAFETY: the caller keeps the contract of `alloc`, which is the same for both allocators.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        book(layout.size().cast_signed());
        // SAFETY: the caller keeps the contract of `alloc_zeroed`, which is the same for both
        // allocators.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        book(size.cast_signed() - layout.size().cast_signed());
        // SAFETY: `block` came from `System` through `alloc` above with this layout; the caller
        // vouches for the rest.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        book(-layout.size().cast_signed());
        // SAFETY: `block` came from `System` through `alloc` above with this layout.
        unsafe { System.dealloc(block, layout) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[global_allocator]
    static COUNTING: Counting = Counting;

    #[test]
    fn what_is_kept_counts_and_what_is_freed_does_not() {
        let (kept, bytes) = held(|| {
            drop(vec![0_u8; 5_000]);
            let mut kept = Vec::<u64>::with_capacity(10);
            kept.reserve_exact(100);
            kept
        });
        assert_eq!(bytes, 8 * kept.capacity());
        assert_eq!(held(move || drop(kept)).1, 0, "a negative balance is nothing held");
    }

    #[test]
    fn other_threads_do_not_count() {
        let (_kept, bytes) = held(|| std::thread::spawn(|| vec![0_u8; 1 << 20]).join());
        assert!(bytes < 1 << 16, "{bytes} bytes for starting a thread");
    }
}
