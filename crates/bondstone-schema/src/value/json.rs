//! JSON as a column: `serde_json::Value`, with whatever it holds.
//!
//! Stored as a value that contains values of its own type, so up to [`DEEPEST`](crate::stored::DEEPEST) levels deep. A number is
//! stored as its text, which is exact whatever features `serde_json` was built with. JSON's null is a value like any other: a
//! column that may have none is an `Option`.
#![expect(unsafe_code, reason = "the type is known to have no interior mutability")]

use std::sync::LazyLock;

use serde_json::{Map, Number, Value as Json};

use super::{TypeInfo, Value, ValueRef};
use crate::shape::{Field, Nesting, Shape, Variant};
use crate::stored::{self, Malformed, Sink, Source};

// SAFETY: a tree of truth values, numbers, strings, vectors and maps, which all own what they hold.
unsafe impl Value for Json {
    crate::never_null!();

    fn describe() -> TypeInfo {
        TypeInfo::named("json")
    }

    fn view(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Bool(value) => ValueRef::Bool(*value),
            Self::Number(number) => number_view(number),
            Self::String(text) => ValueRef::Text(text),
            Self::Array(items) => ValueRef::List(items.iter().map(Value::view).collect()),
            Self::Object(fields) => ValueRef::Map(
                fields.iter().map(|(name, value)| (ValueRef::Text(name), value.view())).collect(),
            ),
        }
    }

    const PARTS: usize = 1;

    fn shape(nesting: &mut Nesting) -> Shape {
        nesting.nested::<Self>(|nesting| {
            let variant =
                |name: &str, fields: Vec<Field>| Variant { name: name.to_owned(), fields };
            Shape::Enum(vec![
                variant("Null", Vec::new()),
                variant("Bool", vec![nesting.field::<bool>("0")]),
                variant("Number", vec![nesting.field::<String>("0")]),
                variant("String", vec![nesting.field::<String>("0")]),
                variant("Array", vec![nesting.field::<Vec<Self>>("0")]),
                variant("Object", vec![nesting.field::<Vec<(String, Self)>>("0")]),
            ])
        })
    }

    fn write_to(&self, sink: &mut dyn Sink) {
        sink.nested(&mut |sink| match self {
            Self::Null => sink.u8(0),
            Self::Bool(value) => {
                sink.u8(1);
                value.write_to(sink);
            }
            Self::Number(number) => {
                sink.u8(2);
                sink.text(&number.to_string());
            }
            Self::String(text) => {
                sink.u8(3);
                sink.text(text);
            }
            Self::Array(items) => {
                sink.u8(4);
                sink.length(items.len());
                items.iter().for_each(|item| item.write_to(sink));
            }
            Self::Object(fields) => {
                sink.u8(5);
                sink.length(fields.len());
                for (name, value) in fields {
                    sink.text(name);
                    value.write_to(sink);
                }
            }
        });
    }

    fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
        stored::read_nested(source, |source| {
            Ok(match source.u8()? {
                0 => Self::Null,
                1 => Self::Bool(bool::read_from(source)?),
                2 => Self::Number(read_number(source)?),
                3 => Self::String(String::read_from(source)?),
                4 => {
                    let length = source.length()?;
                    let mut items = stored::room_for(length);
                    for _ in 0..length {
                        items.push(Self::read_from(source)?);
                    }
                    Self::Array(items)
                }
                5 => Self::Object(read_object(source)?),
                other => return Err(Malformed::no("json", other)),
            })
        })
    }
}

impl Shape {
    /// Is it the shape of JSON? A type of the same shape is stored alike, and so is JSON as well.
    #[must_use]
    pub fn is_json(&self) -> bool {
        static JSON: LazyLock<Shape> = LazyLock::new(Shape::of::<Json>);
        *self == *JSON
    }
}

fn number_view(number: &Number) -> ValueRef<'_> {
    let signed = number.as_i64().map(|number| ValueRef::Int(number.into()));
    let unsigned = || number.as_u64().map(|number| ValueRef::UInt(number.into()));
    let float = || number.as_f64().map(ValueRef::Float);
    signed.or_else(unsigned).or_else(float).unwrap_or(ValueRef::Opaque(number))
}

fn read_number(source: &mut dyn Source) -> Result<Number, Malformed> {
    let text = String::read_from(source)?;
    text.parse().map_err(|_| Malformed::no("json number", text))
}

fn read_object(source: &mut dyn Source) -> Result<Map<String, Json>, Malformed> {
    let mut fields = Map::new();
    for _ in 0..source.length()? {
        let name = String::read_from(source)?;
        let value = Json::read_from(source)?;
        if fields.insert(name.clone(), value).is_some() {
            return Err(Malformed::no("json object with one field of each name", name));
        }
    }
    Ok(fields)
}
