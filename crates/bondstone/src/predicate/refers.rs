//! That a row refers to a certain parent: what a relation asks of its rows, as a condition like any other.

use bondstone_schema::{Id, Model, Value};
use bondstone_storage::Slot;

use super::{Effort, Hint, Known, Leaf, Pred, Test, each};
use crate::expression::{Access, At, Parameters};
use crate::view::View;

/// The row refers to this parent, by the foreign key at a place.
struct Refers<P: Model> {
    id: Id<P>,
    /// The parent itself, if its key is no number: the foreign key compares itself with a row.
    parent: Option<P>,
    foreign_key: usize,
}

/// The condition that rows of `M` refer to the row of `P` in a place; `None` if there is none in the view.
pub(crate) fn condition<M: Model, P: Model>(
    view: &View,
    parent: Slot,
    foreign_key: usize,
) -> Option<Pred<M>> {
    let parent = view.sight().at_slot::<P>(parent)?;
    let id = parent.id();
    let parent = id.number().is_none().then(|| parent.clone());
    Some(Pred::leaf(Refers { id, parent, foreign_key }))
}

impl<M: Model, P: Model> Leaf<M> for Refers<P> {
    fn judge(&self, rows: &[&M], among: u64, _at: At<'_, '_>) -> u64 {
        let key = &M::DEFINITION.foreign_keys[self.foreign_key];
        match &self.parent {
            Some(parent) => each(rows, among, |row| (key.refers)(row, parent)),
            None => each(rows, among, |row| (key.number)(row) == self.id.number()),
        }
    }

    fn effort(&self) -> Effort {
        Effort::Row
    }

    fn hint<'a>(&'a self, _parameters: &'a dyn Parameters) -> Option<Hint<'a>> {
        let key = &M::DEFINITION.foreign_keys[self.foreign_key];
        Some(Hint::Values {
            access: Access::ForeignKey(key.column, self.foreign_key),
            test: Test::Equal(Known::parent(&self.id, key.nullable)),
            nullable: key.nullable,
        })
    }

    fn text(&self, _parameters: &dyn Parameters) -> String {
        let column = M::DEFINITION.foreign_keys[self.foreign_key].column;
        let column = &M::DEFINITION.columns[usize::from(column)];
        if column.private {
            return format!("{} = •••", column.name);
        }
        format!("{} = {}", column.name, self.id.view())
    }
}
