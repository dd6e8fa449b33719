//! What stands on the right of a comparison.

use std::any::Any;
use std::borrow::Borrow;

use bondstone_schema::{
    Calc, Cast, Column, Computed, Constant, Fk, Model, Operation, Param, Path, Value,
};

use super::variant::{Field, Tag};
use super::{At, Expression};
use crate::derived::Derived;
use crate::predicate::{CountOf, Effort};

/// The values of a prepared query's parameters.
#[doc(hidden)]
pub trait Parameters: Send + Sync {
    /// The value at a place; `None` if there is none.
    fn value(&self, place: usize) -> Option<&dyn Any>;
}

/// No parameters.
pub(crate) const NO_PARAMETERS: &dyn Parameters = &();

impl Parameters for () {
    fn value(&self, _place: usize) -> Option<&dyn Any> {
        None
    }
}

/// What may be compared with a value of type `V` of a row of `M`: a constant, a parameter, an expression.
pub trait Term<M, V>: Clone + Send + Sync + 'static {
    /// Hands the value for a row to `use_it`; `None` is null.
    #[doc(hidden)]
    fn with<R>(&self, row: &M, at: At<'_, '_>, use_it: impl FnOnce(Option<&V>) -> R) -> R;

    /// Its value, if that is the same for every row: `Some(None)` is null.
    #[doc(hidden)]
    fn fixed<'a>(&'a self, _parameters: &'a dyn Parameters) -> Option<Option<&'a V>> {
        None
    }

    /// Which parameter it is, if it is one.
    #[doc(hidden)]
    fn parameter(&self) -> Option<usize> {
        None
    }

    /// As it is written in a plan.
    #[doc(hidden)]
    fn text(&self, parameters: &dyn Parameters) -> String;

    /// Does it show a column whose values are private?
    #[doc(hidden)]
    fn is_private(&self) -> bool {
        false
    }

    /// How much work it is to see.
    #[doc(hidden)]
    fn effort(&self) -> Effort;
}

impl<M, V: Value> Term<M, V> for Constant<V> {
    #[inline]
    fn with<R>(&self, _row: &M, _at: At<'_, '_>, use_it: impl FnOnce(Option<&V>) -> R) -> R {
        use_it(self.0.as_ref())
    }

    #[inline]
    fn fixed<'a>(&'a self, _parameters: &'a dyn Parameters) -> Option<Option<&'a V>> {
        Some(self.0.as_ref())
    }

    fn text(&self, _parameters: &dyn Parameters) -> String {
        self.0.as_ref().map_or_else(|| "null".into(), |value| value.view().to_string())
    }

    fn effort(&self) -> Effort {
        Effort::Row
    }
}

impl<M, V: Value> Term<M, V> for Param<V> {
    #[inline]
    fn with<R>(&self, _row: &M, at: At<'_, '_>, use_it: impl FnOnce(Option<&V>) -> R) -> R {
        use_it(at.parameters.value(self.place()).and_then(<dyn Any>::downcast_ref))
    }

    #[inline]
    fn fixed<'a>(&'a self, parameters: &'a dyn Parameters) -> Option<Option<&'a V>> {
        Some(parameters.value(self.place()).and_then(<dyn Any>::downcast_ref))
    }

    fn parameter(&self) -> Option<usize> {
        Some(self.place())
    }

    fn text(&self, parameters: &dyn Parameters) -> String {
        let value = parameters.value(self.place()).and_then(<dyn Any>::downcast_ref::<V>);
        value.map_or_else(|| format!("{self:?}"), |value| value.view().to_string())
    }

    fn effort(&self) -> Effort {
        Effort::Row
    }
}

macro_rules! expressions {
    ($(($($parameter:ident $(: $bound:path)?),*) $node:ty;)*) => {$(
        impl<M: Model, V: Value, $($parameter $(: $bound)?),*> Term<M, V> for $node
        where
            Self: Expression<M, Value = V>,
        {
            #[inline]
            fn with<R>(&self, row: &M, at: At<'_, '_>, use_it: impl FnOnce(Option<&V>) -> R) -> R {
                match self.see(row, at) {
                    Some(seen) => use_it(Some(seen.borrow())),
                    None => use_it(None),
                }
            }

            fn text(&self, _parameters: &dyn Parameters) -> String {
                Expression::<M>::text(self)
            }

            fn is_private(&self) -> bool {
                Expression::<M>::is_private(self)
            }

            fn effort(&self) -> Effort {
                Expression::<M>::effort(self)
            }
        }
    )*};
}

expressions! {
    (W: Value, U) Column<M, W, U>;
    (W: Value, U) Computed<M, W, U>;
    (W: Value) Derived<M, W>;
    (T) CountOf<T>;
    (P: Model, N) Fk<M, P, N>;
    (P: Model, N, X) Path<M, P, N, X>;
    (A, B, O: Operation) Calc<A, B, O>;
    (A, T) Cast<A, T>;
    (E) Tag<E>;
    (C, W, T) Field<C, W, T>;
}

#[cfg(feature = "json")]
expressions! {
    (C) crate::JsonAt<C>;
    (C, T) crate::JsonAs<C, T>;
}
