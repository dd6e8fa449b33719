//! Walking a range of entries, leaf by leaf, beside the writer.
//!
//! There are no links between leaves. A walk keeps the inner nodes that it came through, and goes on from them; when
//! the writer has replaced one of these, the walk goes on in the older one, which stays as it was at that moment. Of
//! each leaf it takes one [`Picture`](super::leaf::Picture), along which it goes slot by slot, through whole leaves without
//! looking at a key.
//!
//! **Every entry that is there during the whole walk is met exactly once, no entry is met twice, and all are met in
//! order:**
//!
//! * The nodes that a walk holds cut the key space into disjoint ranges, by separators that do not change. The range
//!   of a node never grows (see [`edit`](super::edit)), so what a walk finds in a leaf is in the leaf's range, and
//!   nowhere else on its way. Within a leaf a picture shows an entry once (see [`leaf`](super::leaf)).
//! * An entry that was there when the walk took the root is in the range of one child of each node on its way, and in
//!   the subtree of that child. That remains so: the child is swapped for others with the same entries, if at all,
//!   and a node that has left the tree keeps its children. A range shrinks only when the last leaf of all is full:
//!   the new one begins with a new entry.
//! * An older picture of a leaf has the entry too: only its removal would mark it dead.

use std::iter::FusedIterator;

use smallvec::SmallVec;

use super::key::TreeKey;
use super::leaf::{Edge, Leaf, Picture};
use super::node::Node;
use super::part::Part;
use super::places::{Bounded, Position};
use super::{Step, Tree};

/// One of the two chunks of slots that a walk met last.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chunk {
    Older,
    Newest,
}

/// The slots of a range of entries, in the order of the entries or against it.
pub(crate) struct Range<'a, K: TreeKey> {
    /// Where the walk ends; `None`: with the tree.
    end: Option<Bounded<K>>,
    descending: bool,
    /// Nothing of the range is behind the newest leaf.
    is_last: bool,
    /// Shorter than the writer's: a walk is moved about, and three levels below the root are millions of entries.
    path: SmallVec<[Step<'a, K>; 4]>,
    /// What is left of the newest leaf.
    part: Part<'a, K>,
    /// The two newest chunks, the older one first, each with what was behind it.
    chunks: [Part<'a, K>; 2],
}

impl<'a, K: TreeKey> Range<'a, K> {
    /// Walks to the first leaf. May run user code, as going on may.
    #[inline]
    pub(super) fn new(
        tree: &'a Tree<K>,
        low: Option<Bounded<K>>,
        high: Option<Bounded<K>>,
        descending: bool,
    ) -> Self {
        let (start, end) = if descending { (high, low) } else { (low, high) };
        let start = start.as_ref().map(Bounded::position);
        let mut path = SmallVec::new();
        let leaf = first_leaf(tree.root(), start, descending, &mut path);
        let picture = leaf.picture();
        let edge = match start {
            Some(start) => picture.seek(start),
            None if descending => picture.end(),
            None => Edge::START,
        };
        let (part, is_last) = rest(&picture, edge, end.as_ref(), path.last(), descending);
        let range = Self { end, descending, is_last, path, part, chunks: [part; 2] };
        range.prefetch_next();
        range
    }

    /// Shows the next slots, `most` at most, each with its place in the chunk, and says how many: 0 at the end, else at least
    /// one and not more than what is left of a leaf. At a place may be shown what is not of the chunk, before what is or behind all that are.
    ///
    /// A slot is shown after the leaf was looked at: what the writer made before he named the slot is there.
    #[inline(always)]
    pub(crate) fn next_chunk(&mut self, most: usize, mut show: impl FnMut(usize, u32)) -> usize {
        loop {
            let before = self.part;
            let len = self.part.take(most, &mut show, self.descending);
            if len > 0 || !self.next_part() {
                self.chunks = [self.chunks[1], before];
                return len;
            }
        }
    }

    /// The `nth` slot of the newest [chunk](Self::next_chunk) or of the one before.
    pub(crate) fn slot(&self, chunk: Chunk, nth: usize) -> Option<u32> {
        self.chunks[chunk as usize].slot(nth, self.descending)
    }

    /// Whether the `nth` slot of a chunk is there by the entry with this key. A slot may stand in a range several times, once
    /// for each key that its row had lately.
    pub(crate) fn stands_at(&self, chunk: Chunk, nth: usize, key: K::Ref<'_>) -> bool {
        self.chunks[chunk as usize].stands_at(nth, key, self.descending)
    }

    /// Goes on to the next leaf, if it may have something of the range.
    #[inline(never)]
    fn next_part(&mut self) -> bool {
        // User code may panic in here: then the walk is over.
        if std::mem::replace(&mut self.is_last, true) {
            return false;
        }
        let Some(leaf) = self.next_leaf() else { return false };
        let picture = leaf.picture();
        let edge = if self.descending { picture.end() } else { Edge::START };
        let (part, is_last) =
            rest(&picture, edge, self.end.as_ref(), self.path.last(), self.descending);
        (self.part, self.is_last) = (part, is_last);
        self.prefetch_next();
        true
    }

    /// Walks to the nearest leaf beside the path.
    fn next_leaf(&mut self) -> Option<&'a Leaf<K>> {
        let mut node = loop {
            let step = self.path.last_mut()?;
            if let Some(at) = step.beside(self.descending) {
                step.at = at;
                break step.inner.child(at);
            }
            self.path.pop();
        };
        loop {
            match node {
                Node::Leaf(leaf) => return Some(leaf),
                Node::Inner(inner) => {
                    let at = if self.descending { inner.count() - 1 } else { 0 };
                    self.path.push(Step { inner, at });
                    node = inner.child(at);
                }
            }
        }
    }

    /// Asks for the slots of the leaf that is next, while the caller is busy with this one's.
    #[inline]
    fn prefetch_next(&self) {
        if !self.is_last
            && let Some(step) = self.path.last()
            && let Some(at) = step.beside(self.descending)
            && let Node::Leaf(leaf) = step.inner.child(at)
        {
            leaf.prefetch_slots();
        }
    }
}

