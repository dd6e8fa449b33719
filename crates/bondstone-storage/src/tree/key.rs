//! What a tree needs to know of its keys, and the two kinds that are plain integers.
//!
//! A key is stored as a *word*: what an entry's place holds of it. Integers are their own word; other kinds keep
//! their content behind a pointer in the word, in memory that belongs to the entry. Words are copied freely between
//! the old and the new copy of a node; the memory behind them is retired once, when the place that holds the word is
//! left behind.
//!
//! Order within a node is decided by *heads*, small integers that a search compares without leaving the node, and
//! only between equal heads by [`TreeKey::tie`]. A head may leave out the *base*: as many leading bytes as all keys
//! of the node share. So a head means something only together with the base of its node.
//!
//! **Who may look through a word**: memory behind a word is retired with the node that held it, so whoever found the
//! word in a node, and still holds the snapshot or the writer with which he found it, may follow it. All functions
//! here that take a word rely on that.

use std::cmp::Ordering;

use crate::sync::AtomicU64;
use crate::sync::Ordering::Relaxed;
use crate::writer::Garbage;

/// A kind of key.
///
/// # Safety
/// A cell of zeros is the one that holds [`NOTHING`](Self::NOTHING), unless it is built for the model checker.
pub(crate) unsafe trait TreeKey: Sized + 'static {
    /// A key as callers hand it in.
    type Ref<'a>: Copy;
    /// A key as a bound of a walk keeps it.
    type Owned;
    /// A key as an entry stores it.
    type Word: Copy;
    /// The part of a word that is compared first.
    type Head: Copy + Ord;
    /// The place of a word in a node, made of atomics.
    type Cell: Send + Sync;

    /// The word of a place that holds no key.
    const NOTHING: Self::Word;

    /// The key that a bound keeps.
    fn lend(key: &Self::Owned) -> Self::Ref<'_>;

    /// A place that holds [`NOTHING`](Self::NOTHING).
    #[cfg(loom)]
    fn cell() -> Self::Cell;

    /// The word in `cell`, which was published before.
    fn load(cell: &Self::Cell) -> Self::Word;

    /// Writes `word` to a cell that is not yet published.
    fn store(cell: &Self::Cell, word: Self::Word);

    /// The head of the word in `cell`.
    fn head(cell: &Self::Cell) -> Self::Head;

    /// The head that `key` would have in a node with this base.
    fn probe(key: Self::Ref<'_>, base: usize) -> Self::Head;

    /// Where the first `base` bytes of `key` stand to those that all keys of a node share; `sample` is one of these
    /// keys.
    fn side(_key: Self::Ref<'_>, _base: usize, _sample: Self::Word) -> Ordering {
        Ordering::Equal
    }

    /// The order of the key of `word` to `key`, their bases and heads being equal.
    fn tie(_word: Self::Word, _key: Self::Ref<'_>, _base: usize) -> Ordering {
        Ordering::Equal
    }

    /// The longest base of a node whose least and greatest keys are these.
    fn shared(_first: Self::Word, _last: Self::Word) -> u32 {
        0
    }

    /// `word`, with its head changed from one base to another.
    fn rebase(word: Self::Word, _from: u32, _to: u32) -> Self::Word {
        word
    }

    /// A word for `key` with memory of its own. May run user code.
    fn own(key: Self::Ref<'_>, base: u32) -> Self::Word;

    /// A separator, greater than every entry of key `left` and not greater than the entry `(right, slot)`: its word,
    /// with memory of its own and based at 0, and its slot. May run user code.
    ///
    /// When the keys are equal, it is the slot alone that separates.
    fn divide(left: Self::Word, right: Self::Word, slot: u32) -> (Self::Word, u32);

    /// The memory behind `word`.
    ///
    /// # Safety
    /// No node that a new reader could reach holds `word`, and this is asked once for each word that was
    /// [owned](Self::own) or [divided](Self::divide).
    unsafe fn garbage(_word: Self::Word) -> Option<Garbage> {
        None
    }

    /// How many bytes are behind `word`.
    fn heap(_word: Self::Word) -> usize {
        0
    }

    /// The order of two stored keys.
    fn order(left: Self::Word, right: Self::Word) -> Ordering;
}

/// Keys whose order-preserving encoding fits eight bytes.
// SAFETY: zero is `NOTHING`.
unsafe impl TreeKey for u64 {
    type Ref<'a> = Self;
    type Owned = Self;
    type Word = Self;
    type Head = Self;
    type Cell = AtomicU64;

    const NOTHING: Self = 0;

    #[inline]
    fn lend(key: &Self) -> Self {
        *key
    }

    #[cfg(loom)]
    fn cell() -> AtomicU64 {
        AtomicU64::new(0)
    }

    #[inline]
    fn load(cell: &AtomicU64) -> Self {
        cell.load(Relaxed)
    }

    #[inline]
    fn store(cell: &AtomicU64, word: Self) {
        cell.store(word, Relaxed);
    }

    #[inline]
    fn head(cell: &AtomicU64) -> Self {
        cell.load(Relaxed)
    }

    #[inline]
    fn probe(key: Self, _base: usize) -> Self {
        key
    }

    fn own(key: Self, _base: u32) -> Self {
        key
    }

    fn divide(_left: Self, right: Self, slot: u32) -> (Self, u32) {
        (right, slot)
    }

    fn order(left: Self, right: Self) -> Ordering {
        left.cmp(&right)
    }
}

/// Keys whose order-preserving encoding fits sixteen bytes. A cell is its high and its low half: a place is written
/// once, before it is published, so that nobody can see half a word.
// SAFETY: zero is `NOTHING`.
unsafe impl TreeKey for u128 {
    type Ref<'a> = Self;
    type Owned = Self;
    type Word = Self;
    type Head = Self;
    type Cell = [AtomicU64; 2];

    const NOTHING: Self = 0;

    #[inline]
    fn lend(key: &Self) -> Self {
        *key
    }

    #[cfg(loom)]
    fn cell() -> [AtomicU64; 2] {
        [AtomicU64::new(0), AtomicU64::new(0)]
    }

    #[inline]
    fn load([high, low]: &[AtomicU64; 2]) -> Self {
        Self::from(high.load(Relaxed)) << 64 | Self::from(low.load(Relaxed))
    }

    #[inline]
    fn store([high, low]: &[AtomicU64; 2], word: Self) {
        high.store((word >> 64) as u64, Relaxed);
        low.store(word as u64, Relaxed);
    }

    #[inline]
    fn head(cell: &[AtomicU64; 2]) -> Self {
        Self::load(cell)
    }

    #[inline]
    fn probe(key: Self, _base: usize) -> Self {
        key
    }

    fn own(key: Self, _base: u32) -> Self {
        key
    }

    fn divide(_left: Self, right: Self, slot: u32) -> (Self, u32) {
        (right, slot)
    }

    fn order(left: Self, right: Self) -> Ordering {
        left.cmp(&right)
    }
}
