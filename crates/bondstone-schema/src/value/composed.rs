//! Values made of values: options, boxes, lists, sets, maps, tuples.
#![expect(unsafe_code, reason = "each type is known to have no interior mutability")]

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

use super::{KeyBuf, TypeInfo, Value, ValueRef};
use crate::column::Opt;
use crate::shape::{Nesting, Shape};
use crate::stored::{self, Malformed, Sink, Source};

// SAFETY: an `Option` holds its value or nothing.
unsafe impl<V: Value> Value for Option<V> {
    type Plain = V;
    type Null = Opt;

    #[inline]
    fn plain(&self) -> Option<&V> {
        self.as_ref()
    }

    #[inline]
    fn into_plain(self) -> Option<V> {
        self
    }

    fn encode_plain(plain: &V, key: &mut KeyBuf) {
        encode_option(Some(plain), key, V::encode);
    }

    fn encode_plain_last(plain: &V, key: &mut KeyBuf) {
        encode_option(Some(plain), key, V::encode_last);
    }

    #[inline]
    fn hash_before<H: Hasher>(state: &mut H) {
        // Nothing follows the variant: the unit hashes to nothing.
        Some(()).hash(state);
    }

    const COMPARED: bool = V::COMPARED;
    const DECLARED: bool = V::DECLARED;

    fn order_fault() -> Option<String> {
        V::order_fault()
    }

    fn describe() -> TypeInfo {
        V::describe().optional()
    }

    fn view(&self) -> ValueRef<'_> {
        self.as_ref().map_or(ValueRef::Null, Value::view)
    }

    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Some(one), Some(other)) => one.same(other),
            (one, other) => one.is_none() && other.is_none(),
        }
    }

    fn encode(&self, key: &mut KeyBuf) {
        encode_option(self.as_ref(), key, V::encode);
    }

    fn encode_last(&self, key: &mut KeyBuf) {
        encode_option(self.as_ref(), key, V::encode_last);
    }

    const PARTS: usize = 1 + V::PARTS;

    fn shape(nesting: &mut Nesting) -> Shape {
        Shape::Option(Box::new(V::shape(nesting)))
    }

    fn write_to(&self, sink: &mut dyn Sink) {
        let start = sink.part();
        sink.u8(u8::from(self.is_some()));
        match self {
            Some(value) => value.write_to(sink),
            None => sink.go(start + Self::PARTS),
        }
    }

    fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
        let start = source.part();
        match source.u8()? {
            0 => {
                source.go(start + Self::PARTS);
                Ok(None)
            }
            1 => V::read_from(source).map(Some),
            other => Err(Malformed::no("option's flag", other)),
        }
    }

    fn null() -> Option<Self> {
        Some(None)
    }
}

/// Are there as many, each the same as the one in its place?
fn same_in_order<'a, V: Value>(
    these: impl IntoIterator<Item = &'a V, IntoIter: ExactSizeIterator>,
    those: impl IntoIterator<Item = &'a V, IntoIter: ExactSizeIterator>,
) -> bool {
    let (these, those) = (these.into_iter(), those.into_iter());
    these.len() == those.len() && these.zip(those).all(|(this, that)| this.same(that))
}

fn encode_option<V>(value: Option<&V>, key: &mut KeyBuf, encode: impl FnOnce(&V, &mut KeyBuf)) {
    key.push(&[u8::from(value.is_some())]);
    if let Some(value) = value {
        encode(value, key);
    }
}

// SAFETY: a box owns its value and changes it only through `&mut`.
unsafe impl<V: Value> Value for Box<V> {
    type Plain = V::Plain;
    type Null = V::Null;

    #[inline]
    fn plain(&self) -> Option<&V::Plain> {
        (**self).plain()
    }

    #[inline]
    fn into_plain(self) -> Option<V::Plain> {
        (*self).into_plain()
    }

    fn encode_plain(plain: &V::Plain, key: &mut KeyBuf) {
        V::encode_plain(plain, key);
    }

