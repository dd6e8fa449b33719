//! What the engine asks of a model beyond its definition, and the models of a database.

use std::any::Any;

use bondstone_schema::{Action, ForeignKeyDef, Id, Model, Schema, StoredRow};
use bondstone_storage::{Slot, StoreBuilder};

use crate::change::Changes;
use crate::error::{About, Result};
use crate::fill::Fill;
use crate::reflect;
use crate::transaction::deferred::OpenRow;
use crate::transaction::{Tx, VersionColumn};
use crate::view::View;

/// A row to be inserted: the generated `NewUser`, or a whole `User`.
///
/// `NewUser` has the fields without default; [`complete`](New::complete) fills the rest. A `User` is kept as it is, an
/// explicit key included.
///
/// ```
#[doc = include_str!("example.txt")]
/// db.write(|tx| {
///     let bob = tx.insert(NewUser { email: "bob@x.org".into() })?;
///     let copy = User { id: Id::from_u64(70).unwrap(), email: "eve@x.org".into(), ..tx[bob].clone() };
///     assert_eq!(tx.insert(copy)?.get(), 70);
///     Ok(())
/// })?;
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no row to be inserted",
    note = "insert a `NewUser` or a whole `User`, of a model that is no `#[singleton]`; change that with `tx.update_the`"
)]
pub trait New: Sized {
    /// The model of the row.
    type Model: Entity;

    /// Makes the row: key, then defaults, then what `#[on_insert]` says, in field order.
    ///
    /// # Errors
    /// When the keys are used up.
    fn complete(self, tx: &mut Fill<'_>) -> Result<Self::Model>;
}

/// A model with its behaviour. Derived together with `Model`.
pub trait Entity: Model {
    /// Adds the models that this one is related to.
    #[doc(hidden)]
    fn reach(models: &mut Models);

    /// Has a column an `#[on_update]` value?
    #[doc(hidden)]
    const REFRESHES: bool;

