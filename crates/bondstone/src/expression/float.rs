//! Numbers as floats.

use std::borrow::Borrow;

use bondstone_schema::{IntoTerm, Model, Value};

use super::{At, Expression};

/// Numbers that there are floats for: integers, floats, decimals.
pub trait Real: Value {
    /// The nearest float. Exact for integers of up to 53 bits.
    fn to_f64(&self) -> f64;
}

macro_rules! real {
    ($($number:ty)*) => {$(
        impl Real for $number {
            #[inline]
            fn to_f64(&self) -> f64 {
                *self as f64
            }
        }
    )*};
}

real!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64);

#[cfg(feature = "decimal")]
impl Real for rust_decimal::Decimal {
    fn to_f64(&self) -> f64 {
        // Every decimal is in the range of floats.
        rust_decimal::prelude::ToPrimitive::to_f64(self).unwrap_or(f64::NAN)
    }
}

/// Values as floats: [`as_f64`](Expression::as_f64).
#[derive(Clone, Copy, Debug)]
pub struct AsFloat<E>(E);

impl<E> AsFloat<E> {
    pub(super) const fn new(inner: E) -> Self {
        Self(inner)
    }
}

impl<M: Model, E: Expression<M>> Expression<M> for AsFloat<E>
where
    E::Value: Real,
{
    type Value = f64;
    type Null = E::Null;
    type Seen<'v> = f64;

    #[inline]
    fn see<'v>(&self, row: &'v M, at: At<'v, '_>) -> Option<f64> {
        self.0.see(row, at).map(|seen| seen.borrow().to_f64())
    }

    fn text(&self) -> String {
        self.0.text()
    }

    fn is_private(&self) -> bool {
        self.0.is_private()
    }
}

impl<M, V, E> IntoTerm<M, V> for AsFloat<E> {
    type Term = Self;

    fn into_term(self) -> Self {
        self
    }
}
