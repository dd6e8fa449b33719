//! The short way to a row: where a condition fixes the value of a unique column or of the key, one row can meet it.
//!
//! No plan is made and nothing is allocated. The condition itself looks the row up, since it knows the type of its value; the
//! row that is found is judged by the other conditions.

use std::any::Any;

use bondstone_schema::{IndexKind, KeyKind, Model};
use bondstone_storage::Slot;

use super::{Query, Start};
use crate::expression::{Access, At};
use crate::predicate::Node;
use crate::view::View;

/// A unique key of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UniqueColumn {
    /// The primary key, numbered by the engine.
    Number,
    /// The primary key.
    Key,
    /// The unique index at a place.
    Index(usize),
}

impl UniqueColumn {
    /// The unique key over a column or hybrid alone.
    fn of<M: Model>(access: Access) -> Option<Self> {
        let definition = M::DEFINITION;
        let column = match access {
            Access::Column(column) | Access::ForeignKey(column, _) => column,
            Access::Hybrid(name) => {
                let is_over = |index: &bondstone_schema::IndexDef<M>| {
                    index.kind == IndexKind::Unique && index.hybrid == Some(name)
                };
                return definition.indexes.iter().position(is_over).map(Self::Index);
            }
            Access::Key | Access::None => return None,
        };
        if definition.key.index.columns == [column] {
            return Some(match definition.key.kind {
                KeyKind::Auto => Self::Number,
                KeyKind::Uuid(_) | KeyKind::Natural => Self::Key,
            });
        }
        let mut indexes = definition.indexes.iter();
        let is_over = |index: &bondstone_schema::IndexDef<M>| {
            index.kind == IndexKind::Unique && index.columns == [column]
        };
        indexes.position(is_over).map(Self::Index)
    }

    /// The row with this value, which is what `is_meant` by a row.
    #[inline]
    pub(crate) fn find<'v, M: Model>(
        self,
        value: &dyn Any,
        view: &'v View,
        is_meant: impl Fn(&M) -> bool,
    ) -> Option<&'v M> {
        let sight = view.sight();
        match self {
            Self::Number => sight.get::<M>(value.downcast_ref()?).filter(|row| is_meant(row)),
            Self::Key => {
                let hash = M::DEFINITION.key.index.hash_plain.first()?;
                let hash = (hash.alone)(value, sight.hashing())?;
                let row = |slot: Slot| sight.at_slot::<M>(slot).filter(|row| is_meant(row));
                sight.slots_by_key_hash::<M>(hash)?.find_map(row)
            }
            Self::Index(place) => {
                let hash = M::DEFINITION.indexes.get(place)?.hash_plain.first()?;
                let hash = (hash.alone)(value, sight.hashing())?;
                sight.find_by_hash(place, hash, is_meant)
            }
        }
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
    point_of(leaves)?.find(leaves, at)
}

/// Which of several conditions fixes a unique key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    condition: usize,
    column: UniqueColumn,
}

/// The condition that fixes a unique key, whatever the parameters, if there is one.
pub(crate) fn point_of<M: Model>(conditions: &[Node<M>]) -> Option<Point> {
    conditions.iter().enumerate().find_map(|(condition, node)| {
        let Node::Leaf(leaf) = node else { return None };
        Some(Point { condition, column: UniqueColumn::of::<M>(leaf.fixes()?)? })
    })
}

impl Point {
    /// The only row that can meet the conditions, if it does; `None` if the value is null, of which there may be several.
    #[inline]
    pub(crate) fn find<'v, M: Model>(
        &self,
        conditions: &[Node<M>],
        at: At<'v, '_>,
    ) -> Option<Option<&'v M>> {
        let Node::Leaf(leaf) = conditions.get(self.condition)? else { return None };
        let row = leaf.find(self.column, at)?;
        if conditions.len() == 1 {
            return Some(row);
        }
        let others = (0..).zip(conditions).filter(|(nth, _)| *nth != self.condition);
        let meets = |row: &M| others.into_iter().all(|(_, it)| it.judge(&[row], 1, at) != 0);
        Some(row.filter(|row| meets(row)))
    }
}
