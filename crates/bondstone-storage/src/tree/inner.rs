//! An inner node: children and, between each two of them, a separator.
//!
//! The separators of a node never change, nor does the number of its children. A child may be swapped for another one
//! that covers exactly the same range; whatever else changes is a new node.

use super::key::TreeKey;
use super::node::{self, Blank, Head, Link, Node, prefetch};
use super::places::{Entry, Places, Position};
use crate::sync::AtomicPtr;
use crate::sync::Ordering::{Acquire, Relaxed, Release};
use crate::sync::canary;

/// The most children of an inner node. The fewest are 2.
pub(super) const FAN: usize = if cfg!(any(loom, feature = "tiny")) { 4 } else { 64 };

/// A child and the separator before it, outside of a node.
///
/// Entries not less than the separator are in this child or behind it. The first child's separator is not used: the
/// separator in its node's parent has taken its place.
pub(super) struct Branch<K: TreeKey> {
    pub(super) low: Entry<K>,
    pub(super) child: Link,
}

impl<K: TreeKey> Clone for Branch<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: TreeKey> Copy for Branch<K> {}

/// An inner node.
#[repr(C)]
pub(super) struct Inner<K: TreeKey> {
    head: Head,
    base: u32,
    count: u32,
    children: [AtomicPtr<Head>; FAN],
    /// The separator before each child but the first.
    separators: Places<K, FAN>,
}

// SAFETY: integers, atomics of null pointers, and cells, of which `TreeKey` promises the same.
unsafe impl<K: TreeKey> Blank for Inner<K> {
    #[cfg(loom)]
    fn blank() -> Self {
        let children = std::array::from_fn(|_| AtomicPtr::default());
        Self { head: Head::leaf(), base: 0, count: 0, children, separators: Places::blank() }
    }
}

impl<K: TreeKey> Inner<K> {
    /// A node above children of the given level: 2 to [`FAN`] branches.
    pub(super) fn new(level: u32, branches: &[Branch<K>]) -> Box<Self> {
        let separators = &branches[1..];
        let base = match separators {
            [first, .., last] => K::shared(first.low.word, last.low.word),
            [only] => K::shared(only.low.word, only.low.word),
            [] => 0,
        };
        let mut inner = node::blank::<Self>();
        inner.head = Head::above(level);
        inner.base = base;
        inner.count = branches.len() as u32;
        for (place, Branch { child, .. }) in branches.iter().enumerate() {
            inner.children[place].store(*child, Relaxed);
        }
        for (place, Branch { low, .. }) in separators.iter().enumerate() {
            inner.separators.write(place + 1, K::rebase(low.word, low.base, base), low.slot);
        }
        inner
    }

    pub(super) const fn level(&self) -> u32 {
        self.head.level()
    }

    /// How many children there are.
    #[inline]
    pub(super) const fn count(&self) -> usize {
        self.count as usize
    }

    /// The child where the entry that the position is just before is, or would be.
    #[inline]
    pub(super) fn child_of(&self, at: Position<'_, K>) -> usize {
        self.child_before(at.behind())
    }

    /// The child where the last entry before the position is, if there is one.
    #[inline]
    pub(super) fn child_before(&self, at: Position<'_, K>) -> usize {
        self.separators.seek(1..self.count(), self.base as usize, at).place - 1
    }

    /// Whether the separator before the child at `place`, not the first one, is before the position.
    #[inline]
    pub(super) fn separator_is_before(&self, place: usize, at: Position<'_, K>) -> bool {
        self.separators.precedes(place, self.base as usize, at)
    }

    #[inline]
    pub(super) fn link(&self, place: usize) -> Link {
        self.children[place].load(Acquire)
    }

    /// The child at `place`.
    #[inline]
    pub(super) fn child(&self, place: usize) -> Node<'_, K> {
        // SAFETY: a child was linked here when it was complete, and if it has been swapped out it is retired later
        // than the snapshot with which this node is held (see the module `node`).
        unsafe { Node::at_level(self.link(place), self.level() - 1) }
    }

    /// The child at `place`, which is about to be searched: its lines are asked for all at once instead of one after
    /// another.
    #[inline]
    pub(super) fn child_to_search(&self, place: usize) -> Node<'_, K> {
        let child = self.child(place);
        match child {
            Node::Leaf(leaf) => leaf.prefetch_keys(),
            Node::Inner(inner) => inner.prefetch_keys(),
        }
        child
    }

    #[inline]
    fn prefetch_keys(&self) {
        prefetch(self, 1);
        self.separators.prefetch_keys();
    }

    /// Swaps a child for another of the same range.
    pub(super) fn swap(&self, place: usize, child: Link) {
        let order = if canary!(RelaxedSwap) { Relaxed } else { Release };
        self.children[place].store(child, order);
    }

    /// The child at `place` and the separator before it; `NOTHING` before the first.
    pub(super) fn branch(&self, place: usize) -> Branch<K> {
        let low = if place == 0 { Entry::NOTHING } else { self.separator(place) };
        Branch { low, child: self.link(place) }
    }

    /// The separator before the child at `place`, not the first one.
    pub(super) fn separator(&self, place: usize) -> Entry<K> {
        Entry {
            word: self.separators.word(place),
            slot: self.separators.slot(place),
            base: self.base,
        }
    }

    /// All branches in order.
    pub(super) fn branches(&self) -> impl Iterator<Item = Branch<K>> {
        (0..self.count()).map(|place| self.branch(place))
    }
}
