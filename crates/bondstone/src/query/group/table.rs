//! Which group a row belongs to.
//!
//! Rows often come in the order of the key: by an index, in key order, children inserted with their parent. So the groups
//! are a list, and a row is first held against the last one of it:
//!
//! 1. As long as no key is less than the one before it, a key is the last group's, or a new group's; nothing is hashed.
//! 2. The first key that is less builds the hash table over the groups so far, and from then on each key is looked up there,
//!    unless it is that of the row before.
//!
//! Often a key depends on a parent alone: it is a foreign key, or a value at the end of a path. Then each parent has one
//! group, which is [remembered](super::memo) from its first row on: for the others no path is followed, nothing read but the
//! foreign key, and nothing hashed.

use std::cmp::Ordering;
use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::memo::Memo;

/// Groups by key, each with a state. Keys are all different.
pub(super) struct Table<K, S> {
    groups: Vec<(K, S)>,
    /// The group of the row before; and its parent, 0 if none decides.
    recent: usize,
    parent: u64,
    /// The places of all groups; `None` while they are in order.
    places: Option<HashTable<u32>>,
    /// The groups of parents, once the groups are not in order any more.
    memo: Memo,
    hashing: RandomState,
}

impl<K: Ord + Hash, S> Table<K, S> {
    pub(super) fn new() -> Self {
        let hashing = RandomState::default();
        let memo = Memo::default();
        Self { groups: Vec::new(), recent: 0, parent: 0, places: None, memo, hashing }
    }

    /// The state of a row's group; if that is new, the one to begin with. `parent` is the number of the parent that decides
    /// the key, if one does.
    #[inline(always)]
    pub(super) fn state(
        &mut self,
        parent: Option<u64>,
        key: impl FnOnce() -> K,
        begin: impl FnOnce() -> S,
    ) -> &mut S {
        let place = match parent {
            None => self.place(key(), begin),
            Some(number) if number == self.parent => self.recent,
            Some(number) => match self.memo.group(number) {
                Some(place) => place,
                None => {
                    let place = self.place(key(), begin);
                    if self.places.is_some() {
                        self.memo.remember(number, place);
                    }
                    place
                }
            },
        };
        (self.recent, self.parent) = (place, parent.unwrap_or(0));
        &mut self.groups[place].1
    }

    /// The place of the group of a key.
    #[inline]
    fn place(&mut self, key: K, begin: impl FnOnce() -> S) -> usize {
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
        if is_recent { self.recent } else { self.find(key, begin) }
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
