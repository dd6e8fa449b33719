//! A relation in a fetch, and what is asked of the relatives: conditions, an order, a limit, relatives of their own.

use std::iter::FusedIterator;
use std::marker::PhantomData;

use bondstone_schema::{Fk, Many, ManyVia, Model, Nullness, One, Path};

use super::super::{IntoOrder, Spec};
use super::Scope;
use super::fetch::{Alone, And, Fetch, Then};
use super::flat::{Flat, is_open};
use super::follow::{Follow, places};
use super::gathered::{Gathered, Gathering};
use super::shape::{Several, Shape};
use crate::expression::At;
use crate::predicate::{Pred, each};

/// A relation `R` to rows of `C`, with what is asked of them. `S` says how many there may be, `T` what comes of each.
///
/// Made by [`Relation`]'s methods.
#[must_use = "a relation says only what to fetch"]
pub struct Branch<R, C, T, S> {
    relation: R,
    spec: Spec<'static, C>,
    then: T,
    shape: PhantomData<fn() -> S>,
}

impl<R: Clone, C, T: Clone, S> Clone for Branch<R, C, T, S> {
    fn clone(&self) -> Self {
        Self {
            relation: self.relation.clone(),
            spec: self.spec.clone(),
            then: self.then.clone(),
            shape: PhantomData,
        }
    }
}

/// What a relation can be told before it is fetched: [`Query::with`](crate::Query::with) takes the result.
///
/// ```
#[doc = include_str!("../../example.txt")]
/// db.write(|tx| tx.insert_all([3, 4, 5].map(|quantity| NewOrder { user_id: ann, quantity })))?;
/// let snap = db.read();
/// let largest = User::ORDERS.filter(Order::QUANTITY.lt(5)).order_by(Order::QUANTITY.desc()).limit(1);
/// for (_, orders) in snap.query::<User>().with(largest) {
///     assert_eq!(orders.iter().map(|order| order.quantity).collect::<Vec<_>>(), [4]);
/// }
/// for (_, orders) in snap.query::<User>().with(User::ORDERS.with(Order::USER_ID)) {
///     assert!(orders.iter().all(|(_, user)| user.id == ann));
/// }
/// # Ok::<(), Error>(())
/// ```
pub trait Relation<P: Model>: Follow<P> {
    /// Each relative together with relatives of its own.
    fn with<W: Fetch<Self::Target>>(
        self,
        more: W,
    ) -> Branch<Self, Self::Target, And<W>, Self::Shape> {
        Branch::new(self, Alone).with(more)
    }

    /// Only relatives that meet this condition.
    fn filter(
        self,
        condition: impl Into<Pred<Self::Target>>,
    ) -> Branch<Self, Self::Target, Alone, Several>
    where
        Self: Follow<P, Shape = Several>,
    {
        Branch::new(self, Alone).filter(condition)
    }

    /// Only relatives that this closure accepts.
    fn filter_fn(
        self,
        accepts: impl Fn(&Self::Target) -> bool + Send + Sync + 'static,
    ) -> Branch<Self, Self::Target, Alone, Several>
    where
        Self: Follow<P, Shape = Several>,
    {
        Branch::new(self, Alone).filter_fn(accepts)
    }

    /// The relatives of each row in this order. Without one their order is not promised.
    fn order_by(
        self,
        order: impl IntoOrder<Self::Target>,
    ) -> Branch<Self, Self::Target, Alone, Several>
    where
        Self: Follow<P, Shape = Several>,
    {
        Branch::new(self, Alone).order_by(order)
    }

    /// At most so many relatives of each row.
    fn limit(self, rows: usize) -> Branch<Self, Self::Target, Alone, Several>
    where
        Self: Follow<P, Shape = Several>,
    {
        Branch::new(self, Alone).limit(rows)
    }

    /// Without the first so many relatives of each row.
    fn offset(self, rows: usize) -> Branch<Self, Self::Target, Alone, Several>
    where
        Self: Follow<P, Shape = Several>,
    {
        Branch::new(self, Alone).offset(rows)
    }
}

impl<P: Model, R: Follow<P>> Relation<P> for R {}

impl<R, C: Model, T, S> Branch<R, C, T, S> {
    pub(super) const fn new(relation: R, then: T) -> Self {
        Self { relation, spec: Spec::new(), then, shape: PhantomData }
    }

