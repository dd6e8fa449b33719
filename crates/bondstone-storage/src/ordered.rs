//! An ordered index: one of four trees, by the width of its keys.
//!
//! | keys | tree |
//! |---|---|
//! | encoded in up to 8 bytes | of `u64` |
//! | in up to 16 | of `u128` |
//! | in any number | of bytes, kept by the index |
//! | not encoded | of clones, compared by their own `Ord` |

use std::ops::Bound;

use bondstone_schema::{CustomKey, KeyBuf};

use crate::tree::{Bytes, Custom, Range, Tree};
use crate::writer::Writer;

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

/// A walk along an ordered index.
pub(crate) enum Walk<'a> {
    Narrow(Range<'a, u64>),
    Wide(Range<'a, u128>),
    Bytes(Range<'a, Bytes>),
    Custom(Range<'a, Custom>),
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

macro_rules! each {
    ($index:expr, $kind:ident::|$tree:ident| $body:expr) => {
        match $index {
            $kind::Narrow($tree) => $body,
            $kind::Wide($tree) => $body,
            $kind::Bytes($tree) => $body,
            $kind::Custom($tree) => $body,
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

    /// Enters (key, slot); false if it is there.
    pub(crate) fn insert(&self, writer: &mut Writer, key: &OrderedKey, slot: u32) -> bool {
        matched!(self, key, |tree, key| tree.insert(writer, key, slot), else false)
    }

    /// Removes (key, slot); false if it is not there.
    pub(crate) fn remove(&self, writer: &mut Writer, key: &OrderedKey, slot: u32) -> bool {
        matched!(self, key, |tree, key| tree.remove(writer, key, slot), else false)
    }

    pub(crate) fn contains(&self, key: &OrderedKey, slot: u32) -> bool {
        matched!(self, key, |tree, key| tree.contains(key, slot), else false)
    }

    /// The slots of the keys between two bounds, in order of key and slot, or against it.
    pub(crate) fn range<'a>(
        &'a self,
        low: Bound<&'a OrderedKey>,
        high: Bound<&'a OrderedKey>,
        descending: bool,
    ) -> Walk<'a> {
        macro_rules! walk {
            ($kind:ident, $tree:expr, $key:ident => $ref:expr) => {{
                let bound = |bound: Bound<&'a OrderedKey>| match bound {
                    Bound::Included(OrderedKey::$kind($key)) => Bound::Included($ref),
                    Bound::Excluded(OrderedKey::$kind($key)) => Bound::Excluded($ref),
                    _ => Bound::Unbounded,
                };
                let (low, high) = (bound(low), bound(high));
                Walk::$kind(if descending {
                    $tree.range_rev(low, high)
                } else {
                    $tree.range(low, high)
                })
            }};
        }
        match self {
            Self::Narrow(tree) => walk!(Narrow, tree, key => *key),
            Self::Wide(tree) => walk!(Wide, tree, key => *key),
            Self::Bytes(tree) => walk!(Bytes, tree, key => key.bytes()),
            Self::Custom(tree) => walk!(Custom, tree, key => &**key),
        }
    }

    pub(crate) fn len(&self, writer: &Writer) -> usize {
        each!(self, OrderedIndex::|tree| tree.len(writer))
    }

    pub(crate) fn bytes(&self) -> usize {
        each!(self, OrderedIndex::|tree| tree.bytes())
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        each!(self, OrderedIndex::|tree| tree.check())
    }
}

impl Walk<'_> {
    /// Fills the buffer with the next slots, and says how many: 0 at the end.
    #[inline]
    pub(crate) fn fill<const N: usize>(&mut self, buffer: &mut [u32; N]) -> usize {
        each!(self, Walk::|range| range.next_chunk(buffer))
    }

    /// Is the `nth` of the slots that were filled last there by the entry with this key?
    pub(crate) fn stands_at(&self, nth: usize, key: &OrderedKey) -> bool {
        match (self, key) {
            (Self::Narrow(range), OrderedKey::Narrow(key)) => range.stands_at(nth, *key),
            (Self::Wide(range), OrderedKey::Wide(key)) => range.stands_at(nth, *key),
            (Self::Bytes(range), OrderedKey::Bytes(key)) => range.stands_at(nth, key.bytes()),
            (Self::Custom(range), OrderedKey::Custom(key)) => range.stands_at(nth, &**key),
            _ => false,
        }
    }
}
