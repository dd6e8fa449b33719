//! Where things stand in a slot: the record first, its head behind it.
//!
//! Rust puts a struct's small fields last, and the parents' slots follow them. A head at that end shares its cache line
//! with what most reads look at; at the other end it would stand beside the pointers of texts, one more line away.

use super::{Slot, Version};

/// The head of a slot or version, in bytes: 16, but for the model checker's atomics.
const HEAD: usize = size_of::<Slot>();
/// A version's head stands where a slot's does.
const _: () = assert!(size_of::<Version>() <= HEAD && align_of::<Version>() <= align_of::<Slot>());

/// The layout of a record: the model's value, and behind it the slot of its parent for each foreign key.
///
/// A `Layout` made by [`Layout::of`] is a constant of the model, so that reading code has the row's stride as an
/// immediate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// From slot to slot.
    stride: usize,
    align: usize,
    /// From the record to the head.
    head: usize,
    /// From the record to its parents' slots.
    parents: usize,
    /// The value in bytes.
    value: usize,
    /// The record in bytes: the value and the parents.
    size: usize,
    /// May a value be copied bit by bit while others look at it?
    movable: bool,
}

impl Layout {
    /// The layout of values of `T` with `foreign_keys` foreign keys.
    pub(crate) const fn of<T>(foreign_keys: usize) -> Self {
        let align = max(align_of::<T>(), align_of::<Slot>());
        let parents = round_up(size_of::<T>(), align_of::<u32>());
        let size = parents + foreign_keys * size_of::<u32>();
        let head = round_up(size, align_of::<Slot>());
        let stride = round_up(head + HEAD, align);
        Self { stride, align, head, parents, value: size_of::<T>(), size, movable: true }
    }

    /// The same, of values that may have interior mutability: what is written somewhere stays there.
    pub(crate) const fn fixed(self) -> Self {
        Self { movable: false, ..self }
    }

    pub(crate) const fn is_movable(self) -> bool {
        self.movable
    }

    #[inline(always)]
    pub(crate) const fn stride(self) -> usize {
        self.stride
    }

    pub(crate) const fn align(self) -> usize {
        self.align
    }

    /// The head behind a record.
    #[inline(always)]
    pub(crate) const fn head(self, record: *const u8) -> *const u8 {
        record.wrapping_add(self.head)
    }

    /// The record before a head.
    #[inline(always)]
    pub(crate) const fn record(self, head: *const u8) -> *const u8 {
        head.wrapping_sub(self.head)
    }

    /// The slot of the record's parent by foreign key number `foreign_key`.
    ///
    /// # Safety
    /// `record` points to a record of this layout, and it has such a foreign key.
    #[inline(always)]
    pub(crate) const unsafe fn parent(self, record: *const u8, foreign_key: usize) -> u32 {
        // SAFETY: the place is inside the record (our caller's promise) and aligned for u32, as the record is aligned to
        // at least 8 and `parents` to 4.
        unsafe { record.add(self.parents).cast::<u32>().add(foreign_key).read() }
    }

    /// Says which slot the record's parent has by a foreign key.
    ///
    /// # Safety
    /// As for [`parent`](Self::parent), and nobody else reads or writes that slot meanwhile.
    pub(crate) const unsafe fn set_parent(self, record: *mut u8, foreign_key: usize, parent: u32) {
        // SAFETY: as for `parent`.
        unsafe { record.add(self.parents).cast::<u32>().add(foreign_key).write(parent) }
    }

    /// The slots of the record's parents, one for each foreign key.
    ///
    /// # Safety
    /// `record` points to a record of this layout, for as long as `'a`.
    pub(crate) const unsafe fn parents<'a>(self, record: *const u8) -> &'a [u32] {
        let count = (self.size - self.parents) / size_of::<u32>();
        // SAFETY: as for `parent`; the record ends with as many.
        unsafe { std::slice::from_raw_parts(record.add(self.parents).cast(), count) }
    }

    /// Makes a record of a value, moved bit by bit, and its parents' slots.
    ///
    /// # Safety
    /// `value` points to a value of this layout's type; `to` is a place of this layout that is nobody's; there are as
    /// many parents as foreign keys.
    pub(crate) const unsafe fn write_record(self, value: *const u8, parents: &[u32], to: *mut u8) {
        debug_assert!(self.size == self.parents + size_of_val(parents));
        // SAFETY: the value and the parents fill the record (our caller's promise), which is nobody's.
        unsafe {
            std::ptr::copy_nonoverlapping(value, to, self.value);
            let to = to.add(self.parents).cast::<u32>();
            std::ptr::copy_nonoverlapping(parents.as_ptr(), to, parents.len());
        }
    }

    /// Copies a record bit by bit.
    ///
    /// # Safety
    /// Both point to places of this layout that do not overlap; `from` holds a record, `to` is nobody's.
    pub(crate) const unsafe fn copy_record(self, from: *const u8, to: *mut u8) {
        // SAFETY: our caller's promise.
        unsafe { std::ptr::copy_nonoverlapping(from, to, self.size) }
    }
}

const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

const fn round_up(size: usize, align: usize) -> usize {
    size.next_multiple_of(align)
}