    /// Fills what `#[on_update]` says into columns that an update left equal.
    #[doc(hidden)]
    fn refresh(&mut self, before: &Self, tx: &mut Fill<'_>);

    /// Makes a row of values that came by name, and of what completes any row.
    #[doc(hidden)]
    fn from_named(row: &mut dyn StoredRow, tx: &mut Fill<'_>) -> Result<Self>;

    /// Takes another primary key.
    #[doc(hidden)]
    fn set_id(&mut self, id: Id<Self>);

    /// The `#[version]` column.
    #[doc(hidden)]
    const VERSION: Option<VersionColumn<Self>> = None;

    /// Has the table one row, which is there from the beginning?
    #[doc(hidden)]
    const SINGLETON: bool = false;

    /// That row, as it is in the beginning.
    #[doc(hidden)]
    fn only(_tx: &mut Fill<'_>) -> Option<Result<Self>> {
        None
    }
}

/// The models of a database, while it is being built.
#[derive(Default)]
pub struct Models {
    pub(crate) store: StoreBuilder,
    pub(crate) schema: Schema,
    pub(crate) behaviours: Vec<Option<Box<dyn Behaviour>>>,
}

impl Models {
    /// Adds a model and every model that it reaches by key or relation.
    pub fn add<M: Entity>(&mut self) {
        let number = M::number().assign();
        if self.behaviours.len() <= number {
            self.behaviours.resize_with(number + 1, || None);
        }
        if self.behaviours[number].is_some() {
            return;
        }
        self.behaviours[number] = Some(Box::new(Of::<M>(std::marker::PhantomData)));
        self.store.add::<M>();
        self.schema.add::<M>();
        reflect::register::<M>();
        M::reach(self);
    }
}

/// Several models at once: a model, or a tuple of models.
pub trait Roots {
    /// Adds them.
    #[doc(hidden)]
    fn add_to(models: &mut Models);
}

impl<M: Entity> Roots for M {
    fn add_to(models: &mut Models) {
        models.add::<M>();
    }
}

macro_rules! roots {
    ($(($($root:ident),+))*) => {$(
        impl<$($root: Entity),+> Roots for ($($root,)+) {
            fn add_to(models: &mut Models) {
                $(models.add::<$root>();)+
            }
        }
    )*};
}

roots! {
    (A, B)
    (A, B, C)
    (A, B, C, D)
    (A, B, C, D, E)
    (A, B, C, D, E, F)
    (A, B, C, D, E, F, G)
    (A, B, C, D, E, F, G, H)
}

/// The numbers of the models in the order of a schema: that in which they were registered.
#[cfg(feature = "persist")]
pub(crate) fn order(behaviours: &[Option<Box<dyn Behaviour>>], schema: &Schema) -> Vec<usize> {
    let is_of = |model: &Option<Box<dyn Behaviour>>, name: &str| {
        model.as_ref().is_some_and(|model| model.table() == name)
    };
    let number = |name: &str| behaviours.iter().position(|model| is_of(model, name));
    schema.tables().iter().filter_map(|table| number(table.name)).collect()
}

/// The models with these numbers.
#[cfg(feature = "persist")]
pub(crate) fn in_order<'a>(
    behaviours: &'a [Option<Box<dyn Behaviour>>],
    order: &'a [usize],
) -> impl Iterator<Item = &'a dyn Behaviour> {
    order.iter().filter_map(|number| behaviours[*number].as_deref())
}

/// What a database with files asks of a model beyond the rest.
#[cfg(feature = "persist")]
pub(crate) use crate::durability::table::StoredTable as Stored;

/// Without files there is nothing.
#[cfg(not(feature = "persist"))]
pub(crate) trait Stored: Send + Sync {}

#[cfg(not(feature = "persist"))]
impl<M: Entity> Stored for Of<M> {}

/// A model without its type, for what cascades through tables.
pub(crate) trait Behaviour: Stored {
    fn table(&self) -> &'static str;
    /// The row in a place as `users#7`, as it is or was before the transaction.
    fn name_row(&self, view: &View, slot: Slot) -> String;
    fn foreign_key(&self, place: usize) -> ForeignKeyInfo;
    /// Lets the row's foreign key refer to nothing, or to its default.
    fn detach(&self, tx: &mut Tx, slot: Slot, place: usize, action: Action) -> Result<()>;
    /// A copy of the row in a place.
    fn row(&self, view: &View, slot: Slot) -> Option<Box<dyn Any>>;
    /// A copy of a row.
    fn copy(&self, row: &dyn Any) -> Box<dyn Any>;
    /// Sets a foreign key of a row right whose parent takes another key, as `action` says.
    fn redirect(
        &self,
        row: &mut dyn Any,
        place: usize,
        action: Action,
        parent: &dyn Any,
    ) -> Result<()>;
    fn have_same_id(&self, left: &dyn Any, right: &dyn Any) -> bool;
    /// Writes a row that ended in a place under its new key.
    fn write_moved(&self, tx: &mut Tx, from: Slot, row: Box<dyn Any>) -> Result<()>;
    /// Gives the row in a place other values.
    fn write_changed(&self, tx: &mut Tx, slot: Slot, row: Box<dyn Any>) -> Result<()>;
    /// Judges what rows left open in a scope that judges at its end.
    fn settle(&self, tx: &mut Tx, rows: &[OpenRow]) -> Result<()>;
    /// Is the model a `#[singleton]`?
    fn is_singleton(&self) -> bool;
    /// Makes the row of a singleton, if it is not there; whether it did.
    fn make_only_row(&self, tx: &mut Tx) -> Result<bool>;
    /// Is a row of the model among these changes?
    fn has_changed(&self, changes: &Changes<'_>) -> bool;
}

/// A foreign key without its model's type.
#[derive(Clone, Copy)]
pub(crate) struct ForeignKeyInfo {
    pub(crate) name: &'static str,
    pub(crate) column: &'static str,
    pub(crate) on_delete: Action,
    pub(crate) on_update: Action,
}

pub(crate) struct Of<M>(std::marker::PhantomData<fn() -> M>);

fn key<M: Model>(place: usize) -> &'static ForeignKeyDef<M> {
    &M::DEFINITION.foreign_keys[place]
}

impl<M: Entity> Behaviour for Of<M> {
    fn table(&self) -> &'static str {
        M::DEFINITION.name
    }

