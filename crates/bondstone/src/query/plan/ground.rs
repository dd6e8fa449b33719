//! The ground of a plan: one table, without its model's type.
//!
//! What a planner asks of a table is the same for all models: which indexes there are, how much is in them, which places
//! they lead to. The functions here are all that is compiled for each model that is queried, and each is a line.

use std::any::Any;
use std::cmp::Ordering;
use std::marker::PhantomData;
use std::ops::Bound;

use bondstone_schema::{HashPlain, Id, IndexDef, IndexKind, KeyKind, Model};
use bondstone_storage::{KeyRange, Slot, Slots, Statistics};

use crate::expression::Access;
use crate::predicate::Known;
use crate::view::View;

/// One table, for a planner.
pub trait Ground: Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// The name of a column.
    fn column(&self, number: u16) -> &'static str;
    /// The column of the foreign key at a place.
    fn foreign_key(&self, place: usize) -> u16;
    /// The primary key.
    fn key(&self) -> Index;
    /// How many indexes there are beside it.
    fn indexes(&self) -> usize;
    /// The index at a place.
    fn index(&self, place: usize) -> Index;

    /// How much there is.
    fn statistics<'v>(&self, view: &'v View) -> Statistics<'v>;

    /// The place of the row with an id, if that is of the right type.
    fn at_id(&self, view: &View, id: &dyn Any) -> Option<Slot>;
    /// The places of rows with ids in a range, of tables whose keys are numbered.
    fn by_id<'v>(
        &self,
        view: &'v View,
        low: Bound<&dyn Any>,
        high: Bound<&dyn Any>,
        descending: bool,
    ) -> Option<Slots<'v>>;
    /// Of two bounds for ids, the narrower: `side` is how an id compares with a bound that it is within.
    fn narrower<'a>(
        &self,
        one: Bound<Known<'a>>,
        other: Bound<Known<'a>>,
        side: Ordering,
    ) -> Bound<Known<'a>>;
    /// The places that a hash leads to in the primary key.
    fn by_key_hash<'v>(&self, view: &'v View, hash: u64) -> Option<Slots<'v>>;
    /// The places that a hash leads to in the index at a place.
    fn by_hash<'v>(&self, view: &'v View, index: usize, hash: u64) -> Option<Slots<'v>>;
    /// The places that a range of the ordered index at a place leads to.
    fn in_range<'v>(&self, view: &'v View, index: usize, range: KeyRange<'_>) -> Option<Slots<'v>>;
    /// The places of the rows that refer to a parent by the foreign key at a place.
    fn children<'v>(&self, view: &'v View, foreign_key: usize, parent: Slot) -> Option<Slots<'v>>;
    /// The place of the parent that the row in a place refers to.
    fn parent(&self, view: &View, foreign_key: usize, child: Slot) -> Option<Slot>;
    /// The places of all rows.
    fn all(&self, view: &View) -> Vec<Slot>;
}

/// An index, or the primary key, as a planner sees it.
#[derive(Clone, Copy)]
pub struct Index {
    pub name: &'static str,
    pub kind: Finds,
    columns: &'static [u16],
    hybrid: Option<&'static str>,
    hash_plain: &'static [HashPlain],
}

/// How an index finds rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finds {
    /// By the number that the engine gave them.
    Number,
    /// By a hash; at most one.
    One,
    /// By a hash.
    Some,
    /// In the order of encoded keys.
    InOrder,
    /// In the order of keys that only their own `Ord` knows.
    InOwnOrder,
}

impl Index {
    fn new<M>(definition: &IndexDef<M>, kind: Finds) -> Self {
        let IndexDef { name, columns, hybrid, hash_plain, .. } = *definition;
        Self { name, kind, columns, hybrid, hash_plain }
    }

    /// Over how many columns it is, a hybrid being one.
    pub(crate) const fn width(&self) -> usize {
        match self.hybrid {
            Some(_) => 1,
            None => self.columns.len(),
        }
    }

    /// Is this what its column number `nth` holds?
    pub(crate) fn knows(&self, nth: usize, access: Access) -> bool {
        match access {
            Access::Column(column) | Access::ForeignKey(column, _) => {
                self.columns.get(nth) == Some(&column)
            }
            Access::Hybrid(name) => nth == 0 && self.hybrid == Some(name),
            Access::Key => self.kind == Finds::Number,
            Access::None => false,
        }
    }

    pub(crate) const fn is_over_hybrid(&self) -> bool {
        self.hybrid.is_some()
    }

