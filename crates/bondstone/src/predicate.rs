//! Predicates: what a row must be like.
//!
//! A predicate is a tree of conditions, built at run time, stored and combined like any value: `a & b | !c`. Its leaves are
//! boxed once, when it is built, and judge 64 rows in one call: which of them are meant stands in a word, a bit for each,
//! and so does the answer. Within a leaf everything is compiled for its column and its type; so a filter costs what the
//! comparison costs, and no row is boxed, cloned, or judged by a call of its own.
//!
//! A leaf also says what a plan could know of it ([`Hint`]): which column, and which values. The planner works with
//! these alone and never looks at types.

pub(crate) mod compare;
mod deep;
pub(crate) mod hint;
mod normal;
pub(crate) mod refers;
pub(crate) mod relation;
pub(crate) mod side;
mod text;
mod values;

use std::any::Any;
use std::fmt;
use std::ops::{BitAnd, BitOr, Not};
use std::sync::Arc;

use bondstone_schema::{Column, Computed, Model};

use crate::expression::{Access, At, Expression, NO_PARAMETERS, Parameters};
use crate::query::UniqueColumn;

pub use compare::IntoRange;
use deep::{Deep, Step};
pub use hint::{Asked, Hint, Known, Test};
pub(crate) use normal::wishes;
pub use relation::{CountOf, RelatedTo, ToMany, ToOne};
pub use text::TextExpression;

/// So many rows are judged at a time.
pub(crate) const CHUNK: usize = 64;

/// A condition that rows of `M` meet or do not.
///
/// Made by comparing an [`Expression`], or by asking for related rows ([`ToMany`], [`ToOne`]); combined with `&`, `|` and
/// `!`. Every predicate is true or false of a row, never unknown: `!p` is met by exactly the rows that `p` is not met by,
/// nulls or not.
///
/// ```
#[doc = include_str!("example.txt")]
/// /// A function that returns a predicate is what an ORM calls a hybrid method.
/// fn older_than(years: u32) -> Pred<User> {
///     User::AGE.gt(years)
/// }
///
/// let snap = db.read();
/// assert_eq!(snap.query().filter(older_than(30)).count(), 0);
/// assert_eq!(snap.query().filter(!older_than(30) & User::EMAIL.ends_with(".org")).count(), 1);
/// # Ok::<(), Error>(())
/// ```
///
/// A condition may be nested as deeply as memory allows. No index serves what stands more than 64 levels deep, where `&` and
/// `|` take turns; a long row of the like is one level. Conditions on related rows, within each other, may go through 64
/// relations.
pub struct Pred<M>(pub(crate) Node<M>, u32);

/// A predicate's tree. `All` of nothing is met by every row, `Any` of nothing by none.
pub enum Node<M> {
    Leaf(Arc<dyn Leaf<M>>),
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
}

/// How much work it is to judge a row, in classes: the cheap leaves of a conjunction are asked first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// The row alone.
    Row,
    /// What the row owns elsewhere, such as a text; or a hybrid, which may read it.
    Owned,
    /// One row of another table for each step.
    Parent,
    /// Several rows of another table, or the user's code.
    Rows,
}

/// A single condition.
pub trait Leaf<M>: Send + Sync {
    /// Which of the rows marked in `among` meet it.
    fn judge(&self, rows: &[&M], among: u64, at: At<'_, '_>) -> u64;

    /// How much work that is.
    fn effort(&self) -> Effort;

    /// What a plan could know of it.
    fn hint<'a>(&'a self, _parameters: &'a dyn Parameters) -> Option<Hint<'a>> {
        None
    }

    /// What it compares with one value that is the same for every row, be it null.
    fn fixes(&self) -> Option<Access> {
        None
    }

    /// That value, if it is not null.
    fn fixed<'a>(&'a self, _parameters: &'a dyn Parameters) -> Option<&'a dyn Any> {
        None
    }

    /// Which parameter's value that is, if it is one's.
    fn fixed_by(&self) -> Option<usize> {
        None
    }

