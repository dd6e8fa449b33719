//! Values by chance, of any shape and within a column's limit.

use std::cmp::Ordering;

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

/// The length up to which a text reaches its limit.
const LONGEST: usize = 4096;

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
            Shape::Vec(_) | Shape::Set(_) if self.is_deep(shape) => {
                Just(ValueBuf::List(Vec::new())).boxed()
            }
            Shape::Map(..) if self.is_deep(shape) => Just(ValueBuf::Map(Vec::new())).boxed(),
            Shape::Vec(element) => list(prop::collection::vec(self.of(element), 0..=4)),
            Shape::Set(element) => {
                let is_known = has_known_order(element);
                let values = prop::collection::vec(self.of(element), 0..=4);
                values.prop_map(move |values| ValueBuf::List(ascending(is_known, values))).boxed()
            }
            Shape::Map(key, element) => {
                let is_known = has_known_order(key);
                let keys = prop::collection::vec(self.of(key), 0..=4);
                let values = prop::collection::vec(self.of(element), 4);
                let pairs = move |(keys, values): (Vec<_>, Vec<_>)| {
                    ValueBuf::Map(ascending(is_known, keys).into_iter().zip(values).collect())
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
            #[cfg(feature = "json")]
            Shape::Nested(_) if shape.is_json() => any_json().prop_map(ValueBuf::Json).boxed(),
            Shape::Nested(inside) => {
                self.around.push(shape);
                let value = self.of(inside);
                self.around.pop();
                value
            }
            Shape::Within(out) => self.within(*out),
        }
    }

    /// Is it to be left empty, since a value in it may contain itself, and does so often enough?
    fn is_deep(&self, shape: &Shape) -> bool {
        self.depth >= DEEPEST && may_contain_itself(shape)
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
        // At last, only what leads furthest out: there is no end of values that contain their own type, and of those further out
        // there is one, since what is around them is chosen in the same way.
        let needs = |variant: &Variant| needs_fields(&variant.fields, self.around.len());
        let least = variants.iter().map(needs).min().filter(|_| self.depth >= DEEPEST);
        let is_chosen = |variant: &&Variant| least.is_none_or(|least| needs(variant) == least);
        let chosen: Vec<&Variant> = variants.iter().filter(is_chosen).collect();
        let values = chosen.into_iter().map(|variant| {
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

/// May something in it be of the type of what is around it?
fn may_contain_itself(shape: &Shape) -> bool {
    match shape {
        Shape::Within(_) => true,
        Shape::Primitive(_) => false,
        Shape::Option(one) | Shape::Vec(one) | Shape::Set(one) | Shape::Nested(one) => {
            may_contain_itself(one)
        }
        Shape::Array(one, _) | Shape::Id(_, one) => may_contain_itself(one),
        Shape::Map(key, value) => may_contain_itself(key) || may_contain_itself(value),
        Shape::Tuple(shapes) => shapes.iter().any(may_contain_itself),
        Shape::Struct(fields) => fields.iter().any(|field| may_contain_itself(&field.shape)),
        Shape::Enum(variants) => variants
            .iter()
            .flat_map(|variant| &variant.fields)
            .any(|field| may_contain_itself(&field.shape)),
    }
}

/// How far in the type is, of those `open` ones around the shape, that each of its values contains: 0 if one contains none.
fn needs(shape: &Shape, open: usize) -> usize {
    match shape {
        Shape::Within(out) => open.saturating_sub(*out),
        // What may be empty contains nothing.
        Shape::Primitive(_) | Shape::Option(_) | Shape::Vec(_) | Shape::Set(_) => 0,
        Shape::Map(..) | Shape::Array(_, 0) => 0,
        Shape::Array(one, _) | Shape::Id(_, one) => needs(one, open),
        Shape::Nested(one) => needs(one, open + 1),
        Shape::Tuple(shapes) => shapes.iter().map(|one| needs(one, open)).max().unwrap_or(0),
        Shape::Struct(fields) => needs_fields(fields, open),
        Shape::Enum(variants) => {
            let each = variants.iter().map(|variant| needs_fields(&variant.fields, open));
            each.min().unwrap_or(0)
        }
    }
}

fn needs_fields(fields: &[Field], open: usize) -> usize {
    fields.iter().map(|field| needs(&field.shape, open)).max().unwrap_or(0)
}

/// Do the values of this shape ascend as what they are made of? In what order those of a type of its own do, is not known here.
const fn has_known_order(shape: &Shape) -> bool {
    matches!(shape, Shape::Primitive(primitive) if !matches!(primitive, Primitive::F32 | Primitive::F64))
}

/// The values of a set, each once and in order; of an order that is not known, no more than one.
fn ascending(is_known: bool, mut values: Vec<ValueBuf>) -> Vec<ValueBuf> {
    if is_known {
        values.sort_by(compare);
        values.dedup();
    } else {
        values.truncate(1);
    }
    values
}

/// Two values of one primitive type.
fn compare(left: &ValueBuf, right: &ValueBuf) -> Ordering {
    use ValueBuf as V;
    match (left, right) {
        (V::Bool(left), V::Bool(right)) => left.cmp(right),
        (V::Int(left), V::Int(right)) => left.cmp(right),
        (V::UInt(left), V::UInt(right)) => left.cmp(right),
        (V::Text(left), V::Text(right)) => left.cmp(right),
        #[cfg(feature = "decimal")]
        (V::Decimal(left), V::Decimal(right)) => left.cmp(right),
        #[cfg(feature = "jiff")]
        (V::Timestamp(left), V::Timestamp(right)) => left.cmp(right),
        #[cfg(feature = "jiff")]
        (V::Date(left), V::Date(right)) => left.cmp(right),
        #[cfg(feature = "uuid")]
        (V::Uuid(left), V::Uuid(right)) => left.cmp(right),
        _ => Ordering::Equal,
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
    let longest = of(most.min(LONGEST).into());
    prop_oneof![12 => usual, 1 => longest].prop_map(String::from_iter).boxed()
}

#[cfg(feature = "json")]
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value as Json;
    let text = || any_text(None);
    let plain = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        prop::num::f64::NORMAL.prop_map(Json::from),
        text().prop_map(Json::from),
    ];
    plain.prop_recursive(3, 16, 4, move |inside| {
        let fields = prop::collection::vec((text(), inside.clone()), 0..=4);
        prop_oneof![
            prop::collection::vec(inside, 0..=4).prop_map(Json::from),
            fields.prop_map(Json::from_iter),
        ]
    })
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
            Some(Limit::Decimal { precision, scale }) => (precision.min(28), scale.min(28)),
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
