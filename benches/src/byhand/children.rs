//! Which rows belong to which parent: a small list for each parent that has any.

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use slotmap::Key;
use smallvec::SmallVec;

/// The places of the children of each parent, by the parent's id; a parent without children has no
/// list. Up to four children stand in the map itself.
pub struct Children<K: Key>(HashMap<u64, SmallVec<[K; 4]>, RandomState>);

impl<K: Key> Default for Children<K> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<K: Key> Children<K> {
    pub fn add(&mut self, parent: u64, child: K) {
        self.0.entry(parent).or_default().push(child);
    }

    pub fn remove(&mut self, parent: u64, child: K) {
        if let Entry::Occupied(mut siblings) = self.0.entry(parent) {
            siblings.get_mut().retain(|sibling| *sibling != child);
            if siblings.get().is_empty() {
                siblings.remove();
            }
        }
    }

    #[inline]
    pub fn of(&self, parent: u64) -> &[K] {
        self.0.get(&parent).map_or(&[], SmallVec::as_slice)
    }

    pub fn any_of(&self, parent: u64) -> bool {
        self.0.contains_key(&parent)
    }
}
