//! A value as data: what errors print and reflection reads.

use std::fmt;
use std::sync::Arc;

use super::Value;

/// What a column's type is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeInfo {
    /// The type's canonical name: `u32`, `text`, `opt<i64>`, `id<users>`, or the name of an own type.
    pub name: String,
    /// Is there a null among its values?
    pub nullable: bool,
    /// The variants of an enum, in order.
    pub variants: &'static [&'static str],
}

impl TypeInfo {
    /// A type without nulls and variants.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), nullable: false, variants: &[] }
    }

    /// An enum.
    pub fn enumeration(name: impl Into<String>, variants: &'static [&'static str]) -> Self {
        Self { name: name.into(), nullable: false, variants }
    }

    /// The same type, with a null.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.name = format!("opt<{}>", self.name);
        self.nullable = true;
        self
    }
}

/// A value seen without its type.
///
/// Displays as errors show it: text in quotes, numbers and dates plain, ids as `users#7`.
#[derive(Clone)]
#[non_exhaustive]
pub enum ValueRef<'a> {
    /// No value.
    Null,
    /// A truth value.
    Bool(bool),
    /// A signed integer of any width.
    Int(i128),
    /// An unsigned integer of any width.
    UInt(u128),
    /// A floating-point number.
    Float(f64),
    /// A decimal number.
    #[cfg(feature = "decimal")]
    Decimal(rust_decimal::Decimal),
    /// Text.
    Text(&'a str),
    /// One character.
    Char(char),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A point in time.
    #[cfg(feature = "jiff")]
    Timestamp(jiff::Timestamp),
    /// A calendar date.
    #[cfg(feature = "jiff")]
    Date(jiff::civil::Date),
    /// A UUID.
    #[cfg(feature = "uuid")]
    Uuid(uuid::Uuid),
    /// A key of another table: the table's name and the raw key.
    Id(&'static str, Box<ValueRef<'a>>),
    /// A sequence: `Vec`, array, set.
    List(Vec<ValueRef<'a>>),
    /// A tuple, for instance a composite key.
    Tuple(Vec<ValueRef<'a>>),
    /// Pairs of key and value.
    Map(Vec<(ValueRef<'a>, ValueRef<'a>)>),
    /// An own struct: its name and fields.
    Struct(&'static str, Vec<(&'static str, ValueRef<'a>)>),
    /// An own enum: the variant's name and its fields.
    Variant(&'static str, Vec<(&'static str, ValueRef<'a>)>),
    /// A value of a foreign type: what its codec makes of it.
    Coded(Arc<dyn Viewed>),
    /// Something only its `Debug` can show.
    Opaque(&'a dyn fmt::Debug),
}

/// A value that is owned where it is seen.
pub trait Viewed: Send + Sync {
    /// The value.
    fn viewed(&self) -> ValueRef<'_>;
}

impl<V: Value> Viewed for V {
    fn viewed(&self) -> ValueRef<'_> {
        self.view()
    }
}

impl fmt::Debug for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::UInt(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value:?}"),
            #[cfg(feature = "decimal")]
            Self::Decimal(value) => write!(f, "{value}"),
            Self::Text(value) if is_plain(value) => {
                f.write_str("\"")?;
                f.write_str(value)?;
                f.write_str("\"")
            }
            Self::Text(value) => write!(f, "{value:?}"),
            Self::Char(value) => write!(f, "{value:?}"),
            Self::Bytes(value) => {
                f.write_str("0x")?;
                value.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            #[cfg(feature = "jiff")]
            Self::Timestamp(value) => write!(f, "{value}"),
            #[cfg(feature = "jiff")]
            Self::Date(value) => write!(f, "{value}"),
            #[cfg(feature = "uuid")]
            Self::Uuid(value) => write!(f, "{value}"),
            Self::Id(_, key) => write!(f, "{key}"),
            Self::List(items) => separated(f, "[", items, "]"),
            Self::Tuple(items) => separated(f, "(", items, ")"),
            Self::Map(pairs) => {
                f.write_str("{")?;
                for (position, (key, value)) in pairs.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if position == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
            Self::Struct(name, fields) | Self::Variant(name, fields) => named(f, name, fields),
            Self::Coded(value) => fmt::Display::fmt(&value.viewed(), f),
            Self::Opaque(value) => write!(f, "{value:?}"),
        }
    }
}

/// Has a text nothing to be escaped? Then it need not be looked at character by character.
fn is_plain(text: &str) -> bool {
    let is_special = |byte| !matches!(byte, b' '..=b'~') || byte == b'"' || byte == b'\\';
    // To the end in any case: so several bytes are looked at in one step.
    !text.bytes().fold(false, |special, byte| special | is_special(byte))
}

fn separated(
    f: &mut fmt::Formatter<'_>,
    open: &str,
    items: &[ValueRef<'_>],
    close: &str,
) -> fmt::Result {
    f.write_str(open)?;
    for (position, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if position == 0 { "" } else { ", " })?;
    }
    f.write_str(close)
}

fn named(f: &mut fmt::Formatter<'_>, name: &str, fields: &[(&str, ValueRef<'_>)]) -> fmt::Result {
    f.write_str(name)?;
    if fields.is_empty() {
        return Ok(());
    }
    f.write_str(" { ")?;
    for (position, (field, value)) in fields.iter().enumerate() {
        write!(f, "{}{field}: {value}", if position == 0 { "" } else { ", " })?;
    }
    f.write_str(" }")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_shown_as_rust_writes_them() {
        for text in
            ["", "ann@x.org", "it's", "say \"no\"", "back\\slash", "tab\t", "é", "\u{7f}", "~ "]
        {
            assert_eq!(ValueRef::Text(text).to_string(), format!("{text:?}"));
        }
    }
}
