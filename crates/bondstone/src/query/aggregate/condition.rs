//! Conditions on aggregates: `LineItem::QUANTITY.sum().gt(300) & count().ge(2)`.
//!
//! A condition is itself an aggregate, with the result true or false; so it is worked out in the same pass as the others,
//! and can stand among them.

use std::cmp::Ordering;
use std::ops::{BitAnd, BitOr, Not};

use bondstone_schema::{Constant, IntoTerm, Model, Value};

use super::{Aggregate, Count, Filtered};
use crate::expression::At;

/// An aggregate whose result can be compared: a count, a sum, an average, a least or greatest value.
///
/// Comparisons give conditions for [`having`](crate::GroupBy::having), combined with `&`, `|` and `!`. What it is compared
/// with is written as elsewhere: a value or a reference to it, a whole number for a decimal or a float.
///
/// The average or extreme of nothing is missing: not less and not greater than anything, and equal to `None` only.
///
/// ```
#[doc = include_str!("../../example.txt")]
/// for quantity in [1, 5, 9] {
///     db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity }))?;
/// }
/// let snap = db.read();
/// let busy = Order::QUANTITY.sum().gt(10) & !Order::QUANTITY.avg().lt(2) | count().ge(100);
/// assert_eq!(snap.query().group_by(Order::USER_ID).having(busy).keys(), [&ann]);
/// # Ok::<(), Error>(())
/// ```
#[expect(
    clippy::wrong_self_convention,
    reason = "`is_none` makes a condition, like `lt`, and takes what it is made of"
)]
pub trait Measure<M: Model>: Aggregate<M> {
    /// What it is compared with.
    type Value: Value;

    /// How what was found compares; `None` if it does not.
    #[doc(hidden)]
    fn against(found: &Self::Output<'_>, right: &Self::Value) -> Option<Ordering>;

    /// Was there nothing to find?
    #[doc(hidden)]
    fn is_missing(found: &Self::Output<'_>) -> bool;

    /// Is it this?
    fn eq<T>(self, right: T) -> Condition<Self, Compared<Self::Value>>
    where
        T: IntoTerm<M, Self::Value, Term = Constant<Self::Value>>,
    {
        Condition::new(self, Compared::equal(right.into_term()))
    }

    /// Is it anything but this? The same as `!` [`eq`](Measure::eq).
    fn ne<T>(self, right: T) -> Negated<Condition<Self, Compared<Self::Value>>>
    where
        T: IntoTerm<M, Self::Value, Term = Constant<Self::Value>>,
    {
        !self.eq(right)
    }

    /// Is it less?
    fn lt<T>(self, right: T) -> Condition<Self, Compared<Self::Value>>
    where
        T: IntoTerm<M, Self::Value, Term = Constant<Self::Value>>,
    {
        Condition::new(self, Compared::by_order(Ordering::is_lt, right.into_term()))
    }

    /// Is it less or the same?
    fn le<T>(self, right: T) -> Condition<Self, Compared<Self::Value>>
    where
        T: IntoTerm<M, Self::Value, Term = Constant<Self::Value>>,
    {
        Condition::new(self, Compared::by_order(Ordering::is_le, right.into_term()))
    }

    /// Is it greater?
    fn gt<T>(self, right: T) -> Condition<Self, Compared<Self::Value>>
    where
        T: IntoTerm<M, Self::Value, Term = Constant<Self::Value>>,
    {
        Condition::new(self, Compared::by_order(Ordering::is_gt, right.into_term()))
    }

    /// Is it greater or the same?
    fn ge<T>(self, right: T) -> Condition<Self, Compared<Self::Value>>
    where
        T: IntoTerm<M, Self::Value, Term = Constant<Self::Value>>,
    {
        Condition::new(self, Compared::by_order(Ordering::is_ge, right.into_term()))
    }

    /// Was there nothing to find: the average or extreme of no values?
    fn is_none(self) -> Condition<Self, Missing> {
        Condition::new(self, Missing)
    }

    /// Was there something to find?
    fn is_some(self) -> Negated<Condition<Self, Missing>> {
        !self.is_none()
    }
}

impl<M: Model> Measure<M> for Count<M> {
    type Value = usize;

    fn against(found: &usize, right: &usize) -> Option<Ordering> {
        Some(found.cmp(right))
    }

    fn is_missing(_found: &usize) -> bool {
        false
    }
}

impl<M: Model, A: Measure<M>> Measure<M> for Filtered<A, M> {
    type Value = A::Value;

    fn against(found: &A::Output<'_>, right: &A::Value) -> Option<Ordering> {
        A::against(found, right)
    }

    fn is_missing(found: &A::Output<'_>) -> bool {
        A::is_missing(found)
    }
}

/// What must be true of an aggregate's result: made by comparing a [`Measure`], and of others by `&`, `|` and `!`.
///
/// It is an aggregate, too: with the result `true` or `false`.
#[derive(Clone, Copy, Debug)]
pub struct Condition<A, T> {
    of: A,
    test: T,
}

/// The condition that another one is not met.
pub type Negated<C> = Condition<(C,), Neither>;

/// The condition that both of two are met.
pub type Joined<C, D> = Condition<(C, D), Both>;

impl<A, T> Condition<A, T> {
    pub(crate) const fn new(of: A, test: T) -> Self {
        Self { of, test }
    }
}

/// What is asked of the result of `A`.
#[doc(hidden)]
pub trait Test<M: Model, A: Aggregate<M>> {
    /// Is it so?
    fn holds(&self, found: A::Output<'_>) -> bool;
}

impl<M: Model, A: Aggregate<M>, T: Test<M, A>> Aggregate<M> for Condition<A, T> {
    type State<'v> = A::State<'v>;
    type Marks = A::Marks;
    type Output<'v> = bool;
    const JUDGES: bool = A::JUDGES;

    fn begin<'v>(&self) -> A::State<'v> {
        self.of.begin()
    }

    #[inline]
    fn judge(&self, rows: &[&M], at: At<'_, '_>) -> A::Marks {
        self.of.judge(rows, at)
    }

    #[inline(always)]
    fn update<'v>(
        &self,
        state: &mut A::State<'v>,
        row: &'v M,
        place: usize,
        marks: A::Marks,
        at: At<'v, '_>,
    ) {
        self.of.update(state, row, place, marks, at);
    }

    fn finish<'v>(&self, state: Self::State<'v>) -> Self::Output<'v> {
        self.test.holds(self.of.finish(state))
    }
}

