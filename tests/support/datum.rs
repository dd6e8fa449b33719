//! Values as the oracle knows them: plain data with an order of its own, without the types of the models.

use std::fmt;

use bondstone::prelude::*;
use bondstone::{AutoKey, Key};

use crate::world::{Grade, Standing};

/// The value of a column, or a key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Datum {
    /// No value.
    Null,
    /// A number, a time in seconds, a variant's position.
    Int(i64),
    /// A text.
    Text(String),
    /// `mantissa / 10^scale`.
    Amount(i128, u32),
    /// A UUID.
    Uuid(u128),
    /// A composite key.
    List(Vec<Datum>),
}

/// A row as the oracle knows it.
pub type Values = Vec<Datum>;

impl Datum {
    /// Is it no value?
    #[must_use]
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// Are both the same value, amounts regardless of their scale?
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Amount(left, a), Self::Amount(right, b)) => {
                let scale = *a.max(b);
                left * 10i128.pow(scale - a) == right * 10i128.pow(scale - b)
            }
            _ => self == other,
        }
    }
}

impl fmt::Debug for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Datum {
    /// As keys stand in errors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Amount(mantissa, scale) => write!(f, "{mantissa}e-{scale}"),
            Self::Uuid(bits) => write!(f, "{}", Uuid::from_u128(*bits)),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(ToString::to_string).collect();
                write!(f, "({})", items.join(", "))
            }
        }
    }
}

/// What stands in a field, to and from a [`Datum`].
pub trait Cell: Sized {
    /// The value as a datum.
    fn datum(&self) -> Datum;
    /// The value of a datum that [`datum`](Cell::datum) could have made.
    fn cell(datum: &Datum) -> Self;
}

/// The world and its specification disagree about a column's type.
fn mismatch(expected: &str, datum: &Datum) -> ! {
    panic!("{expected} expected in this column, not {datum}")
}

macro_rules! cells {
    ($($cell:ty as $name:ident: $pattern:pat => $make:expr, $read:expr;)*) => {$(
        impl Cell for $cell {
            fn datum(&self) -> Datum {
                let $name = self;
                $read
            }

            fn cell(datum: &Datum) -> Self {
                match datum {
                    $pattern => $make,
                    other => mismatch(stringify!($cell), other),
                }
            }
        }
    )*};
}

cells! {
    i64 as it: Datum::Int(number) => *number, Datum::Int(*it);
    String as it: Datum::Text(text) => text.clone(), Datum::Text(it.clone());
    Grade as it: Datum::Int(number) => Self(*number), Datum::Int(it.0);
    Standing as it: Datum::Int(number) => STANDINGS[*number as usize % 3], Datum::Int(*it as i64);
    Timestamp as it: Datum::Int(seconds) => time(*seconds), Datum::Int(it.as_second());
    Uuid as it: Datum::Uuid(bits) => Self::from_u128(*bits), Datum::Uuid(it.as_u128());
    Decimal as it: Datum::Amount(mantissa, scale) => Self::from_i128_with_scale(*mantissa, *scale),
        Datum::Amount(it.mantissa(), it.scale());
    AutoKey as it: Datum::Int(number) => numbered(*number), Datum::Int(it.get() as i64);
}

const STANDINGS: [Standing; 3] = [Standing::Open, Standing::Frozen, Standing::Closed];

/// A time so many seconds after the epoch.
#[must_use]
pub fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or_default()
}

fn numbered(number: i64) -> AutoKey {
    match AutoKey::new(number as u64) {
        Some(key) => key,
        None => mismatch("a number above 0", &Datum::Int(number)),
    }
}

impl<V: Cell> Cell for Option<V> {
    fn datum(&self) -> Datum {
        self.as_ref().map_or(Datum::Null, Cell::datum)
    }

    fn cell(datum: &Datum) -> Self {
        (!datum.is_null()).then(|| V::cell(datum))
    }
}

impl<M: Model> Cell for Id<M>
where
    M::Key: Cell,
{
    fn datum(&self) -> Datum {
        self.key().datum()
    }

    fn cell(datum: &Datum) -> Self {
        Self::new(M::Key::cell(datum))
    }
}

impl<A: Cell + Key, B: Cell + Key> Cell for (A, B) {
    fn datum(&self) -> Datum {
        Datum::List(vec![self.0.datum(), self.1.datum()])
    }

    fn cell(datum: &Datum) -> Self {
        match datum {
            Datum::List(parts) if parts.len() == 2 => (A::cell(&parts[0]), B::cell(&parts[1])),
            other => mismatch("a pair", other),
        }
    }
}
