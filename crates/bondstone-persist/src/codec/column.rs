//! The layout of columns: each part of all values in a vector of its own.
//!
//! A [`ColumnSink`] collects the values of one column; finished, it is a [`Column`], which is archived as a whole. Only vectors of
//! numbers and texts are ever archived, so a user's type needs to know nothing of it, and numbers are a straight copy of memory.
//! A [`ColumnSource`] walks over the archive with one cursor for each part, and gives the values back in the same order, without
//! copying a vector first.
//!
//! The kinds of the parts follow from the column's [`Shape`]: an archive with others is refused.

mod archive;

use bondstone_schema::{Malformed, PartKind, Shape, Sink, Source};
use rkyv::rend::{u16_le, u32_le, u64_le, u128_le};

use super::{Unwritable, length_of, row};

pub(super) use archive::ArchivedPart;
pub use archive::{ArchivedColumn, Column, Part};

/// The most bytes of one column: offsets within an archive have 31 bits.
const LARGEST: usize = (1 << 31) - (1 << 16);

/// Collects the values of a column.
///
/// ```
/// use bondstone_persist::codec::column::{ColumnSink, Part};
/// use bondstone_schema::{Shape, Value};
/// let mut sink = ColumnSink::new(&Shape::of::<Option<u32>>());
/// sink.push(|sink| Some(7_u32).write_to(sink));
/// sink.push(|sink| None::<u32>.write_to(sink));
/// assert_eq!(sink.finish()?.parts, [Part::U8(vec![1, 0]), Part::U32(vec![7])]);
/// # Ok::<(), bondstone_persist::codec::Unwritable>(())
/// ```
#[derive(Clone, Debug)]
pub struct ColumnSink {
    column: Column,
    next: usize,
    /// Bytes of texts, lists and nested values since the last [`extend`](Self::extend) began, or somewhat more.
    heavy: usize,
    fault: Option<Unwritable>,
}

impl ColumnSink {
    /// For values of this shape.
    #[must_use]
    pub fn new(shape: &Shape) -> Self {
        let parts = shape.parts().into_iter().map(Part::of).collect();
        Self { column: Column { rows: 0, parts }, next: 0, heavy: 0, fault: None }
    }

    /// Adds the value that `write` writes. O(its size).
    #[inline]
    pub fn push(&mut self, write: impl FnOnce(&mut dyn Sink)) {
        self.next = 0;
        match self.column.rows.checked_add(1) {
            Some(rows) => self.column.rows = rows,
            None => self.fault = Some(Unwritable::TooLarge),
        }
        write(self);
        if self.next != self.column.parts.len() {
            self.fault.get_or_insert(Unwritable::OtherShape);
        }
    }

    /// Adds the value that `write` writes of each of these, until they take up the `room`, in bytes. How many were added: at
    /// least one, if there is any. O(their size).
    pub fn extend<T>(
        &mut self,
        all: &[T],
        room: usize,
        write: impl Fn(&T, &mut dyn Sink),
    ) -> usize {
        self.heavy = 0;
        let mut added = 0;
        for one in all {
            self.next = 0;
            write(one, self);
            if self.next != self.column.parts.len() {
                self.refuse(Unwritable::OtherShape);
            }
            added += 1;
            if self.heavy >= room {
                break;
            }
        }
        match u32::try_from(added).ok().and_then(|more| self.column.rows.checked_add(more)) {
            Some(rows) => self.column.rows = rows,
            None => self.refuse(Unwritable::TooLarge),
        }
        added
    }

    /// How much there is: to [go back](Self::go_back) to.
    pub(crate) fn mark(&self, marks: &mut Vec<usize>) {
        marks.push(self.column.rows as usize);
        self.column.parts.iter().for_each(|part| part.mark(marks));
    }

    /// Takes away what came after the marks that come next.
    pub(crate) fn go_back(&mut self, marks: &mut impl Iterator<Item = usize>) {
        // Rows are counted in 32 bits.
        self.column.rows = marks.next().unwrap_or(0) as u32;
        self.column.parts.iter_mut().for_each(|part| part.go_back(marks));
    }

    /// How many values it has.
    #[must_use]
    pub const fn rows(&self) -> u32 {
        self.column.rows
    }

