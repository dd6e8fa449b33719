//! What can be summed, in which width, and what the average is.
//!
//! A table has at most 2^32 rows, so a sum of 32-bit numbers fits 64 bits, and one of 64-bit numbers 128: these cannot
//! overflow. Numbers of 128 bits are summed in 256, and what does not fit their own type then is an [`Overflow`].

use std::cmp::Ordering;

use bondstone_schema::Value;

use super::overflow::Overflow;
use super::wide::Wide;

/// Numbers that can be summed: all integers and floats, and `Decimal`.
#[diagnostic::on_unimplemented(
    message = "values of type `{Self}` cannot be summed",
    label = "a column of numbers is expected",
    note = "integers, floats and `Decimal` can be summed; other types as one of these: `COLUMN.cast::<i64>()`"
)]
pub trait Summed: Value {
    /// The sum of some of the values.
    #[doc(hidden)]
    type Partial: Default;
    /// A sum: a number, or a `Result` where it may not fit.
    type Sum;
    /// The number in a sum.
    type Total: Value;
    /// An average.
    type Average: Value + PartialOrd;

    /// Adds the value.
    #[doc(hidden)]
    fn add_to(&self, sum: &mut Self::Partial);

    /// The sum. `of` says of what.
    #[doc(hidden)]
    fn sum(sum: Self::Partial, of: &dyn Fn() -> String) -> Self::Sum;

    /// The average of `count` values, which are not none.
    #[doc(hidden)]
    fn average(sum: Self::Partial, count: u64) -> Self::Average;

    /// How a sum compares with a number. One that did not fit is less or greater than any that does.
    #[doc(hidden)]
    fn compare(sum: &Self::Sum, with: &Self::Total) -> Option<Ordering>;
}

macro_rules! integers {
    ($($total:ident: $($integer:ident)*;)*) => {$($(
        impl Summed for $integer {
            type Partial = $total;
            type Sum = $total;
            type Total = $total;
            type Average = f64;

            #[inline(always)]
            fn add_to(&self, sum: &mut $total) {
                *sum += *self as $total;
            }

            fn sum(sum: $total, _of: &dyn Fn() -> String) -> $total {
                sum
            }

            fn average(sum: $total, count: u64) -> f64 {
                sum as f64 / count as f64
            }

            fn compare(sum: &$total, with: &$total) -> Option<Ordering> {
                Some(sum.cmp(with))
            }
        }
    )*)*};
}

integers! {
    u64: u8 u16 u32;
    u128: u64 usize;
    i64: i8 i16 i32;
    i128: i64 isize;
}

macro_rules! widest_integers {
    ($($integer:ident $fit:ident),*) => {$(
        impl Summed for $integer {
            type Partial = Wide;
            type Sum = Result<$integer, Overflow>;
            type Total = $integer;
            type Average = f64;

            #[inline]
            fn add_to(&self, sum: &mut Wide) {
                sum.add(Wide::from(*self));
            }

            fn sum(sum: Wide, of: &dyn Fn() -> String) -> Self::Sum {
                sum.$fit().ok_or_else(|| Overflow::new(of(), stringify!($integer), sum.is_negative()))
            }

            fn average(sum: Wide, count: u64) -> f64 {
                sum.to_f64() / count as f64
            }

            fn compare(sum: &Self::Sum, with: &$integer) -> Option<Ordering> {
                Some(sum.as_ref().map_or_else(Overflow::side, |sum| sum.cmp(with)))
            }
        }
    )*};
}

widest_integers!(u128 to_u128, i128 to_i128);

/// A sum of floats with what was lost in rounding (Neumaier's): nearly the same in whichever order the rows come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Compensated {
    sum: f64,
    lost: f64,
}

impl Compensated {
    #[inline]
    fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() {
            (self.sum - sum) + value
        } else {
            (value - sum) + self.sum
        };
        self.sum = sum;
    }

    /// What is lost of an infinity is no number.
    fn total(self) -> f64 {
        if self.sum.is_finite() { self.sum + self.lost } else { self.sum }
    }
}

macro_rules! floats {
    ($($float:ident),*) => {$(
        impl Summed for $float {
            type Partial = Compensated;
            type Sum = f64;
            type Total = f64;
            type Average = f64;

            #[inline(always)]
            fn add_to(&self, sum: &mut Compensated) {
                sum.add(f64::from(*self));
            }

            fn sum(sum: Compensated, _of: &dyn Fn() -> String) -> f64 {
                sum.total()
            }

            fn average(sum: Compensated, count: u64) -> f64 {
                sum.total() / count as f64
            }

            fn compare(sum: &f64, with: &f64) -> Option<Ordering> {
                sum.partial_cmp(with)
            }
        }
    )*};
}

floats!(f32, f64);

#[cfg(feature = "decimal")]
mod decimal {
    use rust_decimal::Decimal;

    use super::*;

    /// An exact sum of decimals: the digits of all values at the finest scale among them.
    ///
    /// A decimal has 96 bits and 28 places, a table 2^32 rows: that is 222 bits at most.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct Digits {
        sum: Wide,
        scale: u32,
    }

    impl Digits {
        #[inline]
        fn add(&mut self, value: &Decimal) {
            let (mut digits, scale) = (Wide::from(value.mantissa()), value.scale());
            if scale < self.scale {
                digits = digits.shifted(self.scale - scale);
            } else if scale > self.scale {
                self.sum = self.sum.shifted(scale - self.scale);
                self.scale = scale;
            }
            self.sum.add(digits);
        }

        /// The decimal, with as many of the places as there is room for. `inexact`: something less than the last place is
        /// missing.
        fn decimal(self, inexact: bool) -> Option<Decimal> {
            let digits = self.sum.magnitude();
            let kept = (0..=self.scale.min(Decimal::MAX_SCALE)).rev();
            kept.filter_map(|scale| {
                let digits = digits.rounded(self.scale - scale, inexact).to_i128()?;
                let digits = if self.sum.is_negative() { -digits } else { digits };
                Decimal::try_from_i128_with_scale(digits, scale).ok()
            })
            .next()
        }
    }

    impl Summed for Decimal {
        type Partial = Digits;
        type Sum = Result<Self, Overflow>;
        type Total = Self;
        type Average = Self;

        #[inline]
        fn add_to(&self, sum: &mut Digits) {
            sum.add(self);
        }

        fn sum(sum: Digits, of: &dyn Fn() -> String) -> Result<Self, Overflow> {
            let overflow = || Overflow::new(of(), "decimal", sum.sum.is_negative());
            sum.decimal(false).ok_or_else(overflow)
        }

        fn average(sum: Digits, count: u64) -> Self {
            // One digit more than a decimal has, so that what follows rounds once and rightly.
            let scale = Self::MAX_SCALE + 1;
            let (digits, rest) = sum.sum.magnitude().shifted(scale - sum.scale).divided(count);
            let digits = if sum.sum.is_negative() { digits.negated() } else { digits };
            let average = Digits { sum: digits, scale }.decimal(rest != 0);
            // It lies between the least and the greatest value, both of which are decimals.
            average.unwrap_or_default().normalize()
        }

        fn compare(sum: &Result<Self, Overflow>, with: &Self) -> Option<Ordering> {
            Some(sum.as_ref().map_or_else(Overflow::side, |sum| sum.cmp(with)))
        }
    }
}
