//! A line of a file: cells that are asked for by the name of their column, and read as what the field is.
//!
//! An empty cell is a null, never an empty text, and nothing is trimmed.

use std::fmt;

use bondstone::AutoKey;
use bondstone::prelude::*;
use csv::StringRecord;

/// A line, and the header that names its cells.
pub struct Line<'a> {
    header: &'a StringRecord,
    cells: &'a StringRecord,
}

impl<'a> Line<'a> {
    /// A line of a file with this header.
    pub fn new(header: &'a StringRecord, cells: &'a StringRecord) -> Self {
        Self { header, cells }
    }

    /// The cell of a column.
    pub fn cell<C: Cell>(&self, column: &'static str) -> Result<C, Unread> {
        let unread = |value: &str, wanted| Unread { column, value: value.to_owned(), wanted };
        let place = self.header.iter().position(|name| name == column);
        match place.and_then(|place| self.cells.get(place)) {
            None => Err(unread("", "a column of the file")),
            Some("") => C::NULL.ok_or_else(|| unread("", "required")),
            Some(text) => C::read(text).ok_or_else(|| unread(text, C::WANTED)),
        }
    }
}

/// A cell that is not what its column holds.
#[derive(Debug)]
pub struct Unread {
    column: &'static str,
    /// What stands there.
    pub value: String,
    wanted: &'static str,
}

impl Unread {
    /// The rule that the value breaks.
    pub fn rule(&self) -> String {
        format!("{} is {}", self.column, self.wanted)
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { column, value, wanted } = self;
        match value.as_str() {
            "" => write!(f, "{column} is {wanted}, and there is nothing"),
            _ => write!(f, "{column} = {value:?} is not {wanted}"),
        }
    }
}

/// What can be read from a cell.
pub trait Cell: Sized {
    /// What an empty cell is; `None` where there must be something.
    const NULL: Option<Self> = None;
    /// What a cell must be.
    const WANTED: &'static str;

    /// Reads what is not empty.
    fn read(text: &str) -> Option<Self>;
}

impl<C: Cell> Cell for Option<C> {
    const NULL: Option<Self> = Some(None);
    const WANTED: &'static str = C::WANTED;

    fn read(text: &str) -> Option<Self> {
        C::read(text).map(Some)
    }
}

impl<M: Model<Key = AutoKey>> Cell for Id<M> {
    const WANTED: &'static str = "a key";

    fn read(text: &str) -> Option<Self> {
        Self::from_u64(text.parse().ok()?)
    }
}

impl Cell for Date {
    const WANTED: &'static str = "a date, at midnight";

    fn read(text: &str) -> Option<Self> {
        text.strip_suffix("T00:00:00")?.parse().ok()
    }
}

macro_rules! parsed_cells {
    ($($cell:ty: $wanted:literal),*) => {$(
        impl Cell for $cell {
            const WANTED: &'static str = $wanted;

            fn read(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )*};
}

parsed_cells!(String: "text", u32: "a number", u64: "a number", Decimal: "a decimal number");
