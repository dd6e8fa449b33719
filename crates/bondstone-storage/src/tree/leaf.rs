//! A leaf: a sorted run of entries and a short tail of later ones, both only ever extended.
//!
//! A place is written once, before it is published by the leaf's [`Shape`], and is not changed while the leaf lives;
//! to remove its entry is to mark it dead. An entry that belongs behind the whole run extends the run while there is
//! no tail; any other goes to the tail. When the tail is full the leaf is replaced by new ones.
//!
//! The first entry of a tail freezes the run. So it is known for good at which place of the run a tail entry belongs
//! (its *rank*), and the order of the tail's entries stands in the shape: readers merge the two without looking at a
//! key.
//!
//! Readers load the shape (Acquire) *before* the dead marks. An entry that was removed and came back stands at two
//! places; whoever sees the second in the shape sees the first one's mark.

use std::ops::Range;

use super::key::TreeKey;
use super::node::{self, Blank, Head, prefetch};
use super::part::Part;
use super::places::{Entry, Places, Position};
use crate::sync::AtomicU64;
use crate::sync::Ordering::{Acquire, Relaxed, Release};
use crate::sync::canary;

/// Places of the run.
pub(super) const RUN: usize = if cfg!(any(loom, feature = "tiny")) { 4 } else { 56 };
/// Places of the tail.
pub(super) const TAIL: usize = if cfg!(any(loom, feature = "tiny")) { 2 } else { 8 };
/// All places: the run's, then the tail's. One bit each in the word of dead marks.
pub(super) const PLACES: usize = RUN + TAIL;

/// Which places are published: the length of the run (8 bits), that of the tail (8 bits), and for each tail entry in
/// ascending order its place in the tail (4 bits each).
#[derive(Clone, Copy)]
struct Shape(u64);

impl Shape {
    const fn of_run(len: usize) -> Self {
        Self(len as u64)
    }

    #[inline]
    const fn run(self) -> usize {
        (self.0 & 0xff) as usize
    }

    #[inline]
    const fn tail(self) -> usize {
        (self.0 >> 8 & 0xff) as usize
    }

    /// The places of all tail entries in order, counted from the tail's first, four bits each.
    #[inline]
    const fn order(self) -> u64 {
        self.0 >> 16
    }

    /// The place of the `nth` tail entry.
    #[inline]
    const fn place(self, nth: usize) -> usize {
        RUN + (self.0 >> (16 + 4 * nth) & 0xf) as usize
    }

    /// With the next place of the run published too.
    const fn with_longer_run(self) -> Self {
        Self(self.0 + 1)
    }

    /// With the next place of the tail published too, as the `nth` in order.
    const fn with_longer_tail(self, nth: usize) -> Self {
        let (order, shift) = (self.0 >> 16, 4 * nth);
        let less = order & ((1 << shift) - 1);
        let greater = order >> shift << (shift + 4);
        let order = greater | (self.tail() as u64) << shift | less;
        Self((order << 16) | ((self.0 & 0xffff) + 0x100))
    }
}

/// A cut between the entries of a leaf: so many places of the run, and so many of the tail in order, are before it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    run: usize,
    tail: usize,
}

impl Edge {
    /// Before the first entry.
    pub(super) const START: Self = Self { run: 0, tail: 0 };
}

/// What a search for an entry found.
pub(super) struct Found {
    /// Where the entry is, if it is there and alive.
    pub(super) place: Option<usize>,
    /// Where it belongs.
    pub(super) edge: Edge,
    /// Whether its key begins with the leaf's base.
    pub(super) fits: bool,
}

/// A leaf. The base does not change; everything else that does is atomic.
#[repr(C)]
pub(super) struct Leaf<K: TreeKey> {
    head: Head,
    base: u32,
    shape: AtomicU64,
    /// A byte for each tail place: how many places of the run are before its entry.
    ranks: AtomicU64,
    /// A bit for each place.
    dead: AtomicU64,
    places: Places<K, PLACES>,
}

