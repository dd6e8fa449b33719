//! Rows made of values by name: what derived code asks.

use bondstone_schema::{Codec, Malformed, Shape, StoredColumn, StoredRow, Value};

#[cfg(feature = "proptest")]
use super::catalog::model;
use super::encode::encode;
use super::parts::{PartSource, Parts};
use super::value::ValueBuf;
#[cfg(feature = "proptest")]
use super::write::columns;
#[cfg(feature = "proptest")]
use crate::entity::Entity;
use crate::error::{Error, Result};
#[cfg(feature = "proptest")]
use crate::fill::Fill;

/// The value of a column without a default: the given one, or the null.
///
/// # Errors
/// It does not fit; there is none, and no null either.
#[doc(hidden)]
pub fn required<V: Value>(row: &mut dyn StoredRow, column: (u16, &'static str)) -> Result<V> {
    let missing = || Malformed::new("it has no default, and there is no value for it");
    match given(row, column)? {
        Some(value) => Ok(value),
        None => V::null().ok_or_else(|| missing().in_column(column.1).into()),
    }
}

/// The value that is given for a column.
///
/// # Errors
/// It does not fit.
#[doc(hidden)]
pub fn given<V: Value>(
    row: &mut dyn StoredRow,
    (column, name): (u16, &'static str),
) -> Result<Option<V>> {
    let value = match row.column(column) {
        Ok(StoredColumn::Value(source)) => V::read_from(source).map(Some),
        Ok(_) => Ok(None),
        Err(malformed) => Err(malformed),
    };
    value.map_err(|malformed| malformed.in_column(name).into())
}

/// The value that a codec makes of what is stored.
///
/// # Errors
/// It makes none of it.
#[doc(hidden)]
pub fn decoded<C: Codec<T>, T>(stored: C::Stored, name: &'static str) -> Result<T> {
    let undecoded = |error| Malformed::new(format!("it cannot be decoded: {error}"));
    C::decode(stored).map_err(|error| undecoded(error).in_column(name).into())
}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Self::Shape(malformed.to_string())
    }
}

/// A row of `M`, of what these values say by name and of what completes any row.
///
/// # Errors
/// As for [`Tx::insert_into`](crate::Tx::insert_into).
#[cfg(feature = "proptest")]
pub(crate) fn row<M: Entity>(
    values: Vec<(&'static str, ValueBuf)>,
    tx: &mut Fill<'_>,
) -> Result<M> {
    let known = model(tx, M::DEFINITION.name)?;
    let columns = columns(known, values)?;
    M::from_named(&mut NamedRow::new(&columns), tx)
}

/// Values of columns, as a model reads them.
pub(super) struct NamedRow<'a> {
    columns: &'a [Option<Parts>],
    source: Option<PartSource<'a>>,
}

impl<'a> NamedRow<'a> {
    /// Of the parts of each column that is given.
    pub(super) const fn new(columns: &'a [Option<Parts>]) -> Self {
        Self { columns, source: None }
    }
}

impl StoredRow for NamedRow<'_> {
    fn column(&mut self, column: u16) -> std::result::Result<StoredColumn<'_>, Malformed> {
        match self.columns.get(usize::from(column)) {
            Some(Some(parts)) => Ok(StoredColumn::Value(self.source.insert(parts.source()))),
            _ => Ok(StoredColumn::Missing),
        }
    }
}

/// The parts of a value that is to go into a column.
pub(super) fn column_parts((name, shape): (&str, &Shape), value: &ValueBuf) -> Result<Parts> {
    encode(shape, value).map_err(|malformed| malformed.in_column(name.to_owned()).into())
}
