//! Comparisons: equal, by order, within a range, among values, null.

use std::any::Any;
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::hash::Hash;
use std::marker::PhantomData;
use std::ops::{Bound, Range, RangeFrom, RangeInclusive, RangeTo, RangeToInclusive};

use bondstone_schema::{Hashing, IntoTerm, IntoValue, Model, Value};

use super::hint::{Asked, Meets};
use super::values::Values;
use super::{Effort, Hint, Leaf, Test, each};
use crate::expression::{Access, At, Expression, NO_PARAMETERS, Parameters, Term};
use crate::query::UniqueColumn;

/// What stands on the right, unless nobody may see it.
fn shown<M: Model, E: Expression<M>>(left: &E, right: impl FnOnce() -> String) -> String {
    if left.is_private() { "•••".into() } else { right() }
}

/// `left = right`; null equals null.
pub(crate) struct Equal<M, E, T> {
    left: E,
    right: T,
    marker: PhantomData<fn(&M)>,
}

impl<M, E, T> Equal<M, E, T> {
    pub(crate) const fn new(left: E, right: T) -> Self {
        Self { left, right, marker: PhantomData }
    }
}

impl<M: Model, E: Expression<M>, T: Term<M, E::Value>> Meets<E::Value> for Equal<M, E, T> {
    fn is_met_by(&self, left: Option<&E::Value>, parameters: &dyn Parameters) -> bool {
        self.right.fixed(parameters).is_some_and(|right| left == right)
    }
}

impl<M: Model, E: Expression<M>, T: Term<M, E::Value>> Leaf<M> for Equal<M, E, T> {
    fn judge(&self, rows: &[&M], among: u64, at: At<'_, '_>) -> u64 {
        each(rows, among, |row| {
            let left = self.left.see(row, at);
            self.right.with(row, at, |right| left.as_ref().map(Borrow::borrow) == right)
        })
    }

    fn effort(&self) -> Effort {
        self.left.effort().max(self.right.effort())
    }

    fn hint<'a>(&'a self, parameters: &'a dyn Parameters) -> Option<Hint<'a>> {
        let test = self.right.fixed(parameters)?.map_or(Test::Null, Test::Equal);
        self.left.hint(test, Asked { comparison: self, parameters })
    }

    fn fixes(&self) -> Option<Access> {
        self.right.fixed(NO_PARAMETERS).map(|_| self.left.access())
    }

    fn fixed<'a>(&'a self, parameters: &'a dyn Parameters) -> Option<&'a dyn Any> {
        self.right.fixed(parameters)?.map(|value| value as &dyn Any)
    }

    fn fixed_by(&self) -> Option<usize> {
        self.right.parameter()
    }

    fn find<'v>(
        &self,
        key: &UniqueColumn,
        value: &dyn Any,
        at: At<'v, '_>,
    ) -> Option<Option<&'v M>> {
        let value = value.downcast_ref::<E::Value>()?;
        let hash = |hashing: &Hashing| E::hash_plain(value, hashing);
        Some(key.find(value, at.view, hash, |row| {
            self.left.see(row, at).is_some_and(|seen| seen.borrow() == value)
        }))
    }

    fn text(&self, parameters: &dyn Parameters) -> String {
        let right = shown::<M, E>(&self.left, || self.right.text(parameters));
        format!("{} = {right}", self.left.text())
    }
}

/// Which order is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Relation {
    #[inline]
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }

    const fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// The values for which it holds.
    const fn range<T>(self, value: T) -> (Bound<T>, Bound<T>) {
        match self {
            Self::Less => (Bound::Unbounded, Bound::Excluded(value)),
            Self::LessOrEqual => (Bound::Unbounded, Bound::Included(value)),
            Self::Greater => (Bound::Excluded(value), Bound::Unbounded),
            Self::GreaterOrEqual => (Bound::Included(value), Bound::Unbounded),
        }
    }
}

/// `left < right` and the like; false where one is null.
pub(crate) struct Ordered<M, E, T> {
    left: E,
    relation: Relation,
    right: T,
    marker: PhantomData<fn(&M)>,
}

