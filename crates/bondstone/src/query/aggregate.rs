//! Aggregates: one result from many rows.
//!
//! [`count()`], `Order::FEE.sum()`, `Order::DATE.max()` say what is to be found; [`Query::aggregate`] finds it in one pass,
//! and [`Query::group_by`] for each group. Nulls do not take part: what is said of the values is said of those that are
//! there.
//!
//! | aggregate | result | of nothing |
//! |---|---|---|
//! | [`count()`] | `usize` | 0 |
//! | [`count_if`]`(condition)` | `usize` | 0 |
//! | `COLUMN.`[`count()`](AggregateExpression::count) of non-null values | `usize` | 0 |
//! | `COLUMN.`[`count_distinct()`](AggregateExpression::count_distinct) | `usize` | 0 |
//! | `COLUMN.`[`sum()`](AggregateExpression::sum) of `u8` to `u32` | `u64` | 0 |
//! | … of `u64`, `usize` | `u128` | 0 |
//! | … of `i8` to `i32` | `i64` | 0 |
//! | … of `i64`, `isize` | `i128` | 0 |
//! | … of `u128`, `i128`, `Decimal` | `Result<_, `[`Overflow`]`>` | `Ok(0)` |
//! | … of `f32`, `f64` | `f64` | 0 |
//! | `COLUMN.`[`avg()`](AggregateExpression::avg) of numbers | `Option<f64>` | `None` |
//! | … of `Decimal` | `Option<Decimal>` | `None` |
//! | `COLUMN.`[`min()`](AggregateExpression::min), [`max()`](AggregateExpression::max) | `Option<&V>`; of what is computed, `Option<V>` | `None` |
//!
//! The result of several is a tuple of their results. Any of them can be had of some rows only, with
//! [`filter`](Aggregate::filter); and compared, for `having` ([`Measure`]).
//!
//! # How it runs
//!
//! An aggregate has a state for each group, which a row updates. The loop over the rows is compiled for the whole tuple:
//! nothing is boxed, cloned or allocated for a row. Conditions inside aggregates are judged for 64 rows in one call before
//! these rows are added up ([`Aggregate::judge`], whose answer are the marks).

mod condition;
mod fold;
mod number;
mod overflow;
mod tuple;
mod wide;

use std::borrow::Borrow;
use std::hash::Hash;
use std::marker::PhantomData;

use bondstone_schema::Model;

use super::Query;
use crate::expression::{At, Expression};
use crate::predicate::{Node, Pred, first};

pub(super) use condition::{Always, Both};
pub use condition::{Condition, Joined, Measure, Negated};
pub use fold::{Average, Counted, Different, Fold, Greatest, Least, Of, Total};
pub use number::Summed;
pub use overflow::Overflow;

/// What can be found out of many rows of `M`: a count, a sum, a condition on them, a tuple of up to eight of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no aggregate of rows of `{M}`",
    label = "an aggregate is expected: `count()`, `COLUMN.sum()`, a tuple of up to eight",
    note = "aggregates are made of columns of the query's model; columns of others are reached by paths: `A::B_ID.to(B::C)`"
)]
pub trait Aggregate<M: Model>: Sized {
    /// What is known after some of the rows.
    #[doc(hidden)]
    type State<'v>;
    /// What is known of a chunk of rows before they are added up, one by one.
    #[doc(hidden)]
    type Marks: Copy;
    /// What is found.
    type Output<'v>;
    /// Is there anything to be judged by the chunk?
    #[doc(hidden)]
    const JUDGES: bool;

    /// What is known before the first row.
    #[doc(hidden)]
    fn begin<'v>(&self) -> Self::State<'v>;

    /// Judges up to 64 rows, each of which is then handed to [`update`](Aggregate::update) with its place among them.
    #[doc(hidden)]
    fn judge(&self, rows: &[&M], at: At<'_, '_>) -> Self::Marks;

    /// Adds a row.
    #[doc(hidden)]
    fn update<'v>(
        &self,
        state: &mut Self::State<'v>,
        row: &'v M,
        place: usize,
        marks: Self::Marks,
        at: At<'v, '_>,
    );

    /// What was found.
    #[doc(hidden)]
    fn finish<'v>(&self, state: Self::State<'v>) -> Self::Output<'v>;

    /// The same of those rows only that meet this condition: SQL's `FILTER (WHERE …)`.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// for quantity in [1, 5, 9] {
    ///     db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity }))?;
    /// }
    /// let snap = db.read();
    /// let largest_below_8 = Order::QUANTITY.max().filter(Order::QUANTITY.lt(8));
    /// let (largest, below_8) = snap.query().aggregate((Order::QUANTITY.max(), largest_below_8));
    /// assert_eq!((largest, below_8), (Some(&9), Some(&5)));
    /// # Ok::<(), Error>(())
    /// ```
    fn filter(self, condition: impl Into<Pred<M>>) -> Filtered<Self, M> {
        Filtered { inner: self, condition: condition.into().0 }
    }
}

