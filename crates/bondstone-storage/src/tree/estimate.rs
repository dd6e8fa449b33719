//! How many entries lie between two keys, told by the shape of the tree.
//!
//! Both ends are looked for at once. While they go the same way nothing is counted; where they part, the children between
//! them are whole, and below that every child on the inner side of either end is. A leaf in which an end lies is counted. Of
//! whole children a few are looked into, and the others are taken to be like them.
//!
//! So the answer is exact where no more than [`SAMPLES`] leaves lie between the ends, and is off otherwise by as much as the
//! children of one node differ from each other: leaves are filled between a third and whole, and so are inner nodes, but for
//! the last of a level. How the keys are distributed does not matter. The writer may change things meanwhile: what is
//! counted may never have been there at once, and is old when it arrives, as every answer is.

use std::ops::{Bound, Range};

use super::Tree;
use super::inner::Inner;
use super::key::TreeKey;
use super::node::Node;
use super::places::Position;

/// So many of a node's whole children are looked into.
const SAMPLES: usize = 4;

impl<K: TreeKey> Tree<K> {
    /// About how many entries have keys between the bounds. O(log n). May run user code.
    pub(crate) fn estimate(&self, low: Bound<K::Ref<'_>>, high: Bound<K::Ref<'_>>) -> usize {
        match (Position::low(low), Position::high(high)) {
            (None, None) => self.len(),
            (low, high) => between(self.root(), low, high),
        }
    }
}

/// The entries of a subtree between two positions, of which each is in its range or is none.
fn between<K: TreeKey>(
    node: Node<'_, K>,
    low: Option<Position<'_, K>>,
    high: Option<Position<'_, K>>,
) -> usize {
    let inner = match node {
        Node::Leaf(leaf) => {
            let picture = leaf.picture();
            return picture.live_between(low, high);
        }
        Node::Inner(inner) => inner,
    };
    let first = low.map(|low| inner.child_of(low));
    let last = high.map(|high| inner.child_before(high));
    if let (Some(first), Some(last)) = (first, last)
        && first >= last
    {
        // Beyond each other the ends have nothing between them.
        return if first == last { between(inner.child(first), low, high) } else { 0 };
    }
    let begins = first.map_or(0, |first| between(inner.child(first), low, None));
    let ends = last.map_or(0, |last| between(inner.child(last), None, high));
    let whole = first.map_or(0, |first| first + 1)..last.unwrap_or(inner.count());
    begins + whole_children(inner, whole) + ends
}

/// The entries of some children of a node, judged by a few that are spread evenly among them.
fn whole_children<K: TreeKey>(inner: &Inner<K>, children: Range<usize>) -> usize {
    let (first, count) = (children.start, children.len());
    let samples = count.min(SAMPLES);
    let nth = |sample: usize| first + (2 * sample + 1) * count / (2 * samples);
    let sampled: usize = (0..samples).map(|sample| whole(inner.child(nth(sample)))).sum();
    if samples == count { sampled } else { sampled * count / samples }
}

/// The entries of a subtree, if all of it is like what is in its middle.
fn whole<K: TreeKey>(node: Node<'_, K>) -> usize {
    match node {
        Node::Leaf(leaf) => leaf.picture().live(),
        Node::Inner(inner) => inner.count() * whole(inner.child(inner.count() / 2)),
    }
}
