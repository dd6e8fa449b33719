//! An ordered index: one of four trees, by the width of its keys.
//!
//! | keys | tree |
//! |---|---|
//! | encoded in up to 8 bytes | of `u64` |
//! | in up to 16 | of `u128` |
//! | in any number | of bytes, kept by the index |
//! | not encoded | of clones, compared by their own `Ord` |

mod key_range;

use std::ops::Bound;

use bondstone_schema::{CustomKey, KeyBuf};

use crate::tree::{Bytes, Chunk, Collected, Custom, Encoded, Range, Tree, TreeKey};
use crate::writer::Writer;

pub use key_range::KeyRange;

/// How wide the keys of an index are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    Narrow,
    Wide,
    Bytes,
    Custom,
}

impl Width {
    /// Of encodings that are all `width` bytes long, if they are.
    pub(crate) const fn of(width: Option<usize>, custom: bool) -> Self {
        match width {
            _ if custom => Self::Custom,
            Some(..=8) => Self::Narrow,
            Some(..=16) => Self::Wide,
            _ => Self::Bytes,
        }
    }
}

/// A key of an ordered index.
pub(crate) enum OrderedKey {
    Narrow(u64),
    Wide(u128),
    Bytes(KeyBuf),
    Custom(Box<dyn CustomKey>),
}

impl OrderedKey {
    /// The key with this encoding.
    pub(crate) fn encoded(width: Width, key: KeyBuf) -> Self {
        match width {
            Width::Narrow => Self::Narrow(key.as_u64()),
            Width::Wide => Self::Wide(key.as_u128()),
            Width::Bytes | Width::Custom => Self::Bytes(key),
        }
    }
}

/// An ordered index of one table.
pub(crate) enum OrderedIndex {
    Narrow(Tree<u64>),
    Wide(Tree<u128>),
    Bytes(Tree<Bytes>),
    Custom(Tree<Custom>),
}