/// How many rows there are. Beside other aggregates; alone, [`Query::count`] is shorter.
///
/// ```
#[doc = include_str!("../example.txt")]
/// let snap = db.read();
/// assert_eq!(snap.query().aggregate((count(), User::AGE.sum())), (1, 0));
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub const fn count<M>() -> Count<M> {
    Count(PhantomData)
}

/// How many rows meet a condition.
///
/// ```
#[doc = include_str!("../example.txt")]
/// let snap = db.read();
/// let (all, grown) = snap.query().aggregate((count(), count_if(User::AGE.ge(18))));
/// assert_eq!((all, grown), (1, 0));
/// # Ok::<(), Error>(())
/// ```
pub fn count_if<M: Model>(condition: impl Into<Pred<M>>) -> Filtered<Count<M>, M> {
    count().filter(condition)
}

/// The sum over those rows that meet a condition.
///
/// ```
#[doc = include_str!("../example.txt")]
/// for quantity in [1, 5, 9] {
///     db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity }))?;
/// }
/// let snap = db.read();
/// let large = sum_if(Order::QUANTITY, Order::QUANTITY.gt(4));
/// assert_eq!(snap.query().aggregate((Order::QUANTITY.sum(), large)), (15, 14));
/// # Ok::<(), Error>(())
/// ```
pub fn sum_if<M, E>(values: E, condition: impl Into<Pred<M>>) -> Filtered<Of<E, Total>, M>
where
    M: Model,
    E: Expression<M>,
    E::Value: Summed,
{
    values.sum().filter(condition)
}

/// How many rows there are: [`count()`].
pub struct Count<M>(PhantomData<fn(&M)>);

impl<M> Clone for Count<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Count<M> {}

impl<M: Model> Aggregate<M> for Count<M> {
    type State<'v> = usize;
    type Marks = ();
    type Output<'v> = usize;
    const JUDGES: bool = false;

    fn begin<'v>(&self) -> Self::State<'v> {
        0
    }

    #[inline]
    fn judge(&self, _rows: &[&M], _at: At<'_, '_>) {}

    #[inline]
    fn update<'v>(&self, state: &mut usize, _: &'v M, _: usize, (): (), _: At<'v, '_>) {
        *state += 1;
    }

    fn finish<'v>(&self, state: Self::State<'v>) -> Self::Output<'v> {
        state
    }
}

/// An aggregate of those rows only that meet a condition: [`Aggregate::filter`].
pub struct Filtered<A, M> {
    inner: A,
    condition: Node<M>,
}

impl<A: Clone, M> Clone for Filtered<A, M> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), condition: self.condition.clone() }
    }
}

impl<M: Model, A: Aggregate<M>> Aggregate<M> for Filtered<A, M> {
    type State<'v> = A::State<'v>;
    /// Which rows meet the condition; and what the aggregate itself knows.
    type Marks = (u64, A::Marks);
    type Output<'v> = A::Output<'v>;
    const JUDGES: bool = true;

    fn begin<'v>(&self) -> A::State<'v> {
        self.inner.begin()
    }

    #[inline]
    fn judge(&self, rows: &[&M], at: At<'_, '_>) -> (u64, A::Marks) {
        (self.condition.judge(rows, first(rows.len()), at), self.inner.judge(rows, at))
    }

    #[inline]
    fn update<'v>(
        &self,
        state: &mut A::State<'v>,
        row: &'v M,
        place: usize,
        (met, marks): (u64, A::Marks),
        at: At<'v, '_>,
    ) {
        if met >> place & 1 != 0 {
            self.inner.update(state, row, place, marks, at);
        }
    }

    fn finish<'v>(&self, state: A::State<'v>) -> A::Output<'v> {
        self.inner.finish(state)
    }
}

