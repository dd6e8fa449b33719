//! Expressions: what a query reads of a row.
//!
//! A column, a foreign key, a path over foreign keys, a hybrid, a calculation: each has a value for a row, or null. An
//! expression is a small value that says *what* to read. Its type says it, too, so that reading is compiled into the loop
//! over the rows and nothing is boxed or cloned for a row: what is stored is seen by reference, what is computed is owned,
//! and both are [`Borrow`]ed alike.
//!
//! [`Expression`] is what stands on the left of a comparison, in `order_by`, `group_by` and `select`. [`Term`] is what
//! stands on the right: an expression, a constant, or a parameter of a prepared query.

mod calc;
mod column;
#[cfg(feature = "json")]
pub(crate) mod json;
mod path;
mod term;
pub(crate) mod variant;

use std::borrow::Borrow;

use bondstone_schema::{Cast, Convert, Fk, Hashing, IntoTerm, IntoValue, Model, Nullness, Value};
use bondstone_storage::Slot;

use crate::predicate::compare::{Among, Equal, IsNull, Ordered, Relation, Within};
use crate::predicate::{Asked, Effort, Hint, Known, Pred, Test};
use crate::query::order::Order;
use crate::view::View;

pub(crate) use term::NO_PARAMETERS;
pub use term::{Parameters, Term};

/// Where a row is read: the view, and the values of a prepared query's parameters.
#[derive(Clone, Copy)]
pub struct At<'v, 'p> {
    pub(crate) view: &'v View,
    pub(crate) parameters: &'p dyn Parameters,
}

impl<'v> At<'v, 'static> {
    /// In a view, without parameters.
    pub(crate) fn plain(view: &'v View) -> Self {
        Self { view, parameters: NO_PARAMETERS }
    }
}

/// What an index may know an expression by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub enum Access {
    /// A column of the model.
    Column(u16),
    /// A foreign key: its column, and its place among the model's foreign keys.
    ForeignKey(u16, usize),
    /// A pure hybrid, by its name.
    Hybrid(&'static str),
    /// The primary key, as an order.
    Key,
    /// None knows it.
    None,
}

/// A parent of a row: the foreign key that leads to it, by its place among the model's, and the number that is its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub struct Parent {
    pub(crate) foreign_key: usize,
    pub(crate) number: u64,
}

impl Parent {
    /// The parent of a row.
    #[inline(always)]
    pub(crate) fn of<M: Model, P: Model, N>(key: &Fk<M, P, N>, row: &M) -> Option<Self> {
        Some(Self { foreign_key: key.position(), number: key.get(row)?.number()? })
    }
}

