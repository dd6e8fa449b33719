//! Tables and rows of a view, by name.

use std::fmt;

use bondstone_schema::ValueRef;

use super::catalog::{self, AnyRow, AnyRows, Known, KnownColumn};
use super::decode::decode;
use super::parts::Parts;
use super::value::ValueBuf;
use crate::error::{Error, Result};
use crate::view::View;

/// A table of a view, found by its name.
///
/// ```
#[doc = include_str!("../example.txt")]
/// let snap = db.read();
/// let users = snap.table("users")?;
/// assert_eq!(users.count(), 1);
/// assert_eq!(users.row("1")?.value("email")?.to_string(), "\"ann@x.org\"");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Table<'v> {
    view: &'v View,
    known: &'static Known,
    private: bool,
}

impl View {
    /// The table of that name, for those who do not know its model. O(tables).
    ///
    /// # Errors
    /// [`Error::Unknown`]: there is none; it says which there are.
    pub fn table(&self, name: &str) -> Result<Table<'_>> {
        Ok(Table { view: self, known: catalog::model(self, name)?, private: false })
    }

    /// All tables. O(tables).
    pub fn tables(&self) -> impl Iterator<Item = Table<'_>> {
        catalog::models(self).into_iter().map(|known| Table { view: self, known, private: false })
    }
}

impl<'v> Table<'v> {
    /// The same table, `#[private]` columns included. Without this they are not there.
    #[must_use]
    pub const fn with_private(self) -> Self {
        Self { private: true, ..self }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.known.table
    }

    /// The names of its columns, in field order.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.known_columns().map(|column| column.name)
    }

    /// What is known of its columns.
    pub(crate) fn known_columns(&self) -> impl Iterator<Item = &'static KnownColumn> + use<> {
        let private = self.private;
        self.known.columns.iter().filter(move |column| private || !column.private)
    }

    /// How many rows there are. See [`View::count`].
    #[must_use]
    pub fn count(&self) -> usize {
        self.known.model.count(self.view)
    }

    /// All rows: in the order of their keys where these are numbered, else in one that is the same for the same history.
    #[must_use]
    pub fn rows(&self) -> Rows<'v> {
        Rows { table: *self, rows: self.known.model.rows(self.view) }
    }

    /// The row with this key: a number, a text that says it, a list for a key of several columns. O(1).
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Shape`]: it cannot be a key of this table.
    pub fn row(&self, key: impl Into<ValueBuf>) -> Result<Row<'v>> {
        let key = key.into();
        let found = self.known.model.row(self.view, &self.known.key_parts(&key)?)?;
        let missing = || Error::NotFound(format!("{}#{key}", self.known.table));
        Ok(Row { row: found.ok_or_else(missing)?, known: self.known, private: self.private })
    }
}

impl fmt::Debug for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("name", &self.name()).field("rows", &self.count()).finish()
    }
}

/// The rows of a [`Table`].
pub struct Rows<'v> {
    table: Table<'v>,
    rows: AnyRows<'v>,
}

impl<'v> Iterator for Rows<'v> {
    type Item = Row<'v>;

    fn next(&mut self) -> Option<Row<'v>> {
        let Table { known, private, .. } = self.table;
        Some(Row { row: self.rows.next()?, known, private })
    }
}

impl<'v> IntoIterator for Table<'v> {
    type Item = Row<'v>;
    type IntoIter = Rows<'v>;

    fn into_iter(self) -> Rows<'v> {
        self.rows()
    }
}

/// A row without its type.
#[derive(Clone, Copy)]
pub struct Row<'v> {
    row: &'v dyn AnyRow,
    known: &'static Known,
    private: bool,
}

impl<'v> Row<'v> {
    /// Its key.
    #[must_use]
    pub fn key(&self) -> ValueBuf {
        // What a row writes is of its own shape.
        decode(&self.known.key, &mut self.row.key().source()).unwrap_or(ValueBuf::Null)
    }

    /// The value in a column, to look at.
    ///
    /// # Errors
    /// [`Error::Unknown`]: there is no such column, or it is private.
    pub fn value(&self, column: &str) -> Result<ValueRef<'v>> {
        Ok(self.row.view(self.place(column)?))
    }

    /// The value in a column, to keep: all of it, and as it is written back.
    ///
    /// # Errors
    /// As for [`value`](Self::value).
    pub fn get(&self, column: &str) -> Result<ValueBuf> {
        self.owned(self.place(column)?)
    }

    /// Names and values of all columns, in field order.
    ///
    /// # Errors
    /// None that a row could cause.
    pub fn values(&self) -> Result<Vec<(&'static str, ValueBuf)>> {
        let columns = self.known.columns.iter().enumerate();
        let shown = columns.filter(|(_, column)| self.private || !column.private);
        shown.map(|(place, column)| Ok((column.name, self.owned(place)?))).collect()
    }

    fn owned(&self, place: usize) -> Result<ValueBuf> {
        let parts = Parts::of(|sink| self.row.write(place, sink));
        Ok(decode(&self.known.columns[place].shape, &mut parts.source())?)
    }

    fn place(&self, column: &str) -> Result<usize> {
        let place = self.known.column(column)?;
        if self.known.columns[place].private && !self.private {
            let table = self.known.table;
            let what = format!("`{table}.{column}` is private: ask the table `with_private()`");
            return Err(Error::Unknown(what));
        }
        Ok(place)
    }
}

impl fmt::Display for Row<'_> {
    /// As errors show it: `users#7`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.row.name())
    }
}

impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.known.columns.iter().enumerate();
        let mut shown = f.debug_struct(&self.row.name());
        for (place, column) in columns {
            let hidden = column.private && !self.private;
            match hidden {
                true => shown.field(column.name, &format_args!("•••")),
                false => shown.field(column.name, &self.row.view(place)),
            };
        }
        shown.finish()
    }
}
