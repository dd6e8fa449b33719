//! Owned values without their types.

use std::fmt;

/// A value without its type: read of a row by name, or to be written by name.
///
/// What is written is understood by the column's type, and generously: a text that says a number, a date, a decimal or a variant is as
/// good as that; a struct may be a list of its fields, an enum a struct of one field that is called like the variant. A value
/// that does not fit is refused, never cut or rounded.
///
/// ```
/// use bondstone::reflect::ValueBuf;
/// assert_eq!(ValueBuf::from(7), ValueBuf::Int(7));
/// assert_eq!(ValueBuf::from(Some("ann")), ValueBuf::Text("ann".into()));
/// assert_eq!(ValueBuf::from(None::<bool>), ValueBuf::Null);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ValueBuf {
    /// No value.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// An integer that is not negative. As good as an `Int` of the same number.
    UInt(u128),
    /// A floating-point number.
    Float(f64),
    /// A decimal number.
    #[cfg(feature = "decimal")]
    Decimal(rust_decimal::Decimal),
    /// Text, or one character.
    Text(String),
    /// A point in time.
    #[cfg(feature = "jiff")]
    Timestamp(jiff::Timestamp),
    /// A calendar date.
    #[cfg(feature = "jiff")]
    Date(jiff::civil::Date),
    /// A UUID.
    #[cfg(feature = "uuid")]
    Uuid(uuid::Uuid),
    /// A sequence: `Vec`, array, set, tuple, struct without names, a key of several columns. What an `Option` holds that may be null
    /// itself is in a list of its own.
    List(Vec<Self>),
    /// Pairs of key and value, in the order of the keys.
    Map(Vec<(Self, Self)>),
    /// The fields of a struct. One without names is a `List`, or what its only field is.
    Struct(Vec<(String, Self)>),
    /// A variant of an enum and its fields; those without names are called `0`, `1`, ….
    Variant(String, Vec<(String, Self)>),
    /// JSON, of a column of JSON. In an `Option`, JSON's own null is an array of it, and such an array is one array deeper.
    #[cfg(feature = "json")]
    Json(serde_json::Value),
}

impl ValueBuf {
    /// Is it no value?
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// What kind of value it is, in a word.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a truth value",
            Self::Int(_) | Self::UInt(_) => "an integer",
            Self::Float(_) => "a floating-point number",
            #[cfg(feature = "decimal")]
            Self::Decimal(_) => "a decimal",
            Self::Text(_) => "a text",
            #[cfg(feature = "jiff")]
            Self::Timestamp(_) => "a timestamp",
            #[cfg(feature = "jiff")]
            Self::Date(_) => "a date",
            #[cfg(feature = "uuid")]
            Self::Uuid(_) => "a UUID",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Struct(_) => "a struct",
            Self::Variant(..) => "a variant",
            #[cfg(feature = "json")]
            Self::Json(_) => "JSON",
        }
    }
}

impl fmt::Display for ValueBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::UInt(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value:?}"),
            #[cfg(feature = "decimal")]
            Self::Decimal(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value:?}"),
            #[cfg(feature = "jiff")]
            Self::Timestamp(value) => write!(f, "{value}"),
            #[cfg(feature = "jiff")]
            Self::Date(value) => write!(f, "{value}"),
            #[cfg(feature = "uuid")]
            Self::Uuid(value) => write!(f, "{value}"),
            Self::List(items) => {
                f.write_str("[")?;
                separated(f, items, |f, item| write!(f, "{item}"))?;
                f.write_str("]")
            }
            Self::Map(pairs) => {
                f.write_str("{")?;
                separated(f, pairs, |f, (key, value)| write!(f, "{key}: {value}"))?;
                f.write_str("}")
            }
            Self::Struct(fields) => named(f, fields),
            #[cfg(feature = "json")]
            Self::Json(json) => write!(f, "{json}"),
            Self::Variant(name, fields) if fields.is_empty() => f.write_str(name),
            Self::Variant(name, fields) => {
                write!(f, "{name} ")?;
                named(f, fields)
            }
        }
    }
}

fn named(f: &mut fmt::Formatter<'_>, fields: &[(String, ValueBuf)]) -> fmt::Result {
    f.write_str("{ ")?;
    separated(f, fields, |f, (name, value)| write!(f, "{name}: {value}"))?;
    f.write_str(" }")
}

fn separated<T>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    show: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            f.write_str(", ")?;
        }
        show(f, item)?;
    }
    Ok(())
}

macro_rules! from {
    ($($variant:ident: $($type:ty),+;)*) => {$($(
        impl From<$type> for ValueBuf {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        }
    )+)*};
}

from! {
    Bool: bool;
    Int: i8, i16, i32, i64, i128;
    UInt: u8, u16, u32, u64, u128;
    Float: f32, f64;
    Text: &str, String, char;
    List: Vec<Self>;
}

#[cfg(feature = "decimal")]
from! { Decimal: rust_decimal::Decimal; }
#[cfg(feature = "jiff")]
from! { Timestamp: jiff::Timestamp; Date: jiff::civil::Date; }
#[cfg(feature = "uuid")]
from! { Uuid: uuid::Uuid; }
#[cfg(feature = "json")]
from! { Json: serde_json::Value; }

impl<T: Into<Self>> From<Option<T>> for ValueBuf {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
