//! Walking a range of entries, leaf by leaf, beside the writer.
//!
//! There are no links between leaves. A walk keeps the inner nodes that it came through, and goes on from them; when
//! the writer has replaced one of these, the walk goes on in the older one, which stays as it was at that moment. Of
//! each leaf it takes one [`Picture`](super::leaf::Picture), of which it copies the slots, whole leaves without
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

use super::key::TreeKey;
use super::leaf::{Edge, Leaf, PLACES, Picture};
use super::node::Node;
use super::places::Position;
use super::{Path, Step, Tree};

/// How far a walk has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Fresh,
    Walking,
    Done,
}

/// The slots of a range of entries, in the order of the entries or against it.
pub(crate) struct Range<'a, K: TreeKey> {
    tree: &'a Tree<K>,
    low: Option<Position<'a, K>>,
    high: Option<Position<'a, K>>,
    descending: bool,
    state: State,
    path: Path<'a, K>,
    /// What is left of the newest leaf: `slots[next..end]`.
    slots: [u32; PLACES],
    next: usize,
    end: usize,
    /// Where these slots are from, and where the newest chunk of them begins.
    source: Option<(Picture<'a, K>, Part)>,
    chunk: usize,
}

impl<'a, K: TreeKey> Range<'a, K> {
    pub(super) fn new(
        tree: &'a Tree<K>,
        low: Option<Position<'a, K>>,
        high: Option<Position<'a, K>>,
        descending: bool,
    ) -> Self {
        let (state, path) = (State::Fresh, Path::new());
        Self {
            tree,
            low,
            high,
            descending,
            state,
            path,
            slots: [0; PLACES],
            next: 0,
            end: 0,
            source: None,
            chunk: 0,
        }
    }

    /// Fills `out` with the next slots, and says how many: 0 at the end, else at least one and at most what is left of a leaf.
    pub(crate) fn next_chunk(&mut self, out: &mut [u32]) -> usize {
        if self.next == self.end && !self.refill() {
            return 0;
        }
        let len = (self.end - self.next).min(out.len());
        out[..len].copy_from_slice(&self.slots[self.next..self.next + len]);
        self.chunk = self.next;
        self.next += len;
        len
    }

    /// Whether the `nth` slot of the newest [chunk](Self::next_chunk) is there by the entry with this key. A slot may stand in
    /// a range several times, once for each key that its row had lately.
    pub(crate) fn stands_at(&self, nth: usize, key: K::Ref<'_>) -> bool {
        let Some((picture, part)) = &self.source else { return false };
        let met = self.chunk + nth;
        let Some(slot) = self.slots[..self.end].get(met) else { return false };
        let nth = if self.descending { self.end - 1 - met } else { met };
        picture.stands_at(part.from, part.to, nth, Position::at(key, *slot))
    }

    /// Goes on to the next leaf that has something of the range.
    fn refill(&mut self) -> bool {
        while self.state != State::Done {
            // User code may panic in here: then the walk is over.
            let state = std::mem::replace(&mut self.state, State::Done);
            let is_first = state == State::Fresh;
            let Some(leaf) = self.next_leaf(is_first) else {
                break;
            };
            let picture = leaf.picture();
            let part = self.part(&picture, is_first);
            if !part.is_last {
                self.state = State::Walking;
                self.prefetch_next();
            }
            self.end = picture.slots(part.from, part.to, &mut self.slots);
            self.next = 0;
            if self.descending {
                self.slots[..self.end].reverse();
            }
            self.source = Some((picture, part));
            if self.end > 0 {
                return true;
            }
        }
        false
    }

    /// Walks to the next leaf.
    fn next_leaf(&mut self, is_first: bool) -> Option<&'a Leaf<K>> {
        let mut node = if is_first { self.tree.root() } else { self.next_node()? };
        loop {
            match node {
                Node::Leaf(leaf) => return Some(leaf),
                Node::Inner(inner) => {
                    let at = match (self.descending, self.low, self.high) {
                        (false, Some(low), _) if is_first => inner.child_of(low),
                        (false, ..) => 0,
                        (true, _, Some(high)) if is_first => inner.child_before(high),
                        (true, ..) => inner.count() - 1,
                    };
                    self.path.push(Step { inner, at });
                    node = if is_first { inner.child_to_search(at) } else { inner.child(at) };
                }
            }
        }
    }

    /// The nearest node beside the path.
    fn next_node(&mut self) -> Option<Node<'a, K>> {
        loop {
            let step = self.path.last_mut()?;
            if let Some(at) = step.beside(self.descending) {
                step.at = at;
                return Some(step.inner.child(at));
            }
            self.path.pop();
        }
    }

    /// What of a leaf is in the range. Most leaves are all in it, which a look at the parent's separator tells.
    fn part(&self, picture: &Picture<'_, K>, is_first: bool) -> Part {
        let (start, end) = (Edge::START, picture.end());
        let seek = |at: Position<'a, K>| picture.seek(at);
        if self.descending {
            let to = self.high.filter(|_| is_first).map_or(end, seek);
            let separator = self.path.last().filter(|step| step.at > 0);
            match self.low {
                None => Part { from: start, to, is_last: false },
                Some(low)
                    if separator
                        .is_some_and(|step| !step.inner.separator_is_before(step.at, low)) =>
                {
                    Part { from: start, to, is_last: false }
                }
                Some(low) => {
                    let from = picture.seek(low);
                    Part { from, to, is_last: separator.is_some() || from != start }
                }
            }
        } else {
            let from = self.low.filter(|_| is_first).map_or(start, seek);
            let separator = self.path.last().filter(|step| step.at + 1 < step.inner.count());
            match self.high {
                None => Part { from, to: end, is_last: false },
                Some(high)
                    if separator
                        .is_some_and(|step| step.inner.separator_is_before(step.at + 1, high)) =>
                {
                    Part { from, to: end, is_last: false }
                }
                Some(high) => {
                    let to = picture.seek(high);
                    Part { from, to, is_last: separator.is_some() || to != end }
                }
            }
        }
    }

    /// Asks for the slots of the leaf that is next, while the caller is busy with this one's.
    fn prefetch_next(&self) {
        if let Some(step) = self.path.last()
            && let Some(at) = step.beside(self.descending)
            && let Node::Leaf(leaf) = step.inner.child(at)
        {
            leaf.prefetch_slots();
        }
    }
}

/// The part of a leaf that is in the range, and whether there is nothing of the range behind it.
struct Part {
    from: Edge,
    to: Edge,
    is_last: bool,
}

impl<K: TreeKey> Iterator for Range<'_, K> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.next == self.end && !self.refill() {
            return None;
        }
        let slot = self.slots[self.next];
        self.next += 1;
        Some(slot)
    }
}

impl<K: TreeKey> FusedIterator for Range<'_, K> {}
