//! A tree made of all its entries at once: sorted, then node by node from the leaves up.
//!
//! Leaves are full, as keys that ascend leave them; and so are the nodes above, but for the last ones of each level.

use super::edit;
use super::inner::{Branch, FAN};
use super::key::TreeKey;
use super::leaf::{Leaf, RUN};
use super::node::Link;
use super::places::Entry;
use super::{Bytes, Tree};
use crate::sort::sort_by_number;
use crate::sync::Ordering::Relaxed;

/// Keys that are sorted without code of the user's.
pub(crate) trait Encoded: TreeKey {
    /// Sorts by key; entries with the same key stay in their order. All bases are 0.
    fn sort(entries: &mut Vec<Entry<Self>>);
}

impl Encoded for u64 {
    fn sort(entries: &mut Vec<Entry<Self>>) {
        sort_by_number(entries, |entry| entry.word);
    }
}

impl Encoded for u128 {
    fn sort(entries: &mut Vec<Entry<Self>>) {
        sort_by_number(entries, |entry| entry.word as u64);
        sort_by_number(entries, |entry| (entry.word >> 64) as u64);
    }
}

impl Encoded for Bytes {
    fn sort(entries: &mut Vec<Entry<Self>>) {
        let Some(first) = entries.first().map(|entry| entry.word) else { return };
        let base = entries.iter().map(|entry| Self::shared(first, entry.word)).min().unwrap_or(0);
        let head = |entry: &Entry<Self>| Self::rebase(entry.word, 0, base).head();
        sort_by_number(entries, head);
        for equals in entries.chunk_by_mut(|left, right| head(left) == head(right)) {
            equals.sort_by(|left, right| Self::order(left.word, right.word));
        }
    }
}

/// Entries on their way into a tree, each owning the memory of its word.
pub(crate) struct Collected<K: Encoded>(Vec<Entry<K>>);

impl<K: Encoded> Collected<K> {
    /// Nothing yet, with room for as many.
    pub(crate) fn with_capacity(entries: usize) -> Self {
        Self(Vec::with_capacity(entries))
    }

    /// Adds an entry. Those of one key come in the order of their slots, each once.
    pub(crate) fn push(&mut self, key: K::Ref<'_>, slot: u32) {
        self.0.push(Entry { word: K::own(key, 0), slot, base: 0 });
    }

    /// The tree of all entries. O(entries), where keys are numbers.
    pub(crate) fn into_tree(mut self) -> Tree<K> {
        K::sort(&mut self.0);
        let tree = Tree::new();
        if !self.0.is_empty() {
            tree.plant(&std::mem::take(&mut self.0));
        }
        tree
    }
}

impl<K: Encoded> Drop for Collected<K> {
    fn drop(&mut self) {
        self.0.iter().for_each(|entry| edit::free_word::<K>(entry.word));
    }
}

impl<K: TreeKey> Tree<K> {
    /// Gives an empty tree these entries, of which there are some, in order.
    fn plant(&self, entries: &[Entry<K>]) {
        let mut branches = self.leaves(entries);
        let mut level = 0;
        while branches.len() > 1 {
            branches = self.above(level, &branches);
            level += 1;
        }
        let empty = self.root_link();
        self.set_root(branches[0].child);
        self.shrink(size_of::<Leaf<K>>());
        edit::free::<K>(empty);
        self.entries.store(entries.len() as u64, Relaxed);
    }

    fn leaves(&self, entries: &[Entry<K>]) -> Vec<Branch<K>> {
        let heap: usize = entries.iter().map(|entry| K::heap(entry.word)).sum();
        self.grow(heap);
        let mut last: Option<Entry<K>> = None;
        let leaf = |entries: &[Entry<K>]| {
            let low = last.map_or(Entry::NOTHING, |last| self.divide(last, entries[0]));
            last = entries.last().copied();
            Branch { low, child: self.new_leaf(Leaf::new(entries)) }
        };
        entries.chunks(RUN).map(leaf).collect()
    }

    /// The nodes above those of a level. An inner node has two children at least.
    fn above(&self, level: u32, mut branches: &[Branch<K>]) -> Vec<Branch<K>> {
        let mut above = Vec::with_capacity(branches.len().div_ceil(FAN));
        while !branches.is_empty() {
            let count = if branches.len() == FAN + 1 { FAN - 1 } else { FAN.min(branches.len()) };
            let (children, rest) = branches.split_at(count);
            let child: Link = self.new_inner(level, children);
            above.push(Branch { low: children[0].low, child });
            branches = rest;
        }
        above
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::ops::Bound;

    use bondstone_schema::KeyBuf;

    use super::*;
    use crate::writer::Writer;

    /// A tree of so many entries is like one into which they were inserted, now and later.
    fn like_inserted<K: Encoded>(count: u32, key: impl Fn(u32) -> K::Owned) {
        let (inserted, mut writer) = (Tree::<K>::new(), Writer::new());
        let mut collected = Collected::with_capacity(0);
        for slot in 0..count {
            inserted.insert(&mut writer, K::lend(&key(slot)), slot);
            collected.push(K::lend(&key(slot)), slot);
        }
        let tree = collected.into_tree();
        let walk =
            |tree: &Tree<K>| tree.range(Bound::Unbounded, Bound::Unbounded).collect::<Vec<_>>();
        for round in 0..3 {
            tree.check().unwrap();
            assert_eq!(walk(&tree), walk(&inserted), "{count} entries, round {round}");
            let more = count > 200 && tree.bytes() > inserted.bytes();
            assert!(round > 0 || !more, "{count} entries take more");
            for slot in (0..count).skip(round).step_by(3) {
                for tree in [&tree, &inserted] {
                    assert!(tree.remove(&mut writer, K::lend(&key(slot)), slot));
                    assert!(tree.insert(&mut writer, K::lend(&key(slot)), slot + count));
                }
            }
        }
    }

    #[test]
    fn a_tree_is_planted_as_it_grows() {
        for count in [0, 1, 2, 5, 17, 56, 57, 200, 3_585, 3_641, 20_000] {
            let mixed = |slot: u32| u64::from(slot).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
            like_inserted::<u64>(count, |slot| mixed(slot) % 1_000);
            like_inserted::<u64>(count, |slot| slot.into());
            like_inserted::<u128>(count, |slot| u128::from(mixed(slot)) << 50 | u128::from(slot));
            like_inserted::<Bytes>(count, |slot| {
                let mut key = KeyBuf::new();
                key.push(format!("key {}", mixed(slot) % 5_000).as_bytes());
                key
            });
        }
    }

    #[test]
    fn what_is_collected_and_not_planted_is_freed() {
        let mut collected = Collected::<Bytes>::with_capacity(2);
        collected.push(b"one", 1);
        collected.push(b"two", 2);
        drop(collected);
    }
}
