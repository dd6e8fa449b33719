//! A whole row as it is stored: what is known of each column of a model.
//!
//! What was stored need not have the columns that the model has now. A [`StoredRow`] says of each column of the model what
//! there is, and [`field`] makes the field's value of it: it is read, or converted from its old type, or made up where the
//! model says how.

use std::fmt::Display;

use super::{Malformed, Source};
use crate::value::Value;

/// What is stored of one row.
pub trait StoredRow {
    /// What there is of this column of the model; each is asked for once, in order.
    ///
    /// # Errors
    /// The stored value cannot be had.
    fn column(&mut self, column: u16) -> Result<StoredColumn<'_>, Malformed>;
}

/// What is stored of one column of a row.
pub enum StoredColumn<'a> {
    /// A value of the column's type.
    Value(&'a mut dyn Source),
    /// A value of the type that the column had: `#[converted_from(Old, …)]`.
    Old(&'a mut dyn Source),
    /// Nothing: the column was added since.
    Missing,
}

/// A row, restored.
pub type Restored<M> = Result<M, Malformed>;

/// How a value of a column's old type becomes one of its present type.
pub type Convert<V> = fn(&mut dyn Source) -> Result<V, Malformed>;

/// The value of a column.
///
/// A missing one is what `default` makes, or else the null of an `Option`.
///
/// # Errors
/// What is wrong, with the column's name.
pub fn field<V: Value>(
    row: &mut dyn StoredRow,
    (column, name): (u16, &'static str),
    default: Option<fn() -> V>,
    convert: Option<Convert<V>>,
) -> Result<V, Malformed> {
    let value = match row.column(column) {
        Ok(StoredColumn::Value(source)) => V::read_from(source),
        Ok(StoredColumn::Old(source)) => match convert {
            Some(convert) => convert(source),
            None => Err(Malformed::new(
                "it was stored with another type, and no `#[converted_from]` says what to do",
            )),
        },
        Ok(StoredColumn::Missing) => missing(default),
        Err(malformed) => Err(malformed),
    };
    value.map_err(|malformed| malformed.in_column(name))
}

#[cold]
fn missing<V: Value>(default: Option<fn() -> V>) -> Result<V, Malformed> {
    default.map(|default| default()).or_else(V::null).ok_or_else(|| {
        Malformed::new(
            "it was added, and the rows that are stored have no value for it: give it a `#[default]`, or make it an `Option`",
        )
    })
}

/// Reads a value and makes another of it, which may refuse: `#[value(try_from)]`.
///
/// # Errors
/// It is malformed, or refused.
#[doc(hidden)]
pub fn tried<Inner: Value, V: TryFrom<Inner, Error: Display>>(
    source: &mut dyn Source,
) -> Result<V, Malformed> {
    let inner = Inner::read_from(source)?;
    V::try_from(inner)
        .map_err(|error| Malformed::new(format!("it breaks the rule of its type: {error}")))
}

/// What the function of a `#[converted_from(Old, function)]` may return: the value, or a `Result` of it.
#[diagnostic::on_unimplemented(
    message = "the function does not make a `{V}`, but a `{Self}`",
    label = "returns `{Self}`",
    note = "the function of `#[converted_from(Old, function)]` takes the old value and returns the new one, or a `Result` of it whose error can be displayed"
)]
pub trait Converted<V> {
    /// The value.
    ///
    /// # Errors
    /// The function's error.
    fn converted(self) -> Result<V, Malformed>;
}

impl<V: Value> Converted<V> for V {
    fn converted(self) -> Result<V, Malformed> {
        Ok(self)
    }
}

impl<V: Value, E: Display> Converted<V> for Result<V, E> {
    fn converted(self) -> Result<V, Malformed> {
        self.map_err(|error| Malformed::new(format!("it cannot be converted: {error}")))
    }
}

/// Reads a value of the old type and converts it.
///
/// # Errors
/// It is malformed, or the function refuses it.
#[doc(hidden)]
pub fn converted<Old: Value, R: Converted<V>, V>(
    source: &mut dyn Source,
    convert: impl FnOnce(Old) -> R,
) -> Result<V, Malformed> {
    convert(Old::read_from(source)?).converted()
}
