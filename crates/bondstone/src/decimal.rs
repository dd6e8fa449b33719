//! `dec!`: decimal literals.

use rust_decimal::Decimal;

/// A decimal literal, checked at compile time: `dec!(19.99)`, `dec!(-1)`.
///
/// (The macro of `rust_decimal` itself works only in crates that depend on it.)
///
/// ```
/// use bondstone::dec;
/// assert_eq!(dec!(19.99).to_string(), "19.99");
/// assert_eq!(dec!(-0.5) + dec!(1), dec!(0.5));
/// ```
#[macro_export]
macro_rules! dec {
    ($number:literal) => {
        const { $crate::__private::decimal(::core::stringify!($number)) }
    };
    (- $number:literal) => {
        const { $crate::__private::decimal(::core::concat!("-", ::core::stringify!($number))) }
    };
}

/// The decimal that a literal writes.
///
/// # Panics
/// If it is none, or does not fit: at compile time, as `dec!` calls it.
#[doc(hidden)]
#[must_use]
pub const fn decimal(text: &str) -> Decimal {
    let bytes = text.as_bytes();
    let negative = !bytes.is_empty() && bytes[0] == b'-';
    let mut at = negative as usize;
    let (mut mantissa, mut scale, mut point, mut digits) = (0_u128, 0, false, 0);
    while at < bytes.len() {
        match bytes[at] {
            digit @ b'0'..=b'9' => {
                mantissa = mantissa * 10 + (digit - b'0') as u128;
                scale += point as u32;
                digits += 1;
            }
            b'.' if !point => point = true,
            b'_' | b' ' => {}
            _ => panic!("not a decimal literal: write digits with at most one point"),
        }
        assert!(mantissa >> 96 == 0 && scale <= 28, "a decimal has at most 28 places and 96 bits");
        at += 1;
    }
    assert!(digits > 0, "a decimal literal has at least one digit");
    let (low, middle, high) = (mantissa as u32, (mantissa >> 32) as u32, (mantissa >> 64) as u32);
    Decimal::from_parts(low, middle, high, negative, scale)
}