impl<M, E, T> Ordered<M, E, T> {
    pub(crate) const fn new(left: E, relation: Relation, right: T) -> Self {
        Self { left, relation, right, marker: PhantomData }
    }
}

impl<M, E, T> Meets<E::Value> for Ordered<M, E, T>
where
    M: Model,
    E: Expression<M>,
    E::Value: PartialOrd,
    T: Term<M, E::Value>,
{
    fn is_met_by(&self, left: Option<&E::Value>, parameters: &dyn Parameters) -> bool {
        let right = self.right.fixed(parameters).flatten();
        let order = left.zip(right).and_then(|(left, right)| left.partial_cmp(right));
        order.is_some_and(|order| self.relation.holds(order))
    }
}

impl<M, E, T> Leaf<M> for Ordered<M, E, T>
where
    M: Model,
    E: Expression<M>,
    E::Value: PartialOrd,
    T: Term<M, E::Value>,
{
    fn judge(&self, rows: &[&M], among: u64, at: At<'_, '_>) -> u64 {
        each(rows, among, |row| {
            let Some(left) = self.left.see(row, at) else { return false };
            self.right.with(row, at, |right| {
                let order = right.and_then(|right| left.borrow().partial_cmp(right));
                order.is_some_and(|order| self.relation.holds(order))
            })
        })
    }

    fn effort(&self) -> Effort {
        self.left.effort().max(self.right.effort())
    }

    fn hint<'a>(&'a self, parameters: &'a dyn Parameters) -> Option<Hint<'a>> {
        let test = match self.right.fixed(parameters)? {
            Some(value) => {
                let (low, high) = self.relation.range(value);
                Test::Range(low, high)
            }
            None => Test::NEVER,
        };
        self.left.hint(test, Asked { comparison: self, parameters })
    }

    fn text(&self, parameters: &dyn Parameters) -> String {
        let right = shown::<M, E>(&self.left, || self.right.text(parameters));
        format!("{} {} {right}", self.left.text(), self.relation.sign())
    }
}

/// A range written in Rust: `10..20`, `..=limit`, `since..`.
pub trait IntoRange<T> {
    /// Its bounds.
    fn into_bounds(self) -> (Bound<T>, Bound<T>);
}

macro_rules! ranges {
    ($($range:ident: |$value:ident| $low:expr, $high:expr;)*) => {$(
        impl<T> IntoRange<T> for $range<T> {
            fn into_bounds(self) -> (Bound<T>, Bound<T>) {
                let $value = self;
                ($low, $high)
            }
        }
    )*};
}

ranges! {
    Range: |range| Bound::Included(range.start), Bound::Excluded(range.end);
    RangeFrom: |range| Bound::Included(range.start), Bound::Unbounded;
    RangeTo: |range| Bound::Unbounded, Bound::Excluded(range.end);
    RangeToInclusive: |range| Bound::Unbounded, Bound::Included(range.end);
}

impl<T> IntoRange<T> for RangeInclusive<T> {
    fn into_bounds(self) -> (Bound<T>, Bound<T>) {
        let (low, high) = self.into_inner();
        (Bound::Included(low), Bound::Included(high))
    }
}

impl<T> IntoRange<T> for (Bound<T>, Bound<T>) {
    fn into_bounds(self) -> Self {
        self
    }
}

/// `low ≤ value < high` and the like; false where one is null.
pub(crate) struct Within<M, E, T> {
    value: E,
    low: Bound<T>,
    high: Bound<T>,
    marker: PhantomData<fn(&M)>,
}

impl<M, E, T> Within<M, E, T> {
    pub(crate) fn new<V, S>(value: E, range: impl IntoRange<S>) -> Self
    where
        S: IntoTerm<M, V, Term = T>,
    {
        let (low, high) = range.into_bounds();
        let (low, high) = (low.map(S::into_term), high.map(S::into_term));
        Self { value, low, high, marker: PhantomData }
    }
}

