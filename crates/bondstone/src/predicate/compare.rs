//! Comparisons: equal, by order, within a range, among values, null.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::hash::Hash;
use std::ops::{Bound, Range, RangeFrom, RangeInclusive, RangeTo, RangeToInclusive};

use bondstone_schema::{IntoElement, IntoTerm, Model, Value};
use hashbrown::HashSet;

use super::{Effort, Hint, Known, Leaf, Test, each};
use crate::expression::{Access, At, Expression, Parameters, Term};

/// The row alone, or rows that an expression goes through.
fn effort_of<M: Model, E: Expression<M>>(expression: &E) -> Effort {
    match expression.access() {
        Access::None => Effort::Parent,
        _ => Effort::Row,
    }
}

/// What stands on the right, unless nobody may see it.
fn shown<M: Model, E: Expression<M>>(left: &E, right: impl FnOnce() -> String) -> String {
    if left.is_private() { "•••".into() } else { right() }
}

/// `left = right`; null equals null.
pub(crate) struct Equal<E, T> {
    left: E,
    right: T,
}

impl<E, T> Equal<E, T> {
    pub(crate) const fn new(left: E, right: T) -> Self {
        Self { left, right }
    }
}

impl<M: Model, E: Expression<M>, T: Term<M, E::Value>> Leaf<M> for Equal<E, T> {
    fn judge(&self, rows: &[&M], among: u64, at: At<'_, '_>) -> u64 {
        each(rows, among, |row| {
            let left = self.left.see(row, at);
            self.right.with(row, at, |right| left.as_ref().map(Borrow::borrow) == right)
        })
    }

    fn effort(&self) -> Effort {
        effort_of::<M, E>(&self.left)
    }

    fn hint<'a>(&'a self, parameters: &'a dyn Parameters) -> Option<Hint<'a>> {
        let test = match self.right.fixed(parameters)? {
            Some(value) => Test::Equal(Known::of::<M, E>(value)),
            None => Test::Null,
        };
        Some(Hint { access: self.left.access(), test, exact: true })
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
pub(crate) struct Ordered<E, T> {
    left: E,
    relation: Relation,
    right: T,
}

impl<E, T> Ordered<E, T> {
    pub(crate) const fn new(left: E, relation: Relation, right: T) -> Self {
        Self { left, relation, right }
    }
}

impl<M, E, T> Leaf<M> for Ordered<E, T>
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
        effort_of::<M, E>(&self.left)
    }

    fn hint<'a>(&'a self, parameters: &'a dyn Parameters) -> Option<Hint<'a>> {
        let test = match self.right.fixed(parameters)? {
            Some(value) => {
                let (low, high) = self.relation.range(Known::of::<M, E>(value));
                Test::Range(low, high)
            }
            None => Test::Among(Vec::new()),
        };
        Some(Hint { access: self.left.access(), test, exact: true })
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
pub(crate) struct Within<E, T> {
    value: E,
    low: Bound<T>,
    high: Bound<T>,
}

impl<E, T> Within<E, T> {
    pub(crate) fn new<M, V, S>(value: E, range: impl IntoRange<S>) -> Self
    where
        S: IntoTerm<M, V, Term = T>,
    {
        let (low, high) = range.into_bounds();
        let term = |bound| super::hint::map_bound(bound, S::into_term);
        Self { value, low: term(low), high: term(high) }
    }
}

impl<M, E, T> Leaf<M> for Within<E, T>
where
    M: Model,
    E: Expression<M>,
    E::Value: PartialOrd,
    T: Term<M, E::Value>,
{
    fn judge(&self, rows: &[&M], among: u64, at: At<'_, '_>) -> u64 {
        each(rows, among, |row| {
            let Some(value) = self.value.see(row, at) else { return false };
            let holds = |bound: &T, least: Ordering, strict: bool| {
                bound.with(row, at, |bound| {
                    match bound.and_then(|bound| value.borrow().partial_cmp(bound)) {
                        Some(Ordering::Equal) => !strict,
                        Some(order) => order == least,
                        None => false,
                    }
                })
            };
            let above = match &self.low {
                Bound::Included(low) => holds(low, Ordering::Greater, false),
                Bound::Excluded(low) => holds(low, Ordering::Greater, true),
                Bound::Unbounded => true,
            };
            above
                && match &self.high {
                    Bound::Included(high) => holds(high, Ordering::Less, false),
                    Bound::Excluded(high) => holds(high, Ordering::Less, true),
                    Bound::Unbounded => true,
                }
        })
    }

    fn effort(&self) -> Effort {
        effort_of::<M, E>(&self.value)
    }

    fn hint<'a>(&'a self, parameters: &'a dyn Parameters) -> Option<Hint<'a>> {
        let known = |bound: &'a Bound<T>| {
            Some(match bound {
                Bound::Included(term) => Bound::Included(term.fixed(parameters)?),
                Bound::Excluded(term) => Bound::Excluded(term.fixed(parameters)?),
                Bound::Unbounded => Bound::Unbounded,
            })
        };
        let (low, high) = (known(&self.low)?, known(&self.high)?);
        let is_null = |bound: &Bound<Option<&E::Value>>| {
            matches!(bound, Bound::Included(None) | Bound::Excluded(None))
        };
        let test = if is_null(&low) || is_null(&high) {
            Test::Among(Vec::new())
        } else {
            let plain = |bound: Bound<Option<&'a E::Value>>| match bound {
                Bound::Included(Some(value)) => Bound::Included(Known::of::<M, E>(value)),
                Bound::Excluded(Some(value)) => Bound::Excluded(Known::of::<M, E>(value)),
                _ => Bound::Unbounded,
            };
            Test::Range(plain(low), plain(high))
        };
        Some(Hint { access: self.value.access(), test, exact: true })
    }