/// A walk along an ordered index whose keys are encoded.
pub(crate) enum Walk<'a> {
    Narrow(Range<'a, u64>),
    Wide(Range<'a, u128>),
    Bytes(Range<'a, Bytes>),
}

#[inline]
fn walk<K: TreeKey>(
    tree: &Tree<K>,
    low: Bound<K::Owned>,
    high: Bound<K::Owned>,
    descending: bool,
) -> Range<'_, K> {
    if descending { tree.range_rev(low, high) } else { tree.range(low, high) }
}

/// Runs an expression with the tree and the key of matching width; a key of another width never occurs, since both are
/// made from one definition, and counts as absent.
macro_rules! matched {
    ($index:expr, $key:expr, |$tree:ident, $ref:ident| $body:expr, else $none:expr) => {
        match ($index, $key) {
            (OrderedIndex::Narrow($tree), OrderedKey::Narrow(key)) => {
                let $ref = *key;
                $body
            }
            (OrderedIndex::Wide($tree), OrderedKey::Wide(key)) => {
                let $ref = *key;
                $body
            }
            (OrderedIndex::Bytes($tree), OrderedKey::Bytes(key)) => {
                let $ref = key.bytes();
                $body
            }
            (OrderedIndex::Custom($tree), OrderedKey::Custom(key)) => {
                let $ref = &**key;
                $body
            }
            _ => $none,
        }
    };
}

/// The tree of all entries. Keys of another width never occur.
fn collected<K: Encoded>(
    rows: usize,
    entries: impl Iterator<Item = (OrderedKey, u32)>,
    mut push: impl FnMut(&mut Collected<K>, &OrderedKey, u32),
) -> Tree<K> {
    let mut collected = Collected::with_capacity(rows);
    entries.for_each(|(key, slot)| push(&mut collected, &key, slot));
    collected.into_tree()
}

macro_rules! each {
    ($index:expr, |$tree:ident| $body:expr) => {
        match $index {
            OrderedIndex::Narrow($tree) => $body,
            OrderedIndex::Wide($tree) => $body,
            OrderedIndex::Bytes($tree) => $body,
            OrderedIndex::Custom($tree) => $body,
        }
    };
}

impl OrderedIndex {
    pub(crate) fn new(width: Width) -> Self {
        match width {
            Width::Narrow => Self::Narrow(Tree::new()),
            Width::Wide => Self::Wide(Tree::new()),
            Width::Bytes => Self::Bytes(Tree::new()),
            Width::Custom => Self::Custom(Tree::new()),
        }
    }

    /// An index of these entries, which come in the order of their slots, each slot once; about so many. The user's code runs
    /// and may panic: what was made is freed then.
    pub(crate) fn of(
        width: Width,
        writer: &mut Writer,
        rows: usize,
        entries: impl Iterator<Item = (OrderedKey, u32)>,
    ) -> Self {
        match width {
            Width::Narrow => Self::Narrow(collected(rows, entries, |tree, key, slot| {
                if let OrderedKey::Narrow(key) = key {
                    tree.push(*key, slot);
                }
            })),
            Width::Wide => Self::Wide(collected(rows, entries, |tree, key, slot| {
                if let OrderedKey::Wide(key) = key {
                    tree.push(*key, slot);
                }
            })),
            Width::Bytes => Self::Bytes(collected(rows, entries, |tree, key, slot| {
                if let OrderedKey::Bytes(key) = key {
                    tree.push(key.bytes(), slot);
                }
            })),
            // An order of the user's may lie, which no sorting takes for granted that is not our own.
            Width::Custom => {
                let index = Self::new(width);
                for (key, slot) in entries {
                    index.insert(writer, &key, slot);
                }
                index
            }
        }
    }

    /// Enters (key, slot); false if it is there.
    pub(crate) fn insert(&self, writer: &mut Writer, key: &OrderedKey, slot: u32) -> bool {
        matched!(self, key, |tree, key| tree.insert(writer, key, slot), else false)
    }

    /// Removes (key, slot); false if it is not there.
    pub(crate) fn remove(&self, writer: &mut Writer, key: &OrderedKey, slot: u32) -> bool {
        matched!(self, key, |tree, key| tree.remove(writer, key, slot), else false)
    }

    /// Lets the processor fetch the leaf where an entry with this key belongs.
    #[inline]
    pub(crate) fn prefetch(&self, key: &OrderedKey) {
        matched!(self, key, |tree, key| tree.prefetch(key), else ());
    }

    pub(crate) fn contains(&self, key: &OrderedKey, slot: u32) -> bool {
        matched!(self, key, |tree, key| tree.contains(key, slot), else false)
    }

    /// The slots of the encoded keys between two bounds, in order of key and slot, or against it; `None` if keys are not
    /// encoded here. ([`walk`](Self::walk) takes any range.)
    #[inline]
    pub(crate) fn range(
        &self,
        low: Bound<KeyBuf>,
        high: Bound<KeyBuf>,
        descending: bool,
    ) -> Option<Walk<'_>> {
        Some(match self {
            Self::Narrow(tree) => {
                let (low, high) = (low.map(|key| key.as_u64()), high.map(|key| key.as_u64()));
                Walk::Narrow(walk(tree, low, high, descending))
            }
            Self::Wide(tree) => {
                let (low, high) = (low.map(|key| key.as_u128()), high.map(|key| key.as_u128()));
                Walk::Wide(walk(tree, low, high, descending))
            }
            Self::Bytes(tree) => Walk::Bytes(walk(tree, low, high, descending)),
            Self::Custom(_) => return None,
        })
    }

    /// The slots of any range, in order of key and slot, or against it; `None` if the range is one of another kind of keys.
    pub(crate) fn walk(&self, range: KeyRange<'_>, descending: bool) -> Option<AnyWalk<'_>> {
        const ALL: Bound<KeyBuf> = Bound::Unbounded;
        match (self, range) {
            (Self::Custom(tree), KeyRange::Compared(low, high)) => {
                let (low, high) = (low.map(CustomKey::boxed), high.map(CustomKey::boxed));
                Some(AnyWalk::Compared(walk(tree, low, high, descending)))
            }
            (Self::Custom(tree), range) => range.is_all().then(|| {
                AnyWalk::Compared(walk(tree, Bound::Unbounded, Bound::Unbounded, descending))
            }),
            (_, KeyRange::Encoded(low, high)) => {
                self.range(low, high, descending).map(AnyWalk::Encoded)
            }
            (_, range) if range.is_all() => self.range(ALL, ALL, descending).map(AnyWalk::Encoded),
            _ => None,
        }
    }

    /// About how many entries a range has; `None` if it is one of another kind of keys. See
    /// [`Tree::estimate`].
    pub(crate) fn estimate(&self, range: &KeyRange<'_>) -> Option<usize> {
        if range.is_all() {
            return Some(self.len());
        }
        Some(match (self, range) {
            (Self::Narrow(tree), KeyRange::Encoded(low, high)) => {
                tree.estimate(low.as_ref().map(KeyBuf::as_u64), high.as_ref().map(KeyBuf::as_u64))
            }
            (Self::Wide(tree), KeyRange::Encoded(low, high)) => {
                tree.estimate(low.as_ref().map(KeyBuf::as_u128), high.as_ref().map(KeyBuf::as_u128))
            }
            (Self::Bytes(tree), KeyRange::Encoded(low, high)) => {
                tree.estimate(low.as_ref().map(KeyBuf::bytes), high.as_ref().map(KeyBuf::bytes))
            }
            (Self::Custom(tree), KeyRange::Compared(low, high)) => tree.estimate(*low, *high),
            _ => return None,
        })
    }

    /// How many entries there are; to anyone but the writer, one of the last numbers.
    pub(crate) fn len(&self) -> usize {
        each!(self, |tree| tree.len())
    }

    pub(crate) fn bytes(&self) -> usize {
        each!(self, |tree| tree.bytes())
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        each!(self, |tree| tree.check())
    }
}

impl Walk<'_> {
    /// Shows the next slots, `most` at most, each with its place in the chunk, and says how many: 0 at the end. At a place may be shown what
    /// is not of the chunk, before what is or behind all that are.
    #[inline(always)]
    pub(crate) fn next_chunk(&mut self, most: usize, show: impl FnMut(usize, u32)) -> usize {
        match self {
            Self::Narrow(range) => range.next_chunk(most, show),
            Self::Wide(range) => range.next_chunk(most, show),
            Self::Bytes(range) => range.next_chunk(most, show),
        }
    }

    /// The `nth` slot of a chunk.
    pub(crate) fn slot(&self, chunk: Chunk, nth: usize) -> Option<u32> {
        match self {
            Self::Narrow(range) => range.slot(chunk, nth),
            Self::Wide(range) => range.slot(chunk, nth),
            Self::Bytes(range) => range.slot(chunk, nth),
        }
    }

    /// Is the `nth` slot of a chunk there by the entry with this key?
    pub(crate) fn stands_at(&self, chunk: Chunk, nth: usize, key: &OrderedKey) -> bool {
        match (self, key) {
            (Self::Narrow(range), OrderedKey::Narrow(key)) => range.stands_at(chunk, nth, *key),
            (Self::Wide(range), OrderedKey::Wide(key)) => range.stands_at(chunk, nth, *key),
            (Self::Bytes(range), OrderedKey::Bytes(key)) => {
                range.stands_at(chunk, nth, key.bytes())
            }
            _ => false,
        }
    }
}

/// A walk along any ordered index. One that is known to be of encoded keys goes without the question which of both it is.
pub(crate) enum AnyWalk<'a> {
    Encoded(Walk<'a>),
    Compared(Range<'a, Custom>),
}

impl AnyWalk<'_> {
    /// As [`Walk::next_chunk`].
    pub(crate) fn next_chunk(&mut self, most: usize, show: impl FnMut(usize, u32)) -> usize {
        match self {
            Self::Encoded(walk) => walk.next_chunk(most, show),
            Self::Compared(range) => range.next_chunk(most, show),
        }
    }

    /// As [`Walk::stands_at`].
    pub(crate) fn stands_at(&self, chunk: Chunk, nth: usize, key: &OrderedKey) -> bool {
        match (self, key) {
            (Self::Encoded(walk), key) => walk.stands_at(chunk, nth, key),
            (Self::Compared(range), OrderedKey::Custom(key)) => range.stands_at(chunk, nth, &**key),
            _ => false,
        }
    }
}
