//! An index that finds rows by one value.

use std::any::Any;
use std::borrow::Borrow;
use std::ops::Bound;

use bondstone_schema::{KeyBuf, Model};

use super::super::plan::{Finds, Index, ground};
use super::super::with::Flat;
use crate::expression::{Access, At, Expression};
use crate::predicate::Known;

/// How rows of a model are found by a value of an expression, without a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    /// By the number that the engine gave the row.
    Id,
    /// By the primary key's hash.
    Key,
    /// By the list of those who refer to a parent, by the foreign key at this place.
    Children(usize),
    /// By the hash index or unique index at this place.
    Hash(usize),
    /// By the ordered index at this place; is the value its whole key?
    Ordered { index: usize, whole: bool },
}

/// What there is for an expression, the fastest first.
pub(super) fn lookup_of<R: Model, B: Expression<R>>(by: &B) -> Option<Lookup> {
    let (access, ground) = (by.access(), ground::<R>());
    let key = ground.key();
    if key.knows(0, access) && key.width() == 1 {
        return Some(if key.kind == Finds::Number { Lookup::Id } else { Lookup::Key });
    }
    if let Access::ForeignKey(_, place) = access {
        return Some(Lookup::Children(place));
    }
    let indexes = || (0..ground.indexes()).map(|place| (place, ground.index(place)));
    let fits = |index: &Index| index.knows(0, access);
    let by_hash = |(_, index): &(usize, Index)| {
        fits(index) && index.width() == 1 && matches!(index.kind, Finds::One | Finds::Some)
    };
    if let Some((place, _)) = indexes().find(by_hash) {
        return Some(Lookup::Hash(place));
    }
    let ordered = indexes().filter(|(_, index)| fits(index) && index.kind == Finds::InOrder);
    // The narrowest: its keys are the shortest.
    let (index, found) = ordered.min_by_key(|(_, index)| index.width())?;
    Some(Lookup::Ordered { index, whole: found.width() == 1 })
}

/// The place of an index whose order is that of an expression's values.
pub(super) fn order_of<M: Model, E: Expression<M>>(by: &E) -> Option<usize> {
    let (access, ground) = (by.access(), ground::<M>());
    (0..ground.indexes()).find(|place| {
        let index = ground.index(*place);
        index.kind == Finds::InOrder && index.knows(0, access)
    })
}

impl Lookup {
    /// Enters for each value the rows that have it; for null, none.
    pub(super) fn enter<'v, R, B, S>(
        self,
        by: &B,
        values: &[Option<S>],
        at: At<'v, '_>,
        flat: &mut Flat<'v, R>,
    ) where
        R: Model,
        B: Expression<R>,
        S: Borrow<B::Value>,
    {
        let sight = at.view.sight();
        match self {
            Self::Id => {
                let ids = values.iter().map(|value| {
                    let value: &dyn Any = value.as_ref()?.borrow();
                    value.downcast_ref()
                });
                sight.get_each(ids, |row| {
                    row.into_iter().for_each(|row| flat.push(row));
                    flat.close();
                });
            }
            Self::Children(foreign_key) => {
                let place = |value: &S| B::parent_place(value.borrow(), at.view);
                let places: Vec<_> =
                    values.iter().map(|value| value.as_ref().and_then(place)).collect();
                sight.children_of_each::<R>(foreign_key, &places, |children| {
                    children.for_each(|child| flat.push(child));
                    flat.close();
                });
            }
            Self::Key | Self::Hash(_) | Self::Ordered { .. } => {
                for value in values {
                    if let Some(value) = value {
                        self.enter_one(by, value.borrow(), at, flat);
                    }
                    flat.close();
                }
            }
        }
    }

    /// Enters the rows that have a value.
    fn enter_one<'v, R: Model, B: Expression<R>>(
        self,
        by: &B,
        value: &B::Value,
        at: At<'v, '_>,
        flat: &mut Flat<'v, R>,
    ) {
        let sight = at.view.sight();
        let has_it = |row: &R| by.see(row, at).is_some_and(|seen| seen.borrow() == value);
        let known = Known::of::<R, B>(value);
        let hash = |index: Index| index.hash(at.view, std::iter::once(known));
        match self {
            Self::Key => {
                let slots = hash(ground::<R>().key());
                let slots = slots.and_then(|hash| sight.slots_by_key_hash::<R>(hash));
                let rows = slots.into_iter().flatten().filter_map(|slot| sight.at_slot(slot));
                rows.filter(|row| has_it(row)).for_each(|row| flat.push(row));
            }
            Self::Hash(index) => {
                let rows = hash(ground::<R>().index(index));
                let rows = rows.and_then(|hash| sight.rows_by_hash::<R>(index, hash, has_it));
                rows.into_iter().flatten().for_each(|row| flat.push(row));
            }
            Self::Ordered { index, whole } => {
                let (low, high) = bounds(known, whole);
                let rows = sight.range::<R>(index, low, high, false);
                rows.into_iter().flatten().for_each(|row| flat.push(row));
            }
            Self::Id | Self::Children(_) => {}
        }
    }
}

/// The keys of an ordered index that have a value in their first column.
fn bounds(value: Known<'_>, whole: bool) -> (Bound<KeyBuf>, Bound<KeyBuf>) {
    let mut key = KeyBuf::new();
    value.encode(whole, &mut key);
    let low = Bound::Included(key.clone());
    if whole {
        return (low, Bound::Included(key));
    }
    (low, if key.step_over_prefix() { Bound::Excluded(key) } else { Bound::Unbounded })
}
