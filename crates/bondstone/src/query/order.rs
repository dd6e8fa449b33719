//! In which order rows come: one key or several, each ascending or descending.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::sync::Arc;

use bondstone_schema::Model;

use crate::expression::{Access, At, Expression};

/// One key of an order: an expression and a direction. Made by [`asc`](Expression::asc) and [`desc`](Expression::desc).
///
/// ```
#[doc = include_str!("../example.txt")]
/// let snap = db.read();
/// let users = snap.query::<User>().order_by((User::AGE.desc(), User::EMAIL.asc())).all();
/// assert_eq!(users.len(), 1);
/// # Ok::<(), Error>(())
/// ```
pub struct Order<M> {
    key: Arc<dyn SortKey<M>>,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

/// What rows are ordered by.
pub(crate) trait SortKey<M>: Send + Sync {
    /// The order of two rows, ascending. Nulls are on the side that `nulls_first` says, whatever the direction.
    fn compare(
        &self,
        left: &M,
        right: &M,
        descending: bool,
        nulls_first: bool,
        at: At<'_, '_>,
    ) -> Ordering;
    fn access(&self) -> Access;
    fn text(&self) -> String;
}

struct By<E>(E);

impl<M: Model, E: Expression<M>> SortKey<M> for By<E>
where
    E::Value: Ord,
{
    fn compare(
        &self,
        left: &M,
        right: &M,
        descending: bool,
        nulls_first: bool,
        at: At<'_, '_>,
    ) -> Ordering {
        match (self.0.see(left, at), self.0.see(right, at)) {
            (Some(left), Some(right)) => {
                let order = left.borrow().cmp(right.borrow());
                if descending { order.reverse() } else { order }
            }
            (None, None) => Ordering::Equal,
            (None, Some(_)) if nulls_first => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) if nulls_first => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
        }
    }

    fn access(&self) -> Access {
        self.0.access()
    }

    fn text(&self) -> String {
        self.0.text()
    }
}

impl<M: Model> Order<M> {
    pub(crate) fn ascending<E: Expression<M>>(by: E) -> Self
    where
        E::Value: Ord,
    {
        Self { key: Arc::new(By(by)), descending: false, nulls_first: true }
    }

    pub(crate) fn descending<E: Expression<M>>(by: E) -> Self
    where
        E::Value: Ord,
    {
        Self { key: Arc::new(By(by)), descending: true, nulls_first: false }
    }

    /// Rows without a value come first.
    #[must_use]
    pub fn nulls_first(self) -> Self {
        Self { nulls_first: true, ..self }
    }

    /// Rows without a value come last.
    #[must_use]
    pub fn nulls_last(self) -> Self {
        Self { nulls_first: false, ..self }
    }

    #[inline]
    pub(crate) fn compare(&self, left: &M, right: &M, at: At<'_, '_>) -> Ordering {
        self.key.compare(left, right, self.descending, self.nulls_first, at)
    }

    pub(crate) fn access(&self) -> Access {
        self.key.access()
    }

    /// Do nulls stand where an index has them: before all values?
    pub(crate) const fn has_nulls_as_indexed(&self) -> bool {
        self.nulls_first != self.descending
    }

    pub(crate) fn text(&self) -> String {
        let direction = if self.descending { " desc" } else { "" };
        let nulls = match (self.has_nulls_as_indexed(), self.nulls_first) {
            (true, _) => "",
            (false, true) => " nulls first",
            (false, false) => " nulls last",
        };
        format!("{}{direction}{nulls}", self.key.text())
    }
}

impl<M> Clone for Order<M> {
    fn clone(&self) -> Self {
        Self { key: Arc::clone(&self.key), ..*self }
    }
}

/// What `order_by` takes: an [`Order`], or a tuple of several, the first of which counts most.
pub trait IntoOrder<M> {
    /// The keys, in order.
    fn into_orders(self) -> Vec<Order<M>>;
}

impl<M> IntoOrder<M> for Order<M> {
    fn into_orders(self) -> Vec<Self> {
        vec![self]
    }
}

impl<M> IntoOrder<M> for Vec<Order<M>> {
    fn into_orders(self) -> Self {
        self
    }
}

macro_rules! orders {
    ($(($($key:ident $position:tt),+))*) => {$(
        impl<Row, $($key: IntoOrder<Row>),+> IntoOrder<Row> for ($($key,)+) {
            fn into_orders(self) -> Vec<Order<Row>> {
                let mut orders = Vec::new();
                $(orders.extend(self.$position.into_orders());)+
                orders
            }
        }
    )*};
}

orders! {
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
}
