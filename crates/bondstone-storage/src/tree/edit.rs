//! Replacing nodes: what the writer does when an entry does not fit in a leaf, or too few are left.
//!
//! All new nodes are made first and linked to each other; then *one* store, of a child pointer or of the root,
//! publishes them together; then what they replace is retired. So a reader sees the tree before the change or after
//! it.
//!
//! **The range of a node never grows**. The space of a leaf that goes is taken by a new copy of its neighbour. (Were
//! the old neighbour just left to cover it, a reader that walks down an older picture of the parent could meet there,
//! a second time, an entry that was removed from the leaf that went.) An inner node has two children at least, so
//! that there is always such a neighbour under the same parent.

use std::ops::{Deref, Range};

use smallvec::SmallVec;

use super::inner::{Branch, FAN, Inner};
use super::key::TreeKey;
use super::leaf::{Edge, Leaf, PLACES, Picture, RUN};
use super::node::{self, Link, Node, inner_link, leaf_link};
use super::places::Entry;
use super::{Path, Step, Tree};
use crate::sync::canary;
use crate::writer::Writer;

/// Two nodes that have together at most half of what fits in one are merged.
const SPARSE_LEAF: usize = PLACES / 2;
const SPARSE_INNER: usize = FAN / 2;

/// The entries of a leaf to be: a full leaf's and a new one, at most.
struct Entries<K: TreeKey> {
    all: [Entry<K>; PLACES + 1],
    len: usize,
}

impl<K: TreeKey> Entries<K> {
    const fn new() -> Self {
        Self { all: [Entry::NOTHING; PLACES + 1], len: 0 }
    }

    fn push(&mut self, entry: Entry<K>) {
        self.all[self.len] = entry;
        self.len += 1;
    }
}

impl<K: TreeKey> Extend<Entry<K>> for Entries<K> {
    /// By copying to so many places in a row: a check for each would cost more than the copy.
    #[inline]
    fn extend<I: IntoIterator<Item = Entry<K>>>(&mut self, entries: I) {
        for (place, entry) in self.all[self.len..].iter_mut().zip(entries) {
            *place = entry;
            self.len += 1;
        }
    }
}

impl<K: TreeKey> Deref for Entries<K> {
    type Target = [Entry<K>];

    fn deref(&self) -> &[Entry<K>] {
        &self.all[..self.len]
    }
}

/// Children of one parent, and what takes their place.
struct Change<K: TreeKey> {
    old: Range<usize>,
    new: SmallVec<[Branch<K>; 2]>,
}

/// A word with memory of its own that no node holds yet. It is retired if user code panics before one does.
struct Unpublished<'w, K: TreeKey> {
    writer: &'w mut Writer,
    word: Option<K::Word>,
}

impl<K: TreeKey> Unpublished<'_, K> {
    fn publish(mut self) {
        self.word = None;
    }
}

impl<K: TreeKey> Drop for Unpublished<'_, K> {
    fn drop(&mut self) {
        let Some(word) = self.word.take() else { return };
        // SAFETY: nobody else has the word.
        if let Some(garbage) = unsafe { K::garbage(word) } {
            self.writer.retire(garbage);
        }
    }
}

/// Where to divide entries that do not fit in one leaf. Behind the last one, if that is new and nothing is to its
/// right: keys that ascend leave full leaves behind.
fn middle(len: usize, ascending: bool) -> usize {
    if ascending { (len - 1).min(RUN) } else { len / 2 }
}

impl<K: TreeKey> Tree<K> {
    /// Adds an entry to a leaf that has no room for it, or whose base it does not have.
    pub(super) fn rebuild(
        &self,
        writer: &mut Writer,
        path: &Path<'_, K>,
        picture: &Picture<'_, K>,
        edge: Edge,
        entry: Entry<K>,
    ) {
        let unpublished = Unpublished::<K> { writer, word: Some(entry.word) };
        let mut entries = Entries::<K>::new();
        picture.copy_entries(Edge::START, edge, &mut entries);
        entries.push(entry);
        let ascending = edge == picture.end() && is_last(path);
        picture.copy_entries(edge, picture.end(), &mut entries);
        let separator = self.separator(&entries, ascending);
        unpublished.publish();

        let at = place(path);
        self.replace(writer, path, at..at + 1, &entries, separator);
        picture.dead_words(|word| self.retire_word(writer, word));
    }

