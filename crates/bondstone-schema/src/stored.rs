//! Values as bytes: a value writes itself, part by part, into a [`Sink`] and reads itself from a [`Source`].
//!
//! There is one description of a value and there are two layouts. A **row** puts the parts one behind the other: that is what
//! a log holds. A **column** keeps each part of all its values in a vector of its own: that is what a snapshot holds. A value
//! does not know which one it is written to. All it says is which of its [parts](crate::Value::PARTS) comes next, where that is
//! not the one after the last: a layout of rows does not listen.
//!
//! | value | parts |
//! |---|---|
//! | a number, `bool`, `char`, an id | one, of its width |
//! | text | one |
//! | `Option` | a flag; those of what it holds, absent for `None` |
//! | `Vec`, `BTreeSet`, `BTreeMap` | a length; those of one element, once for each |
//! | an array | those of one element, once for each |
//! | a tuple, a struct | those of its fields |
//! | an enum | the variant's position; those of each variant's fields, absent but for one |
//! | a value that contains values of its own type | one: all of it, as bytes in the layout of rows |
//! | `()`, and what else has nothing inside | one byte, 0 |
//!
//! Every value has at least one part, and the first is always there. So the number of elements that a length promises is
//! compared with what is left before memory is taken for them.
//!
//! Nothing that is read is believed: a [`Source`] may hold any bytes, and every value that comes out of one is a value that
//! could have been written. A [`Sink`] that cannot hold what it is given (a text of 4 GiB, a value nested more than
//! [`DEEPEST`] times) remembers so, and whoever made it is told when it is finished.

mod row;

use std::borrow::Cow;
use std::fmt;

pub use row::{
    Convert, Converted, Fields, Restored, RowReader, StoredColumn, StoredRow, converted, tried,
};

use crate::value::Value;

/// How deep values that contain values of their own type may be nested.
pub const DEEPEST: usize = 128;

/// Where a value writes its parts to.
pub trait Sink {
    /// A part of one byte.
    fn u8(&mut self, value: u8);
    /// A part of two bytes.
    fn u16(&mut self, value: u16);
    /// A part of four bytes.
    fn u32(&mut self, value: u32);
    /// A part of eight bytes.
    fn u64(&mut self, value: u64);
    /// A part of sixteen bytes.
    fn u128(&mut self, value: u128);
    /// A part that is text.
    fn text(&mut self, value: &str);
    /// A part that says how many elements follow; the next part is the first of theirs.
    fn length(&mut self, length: usize);
    /// One part of one byte each, for many values: all of them one after the other.
    fn u8s(&mut self, values: &[u8]);
    /// A part that is a whole value in the layout of rows, written by `write`.
    fn nested(&mut self, write: &mut dyn FnMut(&mut dyn Sink));
    /// The part that comes next.
    fn part(&self) -> usize;
    /// Lets this part come next.
    fn go(&mut self, part: usize);
}

/// Where a value reads its parts from, in the order in which they were written.
///
/// # Errors
/// Each method fails when there is no such part, or no more of it.
pub trait Source {
    /// A part of one byte.
    fn u8(&mut self) -> Result<u8, Malformed>;
    /// A part of two bytes.
    fn u16(&mut self) -> Result<u16, Malformed>;
    /// A part of four bytes.
    fn u32(&mut self) -> Result<u32, Malformed>;
    /// A part of eight bytes.
    fn u64(&mut self) -> Result<u64, Malformed>;
    /// A part of sixteen bytes.
    fn u128(&mut self) -> Result<u128, Malformed>;
    /// A part that is text.
    fn text(&mut self) -> Result<&str, Malformed>;
    /// How many elements follow. Fails when there are fewer of the next part than that.
    fn length(&mut self) -> Result<usize, Malformed>;
    /// One part of one byte each, of so many values.
    fn u8s(&mut self, length: usize) -> Result<&[u8], Malformed>;
    /// A part that is a whole value in the layout of rows, read by `read`, which reads all of it.
    ///
    /// Fails when that is more than [`DEEPEST`] deep.
    fn nested(
        &mut self,
        read: &mut dyn FnMut(&mut dyn Source) -> Result<(), Malformed>,
    ) -> Result<(), Malformed>;
    /// The part that comes next.
    fn part(&self) -> usize;
    /// Lets this part come next.
    fn go(&mut self, part: usize);
}

/// Why what is stored is not a value, in words.
#[derive(Clone, PartialEq, Eq)]
pub struct Malformed(Box<What>);

#[derive(Clone, PartialEq, Eq)]
struct What {
    column: Option<Cow<'static, str>>,
    words: Cow<'static, str>,
}

impl Malformed {
    /// What is wrong.
    #[cold]
    pub fn new(words: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(What { column: None, words: words.into() }))
    }

    /// Something that is not one of the values of a type.
    #[cold]
    pub fn no(kind: &'static str, found: impl fmt::Debug) -> Self {
        Self::new(format!("{found:?} is no {kind}"))
    }

    /// There is less than was announced.
    #[cold]
    #[must_use]
    pub fn end() -> Self {
        Self::new("it ends too early")
    }

    /// The same, with the name of the column that it was met in.
    #[cold]
    #[must_use]
    pub fn in_column(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.0.column.get_or_insert(name.into());
        self
    }

    /// The column it was met in, where that is known.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        self.0.column.as_deref()
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(column) = &self.0.column {
            write!(f, "column `{column}`: ")?;
        }
        f.write_str(&self.0.words)
    }
}

impl fmt::Debug for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Malformed({self})")
    }
}

impl std::error::Error for Malformed {}

/// Writes the elements of a list, with their number before them.
pub(crate) fn write_list<V: Value>(values: &[V], sink: &mut dyn Sink) {
    let start = sink.part();
    sink.length(values.len());
    V::write_each(values, sink);
    sink.go(start + 1 + V::PARTS);
}

/// Reads what [`write_list`] wrote.
pub(crate) fn read_list<V: Value>(source: &mut dyn Source) -> Result<Vec<V>, Malformed> {
    let start = source.part();
    let length = source.length()?;
    let values = V::read_each(length, source)?;
    source.go(start + 1 + V::PARTS);
    Ok(values)
}

/// An empty list with room for `length` elements, or for fewer when they are large beside what they may be read from.
pub(crate) fn room_for<V>(length: usize) -> Vec<V> {
    const AT_ONCE: usize = 1 << 20;
    Vec::with_capacity(length.min(AT_ONCE / size_of::<V>().max(1)))
}

/// Writes what has nothing inside.
#[doc(hidden)]
pub fn write_nothing(sink: &mut dyn Sink) {
    sink.u8(0);
}

/// Reads what [`write_nothing`] wrote.
#[doc(hidden)]
pub fn read_nothing(source: &mut dyn Source) -> Result<(), Malformed> {
    match source.u8()? {
        0 => Ok(()),
        other => Err(Malformed::no("empty value", other)),
    }
}

/// Reads a value that is nested as a whole.
#[doc(hidden)]
pub fn read_nested<V>(
    source: &mut dyn Source,
    read: fn(&mut dyn Source) -> Result<V, Malformed>,
) -> Result<V, Malformed> {
    let mut value = None;
    source.nested(&mut |inside| {
        value = Some(read(inside)?);
        Ok(())
    })?;
    value.ok_or_else(Malformed::end)
}