    /// Nobody is left out.
    fn is_whole(&self) -> bool {
        is_open(&self.spec) && self.spec.offset == 0 && self.spec.limit.is_none()
    }

    /// So many relatives of a row are wanted at most, where the first found are as good as any.
    fn most(&self) -> usize {
        let spec = &self.spec;
        match spec.limit {
            Some(limit) if is_open(spec) && spec.order.is_empty() => {
                spec.offset.saturating_add(limit)
            }
            _ => usize::MAX,
        }
    }
}

impl<R, C: Model, S> Branch<R, C, Alone, S> {
    /// See [`Relation::with`].
    pub fn with<W: Fetch<C>>(self, more: W) -> Branch<R, C, And<W>, S> {
        Branch { relation: self.relation, spec: self.spec, then: And(more), shape: PhantomData }
    }
}

impl<R, C: Model, T> Branch<R, C, T, Several> {
    /// See [`Relation::filter`].
    pub fn filter(mut self, condition: impl Into<Pred<C>>) -> Self {
        self.spec.filter = self.spec.filter & condition.into();
        self
    }

    /// See [`Relation::filter_fn`].
    pub fn filter_fn(mut self, accepts: impl Fn(&C) -> bool + Send + Sync + 'static) -> Self {
        let closure = move |rows: &[&C], among| each(rows, among, |row| accepts(row));
        self.spec.closures.push(std::sync::Arc::new(closure));
        self
    }

    /// See [`Relation::order_by`].
    pub fn order_by(mut self, order: impl IntoOrder<C>) -> Self {
        self.spec.order.extend(order.into_orders());
        self
    }

    /// See [`Relation::limit`].
    pub fn limit(mut self, rows: usize) -> Self {
        self.spec.limit = Some(self.spec.limit.map_or(rows, |limit| limit.min(rows)));
        self
    }

    /// See [`Relation::offset`].
    pub fn offset(mut self, rows: usize) -> Self {
        self.spec.offset = self.spec.offset.saturating_add(rows);
        self
    }
}

/// The relatives of a batch of rows, and what was fetched for these relatives.
#[doc(hidden)]
pub struct Level<'v, C: Model, T: Then<C>> {
    flat: Flat<'v, C>,
    then: T::Batch<'v>,
    /// Kept from batch to batch: one pass finds the relatives of all rows.
    gathered: Option<Gathered<'v, C>>,
}

impl<C: Model, T: Then<C>> Default for Level<'_, C, T> {
    fn default() -> Self {
        Self { flat: Flat::default(), then: T::Batch::default(), gathered: None }
    }
}

impl<P, R, T> Fetch<P> for Branch<R, R::Target, T, R::Shape>
where
    P: Model,
    R: Follow<P>,
    T: Then<R::Target>,
{
    type Found<'v> = <R::Shape as Shape>::Of<T::Found<'v>>;
    type Lent<'b, 'v: 'b> = <R::Shape as Shape>::Lent<Lent<'b, 'v, R::Target, T>>;
    type Batch<'v> = Level<'v, R::Target, T>;

    fn fetch<'v>(&self, rows: &[&'v P], at: At<'v, '_>, scope: Scope, level: &mut Self::Batch<'v>) {
        level.flat.clear();
        if R::CAN_PASS && scope.passes(is_open(&self.spec)) {
            let gathered = level.gathered.get_or_insert_with(|| {
                let mut gathering = Gathering::new(&self.spec, at);
                self.relation.pass(at.view, |place, row| gathering.push(place, row));
                gathering.finish()
            });
            gathered.enter(&places(rows, at.view), &mut level.flat);
        } else {
            self.relation.follow(rows, self.most(), at.view, &mut level.flat);
            level.flat.filter(&self.spec, at);
        }
        level.flat.cut(&self.spec, at);
        let scope = if R::CAN_PASS && self.is_whole() { scope } else { scope.narrowed() };
        self.then.fetch(&level.flat.rows, at, scope, &mut level.then);
    }

    #[inline]
    fn found<'v>(nth: usize, level: &Self::Batch<'v>) -> Self::Found<'v> {
        let range = level.flat.range(nth);
        let found = range.map(|place| T::found(level.flat.rows[place], place, &level.then));
        R::Shape::keep(found)
    }

    #[inline]
    fn lend<'b, 'v>(nth: usize, level: &'b Self::Batch<'v>) -> Self::Lent<'b, 'v> {
        let range = level.flat.range(nth);
        let rows = &level.flat.rows[range.clone()];
        R::Shape::lend(Lent { rows, first: range.start, then: &level.then })
    }

    fn can_pass(&self) -> bool {
        R::CAN_PASS && !is_open(&self.spec) || self.is_whole() && self.then.can_pass()
    }
}

