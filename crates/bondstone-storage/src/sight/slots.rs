//! Places before rows: what indexes and relation maps say, without a look at the rows.
//!
//! **A slot is a hint.** The row in it may be another version than the one that led there, may have another key (hashes
//! collide), or may not be visible at all. But every row that is visible and matches is among them. Whoever has the slots
//! reads the rows ([`Sight::rows_at`], [`Sight::at_slot`]) and judges them. How often such a row comes:
//!
//! * **Once**, from hash indexes, from lists of children and from ids. A list has an entry at most once, and keeps it while
//!   any version that somebody sees has the key: a row whose key went and came back got its old entry again. An entry that is
//!   removed and made anew beside us may be met twice, but it was removed since no version had the key that we could see; so
//!   the row that we see does not match, neither time.
//! * **From ordered indexes once for each key in the range** that a version of the row has, which somebody may still see. To
//!   count or to show such rows once there are [`Sight::range`] and [`Sight::count_range`].

use std::iter::FusedIterator;
use std::ops::Bound;

use bondstone_schema::{Id, Model};
use smallvec::SmallVec;

use super::Sight;
use crate::directory::InOrder;
use crate::handle::Slot;
use crate::hash::{First, HashIndex};
use crate::ordered::{AnyWalk, KeyRange};
use crate::postings::Iter;
use crate::table::{Entries, Keys};

/// Slots are taken from a walk so many at a time, at most.
const CHUNK: usize = 16;

/// Places of rows to be judged.
pub struct Slots<'a>(Source<'a>);

enum Source<'a> {
    Probe(Probe<'a>),
    List(Iter<'a>),
    /// Boxed, as below: walks are large, and begin with a descent anyway.
    Range(Box<Walked<'a>>),
    Ids(Box<InOrder<'a>>),
}

impl Sight {
    /// The places of rows whose key in the hash or unique index at place `index` has this hash; `None` if there is no such
    /// index. O(1), and O(1) for each.
    #[inline]
    #[must_use]
    pub fn slots_by_hash<M: Model>(&self, index: usize, hash: u64) -> Option<Slots<'_>> {
        Some(Slots(match &self.table::<M>().indexes.get(index)?.entries {
            Entries::Unique(index) => Source::Probe(Probe::new(index, hash)),
            Entries::Hash(buckets) => Source::List(buckets.iter(hash).unwrap_or_else(Iter::empty)),
            Entries::Ordered(_) => return None,
        }))
    }

    /// The places of rows whose primary key has this hash; `None` if the engine numbers the keys of `M`. O(1).
    #[inline]
    #[must_use]
    pub fn slots_by_key_hash<M: Model>(&self, hash: u64) -> Option<Slots<'_>> {
        match &self.table::<M>().keys {
            Keys::Hashed(index) => Some(Slots(Source::Probe(Probe::new(index, hash)))),
            Keys::Directory(_) => None,
        }
    }

    /// The places of rows in a range of the ordered index at place `index`, in its order; `None` if there is no such index or
    /// its keys are of another kind. O(log n), and O(1) for each. Where keys are compared, the user's `Ord` runs.
    #[must_use]
    pub fn slots_in_range<M: Model>(&self, index: usize, range: KeyRange<'_>) -> Option<Slots<'_>> {
        let index = self.table::<M>().indexes.get(index)?;
        let Entries::Ordered(entries) = &index.entries else { return None };
        let walk = entries.walk(range, false)?;
        Some(Slots(Source::Range(Box::new(Walked { walk, slots: [0; CHUNK], next: 0, end: 0 }))))
    }

    /// The places of rows that refer to the row in the place `parent`, by the foreign key at place `foreign_key` of `C`'s.
    /// O(1), and O(1) for each.
    #[inline]
    #[must_use]
    pub fn slots_of_children<C: Model>(
        &self,
        foreign_key: usize,
        parent: Slot,
    ) -> Option<Slots<'_>> {
        let key = self.table::<C>().foreign_keys.get(foreign_key)?;
        Some(Slots(Source::List(key.children.iter(parent.0))))
    }

    /// The places of rows with ids in a range, in the order of ids or against it; `None` if the keys of `M` are not numbered
    /// by the engine.
    ///
    /// Each needs as good as nothing, whether the ids are dense or not: where whole pages of ids are free, 4096 of them are passed
    /// at once. (Within a page with few rows, its free ids are looked at.)
    #[must_use]
    pub fn slots_by_id<M: Model>(
        &self,
        low: Bound<Id<M>>,
        high: Bound<Id<M>>,
        descending: bool,
    ) -> Option<Slots<'_>> {
        let Keys::Directory(directory) = &self.table::<M>().keys else { return None };
        let number = |id: Id<M>| id.number().unwrap_or(0);
        let first = match low.map(number) {
            Bound::Included(id) => id,
            Bound::Excluded(id) => id.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match high.map(number) {
            Bound::Included(id) => id.saturating_add(1),
            Bound::Excluded(id) => id,
            Bound::Unbounded => u64::MAX,
        };
        Some(Slots(Source::Ids(Box::new(directory.in_order(first..end, descending)))))
    }

    /// The rows of `M` whose key in the hash or unique index at place `index` has this hash and which `matches` accepts, by
    /// comparing the key: other keys may have the same hash. `None` if there is no such index. Each row comes exactly once.
    /// O(1), and O(1) for each.
    #[inline]
    pub fn rows_by_hash<M: Model>(
        &self,
        index: usize,
        hash: u64,
        matches: impl Fn(&M) -> bool,
    ) -> Option<impl Iterator<Item = &M>> {
        let slots = self.slots_by_hash::<M>(index, hash)?;
        let table = self.table_view::<M>();
        let rows = slots.filter_map(move |Slot(slot)| table.row(slot));
        Some(rows.filter(move |row| matches(row)))
    }
}

impl Iterator for Slots<'_> {
    type Item = Slot;

    #[inline]
    fn next(&mut self) -> Option<Slot> {
        match &mut self.0 {
            Source::Probe(probe) => probe.next(),
            Source::List(slots) => slots.next(),
            Source::Range(walked) => walked.next(),
            Source::Ids(slots) => slots.next(),
        }
        .map(Slot)
    }

    #[inline]
    fn fold<B, F: FnMut(B, Slot) -> B>(self, init: B, mut f: F) -> B {
        let f = |total, slot| f(total, Slot(slot));
        match self.0 {
            Source::Probe(probe) => probe.fold(init, f),
            Source::List(slots) => slots.fold(init, f),
            Source::Range(walked) => walked.fold(init, f),
            Source::Ids(slots) => slots.fold(init, f),
        }
    }
}

