//! Values as plain data, and the few there are of each kind.

use std::fmt;

use super::schema::Table;

/// A value without its type. Flags are 0 and 1, money is in cents, an id is its key.
///
/// Nulls order first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cell {
    /// No value.
    Null,
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
}

impl Cell {
    /// Is there no value?
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The number, if it is one.
    #[must_use]
    pub const fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// An average, to nine places.
    #[must_use]
    pub fn average(average: Option<f64>) -> Self {
        average.map_or(Self::Null, |average| Self::Text(format!("{average:.9}")))
    }

    /// As SQL writes it.
    #[must_use]
    pub fn sql(&self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => format!("'{}'", text.replace('\'', "''")),
        }
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sql())
    }
}

impl From<bool> for Cell {
    fn from(flag: bool) -> Self {
        Self::Number(flag.into())
    }
}

impl From<Option<i64>> for Cell {
    fn from(number: Option<i64>) -> Self {
        number.map_or(Self::Null, Self::Number)
    }
}

/// What sort of values an expression has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// True or false.
    Flag,
    /// Some small numbers, negative ones among them.
    Number,
    /// Numbers from 0.
    Natural,
    /// Numbers of which a table has few twice.
    Rank,
    /// Amounts of money.
    Money,
    /// Short texts that begin and end alike.
    Word,
    /// Texts of which a table has few twice.
    Name,
    /// How far an order has come.
    State,
    /// The key of a row.
    Key(Table),
}

const WORDS: [&str; 12] =
    ["a", "A", "ab", "aB", "b", "", "bab", "Äb", "äb", "%", "a\u{10ffff}", "'_"];
const MONEY: [i64; 6] = [0, 5, 10, 50, 100, 995];

impl Kind {
    /// The value that a byte says: one of few.
    #[must_use]
    pub fn value(self, byte: u8) -> Cell {
        let place = usize::from(byte);
        let number = i64::from(byte);
        match self {
            Self::Flag => Cell::Number(number % 2),
            Self::Number => Cell::Number(number % 9 - 2),
            Self::Natural => Cell::Number(number % 6),
            Self::Rank => Cell::Number(number % 24),
            Self::Money => Cell::Number(MONEY[place % MONEY.len()]),
            Self::Word => Cell::Text(WORDS[place % WORDS.len()].to_owned()),
            Self::Name => Cell::Text(format!("n{}", number % 60)),
            Self::State => Cell::Number(number % 3),
            Self::Key(Table::Towns) => Cell::Text(format!("t{}", number % 10)),
            Self::Key(_) => Cell::Number(number % 60 + 1),
        }
    }
}