/// Is a value on the right side of a bound that is null perhaps? `side` is how it compares with a bound that it is not on.
#[inline]
fn is_within<V: PartialOrd>(value: &V, bound: Bound<Option<&V>>, side: Ordering) -> bool {
    let (bound, included) = match bound {
        Bound::Included(bound) => (bound, true),
        Bound::Excluded(bound) => (bound, false),
        Bound::Unbounded => return true,
    };
    match bound.and_then(|bound| value.partial_cmp(bound)) {
        Some(Ordering::Equal) => included,
        Some(order) => order == side,
        None => false,
    }
}

impl<M, E, T> Within<M, E, T>
where
    M: Model,
    E: Expression<M>,
    T: Term<M, E::Value>,
{
    /// Its bounds, if they are the same for every row; a bound may be null.
    #[expect(clippy::type_complexity, reason = "two bounds, each of what may be null")]
    fn bounds<'a>(
        &'a self,
        parameters: &'a dyn Parameters,
    ) -> Option<(Bound<Option<&'a E::Value>>, Bound<Option<&'a E::Value>>)> {
        let fixed = |bound: &'a Bound<T>| {
            Some(match bound {
                Bound::Included(term) => Bound::Included(term.fixed(parameters)?),
                Bound::Excluded(term) => Bound::Excluded(term.fixed(parameters)?),
                Bound::Unbounded => Bound::Unbounded,
            })
        };
        Some((fixed(&self.low)?, fixed(&self.high)?))
    }
}

/// A bound that is not null.
fn plain<V>(bound: Bound<Option<&V>>) -> Option<Bound<&V>> {
    Some(match bound {
        Bound::Included(value) => Bound::Included(value?),
        Bound::Excluded(value) => Bound::Excluded(value?),
        Bound::Unbounded => Bound::Unbounded,
    })
}

/// Does no value lie between two bounds?
fn is_empty<V: PartialOrd>(low: Bound<&V>, high: Bound<&V>) -> bool {
    match (low, high) {
        (Bound::Included(low), Bound::Included(high)) => low > high,
        (
            Bound::Included(low) | Bound::Excluded(low),
            Bound::Included(high) | Bound::Excluded(high),
        ) => low >= high,
        _ => false,
    }
}

impl<M, E, T> Meets<E::Value> for Within<M, E, T>
where
    M: Model,
    E: Expression<M>,
    E::Value: PartialOrd,
    T: Term<M, E::Value>,
{
    fn is_met_by(&self, left: Option<&E::Value>, parameters: &dyn Parameters) -> bool {
        left.zip(self.bounds(parameters)).is_some_and(|(value, (low, high))| {
            is_within(value, low, Ordering::Greater) && is_within(value, high, Ordering::Less)
        })
    }
}

impl<M, E, T> Leaf<M> for Within<M, E, T>
where
    M: Model,
    E: Expression<M>,
    E::Value: PartialOrd,
    T: Term<M, E::Value>,
{
    fn judge(&self, rows: &[&M], among: u64, at: At<'_, '_>) -> u64 {
        each(rows, among, |row| {
            let Some(value) = self.value.see(row, at) else { return false };
            let value = value.borrow();
            let holds = |bound: &Bound<T>, side| match bound {
                Bound::Included(term) => {
                    term.with(row, at, |bound| is_within(value, Bound::Included(bound), side))
                }
                Bound::Excluded(term) => {
                    term.with(row, at, |bound| is_within(value, Bound::Excluded(bound), side))
                }
                Bound::Unbounded => true,
            };
            holds(&self.low, Ordering::Greater) && holds(&self.high, Ordering::Less)
        })
    }

    fn effort(&self) -> Effort {
        let bound = |bound: &Bound<T>| match bound {
            Bound::Included(term) | Bound::Excluded(term) => term.effort(),
            Bound::Unbounded => Effort::Row,
        };
        self.value.effort().max(bound(&self.low)).max(bound(&self.high))
    }

    fn hint<'a>(&'a self, parameters: &'a dyn Parameters) -> Option<Hint<'a>> {
        let (low, high) = self.bounds(parameters)?;
        let test = match plain(low).zip(plain(high)) {
            Some((low, high)) if !is_empty(low, high) => Test::Range(low, high),
            _ => Test::NEVER,
        };
        self.value.hint(test, Asked { comparison: self, parameters })
    }

    fn text(&self, parameters: &dyn Parameters) -> String {
        let bound = |bound: &Bound<T>| match bound {
            Bound::Included(term) | Bound::Excluded(term) => term.text(parameters),
            Bound::Unbounded => String::new(),
        };
        let range = shown::<M, E>(&self.value, || {
            let above = if matches!(self.low, Bound::Excluded(_)) { "<" } else { "" };
            let equal = if matches!(self.high, Bound::Included(_)) { "=" } else { "" };
            format!("{}{above}..{equal}{}", bound(&self.low), bound(&self.high))
        });
        format!("{} in {range}", self.value.text())
    }
}

