//! The id directory: from the number of an engine-assigned key to its row's slot, without hashing.
//!
//! Keys 1, 2, 3, … are dense, so an array of pages is the index. Pages below number 2^20 (the first 2^32 ids) hang in
//! an array that doubles; those above in a map that is copied and replaced as a whole, since somebody who inserts id
//! 10^15 by hand should not pay for the gap. A page goes when all its ids are dead.
//!
//! An id has one slot for life: its entry is made when the id is first inserted and cleared when the row has been
//! over for every snapshot. Someone who inserts the id again before that continues the row in the same slot; otherwise a
//! snapshot that still needs the old row would be led to the new one.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::chunks::{Array, Header, prefetch};
use crate::sync::{AtomicPtr, AtomicU32, Ordering, Witness, canary};
use crate::writer::{Garbage, Writer};

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
    far: AtomicPtr<Far>,
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
        let page = self.page(id / PAGE)?;
        page.witness.look();
        let slot = page.slots[(id % PAGE) as usize].load(Ordering::Acquire);
        slot.checked_sub(1)
    }

    #[inline(always)]
    fn page(self, number: u64) -> Option<&'a Page> {
        match self.near.get(number as usize) {
            // SAFETY: a page is retired under the horizon rule.
            Some(page) => unsafe { page.load(Ordering::Acquire).as_ref() },
            None if number < NEAR => None,
            None => self.directory.far_page(number),
        }
    }
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

type Far = HashMap<u64, *mut Page, RandomState>;

// SAFETY: pages are shared words; the maps of pages are replaced as a whole and never changed once published.
unsafe impl Send for Directory {}
// SAFETY: as above.
unsafe impl Sync for Directory {}

impl Directory {
    pub(crate) fn new() -> Self {
        Self {
            near: AtomicPtr::new(Near::into_thin(Near::new(Length(1)))),
            far: AtomicPtr::new(Box::into_raw(Box::new(Far::default()))),
        }
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
        self.pages().page(number)
    }

    #[inline(always)]
    fn near(&self) -> &[AtomicPtr<Page>] {
        // SAFETY: the array came from `into_thin` and is replaced under the horizon rule, so it outlives our caller's
        // snapshot.
        unsafe { &Near::at(self.near.load(Ordering::Acquire)).items }
    }

    #[cold]
    fn far_page(&self, number: u64) -> Option<&Page> {
        // SAFETY: as for the near pages.
        let far = unsafe { &*self.far.load(Ordering::Acquire) };
        // SAFETY: as for the near pages.
        far.get(&number).map(|page| unsafe { &**page })
    }

    /// Makes the entry of an id.
    pub(crate) fn set(&self, writer: &mut Writer, id: u64, slot: u32) {
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
        let Some(page) = self.page(id / PAGE) else { return };
        page.set((id % PAGE) as usize, 0);
        if page.used.load(Ordering::Relaxed) == 0 {
            self.remove_page(writer, id / PAGE);
        }
    }

    fn add_page(&self, writer: &mut Writer, number: u64, page: Box<Page>) {
        let page = Box::into_raw(page);
        if number < NEAR {
            self.grow(writer, number);
            self.near()[number as usize].store(page, Ordering::Release);
        } else {
            self.replace_far(writer, |far| {
                far.insert(number, page);
            });
        }
    }

    fn remove_page(&self, writer: &mut Writer, number: u64) {
        let page = match self.near().get(number as usize) {
            Some(page) => page.swap(std::ptr::null_mut(), Ordering::Release),
            None => {
                let mut page = std::ptr::null_mut();
                self.replace_far(writer, |far| page = far.remove(&number).unwrap_or(page));
                page
            }
        };
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

    fn replace_far(&self, writer: &mut Writer, change: impl FnOnce(&mut Far)) {
        let old = self.far.load(Ordering::Relaxed);
        // SAFETY: the map is replaced by the writer alone, which is ours.
        let mut far = unsafe { (*old).clone() };
        change(&mut far);
        self.far.store(Box::into_raw(Box::new(far)), Ordering::Release);
        let free = |pointer: *mut ()| {
            // SAFETY: the map came from `Box::into_raw`; its pages are not its own.
            drop(unsafe { Box::from_raw(pointer.cast::<Far>()) });
        };
        // SAFETY: the map is unlinked here, once; freeing it touches no page.
        writer.retire(unsafe { Garbage::new(old.cast(), free) });
    }

    /// Calls `visit` with each id and its slot.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(u64, u32)) {
        self.for_each_page(|number, page| {
            for (offset, slot) in page.slots.iter().enumerate() {
                if let Some(slot) = slot.load(Ordering::Acquire).checked_sub(1) {
                    visit(number * PAGE + offset as u64, slot);
                }
            }
        });
    }

    fn for_each_page(&self, mut visit: impl FnMut(u64, &Page)) {
        // SAFETY: as in `far_page`.
        let far = unsafe { &*self.far.load(Ordering::Acquire) };
        for (number, pointer) in self.near().iter().enumerate() {
            // SAFETY: as in `page`.
            if let Some(found) = unsafe { pointer.load(Ordering::Acquire).as_ref() } {
                visit(number as u64, found);
            }
        }
        for (number, found) in far {
            // SAFETY: as in `page`.
            visit(*number, unsafe { &**found });
        }
    }

    /// Bytes of memory held.
    pub(crate) fn bytes(&self) -> usize {
        let mut pages = 0;
        self.for_each_page(|_, _| pages += 1);
        pages * size_of::<Page>()
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
        // SAFETY: they came from `into_thin` and `Box::into_raw`, and we are their only owner now.
        let (near, far) = unsafe {
            (
                Near::from_thin(self.near.load(Ordering::Acquire)),
                Box::from_raw(self.far.load(Ordering::Acquire)),
            )
        };
        let near = near.items.iter().map(|page| page.load(Ordering::Acquire));
        for page in near.chain(far.values().copied()).filter(|page| !page.is_null()) {
            // SAFETY: pages come from `Box::into_raw` and hang in one place only.
            drop(unsafe { Box::from_raw(page) });
        }
    }
}

#[cfg(all(test, loom))]
mod models;
