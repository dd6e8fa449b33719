//! A database as JSON, and JSON into a database. Feature `serde`.
//!
//! ```json
//! {
//! "users": [
//! {"id":1,"email":"ann@x.org","age":0}
//! ],
//! "orders": [
//! ]
//! }
//! ```
//!
//! One row is one line, its columns are in field order, so that two exports can be compared by any tool.
//!
//! | value | JSON |
//! |---|---|
//! | a number of up to 64 bits, a truth value, text, a character | the same |
//! | a wider number; `NaN`, `inf`, `-inf` | text |
//! | a decimal, timestamp, date, UUID | text: `"19.99"`, `"2026-11-23T02:00:00Z"` |
//! | a key, a foreign key | the raw key; an array for one of several columns |
//! | `None` | `null` |
//! | `Some` of what may be `null` itself | an array of it |
//! | a list, set, array, tuple | an array |
//! | a map | an object where the keys are text, else an array of pairs |
//! | a struct | an object; without names an array, or for one field what is in it |
//! | an enum | `"Draft"`, `{"Sent":{"on":"2026-11-23"}}` |
//! | JSON | the same; in an `Option`, where `null` is `None`, JSON's own null is `[null]`, and `[null]` is `[[null]]` |
//!
//! Columns that are `#[private]` are left out unless they are [asked for](Export::private); whoever imports such a file gets their
//! defaults, or a refusal.
//!
//! ```
#![doc = include_str!("example.txt")]
//! let text = bondstone::json::export(&db.read())?;
//! let copy = Database::builder().models::<User>().in_memory()?;
//! copy.write(|tx| bondstone::json::import(tx, &text)?.all())?;
//! assert_eq!(bondstone::json::export(&copy.read())?, text);
//! # Ok::<(), Error>(())
//! ```

mod read;
mod text;

use std::io::{self, Read, Write};

use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::error::{Error, Result};
use crate::reflect::catalog;
use crate::reflect::import::{Given, Import};
pub use crate::reflect::{Imported, RefusedRow};
use crate::reflect::{Row, Table};
use crate::transaction::Tx;
use crate::view::View;

#[cfg(feature = "csv")]
pub(crate) use read::value;
pub(crate) use text::to_json;

/// All tables of a view, without private columns. O(rows).
///
/// # Errors
/// None that rows could cause.
pub fn export(view: &View) -> Result<String> {
    Export::new().to_text(view)
}

/// Inserts the rows of a text that an [`export`] wrote, or somebody else: an object that has an array of objects for each table. Tables
/// may be missing, and columns that have a default or a null; constraints, limits and checks hold as ever. Rows may stand in any
/// order, and need each other in circles. A table that is there twice has the rows of both; a column that is there twice refuses the row.
///
/// What is given is written as it is: keys, versions, columns that are set once or by each update, and those of a singleton's row, which
/// takes the values of the one that is there.
///
/// Rows that are refused are reported, each with its own reason, and leave no trace; [`Imported::all`] makes an error of them. O(rows):
/// each is written once, and once more if some are refused because what they refer to is not there.
///
/// ```
#[doc = include_str!("example.txt")]
/// let text = r#"{
///     "orders": [{ "user_id": 2, "quantity": 3 }, { "user_id": 9, "quantity": 1 }],
///     "users": [{ "id": 2, "email": "bob@x.org" }]
/// }"#;
/// let imported = db.write(|tx| bondstone::json::import(tx, text))?;
/// assert_eq!(
///     imported.to_string(),
///     "2 inserted, 1 refused\n  orders[1]: foreign key `orders_user_id_fkey` violated: \
///      orders.user_id = 9 does not exist in `users`"
/// );
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// The text is no JSON, or not such an object; [`Error::Unknown`]: a table that there is not. Nothing was inserted then.
pub fn import(tx: &mut Tx, text: &str) -> Result<Imported> {
    if !text.trim_ascii_start().starts_with('{') {
        // That it is no JSON at all is worth more to know.
        let _: &RawValue = read::parts(text)?;
        return Err(Error::Shape("an object of tables is wanted".to_owned()));
    }
    let read::Fields(tables) = read::parts(text)?;
    let mut import = Import::default();
    for (table, rows) in tables {
        let known = catalog::model(tx, &table)?;
        let rows: Vec<&RawValue> = read::parts(rows.get())
            .map_err(|_| Error::Shape(format!("`{table}`: an array of rows is wanted")))?;
        for row in rows {
            import.add(known, given(row));
        }
    }
    Ok(import.run(tx))
}