/// `value in (…)`.
pub(crate) struct Among<M, E, V> {
    value: E,
    values: Values<V>,
    marker: PhantomData<fn(&M)>,
}

impl<M, E, V: Eq + Hash> Among<M, E, V> {
    pub(crate) fn new<T>(value: E, values: impl IntoIterator<Item = T>) -> Self
    where
        T: IntoValue<V>,
    {
        let values = values.into_iter().filter_map(IntoValue::into_value).collect();
        Self { value, values, marker: PhantomData }
    }
}

impl<M, E> Meets<E::Value> for Among<M, E, E::Value>
where
    M: Model,
    E: Expression<M>,
    E::Value: Eq + Hash,
{
    fn is_met_by(&self, left: Option<&E::Value>, _parameters: &dyn Parameters) -> bool {
        left.is_some_and(|value| self.values.contains(value))
    }
}

impl<M, E> Leaf<M> for Among<M, E, E::Value>
where
    M: Model,
    E: Expression<M>,
    E::Value: Eq + Hash,
{
    fn judge(&self, rows: &[&M], among: u64, at: At<'_, '_>) -> u64 {
        each(rows, among, |row| {
            self.value.see(row, at).is_some_and(|value| self.values.contains(value.borrow()))
        })
    }

    fn effort(&self) -> Effort {
        self.value.effort()
    }

    fn hint<'a>(&'a self, parameters: &'a dyn Parameters) -> Option<Hint<'a>> {
        let test = Test::Among(self.values.all().iter().collect());
        self.value.hint(test, Asked { comparison: self, parameters })
    }

    fn text(&self, _parameters: &dyn Parameters) -> String {
        const SHOWN: usize = 5;
        let values = shown::<M, E>(&self.value, || {
            let all = self.values.all();
            let mut texts: Vec<String> =
                all.iter().take(SHOWN).map(|value| value.view().to_string()).collect();
            texts.sort();
            let more = all.len().saturating_sub(SHOWN);
            if more > 0 {
                texts.push(format!("{more} more"));
            }
            texts.join(", ")
        });
        format!("{} in ({values})", self.value.text())
    }
}

/// `value is null`.
pub(crate) struct IsNull<M, E> {
    value: E,
    marker: PhantomData<fn(&M)>,
}

impl<M, E> IsNull<M, E> {
    pub(crate) const fn new(value: E) -> Self {
        Self { value, marker: PhantomData }
    }
}

impl<M: Model, E: Expression<M>> Meets<E::Value> for IsNull<M, E> {
    fn is_met_by(&self, left: Option<&E::Value>, _parameters: &dyn Parameters) -> bool {
        left.is_none()
    }
}

impl<M: Model, E: Expression<M>> Leaf<M> for IsNull<M, E> {
    fn judge(&self, rows: &[&M], among: u64, at: At<'_, '_>) -> u64 {
        each(rows, among, |row| self.value.see(row, at).is_none())
    }

    fn effort(&self) -> Effort {
        self.value.effort()
    }

    fn hint<'a>(&'a self, parameters: &'a dyn Parameters) -> Option<Hint<'a>> {
        self.value.hint(Test::Null, Asked { comparison: self, parameters })
    }

    fn hint_of_not(&self) -> Option<Hint<'_>> {
        Hint::of(&self.value, Test::Range(Bound::Unbounded, Bound::Unbounded))
    }

    fn text(&self, _parameters: &dyn Parameters) -> String {
        format!("{} is null", self.value.text())
    }
}
