//! `max_len` and `decimal`: limits that belong to one column.

use std::fmt;

/// A limit of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// At most so many characters.
    MaxLen(usize),
    /// At most `precision` digits, `scale` of them after the point.
    Decimal {
        /// All digits.
        precision: u32,
        /// Digits after the point.
        scale: u32,
    },
}

/// How a value breaks its limit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitError {
    /// A text of this length in characters, and the maximum.
    TooLong {
        /// The length.
        length: usize,
        /// The maximum.
        max: usize,
    },
    /// More decimal places than the column has.
    Places {
        /// The value's places.
        places: u32,
        /// The column.
        limit: Limit,
    },
    /// More digits before the point than the column has.
    Digits {
        /// The column.
        limit: Limit,
    },
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MaxLen(max) => write!(f, "max_len({max})"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision}, {scale})"),
        }
    }
}

/// What is enforced where a model has no limits.
///
/// # Errors
/// None.
#[doc(hidden)]
pub const fn none<M>(_: &mut M, _: u16) -> Result<(), LimitError> {
    Ok(())
}

/// A field that `max_len` can be put on: text, or an optional one.
#[diagnostic::on_unimplemented(
    message = "`#[max_len]` cannot be put on `{Self}`",
    note = "it limits text: `String`, `Box<str>`, `Arc<str>`, or an `Option` of one"
)]
pub trait Text {
    /// The text, if there is one.
    fn text(&self) -> Option<&str>;
}

impl Text for String {
    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

impl Text for Box<str> {
    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

impl Text for std::sync::Arc<str> {
    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

impl<T: Text> Text for Option<T> {
    fn text(&self) -> Option<&str> {
        self.as_ref().and_then(Text::text)
    }
}

/// Enforces `max_len`: characters are counted, not bytes.
///
/// # Errors
/// [`LimitError::TooLong`].
pub fn max_len(field: &impl Text, max: usize) -> Result<(), LimitError> {
    // A text has no more characters than bytes, so most are judged without being read.
    match field.text() {
        Some(text) if text.len() > max => match text.chars().count() {
            length if length > max => Err(LimitError::TooLong { length, max }),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// A field that `decimal` can be put on: a `Decimal`, or an optional one.
#[cfg(feature = "decimal")]
#[diagnostic::on_unimplemented(
    message = "`#[decimal]` cannot be put on `{Self}`",
    note = "it limits `Decimal` and `Option<Decimal>`"
)]
pub trait Number {
    /// The number, if there is one.
    fn number(&mut self) -> Option<&mut rust_decimal::Decimal>;
}

#[cfg(feature = "decimal")]
impl Number for rust_decimal::Decimal {
    fn number(&mut self) -> Option<&mut rust_decimal::Decimal> {
        Some(self)
    }
}

#[cfg(feature = "decimal")]
impl Number for Option<rust_decimal::Decimal> {
    fn number(&mut self) -> Option<&mut rust_decimal::Decimal> {
        self.as_mut()
    }
}

/// Enforces `decimal` and brings the number to its scale: 1.500 at two places becomes 1.50, 1.505 is refused. Equal
/// values get equal bytes.
///
/// # Errors
/// [`LimitError::Places`] and [`LimitError::Digits`].
#[cfg(feature = "decimal")]
pub fn decimal(field: &mut impl Number, precision: u32, scale: u32) -> Result<(), LimitError> {
    let limit = Limit::Decimal { precision, scale };
    let Some(value) = field.number() else { return Ok(()) };
    let shortest = value.normalize();
    if shortest.scale() > scale {
        return Err(LimitError::Places { places: shortest.scale(), limit });
    }
    let whole_digits = precision.saturating_sub(scale);
    let whole = shortest.trunc().mantissa().unsigned_abs();
    if 10_u128.checked_pow(whole_digits).is_some_and(|bound| whole >= bound) {
        return Err(LimitError::Digits { limit });
    }
    let mut scaled = shortest;
    scaled.rescale(scale);
    // `rescale` stops short of the scale when the mantissa's 96 bits are full.
    if scaled.scale() != scale {
        return Err(LimitError::Digits { limit });
    }
    *value = scaled;
    Ok(())
}

#[cfg(all(test, feature = "decimal"))]
mod tests {
    use super::*;
    use rust_decimal::Decimal;

    fn at_two_places(text: &str) -> Result<String, LimitError> {
        let mut value: Decimal = text.parse().unwrap();
        decimal(&mut value, 10, 2).map(|()| value.to_string())
    }

    #[test]
    fn decimals_are_brought_to_scale_or_refused() {
        assert_eq!(at_two_places("1.500").unwrap(), "1.50");
        assert_eq!(at_two_places("-0.5").unwrap(), "-0.50");
        assert_eq!(at_two_places("0").unwrap(), "0.00");
        assert_eq!(at_two_places("12345678.90").unwrap(), "12345678.90");
        assert!(matches!(at_two_places("1.505"), Err(LimitError::Places { places: 3, .. })));
        assert!(matches!(at_two_places("123456789.00"), Err(LimitError::Digits { .. })));
        assert!(matches!(at_two_places("-123456789"), Err(LimitError::Digits { .. })));
    }

    #[test]
    fn a_column_wider_than_a_decimal_refuses_what_does_not_fit() {
        let mut value = Decimal::MAX;
        assert!(matches!(decimal(&mut value, 40, 10), Err(LimitError::Digits { .. })));
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert!(max_len(&"äöü".to_owned(), 3).is_ok());
        assert_eq!(max_len(&"äöüß".to_owned(), 3), Err(LimitError::TooLong { length: 4, max: 3 }));
        assert!(max_len(&None::<String>, 0).is_ok());
    }
}