/// What a row is related to, lent: an iterator over it.
pub struct Lent<'b, 'v, C: Model, T: Then<C>> {
    rows: &'b [&'v C],
    /// The place of the first among all relatives of the batch.
    first: usize,
    then: &'b T::Batch<'v>,
}

impl<'b, 'v, C: Model, T: Then<C>> Lent<'b, 'v, C, T> {
    /// The relatives that are still to come, without what they are related to.
    #[must_use]
    pub const fn rows(&self) -> &'b [&'v C] {
        self.rows
    }

    /// Are there no more?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl<C: Model, T: Then<C>> Clone for Lent<'_, '_, C, T> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<'b, 'v, C: Model, T: Then<C>> Iterator for Lent<'b, 'v, C, T> {
    type Item = T::Lent<'b, 'v>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (row, rest) = self.rows.split_first()?;
        let place = self.first;
        self.rows = rest;
        self.first += 1;
        Some(T::lend(row, place, self.then))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.rows.len(), Some(self.rows.len()))
    }
}

impl<C: Model, T: Then<C>> ExactSizeIterator for Lent<'_, '_, C, T> {}
impl<C: Model, T: Then<C>> FusedIterator for Lent<'_, '_, C, T> {}

/// Nothing but its parent for each row: no list, no ends.
impl<M: Model, P: Model, N: Nullness> Fetch<M> for Fk<M, P, N> {
    type Found<'v> = N::Item<&'v P>;
    type Lent<'b, 'v: 'b> = N::Item<&'v P>;
    type Batch<'v> = Vec<Option<&'v P>>;

    fn fetch<'v>(
        &self,
        rows: &[&'v M],
        at: At<'v, '_>,
        _scope: Scope,
        parents: &mut Self::Batch<'v>,
    ) {
        parents.clear();
        let keys = rows.iter().map(|row| self.get(row));
        at.view.sight().get_each(keys, |parent| parents.push(parent));
    }

    #[inline]
    fn found<'v>(nth: usize, parents: &Self::Batch<'v>) -> Self::Found<'v> {
        N::item(parents[nth])
    }

    #[inline]
    fn lend<'b, 'v>(nth: usize, parents: &'b Self::Batch<'v>) -> Self::Lent<'b, 'v> {
        N::item(parents[nth])
    }

    fn can_pass(&self) -> bool {
        false
    }
}

/// A relation by itself is a branch of which nothing is asked.
macro_rules! relations {
    ($(($($parameter:ident $(: $bound:path)?),*) $relation:ty;)*) => {$(
        impl<P: Model, $($parameter $(: $bound)?),*> Fetch<P> for $relation
        where
            Self: Follow<P>,
        {
            type Found<'v> = <Plain<P, Self> as Fetch<P>>::Found<'v>;
            type Lent<'b, 'v: 'b> = <Plain<P, Self> as Fetch<P>>::Lent<'b, 'v>;
            type Batch<'v> = <Plain<P, Self> as Fetch<P>>::Batch<'v>;

            fn fetch<'v>(
                &self,
                rows: &[&'v P],
                at: At<'v, '_>,
                scope: Scope,
                batch: &mut Self::Batch<'v>,
            ) {
                Plain::<P, Self>::new(self.clone(), Alone).fetch(rows, at, scope, batch);
            }

            #[inline]
            fn found<'v>(nth: usize, batch: &Self::Batch<'v>) -> Self::Found<'v> {
                Plain::<P, Self>::found(nth, batch)
            }

            #[inline]
            fn lend<'b, 'v>(nth: usize, batch: &'b Self::Batch<'v>) -> Self::Lent<'b, 'v> {
                Plain::<P, Self>::lend(nth, batch)
            }

            fn can_pass(&self) -> bool {
                false
            }
        }
    )*};
}

type Plain<P, R> = Branch<R, <R as Follow<P>>::Target, Alone, <R as Follow<P>>::Shape>;

relations! {
    (C: Model) Many<P, C>;
    (C: Model) One<P, C>;
    (T: Model, J: Model) ManyVia<P, T, J>;
    (Q: Model, N: Nullness, X) Path<P, Q, N, X>;
}
