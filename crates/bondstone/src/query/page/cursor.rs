//! Where a page ended: the values of its last row, as bytes and as text.

use std::fmt;
use std::str::FromStr;

use super::text::{self, Reader};

/// Where a page ended, and the next one goes on: what [`Query::page`](crate::Query::page) gives and takes.
///
/// It prints as text for links (letters, digits, `-` and `_`) and parses from it; the length is that of the values by which
/// rows are ordered, and of their key, and 16 characters or so. The text holds these values readably for who knows how: it is
/// neither signed nor encrypted.
///
/// A text that was damaged is refused. One that somebody made up does no harm: it says where a page begins, and that is all.
///
/// ```
#[doc = include_str!("../../example.txt")]
/// use bondstone::{Cursor, CursorError};
///
/// db.write(|tx| tx.insert(NewUser { email: "bob@x.org".into() }))?;
/// let snap = db.read();
/// let page = snap.query::<User>().order_by(User::EMAIL.asc()).page(1, None)?;
/// let next = page.next.expect("bob is left");
/// let text = next.to_string();
/// assert_eq!(text.parse::<Cursor>()?, next);
/// assert_eq!(text.to_lowercase().parse::<Cursor>(), Err(CursorError::Damaged));
///
/// let refused = snap.query::<User>().order_by(User::AGE.asc()).page(1, Some(next)).unwrap_err();
/// assert_eq!(refused.to_string(), "the cursor is not from this query: `users` by age, key");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// Of which sequence.
    pub(super) fingerprint: u64,
    /// So many rows were handed out so far, if the query has a limit.
    pub(super) passed: u64,
    /// The values of the last row, one for each key of the sequence.
    pub(super) parts: Vec<Part>,
}

/// A value by its order-preserving bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Null,
    Value {
        bytes: Box<[u8]>,
        /// In the last column of an index it is written without its end, and without what tells zeros from the end.
        open: bool,
    },
}

/// Why a page was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CursorError {
    /// The text is no cursor, or not as it was printed.
    #[error("this is no cursor, or its text is damaged")]
    Damaged,
    /// The cursor is from a query of another model or in another order than this one.
    #[error("the cursor is not from this query: {0}")]
    OtherQuery(Box<str>),
    /// The order of a key's values is not that of any bytes, since their type has an `Ord` of its own.
    #[error(
        "no page goes on by {0}: only the `Ord` of its type knows the order, and a cursor cannot hold it"
    )]
    Compared(Box<str>),
    /// A key's values are private, and a cursor would show them.
    #[error("no page goes on by {0}: it is private, and a cursor would show it")]
    Private(Box<str>),
    /// A page of no rows would never come to an end.
    #[error("a page has one row at least")]
    NoRows,
}

impl Part {
    /// Its bytes; `None` if it is null.
    pub(super) const fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Null => None,
            Self::Value { bytes, .. } => Some(bytes),
        }
    }

    /// A number for what it is, and how long: 0 is null.
    fn head(&self) -> u64 {
        match self {
            Self::Null => 0,
            Self::Value { bytes, open } => 1 + 2 * bytes.len() as u64 + u64::from(*open),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let Some(head) = reader.number()?.checked_sub(1) else { return Some(Self::Null) };
        let bytes = reader.take(usize::try_from(head / 2).ok()?)?;
        Some(Self::Value { bytes: bytes.into(), open: head % 2 == 1 })
    }
}

impl Cursor {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let fingerprint = u64::from_le_bytes(reader.take(8)?.try_into().ok()?);
        let passed = reader.number()?;
        let mut parts = Vec::new();
        while !reader.0.is_empty() {
            parts.push(Part::read(&mut reader)?);
        }
        Some(Self { fingerprint, passed, parts })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.fingerprint.to_le_bytes().to_vec();
        text::push_number(self.passed, &mut bytes);
        for part in &self.parts {
            text::push_number(part.head(), &mut bytes);
            bytes.extend_from_slice(part.bytes().unwrap_or_default());
        }
        f.pad(&text::sealed(bytes))
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cursor({self})")
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let bytes = text::opened(text).ok_or(CursorError::Damaged)?;
        Self::read(&bytes).ok_or(CursorError::Damaged)
    }
}
