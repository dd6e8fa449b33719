//! Writing by name: the ordinary way in, for those who do not know the model.

use super::catalog::{self, Known};
use super::named::column_parts;
use super::parts::Parts;
use super::value::ValueBuf;
use crate::error::{Error, Result};
use crate::transaction::Tx;

impl Tx {
    /// Inserts a row whose values come by name; what is not given is filled in as for any row: keys, defaults, nulls. Its key.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// let key = db.write(|tx| tx.insert_into("users", [("email", "bob@x.org".into())]))?;
    /// assert_eq!(key.to_string(), "2");
    /// let refused = db.write(|tx| tx.insert_into("users", [("age", 41.into())])).unwrap_err();
    /// assert!(refused.to_string().contains("email"));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Unknown`]: there is no such table or column. [`Error::Shape`]: a value does not fit, or is missing. As for
    /// [`insert`](Tx::insert).
    pub fn insert_into<N: AsRef<str>>(
        &mut self,
        table: &str,
        values: impl IntoIterator<Item = (N, ValueBuf)>,
    ) -> Result<ValueBuf> {
        let known = catalog::model(self, table)?;
        let columns = columns(known, values)?;
        known.model.insert(self, &columns)
    }

    /// Gives a row other values by name.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// db.write(|tx| tx.update_in("users", 1, [("age", 41.into())]))?;
    /// assert_eq!(db.read()[ann].age, 41);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`]; as for [`insert_into`](Tx::insert_into) and [`update`](Tx::update).
    pub fn update_in<N: AsRef<str>>(
        &mut self,
        table: &str,
        key: impl Into<ValueBuf>,
        values: impl IntoIterator<Item = (N, ValueBuf)>,
    ) -> Result<()> {
        let known = catalog::model(self, table)?;
        let (key, columns) = (known.key_parts(&key.into())?, columns(known, values)?);
        known.model.update(self, &key, columns)
    }

    /// Deletes a row, and whatever goes with it: as [`delete`](Tx::delete).
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::Shape`], [`Error::NotFound`]; as for [`delete`](Tx::delete).
    pub fn delete_from(&mut self, table: &str, key: impl Into<ValueBuf>) -> Result<()> {
        let known = catalog::model(self, table)?;
        known.model.delete(self, &known.key_parts(&key.into())?)
    }
}

/// The parts of each column that is given.
pub(super) fn columns<N: AsRef<str>>(
    known: &Known,
    values: impl IntoIterator<Item = (N, ValueBuf)>,
) -> Result<Vec<Option<Parts>>> {
    let mut columns: Vec<Option<Parts>> = known.columns.iter().map(|_| None).collect();
    for (name, value) in values {
        let name = name.as_ref();
        let place = known.column(name)?;
        let parts = column_parts((name, &known.columns[place].shape), &value)?;
        if columns[place].replace(parts).is_some() {
            return Err(Error::Shape(format!("column `{name}`: it is given twice")));
        }
    }
    Ok(columns)
}