/// As [`import`], from a file or whatever else can be read. All of it is in memory for the time.
///
/// # Errors
/// As for [`import`]; and what the reader says.
pub fn import_from(tx: &mut Tx, reader: impl Read) -> Result<Imported> {
    let text = io::read_to_string(reader).map_err(Error::user)?;
    import(tx, &text)
}

fn given(row: &RawValue) -> Result<Given> {
    if !row.get().starts_with('{') {
        return Err(Error::Shape("a row is an object of its columns".to_owned()));
    }
    let read::Fields(columns) = read::parts(row.get())?;
    let named = |(name, text): (String, &RawValue)| match read::value(text.get()) {
        Ok(value) => Ok((name, value)),
        Err(error) => Err(Error::Shape(format!("column `{name}`: {error}"))),
    };
    columns.into_iter().map(named).collect()
}

/// What is exported.
#[derive(Clone, Debug, Default)]
pub struct Export {
    private: bool,
    tables: Option<Vec<String>>,
}

impl Export {
    /// All tables, without private columns.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Are private columns exported?
    #[must_use]
    pub const fn private(mut self, private: bool) -> Self {
        self.private = private;
        self
    }

    /// This table, and no others but those that are named so.
    #[must_use]
    pub fn table(mut self, name: impl Into<String>) -> Self {
        self.tables.get_or_insert_default().push(name.into());
        self
    }

    /// As a text. O(rows).
    ///
    /// # Errors
    /// [`Error::Unknown`]: a table that there is not.
    pub fn to_text(&self, view: &View) -> Result<String> {
        let mut bytes = Vec::new();
        self.write(view, &mut bytes)?;
        String::from_utf8(bytes).map_err(Error::user)
    }

    /// Into a file, or whatever else can be written to: row by row. O(rows).
    ///
    /// # Errors
    /// [`Error::Unknown`]: a table that there is not; what the writer says.
    pub fn write(&self, view: &View, mut writer: impl Write) -> Result<()> {
        let tables: Vec<Table<'_>> = match &self.tables {
            Some(names) => names.iter().map(|name| view.table(name)).collect::<Result<_>>()?,
            None => view.tables().collect(),
        };
        let mut text = Text { to: &mut writer };
        text.put("{")?;
        for (place, table) in tables.into_iter().enumerate() {
            text.put(if place == 0 { "\n" } else { ",\n" })?;
            text.json(&Json::from(table.name()))?;
            text.put(": [")?;
            let table = if self.private { table.with_private() } else { table };
            for (place, row) in table.rows().enumerate() {
                text.put(if place == 0 { "\n" } else { ",\n" })?;
                text.row(&row)?;
            }
            text.put("\n]")?;
        }
        text.put("\n}\n")
    }
}

/// A text being written.
struct Text<W> {
    to: W,
}

impl<W: Write> Text<W> {
    fn put(&mut self, text: &str) -> Result<()> {
        self.to.write_all(text.as_bytes()).map_err(Error::user)
    }

    fn json(&mut self, value: &Json) -> Result<()> {
        serde_json::to_writer(&mut self.to, value).map_err(Error::user)
    }

    fn row(&mut self, row: &Row<'_>) -> Result<()> {
        for (place, (name, value)) in row.values()?.iter().enumerate() {
            self.put(if place == 0 { "{" } else { "," })?;
            self.json(&Json::from(*name))?;
            self.put(":")?;
            self.json(&to_json(value))?;
        }
        self.put("}")
    }
}