    /// How many bytes they take. O(parts).
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.column.parts.iter().map(Part::bytes).sum()
    }

    /// The column.
    ///
    /// # Errors
    /// One of the values could not be stored, or all of them are too many.
    pub fn finish(&self) -> Result<&Column, Unwritable> {
        match self.fault {
            Some(fault) => Err(fault),
            None if self.bytes() > LARGEST => Err(Unwritable::TooLarge),
            None => Ok(&self.column),
        }
    }

    /// Forgets the values and keeps the memory, for the next segment.
    pub fn clear(&mut self) {
        self.column.rows = 0;
        self.column.parts.iter_mut().for_each(Part::clear);
        self.fault = None;
    }

    #[cold]
    fn refuse(&mut self, fault: Unwritable) {
        self.fault.get_or_insert(fault);
    }
}

macro_rules! numbers {
    ($($number:ident $part:ident)*) => {$(
        #[inline]
        fn $number(&mut self, value: $number) {
            match self.column.parts.get_mut(self.next) {
                Some(Part::$part(values)) => values.push(value),
                _ => self.refuse(Unwritable::OtherShape),
            }
            self.next += 1;
        }
    )*};
}

impl Sink for ColumnSink {
    numbers!(u8 U8 u16 U16 u32 U32 u64 U64 u128 U128);

    fn text(&mut self, value: &str) {
        match (self.column.parts.get_mut(self.next), length_of(value.len())) {
            (Some(Part::Text { lengths, text }), Some(length)) => {
                lengths.push(length);
                text.push_str(value);
                self.heavy += value.len();
            }
            (Some(Part::Text { .. }), None) => self.refuse(Unwritable::TooLong),
            _ => self.refuse(Unwritable::OtherShape),
        }
        self.next += 1;
    }

    fn length(&mut self, length: usize) {
        // What each takes is not known yet; it is this much at most, or is counted by itself.
        self.heavy = self.heavy.saturating_add(length.saturating_mul(size_of::<u128>()));
        match length_of(length) {
            Some(length) => self.u32(length),
            None => self.refuse(Unwritable::TooLong),
        }
    }

    fn u8s(&mut self, values: &[u8]) {
        match self.column.parts.get_mut(self.next) {
            Some(Part::U8(all)) => all.extend_from_slice(values),
            _ => self.refuse(Unwritable::OtherShape),
        }
        self.next += 1;
    }

    fn nested(&mut self, write: &mut dyn FnMut(&mut dyn Sink)) {
        let Some(Part::Bytes { lengths, bytes }) = self.column.parts.get_mut(self.next) else {
            return self.refuse(Unwritable::OtherShape);
        };
        let before = bytes.len();
        let written = row::write_nested(bytes, write);
        match (written, length_of(bytes.len() - before)) {
            (Ok(()), Some(length)) => {
                lengths.push(length);
                self.heavy += length as usize;
            }
            (Err(fault), _) => self.refuse(fault),
            (_, None) => self.refuse(Unwritable::TooLong),
        }
        self.next += 1;
    }

    fn part(&self) -> usize {
        self.next
    }

    fn go(&mut self, part: usize) {
        self.next = part;
    }
}

