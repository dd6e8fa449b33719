//! Values by chance, of any shape and within a column's limit.

use ::proptest::collection::SizeRange;
use ::proptest::prelude::*;
use ::proptest::strategy::Union;
use bondstone_schema::shape::{Field, Variant};
use bondstone_schema::{Limit, Primitive, Shape};

use crate::reflect::{ValueBuf, may_be_null};

/// How often a value that contains its own type does so within itself.
const DEEPEST: usize = 2;

/// The length of texts without a limit, and of most with one.
const LONG: usize = 24;

/// Any value of this shape.
pub(super) fn any_value(shape: &Shape, limit: Option<Limit>) -> BoxedStrategy<ValueBuf> {
    Values { limit, around: Vec::new(), depth: 0 }.of(shape)
}

struct Values<'a> {
    limit: Option<Limit>,
    /// The shapes that contain themselves, from the outside in.
    around: Vec<&'a Shape>,
    depth: usize,
}

impl<'a> Values<'a> {
    fn of(&mut self, shape: &'a Shape) -> BoxedStrategy<ValueBuf> {
        match shape {
            Shape::Primitive(primitive) => any_primitive(*primitive, self.limit),
            Shape::Id(_, key) => self.of(key),
            Shape::Option(_) if self.is_deep(shape) => Just(ValueBuf::Null).boxed(),
            Shape::Option(inside) => {
                let in_a_list = may_be_null(inside);
                let some = self.of(inside).prop_map(move |value| match in_a_list {
                    true => ValueBuf::List(vec![value]),
                    false => value,
                });
                prop_oneof![1 => Just(ValueBuf::Null), 3 => some].boxed()
            }
            Shape::Vec(element) => {
                let most = if self.is_deep(shape) { 0 } else { 4 };
                if most == 0 {
                    return Just(ValueBuf::List(Vec::new())).boxed();
                }
                list(prop::collection::vec(self.of(element), 0..=most))
            }
            Shape::Set(element) => {
                let ascending = Ascending::of(element);
                let values = prop::collection::vec(self.of(element), 0..=4);
                values.prop_map(move |values| ValueBuf::List(ascending.sorted(values))).boxed()
            }
            Shape::Map(key, element) => {
                let ascending = Ascending::of(key);
                let keys = prop::collection::vec(self.of(key), 0..=4);
                let values = prop::collection::vec(self.of(element), 4);
                let pairs = move |(keys, values): (Vec<_>, Vec<_>)| {
                    ValueBuf::Map(ascending.sorted(keys).into_iter().zip(values).collect())
                };
                (keys, values).prop_map(pairs).boxed()
            }
            Shape::Array(element, length) => {
                list(prop::collection::vec(self.of(element), *length as usize))
            }
            Shape::Tuple(shapes) => {
                list(shapes.iter().map(|shape| self.of(shape)).collect::<Vec<_>>())
            }
            Shape::Struct(fields) => self.fields(fields).boxed(),
            Shape::Enum(variants) => self.variants(variants),
            Shape::Nested(inside) => {
                self.around.push(shape);
                let value = self.of(inside);
                self.around.pop();
                value
            }
            Shape::Within(out) => self.within(*out),
        }
    }

    /// Is nothing to be put into it that contains itself?
    fn is_deep(&self, shape: &Shape) -> bool {
        self.depth >= DEEPEST && is_within(shape)
    }

    fn within(&mut self, out: usize) -> BoxedStrategy<ValueBuf> {
        let Some(place) = self.around.len().checked_sub(out + 1) else {
            return Just(ValueBuf::Null).boxed();
        };
        let further = self.around.split_off(place);
        self.depth += 1;
        let value = further.first().map(|shape| self.of(shape));
        self.depth -= 1;
        self.around.extend(further);
        value.unwrap_or_else(|| Just(ValueBuf::Null).boxed())
    }

