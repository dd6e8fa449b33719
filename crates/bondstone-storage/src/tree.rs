//! The ordered index: a B+tree of (key, slot), changed by the one writer, read by anyone without locks.
//!
//! Entries are ordered by key, then by slot, so a key may have any number of slots, each of them once, and an index
//! of few different keys is as deep as any other. Keys are of a few kinds ([`TreeKey`]); what decides an order is
//! bytes that the tree itself keeps, never a row.
//!
//! # Invariants
//!
//! 1. A published place of a leaf is never written again while the leaf lives. New entries go behind it, and a
//!    counter publishes them; a removed one is marked dead ([`leaf`]).
//! 2. The separators and the number of children of an inner node do not change; a child may be swapped for another of
//!    the same range ([`inner`]). Any other change is made in new nodes, published by one store ([`edit`]).
//! 3. The range of a node never grows. With 1 and 2, that is what makes a walk meet each entry once ([`cursor`]).
//! 4. What is replaced is retired, not freed; readers hold a registered snapshot while they look, and the references
//!    and words that they have found last as long ([`node`]).
//! 5. The key of a removed entry stays with its dead place, for searches still compare with it, and is retired when
//!    the leaf is replaced.
//! 6. User code (the order and the clone of a [`CustomKey`](bondstone_schema::CustomKey)) runs before the first store
//!    that others can see.
//!
//! An entry is a hint: readers may or may not see what the writer does at the same time.

mod bulk;
mod bytes;
mod check;
mod cursor;
mod custom;
mod edit;
mod estimate;
mod inner;
mod key;
mod leaf;
#[cfg(all(test, loom))]
mod models;
mod node;
mod part;
mod places;
#[cfg(all(test, not(loom)))]
mod tests;

use std::marker::PhantomData;
use std::ops::Bound;

use smallvec::SmallVec;

pub(crate) use self::bulk::{Collected, Encoded};
pub(crate) use self::bytes::Bytes;
pub(crate) use self::cursor::{Chunk, Range};
pub(crate) use self::custom::Custom;
pub(crate) use self::key::TreeKey;

use self::inner::Inner;
use self::leaf::{Leaf, TAIL};
use self::node::{Head, Link, Node};
use self::places::{Bounded, Entry, Position};
use crate::sync::Ordering::{Acquire, Relaxed, Release};
use crate::sync::{AtomicPtr, AtomicU64, canary};
use crate::writer::Writer;

/// As many dead places make a leaf worth copying, even if more are alive.
const MANY_DEAD: usize = 2 * TAIL;

/// With so many entries the leaves are beyond the caches, and fetching one early pays for finding it twice.
const FAR: u64 = if cfg!(any(loom, feature = "tiny")) { 8 } else { 1 << 18 };

/// An ordered index.
pub(crate) struct Tree<K: TreeKey> {
    root: AtomicPtr<Head>,
    /// Changed by the writer alone, like `bytes`.
    entries: AtomicU64,
    bytes: AtomicU64,
    keys: PhantomData<fn(K)>,
}

/// A node on the way from the root to a leaf, and the child that the way goes on to.
struct Step<'a, K: TreeKey> {
    inner: &'a Inner<K>,
    at: usize,
}

impl<K: TreeKey> Step<'_, K> {
    /// The place of the child beside this one.
    fn beside(&self, descending: bool) -> Option<usize> {
        if descending {
            self.at.checked_sub(1)
        } else {
            Some(self.at + 1).filter(|&at| at < self.inner.count())
        }
    }
}

/// The way from the root to a leaf.
type Path<'a, K> = SmallVec<[Step<'a, K>; 8]>;

impl<K: TreeKey> Tree<K> {
    pub(crate) fn new() -> Self {
        let root = node::leaf_link(Leaf::<K>::new(&[]));
        Self {
            root: AtomicPtr::new(root),
            entries: AtomicU64::new(0),
            bytes: AtomicU64::new(size_of::<Leaf<K>>() as u64),
            keys: PhantomData,
        }
    }

