//! The id directory: from the number of an engine-assigned key to its row's slot, without hashing.
//!
//! Keys 1, 2, 3, … are dense, so an array of pages is the index. Pages below number 2^20 (the first 2^32 ids) hang in
//! an array that doubles. Ids above are sparse as a rule and have an entry each in a [hash index](far), since somebody who
//! inserts id 10^15 by hand should not pay for the gap. A page goes when all its ids are dead.
//!
//! An id has one slot for life: its entry is made when the id is first inserted and cleared when the row has been
//! over for every snapshot. Someone who inserts the id again before that continues the row in the same slot; otherwise a
//! snapshot that still needs the old row would be led to the new one.

mod far;
mod order;

use crate::chunks::{Array, Header, prefetch};
use crate::sync::{AtomicPtr, AtomicU32, Ordering, Witness, canary};
use crate::writer::{Garbage, Writer};

use far::Far;
pub(crate) use order::InOrder;

#[cfg(not(any(loom, feature = "tiny")))]
const PAGE: u64 = 4096;
#[cfg(any(loom, feature = "tiny"))]
const PAGE: u64 = 2;

/// Pages in the array, at most.
#[cfg(not(any(loom, feature = "tiny")))]
const NEAR: u64 = 1 << 20;
#[cfg(any(loom, feature = "tiny"))]
const NEAR: u64 = 8;

/// The largest id. What is above is refused, so that page numbers and counters cannot overflow.
pub(crate) const LAST_ID: u64 = 1 << 48;

/// From ids to slots.
pub(crate) struct Directory {
    near: AtomicPtr<Length>,
    far: Far,
}

/// The pages of a directory, of which the array was looked up once.
#[derive(Clone, Copy)]
pub(crate) struct Pages<'a> {
    directory: &'a Directory,
    near: &'a [AtomicPtr<Page>],
}

impl<'a> Pages<'a> {
    /// The slot of an id, as a hint.
    #[inline(always)]
    pub(crate) fn get(self, id: u64) -> Option<u32> {
        let Some(page) = self.near.get((id / PAGE) as usize) else {
            return if is_far(id) { self.directory.far_slot(id) } else { None };
        };
        // SAFETY: a page is retired under the horizon rule.
        let page = unsafe { page.load(Ordering::Acquire).as_ref() }?;
        page.witness.look();
        let slot = page.slots[(id % PAGE) as usize].load(Ordering::Acquire);
        slot.checked_sub(1)
    }

    /// A page, if there is one of this number.
    fn page(self, number: u64) -> Option<&'a Page> {
        let page = self.near.get(number as usize)?;
        // SAFETY: a page is retired under the horizon rule.
        let page = unsafe { page.load(Ordering::Acquire).as_ref() }?;
        page.witness.look();
        Some(page)
    }
}

/// Has an id no page, but an entry of its own?
#[inline(always)]
const fn is_far(id: u64) -> bool {
    id / PAGE >= NEAR
}

/// A page: the slot of each id plus one, 0 for none.
struct Page {
    /// How many are not 0. The writer's own.
    used: AtomicU32,
    slots: [AtomicU32; PAGE as usize],
    witness: Witness,
}

type Near = Array<Length, [AtomicPtr<Page>]>;

struct Length(usize);

// SAFETY: the number is never changed.
unsafe impl Header for Length {
    #[inline]
    fn items(&self) -> usize {
        self.0
    }
}

impl Directory {
    pub(crate) fn new() -> Self {
        Self { near: AtomicPtr::new(Near::into_thin(Near::new(Length(1)))), far: Far::new() }
    }

    /// The slot of an id, as a hint.
    #[inline(always)]
    pub(crate) fn get(&self, id: u64) -> Option<u32> {
        self.pages().get(id)
    }

    /// Fetches the line that a lookup of `id` will read.
    #[inline(always)]
    pub(crate) fn prefetch(&self, id: u64) {
        if let Some(page) = self.page(id / PAGE) {
            prefetch(&raw const page.slots[(id % PAGE) as usize]);
        }
    }

