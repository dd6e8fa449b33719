//! Whether a tree is as it should be: for tests, and for those who doubt their memory.

use super::inner::FAN;
use super::key::TreeKey;
use super::leaf::Edge;
use super::node::Node;
use super::places::Entry;
use super::{Inner, Leaf, Tree};
use crate::sync::Ordering::Relaxed;

/// What has been counted on the way.
#[derive(Default)]
struct Sum {
    entries: usize,
    bytes: usize,
}

/// The entries that a node may have: from `low` up to, but without, `high`.
struct Space<K: TreeKey> {
    low: Option<Entry<K>>,
    high: Option<Entry<K>>,
}

fn is_less<K: TreeKey>(left: &Entry<K>, right: &Entry<K>) -> bool {
    K::order(left.word, right.word).then(left.slot.cmp(&right.slot)).is_lt()
}

fn ensure(holds: bool, complaint: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(complaint.to_owned()) }
}

impl<K: TreeKey> Tree<K> {
    /// Checks order, separators, fill and counts, while the writer rests.
    pub(crate) fn check(&self) -> Result<(), String> {
        let mut sum = Sum::default();
        check_node(self.root(), &Space { low: None, high: None }, true, &mut sum)?;
        ensure(sum.entries as u64 == self.entries.load(Relaxed), "the number of entries is wrong")?;
        ensure(sum.bytes == self.bytes(), "the number of bytes is wrong")
    }
}

fn check_node<K: TreeKey>(
    node: Node<'_, K>,
    space: &Space<K>,
    is_root: bool,
    sum: &mut Sum,
) -> Result<(), String> {
    sum.bytes += node.bytes();
    match node {
        Node::Leaf(leaf) => check_leaf(leaf, space, is_root, sum),
        Node::Inner(inner) => check_inner(inner, space, sum),
    }
}

fn check_leaf<K: TreeKey>(
    leaf: &Leaf<K>,
    space: &Space<K>,
    is_root: bool,
    sum: &mut Sum,
) -> Result<(), String> {
    let picture = leaf.picture();
    picture.words(|word| sum.bytes += K::heap(word));
    let mut entries = Vec::with_capacity(picture.live());
    picture.copy_entries(Edge::START, picture.end(), &mut entries);
    sum.entries += entries.len();
    ensure(entries.len() == picture.live(), "a leaf's entries are not as many as it says")?;
    ensure(is_root || !entries.is_empty(), "a leaf is empty")?;
    ensure(entries.is_sorted_by(is_less), "a leaf is out of order")?;
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
        return Ok(());
    };
    ensure(
        space.low.is_none_or(|low| !is_less(first, &low)),
        "an entry is below its leaf's separator",
    )?;
    ensure(space.high.is_none_or(|high| is_less(last, &high)), "an entry is above its leaf's range")
}

fn check_inner<K: TreeKey>(
    inner: &Inner<K>,
    space: &Space<K>,
    sum: &mut Sum,
) -> Result<(), String> {
    ensure((2..=FAN).contains(&inner.count()), "an inner node has too few or too many children")?;
    let mut low = space.low;
    for place in 0..inner.count() {
        let high =
            if place + 1 < inner.count() { Some(inner.separator(place + 1)) } else { space.high };
        if place > 0 {
            sum.bytes += K::heap(inner.separator(place).word);
        }
        if let (Some(low), Some(high)) = (&low, &high) {
            ensure(is_less(low, high), "separators are out of order")?;
        }
        let child = inner.child(place);
        ensure(child.level() + 1 == inner.level(), "a child is not one level below its parent")?;
        check_node(child, &Space { low, high }, false, sum)?;
        low = high;
    }
    Ok(())
}
