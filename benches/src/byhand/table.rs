//! Rows that are numbered from 1, and the index of their numbers.

use super::refused::Refused;
use bondstone::{AutoKey, Id, Model};
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use slotmap::{Key, SlotMap};

/// What the simple tables have in common; indexes of other columns are the business of each.
pub struct Table<K: Key, R> {
    rows: SlotMap<K, R>,
    by_id: HashMap<u64, K, RandomState>,
    last_id: u64,
}

impl<K: Key, R> Default for Table<K, R> {
    fn default() -> Self {
        Self { rows: SlotMap::with_key(), by_id: HashMap::default(), last_id: 0 }
    }
}

impl<K: Key, R: Model<Key = AutoKey>> Table<K, R> {
    /// Adds the row that `complete` makes of the next id.
    pub fn insert(&mut self, complete: impl FnOnce(Id<R>) -> R) -> Result<(Id<R>, K), Refused> {
        let number = self.last_id + 1;
        let id = Id::from_u64(number).ok_or(Refused::NotFound)?;
        self.last_id = number;
        let key = self.rows.insert(complete(id));
        self.by_id.insert(number, key);
        Ok((id, key))
    }

    /// Makes room for so many rows more.
    pub fn reserve(&mut self, additional: usize) {
        self.rows.reserve(additional);
        self.by_id.reserve(additional);
    }

    pub fn remove(&mut self, id: Id<R>) -> Result<(K, R), Refused> {
        let key = self.by_id.remove(&id.get()).ok_or(Refused::NotFound)?;
        Ok((key, self.rows.remove(key).ok_or(Refused::NotFound)?))
    }

    #[inline]
    pub fn row(&self, id: Id<R>) -> Option<&R> {
        self.rows.get(*self.by_id.get(&id.get())?)
    }

    #[inline]
    pub fn at(&self, key: K) -> Option<&R> {
        self.rows.get(key)
    }

    pub fn contains(&self, id: Id<R>) -> bool {
        self.by_id.contains_key(&id.get())
    }

    pub fn rows(&self) -> impl Iterator<Item = &R> {
        self.rows.values()
    }

    #[cfg(test)]
    pub fn id_count(&self) -> usize {
        self.by_id.len()
    }
}
