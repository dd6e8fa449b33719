//! Values of the rows instead of the rows: one expression, or a tuple of up to six.
//!
//! What stands in a row is handed out by reference, what is computed is owned; where there may be a null, it is an `Option`.
//! A key of a group is the same thing ([`Query::group_by`]), which asks for more: values that are equal, ordered, hashed.

use std::hash::Hash;
use std::iter::FusedIterator;

use bondstone_schema::{Calc, Cast, Column, Computed, Fk, Model, Nullness, Operation, Path, Value};
use foldhash::fast::RandomState;
use hashbrown::HashSet;

use super::chunks::Place;
use super::part::Part;
use super::{Matches, Query};
use crate::derived::Derived;
use crate::expression::variant::{Field, Tag};
use crate::expression::{At, Expression, Parent};
use crate::predicate::CountOf;

/// What is read of each row of `M`: an expression, or a tuple of up to six.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read of rows of `{M}`",
    label = "a column of `{M}`, or a tuple of up to six, is expected",
    note = "columns of other models are reached by paths: `A::B_ID.to(B::C)`"
)]
pub trait Selection<M: Model>: Clone {
    /// As it is compared and hashed.
    #[doc(hidden)]
    type Seen<'v>;
    /// As it is handed out.
    type Item<'v>;

    /// Reads it.
    #[doc(hidden)]
    fn select<'v>(&self, row: &'v M, at: At<'v, '_>) -> Self::Seen<'v>;

    /// The parent that what is read depends on alone. See [`Expression::decided_by`].
    #[doc(hidden)]
    fn decided_by(&self, row: &M) -> Option<Parent>;

    /// What is handed out.
    #[doc(hidden)]
    fn item<'v>(seen: Self::Seen<'v>) -> Self::Item<'v>;
}

macro_rules! single {
    ($(($($parameter:ident $(: $bound:path)?),*) $node:ty;)*) => {$(
        impl<M: Model, $($parameter $(: $bound)?),*> Selection<M> for $node
        where
            Self: Expression<M>,
        {
            type Seen<'v> =
                Part<<Self as Expression<M>>::Seen<'v>, <Self as Expression<M>>::Value>;
            type Item<'v> =
                <<Self as Expression<M>>::Null as Nullness>::Item<<Self as Expression<M>>::Seen<'v>>;

            #[inline(always)]
            fn select<'v>(&self, row: &'v M, at: At<'v, '_>) -> Self::Seen<'v> {
                Part::new(self.see(row, at))
            }

            #[inline(always)]
            fn decided_by(&self, row: &M) -> Option<Parent> {
                Expression::decided_by(self, row)
            }

            #[inline]
            fn item<'v>(seen: Self::Seen<'v>) -> Self::Item<'v> {
                <<Self as Expression<M>>::Null as Nullness>::item(seen.into_seen())
            }
        }
    )*};
}

// One by one, because a tuple is a selection, too: for the compiler it might be an expression of another crate's.
single! {
    (V: Value, U) Column<M, V, U>;
    (V: Value, U) Computed<M, V, U>;
    (V: Value) Derived<M, V>;
    (P: Model, N: Nullness) Fk<M, P, N>;
    (P: Model, N: Nullness, X: Clone) Path<M, P, N, X>;
    (T: Clone) CountOf<T>;
    (A: Clone, B: Clone, O: Operation) Calc<A, B, O>;
    (A: Clone, T) Cast<A, T>;
    (E: Clone) Tag<E>;
    (C: Clone, V, T) Field<C, V, T>;
}

#[cfg(feature = "json")]
single! {
    (C: Clone) crate::JsonAt<C>;
    (C: Clone, T: Clone) crate::JsonAs<C, T>;
}

macro_rules! tuples {
    ($(($($name:ident $place:tt),+))*) => {$(
        impl<Row: Model, $($name: Selection<Row>),+> Selection<Row> for ($($name,)+) {
            type Seen<'v> = ($($name::Seen<'v>,)+);
            type Item<'v> = ($($name::Item<'v>,)+);

            #[inline(always)]
            fn select<'v>(&self, row: &'v Row, at: At<'v, '_>) -> Self::Seen<'v> {
                ($(self.$place.select(row, at),)+)
            }

            #[inline(always)]
            fn decided_by(&self, row: &Row) -> Option<Parent> {
                let parent = self.0.decided_by(row)?;
                $(
                    if self.$place.decided_by(row)? != parent {
                        return None;
                    }
                )+
                Some(parent)
            }

            #[inline]
            fn item<'v>(seen: Self::Seen<'v>) -> Self::Item<'v> {
                ($($name::item(seen.$place),)+)
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
}

/// Values of a query's rows: [`Query::select`].
#[must_use = "a query does nothing until it is asked for values"]
pub struct Selected<'v, M: Model, S> {
    query: Query<'v, M>,
    what: S,
}

/// The values of a query's rows, each once: [`Selected::distinct`].
#[must_use = "a query does nothing until it is asked for values"]
pub struct Distinct<'v, M: Model, S>(Selected<'v, M, S>);

