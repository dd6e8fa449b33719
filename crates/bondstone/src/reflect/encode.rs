//! A value as parts, by its shape: what it must be says the shape, how it may be said [`ValueBuf`]. O(parts).

use std::fmt::Display;
use std::str::FromStr;

use bondstone_schema::shape::{Field, Variant};
use bondstone_schema::stored::{DEEPEST, write_nothing};
use bondstone_schema::{Malformed, PartKind, Primitive, Shape, Sink, Value};

use super::decode::may_be_null;
#[cfg(feature = "json")]
use super::json::{is_plain_json, json_of, out_of_option};
use super::parts::Parts;
use super::value::ValueBuf;

/// The parts of a value, which is to have this shape.
pub(super) fn encode(shape: &Shape, value: &ValueBuf) -> Result<Parts, Malformed> {
    let mut parts = Parts::default();
    Encode { around: Vec::new(), depth: 0 }.value(shape, value, &mut parts)?;
    Ok(parts)
}

struct Encode<'a> {
    /// The shapes that contain themselves, from the outside in.
    around: Vec<&'a Shape>,
    /// How deep values are nested in each other.
    depth: usize,
}

impl<'a> Encode<'a> {
    fn value(
        &mut self,
        shape: &'a Shape,
        value: &ValueBuf,
        sink: &mut dyn Sink,
    ) -> Result<(), Malformed> {
        match shape {
            Shape::Primitive(primitive) => primitive_value(*primitive, value, sink),
            Shape::Id(_, key) => self.value(key, value, sink),
            Shape::Option(inside) => self.option(inside, value, sink),
            Shape::Vec(element) | Shape::Set(element) => {
                let items = list(value)?;
                sink.length(items.len());
                items.iter().try_for_each(|item| self.value(element, item, sink))
            }
            Shape::Map(key, element) => self.map(key, element, value, sink),
            Shape::Array(element, length) => {
                let items = of_length(list(value)?, *length)?;
                if items.is_empty() {
                    write_nothing(sink);
                }
                items.iter().try_for_each(|item| self.value(element, item, sink))
            }
            Shape::Tuple(shapes) => {
                let items = of_length(list(value)?, shapes.len() as u64)?;
                if items.is_empty() {
                    write_nothing(sink);
                }
                shapes.iter().zip(items).try_for_each(|(shape, item)| self.value(shape, item, sink))
            }
            Shape::Struct(fields) => {
                if fields.is_empty() {
                    write_nothing(sink);
                }
                self.fields(fields, value, sink)
            }
            Shape::Enum(variants) => self.variant(variants, value, sink),
            #[cfg(feature = "json")]
            Shape::Nested(_) if shape.is_json() => {
                json_of(value)?.write_to(sink);
                Ok(())
            }
            Shape::Nested(inside) => self.nested(shape, inside, value, sink),
            Shape::Within(depth) => {
                let place = self.around.len().checked_sub(depth + 1);
                let place = place.ok_or_else(|| Malformed::new("a shape within nothing"))?;
                let further = self.around.split_off(place);
                self.value(further[0], value, sink)?;
                self.around.extend(further);
                Ok(())
            }
        }
    }

    fn option(
        &mut self,
        inside: &'a Shape,
        value: &ValueBuf,
        sink: &mut dyn Sink,
    ) -> Result<(), Malformed> {
        #[cfg(feature = "json")]
        if is_plain_json(inside) {
            let some = out_of_option(json_of(value)?);
            sink.u8(u8::from(some.is_some()));
            some.iter().for_each(|some| some.write_to(sink));
            return Ok(());
        }
        sink.u8(u8::from(!value.is_null()));
        match value {
            ValueBuf::Null => Ok(()),
            value if may_be_null(inside) => {
                self.value(inside, &of_length(list(value)?, 1)?[0], sink)
            }
            value => self.value(inside, value, sink),
        }
    }