    /// The only row with this value, if there is one, where what it [fixes](Self::fixes) is this unique key; `None` if the
    /// value is of another type, which counts as null.
    fn find<'v>(
        &self,
        _key: &UniqueColumn,
        _value: &dyn Any,
        _at: At<'v, '_>,
    ) -> Option<Option<&'v M>> {
        None
    }

    /// What a plan could know of its contrary.
    fn hint_of_not(&self) -> Option<Hint<'_>> {
        None
    }

    /// Through so many relations, one within the other, it goes.
    fn hops(&self) -> u32 {
        0
    }

    /// Its parts, if it is a condition that was nested deeply.
    fn steps(&self) -> Option<&[Step<M>]> {
        None
    }

    /// As it is written in a plan.
    fn text(&self, parameters: &dyn Parameters) -> String;
}

impl<M> Pred<M> {
    /// All of these, which are parts of a condition.
    pub(crate) const fn all(parts: Vec<Node<M>>) -> Self {
        Self(Node::All(parts), deep::LEVELS)
    }

    /// A tree of so many levels; if these are too many, its steps.
    fn levelled(tree: Node<M>, levels: u32) -> Self
    where
        M: 'static,
    {
        if levels > deep::LEVELS {
            return Self(Node::Leaf(Arc::new(Deep::of(&tree))), 0);
        }
        Self(tree, levels)
    }
}

impl<M: Model> Pred<M> {
    pub(crate) fn leaf(leaf: impl Leaf<M> + 'static) -> Self {
        Self(Node::Leaf(Arc::new(leaf)), 0)
    }

    /// Met by every row: where a condition is built step by step, the beginning.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// let (wanted, least): (Option<&str>, Option<u32>) = (None, Some(18));
    /// let mut condition = Pred::always();
    /// if let Some(email) = wanted {
    ///     condition = condition & User::EMAIL.eq(email);
    /// }
    /// if let Some(least) = least {
    ///     condition = condition & User::AGE.ge(least);
    /// }
    /// assert_eq!(db.read().query().filter(condition).count(), 0);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub const fn always() -> Self {
        Self(Node::All(Vec::new()), 0)
    }

    /// Met by no row.
    #[must_use]
    pub const fn never() -> Self {
        Self(Node::Any(Vec::new()), 0)
    }

    /// Does a row meet it? The row may be a clone; what it is related to is read in the view.
    #[must_use]
    pub fn is_met_by(&self, row: &M, db: &crate::View) -> bool {
        self.0.judge(&[row], 1, At::plain(db)) != 0
    }
}

impl<M: Model> Node<M> {
    /// Which of the rows marked in `among` meet it.
    pub(crate) fn judge(&self, rows: &[&M], among: u64, at: At<'_, '_>) -> u64 {
        match self {
            Self::Leaf(leaf) => leaf.judge(rows, among, at),
            Self::All(parts) => parts
                .iter()
                .fold(among, |left, part| if left == 0 { 0 } else { part.judge(rows, left, at) }),
            Self::Any(parts) => parts.iter().fold(0, |met, part| {
                let left = among & !met;
                if left == 0 { met } else { met | part.judge(rows, left, at) }
            }),
            Self::Not(part) => among & !part.judge(rows, among, at),
        }
    }

    /// How much work it is: that of its hardest leaf.
    pub(crate) fn effort(&self) -> Effort {
        match self {
            Self::Leaf(leaf) => leaf.effort(),
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().map(Self::effort).max().unwrap_or(Effort::Row)
            }
            Self::Not(part) => part.effort(),
        }
    }

    /// Through so many relations, one within the other, it goes.
    fn hops(&self) -> u32 {
        match self {
            Self::Leaf(leaf) => leaf.hops(),
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().map(Self::hops).max().unwrap_or_default()
            }
            Self::Not(part) => part.hops(),
        }
    }

    /// As it is written in a plan.
    pub(crate) fn text(&self, parameters: &dyn Parameters) -> String {
        let joined = |parts: &[Self], sign: &str| {
            let texts: Vec<String> = parts.iter().map(|part| part.text(parameters)).collect();
            format!("({})", texts.join(sign))
        };
        match self {
            Self::Leaf(leaf) => leaf.text(parameters),
            Self::All(parts) if parts.is_empty() => "true".into(),
            Self::Any(parts) if parts.is_empty() => "false".into(),
            Self::All(parts) => joined(parts, " and "),
            Self::Any(parts) => joined(parts, " or "),
            Self::Not(part) => format!("not {}", part.text(parameters)),
        }
    }
}