impl FusedIterator for Slots<'_> {}

/// What a hash index has under one hash. As a rule that is one slot, which is told at first sight; whether there are others
/// is looked up only if they are asked for.
enum Probe<'a> {
    First { index: &'a HashIndex, hash: u64, slot: u32 },
    Others { index: &'a HashIndex, hash: u64, than: u32 },
    Rest(smallvec::IntoIter<[u32; 4]>),
}

impl<'a> Probe<'a> {
    #[inline]
    fn new(index: &'a HashIndex, hash: u64) -> Self {
        match index.first(hash) {
            First::Nothing => Self::Rest(SmallVec::new().into_iter()),
            First::Payload(slot) => Self::First { index, hash, slot },
            First::Unknown => Self::Rest(index.payloads(hash).into_iter()),
        }
    }
}

impl Iterator for Probe<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        match *self {
            Self::First { index, hash, slot } => {
                *self = Self::Others { index, hash, than: slot };
                Some(slot)
            }
            Self::Others { index, hash, than } => {
                let mut others = index.payloads(hash);
                others.retain(|slot| *slot != than);
                let mut rest = others.into_iter();
                let next = rest.next();
                *self = Self::Rest(rest);
                next
            }
            Self::Rest(ref mut rest) => rest.next(),
        }
    }
}

/// A walk along an index, and the chunk of it that is at hand.
struct Walked<'a> {
    walk: AnyWalk<'a>,
    slots: [u32; CHUNK],
    next: usize,
    end: usize,
}

impl Iterator for Walked<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.next == self.end {
            let Self { walk, slots, .. } = self;
            let end = walk.next_chunk(CHUNK, |nth, slot| slots[nth % CHUNK] = slot);
            (self.next, self.end) = (0, end);
            if end == 0 {
                return None;
            }
        }
        let slot = self.slots[self.next % CHUNK];
        self.next += 1;
        Some(slot)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::writer::Writer;

    /// However many keys have one hash, and whether the first sight tells or not.
    #[test]
    fn each_entry_of_a_hash_comes_once() {
        let (index, mut writer) = (HashIndex::new(), Writer::new());
        let hashes = [7 << 32, 7 << 32 | 1 << 63, 1 << 63];
        for many in 0..20 {
            for (nth, hash) in hashes.into_iter().enumerate() {
                let mut slots: Vec<_> = Probe::new(&index, hash).collect();
                slots.sort_unstable();
                assert!(slots.into_iter().eq((0..many).map(|slot| slot * 3 + nth as u32)));
                index.insert(&mut writer, hash, many * 3 + nth as u32);
            }
            let mut probe = Probe::new(&index, 1);
            assert_eq!((probe.next(), probe.next()), (None, None));
        }
    }
}
