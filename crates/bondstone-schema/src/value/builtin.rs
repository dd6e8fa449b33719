//! The types of the standard library as columns.
#![expect(unsafe_code, reason = "each type is known to have no interior mutability")]

use std::collections::{BTreeMap, BTreeSet};

use std::hash::{Hash, Hasher};

use super::{KeyBuf, TypeInfo, Value, ValueRef};
use crate::column::Opt;

macro_rules! integers {
    ($($variant:ident as $wide:ty { $($integer:ty = $unsigned:ty, $flip:expr;)* })*) => {$($(
        // SAFETY: an integer holds nothing but its bits.
        unsafe impl Value for $integer {
            crate::never_null!();

            const WIDTH: Option<usize> = Some(size_of::<$unsigned>());
            const COMPARED: bool = false;

            fn describe() -> TypeInfo {
                TypeInfo::named(stringify!($integer))
            }

            fn view(&self) -> ValueRef<'_> {
                ValueRef::$variant(*self as $wide)
            }

            #[inline]
            fn encode(&self, key: &mut KeyBuf) {
                // A signed number with its sign bit flipped orders as an unsigned one.
                let flip: $unsigned = if $flip { 1 << (<$unsigned>::BITS - 1) } else { 0 };
                key.push(&(*self as $unsigned ^ flip).to_be_bytes());
            }

            #[inline]
            fn word(&self) -> u64 {
                let flip: $unsigned = if $flip { 1 << (<$unsigned>::BITS - 1) } else { 0 };
                (*self as $unsigned ^ flip) as u64
            }
        }
    )*)*};
}

// `usize` and `isize` are widened: an encoding must not depend on the machine.
integers! {
    UInt as u128 {
        u8 = u8, false;
        u16 = u16, false;
        u32 = u32, false;
        u64 = u64, false;
        u128 = u128, false;
        usize = u64, false;
    }
    Int as i128 {
        i8 = u8, true;
        i16 = u16, true;
        i32 = u32, true;
        i64 = u64, true;
        i128 = u128, true;
        isize = u64, true;
    }
}

macro_rules! floats {
    ($($float:ty),*) => {$(
        // SAFETY: a number holds nothing but its bits.
        unsafe impl Value for $float {
            crate::never_null!();

            fn describe() -> TypeInfo {
                TypeInfo::named(stringify!($float))
            }

            fn view(&self) -> ValueRef<'_> {
                ValueRef::Float(f64::from(*self))
            }
        }
    )*};
}

floats!(f32, f64);

// SAFETY: a truth value holds nothing but its bit.
unsafe impl Value for bool {
    crate::never_null!();

    const WIDTH: Option<usize> = Some(1);
    const COMPARED: bool = false;

    fn describe() -> TypeInfo {
        TypeInfo::named("bool")
    }

    fn view(&self) -> ValueRef<'_> {
        ValueRef::Bool(*self)
    }

    fn encode(&self, key: &mut KeyBuf) {
        key.push(&[u8::from(*self)]);
    }

    #[inline]
    fn word(&self) -> u64 {
        u64::from(*self)
    }
}

// SAFETY: a character holds nothing but its bits.
unsafe impl Value for char {
    crate::never_null!();

    const WIDTH: Option<usize> = Some(4);
    const COMPARED: bool = false;

    fn describe() -> TypeInfo {
        TypeInfo::named("char")
    }

    fn view(&self) -> ValueRef<'_> {
        ValueRef::Char(*self)
    }

    fn encode(&self, key: &mut KeyBuf) {
        key.push(&u32::from(*self).to_be_bytes());
    }

    #[inline]
    fn word(&self) -> u64 {
        u64::from(*self)
    }
}

// SAFETY: the unit has no bits at all.
unsafe impl Value for () {
    crate::never_null!();

    const WIDTH: Option<usize> = Some(0);
    const COMPARED: bool = false;

    fn describe() -> TypeInfo {
        TypeInfo::named("()")
    }

    fn view(&self) -> ValueRef<'_> {
        ValueRef::Tuple(Vec::new())
    }
}

// SAFETY: a `String` is a vector of bytes; none of it changes through `&String`.
unsafe impl Value for String {
    crate::never_null!();

    const COMPARED: bool = false;

    fn describe() -> TypeInfo {
        TypeInfo::named("text")
    }

    fn view(&self) -> ValueRef<'_> {
        ValueRef::Text(self)
    }

    fn encode(&self, key: &mut KeyBuf) {
        key.push_delimited(self.as_bytes());
    }

    fn encode_last(&self, key: &mut KeyBuf) {
        key.push(self.as_bytes());
    }
}

macro_rules! shared_text {
    ($($text:ty),*) => {$(
        // SAFETY: the text is never changed through the pointer; the counts beside it are not part of the value, and
        // moving the pointer bit by bit leaves them as they are.
        unsafe impl Value for $text {
            crate::never_null!();

            const COMPARED: bool = false;

            fn describe() -> TypeInfo {
                TypeInfo::named("text")
            }

            fn view(&self) -> ValueRef<'_> {
                ValueRef::Text(self)
            }

            fn encode(&self, key: &mut KeyBuf) {
                key.push_delimited(self.as_bytes());
            }

            fn encode_last(&self, key: &mut KeyBuf) {
                key.push(self.as_bytes());
            }
        }
    )*};
}

shared_text!(Box<str>, std::sync::Arc<str>);

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

    fn describe() -> TypeInfo {
        V::describe().optional()
    }

    fn view(&self) -> ValueRef<'_> {
        self.as_ref().map_or(ValueRef::Null, Value::view)
    }

    fn encode(&self, key: &mut KeyBuf) {
        encode_option(self.as_ref(), key, V::encode);
    }

    fn encode_last(&self, key: &mut KeyBuf) {
        encode_option(self.as_ref(), key, V::encode_last);
    }
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

    fn describe() -> TypeInfo {
        V::describe()
    }

    fn view(&self) -> ValueRef<'_> {
        (**self).view()
    }

    fn encode(&self, key: &mut KeyBuf) {
        (**self).encode(key);
    }

    fn encode_last(&self, key: &mut KeyBuf) {
        (**self).encode_last(key);
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
}

macro_rules! tuples {
    ($(($($name:ident $position:tt),+))*) => {$(
        // SAFETY: a tuple holds nothing but its values.
        unsafe impl<$($name: Value),+> Value for ($($name,)+) {
    crate::never_null!();

            const WIDTH: Option<usize> = total_width(&[$($name::WIDTH),+]);
            const COMPARED: bool = $($name::COMPARED)||+;

            fn describe() -> TypeInfo {
                let parts: Vec<String> = vec![$($name::describe().name),+];
                TypeInfo::named(format!("({})", parts.join(", ")))
            }

            fn view(&self) -> ValueRef<'_> {
                ValueRef::Tuple(vec![$(self.$position.view()),+])
            }

            fn encode(&self, key: &mut KeyBuf) {
                $(self.$position.encode(key);)+
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
