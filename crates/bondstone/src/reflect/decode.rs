//! Parts as a value, by their shape. O(parts).

use bondstone_schema::shape::Field;
use bondstone_schema::stored::read_nothing;
use bondstone_schema::{Malformed, PartKind, Primitive, Shape, Source, Value};

#[cfg(feature = "json")]
use super::json::{in_option, is_plain_json};
use super::value::ValueBuf;

/// The value of this shape that `source` has next.
pub(super) fn decode(shape: &Shape, source: &mut dyn Source) -> Result<ValueBuf, Malformed> {
    Decode { around: Vec::new() }.value(shape, source)
}

struct Decode<'a> {
    /// The shapes that contain themselves, from the outside in.
    around: Vec<&'a Shape>,
}

impl<'a> Decode<'a> {
    fn value(&mut self, shape: &'a Shape, source: &mut dyn Source) -> Result<ValueBuf, Malformed> {
        match shape {
            Shape::Primitive(primitive) => primitive_value(*primitive, source),
            Shape::Id(_, key) => self.value(key, source),
            Shape::Option(inside) => self.option(inside, source),
            Shape::Vec(element) | Shape::Set(element) => {
                let length = source.length()?;
                self.list(std::iter::repeat_n(&**element, length), source)
            }
            Shape::Map(key, value) => {
                let pairs = (0..source.length()?)
                    .map(|_| Ok((self.value(key, source)?, self.value(value, source)?)));
                Ok(ValueBuf::Map(pairs.collect::<Result<_, _>>()?))
            }
            Shape::Array(_, 0) => read_nothing(source).map(|()| ValueBuf::List(Vec::new())),
            Shape::Array(element, length) => self.list((0..*length).map(|_| &**element), source),
            Shape::Tuple(fields) if fields.is_empty() => {
                read_nothing(source).map(|()| ValueBuf::List(Vec::new()))
            }
            Shape::Tuple(fields) => self.list(fields.iter(), source),
            Shape::Struct(fields) if fields.is_empty() => {
                read_nothing(source).map(|()| ValueBuf::Struct(Vec::new()))
            }
            // Without names it is what is in it.
            Shape::Struct(fields) if fields[0].name == "0" => match &fields[..] {
                [only] => self.value(&only.shape, source),
                several => self.list(several.iter().map(|field| &field.shape), source),
            },
            Shape::Struct(fields) => Ok(ValueBuf::Struct(self.fields(fields, source)?)),
            Shape::Enum(variants) => {
                let tag = match Shape::tag(variants.len()) {
                    PartKind::U8 => usize::from(source.u8()?),
                    _ => usize::from(source.u16()?),
                };
                let variant = variants.get(tag).ok_or_else(|| Malformed::no("variant", tag))?;
                Ok(ValueBuf::Variant(variant.name.clone(), self.fields(&variant.fields, source)?))
            }
            #[cfg(feature = "json")]
            Shape::Nested(_) if shape.is_json() => {
                serde_json::Value::read_from(source).map(ValueBuf::Json)
            }
            Shape::Nested(inside) => {
                self.around.push(shape);
                let mut value = Err(Malformed::end());
                source.nested(&mut |source| {
                    value = Ok(self.value(inside, source)?);
                    Ok(())
                })?;
                self.around.pop();
                value
            }
            Shape::Within(depth) => {
                let place = self.around.len().checked_sub(depth + 1);
                let place = place.ok_or_else(|| Malformed::new("a shape within nothing"))?;
                let further = self.around.split_off(place);
                let value = self.value(further[0], source)?;
                self.around.extend(further);
                Ok(value)
            }
        }
    }

    fn option(
        &mut self,
        inside: &'a Shape,
        source: &mut dyn Source,
    ) -> Result<ValueBuf, Malformed> {
        match source.u8()? {
            0 => Ok(ValueBuf::Null),
            #[cfg(feature = "json")]
            1 if is_plain_json(inside) => {
                serde_json::Value::read_from(source).map(|json| ValueBuf::Json(in_option(json)))
            }
            1 if may_be_null(inside) => Ok(ValueBuf::List(vec![self.value(inside, source)?])),
            1 => self.value(inside, source),
            other => Err(Malformed::no("option's flag", other)),
        }
    }

    fn list(
        &mut self,
        shapes: impl Iterator<Item = &'a Shape>,
        source: &mut dyn Source,
    ) -> Result<ValueBuf, Malformed> {
        let items = shapes.map(|shape| self.value(shape, source));
        Ok(ValueBuf::List(items.collect::<Result<_, _>>()?))
    }

    fn fields(
        &mut self,
        fields: &'a [Field],
        source: &mut dyn Source,
    ) -> Result<Vec<(String, ValueBuf)>, Malformed> {
        let field = |field: &'a Field| Ok((field.name.clone(), self.value(&field.shape, source)?));
        fields.iter().map(field).collect()
    }
}

/// May a value of this shape be null? Then it is in a list where it is what an `Option` holds.
pub(crate) fn may_be_null(shape: &Shape) -> bool {
    match shape {
        // Of what contains itself nobody asks more than once.
        Shape::Option(_) | Shape::Within(_) => true,
        Shape::Nested(inside) => may_be_null(inside),
        Shape::Struct(fields) => match &fields[..] {
            [only] if only.name == "0" => may_be_null(&only.shape),
            _ => false,
        },
        _ => false,
    }
}

fn primitive_value(primitive: Primitive, source: &mut dyn Source) -> Result<ValueBuf, Malformed> {
    fn read<V: Value + Into<ValueBuf>>(source: &mut dyn Source) -> Result<ValueBuf, Malformed> {
        V::read_from(source).map(Into::into)
    }
    match primitive {
        Primitive::U8 => read::<u8>(source),
        Primitive::U16 => read::<u16>(source),
        Primitive::U32 => read::<u32>(source),
        Primitive::U64 | Primitive::Usize | Primitive::Auto => read::<u64>(source),
        Primitive::U128 => read::<u128>(source),
        Primitive::I8 => read::<i8>(source),
        Primitive::I16 => read::<i16>(source),
        Primitive::I32 => read::<i32>(source),
        Primitive::I64 | Primitive::Isize => read::<i64>(source),
        Primitive::I128 => read::<i128>(source),
        Primitive::F32 => read::<f32>(source),
        Primitive::F64 => read::<f64>(source),
        Primitive::Bool => read::<bool>(source),
        Primitive::Char => read::<char>(source),
        Primitive::Text => read::<String>(source),
        #[cfg(feature = "jiff")]
        Primitive::Timestamp => read::<jiff::Timestamp>(source),
        #[cfg(feature = "jiff")]
        Primitive::Date => read::<jiff::civil::Date>(source),
        #[cfg(feature = "decimal")]
        Primitive::Decimal => read::<rust_decimal::Decimal>(source),
        #[cfg(feature = "uuid")]
        Primitive::Uuid => read::<uuid::Uuid>(source),
        #[allow(unreachable_patterns, reason = "there are others where a feature is missing")]
        other => Err(Malformed::no("type of this build", other.name())),
    }
}