    fn text(&self, parameters: &dyn Parameters) -> String {
        let bound = |bound: &Bound<T>| match bound {
            Bound::Included(term) | Bound::Excluded(term) => term.text(parameters),
            Bound::Unbounded => String::new(),
        };
        let range = shown::<M, E>(&self.value, || {
            let equal = if matches!(self.high, Bound::Included(_)) { "=" } else { "" };
            format!("{}..{equal}{}", bound(&self.low), bound(&self.high))
        });
        format!("{} in {range}", self.value.text())
    }
}

/// `value in (…)`.
pub(crate) struct Among<E, V> {
    value: E,
    /// All different.
    values: HashSet<V, foldhash::fast::RandomState>,
}

impl<E, V: Eq + Hash> Among<E, V> {
    pub(crate) fn new<T>(value: E, values: impl IntoIterator<Item = T>) -> Self
    where
        T: IntoElement<V>,
    {
        let values = values.into_iter().filter_map(IntoElement::into_element).collect();
        Self { value, values }
    }
}

impl<M, E> Leaf<M> for Among<E, E::Value>
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
        effort_of::<M, E>(&self.value)
    }

    fn hint<'a>(&'a self, _parameters: &'a dyn Parameters) -> Option<Hint<'a>> {
        let values = self.values.iter().map(Known::of::<M, E>).collect();
        Some(Hint { access: self.value.access(), test: Test::Among(values), exact: true })
    }

    fn text(&self, _parameters: &dyn Parameters) -> String {
        const SHOWN: usize = 5;
        let values = shown::<M, E>(&self.value, || {
            let mut texts: Vec<String> =
                self.values.iter().take(SHOWN).map(|value| value.view().to_string()).collect();
            texts.sort();
            let more = self.values.len().saturating_sub(SHOWN);
            if more > 0 {
                texts.push(format!("{more} more"));
            }
            texts.join(", ")
        });
        format!("{} in ({values})", self.value.text())
    }
}

/// `value is null`.
pub(crate) struct IsNull<E> {
    value: E,
}

impl<E> IsNull<E> {
    pub(crate) const fn new(value: E) -> Self {
        Self { value }
    }
}

impl<M: Model, E: Expression<M>> Leaf<M> for IsNull<E> {
    fn judge(&self, rows: &[&M], among: u64, at: At<'_, '_>) -> u64 {
        each(rows, among, |row| self.value.see(row, at).is_none())
    }

    fn effort(&self) -> Effort {
        effort_of::<M, E>(&self.value)
    }

    fn hint<'a>(&'a self, _parameters: &'a dyn Parameters) -> Option<Hint<'a>> {
        Some(Hint { access: self.value.access(), test: Test::Null, exact: true })
    }

    fn text(&self, _parameters: &dyn Parameters) -> String {
        format!("{} is null", self.value.text())
    }
}
