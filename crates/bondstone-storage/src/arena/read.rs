//! What a view reads: the version of a row that its timestamp sees, and how many rows there are.
//!
//! A row that is undisturbed costs one comparison; of a disturbed one the chain is walked, in a function of its own.

use super::slab::{self, Origins};
use super::{Arena, DISTURBED, END, Group, INLINE, Layout, Slot, TOMBSTONE};
use crate::chunks::prefetch;
use crate::sync::Ordering;
use crate::writer::Timestamp;

/// A record's address, which is never null: said here, the test for `None` vanishes from the usual way.
///
/// # Safety
/// `head` is a slot's.
#[inline(always)]
const unsafe fn record_at(layout: Layout, head: *const Slot) -> *const u8 {
    let record = layout.record(head.cast());
    // SAFETY: the record stands in a chunk, in front of its head.
    unsafe { std::hint::assert_unchecked(!record.is_null()) };
    record
}

impl Arena {
    /// The version of the row in `slot` that a view at `at` sees.
    ///
    /// `layout` is `self.layout()`, passed as a constant where the model is known.
    ///
    /// `slot` is one that was found in this table: below [`len`](Self::len), or in one of its indexes.
    #[inline(always)]
    pub(crate) fn read(&self, layout: Layout, slot: u32, at: Timestamp) -> Option<*const u8> {
        self.read_at(layout, self.slot(layout, slot), slot, at)
    }

    /// [`read`](Self::read), with the slot's head at hand.
    #[inline(always)]
    fn read_at(
        &self,
        layout: Layout,
        head: *const Slot,
        slot: u32,
        at: Timestamp,
    ) -> Option<*const u8> {
        // SAFETY: the slot is allocated (our caller found it in this table).
        let meta = unsafe { (*head).meta.load(Ordering::Acquire) };
        // Vacant (0) wraps to the largest number, disturbed ones are larger than any timestamp: one comparison.
        if meta.wrapping_sub(1) < at {
            // SAFETY: as above.
            return Some(unsafe { record_at(layout, head) });
        }
        if meta & DISTURBED == 0 { None } else { self.read_chain(slot, meta, at) }
    }

    /// As [`read`](Self::read), with the promise whether the row is undisturbed: then the hint that led here holds.
    #[inline(always)]
    pub(crate) fn read_hint(
        &self,
        layout: Layout,
        slot: u32,
        at: Timestamp,
    ) -> Option<(*const u8, bool)> {
        self.read_hint_at(layout, self.slot(layout, slot), slot, at)
    }

    /// [`read_hint`](Self::read_hint), with the slot's head at hand.
    #[inline(always)]
    fn read_hint_at(
        &self,
        layout: Layout,
        head: *const Slot,
        slot: u32,
        at: Timestamp,
    ) -> Option<(*const u8, bool)> {
        // SAFETY: the slot is allocated (our caller found it in this table).
        let meta = unsafe { (*head).meta.load(Ordering::Acquire) };
        if meta.wrapping_sub(1) < at {
            // SAFETY: as above.
            return Some((unsafe { record_at(layout, head) }, true));
        }
        if meta & DISTURBED == 0 {
            return None;
        }
        self.read_chain(slot, meta, at).map(|record| (record, false))
    }

