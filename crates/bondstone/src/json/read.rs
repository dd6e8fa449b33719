//! Values from JSON. What a number or a text means is known when it comes to its column.
//!
//! A text is taken apart level by level, each into the texts of its parts. So a row that is wrong is refused by itself, nothing that
//! is there twice is lost, and how deep a text goes is counted here.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{Error, Result};
use crate::reflect::ValueBuf;

/// How deep arrays and objects are nested in a value: a stored value is nested 128 times at most, and rarely has more than four
/// levels of JSON for one of its own.
const DEEPEST: usize = 512;

/// The fields of an object, in their order, those that are there twice included.
pub(super) struct Fields<'t>(pub(super) Vec<(String, &'t RawValue)>);

impl<'t> Deserialize<'t> for Fields<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfObject;

        impl<'t> Visitor<'t> for OfObject {
            type Value = Fields<'t>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'t>>(self, mut object: A) -> Result<Fields<'t>, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = object.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(OfObject)
    }
}

/// The parts of a text, of one level.
pub(super) fn parts<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::Shape(error.to_string()))
}

/// The value of a text.
pub(crate) fn value(text: &str) -> Result<ValueBuf> {
    value_at(text.trim_ascii(), 0)
}

fn value_at(text: &str, depth: usize) -> Result<ValueBuf> {
    if depth > DEEPEST {
        return Err(Error::Shape(format!("it is nested more than {DEEPEST} deep")));
    }
    // Loops, and nothing in between: so a level takes little of the stack.
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let Fields(fields) = parts(text)?;
            let mut named = Vec::with_capacity(fields.len());
            for (name, text) in fields {
                named.push((name, value_at(text.get(), depth + 1)?));
            }
            ValueBuf::Struct(named)
        }
        Some(b'[') => {
            let texts: Vec<&RawValue> = parts(text)?;
            let mut items = Vec::with_capacity(texts.len());
            for text in texts {
                items.push(value_at(text.get(), depth + 1)?);
            }
            ValueBuf::List(items)
        }
        Some(b'"') => ValueBuf::Text(parts(text)?),
        Some(b't' | b'f') => ValueBuf::Bool(parts(text)?),
        Some(b'n') => parts(text).map(|()| ValueBuf::Null)?,
        _ => number(text)?,
    })
}

fn number(text: &str) -> Result<ValueBuf> {
    let float: f64 = parts(text)?;
    // The null that is negative is a floating-point number.
    if text != "-0"
        && let Ok(number) = text.parse::<i128>()
    {
        return Ok(ValueBuf::Int(number));
    }
    if let Ok(number) = text.parse::<u128>() {
        return Ok(ValueBuf::UInt(number));
    }
    Ok(exact(text, float))
}

/// A number with more digits than a floating-point number keeps is a decimal, or the text that says it.
fn exact(text: &str, float: f64) -> ValueBuf {
    #[cfg(feature = "decimal")]
    {
        use rust_decimal::Decimal;
        let of_float = Decimal::from_str_exact(&float.to_string());
        let of_text = Decimal::from_str_exact(text);
        match (of_text, of_float) {
            (Ok(number), Ok(same)) if number == same => {}
            (Ok(number), _) => return ValueBuf::Decimal(number),
            // Of so many digits, or so far from 1, that no decimal is meant, or none that there is.
            (Err(_), _) if digits(text) > 17 => return ValueBuf::Text(text.to_owned()),
            (Err(_), _) => {}
        }
    }
    let _ = text;
    ValueBuf::Float(float)
}

/// How many digits of a number mean something.
#[cfg(feature = "decimal")]
fn digits(text: &str) -> usize {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits = mantissa.bytes().filter(u8::is_ascii_digit);
    digits.skip_while(|digit| *digit == b'0').count()
}
