//! The kinds of plans, for tests and tools.

use std::fmt;

/// What a plan may be made of: an access path, or how the order comes about. A plan is of several kinds at once: an index
/// over a hybrid asked for several values is [`Hybrid`](Self::Hybrid), [`Unique`](Self::Unique) and
/// [`Several`](Self::Several).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PlanKind {
    /// The conditions contradict each other; nothing is read.
    Nothing,
    /// All rows of the table are read.
    Scan,
    /// The rows that one row is related to.
    Related,
    /// A lookup in the primary key.
    Key,
    /// A range of primary keys that the engine assigns.
    KeyRange,
    /// A lookup in a unique index.
    Unique,
    /// A lookup in a hash index.
    Hash,
    /// A range of an ordered index.
    Range,
    /// A range of an ordered index in which the first of several columns have given values.
    Prefix,
    /// The rows that refer to a given row.
    Postings,
    /// Several lookups, or several ranges.
    Several,
    /// An index over a hybrid.
    Hybrid,
    /// The parents first, and then the rows that refer to them.
    FromParents,
    /// The children first, and then the rows that they refer to.
    FromChildren,
    /// The rows on the other side of a many-to-many relation first.
    FromLinks,
    /// A walk up or down a hierarchy.
    Walk,
    /// The places that several indexes agree on.
    Intersection,
    /// The places that one of several indexes leads to.
    Union,
    /// An ordered index has the order.
    IndexOrder,
    /// An ordered index has the order, read backwards.
    IndexOrderBackwards,
    /// The primary key has the order.
    KeyOrder,
    /// The primary key has the order, read backwards.
    KeyOrderBackwards,
    /// Only the first rows in the order are kept.
    TopK,
    /// All rows are sorted.
    Sort,
}

impl PlanKind {
    /// All kinds.
    pub const ALL: [Self; 24] = [
        Self::Nothing,
        Self::Scan,
        Self::Related,
        Self::Key,
        Self::KeyRange,
        Self::Unique,
        Self::Hash,
        Self::Range,
        Self::Prefix,
        Self::Postings,
        Self::Several,
        Self::Hybrid,
        Self::FromParents,
        Self::FromChildren,
        Self::FromLinks,
        Self::Walk,
        Self::Intersection,
        Self::Union,
        Self::IndexOrder,
        Self::IndexOrderBackwards,
        Self::KeyOrder,
        Self::KeyOrderBackwards,
        Self::TopK,
        Self::Sort,
    ];
}

/// A set of kinds.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Kinds(u32);

impl Kinds {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) const fn of(kind: PlanKind) -> Self {
        Self(1 << kind as u32)
    }

    pub(crate) const fn with(self, kind: PlanKind) -> Self {
        self.and(Self::of(kind))
    }

    pub(crate) const fn with_if(self, holds: bool, kind: PlanKind) -> Self {
        if holds { self.with(kind) } else { self }
    }

    pub(crate) const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    pub(crate) const fn contains(self, kind: PlanKind) -> bool {
        self.0 & Self::of(kind).0 != 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = PlanKind> {
        PlanKind::ALL.into_iter().filter(move |kind| self.contains(*kind))
    }
}

impl fmt::Debug for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_kinds_are_listed_once_and_in_order() {
        for (nth, kind) in PlanKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, nth);
        }
        assert_eq!(PlanKind::Sort as usize + 1, PlanKind::ALL.len(), "the last one");
    }
}
