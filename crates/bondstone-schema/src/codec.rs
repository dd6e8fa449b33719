//! Codecs: columns of types that belong to somebody else.
//!
//! A foreign type cannot be a [`Value`], since nobody vouches for what is inside it. `#[codec(AsText)]` on a field says how it is
//! stored: as a text, as bytes, as any value. What queries and indexes see is what is stored.
//!
//! A row with such a field stays where it was written ([`Row::MOVABLE`](crate::Row::MOVABLE)): what is not known to be without
//! interior mutability is never in two places. So reading a row that was changed costs one step more than elsewhere.

use std::fmt::Display;
use std::str::FromStr;

use crate::value::Value;

/// How values of a foreign type `T` are stored.
///
/// A `decode` of what `encode` made gives an equal value: what is read is what was written. Equal values are stored alike, where
/// they are looked up.
///
/// ```
/// use bondstone_schema::Codec;
///
/// struct Celsius(f64);
///
/// /// Stored as tenths.
/// struct Tenths;
///
/// impl Codec<Celsius> for Tenths {
///     type Stored = i64;
///     type Error = std::convert::Infallible;
///
///     fn encode(value: &Celsius) -> i64 {
///         (value.0 * 10.0).round() as i64
///     }
///
///     fn decode(stored: i64) -> Result<Celsius, Self::Error> {
///         Ok(Celsius(stored as f64 / 10.0))
///     }
/// }
///
/// assert_eq!(Tenths::encode(&Celsius(36.6)), 366);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how a `{T}` is stored",
    note = "implement `Codec<{T}>` for it; `AsText` stores what can be displayed and parsed"
)]
pub trait Codec<T>: 'static {
    /// What is stored: a text, bytes, or another value.
    type Stored: Value;
    /// Why something that is stored is none of the type's values.
    type Error: Display;

    /// What is stored of a value.
    fn encode(value: &T) -> Self::Stored;

    /// The value of what is stored.
    ///
    /// # Errors
    /// It is none: a file with it is refused.
    fn decode(stored: Self::Stored) -> Result<T, Self::Error>;
}

/// Stores as text whatever can be displayed, and parsed again: addresses, versions, languages.
#[derive(Clone, Copy, Debug)]
pub enum AsText {}

impl<T: Display + FromStr<Err: Display>> Codec<T> for AsText {
    type Stored = String;
    type Error = T::Err;

    fn encode(value: &T) -> String {
        value.to_string()
    }

    fn decode(stored: String) -> Result<T, T::Err> {
        stored.parse()
    }
}

/// Stores an `Option` of what `C` stores.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Optional<C>(C);

impl<T, C: Codec<T>> Codec<Option<T>> for Optional<C> {
    type Stored = Option<C::Stored>;
    type Error = C::Error;

    fn encode(value: &Option<T>) -> Option<C::Stored> {
        value.as_ref().map(C::encode)
    }

    fn decode(stored: Option<C::Stored>) -> Result<Option<T>, C::Error> {
        stored.map(C::decode).transpose()
    }
}

/// What is stored of a value: as the derive of a model writes it.
#[doc(hidden)]
pub fn encoded<C: Codec<T>, T>(value: &T) -> C::Stored {
    C::encode(value)
}