    fn map(
        &mut self,
        key: &'a Shape,
        element: &'a Shape,
        value: &ValueBuf,
        sink: &mut dyn Sink,
    ) -> Result<(), Malformed> {
        let pairs = pairs(value)?;
        sink.length(pairs.len());
        for (name, item) in &pairs {
            self.value(key, name, sink)?;
            self.value(element, item, sink)?;
        }
        Ok(())
    }

    fn variant(
        &mut self,
        variants: &'a [Variant],
        value: &ValueBuf,
        sink: &mut dyn Sink,
    ) -> Result<(), Malformed> {
        let nothing = ValueBuf::Struct(Vec::new());
        let fields;
        let (name, content) = match value {
            ValueBuf::Text(name) => (name, &nothing),
            ValueBuf::Variant(name, named) => {
                fields = unnamed(named).unwrap_or_else(|| ValueBuf::Struct(named.clone()));
                (name, &fields)
            }
            ValueBuf::Struct(only) if only.len() == 1 => (&only[0].0, &only[0].1),
            other => return Err(unfit(other, "a variant")),
        };
        let Some(tag) = variants.iter().position(|variant| variant.name == *name) else {
            let names: Vec<&str> = variants.iter().map(|variant| variant.name.as_str()).collect();
            return Err(Malformed::new(format!(
                "there is no variant `{name}`, but {}",
                names.join(", ")
            )));
        };
        match Shape::tag(variants.len()) {
            PartKind::U8 => sink.u8(tag as u8),
            _ => sink.u16(tag as u16),
        }
        self.fields(&variants[tag].fields, content, sink)
    }

    /// The fields of a struct or of a variant: by name; those without names may be a list, and a single one alone.
    fn fields(
        &mut self,
        fields: &'a [Field],
        value: &ValueBuf,
        sink: &mut dyn Sink,
    ) -> Result<(), Malformed> {
        let unnamed = fields.first().is_some_and(|field| field.name == "0");
        match value {
            ValueBuf::Struct(named) if !unnamed => self.named(fields, named, sink),
            value if unnamed && fields.len() == 1 => self.value(&fields[0].shape, value, sink),
            ValueBuf::List(items) if unnamed => {
                let items = of_length(items, fields.len() as u64)?;
                let mut both = fields.iter().zip(items);
                both.try_for_each(|(field, item)| self.value(&field.shape, item, sink))
            }
            other => Err(unfit(other, "a struct")),
        }
    }

    fn named(
        &mut self,
        fields: &'a [Field],
        named: &[(String, ValueBuf)],
        sink: &mut dyn Sink,
    ) -> Result<(), Malformed> {
        let is_known = |name: &String| fields.iter().any(|field| field.name == *name);
        if let Some((unknown, _)) = named.iter().find(|(name, _)| !is_known(name)) {
            return Err(Malformed::new(format!("there is no field `{unknown}`")));
        }
        let mut twice = named
            .iter()
            .enumerate()
            .filter(|(place, (name, _))| named[..*place].iter().any(|(before, _)| before == name));
        if let Some((_, (name, _))) = twice.next() {
            return Err(Malformed::new(format!("the field `{name}` is there twice")));
        }
        for field in fields {
            let given = named.iter().find(|(name, _)| *name == field.name).map(|(_, value)| value);
            let null = matches!(field.shape, Shape::Option(_)).then_some(&ValueBuf::Null);
            let value = given.or(null).ok_or_else(|| {
                Malformed::new(format!("the field `{}` has no value", field.name))
            })?;
            self.value(&field.shape, value, sink)?;
        }
        Ok(())
    }

    fn nested(
        &mut self,
        shape: &'a Shape,
        inside: &'a Shape,
        value: &ValueBuf,
        sink: &mut dyn Sink,
    ) -> Result<(), Malformed> {
        if self.depth == DEEPEST {
            return Err(Malformed::new(format!("it is nested more than {DEEPEST} deep")));
        }
        self.depth += 1;
        self.around.push(shape);
        let mut written = Ok(());
        sink.nested(&mut |sink| written = self.value(inside, value, sink));
        self.around.pop();
        self.depth -= 1;
        written
    }
}