    fn encode_plain_last(plain: &V::Plain, key: &mut KeyBuf) {
        V::encode_plain_last(plain, key);
    }

    #[inline]
    fn hash_before<H: Hasher>(state: &mut H) {
        V::hash_before(state);
    }

    const WIDTH: Option<usize> = V::WIDTH;
    const COMPARED: bool = V::COMPARED;
    const DECLARED: bool = V::DECLARED;

    fn order_fault() -> Option<String> {
        V::order_fault()
    }

    fn describe() -> TypeInfo {
        V::describe()
    }

    fn view(&self) -> ValueRef<'_> {
        (**self).view()
    }

    fn same(&self, other: &Self) -> bool {
        (**self).same(other)
    }

    fn encode(&self, key: &mut KeyBuf) {
        (**self).encode(key);
    }

    fn encode_last(&self, key: &mut KeyBuf) {
        (**self).encode_last(key);
    }

    const PARTS: usize = V::PARTS;

    fn shape(nesting: &mut Nesting) -> Shape {
        V::shape(nesting)
    }

    fn write_to(&self, sink: &mut dyn Sink) {
        (**self).write_to(sink);
    }

    fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
        V::read_from(source).map(Self::new)
    }

    fn null() -> Option<Self> {
        V::null().map(Self::new)
    }
}

// SAFETY: a vector owns its values and changes them only through `&mut`.
unsafe impl<V: Value> Value for Vec<V> {
    crate::never_null!();

    fn describe() -> TypeInfo {
        TypeInfo::named(format!("vec<{}>", V::describe().name))
    }

    fn view(&self) -> ValueRef<'_> {
        ValueRef::List(self.iter().map(Value::view).collect())
    }

    fn same(&self, other: &Self) -> bool {
        same_in_order(self, other)
    }

    const PARTS: usize = 1 + V::PARTS;

    fn shape(nesting: &mut Nesting) -> Shape {
        Shape::Vec(Box::new(V::shape(nesting)))
    }

    fn write_to(&self, sink: &mut dyn Sink) {
        stored::write_list(self, sink);
    }

    fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
        stored::read_list(source)
    }
}

// SAFETY: an array holds nothing but its values.
unsafe impl<V: Value, const N: usize> Value for [V; N] {
    crate::never_null!();

    fn describe() -> TypeInfo {
        TypeInfo::named(format!("[{}; {N}]", V::describe().name))
    }

    fn view(&self) -> ValueRef<'_> {
        ValueRef::List(self.iter().map(Value::view).collect())
    }

    fn same(&self, other: &Self) -> bool {
        same_in_order(self, other)
    }

    const PARTS: usize = if N == 0 { 1 } else { V::PARTS };

    fn shape(nesting: &mut Nesting) -> Shape {
        Shape::Array(Box::new(V::shape(nesting)), N as u64)
    }

    fn write_to(&self, sink: &mut dyn Sink) {
        let start = sink.part();
        match N {
            0 => stored::write_nothing(sink),
            _ => V::write_each(self, sink),
        }
        sink.go(start + Self::PARTS);
    }

    fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
        let start = source.part();
        if N == 0 {
            stored::read_nothing(source)?;
        }
        let values = V::read_each(N, source)?;
        source.go(start + Self::PARTS);
        Self::try_from(values).map_err(|_| Malformed::end())
    }
}

// SAFETY: a set owns its values and changes them only through `&mut`.
unsafe impl<V: Value + Ord> Value for BTreeSet<V> {
    crate::never_null!();

    fn describe() -> TypeInfo {
        TypeInfo::named(format!("set<{}>", V::describe().name))
    }

    fn view(&self) -> ValueRef<'_> {
        ValueRef::List(self.iter().map(Value::view).collect())
    }

    fn same(&self, other: &Self) -> bool {
        same_in_order(self, other)
    }

    const PARTS: usize = 1 + V::PARTS;

    fn shape(nesting: &mut Nesting) -> Shape {
        Shape::Set(Box::new(V::shape(nesting)))
    }

    fn write_to(&self, sink: &mut dyn Sink) {
        let start = sink.part();
        sink.length(self.len());
        for value in self {
            sink.go(start + 1);
            value.write_to(sink);
        }
        sink.go(start + Self::PARTS);
    }

    fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
        let values = stored::read_list::<V>(source)?;
        if values.is_sorted_by(|one, next| one < next) {
            return Ok(Self::from_iter(values));
        }
        Err(Malformed::new("a set whose values do not ascend"))
    }
}