    fn name_row(&self, view: &View, slot: Slot) -> String {
        let sight = view.sight();
        let row = sight.at_slot::<M>(slot).or_else(|| sight.deleted::<M>(slot));
        row.map_or_else(|| format!("{}#?", self.table()), |row| row.id().to_string())
    }

    fn foreign_key(&self, place: usize) -> ForeignKeyInfo {
        let key = key::<M>(place);
        ForeignKeyInfo {
            name: key.name,
            column: M::DEFINITION.columns[usize::from(key.column)].name,
            on_delete: key.on_delete,
            on_update: key.on_update,
        }
    }

    fn detach(&self, tx: &mut Tx, slot: Slot, place: usize, action: Action) -> Result<()> {
        tx.change_slot::<M>(slot, |row| let_go(row, place, action)).map(drop)
    }

    fn row(&self, view: &View, slot: Slot) -> Option<Box<dyn Any>> {
        Some(Box::new(view.sight().at_slot::<M>(slot)?.clone()))
    }

    fn copy(&self, row: &dyn Any) -> Box<dyn Any> {
        match row.downcast_ref::<M>() {
            Some(row) => Box::new(row.clone()),
            None => Box::new(()),
        }
    }

    fn redirect(
        &self,
        row: &mut dyn Any,
        place: usize,
        action: Action,
        parent: &dyn Any,
    ) -> Result<()> {
        let Some(row) = row.downcast_mut::<M>() else { return Ok(()) };
        if action == Action::Cascade {
            (key::<M>(place).point)(row, Some(parent));
            return Ok(());
        }
        let_go(row, place, action)
    }

    fn have_same_id(&self, left: &dyn Any, right: &dyn Any) -> bool {
        let ids = left.downcast_ref::<M>().zip(right.downcast_ref::<M>());
        ids.is_some_and(|(left, right)| left.id() == right.id())
    }

    fn write_moved(&self, tx: &mut Tx, from: Slot, row: Box<dyn Any>) -> Result<()> {
        let Ok(row) = row.downcast::<M>() else { return Ok(()) };
        tx.write_moved(from, *row)
    }

    fn write_changed(&self, tx: &mut Tx, slot: Slot, row: Box<dyn Any>) -> Result<()> {
        let Ok(after) = row.downcast::<M>() else { return Ok(()) };
        tx.change_slot::<M>(slot, |row| {
            *row = *after;
            Ok(())
        })
        .map(drop)
    }

    fn settle(&self, tx: &mut Tx, rows: &[OpenRow]) -> Result<()> {
        tx.settle_rows::<M>(rows)
    }

    fn is_singleton(&self) -> bool {
        M::SINGLETON
    }

    fn make_only_row(&self, tx: &mut Tx) -> Result<bool> {
        if tx.iter::<M>().next().is_some() {
            return Ok(false);
        }
        let Some(row) = M::only(&mut tx.fill()) else { return Ok(false) };
        tx.write_new(row?)?;
        Ok(true)
    }

    fn has_changed(&self, changes: &Changes<'_>) -> bool {
        changes.of_model::<M>().next().is_some()
    }
}

/// Lets a row's foreign key refer to nothing, or to its default.
fn let_go<M: Model>(row: &mut M, place: usize, action: Action) -> Result<()> {
    let key = key::<M>(place);
    let Some(reset) = key.reset.filter(|_| action == Action::SetDefault) else {
        (key.point)(row, None);
        return Ok(());
    };
    let before = row.clone();
    reset(row);
    // The default is the very row that is gone: nothing would change, and the key would lead nowhere.
    let column = &M::DEFINITION.columns[usize::from(key.column)];
    if (column.equal)(&before, row) {
        return Err(About::row(&*row).missing_parent(place));
    }
    Ok(())
}
