//! Aggregates of an expression's values: how the values are put together, whatever they are read from.
//!
//! [`Of`] reads the expression and passes over nulls, here and nowhere else; a [`Fold`] knows values only.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;

use bondstone_schema::{Model, Value};
use foldhash::fast::RandomState;
use hashbrown::HashSet;

use super::{Aggregate, Measure, Summed};
use crate::expression::{At, Expression};
use crate::query::part::Part;

/// An aggregate of an expression: the sum, average, least or greatest value, how many.
pub struct Of<E, F> {
    expression: E,
    marker: PhantomData<fn() -> F>,
}

impl<E, F> Of<E, F> {
    pub(super) const fn new(expression: E) -> Self {
        Self { expression, marker: PhantomData }
    }
}

impl<E: Clone, F> Clone for Of<E, F> {
    fn clone(&self) -> Self {
        Self::new(self.expression.clone())
    }
}

impl<E: Copy, F> Copy for Of<E, F> {}

impl<E: fmt::Debug, F> fmt::Debug for Of<E, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Of").field(&self.expression).finish()
    }
}

/// How values of type `V`, seen as `S`, are put together.
#[doc(hidden)]
pub trait Fold<V: Value>: 'static {
    /// What is known after some of the values.
    type State<S: Borrow<V>>: Default;
    /// What is found.
    type Output<S: Borrow<V>>;
    /// What that may be compared with.
    type Measure: Value;

    /// Adds a value.
    fn add<S: Borrow<V>>(state: &mut Self::State<S>, seen: S);
    /// What was found. `of` names the values.
    fn finish<S: Borrow<V>>(state: Self::State<S>, of: &dyn Fn() -> String) -> Self::Output<S>;
    /// How it compares; `None` if it does not.
    fn against<S: Borrow<V>>(found: &Self::Output<S>, right: &Self::Measure) -> Option<Ordering>;
    /// Was there nothing to find?
    fn is_missing<S: Borrow<V>>(_found: &Self::Output<S>) -> bool {
        false
    }
}

impl<M: Model, E: Expression<M>, F: Fold<E::Value>> Aggregate<M> for Of<E, F> {
    type State<'v> = F::State<E::Seen<'v>>;
    type Marks = ();
    type Output<'v> = F::Output<E::Seen<'v>>;
    const JUDGES: bool = false;

    fn begin<'v>(&self) -> Self::State<'v> {
        Default::default()
    }

    #[inline]
    fn judge(&self, _rows: &[&M], _at: At<'_, '_>) {}

    #[inline(always)]
    fn update<'v>(
        &self,
        state: &mut Self::State<'v>,
        row: &'v M,
        _place: usize,
        (): (),
        at: At<'v, '_>,
    ) {
        if let Some(seen) = self.expression.see(row, at) {
            F::add(state, seen);
        }
    }

    fn finish<'v>(&self, state: Self::State<'v>) -> Self::Output<'v> {
        F::finish(state, &|| format!("{}.{}", M::DEFINITION.name, self.expression.text()))
    }
}

impl<M: Model, E: Expression<M>, F: Fold<E::Value>> Measure<M> for Of<E, F> {
    type Value = F::Measure;

    fn against(found: &Self::Output<'_>, right: &F::Measure) -> Option<Ordering> {
        F::against(found, right)
    }

    fn is_missing(found: &Self::Output<'_>) -> bool {
        F::is_missing(found)
    }
}

/// The sum of values.
#[derive(Clone, Copy, Debug)]
pub enum Total {}

impl<V: Summed> Fold<V> for Total {
    type State<S: Borrow<V>> = V::Partial;
    type Output<S: Borrow<V>> = V::Sum;
    type Measure = V::Total;

    #[inline(always)]
    fn add<S: Borrow<V>>(state: &mut V::Partial, seen: S) {
        seen.borrow().add_to(state);
    }

    fn finish<S: Borrow<V>>(state: V::Partial, of: &dyn Fn() -> String) -> V::Sum {
        V::sum(state, of)
    }

    fn against<S: Borrow<V>>(found: &V::Sum, right: &V::Total) -> Option<Ordering> {
        V::compare(found, right)
    }
}

