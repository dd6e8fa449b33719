//! The models of this process, without their types.
//!
//! A model is put here when it is first registered with any database, and stays: it is as much a fact of the program as its
//! number, and has no state.

use std::marker::PhantomData;
use std::sync::{PoisonError, RwLock};

use bondstone_schema::{ColumnDef, Id, Model, Shape, Sink, Value, ValueRef};

use super::decode::decode;
use super::encode::encode;
use super::named::{NamedRow, named};
use super::parts::Parts;
use super::value::ValueBuf;
use crate::entity::{Entity, New};
use crate::error::{Error, Result};
use crate::fill::Fill;
#[cfg(feature = "serde")]
use crate::plan::RowRef;
use crate::transaction::Tx;
use crate::view::View;

/// The models, by their numbers.
static MODELS: RwLock<Vec<Option<&'static Known>>> = RwLock::new(Vec::new());

/// A model that is known by name.
pub(crate) struct Known {
    pub(super) table: &'static str,
    pub(crate) columns: Vec<KnownColumn>,
    pub(super) key: Shape,
    pub(super) model: &'static dyn AnyModel,
}

pub(crate) struct KnownColumn {
    pub(crate) name: &'static str,
    pub(super) private: bool,
    pub(crate) shape: Shape,
}

impl KnownColumn {
    fn all(columns: &[ColumnDef]) -> Vec<Self> {
        let known = |column: &ColumnDef| Self {
            name: column.name,
            private: column.private,
            shape: (column.shape)(),
        };
        columns.iter().map(known).collect()
    }
}

/// Makes a model known.
pub(crate) fn register<M: Entity>() {
    let number = M::number().assign();
    let mut models = MODELS.write().unwrap_or_else(PoisonError::into_inner);
    if models.len() <= number {
        models.resize(number + 1, None);
    }
    if models[number].is_none() {
        models[number] = Some(Box::leak(Box::new(Known {
            table: M::DEFINITION.name,
            columns: KnownColumn::all(M::DEFINITION.columns),
            key: Shape::of::<M::Key>(),
            model: &Of::<M>(PhantomData),
        })));
    }
}

/// The models of a view, in the order of its schema.
pub(super) fn models(view: &View) -> Vec<&'static Known> {
    let models = MODELS.read().unwrap_or_else(PoisonError::into_inner);
    let known = view.sight().tables().iter().filter_map(|number| *models.get(*number)?);
    known.collect()
}

/// The model with a table of that name.
pub(crate) fn model(view: &View, table: &str) -> Result<&'static Known> {
    let models = models(view);
    models.iter().copied().find(|known| known.table == table).ok_or_else(|| {
        let names: Vec<&str> = models.iter().map(|known| known.table).collect();
        Error::Unknown(format!("there is no table `{table}`, but {}", names.join(", ")))
    })
}

impl Known {
    /// The place of a column.
    pub(crate) fn column(&self, name: &str) -> Result<usize> {
        let place = self.columns.iter().position(|column| column.name == name);
        place.ok_or_else(|| {
            let names: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
            let table = self.table;
            Error::Unknown(format!("`{table}` has no column `{name}`, but {}", names.join(", ")))
        })
    }

    /// The parts of a key.
    pub(super) fn key_parts(&self, key: &ValueBuf) -> Result<Parts> {
        encode(&self.key, key)
            .map_err(|why| Error::Shape(format!("{key} is no key of `{}`: {why}", self.table)))
    }
}

/// Rows in no order that is promised.
pub(super) type AnyRows<'v> = Box<dyn Iterator<Item = &'v dyn AnyRow> + 'v>;

/// A model without its type.
pub(super) trait AnyModel: Send + Sync {
    fn count(&self, view: &View) -> usize;
    fn rows<'v>(&self, view: &'v View) -> AnyRows<'v>;
    fn row<'v>(&self, view: &'v View, key: &Parts) -> Result<Option<&'v dyn AnyRow>>;
    /// Inserts a row, or gives that of a singleton these values; its key.
    fn insert(&self, tx: &mut Tx, columns: &[Option<Parts>]) -> Result<ValueBuf>;
    /// Writes a row as it is given, be it that of a singleton; its place. A key that was filled in is given from now on.
    #[cfg(feature = "serde")]
    fn write_given(&self, tx: &mut Tx, columns: &mut [Option<Parts>]) -> Result<RowRef>;
    /// Gives a row other values in the columns that are there.
    fn update(&self, tx: &mut Tx, key: &Parts, columns: Vec<Option<Parts>>) -> Result<()>;
    fn delete(&self, tx: &mut Tx, key: &Parts) -> Result<()>;
}

/// A row without its type.
pub(super) trait AnyRow {
    fn view(&self, column: usize) -> ValueRef<'_>;
    fn write(&self, column: usize, sink: &mut dyn Sink);
    /// As `users#7`.
    fn name(&self) -> String;
    fn key(&self) -> Parts;
}