// SAFETY: atomics of integers, and cells, of which `TreeKey` promises the same.
unsafe impl<K: TreeKey> Blank for Leaf<K> {
    #[cfg(loom)]
    fn blank() -> Self {
        let word = || AtomicU64::new(0);
        Self {
            head: Head::leaf(),
            base: 0,
            shape: word(),
            ranks: word(),
            dead: word(),
            places: Places::blank(),
        }
    }
}

impl<K: TreeKey> Leaf<K> {
    /// A leaf of these entries, at most [`RUN`].
    pub(super) fn new(entries: &[Entry<K>]) -> Box<Self> {
        let base = match entries {
            [first, .., last] => K::shared(first.word, last.word),
            // A single key shares all its bytes with itself, but its next neighbour will not.
            [only] => K::shared(only.word, only.word).min(only.base),
            [] => 0,
        };
        Self::with_base(entries, base)
    }

    /// A leaf of these entries, whose keys all begin with the same `base` bytes.
    pub(super) fn with_base(entries: &[Entry<K>], base: u32) -> Box<Self> {
        let mut leaf = node::blank::<Self>();
        leaf.base = base;
        leaf.places.fill(entries, base);
        leaf.shape.store(Shape::of_run(entries.len()).0, Relaxed);
        leaf
    }

    /// Asks for what a walk reads.
    #[inline]
    pub(super) fn prefetch_slots(&self) {
        prefetch(self, size_of::<Self>() - size_of::<[K::Cell; PLACES]>());
    }

    /// Asks for what a search reads.
    #[inline]
    pub(super) fn prefetch_keys(&self) {
        prefetch(self, 1);
        self.places.prefetch_keys();
    }

    #[inline]
    pub(super) const fn base(&self) -> u32 {
        self.base
    }

    /// What is published now.
    #[inline]
    pub(super) fn picture(&self) -> Picture<'_, K> {
        let early = canary!(DeadBeforeShape).then(|| self.dead.load(Relaxed));
        let shape = Shape(self.shape.load(Acquire));
        let dead = early.unwrap_or_else(|| self.dead.load(Relaxed));
        Picture { leaf: self, shape, ranks: self.ranks.load(Relaxed), dead }
    }

    /// The slot at `place`, which a picture showed.
    #[inline]
    pub(super) fn slot(&self, place: usize) -> u32 {
        // The remainder changes nothing, and spares a branch.
        self.places.slot(place % PLACES)
    }

    /// Whether the place, which a picture showed, holds the entry that the position is just before.
    pub(super) fn holds(&self, place: usize, at: Position<'_, K>) -> bool {
        self.places.is_at(place, self.base as usize, at)
    }

    /// Adds an entry behind the whole run. The picture is the newest, and [allows it](Picture::run_may_grow).
    pub(super) fn extend_run(&self, picture: &Picture<'_, K>, word: K::Word, slot: u32) {
        self.places.write(picture.shape.run(), word, slot);
        let order = if canary!(RelaxedRun) { Relaxed } else { Release };
        self.shape.store(picture.shape.with_longer_run().0, order);
    }

    /// Adds an entry to the tail. The picture is the newest, and [allows it](Picture::tail_may_grow).
    pub(super) fn extend_tail(
        &self,
        picture: &Picture<'_, K>,
        edge: Edge,
        word: K::Word,
        slot: u32,
    ) {
        let nth = picture.shape.tail();
        self.places.write(RUN + nth, word, slot);
        self.ranks.store(picture.ranks | (edge.run as u64) << (8 * nth), Relaxed);
        let order = if canary!(RelaxedTail) { Relaxed } else { Release };
        self.shape.store(picture.shape.with_longer_tail(edge.tail).0, order);
    }

    /// Marks a place dead. Release is not needed: who must not miss the mark sees something published later.
    pub(super) fn bury(&self, place: usize) {
        self.dead.store(self.dead.load(Relaxed) | 1 << place, Relaxed);
    }
}

