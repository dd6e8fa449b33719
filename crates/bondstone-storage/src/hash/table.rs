//! The table: a power of two of buckets, and the way from a hash through them.
//!
//! One word says all about a table: the address of its buckets and, in the bits that their
//! alignment leaves free, how far to shift a hash. So a search needs no header, whose cache line it
//! would have to wait for.
//!
//! The home bucket is made of the topmost bits of the hash. Entries therefore stand almost in the
//! order of their hashes, and copying them in order writes the new table almost in order too.

use std::iter;
use std::marker::PhantomData;
use std::{mem, ptr};

use super::bucket::{Bucket, Entry, PLACES, Place};
use super::memory;
use crate::chunks::prefetch;
use crate::writer::Garbage;

/// The bits of a table's word that are no address but the shift.
const SHIFT: usize = align_of::<Bucket>() - 1;

/// The most buckets. There are fewer payloads than places in so many, and an entry keeps enough of
/// its hash to choose one.
const MOST: usize = 1 << 31;

/// The buckets of which `entries` are at most 9/16 of the places.
pub(super) fn buckets_for(entries: usize) -> usize {
    buckets_with(entries * 16, 9)
}

/// The buckets whose limit is at least `entries`.
pub(super) fn buckets_with_limit(entries: usize) -> usize {
    buckets_with(entries * 4, 3)
}

fn buckets_with(dividend: usize, divisor: usize) -> usize {
    dividend.div_ceil(divisor * PLACES).next_power_of_two().min(MOST)
}

/// A table that the writer alone knows, and owns.
pub(super) struct Draft(*mut Bucket);

// SAFETY: buckets are atomics, and may be used and freed by any thread.
unsafe impl Send for Draft {}

impl Draft {
    /// An empty table.
    pub(super) fn new(buckets: usize) -> Self {
        debug_assert!(buckets.is_power_of_two() && buckets <= MOST);
        let shift = (u32::BITS - buckets.trailing_zeros()) as usize;
        Self(memory::allocate(buckets).map_addr(|address| address | shift))
    }

    pub(super) fn table(&self) -> Table<'_> {
        // SAFETY: it is ours.
        unsafe { Table::at(self.0) }
    }

    /// Gives the table up to whoever has its word.
    pub(super) fn publish(self) -> *mut Bucket {
        let word = self.0;
        mem::forget(self);
        word
    }

    /// Takes a table back.
    ///
    /// # Safety
    /// `word` came from [`publish`](Self::publish), and nobody uses it any more.
    pub(super) unsafe fn retract(word: *mut Bucket) -> Self {
        Self(word)
    }

    /// A table as garbage, to be freed once no reader can hold `word`.
    ///
    /// # Safety
    /// `word` came from [`publish`](Self::publish), and nobody else frees it.
    pub(super) unsafe fn garbage(word: *mut Bucket) -> Garbage {
        unsafe fn free(word: *mut ()) {
            // SAFETY: the promise of `Garbage::new`'s caller, below.
            drop(unsafe { Draft::retract(word.cast()) });
        }
        // SAFETY: a draft is `Send`, so any thread may drop it; the rest is our caller's promise.
        unsafe { Garbage::new(word.cast(), free) }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let table = self.table();
        // SAFETY: `new` allocated as many; they are ours, and the table is not used after this.
        unsafe { memory::free(table.first(), table.buckets()) }
    }
}

/// A table, for as long as it is not freed.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    word: *mut Bucket,
    lifetime: PhantomData<&'a Bucket>,
}

impl<'a> Table<'a> {
    /// # Safety
    /// The word is that of a draft, which is not freed during `'a`.
    #[inline]
    pub(super) unsafe fn at(word: *mut Bucket) -> Self {
        Self { word, lifetime: PhantomData }
    }

    #[inline]
    fn shift(self) -> usize {
        self.word.addr() & SHIFT
    }

    #[inline]
    fn first(self) -> *mut Bucket {
        self.word.map_addr(|address| address & !SHIFT)
    }

    /// The number of buckets.
    #[inline]
    pub(super) fn buckets(self) -> usize {
        1 << (u32::BITS as usize - self.shift())
    }

    /// Entries at which a new table is begun.
    #[inline]
    pub(super) fn limit(self) -> usize {
        self.buckets() * PLACES * 3 / 4
    }

    pub(super) fn bytes(self) -> usize {
        memory::bytes(self.buckets())
    }