impl<'v, M: Model> Query<'v, M> {
    /// Values of the rows instead of the rows: of one expression, or of a tuple of up to six. Stored ones are references,
    /// computed ones owned, and those that may be null in an `Option`.
    ///
    /// They can be compared with in another query.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 3 }))?;
    /// let snap = db.read();
    ///
    /// let buyers = snap.query().filter(Order::QUANTITY.gt(2)).select(Order::USER_ID);
    /// assert_eq!(snap.query().filter(User::ID.in_(buyers)).count(), 1);
    ///
    /// for (email, quantity) in snap.query().select((Order::USER_ID.to(User::EMAIL), Order::QUANTITY)) {
    ///     println!("{email} ordered {quantity}");
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    pub fn select<S: Selection<M>>(self, what: S) -> Selected<'v, M, S> {
        Selected { query: self, what }
    }
}

impl<'v, M: Model, S: Selection<M>> Selected<'v, M, S> {
    /// All of them, in the order of the rows.
    #[must_use]
    pub fn all(self) -> Vec<S::Item<'v>> {
        self.into_iter().collect()
    }

    /// That of the first row, if there is any.
    #[must_use]
    pub fn first(self) -> Option<S::Item<'v>> {
        Self { query: self.query.limit(1), ..self }.into_iter().next()
    }

    /// How many there are, nulls and duplicates among them: as many as there are rows.
    #[must_use]
    pub fn count(self) -> usize {
        self.query.count()
    }

    /// Each once, where it comes first in the order of the rows. Keeps those that it has met, by reference if they are
    /// stored.
    ///
    /// A [`limit`](Query::limit) of the query is one of its rows; `.distinct().into_iter().take(n)` takes n different values
    /// and looks at no more rows than that needs.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// for quantity in [5, 3, 5, 3, 9] {
    ///     db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity }))?;
    /// }
    /// let snap = db.read();
    /// assert_eq!(snap.query().select(Order::QUANTITY).distinct().all(), [&5, &3, &9]);
    /// let sorted = snap.query().order_by(Order::QUANTITY.asc()).select(Order::QUANTITY).distinct();
    /// assert_eq!(sorted.all(), [&3, &5, &9]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn distinct(self) -> Distinct<'v, M, S>
    where
        S::Seen<'v>: Clone + Eq + Hash,
    {
        Distinct(self)
    }
}

impl<'v, M: Model, S: Selection<M>> Distinct<'v, M, S>
where
    S::Seen<'v>: Clone + Eq + Hash,
{
    /// All of them, in the order in which they come first.
    #[must_use]
    pub fn all(self) -> Vec<S::Item<'v>> {
        self.into_iter().collect()
    }

    /// That of the first row, if there is any.
    #[must_use]
    pub fn first(self) -> Option<S::Item<'v>> {
        self.0.first()
    }

    /// How many different ones there are; null is one of them, if it occurs.
    #[must_use]
    pub fn count(mut self) -> usize {
        self.0.query = self.0.query.in_any_order();
        self.into_iter().count()
    }
}

/// The values of a [`Selected`] query, while it runs.
pub struct SelectedIter<'v, M: Model, S> {
    rows: Matches<'v, M>,
    place: Place<'v>,
    what: S,
}

impl<'v, M: Model, S: Selection<M>> SelectedIter<'v, M, S> {
    #[inline]
    fn next_seen(&mut self) -> Option<S::Seen<'v>> {
        let row = self.rows.next()?;
        Some(self.what.select(row, self.place.at()))
    }
}

impl<'v, M: Model, S: Selection<M>> Iterator for SelectedIter<'v, M, S> {
    type Item = S::Item<'v>;

    #[inline]
    fn next(&mut self) -> Option<S::Item<'v>> {
        self.next_seen().map(S::item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}

impl<M: Model, S: Selection<M>> FusedIterator for SelectedIter<'_, M, S> {}

impl<'v, M: Model, S: Selection<M>> IntoIterator for Selected<'v, M, S> {
    type Item = S::Item<'v>;
    type IntoIter = SelectedIter<'v, M, S>;

    fn into_iter(self) -> Self::IntoIter {
        let place = Place::of(&self.query);
        SelectedIter { rows: self.query.into_iter(), place, what: self.what }
    }
}

/// The values of a [`Distinct`] query, while it runs.
pub struct DistinctIter<'v, M: Model, S: Selection<M>> {
    inner: SelectedIter<'v, M, S>,
    met: HashSet<S::Seen<'v>, RandomState>,
}

impl<'v, M: Model, S: Selection<M>> Iterator for DistinctIter<'v, M, S>
where
    S::Seen<'v>: Clone + Eq + Hash,
{
    type Item = S::Item<'v>;

    fn next(&mut self) -> Option<S::Item<'v>> {
        loop {
            let seen = self.inner.next_seen()?;
            if !self.met.contains(&seen) {
                self.met.insert(seen.clone());
                return Some(S::item(seen));
            }
        }
    }
}

impl<'v, M: Model, S: Selection<M>> FusedIterator for DistinctIter<'v, M, S> where
    S::Seen<'v>: Clone + Eq + Hash
{
}

impl<'v, M: Model, S: Selection<M>> IntoIterator for Distinct<'v, M, S>
where
    S::Seen<'v>: Clone + Eq + Hash,
{
    type Item = S::Item<'v>;
    type IntoIter = DistinctIter<'v, M, S>;

    fn into_iter(self) -> Self::IntoIter {
        DistinctIter { inner: self.0.into_iter(), met: HashSet::default() }
    }
}

impl<M: Model, S: Clone> Clone for Selected<'_, M, S> {
    fn clone(&self) -> Self {
        Self { query: self.query.clone(), what: self.what.clone() }
    }
}

impl<M: Model, S: Clone> Clone for Distinct<'_, M, S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
