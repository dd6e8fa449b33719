//! A part of an ordered index, given by the keys between which it lies.

use std::ops::Bound;

use bondstone_schema::{CustomKey, KeyBuf};

/// What of an ordered index lies between two keys.
///
/// Which kind of keys an index has is a matter of its columns' types: [`Value::COMPARED`](bondstone_schema::Value::COMPARED).
/// A range that is bounded at neither end is one of any index.
#[derive(Clone)]
pub enum KeyRange<'k> {
    /// Between encoded keys.
    Encoded(Bound<KeyBuf>, Bound<KeyBuf>),
    /// Between keys with an `Ord` of their own.
    Compared(Bound<&'k dyn CustomKey>, Bound<&'k dyn CustomKey>),
}

impl KeyRange<'_> {
    /// The whole index.
    pub const ALL: Self = Self::Encoded(Bound::Unbounded, Bound::Unbounded);

    pub(super) const fn is_all(&self) -> bool {
        matches!(
            self,
            Self::Encoded(Bound::Unbounded, Bound::Unbounded)
                | Self::Compared(Bound::Unbounded, Bound::Unbounded)
        )
    }
}
