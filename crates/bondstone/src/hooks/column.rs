//! Columns that `on_set` watches.

use bondstone_schema::{Column, Fk, Id, Model, Nullness, Value};

use crate::entity::Entity;

/// The value that a column had, and the one that it gets. Copies: the row is at hand beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment<V> {
    /// The value before the statement; `None` where the row is new.
    pub old: Option<V>,
    /// The value that the row has now.
    pub new: V,
}

/// A column that [`on_set`](crate::Hooks::on_set) can watch: a [`Column`], or a foreign key.
pub trait SetColumn: Copy + Send + Sync + 'static {
    /// The column's model.
    type Model: Entity;
    /// The type of its values; of a foreign key an id, in an `Option` if it may be null.
    type Value: 'static;

    /// The column's number among the model's.
    #[doc(hidden)]
    fn number(self) -> u16;

    /// A copy of the row's value.
    #[doc(hidden)]
    fn value(self, row: &Self::Model) -> Self::Value;
}

impl<M: Entity, V: Value, U: 'static> SetColumn for Column<M, V, U> {
    type Model = M;
    type Value = V;

    fn number(self) -> u16 {
        Self::number(self)
    }

    fn value(self, row: &M) -> V {
        self.get(row).clone()
    }
}

impl<M: Entity, P: Model, N: Nullness> SetColumn for Fk<M, P, N> {
    type Model = M;
    type Value = N::Item<Id<P>>;

    fn number(self) -> u16 {
        Self::number(self)
    }

    fn value(self, row: &M) -> N::Item<Id<P>> {
        N::item(self.get(row).cloned())
    }
}