/// What is left of one part.
#[derive(Clone, Debug)]
enum Cursor<'a> {
    U8(&'a [u8]),
    U16(&'a [u16_le]),
    U32(&'a [u32_le]),
    U64(&'a [u64_le]),
    U128(&'a [u128_le]),
    Text { lengths: &'a [u32_le], text: &'a str },
    Bytes { lengths: &'a [u32_le], bytes: &'a [u8] },
}

impl<'a> Cursor<'a> {
    fn over(part: &'a ArchivedPart) -> Self {
        match part {
            ArchivedPart::U8(all) => Self::U8(all),
            ArchivedPart::U16(all) => Self::U16(all),
            ArchivedPart::U32(all) => Self::U32(all),
            ArchivedPart::U64(all) => Self::U64(all),
            ArchivedPart::U128(all) => Self::U128(all),
            ArchivedPart::Text { lengths, text } => Self::Text { lengths, text },
            ArchivedPart::Bytes { lengths, bytes } => Self::Bytes { lengths, bytes },
        }
    }

    const fn kind(&self) -> PartKind {
        match self {
            Self::U8(_) => PartKind::U8,
            Self::U16(_) => PartKind::U16,
            Self::U32(_) => PartKind::U32,
            Self::U64(_) => PartKind::U64,
            Self::U128(_) => PartKind::U128,
            Self::Text { .. } => PartKind::Text,
            Self::Bytes { .. } => PartKind::Bytes,
        }
    }

    /// How many are left.
    const fn left(&self) -> usize {
        match self {
            Self::U8(all) => all.len(),
            Self::U16(all) => all.len(),
            Self::U32(all) => all.len(),
            Self::U64(all) => all.len(),
            Self::U128(all) => all.len(),
            Self::Text { lengths, .. } | Self::Bytes { lengths, .. } => lengths.len(),
        }
    }

    /// Is something left that no length covers?
    const fn has_rest(&self) -> bool {
        match self {
            Self::Text { text, .. } => !text.is_empty(),
            Self::Bytes { bytes, .. } => !bytes.is_empty(),
            _ => false,
        }
    }
}

/// The values of an archived column, one after the other.
#[derive(Clone, Debug)]
pub struct ColumnSource<'a> {
    cursors: Vec<Cursor<'a>>,
    next: usize,
    rows: u32,
}

impl<'a> ColumnSource<'a> {
    /// From the first value on, of this shape.
    ///
    /// # Errors
    /// The parts are not those of the shape.
    pub fn new(column: &'a ArchivedColumn, shape: &Shape) -> Result<Self, Malformed> {
        let cursors: Vec<Cursor<'_>> = column.parts.iter().map(Cursor::over).collect();
        if cursors.iter().map(Cursor::kind).eq(shape.parts()) {
            return Ok(Self { cursors, next: 0, rows: column.rows.to_native() });
        }
        Err(Malformed::new(format!("the archive has other parts than `{shape}`")))
    }

    /// How many values there are.
    #[must_use]
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// Lets the next value come.
    #[inline]
    pub const fn begin(&mut self) {
        self.next = 0;
    }

    /// Says whether everything was read.
    ///
    /// # Errors
    /// Something is left.
    pub fn finish(&self) -> Result<(), Malformed> {
        if self.cursors.iter().all(|cursor| cursor.left() == 0 && !cursor.has_rest()) {
            return Ok(());
        }
        Err(Malformed::new("the column goes on where its rows end"))
    }
}

#[cold]
fn other_part() -> Malformed {
    Malformed::new("another part is stored here")
}

macro_rules! numbers_back {
    ($($number:ident $part:ident)*) => {$(
        #[inline]
        fn $number(&mut self) -> Result<$number, Malformed> {
            let Some(Cursor::$part(left)) = self.cursors.get_mut(self.next) else {
                return Err(other_part());
            };
            let (first, rest) = left.split_first().ok_or_else(Malformed::end)?;
            *left = rest;
            self.next += 1;
            Ok($number::from(*first))
        }
    )*};
}

impl Source for ColumnSource<'_> {
    numbers_back!(u8 U8 u16 U16 u32 U32 u64 U64 u128 U128);

    fn text(&mut self) -> Result<&str, Malformed> {
        let Some(Cursor::Text { lengths, text }) = self.cursors.get_mut(self.next) else {
            return Err(other_part());
        };
        let (length, rest) = lengths.split_first().ok_or_else(Malformed::end)?;
        let (taken, after) = text
            .split_at_checked(length.to_native() as usize)
            .ok_or_else(|| Malformed::new("a text that ends amid a letter, or behind the last"))?;
        (*lengths, *text) = (rest, after);
        self.next += 1;
        Ok(taken)
    }

    fn length(&mut self) -> Result<usize, Malformed> {
        let length = self.u32()? as usize;
        let left = self.cursors.get(self.next).map_or(0, Cursor::left);
        if length <= left { Ok(length) } else { Err(Malformed::end()) }
    }

    fn u8s(&mut self, length: usize) -> Result<&[u8], Malformed> {
        let Some(Cursor::U8(left)) = self.cursors.get_mut(self.next) else {
            return Err(other_part());
        };
        let (taken, rest) = left.split_at_checked(length).ok_or_else(Malformed::end)?;
        *left = rest;
        self.next += 1;
        Ok(taken)
    }

    fn nested(
        &mut self,
        read: &mut dyn FnMut(&mut dyn Source) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        let Some(Cursor::Bytes { lengths, bytes }) = self.cursors.get_mut(self.next) else {
            return Err(other_part());
        };
        let (length, rest) = lengths.split_first().ok_or_else(Malformed::end)?;
        let (taken, after) =
            bytes.split_at_checked(length.to_native() as usize).ok_or_else(Malformed::end)?;
        (*lengths, *bytes) = (rest, after);
        self.next += 1;
        row::nested(taken, 1, read)
    }

    fn part(&self) -> usize {
        self.next
    }

    fn go(&mut self, part: usize) {
        self.next = part;
    }
}
