//! Terms: what may stand on the right of a comparison or a calculation.
//!
//! `Product::PRICE.gt(10)`, `LineItem::COMMITTED.lt(LineItem::RECEIVED)`, `Order::USER_ID.eq(user)` with a parameter of a
//! prepared query. [`IntoTerm`] turns what was written into a node: a [`Constant`], a [`Param`], or the column itself.
//!
//! Its implementations live beside the columns' types because only here the compiler knows that a column is not a value.

use std::fmt;
use std::marker::PhantomData;

use crate::calc::{Calc, Cast};
use crate::column::{Column, Fk};
use crate::computed::Computed;
use crate::id::Id;
use crate::model::Model;
use crate::path::Path;
use crate::value::Value;

/// A value that is the same for every row; `None` is null.
#[derive(Clone, Debug)]
pub struct Constant<V>(pub Option<V>);

/// A value that each run of a prepared query brings.
pub struct Param<V> {
    place: u16,
    marker: PhantomData<fn() -> V>,
}

impl<V> Param<V> {
    /// The parameter at a place of the query's.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(place: u16) -> Self {
        Self { place, marker: PhantomData }
    }

    /// Its place among the parameters of the query.
    #[must_use]
    pub const fn place(self) -> usize {
        self.place as usize
    }
}

impl<V> Clone for Param<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Param<V> {}

impl<V> fmt::Debug for Param<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}", self.place + 1)
    }
}

/// What may stand where a value of type `V` is asked for, in a query of `M`: the value or a reference to it, a `&str` for a
/// text, an `Option`, a whole number for a decimal; a parameter; another column of `M`, a path, a calculation.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with a `{V}` of `{M}`",
    label = "a value of type `{V}` or a column with such values is expected"
)]
pub trait IntoTerm<M, V> {
    /// The node.
    type Term;
    /// Makes the node.
    fn into_term(self) -> Self::Term;
}

impl<M, V: Value> IntoTerm<M, V> for V {
    type Term = Constant<V>;

    fn into_term(self) -> Constant<V> {
        Constant(Some(self))
    }
}

impl<M, V: Value> IntoTerm<M, V> for &V {
    type Term = Constant<V>;

    fn into_term(self) -> Constant<V> {
        Constant(Some(self.clone()))
    }
}

impl<M, V: Value> IntoTerm<M, V> for Option<V> {
    type Term = Constant<V>;

    fn into_term(self) -> Constant<V> {
        Constant(self)
    }
}

/// A value of a list, as `in_` takes it: the value or a reference to it, a `&str` for a text, a whole number for a decimal;
/// an `Option` of either, as another query sees a column with nulls.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be one of the values of type `{V}`",
    label = "an iterator of `{V}`, or of references to it, is expected"
)]
pub trait IntoValue<V> {
    /// The value; `None` is null.
    fn into_value(self) -> Option<V>;
}

impl<V: Value> IntoValue<V> for V {
    fn into_value(self) -> Option<V> {
        Some(self)
    }
}

impl<V: Value> IntoValue<V> for &V {
    fn into_value(self) -> Option<V> {
        Some(self.clone())
    }
}

impl<V: Value> IntoValue<V> for Option<V> {
    fn into_value(self) -> Option<V> {
        self
    }
}

impl<V: Value> IntoValue<V> for Option<&V> {
    fn into_value(self) -> Option<V> {
        self.cloned()
    }
}

macro_rules! texts {
    ($($text:ty),*) => {$(
        impl<M> IntoTerm<M, $text> for &str {
            type Term = Constant<$text>;

            fn into_term(self) -> Constant<$text> {
                Constant(Some(self.into()))
            }
        }

        impl IntoValue<$text> for &str {
            fn into_value(self) -> Option<$text> {
                Some(self.into())
            }
        }
    )*};
}

texts!(String, Box<str>, std::sync::Arc<str>);

macro_rules! whole_decimals {
    ($($integer:ty),*) => {$(
        #[cfg(feature = "decimal")]
        impl<M> IntoTerm<M, rust_decimal::Decimal> for $integer {
            type Term = Constant<rust_decimal::Decimal>;

            fn into_term(self) -> Self::Term {
                Constant(Some(self.into()))
            }
        }

        #[cfg(feature = "decimal")]
        impl IntoValue<rust_decimal::Decimal> for $integer {
            fn into_value(self) -> Option<rust_decimal::Decimal> {
                Some(self.into())
            }
        }
    )*};
}

whole_decimals!(i32, i64, u32, u64);

/// Those that are the same as floats.
macro_rules! whole_floats {
    ($($integer:ty),*) => {$(
        impl<M> IntoTerm<M, f64> for $integer {
            type Term = Constant<f64>;

            fn into_term(self) -> Self::Term {
                Constant(Some(self.into()))
            }
        }
    )*};
}

whole_floats!(i32, u32);

macro_rules! own_terms {
    ($($(#[$doc:meta])* ($($parameter:ident $(: $bound:ident)?),*) $node:ty;)*) => {$(
        impl<M, V, $($parameter $(: $bound)?),*> IntoTerm<M, V> for $node {
            type Term = Self;

            fn into_term(self) -> Self {
                self
            }
        }
    )*};
}

own_terms! {
    () Param<V>;
    (A, B, O) Calc<A, B, O>;
    (A, T) Cast<A, T>;
    (P: Model, N, X) Path<M, P, N, X>;
}

impl<M, V: Value, U> IntoTerm<M, V::Plain> for Column<M, V, U> {
    type Term = Self;

    fn into_term(self) -> Self {
        self
    }
}

impl<M, V: Value, U> IntoTerm<M, V::Plain> for Computed<M, V, U> {
    type Term = Self;

    fn into_term(self) -> Self {
        self
    }
}

impl<M, P: Model, N> IntoTerm<M, Id<P>> for Fk<M, P, N> {
    type Term = Self;

    fn into_term(self) -> Self {
        self
    }
}
