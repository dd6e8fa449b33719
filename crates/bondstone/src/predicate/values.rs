//! The values that one must be among.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// So many values are compared one by one: that is sooner done than a hash.
const FEW: usize = 8;

/// Values, all different, in the order in which they were first named: what a plan makes of them is never left to chance.
pub(super) struct Values<V> {
    all: Vec<V>,
    /// Where they stand, by their hashes, if they are many.
    places: HashTable<usize>,
    hashing: RandomState,
}

impl<V: Eq + Hash> Values<V> {
    #[inline]
    pub(super) fn contains(&self, value: &V) -> bool {
        if self.all.len() <= FEW {
            return self.all.contains(value);
        }
        let hash = self.hashing.hash_one(value);
        self.places.find(hash, |place| self.all[*place] == *value).is_some()
    }

    /// All of them.
    pub(super) fn all(&self) -> &[V] {
        &self.all
    }
}

impl<V: Eq + Hash> FromIterator<V> for Values<V> {
    fn from_iter<I: IntoIterator<Item = V>>(values: I) -> Self {
        let hashing = RandomState::default();
        let (mut all, mut places) = (Vec::<V>::new(), HashTable::new());
        for value in values {
            let hash = hashing.hash_one(&value);
            if places.find(hash, |place: &usize| all[*place] == value).is_none() {
                places.insert_unique(hash, all.len(), |place| hashing.hash_one(&all[*place]));
                all.push(value);
            }
        }
        Self { all, places, hashing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_are_all_there_once_and_in_order() {
        for count in [0, 1, FEW, FEW + 1, 100] {
            let values: Values<usize> =
                (0..count).chain(0..count).map(|nth| nth * 7 % 101).collect();
            assert!((0..count).all(|nth| values.contains(&(nth * 7 % 101))));
            assert!(!values.contains(&101));
            assert!(values.all().iter().copied().eq((0..count).map(|nth| nth * 7 % 101)));
        }
    }
}