/// What every expression can be asked about its values in many rows. Nulls do not take part.
///
/// ```
#[doc = include_str!("../example.txt")]
/// for quantity in [2, 7, 7] {
///     db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity }))?;
/// }
/// let snap = db.read();
/// let found = snap.query().aggregate((
///     Order::QUANTITY.sum(),
///     Order::QUANTITY.avg(),
///     Order::QUANTITY.count_distinct(),
///     Order::USER_ID.to(User::EMAIL).min(),
/// ));
/// assert_eq!(found, (16, Some(16.0 / 3.0), 2, Some(&"ann@x.org".into())));
/// # Ok::<(), Error>(())
/// ```
pub trait AggregateExpression<M: Model>: Expression<M> {
    /// The sum of the values, in a type wide enough: `u64` for `u32`, `i128` for `i64`, `f64` for `f32` and so on.
    ///
    /// It cannot overflow, but for the sum of `u128`, `i128` and `Decimal`, which is a `Result`: `Err(`[`Overflow`]`)` if it
    /// does not fit, whatever the order of the rows. A sum of decimals is exact, and rounded once at its end if it has more
    /// than 28 digits. A sum of floats is compensated (Neumaier), so that it hardly depends on the order.
    fn sum(self) -> Of<Self, Total>
    where
        Self::Value: Summed,
    {
        Of::new(self)
    }

    /// The average of the values: their exact sum by their count. A `Decimal` for decimals, else an `f64`.
    fn avg(self) -> Of<Self, Average>
    where
        Self::Value: Summed,
    {
        Of::new(self)
    }

    /// The least value. A value without order, a float's NaN, does not take part, like a null.
    fn min(self) -> Of<Self, Least>
    where
        Self::Value: PartialOrd,
    {
        Of::new(self)
    }

    /// The greatest value. A value without order, a float's NaN, does not take part, like a null.
    fn max(self) -> Of<Self, Greatest>
    where
        Self::Value: PartialOrd,
    {
        Of::new(self)
    }

    /// How many rows have a value.
    fn count(self) -> Of<Self, Counted> {
        Of::new(self)
    }

    /// How many different values there are. Keeps each of them, by reference if it is stored.
    fn count_distinct(self) -> Of<Self, Different>
    where
        Self::Value: Eq + Hash,
    {
        Of::new(self)
    }
}

impl<M: Model, E: Expression<M>> AggregateExpression<M> for E {}

impl<'v, M: Model> Query<'v, M> {
    /// What the rows have together: one aggregate, or a tuple of up to eight, in one pass. O(rows).
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 3 }))?;
    /// let snap = db.read();
    /// let (orders, pieces) = snap[ann].orders(&snap).query().aggregate((count(), Order::QUANTITY.sum()));
    /// assert_eq!((orders, pieces), (1, 3));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn aggregate<A: Aggregate<M>>(self, what: A) -> A::Output<'v> {
        let mut state = what.begin();
        self.for_each_judged(&what, |row, place, marks, at| {
            what.update(&mut state, row, place, marks, at);
        });
        what.finish(state)
    }

    /// The [sum](AggregateExpression::sum) of the values that are not null; 0 of none.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// for quantity in [u32::MAX, 1] {
    ///     db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity }))?;
    /// }
    /// assert_eq!(db.read().query().sum(Order::QUANTITY), 1_u64 << 32);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn sum<E>(self, values: E) -> <E::Value as Summed>::Sum
    where
        E: Expression<M>,
        E::Value: Summed,
    {
        self.aggregate(values.sum())
    }

    /// The [average](AggregateExpression::avg) of the values that are not null.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// for quantity in [1, 2] {
    ///     db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity }))?;
    /// }
    /// let snap = db.read();
    /// let average = snap.query().avg(Order::QUANTITY);
    /// assert_eq!(average, Some(1.5));
    /// assert_eq!(snap.query().filter(Order::QUANTITY.cast::<f64>().gt(average)).count(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn avg<E>(self, values: E) -> Option<<E::Value as Summed>::Average>
    where
        E: Expression<M>,
        E::Value: Summed,
    {
        self.aggregate(values.avg())
    }

    /// The [least](AggregateExpression::min) of the values that are not null. (A clone of it; that of an
    /// [aggregate](Query::aggregate) is a reference.)
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// assert_eq!(db.read().query().min(User::AGE), Some(0));
    /// assert_eq!(db.read().query().min(Order::QUANTITY), None);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn min<E>(self, values: E) -> Option<E::Value>
    where
        E: Expression<M>,
        E::Value: PartialOrd,
    {
        self.aggregate(values.min()).map(|least| least.borrow().clone())
    }

    /// The [greatest](AggregateExpression::max) of the values that are not null. (A clone of it; that of an
    /// [aggregate](Query::aggregate) is a reference.)
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// let snap = db.read();
    /// let oldest = snap.query().max(User::AGE);
    /// assert_eq!(snap.query().filter(User::AGE.eq(oldest)).ids(), [ann]);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn max<E>(self, values: E) -> Option<E::Value>
    where
        E: Expression<M>,
        E::Value: PartialOrd,
    {
        self.aggregate(values.max()).map(|greatest| greatest.borrow().clone())
    }
}