/// The average of values.
#[derive(Clone, Copy, Debug)]
pub enum Average {}

impl<V: Summed> Fold<V> for Average {
    /// The sum, and of how many.
    type State<S: Borrow<V>> = (V::Partial, u64);
    type Output<S: Borrow<V>> = Option<V::Average>;
    type Measure = V::Average;

    #[inline(always)]
    fn add<S: Borrow<V>>((sum, count): &mut (V::Partial, u64), seen: S) {
        seen.borrow().add_to(sum);
        *count += 1;
    }

    fn finish<S: Borrow<V>>(
        (sum, count): (V::Partial, u64),
        _of: &dyn Fn() -> String,
    ) -> Option<V::Average> {
        (count > 0).then(|| V::average(sum, count))
    }

    fn against<S: Borrow<V>>(found: &Option<V::Average>, right: &V::Average) -> Option<Ordering> {
        found.as_ref()?.partial_cmp(right)
    }

    fn is_missing<S: Borrow<V>>(found: &Option<V::Average>) -> bool {
        found.is_none()
    }
}

macro_rules! extremes {
    ($($(#[$doc:meta])* $name:ident $better:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}

        impl<V: Value + PartialOrd> Fold<V> for $name {
            /// As a part: its row is far away by the time when the next value is held against it.
            type State<S: Borrow<V>> = Option<Part<S, V>>;
            type Output<S: Borrow<V>> = Option<S>;
            type Measure = V;

            #[inline(always)]
            fn add<S: Borrow<V>>(state: &mut Option<Part<S, V>>, seen: S) {
                let part = Part::new(Some(seen));
                match state {
                    Some(best) if part.order(best) == Some(Ordering::$better) => *best = part,
                    Some(_) => {}
                    // What has no order, not even with itself, never gets in; so the best one is always comparable, and
                    // the result does not depend on the order of the rows.
                    None if part.order(&part).is_some() => *state = Some(part),
                    None => {}
                }
            }

            fn finish<S: Borrow<V>>(
                state: Option<Part<S, V>>,
                _of: &dyn Fn() -> String,
            ) -> Option<S> {
                state.and_then(Part::into_seen)
            }

            fn against<S: Borrow<V>>(found: &Option<S>, right: &V) -> Option<Ordering> {
                found.as_ref()?.borrow().partial_cmp(right)
            }

            fn is_missing<S: Borrow<V>>(found: &Option<S>) -> bool {
                found.is_none()
            }
        }
    )*};
}

extremes! {
    /// The least of values.
    Least Less;
    /// The greatest of values.
    Greatest Greater;
}

/// How many values there are.
#[derive(Clone, Copy, Debug)]
pub enum Counted {}

impl<V: Value> Fold<V> for Counted {
    type State<S: Borrow<V>> = usize;
    type Output<S: Borrow<V>> = usize;
    type Measure = usize;

    #[inline(always)]
    fn add<S: Borrow<V>>(state: &mut usize, _seen: S) {
        *state += 1;
    }

    fn finish<S: Borrow<V>>(state: usize, _of: &dyn Fn() -> String) -> usize {
        state
    }

    fn against<S: Borrow<V>>(found: &usize, right: &usize) -> Option<Ordering> {
        Some(found.cmp(right))
    }
}

/// How many different values there are.
#[derive(Clone, Copy, Debug)]
pub enum Different {}

impl<V: Value + Eq + Hash> Fold<V> for Different {
    type State<S: Borrow<V>> = HashSet<Part<S, V>, RandomState>;
    type Output<S: Borrow<V>> = usize;
    type Measure = usize;

    #[inline]
    fn add<S: Borrow<V>>(state: &mut Self::State<S>, seen: S) {
        state.insert(Part::new(Some(seen)));
    }

    fn finish<S: Borrow<V>>(state: Self::State<S>, _of: &dyn Fn() -> String) -> usize {
        state.len()
    }

    fn against<S: Borrow<V>>(found: &usize, right: &usize) -> Option<Ordering> {
        Some(found.cmp(right))
    }
}
