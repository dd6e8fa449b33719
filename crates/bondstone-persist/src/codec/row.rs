//! The layout of rows: the parts of a value one behind the other, little-endian, without gaps.
//!
//! ```text
//! number       1, 2, 4, 8 or 16 bytes
//! length       one byte below 255; otherwise 255 and four bytes
//! text         length, UTF-8
//! nested       four bytes: how many follow; the value
//! ```
//!
//! Nothing in the bytes says what they are: the shape beside them does.

use bondstone_schema::stored::DEEPEST;
use bondstone_schema::{Malformed, Sink, Source};

use super::{Unwritable, length_of};

/// From here on a length takes five bytes.
const LONG: u8 = 255;

/// Appends what `write` writes. O(its size).
///
/// ```
/// use bondstone_persist::codec::row;
/// use bondstone_schema::Value;
/// let mut bytes = Vec::new();
/// row::write(&mut bytes, |sink| (7_u32, Some("ann".to_owned())).write_to(sink))?;
/// assert_eq!(bytes, [7, 0, 0, 0, 1, 3, b'a', b'n', b'n']);
/// assert_eq!(row::read(&bytes), Ok((7_u32, Some("ann".to_owned()))));
/// # Ok::<(), bondstone_persist::codec::Unwritable>(())
/// ```
///
/// # Errors
/// The value cannot be stored; then nothing was appended.
pub fn write(bytes: &mut Vec<u8>, write: impl FnOnce(&mut dyn Sink)) -> Result<(), Unwritable> {
    let before = bytes.len();
    let mut sink = RowSink { bytes, depth: 0, fault: None };
    write(&mut sink);
    sink.finish(before)
}

/// As [`write`], for a value that is nested in another.
pub(super) fn write_nested(
    bytes: &mut Vec<u8>,
    write: &mut dyn FnMut(&mut dyn Sink),
) -> Result<(), Unwritable> {
    let before = bytes.len();
    let mut sink = RowSink { bytes, depth: 1, fault: None };
    write(&mut sink);
    sink.finish(before)
}

/// The one value that `bytes` are. O(bytes).
///
/// # Errors
/// They are not a value of this type, or more than one.
pub fn read<V: bondstone_schema::Value>(bytes: &[u8]) -> Result<V, Malformed> {
    let mut source = RowSource::new(bytes);
    let value = V::read_from(&mut source)?;
    source.finish()?;
    Ok(value)
}

/// Appends parts to a vector.
struct RowSink<'a> {
    bytes: &'a mut Vec<u8>,
    depth: usize,
    fault: Option<Unwritable>,
}

impl RowSink<'_> {
    /// Takes back what was written if not all of it could be.
    fn finish(self, before: usize) -> Result<(), Unwritable> {
        match self.fault {
            None => Ok(()),
            Some(fault) => {
                self.bytes.truncate(before);
                Err(fault)
            }
        }
    }
}

macro_rules! numbers {
    ($($number:ident)*) => {$(
        #[inline]
        fn $number(&mut self, value: $number) {
            self.bytes.extend_from_slice(&value.to_le_bytes());
        }
    )*};
}

impl Sink for RowSink<'_> {
    numbers!(u8 u16 u32 u64 u128);

    fn text(&mut self, value: &str) {
        self.length(value.len());
        self.bytes.extend_from_slice(value.as_bytes());
    }

    fn length(&mut self, length: usize) {
        match u8::try_from(length) {
            Ok(short) if short < LONG => self.bytes.push(short),
            _ => {
                self.bytes.push(LONG);
                let Some(length) = length_of(length) else {
                    self.fault = Some(Unwritable::TooLong);
                    return;
                };
                self.bytes.extend_from_slice(&length.to_le_bytes());
            }
        }
    }

    fn u8s(&mut self, values: &[u8]) {
        self.bytes.extend_from_slice(values);
    }

    fn nested(&mut self, write: &mut dyn FnMut(&mut dyn Sink)) {
        if self.depth == DEEPEST {
            self.fault = Some(Unwritable::TooDeep);
            return;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        self.depth += 1;
        write(self);
        self.depth -= 1;
        let length = length_of(self.bytes.len() - start - 4);
        match (length, self.bytes.get_mut(start..start + 4)) {
            (Some(length), Some(place)) => place.copy_from_slice(&length.to_le_bytes()),
            _ => self.fault = Some(Unwritable::TooLong),
        }
    }

    fn part(&self) -> usize {
        0
    }

    fn go(&mut self, _part: usize) {}
}