    /// The hash of these values, one for each column; `None` if one is not of its column's type.
    pub(crate) fn hash<'a>(
        &self,
        view: &View,
        values: impl Iterator<Item = Known<'a>>,
    ) -> Option<u64> {
        let mut is_right = true;
        let hash = view.sight().hashing().hash_values(|hasher| {
            for (hash, value) in self.hash_plain.iter().zip(values) {
                is_right &= (hash.among)(value.any(), hasher);
            }
        });
        is_right.then_some(hash)
    }
}

/// The ground of a model's plans.
pub(crate) fn ground<M: Model>() -> &'static dyn Ground {
    &On::<M>(PhantomData)
}

struct On<M>(PhantomData<fn() -> M>);

impl<M: Model> Ground for On<M> {
    fn name(&self) -> &'static str {
        M::DEFINITION.name
    }

    fn column(&self, number: u16) -> &'static str {
        M::DEFINITION.columns[usize::from(number)].name
    }

    fn foreign_key(&self, place: usize) -> u16 {
        M::DEFINITION.foreign_keys[place].column
    }

    fn key(&self) -> Index {
        let kind = match M::DEFINITION.key.kind {
            KeyKind::Auto => Finds::Number,
            KeyKind::Uuid(_) | KeyKind::Natural => Finds::One,
        };
        Index::new(&M::DEFINITION.key.index, kind)
    }

    fn indexes(&self) -> usize {
        M::DEFINITION.indexes.len()
    }

    fn index(&self, place: usize) -> Index {
        let index = &M::DEFINITION.indexes[place];
        let is_own = index.order.as_ref().is_some_and(|order| order.custom.is_some());
        let kind = match index.kind {
            IndexKind::Unique => Finds::One,
            IndexKind::Hash => Finds::Some,
            IndexKind::Ordered if is_own => Finds::InOwnOrder,
            IndexKind::Ordered => Finds::InOrder,
        };
        Index::new(index, kind)
    }

    fn statistics<'v>(&self, view: &'v View) -> Statistics<'v> {
        view.sight().statistics::<M>()
    }

    fn at_id(&self, view: &View, id: &dyn Any) -> Option<Slot> {
        view.sight().slot_of::<M>(id.downcast_ref()?)
    }

    fn by_id<'v>(
        &self,
        view: &'v View,
        low: Bound<&dyn Any>,
        high: Bound<&dyn Any>,
        descending: bool,
    ) -> Option<Slots<'v>> {
        let id = |bound: Bound<&dyn Any>| {
            let id = |id: &dyn Any| id.downcast_ref::<Id<M>>().cloned();
            Some(match bound {
                Bound::Included(any) => Bound::Included(id(any)?),
                Bound::Excluded(any) => Bound::Excluded(id(any)?),
                Bound::Unbounded => Bound::Unbounded,
            })
        };
        view.sight().slots_by_id::<M>(id(low)?, id(high)?, descending)
    }

    fn narrower<'a>(
        &self,
        one: Bound<Known<'a>>,
        other: Bound<Known<'a>>,
        side: Ordering,
    ) -> Bound<Known<'a>> {
        let (left, right) = match (&one, &other) {
            (Bound::Unbounded, _) => return other,
            (_, Bound::Unbounded) => return one,
            (
                Bound::Included(left) | Bound::Excluded(left),
                Bound::Included(right) | Bound::Excluded(right),
            ) => (left, right),
        };
        let ids = (left.any().downcast_ref::<Id<M>>(), right.any().downcast_ref::<Id<M>>());
        match ids.0.cmp(&ids.1) {
            Ordering::Equal if matches!(one, Bound::Excluded(_)) => one,
            order if order == side => one,
            _ => other,
        }
    }

    fn by_key_hash<'v>(&self, view: &'v View, hash: u64) -> Option<Slots<'v>> {
        view.sight().slots_by_key_hash::<M>(hash)
    }

    fn by_hash<'v>(&self, view: &'v View, index: usize, hash: u64) -> Option<Slots<'v>> {
        view.sight().slots_by_hash::<M>(index, hash)
    }

    fn in_range<'v>(&self, view: &'v View, index: usize, range: KeyRange<'_>) -> Option<Slots<'v>> {
        view.sight().slots_in_range::<M>(index, range)
    }

    fn children<'v>(&self, view: &'v View, foreign_key: usize, parent: Slot) -> Option<Slots<'v>> {
        view.sight().slots_of_children::<M>(foreign_key, parent)
    }

    fn parent(&self, view: &View, foreign_key: usize, child: Slot) -> Option<Slot> {
        view.sight().parent_slot(M::number().get(), foreign_key, child)
    }

    fn all(&self, view: &View) -> Vec<Slot> {
        let mut rows = view.sight().rows::<M>();
        std::iter::from_fn(|| rows.next_with_slot()).map(|(slot, _)| slot).collect()
    }
}