    /// What fields hold, as one value: one without a name is alone.
    fn fields(&mut self, fields: &'a [Field]) -> BoxedStrategy<ValueBuf> {
        let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
        let values: Vec<_> = fields.iter().map(|field| self.of(&field.shape)).collect();
        let unnamed = names.first().is_some_and(|name| name == "0");
        values
            .prop_map(move |mut values| match (unnamed, values.len()) {
                (true, 1) => values.remove(0),
                (true, _) => ValueBuf::List(values),
                (false, _) => ValueBuf::Struct(names.iter().cloned().zip(values).collect()),
            })
            .boxed()
    }

    fn variants(&mut self, variants: &'a [Variant]) -> BoxedStrategy<ValueBuf> {
        let is_flat =
            |variant: &&Variant| !variant.fields.iter().any(|field| is_within(&field.shape));
        let flat = variants.iter().filter(is_flat).count();
        let is_deep = self.depth >= DEEPEST && flat > 0;
        let chosen = variants.iter().filter(|variant| !is_deep || is_flat(variant));
        let values = chosen.map(|variant| {
            let name = variant.name.clone();
            match variant.fields.is_empty() {
                true => Just(ValueBuf::Text(name)).boxed(),
                false => self
                    .fields(&variant.fields)
                    .prop_map(move |inside| ValueBuf::Struct(vec![(name.clone(), inside)]))
                    .boxed(),
            }
        });
        Union::new(values.collect::<Vec<_>>()).boxed()
    }
}

fn list(values: impl Strategy<Value = Vec<ValueBuf>> + 'static) -> BoxedStrategy<ValueBuf> {
    values.prop_map(ValueBuf::List).boxed()
}

/// Is something in it of the type of what is around it?
fn is_within(shape: &Shape) -> bool {
    match shape {
        Shape::Within(_) => true,
        Shape::Primitive(_) => false,
        Shape::Option(one) | Shape::Vec(one) | Shape::Set(one) | Shape::Nested(one) => {
            is_within(one)
        }
        Shape::Array(one, _) | Shape::Id(_, one) => is_within(one),
        Shape::Map(key, value) => is_within(key) || is_within(value),
        Shape::Tuple(shapes) => shapes.iter().any(is_within),
        Shape::Struct(fields) => fields.iter().any(|field| is_within(&field.shape)),
        Shape::Enum(variants) => {
            variants.iter().flat_map(|variant| &variant.fields).any(|field| is_within(&field.shape))
        }
    }
}

/// How the values of a set ascend: how those of a type of its own do, is not known here.
#[derive(Clone, Copy)]
enum Ascending {
    Numbers,
    Texts,
    Unknown,
}

impl Ascending {
    fn of(shape: &Shape) -> Self {
        use Primitive::{Char, F32, F64, Text};
        match shape {
            Shape::Primitive(Text | Char) => Self::Texts,
            Shape::Primitive(F32 | F64) => Self::Unknown,
            Shape::Primitive(_) => Self::Numbers,
            _ => Self::Unknown,
        }
    }

    /// Each once, in order; of an unknown order no more than one.
    fn sorted(self, mut values: Vec<ValueBuf>) -> Vec<ValueBuf> {
        let number = |value: &ValueBuf| match value {
            ValueBuf::Int(number) => Some(*number),
            _ => None,
        };
        match self {
            Self::Texts => values.sort_by_key(ToString::to_string),
            Self::Numbers if values.iter().all(|value| number(value).is_some()) => {
                values.sort_by_key(number);
            }
            _ => values.truncate(1),
        }
        values.dedup();
        values
    }
}

macro_rules! number {
    ($type:ty) => {
        prop_oneof![3 => 0..=100 as $type, 1 => any::<$type>()]
            .prop_map(|number| ValueBuf::Int(number.into()))
            .boxed()
    };
}