/// A result compared with a value.
#[derive(Clone, Debug)]
pub struct Compared<V> {
    holds: fn(Ordering) -> bool,
    right: Option<V>,
    /// Is what is missing the same as null?
    null_is_null: bool,
}

impl<V> Compared<V> {
    fn equal(right: Constant<V>) -> Self {
        Self { holds: Ordering::is_eq, right: right.0, null_is_null: true }
    }

    /// Null has no place in the order.
    fn by_order(holds: fn(Ordering) -> bool, right: Constant<V>) -> Self {
        Self { holds, right: right.0, null_is_null: false }
    }
}

impl<M: Model, A: Measure<M>> Test<M, A> for Compared<A::Value> {
    fn holds(&self, found: A::Output<'_>) -> bool {
        match &self.right {
            Some(right) => A::against(&found, right).is_some_and(self.holds),
            None => self.null_is_null && A::is_missing(&found),
        }
    }
}

/// There was nothing to find.
#[derive(Clone, Copy, Debug)]
pub struct Missing;

impl<M: Model, A: Measure<M>> Test<M, A> for Missing {
    fn holds(&self, found: A::Output<'_>) -> bool {
        A::is_missing(&found)
    }
}

/// A condition on nothing, which is met.
#[derive(Clone, Copy, Debug)]
pub struct Always;

impl<M: Model> Test<M, ()> for Always {
    fn holds(&self, (): ()) -> bool {
        true
    }
}

macro_rules! connectives {
    ($($(#[$doc:meta])* $name:ident: ($($side:ident $test:ident),+) |$($met:ident),+| $answer:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl<Row, $($side, $test),+> Test<Row, ($(Condition<$side, $test>,)+)> for $name
        where
            Row: Model,
            $($side: Aggregate<Row>, $test: Test<Row, $side>,)+
        {
            fn holds(&self, ($($met,)+): ($(bool_of!($met),)+)) -> bool {
                $answer
            }
        }
    )*};
}

macro_rules! bool_of {
    ($met:ident) => {
        bool
    };
}

connectives! {
    /// Both conditions are met.
    Both: (A T, B U) |left, right| left && right;
    /// One of two conditions is met, or both are.
    Either: (A T, B U) |left, right| left || right;
    /// A condition is not met.
    Neither: (A T) |met| !met;
}

impl<A, T, B, U> BitAnd<Condition<B, U>> for Condition<A, T> {
    type Output = Joined<Self, Condition<B, U>>;

    fn bitand(self, other: Condition<B, U>) -> Self::Output {
        Condition::new((self, other), Both)
    }
}

impl<A, T, B, U> BitOr<Condition<B, U>> for Condition<A, T> {
    type Output = Condition<(Self, Condition<B, U>), Either>;

    fn bitor(self, other: Condition<B, U>) -> Self::Output {
        Condition::new((self, other), Either)
    }
}

impl<A, T> Not for Condition<A, T> {
    type Output = Negated<Self>;

    fn not(self) -> Self::Output {
        Condition::new((self,), Neither)
    }
}