    /// The pages, for many lookups. Those that are added later have no ids of rows that the caller sees.
    #[inline(always)]
    pub(crate) fn pages(&self) -> Pages<'_> {
        Pages { directory: self, near: self.near() }
    }

    #[inline(always)]
    fn page(&self, number: u64) -> Option<&Page> {
        let page = self.near().get(number as usize)?;
        // SAFETY: a page is retired under the horizon rule.
        unsafe { page.load(Ordering::Acquire).as_ref() }
    }

    #[inline(always)]
    fn near(&self) -> &[AtomicPtr<Page>] {
        // SAFETY: the array came from `into_thin` and is replaced under the horizon rule, so it outlives our caller's
        // snapshot.
        unsafe { &Near::at(self.near.load(Ordering::Acquire)).items }
    }

    #[cold]
    #[inline(never)]
    fn far_slot(&self, id: u64) -> Option<u32> {
        self.far.get(id)
    }

    /// Makes the entry of an id.
    pub(crate) fn set(&self, writer: &mut Writer, id: u64, slot: u32) {
        if is_far(id) {
            self.far.set(writer, id, slot);
            return;
        }
        if let Some(page) = self.page(id / PAGE) {
            page.set((id % PAGE) as usize, slot + 1);
            return;
        }
        let page = Page::new();
        page.set((id % PAGE) as usize, slot + 1);
        self.add_page(writer, id / PAGE, page);
    }

    /// Clears the entry of an id, and lets its page go with the last one.
    pub(crate) fn clear(&self, writer: &mut Writer, id: u64) {
        if is_far(id) {
            self.far.clear(writer, id);
            return;
        }
        let Some(page) = self.page(id / PAGE) else { return };
        page.set((id % PAGE) as usize, 0);
        if page.used.load(Ordering::Relaxed) == 0 {
            self.remove_page(writer, id / PAGE);
        }
    }

    fn add_page(&self, writer: &mut Writer, number: u64, page: Box<Page>) {
        self.grow(writer, number);
        self.near()[number as usize].store(Box::into_raw(page), Ordering::Release);
    }

    fn remove_page(&self, writer: &mut Writer, number: u64) {
        let page = self.near()[number as usize].swap(std::ptr::null_mut(), Ordering::Release);
        if !page.is_null() {
            if canary!(PageFreedAtOnce) {
                // SAFETY: as below. The memory itself stays, so that the model fails and does not crash.
                unsafe { (*page).witness.end() };
            }
            // SAFETY: pages come from `Box::into_raw`, and this one is unlinked here, once.
            writer.retire(unsafe { Garbage::boxed(page) });
        }
    }

    /// Makes the array of pages long enough for page `number`.
    fn grow(&self, writer: &mut Writer, number: u64) {
        let pages = self.near();
        if (number as usize) < pages.len() {
            return;
        }
        let near = Near::new(Length((number as usize + 1).next_power_of_two().max(4)));
        for (to, from) in near.items.iter().zip(pages) {
            to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        let old = self.near.load(Ordering::Relaxed);
        let order = if canary!(PagesRelaxed) { Ordering::Relaxed } else { Ordering::Release };
        self.near.store(Near::into_thin(near), order);
        // SAFETY: the array came from `into_thin` and is unlinked here, once.
        writer.retire(unsafe { Near::garbage(old) });
    }

    /// Calls `visit` with each id and its slot.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(u64, u32)) {
        for (number, page) in self.near_pages() {
            for (offset, slot) in page.slots.iter().enumerate() {
                if let Some(slot) = slot.load(Ordering::Acquire).checked_sub(1) {
                    visit(number * PAGE + offset as u64, slot);
                }
            }
        }
        self.far.for_each(visit);
    }

    fn near_pages(&self) -> impl Iterator<Item = (u64, &Page)> {
        let pages = (0..).zip(self.near());
        // SAFETY: as in `page`.
        pages.filter_map(|(number, page)| unsafe {
            Some((number, page.load(Ordering::Acquire).as_ref()?))
        })
    }

    /// Checks what the rows do not tell: the index of far ids.
    pub(crate) fn check(&self, writer: &Writer) -> Result<(), String> {
        self.far.check(writer)
    }

    /// Bytes of memory held.
    pub(crate) fn bytes(&self) -> usize {
        self.near_pages().count() * size_of::<Page>() + self.far.bytes()
    }
}

impl Page {
    fn new() -> Box<Self> {
        let slots = std::array::from_fn(|_| AtomicU32::new(0));
        Box::new(Self { used: AtomicU32::new(0), slots, witness: Witness::default() })
    }

    /// Makes or clears an entry, and counts. For the writer, which alone stores.
    fn set(&self, offset: usize, entry: u32) {
        let before = self.slots[offset].load(Ordering::Relaxed);
        let used = self.used.load(Ordering::Relaxed);
        let used = used + u32::from(entry != 0) - u32::from(before != 0);
        self.used.store(used, Ordering::Relaxed);
        self.slots[offset].store(entry, Ordering::Release);
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // SAFETY: it came from `into_thin`, and we are its only owner now.
        let near = unsafe { Near::from_thin(self.near.load(Ordering::Acquire)) };
        let pages = near.items.iter().map(|page| page.load(Ordering::Acquire));
        for page in pages.filter(|page| !page.is_null()) {
            // SAFETY: pages come from `Box::into_raw` and hang in one place only.
            drop(unsafe { Box::from_raw(page) });
        }
    }
}

#[cfg(all(test, loom))]
mod models;
