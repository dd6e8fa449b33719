//! Zeroed memory for buckets.
//!
//! Large pieces come from the system zeroed: their pages cost nothing before they are touched, so
//! not even the beginning of a growth is a pause. But std asks for that only where the alignment is
//! small, and fills other memory itself. So a cache line more than needed is asked for, the buckets
//! begin at the first boundary inside, and in front of them stands the address of the whole.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};

use super::bucket::Bucket;

const LINE: usize = align_of::<Bucket>();

/// The address of the whole piece, as it stands in front of the buckets.
type Whole = *mut u8;

/// The bytes that so many buckets occupy.
pub(super) fn bytes(buckets: usize) -> usize {
    layout(buckets).size()
}

/// So many empty buckets.
pub(super) fn allocate(buckets: usize) -> *mut Bucket {
    let layout = layout(buckets);
    // SAFETY: the layout has a size.
    let whole: Whole = unsafe { alloc_zeroed(layout) };
    if whole.is_null() {
        handle_alloc_error(layout);
    }
    // SAFETY: `whole` is aligned for a pointer, so a `Whole` fits before the next boundary, which
    // is at most `LINE` away; the rest of the memory is as large as the buckets.
    let first = unsafe {
        let first = whole.add(LINE - whole.addr() % LINE);
        first.cast::<Whole>().sub(1).write(whole);
        first.cast::<Bucket>()
    };
    #[cfg(loom)]
    for bucket in 0..buckets {
        // SAFETY: the memory has room for as many. Outside loom zeroed memory is an empty bucket.
        unsafe { first.add(bucket).write(Bucket::default()) };
    }
    first
}

/// Frees buckets.
///
/// # Safety
/// They came from [`allocate`], were so many, and nobody uses them any more.
pub(super) unsafe fn free(first: *mut Bucket, buckets: usize) {
    // SAFETY: the memory is what `allocate` made of it. Only loom's buckets have anything to drop.
    unsafe {
        #[cfg(loom)]
        std::ptr::slice_from_raw_parts_mut(first, buckets).drop_in_place();
        let whole = first.cast::<Whole>().sub(1).read();
        dealloc(whole, layout(buckets));
    }
}

fn layout(buckets: usize) -> Layout {
    let buckets = Layout::array::<Bucket>(buckets).expect("less than the address space");
    Layout::from_size_align(LINE + buckets.size(), align_of::<Whole>())
        .expect("less than the address space")
}