/// The fields of a variant that have no names: a list, or the only one.
fn unnamed(fields: &[(String, ValueBuf)]) -> Option<ValueBuf> {
    match fields {
        [(name, only)] if name == "0" => Some(only.clone()),
        [(name, _), ..] if name == "0" => {
            Some(ValueBuf::List(fields.iter().map(|(_, value)| value.clone()).collect()))
        }
        _ => None,
    }
}

fn list(value: &ValueBuf) -> Result<&[ValueBuf], Malformed> {
    match value {
        ValueBuf::List(items) => Ok(items),
        other => Err(unfit(other, "a list")),
    }
}

fn of_length(items: &[ValueBuf], length: u64) -> Result<&[ValueBuf], Malformed> {
    if items.len() as u64 == length {
        return Ok(items);
    }
    Err(Malformed::new(format!("{} values where there are {length}", items.len())))
}

/// The pairs of a map: as such, as fields, as a list of pairs.
fn pairs(value: &ValueBuf) -> Result<Vec<(ValueBuf, &ValueBuf)>, Malformed> {
    match value {
        ValueBuf::Map(pairs) => Ok(pairs.iter().map(|(key, value)| (key.clone(), value)).collect()),
        ValueBuf::Struct(fields) => {
            Ok(fields.iter().map(|(name, value)| (ValueBuf::Text(name.clone()), value)).collect())
        }
        ValueBuf::List(items) => items
            .iter()
            .map(|pair| of_length(list(pair)?, 2).map(|pair| (pair[0].clone(), &pair[1])))
            .collect(),
        other => Err(unfit(other, "a map")),
    }
}

fn primitive_value(
    primitive: Primitive,
    value: &ValueBuf,
    sink: &mut dyn Sink,
) -> Result<(), Malformed> {
    match primitive {
        Primitive::U8 => integer::<u8>(value)?.write_to(sink),
        Primitive::U16 => integer::<u16>(value)?.write_to(sink),
        Primitive::U32 => integer::<u32>(value)?.write_to(sink),
        Primitive::U64 | Primitive::Usize => integer::<u64>(value)?.write_to(sink),
        Primitive::Auto => match integer::<u64>(value)? {
            0 => return Err(Malformed::new("0 is no key")),
            number => number.write_to(sink),
        },
        Primitive::U128 => unsigned(value)?.write_to(sink),
        Primitive::I8 => integer::<i8>(value)?.write_to(sink),
        Primitive::I16 => integer::<i16>(value)?.write_to(sink),
        Primitive::I32 => integer::<i32>(value)?.write_to(sink),
        Primitive::I64 | Primitive::Isize => integer::<i64>(value)?.write_to(sink),
        Primitive::I128 => integer::<i128>(value)?.write_to(sink),
        Primitive::F32 => float32(value)?.write_to(sink),
        Primitive::F64 => float(value)?.write_to(sink),
        Primitive::Bool => match value {
            ValueBuf::Bool(value) => value.write_to(sink),
            other => parsed::<bool>(other, "a truth value")?.write_to(sink),
        },
        Primitive::Char => parsed::<char>(value, "one character")?.write_to(sink),
        Primitive::Text => match value {
            ValueBuf::Text(text) => sink.text(text),
            other => return Err(unfit(other, "a text")),
        },
        #[cfg(feature = "jiff")]
        Primitive::Timestamp => match value {
            ValueBuf::Timestamp(value) => value.write_to(sink),
            other => parsed::<jiff::Timestamp>(other, "a timestamp")?.write_to(sink),
        },
        #[cfg(feature = "jiff")]
        Primitive::Date => match value {
            ValueBuf::Date(value) => value.write_to(sink),
            other => parsed::<jiff::civil::Date>(other, "a date")?.write_to(sink),
        },
        #[cfg(feature = "decimal")]
        Primitive::Decimal => decimal(value)?.write_to(sink),
        #[cfg(feature = "uuid")]
        Primitive::Uuid => match value {
            ValueBuf::Uuid(value) => value.write_to(sink),
            other => parsed::<uuid::Uuid>(other, "a UUID")?.write_to(sink),
        },
        #[allow(unreachable_patterns, reason = "there are others where a feature is missing")]
        other => return Err(Malformed::no("type of this build", other.name())),
    }
    Ok(())
}