    /// What a view at `at` reads, for many reads.
    #[inline(always)]
    pub(crate) fn reader(&self, at: Timestamp) -> Reader<'_> {
        // Before the origins: those found then reach as far.
        let len = self.len();
        Reader { arena: self, origins: self.slots.origins(), len, at }
    }

    /// Fetches the cache line that a read of `slot` will begin with.
    #[inline(always)]
    pub(crate) fn prefetch(&self, layout: Layout, slot: u32) {
        prefetch(self.slot(layout, slot));
    }

    #[cold]
    #[inline(never)]
    fn read_chain(&self, slot: u32, meta: u64, at: Timestamp) -> Option<*const u8> {
        let head = self.head(slot);
        let mut place = head.link.load(Ordering::Acquire);
        loop {
            match place {
                END => return None,
                INLINE => {
                    let begun = (meta & !DISTURBED).wrapping_sub(1) < at;
                    return begun.then(|| self.inline_record(slot));
                }
                place_of_version => {
                    let version = self.version(place_of_version);
                    let begin = version.begin.load(Ordering::Acquire);
                    if begin & !TOMBSTONE <= at {
                        let exists = begin & TOMBSTONE == 0;
                        return exists.then(|| self.version_record(place_of_version));
                    }
                    place = version.prev.load(Ordering::Acquire);
                }
            }
        }
    }

    /// Slots ever used. Scans run below it; what is added later is later than their view.
    #[inline]
    pub(crate) fn len(&self) -> u32 {
        self.len.load(Ordering::Acquire)
    }

    /// The generation of a slot, if it was ever used.
    #[inline]
    pub(crate) fn generation(&self, layout: Layout, slot: u32) -> Option<u32> {
        (slot < self.len()).then(|| {
            // SAFETY: slots below `len` are allocated.
            unsafe { (*self.slot(layout, slot)).generation.load(Ordering::Acquire) }
        })
    }

    /// The words about the group of 64 slots that `slot` is in.
    #[inline]
    pub(crate) fn group(&self, slot: u32) -> &Group {
        // SAFETY: our caller found the slot in this table, so its chunk exists.
        unsafe { &*self.slots.group(slot) }
    }

    /// How many rows a view at `at` sees. Touches the rows only where a group changed since.
    ///
    /// O(slots / 64), plus the slots of changed groups.
    pub(crate) fn count(&self, at: Timestamp) -> usize {
        let mut count = 0;
        let len = self.len();
        let mut first = 0;
        while first < len {
            let slots = slab::GROUP.min(slab::CHUNK - first % slab::CHUNK);
            count += match self.group(first).exact(at) {
                Some((live, _)) => live.count_ones() as usize,
                None => {
                    let end = (first + slots).min(len);
                    (first..end).filter(|slot| self.read(self.layout, *slot, at).is_some()).count()
                }
            };
            first += slots;
        }
        count
    }
}

/// An arena as a view at one timestamp reads it. Where the rows are has been looked up once; what was added since is later
/// than the view.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    arena: &'a Arena,
    origins: Origins<'a>,
    len: u32,
    at: Timestamp,
}

impl Reader<'_> {
    /// As [`Arena::read`], for any number.
    #[inline(always)]
    pub(crate) fn read(self, layout: Layout, slot: u32) -> Option<*const u8> {
        self.arena.read_at(layout, self.head(layout, slot)?, slot, self.at)
    }

    /// As [`Arena::read_hint`], for any number.
    #[inline(always)]
    pub(crate) fn read_hint(self, layout: Layout, slot: u32) -> Option<(*const u8, bool)> {
        self.arena.read_hint_at(layout, self.head(layout, slot)?, slot, self.at)
    }

    /// As [`read`](Self::read), unless the slot is another row's by now.
    #[inline(always)]
    pub(crate) fn read_generation(
        self,
        layout: Layout,
        slot: u32,
        generation: u32,
    ) -> Option<*const u8> {
        let head = self.head(layout, slot)?;
        // SAFETY: slots below `len` are allocated.
        let found = unsafe { (*head).generation.load(Ordering::Acquire) };
        if found == generation { self.arena.read_at(layout, head, slot, self.at) } else { None }
    }

    /// Slots of the arena when this was made.
    #[inline(always)]
    pub(crate) const fn len(self) -> u32 {
        self.len
    }

    /// Fetches the cache line that a read of `slot` will begin with, if it is one.
    #[inline(always)]
    pub(crate) fn prefetch(self, layout: Layout, slot: u32) {
        if let Some(head) = self.head(layout, slot) {
            prefetch(head);
        }
    }

    /// How many rows the view sees.
    pub(crate) fn count(self) -> usize {
        self.arena.count(self.at)
    }

    /// Folds over the rows from the slot `first` on.
    ///
    /// The loop runs within a chunk, so that the next slot is an addition away.
    #[inline]
    pub(crate) fn fold<B>(
        self,
        layout: Layout,
        mut first: u32,
        init: B,
        mut f: impl FnMut(B, *const u8) -> B,
    ) -> B {
        let mut total = init;
        while let Some(mut head) = self.head(layout, first) {
            let end = self.len.min((first / slab::CHUNK + 1) * slab::CHUNK);
            for slot in first..end {
                if let Some(record) = self.arena.read_at(layout, head, slot, self.at) {
                    total = f(total, record);
                }
                head = head.wrapping_byte_add(layout.stride());
            }
            first = end;
        }
        total
    }

    #[inline(always)]
    fn head(self, layout: Layout, slot: u32) -> Option<*const Slot> {
        if slot >= self.len {
            return None;
        }
        Some(layout.head(self.origins.place(layout.stride(), slot)).cast())
    }
}
