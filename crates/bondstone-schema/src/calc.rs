//! Calculations on columns: `LineItem::PRICE * (100 - LineItem::DISCOUNT)`.
//!
//! A calculation is a tree of its operands, without values; queries evaluate it for each row. It has the type of its left
//! operand. What a type cannot hold is null, as is what has a null in it, and a division by zero.
//! Floats hold what is too large for them: as infinity. So of theirs only a division by zero is null.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Add, Div, Mul, Sub};

use crate::column::Column;
use crate::computed::Computed;
use crate::model::Model;
use crate::path::Path;
use crate::term::{Constant, IntoTerm};
use crate::value::Value;

/// Two operands and what is done with them.
pub struct Calc<A, B, O> {
    left: A,
    right: B,
    marker: PhantomData<fn() -> O>,
}

impl<A, B, O> Calc<A, B, O> {
    const fn new(left: A, right: B) -> Self {
        Self { left, right, marker: PhantomData }
    }

    /// The operand on the left.
    #[inline]
    pub const fn left(&self) -> &A {
        &self.left
    }

    /// The operand on the right.
    #[inline]
    pub const fn right(&self) -> &B {
        &self.right
    }
}

impl<A: Clone, B: Clone, O> Clone for Calc<A, B, O> {
    fn clone(&self) -> Self {
        Self::new(self.left.clone(), self.right.clone())
    }
}

impl<A: Copy, B: Copy, O> Copy for Calc<A, B, O> {}

impl<A: fmt::Debug, B: fmt::Debug, O> fmt::Debug for Calc<A, B, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Calc").field(&self.left).field(&self.right).finish()
    }
}

/// The values of an expression as another type; null where they do not fit. What is too large for a float is infinity.
pub struct Cast<A, T> {
    inner: A,
    marker: PhantomData<fn() -> T>,
}

impl<A, T> Cast<A, T> {
    /// The expression's values as values of type `T`.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(inner: A) -> Self {
        Self { inner, marker: PhantomData }
    }

    /// What is converted.
    #[inline]
    pub const fn inner(&self) -> &A {
        &self.inner
    }
}

impl<A: Clone, T> Clone for Cast<A, T> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone())
    }
}

impl<A: Copy, T> Copy for Cast<A, T> {}

impl<A: fmt::Debug, T> fmt::Debug for Cast<A, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cast").field(&self.inner).finish()
    }
}

/// Values that can be calculated with; `None` where the result does not fit the type, and for a division by zero. What is too
/// large for a float is infinity, which fits.
pub trait Number: Value {
    /// The sum.
    fn plus(&self, other: &Self) -> Option<Self>;
    /// The difference.
    fn minus(&self, other: &Self) -> Option<Self>;
    /// The product.
    fn times(&self, other: &Self) -> Option<Self>;
    /// The quotient; of whole numbers without its fraction.
    fn over(&self, other: &Self) -> Option<Self>;
}

macro_rules! checked_numbers {
    ($($number:ty),*) => {$(
        impl Number for $number {
            #[inline]
            fn plus(&self, other: &Self) -> Option<Self> {
                self.checked_add(*other)
            }

            #[inline]
            fn minus(&self, other: &Self) -> Option<Self> {
                self.checked_sub(*other)
            }

            #[inline]
            fn times(&self, other: &Self) -> Option<Self> {
                self.checked_mul(*other)
            }

            #[inline]
            fn over(&self, other: &Self) -> Option<Self> {
                self.checked_div(*other)
            }
        }
    )*};
}

checked_numbers!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);
#[cfg(feature = "decimal")]
checked_numbers!(rust_decimal::Decimal);

macro_rules! floats {
    ($($number:ty),*) => {$(
        impl Number for $number {
            #[inline]
            fn plus(&self, other: &Self) -> Option<Self> {
                Some(self + other)
            }

            #[inline]
            fn minus(&self, other: &Self) -> Option<Self> {
                Some(self - other)
            }

            #[inline]
            fn times(&self, other: &Self) -> Option<Self> {
                Some(self * other)
            }

            #[inline]
            fn over(&self, other: &Self) -> Option<Self> {
                (*other != 0.0).then(|| self / other)
            }
        }
    )*};
}

floats!(f32, f64);

