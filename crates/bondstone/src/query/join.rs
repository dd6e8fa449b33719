//! Joins: pairs of rows that agree in a value, whether a foreign key says so or not.
//!
//! ```text
//! left rows, by the batch ──► for each: its partners ──► pairs ──► conditions on pairs, limit
//!                             by index │ hash │ merge
//! ```
//!
//! Where the partners come from counts decide ([`JoinKind`]); all three are asked the same question, for a batch of left
//! rows, and answer with one flat list. So whatever the kind, pairs come in the order of the left rows, if that was asked for.
//!
//! | file | noun |
//! |---|---|
//! | `side` | what a join takes on its right: an expression, or a query and an expression |
//! | `lookup` | an index that finds rows by one value |
//! | `hash` | rows by the hash of a value, in a table made for the occasion |
//! | `merge` | two indexes with the same order, walked side by side |
//! | `partners` | the three of them behind one question |
//! | `cost` | which of them is the cheapest |
//! | `pairs` | the pairs, while the join runs |

mod cost;
mod hash;
mod lookup;
mod merge;
mod pairs;
mod partners;
mod side;

use std::hash::Hash;
use std::marker::PhantomData;

use bondstone_schema::{Model, Nullness, Opt, Req};

use super::Query;
use crate::expression::Expression;

pub use pairs::Pairs;
pub use side::{JoinSide, Side};

/// How a join finds the partners of a row. Counts decide; tests [force](Join::force) each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JoinKind {
    /// One lookup in an index of the right side for each row of the left: by key, unique, hash or ordered index, or the list of
    /// a foreign key.
    IndexLoop,
    /// A hash table of the smaller side, made for the occasion.
    Hash,
    /// Both sides in the order of an index over the joined column.
    Merge,
}

impl JoinKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::IndexLoop, Self::Hash, Self::Merge];
}

/// Pairs of rows that agree in a value: what [`Query::join`] and [`Query::left_join`] give. `N` says whether the partner
/// may be missing.
///
/// ```
#[doc = include_str!("../example.txt")]
/// db.write(|tx| {
///     for (email, age) in [("bob@x.org", 41), ("eve@x.org", 41)] {
///         tx.insert_with(NewUser { email: email.into() }, |user| user.age = age)?;
///     }
///     Ok(())
/// })?;
/// let snap = db.read();
/// // Pairs of users of one age, each pair once.
/// let twins = snap.query::<User>().join(User::AGE, User::AGE).filter_pairs(|a, b| a.id < b.id);
/// let emails: Vec<_> = twins.into_iter().map(|(a, b)| (&*a.email, &*b.email)).collect();
/// assert_eq!(emails, [("bob@x.org", "eve@x.org")]);
/// # Ok::<(), Error>(())
/// ```
#[must_use = "a join does nothing until it is asked for pairs"]
pub struct Join<'v, L: Model, R: Model, A, B, N: Nullness> {
    left: Query<'v, L>,
    left_by: A,
    right: Query<'v, R>,
    right_by: B,
    conditions: Vec<Condition<'v, L, R, N>>,
    offset: usize,
    limit: Option<usize>,
    force: Option<JoinKind>,
    null: PhantomData<fn() -> N>,
}

/// A pair: `(&L, &R)`, or `(&L, Option<&R>)` in a left join.
type Pair<'v, L, R, N> = (&'v L, <N as Nullness>::Item<&'v R>);

type Condition<'v, L, R, N> = Box<dyn Fn(&'v L, <N as Nullness>::Item<&'v R>) -> bool + 'v>;