    /// Adds the greatest entry of all in a leaf of its own: the last leaf is full, and stays as it is.
    pub(super) fn append(
        &self,
        writer: &mut Writer,
        path: &Path<'_, K>,
        picture: &Picture<'_, K>,
        entry: Entry<K>,
    ) {
        let unpublished = Unpublished::<K> { writer, word: Some(entry.word) };
        let last = picture.last_of_run();
        let low = last.map_or(Entry::NOTHING, |last| self.divide(last, entry));
        unpublished.publish();

        // The next keys will share about as much as the last ones did.
        let base = picture.first_word().map_or(0, |first| K::shared(first, entry.word));
        let child = self.new_leaf(Leaf::with_base(&[entry], base));
        let at = place(path) + 1;
        self.splice(
            writer,
            path,
            Change { old: at..at, new: [Branch { low, child }].into_iter().collect() },
        );
    }

    /// Makes a new leaf of what `picture` still holds, together with a neighbour's entries if both are sparse.
    pub(super) fn compact(
        &self,
        writer: &mut Writer,
        path: &Path<'_, K>,
        picture: &Picture<'_, K>,
    ) {
        let neighbour = path.last().and_then(|step| sparse_neighbour(step, picture.live()));
        let at = place(path);
        let (old, other) = match &neighbour {
            Some((place, other)) => (at.min(*place)..at.max(*place) + 1, Some(other)),
            None => (at..at + 1, None),
        };
        let (before, behind) = if old.start < at { (other, None) } else { (None, other) };
        let mut entries = Entries::<K>::new();
        for picture in before.into_iter().chain([picture]).chain(behind) {
            picture.copy_entries(Edge::START, picture.end(), &mut entries);
        }
        let separator = self.separator(&entries, false);

        self.replace(writer, path, old, &entries, separator);
        for picture in other.into_iter().chain([picture]) {
            picture.dead_words(|word| self.retire_word(writer, word));
        }
    }

    /// Where to divide the entries if they need two leaves, and the separator to stand there. May run user code.
    fn separator(&self, entries: &[Entry<K>], ascending: bool) -> Option<(usize, Entry<K>)> {
        (entries.len() > RUN).then(|| {
            let cut = middle(entries.len(), ascending);
            (cut, self.divide(entries[cut - 1], entries[cut]))
        })
    }

    pub(super) fn divide(&self, left: Entry<K>, right: Entry<K>) -> Entry<K> {
        let (word, slot) = K::divide(left.word, right.word, right.slot);
        self.grow(K::heap(word));
        Entry { word, slot, base: 0 }
    }

    /// Puts one or two new leaves of `entries` in the place of neighbouring ones.
    fn replace(
        &self,
        writer: &mut Writer,
        path: &Path<'_, K>,
        old: Range<usize>,
        entries: &[Entry<K>],
        separator: Option<(usize, Entry<K>)>,
    ) {
        let (cut, separator) = separator.unzip();
        let (left, right) = entries.split_at(cut.unwrap_or(entries.len()));
        let low = low(path, old.start);
        let mut new = SmallVec::<[Branch<K>; 2]>::new();
        new.push(Branch { low, child: self.new_leaf(Leaf::new(left)) });
        if let Some(low) = separator {
            new.push(Branch { low, child: self.new_leaf(Leaf::new(right)) });
        }
        let replaced: SmallVec<[Branch<K>; 2]> = match path.last() {
            Some(step) => old.clone().map(|place| step.inner.branch(place)).collect(),
            None => [Branch { low, child: self.root_link() }].into_iter().collect(),
        };
        if canary!(HalfPublished)
            && let Some(step) = path.last()
        {
            step.inner.swap(old.start, new[0].child);
        }

        self.splice(writer, path, Change { old, new });
        for branch in &replaced {
            self.retire_node(writer, branch.child);
        }
        for branch in &replaced[1..] {
            self.retire_word(writer, branch.low.word);
        }
    }

