//! What a planner asks before it chooses: how much there is, about.
//!
//! **None of it belongs to the sight's version.** All numbers are those of the writer, who may be at work: rows that only he sees
//! are counted, and so are entries that stand for old versions until the last snapshot that needs them has gone. What is
//! called exact here is so when nothing is being written and no old snapshot is held. Nothing of this costs more than O(log n).

use bondstone_schema::Model;

use super::Sight;
use crate::handle::Slot;
use crate::ordered::KeyRange;
use crate::table::{Entries, ForeignKey, Table};

/// What there is in one table, about. See [`Sight::statistics`].
#[derive(Clone, Copy)]
pub struct Statistics<'a>(&'a Table);

impl Sight {
    /// How much there is in the table of `M`: rows, entries of indexes, children. These are the numbers of now, not of
    /// this sight's version.
    #[must_use]
    pub fn statistics<M: Model>(&self) -> Statistics<'_> {
        Statistics(self.table::<M>())
    }
}

impl Statistics<'_> {
    /// Rows, those included that an open transaction has inserted. Exact. O(1).
    #[must_use]
    pub fn rows(&self) -> usize {
        self.0.arena.rows()
    }

    /// Entries of the index at place `index`: as many as rows (fewer where nulls have none), and one for each key that a row had lately. Exact. O(1).
    /// `None` if there is no such index.
    #[must_use]
    pub fn entries(&self, index: usize) -> Option<usize> {
        Some(match self.index(index)? {
            Entries::Unique(entries) => entries.len(),
            Entries::Hash(buckets) => buckets.len(),
            Entries::Ordered(entries) => entries.len(),
        })
    }

    /// Different keys in the hash or unique index at place `index`. Exact, but for keys with the same hash of 64 bits. O(1). `None` if there
    /// is no such index.
    #[must_use]
    pub fn keys(&self, index: usize) -> Option<usize> {
        match self.index(index)? {
            Entries::Unique(entries) => Some(entries.len()),
            Entries::Hash(buckets) => Some(buckets.hashes()),
            Entries::Ordered(_) => None,
        }
    }

    /// Entries under one hash in the hash or unique index at place `index`. Exact; of a unique index it is 1 whatever the hash,
    /// the most that may be there. O(1). `None` if there is no such index.
    #[must_use]
    pub fn entries_of_hash(&self, index: usize, hash: u64) -> Option<usize> {
        match self.index(index)? {
            Entries::Unique(_) => Some(1),
            Entries::Hash(buckets) => Some(buckets.len_of(hash)),
            Entries::Ordered(_) => None,
        }
    }

    /// About how many entries a range of the ordered index at place `index` has. O(log n). `None` if there is no such index or
    /// its keys are of another kind. Where keys are compared, the user's `Ord` runs.
    ///
    /// Exact where both ends are in one leaf or with few leaves between them, which are some 200 entries, and for the whole
    /// index. Otherwise it is an estimate by the shape of the tree, which does not depend on how the keys are distributed: at most half too large or a
    /// third too small where they came in order or at random, and were deleted at random.
    #[must_use]
    pub fn entries_in_range(&self, index: usize, range: &KeyRange<'_>) -> Option<usize> {
        let Entries::Ordered(entries) = self.index(index)? else { return None };
        entries.estimate(range)
    }

    /// Rows that refer to the row in the place `parent`, by the foreign key at place `foreign_key`. Exact. O(1). 0 if there is no such
    /// key.
    #[must_use]
    pub fn children(&self, foreign_key: usize, parent: Slot) -> usize {
        self.foreign_key(foreign_key).map_or(0, |key| key.children.len(parent.0).1)
    }

    /// Rows that refer to any parent, by the foreign key at place `foreign_key`, and how many parents have such rows: the average is the
    /// quotient. Entries that old versions need are counted. Exact. O(1). Zeros if there is no such key.
    #[must_use]
    pub fn all_children(&self, foreign_key: usize) -> (usize, usize) {
        let key = self.foreign_key(foreign_key);
        key.map_or((0, 0), |key| (key.children.slots(), key.children.owners()))
    }

    fn index(&self, place: usize) -> Option<&Entries> {
        self.0.indexes.get(place).map(|index| &index.entries)
    }

    fn foreign_key(&self, place: usize) -> Option<&ForeignKey> {
        self.0.foreign_keys.get(place)
    }
}
