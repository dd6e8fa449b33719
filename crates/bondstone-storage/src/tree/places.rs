//! An array of keys and slots, and the search in it.
//!
//! Entries are ordered by key and then by slot. A search looks for a [`Position`]: a cut between entries, given by
//! the least entry that would stand behind it.

use std::cmp::Ordering;
use std::hint::select_unpredictable;
use std::ops::{Bound, Range};

use super::key::TreeKey;
use super::node::prefetch;
use crate::sync::AtomicU32;
use crate::sync::Ordering::Relaxed;

/// An entry, or a separator, outside of a node.
pub(crate) struct Entry<K: TreeKey> {
    pub(super) word: K::Word,
    pub(super) slot: u32,
    /// The base that the head of `word` leaves out.
    pub(super) base: u32,
}

impl<K: TreeKey> Clone for Entry<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: TreeKey> Copy for Entry<K> {}

impl<K: TreeKey> Entry<K> {
    /// The separator of a first child, before which there is nothing to separate.
    pub(super) const NOTHING: Self = Self { word: K::NOTHING, slot: 0, base: 0 };
}

/// A cut between entries: all before it are less than `(key, slot)`. The slot has more bits than slots have, so that
/// there is a position behind every entry of a key.
pub(super) struct Position<'k, K: TreeKey> {
    pub(super) key: K::Ref<'k>,
    pub(super) slot: u64,
}

impl<K: TreeKey> Clone for Position<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: TreeKey> Copy for Position<'_, K> {}

impl<'k, K: TreeKey> Position<'k, K> {
    /// Just before the entry.
    pub(super) fn at(key: K::Ref<'k>, slot: u32) -> Self {
        Self { key, slot: slot.into() }
    }

    /// Where a range begins; `None`: at the beginning.
    pub(super) fn low(bound: Bound<K::Ref<'k>>) -> Option<Self> {
        match bound {
            Bound::Included(key) => Some(Self { key, slot: BEFORE_ALL }),
            Bound::Excluded(key) => Some(Self { key, slot: BEHIND_ALL }),
            Bound::Unbounded => None,
        }
    }

    /// Where a range ends; `None`: at the end.
    pub(super) fn high(bound: Bound<K::Ref<'k>>) -> Option<Self> {
        match bound {
            Bound::Included(key) => Some(Self { key, slot: BEHIND_ALL }),
            Bound::Excluded(key) => Some(Self { key, slot: BEFORE_ALL }),
            Bound::Unbounded => None,
        }
    }

    /// Just behind the entry that this position is before.
    pub(super) fn behind(self) -> Self {
        Self { slot: self.slot + 1, ..self }
    }
}

/// The positions before all entries of a key, and behind them.
const BEFORE_ALL: u64 = 0;
const BEHIND_ALL: u64 = u32::MAX as u64 + 1;

/// A cut between entries that owns its key, as a bound of a walk.
pub(super) struct Bounded<K: TreeKey> {
    key: K::Owned,
    slot: u64,
}

impl<K: TreeKey> Bounded<K> {
    /// Before all entries of a key.
    fn before_all(key: K::Owned) -> Self {
        Self { key, slot: BEFORE_ALL }
    }

    /// Behind all entries of a key.
    fn behind_all(key: K::Owned) -> Self {
        Self { key, slot: BEHIND_ALL }
    }

    /// Where a range begins; `None`: at the beginning.
    pub(super) fn low(bound: Bound<K::Owned>) -> Option<Self> {
        match bound {
            Bound::Included(key) => Some(Self::before_all(key)),
            Bound::Excluded(key) => Some(Self::behind_all(key)),
            Bound::Unbounded => None,
        }
    }

    /// Where a range ends; `None`: at the end.
    pub(super) fn high(bound: Bound<K::Owned>) -> Option<Self> {
        match bound {
            Bound::Included(key) => Some(Self::behind_all(key)),
            Bound::Excluded(key) => Some(Self::before_all(key)),
            Bound::Unbounded => None,
        }
    }

    #[inline]
    pub(super) fn position(&self) -> Position<'_, K> {
        Position { key: K::lend(&self.key), slot: self.slot }
    }
}

/// What a search found.
#[derive(Clone, Copy)]
pub(super) struct Seek {
    /// The first place that is not before the position.
    pub(super) place: usize,
    /// Whether the key begins with the node's base.
    pub(super) fits: bool,
}

/// Places for `N` entries. Slots stand before keys: a scan reads slots alone.
#[repr(C)]
pub(super) struct Places<K: TreeKey, const N: usize> {
    slots: [AtomicU32; N],
    keys: [K::Cell; N],
}

impl<K: TreeKey, const N: usize> Places<K, N> {
    #[cfg(loom)]
    pub(super) fn blank() -> Self {
        use std::array::from_fn;
        Self { slots: from_fn(|_| AtomicU32::new(0)), keys: from_fn(|_| K::cell()) }
    }

    #[inline]
    pub(super) fn prefetch_keys(&self) {
        prefetch(&self.keys, size_of_val(&self.keys));
    }