    /// Makes a change to the children of the last node of `path`, copying the nodes above as far as their number of
    /// children changes, and publishes it.
    fn splice(&self, writer: &mut Writer, mut path: &[Step<'_, K>], mut change: Change<K>) {
        let mut replaced = SmallVec::<[Link; 8]>::new();
        loop {
            let Some((step, above)) = path.split_last() else {
                self.publish_root(&change);
                break;
            };
            if change.old.len() == 1 && change.new.len() == 1 {
                step.inner.swap(change.old.start, change.new[0].child);
                break;
            }
            change = self.carry(step, above, change, &mut replaced);
            path = above;
        }
        for link in replaced {
            self.retire_node(writer, link);
        }
    }

    /// The change to the parent that a change to the children of the node at `step` means. Nodes to go are added to
    /// `replaced`.
    fn carry(
        &self,
        step: &Step<'_, K>,
        above: &[Step<'_, K>],
        Change { old, new }: Change<K>,
        replaced: &mut SmallVec<[Link; 8]>,
    ) -> Change<K> {
        let ascending = old.end == step.inner.count() && is_last(above);
        let mut branches: Vec<_> = step.inner.branches().collect();
        branches.splice(old, new);
        let at = place(above);
        replaced
            .push(above.last().map_or_else(|| self.root_link(), |parent| parent.inner.link(at)));
        let mut old = at..at + 1;
        match above.last() {
            None if branches.len() == 1 => {
                return Change { old, new: branches.into() };
            }
            Some(parent) if branches.len() < step.inner.count() => {
                if let Some(sibling) = sparse_sibling(parent, branches.len()) {
                    replaced.push(parent.inner.link(sibling));
                    old = at.min(sibling)..at.max(sibling) + 1;
                    branches = join(parent, sibling, branches);
                }
            }
            _ => {}
        }
        let cut = match branches.len() {
            ..=FAN => branches.len(),
            // Two children are the fewest.
            len if ascending => len - 2,
            len => len / 2,
        };
        let level = step.inner.level() - 1;
        let mut new = SmallVec::new();
        new.push(Branch {
            low: low(above, old.start),
            child: self.new_inner(level, &branches[..cut]),
        });
        if let Some(first) = branches.get(cut) {
            new.push(Branch { low: first.low, child: self.new_inner(level, &branches[cut..]) });
        }
        Change { old, new }
    }

    /// Publishes a change to the root, the only child of nobody: another node takes its place, or it becomes two.
    fn publish_root(&self, Change { old, new }: &Change<K>) {
        let root = match new.as_slice() {
            [only] if old.len() == 1 => only.child,
            new => {
                let kept = Branch { low: Entry::NOTHING, child: self.root_link() };
                let branches: SmallVec<[_; 2]> =
                    [kept].into_iter().take(old.start).chain(new.iter().copied()).collect();
                self.new_inner(self.root().level(), &branches)
            }
        };
        self.set_root(root);
    }

    pub(super) fn new_inner(&self, level: u32, branches: &[Branch<K>]) -> Link {
        self.grow(size_of::<Inner<K>>());
        inner_link(Inner::new(level, branches))
    }

    pub(super) fn new_leaf(&self, leaf: Box<Leaf<K>>) -> Link {
        self.grow(size_of::<Leaf<K>>());
        leaf_link(leaf)
    }

    fn retire_node(&self, writer: &mut Writer, link: Link) {
        self.shrink(size_of_node::<K>(link));
        // SAFETY: the store that published the change took the node out of the tree, and each change retires what it
        // replaces once.
        writer.retire(unsafe { node::garbage::<K>(link) });
    }

    fn retire_word(&self, writer: &mut Writer, word: K::Word) {
        self.shrink(K::heap(word));
        // SAFETY: the nodes that held the word have left the tree, and the word of a dead place, or of a separator
        // between replaced nodes, is not copied into new ones.
        if let Some(garbage) = unsafe { K::garbage(word) } {
            writer.retire(garbage);
        }
    }
}

/// Which child of its last node a path goes through; of a root alone, the only one.
fn place<K: TreeKey>(path: &[Step<'_, K>]) -> usize {
    path.last().map_or(0, |step| step.at)
}

/// Whether nothing is to the right of a path.
pub(super) fn is_last<K: TreeKey>(path: &[Step<'_, K>]) -> bool {
    path.iter().all(|step| step.at + 1 == step.inner.count())
}

/// The separator before a child of the last node of `path`.
fn low<K: TreeKey>(path: &[Step<'_, K>], place: usize) -> Entry<K> {
    path.last().map_or(Entry::NOTHING, |step| step.inner.branch(place).low)
}

/// The places beside a step, under the same parent.
fn beside<K: TreeKey>(step: &Step<'_, K>) -> impl Iterator<Item = usize> {
    let right = (step.at + 1 < step.inner.count()).then_some(step.at + 1);
    step.at.checked_sub(1).into_iter().chain(right)
}

/// A leaf beside the one at `step` to merge it with when `live` entries are left in it. If none is, there is always
/// one.
fn sparse_neighbour<'a, K: TreeKey>(
    step: &Step<'a, K>,
    live: usize,
) -> Option<(usize, Picture<'a, K>)> {
    beside(step)
        .filter_map(|place| match step.inner.child(place) {
            Node::Leaf(leaf) => Some((place, leaf.picture())),
            Node::Inner(_) => None,
        })
        .find(|(_, picture)| live == 0 || live + picture.live() <= SPARSE_LEAF)
}

/// An inner node beside the one at `step` to merge it with when `count` children are left in it. If one is, there is
/// always one.
fn sparse_sibling<K: TreeKey>(step: &Step<'_, K>, count: usize) -> Option<usize> {
    beside(step).find(|&place| match step.inner.child(place) {
        Node::Inner(inner) => count == 1 || count + inner.count() <= SPARSE_INNER,
        Node::Leaf(_) => false,
    })
}

/// The branches of the node at `step` and those of its sibling, in order. The separator between the two comes down.
fn join<K: TreeKey>(
    step: &Step<'_, K>,
    sibling: usize,
    branches: Vec<Branch<K>>,
) -> Vec<Branch<K>> {
    let Node::Inner(other) = step.inner.child(sibling) else {
        return branches;
    };
    let other = other.branches().collect();
    let (mut left, mut right) =
        if sibling < step.at { (other, branches) } else { (branches, other) };
    right[0].low = step.inner.separator(step.at.max(sibling));
    left.append(&mut right);
    left
}

/// Frees a node and all that is below it, at the end of its tree.
pub(super) fn free<K: TreeKey>(link: Link) {
    // SAFETY: nobody is left who could look at the tree.
    match unsafe { Node::<K>::behind(link) } {
        Node::Leaf(leaf) => leaf.picture().words(|word| free_word::<K>(word)),
        Node::Inner(inner) => {
            for place in 0..inner.count() {
                free::<K>(inner.link(place));
            }
            for place in 1..inner.count() {
                free_word::<K>(inner.separator(place).word);
            }
        }
    }
    // SAFETY: as above; each node has one parent.
    drop(unsafe { node::garbage::<K>(link) });
}

pub(super) fn free_word<K: TreeKey>(word: K::Word) {
    // SAFETY: as for its node; each word with memory of its own is in one place.
    drop(unsafe { K::garbage(word) });
}

/// How many bytes a node takes.
fn size_of_node<K: TreeKey>(link: Link) -> usize {
    // SAFETY: asked by the writer, of a node that is not yet retired.
    unsafe { Node::<K>::behind(link) }.bytes()
}