// SAFETY: a map owns its pairs and changes them only through `&mut`.
unsafe impl<K: Value + Ord, V: Value> Value for BTreeMap<K, V> {
    crate::never_null!();

    fn describe() -> TypeInfo {
        TypeInfo::named(format!("map<{}, {}>", K::describe().name, V::describe().name))
    }

    fn view(&self) -> ValueRef<'_> {
        ValueRef::Map(self.iter().map(|(key, value)| (key.view(), value.view())).collect())
    }

    fn same(&self, other: &Self) -> bool {
        same_in_order(self.keys(), other.keys()) && same_in_order(self.values(), other.values())
    }

    const PARTS: usize = 1 + K::PARTS + V::PARTS;

    fn shape(nesting: &mut Nesting) -> Shape {
        Shape::Map(Box::new(K::shape(nesting)), Box::new(V::shape(nesting)))
    }

    fn write_to(&self, sink: &mut dyn Sink) {
        let start = sink.part();
        sink.length(self.len());
        for (key, value) in self {
            sink.go(start + 1);
            key.write_to(sink);
            value.write_to(sink);
        }
        sink.go(start + Self::PARTS);
    }

    fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
        let start = source.part();
        let length = source.length()?;
        let mut pairs: Vec<(K, V)> = stored::room_for(length);
        for _ in 0..length {
            source.go(start + 1);
            let key = K::read_from(source)?;
            pairs.push((key, V::read_from(source)?));
        }
        source.go(start + Self::PARTS);
        if pairs.is_sorted_by(|one, next| one.0 < next.0) {
            return Ok(Self::from_iter(pairs));
        }
        Err(Malformed::new("a map whose keys do not ascend"))
    }
}

macro_rules! tuples {
    ($(($($name:ident $position:tt),+))*) => {$(
        // SAFETY: a tuple holds nothing but its values.
        unsafe impl<$($name: Value),+> Value for ($($name,)+) {
    crate::never_null!();

            const WIDTH: Option<usize> = total_width(&[$($name::WIDTH),+]);
            const COMPARED: bool = $($name::COMPARED)||+;
            const DECLARED: bool = $($name::DECLARED)||+;

            fn order_fault() -> Option<String> {
                None$(.or_else($name::order_fault))+
            }

            fn describe() -> TypeInfo {
                let parts: Vec<String> = vec![$($name::describe().name),+];
                TypeInfo::named(format!("({})", parts.join(", ")))
            }

            fn view(&self) -> ValueRef<'_> {
                ValueRef::Tuple(vec![$(self.$position.view()),+])
            }

            fn same(&self, other: &Self) -> bool {
                $(self.$position.same(&other.$position))&&+
            }

            fn encode(&self, key: &mut KeyBuf) {
                $(self.$position.encode(key);)+
            }

            const PARTS: usize = 0 $(+ $name::PARTS)+;

            fn shape(nesting: &mut Nesting) -> Shape {
                Shape::Tuple(vec![$($name::shape(nesting)),+])
            }

            fn write_to(&self, sink: &mut dyn Sink) {
                $(self.$position.write_to(sink);)+
            }

            fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
                Ok(($($name::read_from(source)?,)+))
            }
        }
    )*};
}

/// The width of a key of several columns, when each has one.
#[must_use]
pub(crate) const fn total_width(widths: &[Option<usize>]) -> Option<usize> {
    let mut total = 0;
    let mut next = 0;
    while next < widths.len() {
        match widths[next] {
            Some(width) => total += width,
            None => return None,
        }
        next += 1;
    }
    Some(total)
}

tuples! {
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
}