impl<'v, L: Model> Query<'v, L> {
    /// Each row together with each row of another table, or of the same, that has the same value: `join(User::EMAIL,
    /// Lead::EMAIL)`. Nulls are like nothing, not even each other.
    ///
    /// Both sides are expressions with equal types of values: columns, keys, paths, hybrids, calculations. For another
    /// table's rows by a foreign key [`with`](Query::with) is shorter. On the right may stand a query:
    /// `join(User::EMAIL, leads.on(Lead::EMAIL))`.
    ///
    /// Pairs come in the order of this query, if it has one. An index on the right's expression is used where that is the
    /// cheapest; without one the join is O(rows of both + pairs). See [`JoinKind`].
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 41 }))?;
    /// db.write(|tx| tx.insert_with(NewUser { email: "bob@x.org".into() }, |bob| bob.age = 41))?;
    /// let snap = db.read();
    /// let pairs = snap.query::<User>().join(User::AGE, Order::QUANTITY).all();
    /// assert_eq!(pairs.iter().map(|(user, _)| &*user.email).collect::<Vec<_>>(), ["bob@x.org"]);
    ///
    /// let few = snap.query::<Order>().filter(Order::QUANTITY.lt(10));
    /// assert_eq!(snap.query::<User>().join(User::AGE, few.on(Order::QUANTITY)).count(), 0);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn join<R, A, S>(self, left: A, right: S) -> Join<'v, L, R, A, S::By, Req>
    where
        R: Model,
        A: Expression<L, Value: Eq + Hash>,
        S: JoinSide<'v, R, A::Value>,
    {
        Join::new(self, left, right)
    }

    /// As [`join`](Query::join), but a row without a partner comes too, once, with `None`.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// let snap = db.read();
    /// for (user, order) in snap.query::<User>().left_join(User::AGE, Order::QUANTITY) {
    ///     assert!(user.id == ann && order.is_none());
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    pub fn left_join<R, A, S>(self, left: A, right: S) -> Join<'v, L, R, A, S::By, Opt>
    where
        R: Model,
        A: Expression<L, Value: Eq + Hash>,
        S: JoinSide<'v, R, A::Value>,
    {
        Join::new(self, left, right)
    }
}

impl<'v, L, R, A, B, N> Join<'v, L, R, A, B, N>
where
    L: Model,
    R: Model,
    A: Expression<L, Value: Eq + Hash>,
    B: Expression<R, Value = A::Value>,
    N: Nullness,
{
    fn new<S: JoinSide<'v, R, A::Value, By = B>>(left: Query<'v, L>, left_by: A, right: S) -> Self {
        let (right, right_by) = right.into_parts(left.view());
        Self {
            left,
            left_by,
            right,
            right_by,
            conditions: Vec::new(),
            offset: 0,
            limit: None,
            force: None,
            null: PhantomData,
        }
    }

    /// Only pairs that this closure accepts. In a left join it sees rows without a partner, too.
    ///
    /// Conditions on one of the rows belong into its query, where an index may serve them.
    pub fn filter_pairs(mut self, accepts: impl Fn(&'v L, N::Item<&'v R>) -> bool + 'v) -> Self {
        self.conditions.push(Box::new(accepts));
        self
    }

    /// At most so many pairs, after those that [`offset`](Join::offset) passes over.
    pub fn limit(self, pairs: usize) -> Self {
        Self { limit: Some(self.limit.map_or(pairs, |limit| limit.min(pairs))), ..self }
    }

    /// Without the first so many pairs. O(offset).
    pub fn offset(self, pairs: usize) -> Self {
        Self { offset: self.offset.saturating_add(pairs), ..self }
    }

    /// Finds partners in this way, if it is possible, whatever the counts: for tests and measurements.
    pub fn force(self, kind: JoinKind) -> Self {
        Self { force: Some(kind), ..self }
    }

    /// How partners will be found: the forced kind if it is possible, else the cheapest.
    #[must_use]
    pub fn kind(&self) -> JoinKind {
        self.choose().0
    }

    /// All pairs.
    #[must_use]
    pub fn all(self) -> Vec<Pair<'v, L, R, N>> {
        self.into_iter().collect()
    }

    /// The first pair, if there is any.
    #[must_use]
    pub fn first(self) -> Option<Pair<'v, L, R, N>> {
        self.limit(1).into_iter().next()
    }

    /// Is there any pair?
    #[must_use]
    pub fn exists(self) -> bool {
        self.first().is_some()
    }

    /// How many pairs there are.
    #[must_use]
    pub fn count(self) -> usize {
        self.into_iter().count()
    }
}
