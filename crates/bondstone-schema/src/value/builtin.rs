//! Numbers and texts as columns.
#![expect(unsafe_code, reason = "each type is known to have no interior mutability")]

use super::{KeyBuf, TypeInfo, Value, ValueRef, hashes};
use crate::shape::{Nesting, Primitive, Shape};
use crate::stored::{self, Malformed, Sink, Source};

/// A list of bytes is written and read as a whole.
macro_rules! bytes_at_once {
    () => {
        fn write_each(values: &[Self], sink: &mut dyn Sink) {
            sink.u8s(values);
        }

        fn read_each(length: usize, source: &mut dyn Source) -> Result<Vec<Self>, Malformed> {
            Ok(source.u8s(length)?.to_vec())
        }
    };
}

macro_rules! integers {
    ($($variant:ident as $wide:ty { $($integer:ty = $unsigned:ident, $flip:expr, $shape:ident $(, $bulk:ident)?;)* })*) => {$($(
        // SAFETY: an integer holds nothing but its bits.
        unsafe impl Value for $integer {
            crate::never_null!();
            hashes!();

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

            const PARTS: usize = 1;

            fn shape(_: &mut Nesting) -> Shape {
                Shape::Primitive(Primitive::$shape)
            }

            #[inline]
            fn write_to(&self, sink: &mut dyn Sink) {
                sink.$unsigned(*self as $unsigned);
            }

            #[inline]
            fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
                let bits = source.$unsigned()?;
                let number = bits as Self;
                // Only `usize` and `isize` can lose something here, on machines where they are narrower.
                if number as $unsigned == bits {
                    Ok(number)
                } else {
                    Err(Malformed::no(stringify!($integer), bits))
                }
            }

            $($bulk!();)?
        }
    )*)*};
}

// `usize` and `isize` are widened: an encoding must not depend on the machine.
integers! {
    UInt as u128 {
        u8 = u8, false, U8, bytes_at_once;
        u16 = u16, false, U16;
        u32 = u32, false, U32;
        u64 = u64, false, U64;
        u128 = u128, false, U128;
        usize = u64, false, Usize;
    }
    Int as i128 {
        i8 = u8, true, I8;
        i16 = u16, true, I16;
        i32 = u32, true, I32;
        i64 = u64, true, I64;
        i128 = u128, true, I128;
        isize = u64, true, Isize;
    }
}

macro_rules! floats {
    ($($float:ty = $bits:ident, $shape:ident);*) => {$(
        // SAFETY: a number holds nothing but its bits.
        unsafe impl Value for $float {
            crate::never_null!();

            fn describe() -> TypeInfo {
                TypeInfo::named(stringify!($float))
            }

            fn view(&self) -> ValueRef<'_> {
                ValueRef::Float(f64::from(*self))
            }

            #[inline]
            fn same(&self, other: &Self) -> bool {
                self.to_bits() == other.to_bits()
            }

            const PARTS: usize = 1;

            fn shape(_: &mut Nesting) -> Shape {
                Shape::Primitive(Primitive::$shape)
            }

            fn write_to(&self, sink: &mut dyn Sink) {
                sink.$bits(self.to_bits());
            }

            fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
                Ok(Self::from_bits(source.$bits()?))
            }
        }
    )*};
}

floats!(f32 = u32, F32; f64 = u64, F64);

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

    const PARTS: usize = 1;

    fn shape(_: &mut Nesting) -> Shape {
        Shape::Primitive(Primitive::Bool)
    }

    fn write_to(&self, sink: &mut dyn Sink) {
        sink.u8(u8::from(*self));
    }

    fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
        match source.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(Malformed::no("bool", other)),
        }
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

    const PARTS: usize = 1;

    fn shape(_: &mut Nesting) -> Shape {
        Shape::Primitive(Primitive::Char)
    }

    fn write_to(&self, sink: &mut dyn Sink) {
        sink.u32(u32::from(*self));
    }

    fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
        let code = source.u32()?;
        Self::from_u32(code).ok_or_else(|| Malformed::no("char", code))
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

    const PARTS: usize = 1;

    fn shape(_: &mut Nesting) -> Shape {
        Shape::Tuple(Vec::new())
    }

    fn write_to(&self, sink: &mut dyn Sink) {
        stored::write_nothing(sink);
    }

    fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
        stored::read_nothing(source)
    }
}

// SAFETY: a `String` is a vector of bytes; none of it changes through `&String`.
unsafe impl Value for String {
    crate::never_null!();
    hashes!();

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

    const PARTS: usize = 1;

    fn shape(_: &mut Nesting) -> Shape {
        Shape::Primitive(Primitive::Text)
    }

    fn write_to(&self, sink: &mut dyn Sink) {
        sink.text(self);
    }

    fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
        Ok(source.text()?.into())
    }
}

macro_rules! shared_text {
    ($($text:ty),*) => {$(
        // SAFETY: the text is never changed through the pointer; the counts beside it are not part of the value, and
        // moving the pointer bit by bit leaves them as they are.
        unsafe impl Value for $text {
            crate::never_null!();
            hashes!();

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

            const PARTS: usize = 1;

            fn shape(_: &mut Nesting) -> Shape {
                Shape::Primitive(Primitive::Text)
            }

            fn write_to(&self, sink: &mut dyn Sink) {
                sink.text(self);
            }

            fn read_from(source: &mut dyn Source) -> Result<Self, Malformed> {
                Ok(source.text()?.into())
            }
        }
    )*};
}

shared_text!(Box<str>, std::sync::Arc<str>);
