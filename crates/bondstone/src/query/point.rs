//! The short way to a row: where a condition fixes the value of a unique column or of the key, one row can meet it.
//!
//! No plan is made and nothing is allocated. The condition itself looks the row up, since it knows the type of its value; the
//! row that is found is judged by the other conditions.

use std::any::Any;

use bondstone_schema::{HashPlain, Hashing, IndexDef, IndexKind, KeyKind, Model};
use bondstone_storage::Slot;

use super::{Query, Start};
use crate::expression::{Access, At};
use crate::predicate::Node;
use crate::view::View;

/// A unique key of one column.
#[derive(Clone, Copy)]
pub enum UniqueColumn {
    /// The primary key, numbered by the engine.
    Number,
    /// The primary key.
    Key(HashPlain),
    /// The unique index at a place.
    Index(usize, HashPlain),
}

impl UniqueColumn {
    /// The unique key over a column or hybrid alone.
    fn of<M: Model>(access: Access) -> Option<Self> {
        let definition = M::DEFINITION;
        let index = |is_over: &dyn Fn(&IndexDef<M>) -> bool| {
            let mut unique = definition.indexes.iter().enumerate();
            let (place, index) =
                unique.find(|(_, index)| index.kind == IndexKind::Unique && is_over(index))?;
            Some(Self::Index(place, *index.hash_plain.first()?))
        };
        let column = match access {
            Access::Column(column) | Access::ForeignKey(column, _) => column,
            Access::Hybrid(name) => return index(&|index| index.hybrid == Some(name)),
            Access::Key | Access::None => return None,
        };
        if definition.key.index.columns == [column] {
            return match definition.key.kind {
                KeyKind::Auto => Some(Self::Number),
                KeyKind::Uuid(_) | KeyKind::Natural => {
                    definition.key.index.hash_plain.first().copied().map(Self::Key)
                }
            };
        }
        index(&|index| index.columns == [column])
    }

    /// The row with this value, which is what `is_meant` by a row. `hash` is how the value hashes alone, if its type says so.
    #[inline(always)]
    pub(crate) fn find<'v, M: Model>(
        &self,
        value: &dyn Any,
        view: &'v View,
        hash: impl FnOnce(&Hashing) -> Option<u64>,
        is_meant: impl Fn(&M) -> bool,
    ) -> Option<&'v M> {
        let Self::Index(place, hash_plain) = self else {
            return self.find_by_key(value, view, &is_meant);
        };
        let sight = view.sight();
        let hash = match hash(sight.hashing()) {
            Some(hash) => hash,
            None => (hash_plain.alone)(value, sight.hashing())?,
        };
        sight.find_by_hash(*place, hash, is_meant)
    }

    /// The row that `is_meant`, by the primary key. A function of its own, lest every search make room for what this one needs.
    #[inline(never)]
    fn find_by_key<'v, M: Model>(
        &self,
        value: &dyn Any,
        view: &'v View,
        is_meant: &dyn Fn(&M) -> bool,
    ) -> Option<&'v M> {
        let sight = view.sight();
        let Self::Key(hash) = self else {
            return sight.get::<M>(value.downcast_ref()?).filter(|row| is_meant(row));
        };
        let hash = (hash.alone)(value, sight.hashing())?;
        let row = |slot: Slot| sight.at_slot::<M>(slot).filter(|row| is_meant(row));
        sight.slots_by_key_hash::<M>(hash)?.find_map(row)
    }
}

impl<'v, M: Model> Query<'v, M> {
    /// The only row that can be there, if it is; `None` if nothing is known of there being only one.
    #[inline]
    pub(crate) fn point(&self) -> Option<Option<&'v M>> {
        if !matches!(self.start, Start::Table) || self.spec.force.is_some() {
            return None;
        }
        let at = self.at();
        let found = point(&self.spec.filter.0, at)?;
        let closures = &self.spec.closures;
        Some(found.filter(|row| closures.iter().all(|closure| closure(&[row], 1) != 0)))
    }
}

/// The only row that can meet a condition, if it does; `None` if nothing is known of there being only one.
pub(crate) fn point<'v, M: Model>(condition: &Node<M>, at: At<'v, '_>) -> Option<Option<&'v M>> {
    let leaves = match condition {
        Node::Leaf(_) => std::slice::from_ref(condition),
        Node::All(parts) => parts,
        Node::Any(_) | Node::Not(_) => return None,
    };
    point_of(leaves)?.find(leaves, at, |place| at.parameters.value(place))
}

/// Which of several conditions fixes a unique key.
#[derive(Clone, Copy)]
pub(crate) struct Point {
    condition: usize,
    column: UniqueColumn,
    /// The parameter that is the value, if one is.
    parameter: Option<usize>,
}

/// The condition that fixes a unique key, whatever the parameters, if there is one.
pub(crate) fn point_of<M: Model>(conditions: &[Node<M>]) -> Option<Point> {
    conditions.iter().enumerate().find_map(|(condition, node)| {
        let Node::Leaf(leaf) = node else { return None };
        let column = UniqueColumn::of::<M>(leaf.fixes()?)?;
        Some(Point { condition, column, parameter: leaf.fixed_by() })
    })
}

impl Point {
    /// The only row that can meet the conditions, if it does; `None` if the value is null, of which there may be several, or if
    /// [several rows](View::open) may have one key for the time being.
    /// `value` is that of a parameter: who knows the types of all of them need not ask through a table of functions.
    #[inline(always)]
    pub(crate) fn find<'v, 'p, M: Model>(
        &self,
        conditions: &'p [Node<M>],
        at: At<'v, 'p>,
        value: impl FnOnce(usize) -> Option<&'p dyn Any>,
    ) -> Option<Option<&'v M>> {
        if at.view.open.duplicate {
            return None;
        }
        let Node::Leaf(leaf) = conditions.get(self.condition)? else { return None };
        let value = match self.parameter {
            Some(place) => value(place)?,
            None => leaf.fixed(at.parameters)?,
        };
        let row = leaf.find(&self.column, value, at)?;
        if conditions.len() == 1 {
            return Some(row);
        }
        let others = (0..).zip(conditions).filter(|(nth, _)| *nth != self.condition);
        let meets = |row: &M| others.into_iter().all(|(_, it)| it.judge(&[row], 1, at) != 0);
        Some(row.filter(|row| meets(row)))
    }
}