impl<M: Model> AnyRow for M {
    fn view(&self, column: usize) -> ValueRef<'_> {
        (M::DEFINITION.row.view)(self, number(column))
    }

    fn write(&self, column: usize, sink: &mut dyn Sink) {
        (M::DEFINITION.row.write)(self, number(column), sink);
    }

    fn name(&self) -> String {
        self.id().to_string()
    }

    fn key(&self) -> Parts {
        Parts::of(|sink| self.id().write_to(sink))
    }
}

/// The number of a column at a place: there are at most 128.
const fn number(column: usize) -> u16 {
    column as u16
}

struct Of<M>(PhantomData<fn() -> M>);

/// A row to be inserted whose values come by name.
struct Named<'a, M> {
    columns: &'a [Option<Parts>],
    model: PhantomData<fn() -> M>,
}

impl<M: Entity> New for Named<'_, M> {
    type Model = M;

    fn complete(self, tx: &mut Fill<'_>) -> Result<M> {
        named(&mut NamedRow::new(self.columns), tx)
    }
}

fn id_of<M: Model>(key: &Parts) -> Result<Id<M>> {
    Ok(Id::read_from(&mut key.source())?)
}

/// The row with other values in the columns that are there.
fn with<M: Model>(row: &M, mut columns: Vec<Option<Parts>>) -> Result<M> {
    for (at, parts) in columns.iter_mut().enumerate() {
        parts.get_or_insert_with(|| column_of(row, at));
    }
    Ok(M::DEFINITION.restore(&mut NamedRow::new(&columns))?)
}

fn column_of<M: Model>(row: &M, at: usize) -> Parts {
    Parts::of(|sink| row.write(at, sink))
}

#[cfg(feature = "serde")]
fn key_columns<M: Model>() -> impl Iterator<Item = usize> {
    M::DEFINITION.key.index.columns.iter().map(|column| usize::from(*column))
}

impl<M: Entity> AnyModel for Of<M> {
    fn count(&self, view: &View) -> usize {
        view.count::<M>()
    }

    fn rows<'v>(&self, view: &'v View) -> AnyRows<'v> {
        Box::new(view.iter::<M>().map(|row| row as &dyn AnyRow))
    }

    fn row<'v>(&self, view: &'v View, key: &Parts) -> Result<Option<&'v dyn AnyRow>> {
        Ok(view.get::<M>(id_of(key)?).map(|row| row as &dyn AnyRow))
    }

    fn insert(&self, tx: &mut Tx, columns: &[Option<Parts>]) -> Result<ValueBuf> {
        // The row of a singleton is there: it takes the values.
        let only = tx.iter::<M>().next().filter(|_| M::SINGLETON).map(AnyRow::key);
        let key = match only {
            Some(key) => {
                self.update(tx, &key, columns.to_vec())?;
                key
            }
            None => {
                let id = tx.insert(Named::<M> { columns, model: PhantomData })?;
                Parts::of(|sink| id.write_to(sink))
            }
        };
        Ok(decode(&Shape::of::<M::Key>(), &mut key.source())?)
    }

    #[cfg(feature = "serde")]
    fn write_given(&self, tx: &mut Tx, columns: &mut [Option<Parts>]) -> Result<RowRef> {
        let only = tx.iter::<M>().next().filter(|_| M::SINGLETON);
        let slot = match only.and_then(|row| Some((tx.sight().slot_of(&row.id())?, row))) {
            Some((slot, before)) => {
                let row = with(before, columns.to_vec())?;
                tx.replace_given(slot, row)?;
                slot
            }
            None => {
                let row: M = named(&mut NamedRow::new(columns), &mut tx.fill())?;
                let key: Vec<Parts> = key_columns::<M>().map(|at| column_of(&row, at)).collect();
                let slot = tx.insert_given(row)?;
                for (at, parts) in key_columns::<M>().zip(key) {
                    columns[at].get_or_insert(parts);
                }
                slot
            }
        };
        Ok(RowRef { table: M::number().get(), slot })
    }

    fn update(&self, tx: &mut Tx, key: &Parts, columns: Vec<Option<Parts>>) -> Result<()> {
        let id = id_of::<M>(key)?;
        let before = tx.get(id.clone()).ok_or_else(|| Error::NotFound(id.to_string()))?;
        let after = with(before, columns)?;
        tx.update(id, |row| *row = after).map(drop)
    }

    fn delete(&self, tx: &mut Tx, key: &Parts) -> Result<()> {
        let id = id_of::<M>(key)?;
        if M::SINGLETON {
            return Err(Error::Shape(format!("{id} is the row of a singleton, which stays")));
        }
        tx.delete_plural(&id)
    }
}