fn any_primitive(primitive: Primitive, limit: Option<Limit>) -> BoxedStrategy<ValueBuf> {
    match primitive {
        Primitive::U8 => number!(u8),
        Primitive::U16 => number!(u16),
        Primitive::U32 => number!(u32),
        Primitive::U64 | Primitive::Usize => number!(u64),
        Primitive::U128 => any::<u128>().prop_map(ValueBuf::UInt).boxed(),
        Primitive::I8 => number!(i8),
        Primitive::I16 => number!(i16),
        Primitive::I32 => number!(i32),
        Primitive::I64 | Primitive::Isize => number!(i64),
        Primitive::I128 => number!(i128),
        Primitive::F32 => prop_oneof![Just(0.0), prop::num::f32::NORMAL]
            .prop_map(|number| ValueBuf::Float(number.into()))
            .boxed(),
        Primitive::F64 => {
            prop_oneof![Just(0.0), prop::num::f64::NORMAL].prop_map(ValueBuf::Float).boxed()
        }
        Primitive::Bool => any::<bool>().prop_map(ValueBuf::Bool).boxed(),
        Primitive::Char => any_char().prop_map(|one| ValueBuf::Text(one.into())).boxed(),
        Primitive::Text => any_text(limit).prop_map(ValueBuf::Text).boxed(),
        Primitive::Auto => (1..=100_i128).prop_map(ValueBuf::Int).boxed(),
        Primitive::Timestamp => any_timestamp(),
        Primitive::Date => any_date(),
        Primitive::Decimal => any_decimal(limit),
        Primitive::Uuid => any_uuid(),
    }
}

/// A letter more often than not.
fn any_char() -> impl Strategy<Value = char> {
    prop_oneof![6 => prop::char::range('a', 'z'), 1 => any::<char>()]
}

fn any_text(limit: Option<Limit>) -> BoxedStrategy<String> {
    let most = match limit {
        Some(Limit::MaxLen(most)) => most,
        _ => LONG,
    };
    let of = |length: SizeRange| prop::collection::vec(any_char(), length);
    let usual = of((0..=most.min(LONG)).into());
    let longest = of(most.min(10 * LONG).into());
    prop_oneof![12 => usual, 1 => longest].prop_map(String::from_iter).boxed()
}

/// Of the years from 1970 to 2099.
fn any_timestamp() -> BoxedStrategy<ValueBuf> {
    #[cfg(feature = "jiff")]
    return (0..4_102_444_800_i64)
        .prop_map(|second| {
            let time = jiff::Timestamp::from_second(second);
            ValueBuf::Timestamp(time.unwrap_or(jiff::Timestamp::UNIX_EPOCH))
        })
        .boxed();
    #[cfg(not(feature = "jiff"))]
    Just(ValueBuf::Null).boxed()
}

fn any_date() -> BoxedStrategy<ValueBuf> {
    #[cfg(feature = "jiff")]
    return (1970..2100_i16, 1..=12_i8, 1..=28_i8)
        .prop_map(|(year, month, day)| ValueBuf::Date(jiff::civil::date(year, month, day)))
        .boxed();
    #[cfg(not(feature = "jiff"))]
    Just(ValueBuf::Null).boxed()
}

fn any_decimal(limit: Option<Limit>) -> BoxedStrategy<ValueBuf> {
    #[cfg(feature = "decimal")]
    {
        let (precision, scale) = match limit {
            Some(Limit::Decimal { precision, scale }) => (precision.min(28), scale),
            _ => (12, 4),
        };
        let most = 10_i128.pow(precision) - 1;
        prop_oneof![3 => 0..=most.min(99_999), 1 => -most..=most]
            .prop_map(move |digits| {
                ValueBuf::Decimal(rust_decimal::Decimal::from_i128_with_scale(digits, scale))
            })
            .boxed()
    }
    #[cfg(not(feature = "decimal"))]
    {
        let _ = limit;
        Just(ValueBuf::Null).boxed()
    }
}

fn any_uuid() -> BoxedStrategy<ValueBuf> {
    #[cfg(feature = "uuid")]
    return any::<u128>().prop_map(|bits| ValueBuf::Uuid(uuid::Uuid::from_u128(bits))).boxed();
    #[cfg(not(feature = "uuid"))]
    Just(ValueBuf::Null).boxed()
}