/// Reads parts from bytes, borrowed or owned.
#[derive(Clone, Debug)]
pub struct RowSource<B> {
    bytes: B,
    at: usize,
    depth: usize,
}

impl<B: AsRef<[u8]>> RowSource<B> {
    /// From the first byte on.
    pub const fn new(bytes: B) -> Self {
        Self { bytes, at: 0, depth: 0 }
    }

    /// Where the next part begins.
    pub const fn position(&self) -> usize {
        self.at
    }

    /// Says whether everything was read.
    ///
    /// # Errors
    /// Something is left.
    pub fn finish(&self) -> Result<(), Malformed> {
        match self.bytes.as_ref().len() - self.at {
            0 => Ok(()),
            left => Err(Malformed::new(format!("{left} bytes follow where it should end"))),
        }
    }

    fn left(&self) -> usize {
        self.bytes.as_ref().len() - self.at
    }

    #[inline]
    fn take(&mut self, length: usize) -> Result<&[u8], Malformed> {
        // `at` is never behind the end.
        let bytes = self.bytes.as_ref().get(self.at..).unwrap_or_default();
        let taken = bytes.get(..length).ok_or_else(Malformed::end)?;
        self.at += length;
        Ok(taken)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.take(N)?.try_into().map_err(|_| Malformed::end())
    }

    /// A length, not compared with anything yet.
    fn any_length(&mut self) -> Result<usize, Malformed> {
        let [short] = self.array()?;
        if short < LONG {
            return Ok(usize::from(short));
        }
        let length = u32::from_le_bytes(self.array()?);
        if length < u32::from(LONG) {
            return Err(Malformed::new("a short length written as a long one"));
        }
        usize::try_from(length).map_err(|_| Malformed::end())
    }
}

macro_rules! numbers_back {
    ($($number:ident)*) => {$(
        #[inline]
        fn $number(&mut self) -> Result<$number, Malformed> {
            self.array().map($number::from_le_bytes)
        }
    )*};
}

impl<B: AsRef<[u8]>> Source for RowSource<B> {
    numbers_back!(u8 u16 u32 u64 u128);

    fn text(&mut self) -> Result<&str, Malformed> {
        let length = self.any_length()?;
        str::from_utf8(self.take(length)?).map_err(|_| Malformed::new("text that is not UTF-8"))
    }

    fn length(&mut self) -> Result<usize, Malformed> {
        // Each element has at least one part, and each part at least one byte.
        let length = self.any_length()?;
        if length <= self.left() { Ok(length) } else { Err(Malformed::end()) }
    }

    fn u8s(&mut self, length: usize) -> Result<&[u8], Malformed> {
        self.take(length)
    }

    fn nested(
        &mut self,
        read: &mut dyn FnMut(&mut dyn Source) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        let depth = self.depth + 1;
        let length = usize::try_from(self.u32()?).map_err(|_| Malformed::end())?;
        nested(self.take(length)?, depth, read)
    }

    fn part(&self) -> usize {
        0
    }

    fn go(&mut self, _part: usize) {}
}

/// Reads a nested value, all of it.
pub(super) fn nested(
    bytes: &[u8],
    depth: usize,
    read: &mut dyn FnMut(&mut dyn Source) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    if depth > DEEPEST {
        return Err(Malformed::new(format!("it is nested more than {DEEPEST} times")));
    }
    let mut inside = RowSource { bytes, at: 0, depth };
    read(&mut inside)?;
    inside.finish()
}