    /// The bucket of a number.
    pub(super) fn bucket(self, number: usize) -> &'a Bucket {
        debug_assert!(number < self.buckets());
        // SAFETY: there are so many buckets, a power of two, whatever the number.
        unsafe { &*self.first().add(number & (self.buckets() - 1)) }
    }

    /// The number of a bucket.
    pub(super) fn number(self, bucket: &Bucket) -> usize {
        (ptr::from_ref(bucket).addr() - self.first().addr()) / size_of::<Bucket>()
    }

    /// Where the search for `hash` begins.
    #[inline]
    fn home_of(self, hash: u32) -> *const Bucket {
        // A hash without any bits, that of a table of one bucket, would be a shift too far for 32.
        let number = u64::from(hash) >> self.shift();
        // SAFETY: shifted so far a hash is smaller than the number of buckets.
        unsafe { self.first().add(number as usize) }
    }

    /// The bucket where the search for `hash` begins.
    #[inline]
    pub(super) fn home(self, hash: u32) -> &'a Bucket {
        // SAFETY: the bucket is there for `'a`.
        unsafe { &*self.home_of(hash) }
    }

    /// Asks for the cache line where it begins.
    #[inline]
    pub(super) fn prefetch(self, hash: u32) {
        prefetch(self.home_of(hash));
    }

    /// Where the search goes on. `None`: it has been everywhere.
    pub(super) fn after(self, bucket: &Bucket, hash: u32) -> Option<&'a Bucket> {
        let number = (self.number(bucket) + 1) & (self.buckets() - 1);
        // SAFETY: the mask is one less than the number of buckets.
        let next = unsafe { &*self.first().add(number) };
        (!ptr::eq(next, self.home_of(hash))).then_some(next)
    }

    /// As `after`, where that is rare: a function of its own, lest every search prepare for it.
    #[cold]
    #[inline(never)]
    pub(super) fn beyond(self, bucket: &Bucket, hash: u32) -> Option<&'a Bucket> {
        self.after(bucket, hash)
    }

    /// All buckets in the order in which entries under `hash` try them.
    fn path(self, hash: u32) -> impl Iterator<Item = &'a Bucket> {
        iter::successors(Some(self.home(hash)), move |bucket| self.after(bucket, hash))
    }

    /// Where this very entry stands.
    pub(super) fn locate(self, entry: Entry) -> Option<(&'a Bucket, Place)> {
        let mut bucket = self.home(entry.hash());
        loop {
            if let Some(place) = bucket.place_of(entry) {
                return Some((bucket, place));
            }
            if !bucket.tags().passed() {
                return None;
            }
            bucket = self.beyond(bucket, entry.hash())?;
        }
    }

    /// Writes an entry that is not there, and returns where to.
    pub(super) fn enter(self, entry: Entry) -> &'a Bucket {
        let mut bucket = self.home(entry.hash());
        loop {
            if let Some(place) = bucket.tags().vacant().next() {
                bucket.fill(place, entry);
                return bucket;
            }
            bucket.pass();
            bucket = self.beyond(bucket, entry.hash()).expect("a table is never full");
        }
    }

    /// Removes an entry, and returns where from.
    pub(super) fn remove(self, entry: Entry) -> Option<&'a Bucket> {
        let (stood, place) = self.locate(entry)?;
        stood.vacate(place);
        let passed = self.path(entry.hash()).take_while(|bucket| !ptr::eq(*bucket, stood));
        passed.for_each(Bucket::unpass);
        Some(stood)
    }

    /// The entries of some buckets, for the writer.
    pub(super) fn entries(
        self,
        buckets: impl IntoIterator<Item = usize>,
    ) -> impl Iterator<Item = Entry> {
        buckets.into_iter().flat_map(move |number| self.bucket(number).entries())
    }

    /// Counts the entries, after checking that each is found from its home, that none is there
    /// twice, and that each bucket knows how many passed it.
    pub(super) fn check(self) -> Result<usize, String> {
        let mut passed = vec![0; self.buckets()];
        let mut entries = 0;
        for number in 0..self.buckets() {
            let bucket = self.bucket(number);
            for place in bucket.tags().taken() {
                let entry = bucket.entry(place);
                let found = self.locate(entry).map(|(bucket, place)| (self.number(bucket), place));
                if found != Some((number, place)) {
                    return Err(format!("{entry:x?} of {number}, {place:?} is found in {found:?}"));
                }
                let path = self.path(entry.hash()).map(|bucket| self.number(bucket));
                path.take_while(|passing| *passing != number).for_each(|it| passed[it] += 1);
                entries += 1;
            }
        }
        for (number, passed) in passed.into_iter().enumerate() {
            let counted = self.bucket(number).tags().passed_by();
            if counted.is_some_and(|counted| counted != passed) {
                return Err(format!("{passed} entries passed {number}, {counted:?} counted"));
            }
        }
        Ok(entries)
    }
}