/// Numbers that can be told as another type of numbers.
pub trait Convert<T> {
    /// The number as a `T`: a fraction is cut off where `T` has none, what `T` cannot hold is `None`. A float holds every number:
    /// the nearest it has, or infinity.
    fn convert(&self) -> Option<T>;
}

macro_rules! conversions {
    ($from:ty as $($to:ty),*) => {$(
        impl Convert<$to> for $from {
            #[inline]
            fn convert(&self) -> Option<$to> {
                <$to>::try_from(*self).ok()
            }
        }
    )*};
    ($from:ty: floats) => {
        conversions!($from: float f32);
        conversions!($from: float f64);
        #[cfg(feature = "decimal")]
        impl Convert<rust_decimal::Decimal> for $from {
            #[inline]
            fn convert(&self) -> Option<rust_decimal::Decimal> {
                rust_decimal::Decimal::try_from(*self).ok()
            }
        }
        #[cfg(feature = "decimal")]
        impl Convert<$from> for rust_decimal::Decimal {
            #[inline]
            fn convert(&self) -> Option<$from> {
                <$from>::try_from(self.trunc()).ok()
            }
        }
    };
    ($whole:ty: float $float:ty) => {
        impl Convert<$float> for $whole {
            #[inline]
            fn convert(&self) -> Option<$float> {
                Some(*self as $float)
            }
        }

        impl Convert<$whole> for $float {
            #[inline]
            fn convert(&self) -> Option<$whole> {
                let cut = self.trunc();
                // `as` takes what is out of range to the nearest bound, and the greatest may round up to beyond itself.
                let whole = cut as $whole;
                (whole as $float == cut && (<$whole>::BITS <= <$float>::MANTISSA_DIGITS || whole != <$whole>::MAX)).then_some(whole)
            }
        }
    };
}

macro_rules! whole_numbers {
    ($($whole:ty),*) => {$(
        conversions!($whole as u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);
        conversions!($whole: floats);
    )*};
}

whole_numbers!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);

macro_rules! between_floats {
    ($($from:ty as $to:ty),*) => {$(
        impl Convert<$to> for $from {
            #[inline]
            fn convert(&self) -> Option<$to> {
                Some(*self as $to)
            }
        }
    )*};
}

between_floats!(f32 as f32, f32 as f64, f64 as f32, f64 as f64);

#[cfg(feature = "decimal")]
impl Convert<f64> for rust_decimal::Decimal {
    #[inline]
    fn convert(&self) -> Option<f64> {
        f64::try_from(*self).ok()
    }
}

#[cfg(feature = "decimal")]
impl Convert<rust_decimal::Decimal> for f64 {
    #[inline]
    fn convert(&self) -> Option<rust_decimal::Decimal> {
        rust_decimal::Decimal::try_from(*self).ok()
    }
}

/// What a [`Calc`] does with its operands.
pub trait Operation: 'static {
    /// As it is written.
    const SIGN: &'static str;
    /// Does it.
    fn apply<V: Number>(left: &V, right: &V) -> Option<V>;
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident $sign:literal $method:ident: $operator:ident $function:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}

        impl Operation for $name {
            const SIGN: &'static str = $sign;

            #[inline]
            fn apply<V: Number>(left: &V, right: &V) -> Option<V> {
                left.$method(right)
            }
        }

        impl<M, V: Value, U, R: IntoTerm<M, V::Plain>> $operator<R> for Column<M, V, U> {
            type Output = Calc<Self, R::Term, $name>;

            fn $function(self, right: R) -> Self::Output {
                Calc::new(self, right.into_term())
            }
        }

        impl<M, V: Value, U, R: IntoTerm<M, V::Plain>> $operator<R> for Computed<M, V, U> {
            type Output = Calc<Self, R::Term, $name>;

            fn $function(self, right: R) -> Self::Output {
                Calc::new(self, right.into_term())
            }
        }

        calc_operator!($operator $function $name, (M, P: Model, N, X) Path<M, P, N, X>);
        calc_operator!($operator $function $name, (A, B, O) Calc<A, B, O>);
        calc_operator!($operator $function $name, (A, T) Cast<A, T>);
        literal_operator!($operator $function $name:
            u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64);
        #[cfg(feature = "decimal")]
        literal_operator!($operator $function $name: rust_decimal::Decimal);
    )*};
}

