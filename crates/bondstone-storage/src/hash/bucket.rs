//! The bucket: one cache line that holds a few entries, and one word that speaks of all of them.
//!
//! An entry is 32 bits of a hash and a 32-bit payload. The tag word has a byte for each place: 0 if
//! it is vacant, else seven more bits of the entry's hash below a set bit. They are the lowest of
//! the 32 that the entry holds, as the topmost choose the bucket. The word's last byte counts the
//! entries that found no place here and went on: while it is 0, what is not here is nowhere.

use crate::sync::{AtomicU64, Ordering, canary};

/// Places of a bucket.
pub(super) const PLACES: usize = if cfg!(any(loom, feature = "tiny")) { 2 } else { 7 };

/// The lowest bit in the byte of each place.
const ONES: u64 = 0x0101_0101_0101_0101 & ((1 << (8 * PLACES)) - 1);

/// The bit of a tag that tells it from a vacant place, in the byte of each place.
const TAKEN: u64 = ONES << 7;

/// One entry that went on.
const PASSED: u64 = 1 << 56;

/// The byte that counts them. When it is full it is no longer a count, and stays as it is.
const PASSED_MANY: u64 = 0xff << 56;

/// 32 bits of a hash, and what they lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry(u64);

impl Entry {
    #[inline]
    pub(super) const fn new(hash: u32, payload: u32) -> Self {
        Self((payload as u64) << 32 | hash as u64)
    }

    #[inline]
    pub(super) const fn hash(self) -> u32 {
        self.0 as u32
    }

    #[inline]
    pub(super) const fn payload(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// One cache line of entries.
#[derive(Default)]
#[repr(C, align(64))]
pub(super) struct Bucket {
    tags: AtomicU64,
    entries: [AtomicU64; PLACES],
}

impl Bucket {
    #[inline]
    pub(super) fn tags(&self) -> Tags {
        Tags(self.tags.load(Ordering::Acquire))
    }

    /// What was last written to a place that was taken when the tags were loaded.
    #[inline]
    pub(super) fn entry(&self, place: Place) -> Entry {
        const WORD: usize = size_of::<AtomicU64>() / 8;
        // SAFETY: bit 8 p + 7 stands for place p, which is below `PLACES`, as `Places::next` alone
        // makes places. A word has 8 bytes, and `WORD` times as many under loom.
        let word = unsafe { &*self.entries.as_ptr().byte_add((place.0 - 7) * WORD) };
        Entry(word.load(Ordering::Acquire))
    }

    /// The place of this very entry.
    pub(super) fn place_of(&self, entry: Entry) -> Option<Place> {
        self.tags().matching(entry.hash()).find(|place| self.entry(*place) == entry)
    }

    /// The entries, for the writer.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.tags().taken().map(|place| self.entry(place))
    }

    /// Writes an entry to a vacant place.
    pub(super) fn fill(&self, place: Place, entry: Entry) {
        let release = if canary!(HashRelaxed) { Ordering::Relaxed } else { Ordering::Release };
        self.entries[place.number()].store(entry.0, release);
        self.set_tags(self.tags().0 | (bits(entry.hash()) | 0x80) << place.lowest());
    }

    /// Makes a place vacant. Its word stays as it is: a reader may be about to look at it.
    pub(super) fn vacate(&self, place: Place) {
        let lost = if canary!(HashPathCut) { PASSED_MANY } else { 0 };
        self.set_tags(self.tags().0 & !(0xff << place.lowest() | lost));
    }

    /// Counts an entry that goes on from here.
    pub(super) fn pass(&self) {
        let tags = self.tags().0;
        if tags < PASSED_MANY && !canary!(HashNotPassed) {
            self.set_tags(tags + PASSED);
        }
    }

    /// Takes back that an entry went on from here.
    pub(super) fn unpass(&self) {
        let tags = self.tags().0;
        if tags < PASSED_MANY {
            debug_assert!(tags >= PASSED);
            self.set_tags(tags - PASSED);
        }
    }

    fn set_tags(&self, tags: u64) {
        let release = if canary!(HashTagsRelaxed) { Ordering::Relaxed } else { Ordering::Release };
        self.tags.store(tags, release);
    }
}

/// The tag word of a bucket.
#[derive(Clone, Copy)]
pub(super) struct Tags(u64);

impl Tags {
    /// The places whose tag is that of `hash`, and, rarely, one that is not.
    ///
    /// A byte of `differing` is 128 where the bits are the same, more where they are others, and
    /// less where the place is vacant. Taking 129 from each sets the upper bit of the first kind
    /// and clears it in the second; the third is masked out by its own tag. Only the borrow of a
    /// byte below can add one that is 129: the caller compares whole entries anyway.
    #[inline]
    pub(super) fn matching(self, hash: u32) -> Places {
        let differing = self.0 ^ (bits(hash) * ONES);
        Places(differing.wrapping_sub(TAKEN + ONES) & self.0 & TAKEN)
    }

    #[inline]
    pub(super) fn taken(self) -> Places {
        Places(self.0 & TAKEN)
    }

    #[inline]
    pub(super) fn vacant(self) -> Places {
        Places(!self.0 & TAKEN)
    }

    /// Whether an entry went on from here.
    #[inline]
    pub(super) fn passed(self) -> bool {
        self.0 >= PASSED
    }

    /// How many did; `None` if that was too many to count.
    pub(super) fn passed_by(self) -> Option<usize> {
        (self.0 < PASSED_MANY).then_some((self.0 / PASSED) as usize)
    }
}

/// The bits of a hash that make its tag.
#[inline]
fn bits(hash: u32) -> u64 {
    u64::from(hash & 0x7f)
}

/// A place of a bucket, as the number of the upper bit of its byte in the tag word: that is nearly
/// how far away its entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(usize);

impl Place {
    fn number(self) -> usize {
        self.0 / 8
    }

    /// The lowest bit of its byte.
    fn lowest(self) -> usize {
        self.0 - 7
    }
}

/// Some places of a bucket: the upper bits of their bytes.
#[derive(Clone, Copy)]
pub(super) struct Places(u64);

impl Iterator for Places {
    type Item = Place;

    #[inline]
    fn next(&mut self) -> Option<Place> {
        if self.0 == 0 {
            return None;
        }
        let place = Place(self.0.trailing_zeros() as usize);
        self.0 &= self.0 - 1;
        Some(place)
    }
}
