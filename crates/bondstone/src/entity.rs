//! What the engine asks of a model beyond its definition, and the models of a database.

use std::any::Any;

use bondstone_schema::stored::RowReader;
use bondstone_schema::{Action, ColumnSet, ForeignKeyDef, Id, KeyKind, Model, Schema, SchemaError};
use bondstone_storage::{Slot, StoreBuilder};

use crate::change::{Changes, NetRows, RowsOf};
use crate::error::{About, Error, Result};
use crate::fill::Fill;
use crate::plan::Link;
use crate::reflect;
use crate::transaction::deferred::{OpenRow, Unsettled};
use crate::transaction::{Changed, ChangedRow, Refreshed, Tx, Version, VersionColumn, differing};
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
    fn from_named(row: &mut RowReader<'_>, tx: &mut Fill<'_>) -> Result<Self>;

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
    /// Do they fit together?
    ///
    /// # Errors
    /// What does not.
    pub(crate) fn verify(&self) -> Result<()> {
        self.schema.verify()?;
        let mut models = self.behaviours.iter().flatten().filter(|model| model.is_singleton());
        match models.find_map(|model| Some((model.table(), model.cascading_key()?))) {
            Some((table, column)) => Err(SchemaError::new(format!(
                "`{table}` is a #[singleton], whose row stays for ever: its `{column}` cannot be #[on_delete(cascade)]"
            ))
            .into()),
            None => Ok(()),
        }
    }

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