    /// Writes a place that is not yet published.
    #[inline]
    pub(super) fn write(&self, place: usize, word: K::Word, slot: u32) {
        self.slots[place].store(slot, Relaxed);
        K::store(&self.keys[place], word);
    }

    /// Writes entries to the first places of a node that nobody knows yet.
    #[inline]
    pub(super) fn fill(&self, entries: &[Entry<K>], base: u32) {
        for ((slot, key), entry) in self.slots.iter().zip(&self.keys).zip(entries) {
            slot.store(entry.slot, Relaxed);
            K::store(key, K::rebase(entry.word, entry.base, base));
        }
    }

    /// The entries at some places.
    #[inline]
    pub(super) fn entries(
        &self,
        places: Range<usize>,
        base: u32,
    ) -> impl Iterator<Item = Entry<K>> {
        let (slots, keys) = (&self.slots[places.clone()], &self.keys[places]);
        let entry = move |(slot, key): (&AtomicU32, &K::Cell)| Entry {
            word: K::load(key),
            slot: slot.load(Relaxed),
            base,
        };
        slots.iter().zip(keys).map(entry)
    }

    #[inline]
    pub(super) fn slot(&self, place: usize) -> u32 {
        self.slots[place].load(Relaxed)
    }

    #[inline]
    pub(super) fn word(&self, place: usize) -> K::Word {
        K::load(&self.keys[place])
    }

    /// The first of the ordered `places` of a node that is not before the position.
    #[inline]
    pub(super) fn seek(&self, places: Range<usize>, base: usize, at: Position<'_, K>) -> Seek {
        let Some(last) = places.clone().next_back() else {
            return Seek { place: places.start, fits: base == 0 };
        };
        match self.side(places.start, base, at) {
            Ordering::Less => {
                return Seek { place: places.start, fits: false };
            }
            Ordering::Greater => {
                return Seek { place: places.end, fits: false };
            }
            Ordering::Equal => {}
        }
        let head = K::probe(at.key, base);
        // Keys that ascend are always behind the last one, as a branch predictor learns.
        if self.is_before(last, base, head, at) {
            return Seek { place: places.end, fits: true };
        }
        let first = self.first_at_least(places.start..last, head);
        Seek { place: self.settle(first..last, base, head, at), fits: true }
    }

    /// Whether the entry at `place` is before the position.
    #[inline]
    pub(super) fn precedes(&self, place: usize, base: usize, at: Position<'_, K>) -> bool {
        match self.side(place, base, at) {
            Ordering::Less => false,
            Ordering::Greater => true,
            Ordering::Equal => self.is_before(place, base, K::probe(at.key, base), at),
        }
    }

    /// Where the position's key is to all keys that begin like that at `place`.
    #[inline]
    fn side(&self, place: usize, base: usize, at: Position<'_, K>) -> Ordering {
        if base == 0 { Ordering::Equal } else { K::side(at.key, base, self.word(place)) }
    }

    /// The first place whose head is not less than `head`. Without branches: which way each step goes is a coin toss.
    #[inline]
    fn first_at_least(&self, places: Range<usize>, head: K::Head) -> usize {
        let Range { start: mut from, end } = places;
        let mut len = end - from;
        while len > 0 {
            let half = len.div_ceil(2);
            let less = K::head(&self.keys[from + half - 1]) < head;
            from = select_unpredictable(less, from + half, from);
            len -= half;
        }
        from
    }

    /// The first place that is not before the position, among places whose heads are not less than `head`.
    #[inline]
    fn settle(
        &self,
        places: Range<usize>,
        base: usize,
        head: K::Head,
        at: Position<'_, K>,
    ) -> usize {
        let Range { start: mut from, end: mut to } = places;
        if from == to || !self.is_before(from, base, head, at) {
            return from;
        }
        from += 1;
        while from < to {
            let middle = from.midpoint(to);
            if self.is_before(middle, base, head, at) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        from
    }

    #[inline]
    fn is_before(&self, place: usize, base: usize, head: K::Head, at: Position<'_, K>) -> bool {
        K::head(&self.keys[place])
            .cmp(&head)
            .then_with(|| K::tie(self.word(place), at.key, base))
            .then_with(|| u64::from(self.slot(place)).cmp(&at.slot))
            .is_lt()
    }

    /// Whether `place` holds the entry that the position is just before, whatever its key begins with.
    pub(super) fn is_at(&self, place: usize, base: usize, at: Position<'_, K>) -> bool {
        self.side(place, base, at).is_eq() && self.holds(place, base, at)
    }

    /// Whether `place` holds the entry that the position is just before. Its key begins with the node's base.
    #[inline]
    pub(super) fn holds(&self, place: usize, base: usize, at: Position<'_, K>) -> bool {
        // The head first: a search has just read it, while the slot is on a line of its own.
        K::head(&self.keys[place]) == K::probe(at.key, base)
            && u64::from(self.slot(place)) == at.slot
            && K::tie(self.word(place), at.key, base).is_eq()
    }
}