    /// Enters `(key, slot)`. `false`: it is there already.
    pub(crate) fn insert(&self, writer: &mut Writer, key: K::Ref<'_>, slot: u32) -> bool {
        let at = Position::at(key, slot);
        let mut path = Path::new();
        let leaf = self.leaf_of(at, &mut path);
        let picture = leaf.picture();
        let found = picture.find(at);
        if found.place.is_some() {
            return false;
        }
        let word = K::own(key, leaf.base());
        let heap = K::heap(word);
        if found.fits && picture.run_may_grow(found.edge) {
            leaf.extend_run(&picture, word, slot);
        } else if picture.is_behind_run(found.edge) && edit::is_last(&path) && picture.is_full_run()
        {
            self.append(writer, &path, &picture, Entry { word, slot, base: leaf.base() });
        } else if found.fits && picture.tail_may_grow() {
            leaf.extend_tail(&picture, found.edge, word, slot);
        } else {
            self.rebuild(
                writer,
                &path,
                &picture,
                found.edge,
                Entry { word, slot, base: leaf.base() },
            );
        }
        self.grow(heap);
        self.entries.store(self.entries.load(Relaxed) + 1, Relaxed);
        true
    }

    /// Removes `(key, slot)`. `false`: it is not there.
    pub(crate) fn remove(&self, writer: &mut Writer, key: K::Ref<'_>, slot: u32) -> bool {
        let at = Position::at(key, slot);
        let mut path = Path::new();
        let leaf = self.leaf_of(at, &mut path);
        let picture = leaf.picture();
        let Some(place) = picture.find(at).place else {
            return false;
        };
        let picture = picture.without(place);
        if picture.dead() >= MANY_DEAD || picture.dead() >= picture.live() {
            self.compact(writer, &path, &picture);
        } else {
            leaf.bury(place);
        }
        self.entries.store(self.entries.load(Relaxed) - 1, Relaxed);
        true
    }

    /// Whether `(key, slot)` is there.
    pub(crate) fn contains(&self, key: K::Ref<'_>, slot: u32) -> bool {
        let at = Position::at(key, slot);
        let mut node = self.root();
        loop {
            match node {
                Node::Leaf(leaf) => return leaf.picture().find(at).place.is_some(),
                Node::Inner(inner) => node = inner.child_to_search(inner.child_of(at)),
            }
        }
    }

    /// Asks for the leaf where an entry of `key` belongs, if that is likely to be far away.
    pub(crate) fn prefetch(&self, key: K::Ref<'_>) {
        if self.entries.load(Relaxed) < FAR {
            return;
        }
        let mut node = self.root();
        while let Node::Inner(inner) = node {
            node = inner.child_to_search(inner.child_of(Position::at(key, 0)));
        }
    }

    /// How many entries there are. To anyone but the writer it is one of the last numbers.
    pub(crate) fn len(&self) -> usize {
        self.entries.load(Relaxed) as usize
    }

    /// How many bytes the tree holds, without what it has retired.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Relaxed) as usize
    }

    /// The slots of all entries whose keys are between the bounds, in order. See [`cursor`] for what a walk beside
    /// the writer is sure to meet.
    #[inline]
    pub(crate) fn range(&self, low: Bound<K::Owned>, high: Bound<K::Owned>) -> Range<'_, K> {
        Range::new(self, Bounded::low(low), Bounded::high(high), false)
    }

    /// The same slots as [`range`](Self::range), from the greatest entry to the least.
    pub(crate) fn range_rev(&self, low: Bound<K::Owned>, high: Bound<K::Owned>) -> Range<'_, K> {
        Range::new(self, Bounded::low(low), Bounded::high(high), true)
    }

    /// The leaf where the entry that the position is just before is, or would be, and the way to it.
    #[inline]
    fn leaf_of<'a>(&'a self, at: Position<'_, K>, path: &mut Path<'a, K>) -> &'a Leaf<K> {
        let mut node = self.root();
        loop {
            match node {
                Node::Leaf(leaf) => return leaf,
                Node::Inner(inner) => {
                    let place = inner.child_of(at);
                    path.push(Step { inner, at: place });
                    node = inner.child_to_search(place);
                }
            }
        }
    }

    fn root_link(&self) -> Link {
        self.root.load(Acquire)
    }

    fn root(&self) -> Node<'_, K> {
        // SAFETY: the root was linked when it was complete, and if it has been replaced it is retired later than the
        // snapshot of whoever asks (see the module `node`).
        unsafe { Node::behind(self.root_link()) }
    }

    fn set_root(&self, root: Link) {
        let order = if canary!(RelaxedSwap) { Relaxed } else { Release };
        self.root.store(root, order);
    }

    fn grow(&self, bytes: usize) {
        self.bytes.store(self.bytes.load(Relaxed) + bytes as u64, Relaxed);
    }

    fn shrink(&self, bytes: usize) {
        self.bytes.store(self.bytes.load(Relaxed) - bytes as u64, Relaxed);
    }
}

impl<K: TreeKey> Drop for Tree<K> {
    fn drop(&mut self) {
        edit::free::<K>(self.root_link());
    }
}