/// A model without its type: for what cascades through tables, and for statements that hooks listen to.
pub(crate) trait Behaviour: Stored {
    fn table(&self) -> &'static str;
    /// The row in a place as `users#7`, as it is or was before the transaction.
    fn name_row(&self, view: &View, slot: Slot) -> String;
    /// A row as `users#7`.
    fn id_of(&self, row: &dyn Any) -> String;
    fn foreign_key(&self, place: usize) -> ForeignKeyInfo;
    /// Lets a row's foreign keys refer to nothing, or to their defaults.
    fn detach(&self, tx: &mut Tx, slot: Slot, links: &[Link]) -> Result<()>;
    /// As [`detach`](Self::detach), of one key in a copy.
    fn let_go(&self, row: &mut dyn Any, place: usize, action: Action) -> Result<()>;
    /// Refuses a row that refers by a foreign key to what it referred to before, and that is gone.
    fn refuse_same_parent(&self, before: &dyn Any, row: &dyn Any, place: usize) -> Result<()>;
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
    /// The columns in which two rows differ.
    fn differing(&self, before: &dyn Any, row: &dyn Any) -> ColumnSet;
    /// Fills what `#[on_update]` says into a changed row.
    fn refresh(&self, tx: &Tx, before: &dyn Any, row: &mut dyn Any) -> Refreshed;
    /// Enforces what concerns a changed row alone; the columns in which it differs.
    fn judge(&self, tx: &Tx, before: &dyn Any, row: &mut dyn Any) -> Result<ColumnSet>;
    /// Lets no other row get the number that this one was given as its key and is not written with yet.
    fn use_number(&self, tx: &mut Tx, row: &dyn Any);
    /// Writes a new row.
    fn place_new(&self, tx: &mut Tx, row: Box<dyn Any>, version: Version) -> Result<Slot>;
    /// Gives the row in a place other values; false if they are the same.
    fn place_changed(&self, tx: &mut Tx, slot: Slot, row: Box<dyn Any>) -> Result<bool>;
    /// Writes a row that ended in a place under its new key.
    fn write_moved(&self, tx: &mut Tx, from: Slot, row: Box<dyn Any>) -> Result<Slot>;
    /// Writes rows that were judged, together.
    fn write_together(&self, tx: &mut Tx, rows: Vec<ChangedRow>) -> Result<usize>;
    /// The error for a hook that gave a row another key.
    fn key_changed_by_hook(&self, row: &dyn Any) -> Error;
    /// Judges what rows left open in a scope that judges at its end; those that break a rule.
    fn settle(&self, tx: &mut Tx, rows: &[OpenRow]) -> Vec<Unsettled>;
    /// The error for the row in a place whose foreign key refers to nothing.
    #[cfg(feature = "serde")]
    fn missing_parent(&self, view: &View, slot: Slot, place: usize) -> Error;
    /// Puts a row as it is given in the place of another; false if they are the same.
    #[cfg(feature = "serde")]
    fn place_replacement(&self, tx: &mut Tx, slot: Slot, row: Box<dyn Any>) -> Result<bool>;
    /// A column by which rows of the model go with others.
    fn cascading_key(&self) -> Option<&'static str>;
    /// Is the model a `#[singleton]`?
    fn is_singleton(&self) -> bool;
    /// Makes the row of a singleton, if it is not there; whether it did.
    fn make_only_row(&self, tx: &mut Tx) -> Result<bool>;
    /// Is a row of the model among these changes?
    fn has_changed(&self, changes: &Changes<'_>) -> bool;
    /// Copies of the changes of the model's rows; `None` if there are none.
    fn copy_changes(&self, changes: &Changes<'_>) -> Option<Box<dyn NetRows>>;
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

    fn id_of(&self, row: &dyn Any) -> String {
        row.downcast_ref::<M>().map_or_else(String::new, |row| row.id().to_string())
    }

    fn detach(&self, tx: &mut Tx, slot: Slot, links: &[Link]) -> Result<()> {
        let let_go = |row: &mut M| {
            links.iter().try_for_each(|link| let_go(row, link.foreign_key, link.action))
        };
        tx.change_slot::<M>(slot, let_go).map(drop)
    }

    fn let_go(&self, row: &mut dyn Any, place: usize, action: Action) -> Result<()> {
        row.downcast_mut::<M>().map_or(Ok(()), |row| let_go(row, place, action))
    }

    fn refuse_same_parent(&self, before: &dyn Any, row: &dyn Any, place: usize) -> Result<()> {
        match both::<M>(before, row) {
            Some((before, row)) if is_same_parent(before, row, place) => {
                Err(About::row(row).missing_parent(place))
            }
            _ => Ok(()),
        }
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
        both::<M>(left, right).is_some_and(|(left, right)| left.id() == right.id())
    }

    fn differing(&self, before: &dyn Any, row: &dyn Any) -> ColumnSet {
        both::<M>(before, row).map_or(ColumnSet::EMPTY, |(before, row)| differing(before, row))
    }

    fn refresh(&self, tx: &Tx, before: &dyn Any, row: &mut dyn Any) -> Refreshed {
        let both = before.downcast_ref::<M>().zip(row.downcast_mut::<M>());
        both.map_or_else(Refreshed::default, |(before, row)| tx.refresh(before, row))
    }

    fn judge(&self, tx: &Tx, before: &dyn Any, row: &mut dyn Any) -> Result<ColumnSet> {
        let both = before.downcast_ref::<M>().zip(row.downcast_mut::<M>());
        both.map_or(Ok(ColumnSet::EMPTY), |(before, row)| tx.judge(before, row))
    }

    fn use_number(&self, tx: &mut Tx, row: &dyn Any) {
        if let (KeyKind::Auto, Some(row)) = (M::DEFINITION.key.kind, row.downcast_ref::<M>()) {
            tx.use_number(row);
        }
    }

    fn place_new(&self, tx: &mut Tx, row: Box<dyn Any>, version: Version) -> Result<Slot> {
        let row = own::<M>(row)?;
        match version {
            Version::First => tx.place_new(row),
            #[cfg(feature = "serde")]
            Version::Given => tx.place_given(row),
        }
    }

    fn place_changed(&self, tx: &mut Tx, slot: Slot, row: Box<dyn Any>) -> Result<bool> {
        tx.place_changed(slot, own::<M>(row)?)
    }

    fn write_moved(&self, tx: &mut Tx, from: Slot, row: Box<dyn Any>) -> Result<Slot> {
        tx.write_moved(from, own::<M>(row)?)
    }

    fn write_together(&self, tx: &mut Tx, rows: Vec<ChangedRow>) -> Result<usize> {
        let typed = |changed: ChangedRow| {
            let ChangedRow { slot, row, columns } = changed;
            Ok(Changed { slot, row: own::<M>(row)?, columns })
        };
        let rows = rows.into_iter().map(typed).collect::<Result<_>>()?;
        tx.write_together::<M>(rows)
    }

    fn key_changed_by_hook(&self, row: &dyn Any) -> Error {
        match row.downcast_ref::<M>() {
            Some(row) => About::row(row).key_changed_by_hook(),
            None => another_model(),
        }
    }

    fn copy_changes(&self, changes: &Changes<'_>) -> Option<Box<dyn NetRows>> {
        Some(Box::new(RowsOf::<M>::copied(changes)?))
    }

    fn settle(&self, tx: &mut Tx, rows: &[OpenRow]) -> Vec<Unsettled> {
        tx.settle_rows::<M>(rows)
    }

    fn cascading_key(&self) -> Option<&'static str> {
        let definition = M::DEFINITION;
        let mut keys = definition.foreign_keys.iter();
        let key = keys.find(|key| key.on_delete == Action::Cascade)?;
        Some(definition.columns[usize::from(key.column)].name)
    }

    #[cfg(feature = "serde")]
    fn missing_parent(&self, view: &View, slot: Slot, place: usize) -> Error {
        let row = view.sight().at_slot::<M>(slot);
        row.map_or_else(another_model, |row| About::row(row).missing_parent(place))
    }

    #[cfg(feature = "serde")]
    fn place_replacement(&self, tx: &mut Tx, slot: Slot, row: Box<dyn Any>) -> Result<bool> {
        tx.place_replacement(slot, own::<M>(row)?)
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
        changes.of::<M>().next().is_some()
    }
}

/// Two rows of a model.
fn both<'a, M: Model>(left: &'a dyn Any, right: &'a dyn Any) -> Option<(&'a M, &'a M)> {
    left.downcast_ref::<M>().zip(right.downcast_ref::<M>())
}

/// A row of a model, with its type.
fn own<M: Model>(row: Box<dyn Any>) -> Result<M> {
    row.downcast::<M>().map(|row| *row).map_err(|_| another_model())
}

/// The engine hands each model its own rows; this is for a mistake in it.
#[cold]
fn another_model() -> Error {
    Error::user("a row of another model")
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
    if is_same_parent(&before, row, place) {
        return Err(About::row(&*row).missing_parent(place));
    }
    Ok(())
}

/// Has a foreign key the same value in both rows?
fn is_same_parent<M: Model>(before: &M, row: &M, place: usize) -> bool {
    !(M::DEFINITION.row.differing)(before, row).contains(key::<M>(place).column)
}