/// An integer that a type of fewer than 128 bits holds.
fn integer<N: TryFrom<i128> + FromStr>(value: &ValueBuf) -> Result<N, Malformed>
where
    N::Err: Display,
{
    let number = match value {
        ValueBuf::Int(number) => Some(*number),
        ValueBuf::UInt(number) => i128::try_from(*number).ok(),
        other => return parsed(other, "an integer"),
    };
    let fits = number.and_then(|number| N::try_from(number).ok());
    fits.ok_or_else(|| Malformed::new(format!("{value} is no {}", std::any::type_name::<N>())))
}

fn unsigned(value: &ValueBuf) -> Result<u128, Malformed> {
    match value {
        ValueBuf::UInt(number) => Ok(*number),
        ValueBuf::Int(number) => {
            u128::try_from(*number).map_err(|_| Malformed::new(format!("{number} is no u128")))
        }
        other => parsed(other, "an integer"),
    }
}

fn float(value: &ValueBuf) -> Result<f64, Malformed> {
    match value {
        ValueBuf::Float(number) => Ok(*number),
        ValueBuf::Int(_) | ValueBuf::UInt(_) => {
            let whole = integer::<i64>(value)?;
            let number = whole as f64;
            let is_exact = number as i128 == i128::from(whole);
            is_exact.then_some(number).ok_or_else(|| inexact(value, "f64"))
        }
        #[cfg(feature = "decimal")]
        ValueBuf::Decimal(number) => parsed(&number.to_string().into(), "a number"),
        other => parsed(other, "a floating-point number"),
    }
}

fn float32(value: &ValueBuf) -> Result<f32, Malformed> {
    #[cfg(feature = "decimal")]
    if let ValueBuf::Decimal(number) = value {
        return parsed(&number.to_string().into(), "a number");
    }
    if let ValueBuf::Text(_) = value {
        return parsed(value, "a floating-point number");
    }
    let wide = float(value)?;
    let number = wide as f32;
    if f64::from(number) == wide || wide.is_nan() { Ok(number) } else { Err(inexact(value, "f32")) }
}

fn inexact(value: &ValueBuf, name: &str) -> Malformed {
    Malformed::new(format!("{value} is no {name}: digits would be lost"))
}

#[cfg(feature = "decimal")]
fn decimal(value: &ValueBuf) -> Result<rust_decimal::Decimal, Malformed> {
    use rust_decimal::Decimal;
    let exact = |text: &str| {
        Decimal::from_str_exact(text)
            .map_err(|why| Malformed::new(format!("{text} is no decimal: {why}")))
    };
    match value {
        ValueBuf::Decimal(number) => Ok(*number),
        ValueBuf::Int(_) | ValueBuf::UInt(_) => exact(&value.to_string()),
        // The shortest digits that mean this number are those that somebody wrote.
        ValueBuf::Float(number) => exact(&number.to_string()),
        ValueBuf::Text(text) => exact(text),
        other => Err(unfit(other, "a decimal")),
    }
}

/// A text that says the value.
fn parsed<V: FromStr>(value: &ValueBuf, what: &str) -> Result<V, Malformed>
where
    V::Err: Display,
{
    let ValueBuf::Text(text) = value else { return Err(unfit(value, what)) };
    text.parse().map_err(|why| Malformed::new(format!("{text:?} is not {what}: {why}")))
}

fn unfit(value: &ValueBuf, wanted: &str) -> Malformed {
    Malformed::new(format!("{} where {wanted} is wanted", value.kind()))
}
