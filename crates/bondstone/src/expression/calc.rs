//! Calculations and conversions as expressions.

use std::borrow::Borrow;

use bondstone_schema::{Calc, Cast, Constant, Convert, Model, Number, Operation, Opt, Value};

use super::term::{NO_PARAMETERS, Term};
use super::{At, Expression};
use crate::predicate::Effort;

/// What stands on the left of a calculation: an expression, or a number.
#[doc(hidden)]
pub trait LeftOperand<M: Model>: Clone + Send + Sync + 'static {
    type Value: Number;
    fn with<R>(&self, row: &M, at: At<'_, '_>, use_it: impl FnOnce(&Self::Value) -> R)
    -> Option<R>;
    fn text(&self) -> String;
    fn is_private(&self) -> bool;
    fn effort(&self) -> Effort;
}

impl<M: Model, V: Number> LeftOperand<M> for Constant<V> {
    type Value = V;

    #[inline]
    fn with<R>(&self, _row: &M, _at: At<'_, '_>, use_it: impl FnOnce(&V) -> R) -> Option<R> {
        self.0.as_ref().map(use_it)
    }

    fn text(&self) -> String {
        Term::<M, V>::text(self, NO_PARAMETERS)
    }

    fn is_private(&self) -> bool {
        false
    }

    fn effort(&self) -> Effort {
        Effort::Row
    }
}

macro_rules! left_operands {
    ($(($($parameter:ident $(: $bound:path)?),*) $node:ty;)*) => {$(
        impl<M: Model, $($parameter $(: $bound)?),*> LeftOperand<M> for $node
        where
            Self: Expression<M>,
            <Self as Expression<M>>::Value: Number,
        {
            type Value = <Self as Expression<M>>::Value;

            #[inline]
            fn with<R>(
                &self,
                row: &M,
                at: At<'_, '_>,
                use_it: impl FnOnce(&Self::Value) -> R,
            ) -> Option<R> {
                self.see(row, at).map(|seen| use_it(seen.borrow()))
            }

            fn text(&self) -> String {
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

left_operands! {
    (V: Value, U) bondstone_schema::Column<M, V, U>;
    (V: Value, U) bondstone_schema::Computed<M, V, U>;
    (P: Model, N, X) bondstone_schema::Path<M, P, N, X>;
    (A, B, O: Operation) Calc<A, B, O>;
    (A, T) Cast<A, T>;
}

impl<M, A, B, O> Expression<M> for Calc<A, B, O>
where
    M: Model,
    A: LeftOperand<M>,
    B: Term<M, A::Value>,
    O: Operation,
{
    type Value = A::Value;
    type Null = Opt;
    type Seen<'v> = A::Value;

    #[inline]
    fn see<'v>(&self, row: &'v M, at: At<'v, '_>) -> Option<A::Value> {
        let calculate =
            |left: &A::Value| self.right().with(row, at, |right| O::apply(left, right?));
        self.left().with(row, at, calculate)?
    }

    fn text(&self) -> String {
        format!("({} {} {})", self.left().text(), O::SIGN, self.right().text(NO_PARAMETERS))
    }

    fn is_private(&self) -> bool {
        self.left().is_private() || self.right().is_private()
    }

    fn effort(&self) -> Effort {
        self.left().effort().max(self.right().effort())
    }
}

impl<M, A, T> Expression<M> for Cast<A, T>
where
    M: Model,
    A: Expression<M>,
    T: Value,
    A::Value: Convert<T>,
{
    type Value = T;
    type Null = Opt;
    type Seen<'v> = T;

    #[inline]
    fn see<'v>(&self, row: &'v M, at: At<'v, '_>) -> Option<T> {
        self.inner().see(row, at)?.borrow().convert()
    }

    fn text(&self) -> String {
        self.inner().text()
    }

    fn is_private(&self) -> bool {
        self.inner().is_private()
    }

    fn effort(&self) -> Effort {
        self.inner().effort()
    }
}