/// What one look at a leaf saw.
pub(super) struct Picture<'a, K: TreeKey> {
    leaf: &'a Leaf<K>,
    shape: Shape,
    ranks: u64,
    dead: u64,
}

impl<'a, K: TreeKey> Picture<'a, K> {
    /// Behind the last entry.
    #[inline]
    pub(super) const fn end(&self) -> Edge {
        Edge { run: self.shape.run(), tail: self.shape.tail() }
    }

    /// How many entries are alive.
    pub(super) const fn live(&self) -> usize {
        self.shape.run() + self.shape.tail() - self.dead()
    }

    /// How many entries between two positions are alive; `None`: from the beginning, to the end.
    pub(super) fn live_between(
        &self,
        low: Option<Position<'_, K>>,
        high: Option<Position<'_, K>>,
    ) -> usize {
        let from = low.map_or(Edge::START, |low| self.seek(low));
        let to = high.map_or(self.end(), |high| self.seek(high));
        let run = (from.run..to.run).fold(0, |places, place| places | 1_u64 << place);
        let tail = (from.tail..to.tail).map(|nth| self.shape.place(nth));
        let places = tail.fold(run, |places, place| places | 1 << place);
        (places & !self.dead).count_ones() as usize
    }

    /// How many places are dead.
    pub(super) const fn dead(&self) -> usize {
        self.dead.count_ones() as usize
    }

    /// The picture after the entry at `place` is gone.
    pub(super) const fn without(self, place: usize) -> Self {
        Self { dead: self.dead | 1 << place, ..self }
    }

    /// Whether an entry at `edge` can be written behind the run.
    pub(super) const fn run_may_grow(&self, edge: Edge) -> bool {
        self.is_behind_run(edge) && self.shape.run() < RUN
    }

    /// Whether the leaf is a sorted run, and the edge behind it.
    pub(super) const fn is_behind_run(&self, edge: Edge) -> bool {
        self.shape.tail() == 0 && edge.run == self.shape.run()
    }

    /// Whether the run has no place left.
    pub(super) const fn is_full_run(&self) -> bool {
        self.shape.run() == RUN
    }

    /// Whether an entry can be written to the tail.
    pub(super) const fn tail_may_grow(&self) -> bool {
        self.shape.tail() < TAIL
    }

    #[inline]
    fn rank(&self, place: usize) -> usize {
        (self.ranks >> (8 * (place - RUN)) & 0xff) as usize
    }

    #[inline]
    const fn is_dead(&self, place: usize) -> bool {
        self.dead >> place & 1 == 1
    }

    /// Where the position is.
    #[inline]
    pub(super) fn seek(&self, at: Position<'_, K>) -> Edge {
        self.search(at).0
    }

    /// A part of whoever searches, of which there are few.
    #[inline(always)]
    fn search(&self, at: Position<'_, K>) -> (Edge, bool) {
        let Leaf { places, .. } = self.leaf;
        let base = self.leaf.base() as usize;
        let seek = places.seek(0..self.shape.run(), base, at);
        let tail = self.tail_before(seek.place, |place| places.precedes(place, base, at));
        (Edge { run: seek.place, tail }, seek.fits)
    }

    /// How many tail entries are before a position at `run` in the run. Few have this very rank, and only these must
    /// be compared.
    #[inline]
    fn tail_before(&self, run: usize, precedes: impl Fn(usize) -> bool) -> usize {
        let tail = self.shape.tail();
        if tail == 0 {
            return 0;
        }
        let (less, not_greater) = (tail - self.ranks_from(run), tail - self.ranks_from(run + 1));
        let ties = (less..not_greater).take_while(|&nth| precedes(self.shape.place(nth)));
        less + ties.count()
    }