/// The leaf in which a walk starts, and the way to it.
#[inline]
fn first_leaf<'a, K: TreeKey>(
    root: Node<'a, K>,
    start: Option<Position<'_, K>>,
    descending: bool,
    path: &mut SmallVec<[Step<'a, K>; 4]>,
) -> &'a Leaf<K> {
    let mut node = root;
    loop {
        match node {
            Node::Leaf(leaf) => return leaf,
            Node::Inner(inner) => {
                let at = match (start, descending) {
                    (Some(low), false) => inner.child_of(low),
                    (Some(high), true) => inner.child_before(high),
                    (None, false) => 0,
                    (None, true) => inner.count() - 1,
                };
                path.push(Step { inner, at });
                node = inner.child_to_search(at);
            }
        }
    }
}

/// What of a leaf is between where a walk enters it and the walk's end, and whether the walk ends there. Most leaves end
/// before the walk does, which a look at the parent's separator tells.
#[inline]
fn rest<'a, K: TreeKey>(
    picture: &Picture<'a, K>,
    edge: Edge,
    end: Option<&Bounded<K>>,
    step: Option<&Step<'a, K>>,
    descending: bool,
) -> (Part<'a, K>, bool) {
    let (far, is_last) = match end {
        None => (far_edge(picture, descending), false),
        Some(end) => last_edge(picture, end.position(), step, descending),
    };
    let part = if descending { picture.part(far, edge) } else { picture.part(edge, far) };
    (part, is_last)
}

/// Where a walk that ends at a position leaves a leaf, and whether that is its end.
fn last_edge<K: TreeKey>(
    picture: &Picture<'_, K>,
    end: Position<'_, K>,
    step: Option<&Step<'_, K>>,
    descending: bool,
) -> (Edge, bool) {
    let far = far_edge(picture, descending);
    let separator = match step {
        Some(step) if descending && step.at > 0 => Some((step.inner, step.at)),
        Some(step) if !descending && step.at + 1 < step.inner.count() => {
            Some((step.inner, step.at + 1))
        }
        _ => None,
    };
    match separator {
        Some((inner, place)) if inner.separator_is_before(place, end) != descending => (far, false),
        separator => {
            let edge = picture.seek(end);
            (edge, separator.is_some() || edge != far)
        }
    }
}

/// The edge of a leaf at which a walk through it leaves it.
#[inline]
fn far_edge<K: TreeKey>(picture: &Picture<'_, K>, descending: bool) -> Edge {
    if descending { Edge::START } else { picture.end() }
}

impl<K: TreeKey> Iterator for Range<'_, K> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        loop {
            if let Some(slot) = self.part.take_one(self.descending) {
                return Some(slot);
            }
            if !self.next_part() {
                return None;
            }
        }
    }
}

impl<K: TreeKey> FusedIterator for Range<'_, K> {}