/// What can be read of a row of `M` in a query: a column, a foreign key, a path, a hybrid, a calculation.
///
/// Nulls: a comparison by order ([`lt`](Expression::lt) and the like) with null on either side is false. [`eq`](Expression::eq)
/// takes null as a value like Rust does: `eq(None)` is true of a null.
///
/// ```
#[doc = include_str!("example.txt")]
/// db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 3 }))?;
/// let snap = db.read();
/// let some = snap.query::<Order>().filter(Order::QUANTITY.gt(2) & Order::USER_ID.to(User::AGE).lt(18));
/// assert_eq!(some.count(), 1);
/// # Ok::<(), Error>(())
/// ```
#[expect(
    clippy::wrong_self_convention,
    reason = "expressions are small values, used up like operands"
)]
pub trait Expression<M: Model>: Clone + Send + Sync + 'static {
    /// The type of its values, null apart.
    type Value: Value;
    /// Whether it may be null.
    type Null: Nullness;
    /// How a value is seen: by reference if it is stored, owned if it is computed.
    type Seen<'v>: Borrow<Self::Value>;

    /// Its value for a row; `None` is null.
    #[doc(hidden)]
    fn see<'v>(&self, row: &'v M, at: At<'v, '_>) -> Option<Self::Seen<'v>>;

    /// What an index may know it by.
    #[doc(hidden)]
    fn access(&self) -> Access {
        Access::None
    }

    /// How much work it is to see.
    #[doc(hidden)]
    fn effort(&self) -> Effort {
        match self.access() {
            Access::None => Effort::Parent,
            Access::Hybrid(_) => Effort::Owned,
            _ if std::mem::needs_drop::<Self::Value>() => Effort::Owned,
            _ => Effort::Row,
        }
    }

    /// What a plan could know of a comparison of it with what is the same for every row.
    #[doc(hidden)]
    fn hint<'a>(
        &'a self,
        test: Test<'a, &'a Self::Value>,
        _asked: Asked<'a, Self::Value>,
    ) -> Option<Hint<'a>> {
        Hint::of(self, test.map(Known::of::<M, Self>))
    }

    /// The parent that the value for a row depends on alone, if there is such a one and its key is a number.
    #[doc(hidden)]
    fn decided_by(&self, _row: &M) -> Option<Parent> {
        None
    }

    /// How a value hashes alone, where that is known by its type.
    #[doc(hidden)]
    #[inline]
    fn hash_plain(_value: &Self::Value, _hashing: &Hashing) -> Option<u64> {
        None
    }

    /// For a foreign key: the place of the row that this id names, as children keep it.
    #[doc(hidden)]
    fn parent_place(_id: &Self::Value, _view: &View) -> Option<Slot> {
        None
    }

    /// As it is written in a plan.
    #[doc(hidden)]
    fn text(&self) -> String;

    /// Does it show a column whose values are private? Then a plan must not show what it is compared with.
    #[doc(hidden)]
    fn is_private(&self) -> bool {
        false
    }

    /// Is the value this one? Null equals null only.
    fn eq<T>(self, right: T) -> Pred<M>
    where
        T: IntoTerm<M, Self::Value>,
        T::Term: Term<M, Self::Value>,
    {
        Pred::leaf(Equal::new(self, right.into_term()))
    }

    /// Is the value another than this one? The same as `!` [`eq`](Expression::eq).
    fn ne<T>(self, right: T) -> Pred<M>
    where
        T: IntoTerm<M, Self::Value>,
        T::Term: Term<M, Self::Value>,
    {
        !self.eq(right)
    }

    /// Is the value less?
    fn lt<T>(self, right: T) -> Pred<M>
    where
        Self::Value: PartialOrd,
        T: IntoTerm<M, Self::Value>,
        T::Term: Term<M, Self::Value>,
    {
        Pred::leaf(Ordered::new(self, Relation::Less, right.into_term()))
    }

    /// Is the value less or the same?
    fn le<T>(self, right: T) -> Pred<M>
    where
        Self::Value: PartialOrd,
        T: IntoTerm<M, Self::Value>,
        T::Term: Term<M, Self::Value>,
    {
        Pred::leaf(Ordered::new(self, Relation::LessOrEqual, right.into_term()))
    }

    /// Is the value greater?
    fn gt<T>(self, right: T) -> Pred<M>
    where
        Self::Value: PartialOrd,
        T: IntoTerm<M, Self::Value>,
        T::Term: Term<M, Self::Value>,
    {
        Pred::leaf(Ordered::new(self, Relation::Greater, right.into_term()))
    }

    /// Is the value greater or the same?
    fn ge<T>(self, right: T) -> Pred<M>
    where
        Self::Value: PartialOrd,
        T: IntoTerm<M, Self::Value>,
        T::Term: Term<M, Self::Value>,
    {
        Pred::leaf(Ordered::new(self, Relation::GreaterOrEqual, right.into_term()))
    }

    /// Does the value lie in this range? `Product::PRICE.within(10..20)`; a null does not.
    fn within<R, T>(self, range: R) -> Pred<M>
    where
        Self::Value: PartialOrd,
        R: crate::predicate::compare::IntoRange<T>,
        T: IntoTerm<M, Self::Value>,
        T::Term: Term<M, Self::Value>,
    {
        Pred::leaf(Within::new::<Self::Value, T>(self, range))
    }

    /// Is the value one of these? Duplicates do no harm; a null is none of them.
    ///
    /// What another query found are values like any others: its [`ids`](crate::Query::ids), what it
    /// [selects](crate::Query::select), the [keys of its groups](crate::GroupBy::keys).
    fn in_<T>(self, values: impl IntoIterator<Item = T>) -> Pred<M>
    where
        Self::Value: Eq + std::hash::Hash,
        T: IntoValue<Self::Value>,
    {
        Pred::leaf(Among::new(self, values))
    }

    /// Is there no value?
    fn is_none(self) -> Pred<M> {
        Pred::leaf(IsNull::new(self))
    }

    /// Is there a value?
    fn is_some(self) -> Pred<M> {
        !self.is_none()
    }

    /// Is the value `true`?
    fn is_true(self) -> Pred<M>
    where
        Self: Expression<M, Value = bool>,
    {
        self.eq(true)
    }

    /// The order of the values, least first. Nulls come first.
    fn asc(self) -> Order<M>
    where
        Self::Value: Ord,
    {
        Order::ascending(self)
    }

    /// The order of the values, greatest first. Nulls come last.
    fn desc(self) -> Order<M>
    where
        Self::Value: Ord,
    {
        Order::descending(self)
    }

    /// The values as another type, null where they do not fit: `OrderItem::QUANTITY.cast::<i64>() * OrderItem::PRICE`. What is
    /// too large for a float is infinity.
    fn cast<T>(self) -> Cast<Self, T>
    where
        T: Value,
        Self::Value: Convert<T>,
    {
        Cast::new(self)
    }
}
