//! A table as CSV, and CSV into a table. Feature `csv`.
//!
//! The first line has the columns' names. `None` is an empty cell; numbers, texts, dates and plain variants are as they are; anything that
//! has something inside is [JSON](crate::json), and so is a column of JSON. Where a text may be `None`, one that is empty or begins with
//! a quote is JSON as well, so that nothing means two things.
//!
//! ```
#![doc = include_str!("example.txt")]
//! let mut bytes = Vec::new();
//! bondstone::csv::export(db.read().table("users")?, &mut bytes)?;
//! assert_eq!(String::from_utf8_lossy(&bytes), "id,email,age\n1,ann@x.org,0\n");
//!
//! let text = "email,age\nbob@x.org,41\n";
//! let imported = db.write(|tx| bondstone::csv::import(tx, "users", text.as_bytes()))?;
//! assert_eq!(imported.all()?, 1);
//! # Ok::<(), Error>(())
//! ```

use std::io::{Read, Write};

use bondstone_schema::{Primitive, Shape};

use crate::error::{Error, Result};
use crate::json::{self, to_json};
use crate::reflect::catalog::{self, KnownColumn};
use crate::reflect::import::{Given, Import};
use crate::reflect::{Imported, Table, ValueBuf, may_be_null};
use crate::transaction::Tx;

/// The rows of a table, private columns only if the table is [asked](Table::with_private) for them. O(rows).
///
/// # Errors
/// What the writer says.
pub fn export(table: Table<'_>, writer: impl Write) -> Result<()> {
    let mut writer = csv::Writer::from_writer(writer);
    writer.write_record(table.columns()).map_err(Error::user)?;
    let columns: Vec<&KnownColumn> = table.known_columns().collect();
    for row in table {
        let values = row.values()?;
        let cells = columns.iter().zip(&values).map(|(column, (_, value))| cell(column, value));
        writer.write_record(cells).map_err(Error::user)?;
    }
    writer.flush().map_err(Error::user)
}

/// Inserts rows into a table, as [`json::import`] does. The first line names the columns, in any order; those with
/// a default or a null may be missing.
///
/// # Errors
/// It is no CSV; [`Error::Unknown`]: a table or a column that there is not. Nothing was inserted then.
pub fn import(tx: &mut Tx, table: &str, reader: impl Read) -> Result<Imported> {
    let known = catalog::model(tx, table)?;
    let mut reader = csv::Reader::from_reader(reader);
    let header = reader.headers().map_err(Error::user)?;
    let columns = header.iter().map(|name| Ok(&known.columns[known.column(name)?]));
    let columns: Vec<&KnownColumn> = columns.collect::<Result<_>>()?;
    let mut import = Import::default();
    for record in reader.records() {
        let record = record.map_err(Error::user)?;
        let values = columns
            .iter()
            .zip(&record)
            .map(|(column, cell)| Ok((column.name.to_owned(), value(&column.shape, cell)?)));
        import.add(known, values.collect::<Result<Given>>());
    }
    Ok(import.run(tx))
}

fn cell(column: &KnownColumn, value: &ValueBuf) -> String {
    match value {
        ValueBuf::Null => String::new(),
        ValueBuf::Text(text) if may_be_taken_for_another(&column.shape, text) => {
            to_json(value).to_string()
        }
        ValueBuf::Text(text) => text.clone(),
        ValueBuf::List(_) | ValueBuf::Map(_) | ValueBuf::Struct(_) => to_json(value).to_string(),
        ValueBuf::Variant(_, fields) if !fields.is_empty() => to_json(value).to_string(),
        #[cfg(feature = "json")]
        ValueBuf::Json(json) => json.to_string(),
        plain => plain.to_string(),
    }
}

fn value(shape: &Shape, cell: &str) -> Result<ValueBuf> {
    let nullable = may_be_null(shape);
    if cell.is_empty() && nullable {
        return Ok(ValueBuf::Null);
    }
    let is_json = match plain(shape) {
        // A character that is a quote is more than that as JSON.
        Shape::Primitive(Primitive::Text | Primitive::Char) => {
            nullable && cell.starts_with('"') && cell.len() > 1
        }
        Shape::Primitive(_) => false,
        #[cfg(feature = "json")]
        shape if shape.is_json() => true,
        _ => cell.starts_with(['{', '[', '"']),
    };
    if !is_json {
        return Ok(ValueBuf::Text(cell.to_owned()));
    }
    json::value(cell)
}

/// An empty cell is no value, and one that begins with a quote is JSON.
fn may_be_taken_for_another(shape: &Shape, text: &str) -> bool {
    may_be_null(shape) && (text.is_empty() || text.starts_with('"'))
}

/// What a value is when it is one.
fn plain(shape: &Shape) -> &Shape {
    match shape {
        // What may be null in two ways is a list: JSON.
        Shape::Option(inside) if may_be_null(inside) => shape,
        Shape::Option(inside) | Shape::Id(_, inside) => plain(inside),
        Shape::Struct(fields) => match &fields[..] {
            [only] if only.name == "0" => plain(&only.shape),
            _ => shape,
        },
        other => other,
    }
}
