//! Rows made of values by name.

use bondstone_schema::stored::RowReader;
use bondstone_schema::{Malformed, Shape, StoredColumn, StoredRow};

#[cfg(feature = "proptest")]
use super::catalog::model;
use super::encode::encode;
use super::parts::{PartSource, Parts};
use super::value::ValueBuf;
#[cfg(feature = "proptest")]
use super::write::columns;
use crate::entity::Entity;
use crate::error::{Error, Result};
use crate::fill::Fill;

/// A row of `M`, of values that come by name and of what completes any row.
pub(super) fn named<M: Entity>(values: &mut NamedRow<'_>, tx: &mut Fill<'_>) -> Result<M> {
    M::from_named(&mut RowReader::new(values, M::DEFINITION.columns), tx)
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
    named(&mut NamedRow::new(&columns), tx)
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
