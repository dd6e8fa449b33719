//! A unique index: a hash map in which looking and inserting are two steps that share one hash.
//!
//! `HashMap::entry` cannot do it: four vacant entries would have to borrow their keys from the row
//! while the row moves into the slotmap that yields the value to insert.

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};

/// Maps each key to the place of its only row.
pub struct Unique<K, P> {
    entries: HashTable<(K, P)>,
    hashing: RandomState,
}

/// The hash of a key that is not in the index.
#[derive(Clone, Copy)]
pub struct Vacancy(u64);

impl<K, P> Default for Unique<K, P> {
    fn default() -> Self {
        Self { entries: HashTable::new(), hashing: RandomState::default() }
    }
}

impl<K: Hash, P: Copy> Unique<K, P> {
    #[inline]
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<P>
    where
        K: Borrow<Q>,
    {
        let hash = self.hashing.hash_one(key);
        self.entries.find(hash, |(other, _)| other.borrow() == key).map(|&(_, place)| place)
    }

    /// Where the key would go, unless it is there.
    #[inline]
    pub fn vacancy<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<Vacancy>
    where
        K: Borrow<Q>,
    {
        let hash = self.hashing.hash_one(key);
        let found = self.entries.find(hash, |(other, _)| other.borrow() == key);
        found.is_none().then_some(Vacancy(hash))
    }

    /// Adds the key for which the vacancy was found.
    #[inline]
    pub fn fill(&mut self, Vacancy(hash): Vacancy, key: K, place: P) {
        let hashing = &self.hashing;
        self.entries.insert_unique(hash, (key, place), |(key, _)| hashing.hash_one(key));
    }

    #[inline]
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        let hash = self.hashing.hash_one(key);
        if let Ok(entry) = self.entries.find_entry(hash, |(other, _)| other.borrow() == key) {
            entry.remove();
        }
    }

    pub fn reserve(&mut self, additional: usize) {
        let hashing = &self.hashing;
        self.entries.reserve(additional, |(key, _)| hashing.hash_one(key));
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.entries.len()
    }
}