    /// How many tail entries, of which there are some, have this rank or a higher one. All bytes are compared at
    /// once: none of them has its highest bit set, which so tells whether a difference is positive.
    #[inline]
    fn ranks_from(&self, rank: usize) -> usize {
        const ONES: u64 = u64::MAX / 0xff;
        const HIGHEST: u64 = ONES << 7;
        let reached = ((self.ranks | HIGHEST) - rank as u64 * ONES) & HIGHEST;
        let published = u64::MAX >> (u64::BITS as usize - 8 * self.shape.tail());
        (reached & published).count_ones() as usize
    }

    /// Looks for the entry that the position is just before.
    ///
    /// If it stands at several places, the run's is the oldest and the first one of the tail the newest; only the
    /// newest can be alive.
    #[inline]
    pub(super) fn find(&self, at: Position<'_, K>) -> Found {
        let (edge, fits) = self.search(at);
        let in_tail = (edge.tail < self.shape.tail()).then(|| self.shape.place(edge.tail));
        let in_run = (edge.run < self.shape.run()).then_some(edge.run);
        let is_it = |place: &usize| {
            fits && !self.is_dead(*place)
                && self.leaf.places.holds(*place, self.leaf.base() as usize, at)
        };
        let place = in_tail.filter(is_it).or_else(|| in_run.filter(is_it));
        Found { place, edge, fits }
    }

    /// What is between two edges, to be walked along.
    #[inline]
    pub(super) fn part(&self, from: Edge, to: Edge) -> Part<'a, K> {
        let order = self.shape.order() >> (4 * from.tail);
        let tail = to.tail.saturating_sub(from.tail);
        let (mut tails, mut run) = (0, from.run);
        for taken in 0..tail {
            let rank = self.rank(RUN + (order >> (4 * taken) & 0xf) as usize);
            // Ranks ascend within the part, unless user code has lied about the order.
            run = rank.min(to.run).max(run);
            tails |= 1 << (run - from.run + taken);
        }
        Part::new(self.leaf, self.dead, from.run..to.run, tail, order as u32, tails)
    }

    /// Copies the live entries between two edges, in order.
    pub(super) fn copy_entries(&self, from: Edge, to: Edge, out: &mut impl Extend<Entry<K>>) {
        let mut run = from.run;
        for nth in from.tail..to.tail {
            let place = self.shape.place(nth);
            // Ranks ascend, unless user code has lied about the order.
            let rank = self.rank(place).max(run);
            self.copy_places(run..rank, out);
            self.copy_places(place..place + 1, out);
            run = rank;
        }
        self.copy_places(run..to.run.max(run), out);
    }

    #[inline]
    fn copy_places(&self, places: Range<usize>, out: &mut impl Extend<Entry<K>>) {
        let Leaf { places: all, base, .. } = self.leaf;
        if self.dead == 0 {
            out.extend(all.entries(places, *base));
        } else {
            out.extend(places.filter(|&place| !self.is_dead(place)).map(|place| self.entry(place)));
        }
    }

    /// Hands out the words of all places, dead or alive.
    pub(super) fn words(&self, take: impl FnMut(K::Word)) {
        let run = 0..self.shape.run();
        let tail = RUN..RUN + self.shape.tail();
        run.chain(tail).map(|place| self.leaf.places.word(place)).for_each(take);
    }

    /// Hands out the words of all dead places.
    pub(super) fn dead_words(&self, mut take: impl FnMut(K::Word)) {
        let mut dead = self.dead;
        while dead != 0 {
            take(self.leaf.places.word(dead.trailing_zeros() as usize));
            dead &= dead - 1;
        }
    }

    /// The least entry ever written, alive or dead.
    pub(super) fn first_word(&self) -> Option<K::Word> {
        (self.shape.run() > 0).then(|| self.leaf.places.word(0))
    }

    /// The last entry of the run, alive or dead.
    pub(super) fn last_of_run(&self) -> Option<Entry<K>> {
        self.shape.run().checked_sub(1).map(|place| self.entry(place))
    }

    fn entry(&self, place: usize) -> Entry<K> {
        Entry {
            word: self.leaf.places.word(place),
            slot: self.leaf.places.slot(place),
            base: self.leaf.base(),
        }
    }
}