/// The rows among those marked for which `test` holds.
#[inline(always)]
pub(crate) fn each<M>(rows: &[&M], among: u64, mut test: impl FnMut(&M) -> bool) -> u64 {
    let mut met = 0;
    if among.count_ones() as usize == rows.len() {
        // The usual case of a scan, without the search for the next bit.
        for (place, row) in rows.iter().enumerate() {
            met |= u64::from(test(row)) << place;
        }
        return met;
    }
    let mut left = among;
    while left != 0 {
        let place = left.trailing_zeros() as usize;
        left &= left - 1;
        met |= u64::from(test(rows[place])) << place;
    }
    met
}

/// The word in which the first `count` rows are marked.
#[inline]
pub(crate) const fn first(count: usize) -> u64 {
    if count >= CHUNK { u64::MAX } else { (1 << count) - 1 }
}

impl<M> Clone for Pred<M> {
    /// O(conditions); the values are shared.
    fn clone(&self) -> Self {
        Self(self.0.clone(), self.1)
    }
}

impl<M> Clone for Node<M> {
    fn clone(&self) -> Self {
        match self {
            Self::Leaf(leaf) => Self::Leaf(Arc::clone(leaf)),
            Self::All(parts) => Self::All(parts.clone()),
            Self::Any(parts) => Self::Any(parts.clone()),
            Self::Not(part) => Self::Not(part.clone()),
        }
    }
}

impl<M: Model> fmt::Debug for Pred<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text(NO_PARAMETERS))
    }
}

impl<M: 'static> BitAnd for Pred<M> {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        let (left, right) = (self.1, other.1);
        match (self.0, other.0) {
            // Where a condition is built step by step, there is nothing at first.
            (Node::All(nothing), other) if nothing.is_empty() => Self(other, right),
            (other, Node::All(nothing)) if nothing.is_empty() => Self(other, left),
            (Node::All(these), Node::All(those)) => {
                Self(Node::All(joined(these, those)), left.max(right))
            }
            (Node::All(these), that) => {
                Self::levelled(Node::All(joined(these, [that])), left.max(right + 1))
            }
            (this, Node::All(those)) => {
                Self::levelled(Node::All(joined(vec![this], those)), right.max(left + 1))
            }
            (this, that) => Self::levelled(Node::All(vec![this, that]), left.max(right) + 1),
        }
    }
}

impl<M: 'static> BitOr for Pred<M> {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        let (left, right) = (self.1, other.1);
        match (self.0, other.0) {
            (Node::Any(nothing), other) if nothing.is_empty() => Self(other, right),
            (other, Node::Any(nothing)) if nothing.is_empty() => Self(other, left),
            (Node::Any(these), Node::Any(those)) => {
                Self(Node::Any(joined(these, those)), left.max(right))
            }
            (Node::Any(these), that) => {
                Self::levelled(Node::Any(joined(these, [that])), left.max(right + 1))
            }
            (this, Node::Any(those)) => {
                Self::levelled(Node::Any(joined(vec![this], those)), right.max(left + 1))
            }
            (this, that) => Self::levelled(Node::Any(vec![this, that]), left.max(right) + 1),
        }
    }
}

fn joined<T>(mut left: Vec<T>, right: impl IntoIterator<Item = T>) -> Vec<T> {
    left.extend(right);
    left
}

impl<M: 'static> Not for Pred<M> {
    type Output = Self;

    fn not(self) -> Self {
        match self.0 {
            Node::Not(part) => Self(*part, self.1 - 1),
            other => Self::levelled(Node::Not(Box::new(other)), self.1 + 1),
        }
    }
}

/// A column or hybrid that is true or false is a predicate by itself: `filter(Product::IS_IN_STOCK)`.
impl<M: Model, U: 'static> From<Column<M, bool, U>> for Pred<M> {
    fn from(column: Column<M, bool, U>) -> Self {
        column.is_true()
    }
}

impl<M: Model, U: 'static> From<Computed<M, bool, U>> for Pred<M> {
    fn from(hybrid: Computed<M, bool, U>) -> Self {
        hybrid.is_true()
    }
}
