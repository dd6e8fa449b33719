//! Which group a row belongs to.
//!
//! Rows often come in the order of the key: by an index, in key order, children inserted with their parent. So the groups
//! are a list, and a row is first held against the last one of it:
//!
//! 1. As long as no key is less than the one before it, a key is the last group's, or a new group's; nothing is hashed.
//! 2. The first key that is less builds the hash table over the groups so far, and from then on each key is looked up there,
//!    unless it is that of the row before.

use std::cmp::Ordering;
use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// Groups by key, each with a state. Keys are all different.
pub(super) struct Table<K, S> {
    groups: Vec<(K, S)>,
    /// The group of the row before.
    recent: usize,
    /// The places of all groups; `None` while they are in order.
    places: Option<HashTable<u32>>,
    hashing: RandomState,
}

impl<K: Ord + Hash, S> Table<K, S> {
    pub(super) fn new() -> Self {
        let hashing = RandomState::default();
        Self { groups: Vec::new(), recent: 0, places: None, hashing }
    }

    /// The state of the group of this key; if it is new, the one to begin with.
    #[inline]
    pub(super) fn state(&mut self, key: K, begin: impl FnOnce() -> S) -> &mut S {
        let is_recent = match self.groups.get(self.recent) {
            None => false,
            Some((recent, _)) if self.places.is_some() => *recent == key,
            Some((last, _)) => match key.cmp(last) {
                Ordering::Equal => true,
                Ordering::Greater => false,
                Ordering::Less => {
                    self.enter_all();
                    false
                }
            },
        };
        if !is_recent {
            self.recent = self.find(key, begin);
        }
        &mut self.groups[self.recent].1
    }

    /// The place of a group, other than the recent one.
    fn find(&mut self, key: K, begin: impl FnOnce() -> S) -> usize {
        let Self { groups, places, hashing, .. } = self;
        if let Some(places) = places {
            let hash = hashing.hash_one(&key);
            let found = places.find(hash, |place| groups[*place as usize].0 == key);
            if let Some(place) = found {
                return *place as usize;
            }
            let rehash = |place: &u32| hashing.hash_one(&groups[*place as usize].0);
            places.insert_unique(hash, groups.len() as u32, rehash);
        }
        groups.push((key, begin()));
        groups.len() - 1
    }

    /// From now on keys are looked up by hash.
    #[cold]
    fn enter_all(&mut self) {
        let Self { groups, hashing, .. } = self;
        let hash = |place: &u32| hashing.hash_one(&groups[*place as usize].0);
        let mut places = HashTable::with_capacity(groups.len());
        // A table has fewer than 2^32 rows, so there are no more groups.
        for place in 0..groups.len() as u32 {
            places.insert_unique(hash(&place), place, hash);
        }
        self.places = Some(places);
    }

    /// All groups; are they in the order of their keys?
    pub(super) fn into_groups(self) -> (Vec<(K, S)>, bool) {
        (self.groups, self.places.is_none())
    }
}
