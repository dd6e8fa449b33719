//! A whole row as it is stored: what is known of each column of a model.
//!
//! What was stored need not have the columns that the model has now. A [`StoredRow`] says of each column of the model what
//! there is, and a [`RowReader`] makes the field's value of it: it is read, or converted from its old type, or made up where the
//! model says how.

use std::fmt::Display;

use super::{Malformed, Source};
use crate::codec::Codec;
use crate::definition::ColumnDef;
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

/// Makes the fields of a row, as a model's derived code asks for them: by the numbers of their columns, in order.
///
/// Of a whole row that is stored by [`fields`](Self::fields) and its like; of values that come by name by
/// [`required`](Self::required) and [`given`](Self::given). What is wrong is told with the column's name.
pub struct RowReader<'a> {
    row: &'a mut dyn StoredRow,
    columns: &'static [ColumnDef],
    /// The column of the row that is number 0 here.
    first: u16,
}

impl<'a> RowReader<'a> {
    /// Of a row of the model with these columns.
    #[inline]
    pub fn new(row: &'a mut dyn StoredRow, columns: &'static [ColumnDef]) -> Self {
        Self { row, columns, first: 0 }
    }

    /// The part of it whose columns begin at `first`.
    #[inline]
    pub fn part(&mut self, first: u16) -> RowReader<'_> {
        RowReader { row: &mut *self.row, columns: self.columns, first }
    }

    /// The values of columns, of which this is the first: a tuple of them.
    ///
    /// # Errors
    /// As for [`field`](Self::field).
    #[inline]
    pub fn fields<F: Fields>(&mut self, first: u16) -> Restored<F> {
        F::restored(self, first)
    }

    /// The value of a column; a missing one is the null of an `Option`.
    ///
    /// # Errors
    /// It is malformed, missing, or of the type that the column had before.
    #[inline]
    pub fn field<V: Value>(&mut self, column: u16) -> Restored<V> {
        self.converted(column, None, None)
    }

    /// As [`field`](Self::field), with a default for a missing one.
    ///
    /// # Errors
    /// As for [`field`](Self::field).
    #[inline]
    pub fn filled<V: Value>(&mut self, column: u16, default: fn() -> V) -> Restored<V> {
        self.converted(column, Some(default), None)
    }

    /// As [`field`](Self::field), with what is to be done with a value of the type before.
    ///
    /// # Errors
    /// As for [`field`](Self::field); the conversion fails.
    pub fn converted<V: Value>(
        &mut self,
        column: u16,
        default: Option<fn() -> V>,
        convert: Option<Convert<V>>,
    ) -> Restored<V> {
        let value = match self.row.column(self.first + column) {
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
        value.map_err(|malformed| self.in_column(malformed, column))
    }

    /// The value of a column with a codec: of what is stored, of its default or of what was stored before, each encoded.
    ///
    /// # Errors
    /// As for [`converted`](Self::converted); it cannot be decoded.
    pub fn decoded<C: Codec<T>, T>(
        &mut self,
        column: u16,
        default: Option<fn() -> C::Stored>,
        convert: Option<Convert<C::Stored>>,
    ) -> Restored<T> {
        let stored = self.converted(column, default, convert)?;
        self.decode::<C, T>(stored, column)
    }

    /// The values of columns without a default, of which this is the first: the given ones, or the nulls.
    ///
    /// # Errors
    /// One does not fit; there is none, and no null either.
    #[inline]
    pub fn required<F: Fields>(&mut self, first: u16) -> Restored<F> {
        F::required(self, first)
    }

    /// As [`required`](Self::required), for one column with a codec.
    ///
    /// # Errors
    /// As for [`required`](Self::required); it cannot be decoded.
    pub fn required_decoded<C: Codec<T>, T>(&mut self, column: u16) -> Restored<T> {
        let stored = self.required_value(column)?;
        self.decode::<C, T>(stored, column)
    }

    /// Puts the value that is given for a column, if one is, into its field.
    ///
    /// # Errors
    /// It does not fit.
    pub fn given<V: Value>(&mut self, column: u16, field: &mut V) -> Restored<()> {
        if let Some(value) = self.given_value(column)? {
            *field = value;
        }
        Ok(())
    }

    /// As [`given`](Self::given), for a column with a codec.
    ///
    /// # Errors
    /// It does not fit, or cannot be decoded.
    pub fn given_decoded<C: Codec<T>, T>(&mut self, column: u16, field: &mut T) -> Restored<()> {
        if let Some(stored) = self.given_value(column)? {
            *field = self.decode::<C, T>(stored, column)?;
        }
        Ok(())
    }

    fn required_value<V: Value>(&mut self, column: u16) -> Restored<V> {
        match self.given_value(column)? {
            Some(value) => Ok(value),
            None => V::null().ok_or_else(|| {
                let none = Malformed::new("it has no default, and there is no value for it");
                self.in_column(none, column)
            }),
        }
    }

    fn given_value<V: Value>(&mut self, column: u16) -> Restored<Option<V>> {
        let value = match self.row.column(self.first + column) {
            Ok(StoredColumn::Value(source)) => V::read_from(source).map(Some),
            Ok(_) => Ok(None),
            Err(malformed) => Err(malformed),
        };
        value.map_err(|malformed| self.in_column(malformed, column))
    }

    fn decode<C: Codec<T>, T>(&self, stored: C::Stored, column: u16) -> Restored<T> {
        C::decode(stored).map_err(|error| {
            let undecoded = Malformed::new(format!("it cannot be decoded: {error}"));
            self.in_column(undecoded, column)
        })
    }

    #[cold]
    fn in_column(&self, malformed: Malformed, column: u16) -> Malformed {
        match self.columns.get(usize::from(self.first + column)) {
            Some(column) => malformed.in_column(column.name),
            None => malformed,
        }
    }
}

/// The values of columns that follow each other, as a tuple.
#[doc(hidden)]
pub trait Fields: Sized {
    /// Of a row that is stored.
    ///
    /// # Errors
    /// As for [`RowReader::fields`].
    fn restored(row: &mut RowReader<'_>, first: u16) -> Restored<Self>;

    /// Of values that come by name.
    ///
    /// # Errors
    /// As for [`RowReader::required`].
    fn required(row: &mut RowReader<'_>, first: u16) -> Restored<Self>;
}

macro_rules! fields {
    ($(($($value:ident $place:literal),+))*) => {$(
        impl<$($value: Value),+> Fields for ($($value,)+) {
            #[inline]
            fn restored(row: &mut RowReader<'_>, first: u16) -> Restored<Self> {
                Ok(($(row.field::<$value>(first + $place)?,)+))
            }

            fn required(row: &mut RowReader<'_>, first: u16) -> Restored<Self> {
                Ok(($(row.required_value::<$value>(first + $place)?,)+))
            }
        }
    )*};
}

// As many as the derive reads at once.
fields! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
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