/// An expression whose values' type only its evaluation knows, on the left: what stands on the right says for itself what
/// it is.
macro_rules! calc_operator {
    ($operator:ident $function:ident $name:ident, ($($parameter:ident $(: $bound:ident)?),*) $left:ty) => {
        impl<$($parameter $(: $bound)?,)* R: Operand> $operator<R> for $left {
            type Output = Calc<Self, R::Node, $name>;

            fn $function(self, right: R) -> Self::Output {
                Calc::new(self, right.node())
            }
        }
    };
}

/// A number on the left. Beside a column its type is the column's, so that a literal needs no suffix.
macro_rules! literal_operator {
    ($operator:ident $function:ident $name:ident: $($number:ty),*) => {$(
        literal_operator!(@left $operator $function $name $number, (M, U) Column<M, $number, U>);
        literal_operator!(@left $operator $function $name $number, (M, U) Column<M, Option<$number>, U>);
        literal_operator!(@left $operator $function $name $number, (M, U) Computed<M, $number, U>);
        literal_operator!(@left $operator $function $name $number, (M, U) Computed<M, Option<$number>, U>);
        literal_operator!(@left $operator $function $name $number, (M, P: Model, N, X) Path<M, P, N, X>);
        literal_operator!(@left $operator $function $name $number, (A, B, O) Calc<A, B, O>);
        literal_operator!(@left $operator $function $name $number, (A, T) Cast<A, T>);
    )*};
    (@left $operator:ident $function:ident $name:ident $number:ty,
        ($($parameter:ident $(: $bound:ident)?),*) $right:ty) => {
        impl<$($parameter $(: $bound)?),*> $operator<$right> for $number {
            type Output = Calc<Constant<$number>, $right, $name>;

            fn $function(self, right: $right) -> Self::Output {
                Calc::new(Constant(Some(self)), right)
            }
        }
    };
}

/// What may stand on the right of a calculation whose type is not known yet: numbers and expressions.
pub trait Operand {
    /// The node.
    type Node;
    /// Makes the node.
    fn node(self) -> Self::Node;
}

macro_rules! number_operands {
    ($($number:ty),*) => {$(
        impl Operand for $number {
            type Node = Constant<$number>;

            fn node(self) -> Self::Node {
                Constant(Some(self))
            }
        }
    )*};
}

number_operands!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64);
#[cfg(feature = "decimal")]
number_operands!(rust_decimal::Decimal);

macro_rules! expression_operands {
    ($(($($parameter:ident $(: $bound:ident)?),*) $node:ty;)*) => {$(
        impl<$($parameter $(: $bound)?),*> Operand for $node {
            type Node = Self;

            fn node(self) -> Self {
                self
            }
        }
    )*};
}

expression_operands! {
    (M, V, U) Column<M, V, U>;
    (M, V, U) Computed<M, V, U>;
    (M, P: Model, N, X) Path<M, P, N, X>;
    (A, B, O) Calc<A, B, O>;
    (A, T) Cast<A, T>;
    (V) crate::term::Param<V>;
}

operations! {
    /// Addition.
    Plus "+" plus: Add add;
    /// Subtraction.
    Minus "-" minus: Sub sub;
    /// Multiplication.
    Times "*" times: Mul mul;
    /// Division.
    Over "/" over: Div div;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_converted_where_they_fit() {
        assert_eq!(Convert::<u8>::convert(&255_i64), Some(255));
        assert_eq!(Convert::<u8>::convert(&256_i64), None);
        assert_eq!(Convert::<u8>::convert(&-1_i64), None);
        assert_eq!(Convert::<u8>::convert(&255.9_f64), Some(255));
        assert_eq!(Convert::<u8>::convert(&256.0_f64), None);
        assert_eq!(Convert::<u64>::convert(&18_446_744_073_709_551_616.0_f64), None);
        assert_eq!(Convert::<i64>::convert(&-2.9_f64), Some(-2));
        assert_eq!(Convert::<i64>::convert(&f64::NAN), None);
        assert_eq!(Convert::<i64>::convert(&9.3e18_f64), None);
        assert_eq!(Convert::<u32>::convert(&4_294_967_295.0_f64), Some(u32::MAX));
        assert_eq!(Convert::<f64>::convert(&3_u32), Some(3.0));
    }
}
