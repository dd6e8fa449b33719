//! The table: a power of two of words, and the arithmetic of places.
//!
//! A word is empty (0), an entry (32 bits of hash, then the payload plus one) or dead (the low half
//! is 0, the high half is not). So every payload but `u32::MAX` can be entered under every hash.
//!
//! The home place is made of the topmost bits of the hash. Entries therefore stand almost in the
//! order of their hashes, and copying them in order writes the new table almost in order too.

use crate::chunks::{Array, Header};
use crate::sync::{AtomicU64, Ordering};

/// A place that was never used.
pub(super) const EMPTY: u64 = 0;

/// A place whose entry was removed.
pub(super) const DEAD: u64 = 1 << 32;

/// The smallest capacity.
pub(super) const SMALLEST: usize = 8;

/// The largest capacity that is kept half as full as the others: 32 KiB.
const SMALL: usize = if cfg!(any(loom, feature = "tiny")) { 0 } else { 4096 };

/// The bits of a hash that an entry holds.
const HASH: u64 = 0xffff_ffff_0000_0000;

/// The words of a hash index.
pub(super) type Table = Array<Shape, [AtomicU64]>;

/// The size of a table.
pub(super) struct Shape {
    /// The capacity, a power of two, less one.
    mask: usize,
    /// How far to shift a hash to get the home place.
    shift: u32,
}

// SAFETY: the number is never changed.
unsafe impl Header for Shape {
    #[inline]
    fn items(&self) -> usize {
        self.mask + 1
    }
}

/// Where an entry stands, or would stand.
pub(super) enum Place {
    Taken(usize),
    Vacant(usize),
}

/// The word of an entry.
#[inline]
pub(super) fn entry(hash: u64, payload: u32) -> u64 {
    debug_assert!(payload != u32::MAX);
    hash & HASH | (u64::from(payload) + 1)
}

/// The payload in a word; `None` if the place is empty or dead.
#[inline]
pub(super) fn payload_of(word: u64) -> Option<u32> {
    (word as u32).checked_sub(1)
}

/// Whether the upper halves are equal.
#[inline]
pub(super) fn same_hash(word: u64, hash: u64) -> bool {
    (word ^ hash) >> 32 == 0
}

/// The capacity of which `entries` are at most 13/32, or 13/64 if it is a small one.
pub(super) fn capacity_for(entries: usize) -> usize {
    capacity_with(entries * 32, 13)
}

/// The capacity whose limit is at least `entries`.
pub(super) fn capacity_with_limit(entries: usize) -> usize {
    capacity_with(entries * 16, 9)
}

#[cfg_attr(
    any(loom, feature = "tiny"),
    expect(
        clippy::absurd_extreme_comparisons,
        clippy::unnecessary_min_or_max,
        reason = "no table is small then"
    )
)]
/// The least capacity that is at least `dividend / divisor`, or twice that if it is a small one.
fn capacity_with(dividend: usize, divisor: usize) -> usize {
    let capacity = |dividend: usize| dividend.div_ceil(divisor).next_power_of_two().max(SMALLEST);
    match capacity(dividend * 2) {
        small if small <= SMALL => small,
        _ => capacity(dividend).max(SMALL * 2),
    }
}

impl Table {
    pub(super) fn with_capacity(capacity: usize) -> Box<Self> {
        debug_assert!(capacity.is_power_of_two() && capacity >= SMALLEST);
        Array::new(Shape { mask: capacity - 1, shift: 64 - capacity.trailing_zeros() })
    }

    #[inline]
    pub(super) fn capacity(&self) -> usize {
        self.head.mask + 1
    }

    /// Places, living and dead, at which a new table is begun.
    #[cfg_attr(
        any(loom, feature = "tiny"),
        expect(clippy::absurd_extreme_comparisons, reason = "no table is small then")
    )]
    #[inline]
    pub(super) fn limit(&self) -> usize {
        let fitting = self.capacity() * 9 / 16;
        if self.capacity() <= SMALL { fitting / 2 } else { fitting }
    }

    /// Where the search for `hash` begins.
    #[inline]
    pub(super) fn home(&self, hash: u64) -> usize {
        ((hash & HASH) >> self.head.shift) as usize
    }

    /// Where it goes on.
    #[inline]
    pub(super) fn after(&self, place: usize) -> usize {
        (place + 1) & self.head.mask
    }

    #[inline]
    pub(super) fn word(&self, place: usize) -> &AtomicU64 {
        debug_assert!(place <= self.head.mask);
        // SAFETY: the mask is one less than the number of words, whatever the place.
        unsafe { self.items.get_unchecked(place & self.head.mask) }
    }

    /// Finds an entry, or the empty place at the end of its chain.
    pub(super) fn locate(&self, entry: u64) -> Place {
        let mut place = self.home(entry);
        loop {
            match self.word(place).load(Ordering::Relaxed) {
                EMPTY => return Place::Vacant(place),
                word if word == entry => return Place::Taken(place),
                _ => place = self.after(place),
            }
        }
    }

    /// Writes an entry that is not there into a table that readers do not see.
    pub(super) fn enter(&self, entry: u64) {
        let mut place = self.home(entry);
        while self.word(place).load(Ordering::Relaxed) != EMPTY {
            place = self.after(place);
        }
        self.word(place).store(entry, Ordering::Relaxed);
    }

    /// Counts places, living and used, after checking that each entry is the first of its kind on
    /// its chain.
    pub(super) fn check(&self, most: usize) -> Result<(usize, usize), String> {
        let (mut live, mut used) = (0, 0);
        for (place, word) in self.items.iter().enumerate() {
            let word = word.load(Ordering::Relaxed);
            used += usize::from(word != EMPTY);
            if payload_of(word).is_none() {
                continue;
            }
            live += 1;
            match self.locate(word) {
                Place::Taken(found) if found == place => {}
                Place::Taken(found) => {
                    return Err(format!("the entry {word:#x} stands in {found} and {place}"));
                }
                Place::Vacant(end) => {
                    return Err(format!("the entry {word:#x} in {place} is behind {end}"));
                }
            }
        }
        if used >= most {
            return Err(format!("{used} of {most} places used"));
        }
        Ok((live, used))
    }
}
