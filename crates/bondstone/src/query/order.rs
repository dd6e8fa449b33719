//! In which order rows come: one key or several, each ascending or descending.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use bondstone_schema::{Id, KeyBuf, Model, Nullness, Value};

use super::plan::OrderKey;
use crate::expression::{Access, At, Expression};
use crate::ranged::Compare;

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
    /// How rows compare with one of them, which is evaluated once.
    fn against<'a>(
        &'a self,
        right: &'a M,
        descending: bool,
        nulls_first: bool,
        at: At<'a, 'a>,
    ) -> Against<'a, M>;
    /// Hands out how rows compare by their numbers, so that each is evaluated once.
    fn compare_all(
        &self,
        rows: &[&M],
        descending: bool,
        nulls_first: bool,
        at: At<'_, '_>,
        use_it: &mut dyn FnMut(&Compare<'_>),
    );
    fn access(&self) -> Access;
    /// Appends the bytes of a row's value, as those of an index's last column if it is to be `last`; false if it is null.
    fn encode(&self, row: &M, at: At<'_, '_>, last: bool, bytes: &mut KeyBuf) -> bool;
    /// The type whose values are encoded.
    fn encoding(&self) -> Result<String, NoEncoding>;
    /// May there be nulls?
    fn is_nullable(&self) -> bool;
    fn text(&self) -> String;
}

/// How a row compares with a certain other one.
pub(crate) type Against<'a, M> = Box<dyn Fn(&M) -> Ordering + 'a>;

/// Why nobody may remember a place in an order by its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoEncoding {
    /// Only the values' own `Ord` knows their order.
    Compared,
    /// The values are not to be shown.
    Private,
}

/// What the encoding of a type depends on, if it has one with the order of its values.
fn encoding_of<V: Value + Ord>(private: bool) -> Result<String, NoEncoding> {
    if private {
        return Err(NoEncoding::Private);
    }
    // An enum is encoded as it is declared; an `Ord` of its own may say otherwise.
    if V::COMPARED || V::order_fault().is_some() {
        return Err(NoEncoding::Compared);
    }
    let described = V::describe();
    Ok(format!("{} {}", described.name, described.variants.join(" ")))
}

struct By<E>(E);

/// The order of two values that may be null.
#[inline]
fn compare<V: Ord + ?Sized, L: Borrow<V>, R: Borrow<V>>(
    left: Option<&L>,
    right: Option<&R>,
    descending: bool,
    nulls_first: bool,
) -> Ordering {
    match (left, right) {
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
        let (left, right) = (self.0.see(left, at), self.0.see(right, at));
        compare::<E::Value, _, _>(left.as_ref(), right.as_ref(), descending, nulls_first)
    }

    fn against<'a>(
        &'a self,
        right: &'a M,
        descending: bool,
        nulls_first: bool,
        at: At<'a, 'a>,
    ) -> Against<'a, M> {
        let right = self.0.see(right, at);
        Box::new(move |left| {
            let left = self.0.see(left, at);
            compare::<E::Value, _, _>(left.as_ref(), right.as_ref(), descending, nulls_first)
        })
    }

    fn compare_all(
        &self,
        rows: &[&M],
        descending: bool,
        nulls_first: bool,
        at: At<'_, '_>,
        use_it: &mut dyn FnMut(&Compare<'_>),
    ) {
        let seen: Vec<_> = rows.iter().map(|row| self.0.see(row, at)).collect();
        use_it(&|left, right| {
            let (left, right) = (seen[left].as_ref(), seen[right].as_ref());
            compare::<E::Value, _, _>(left, right, descending, nulls_first)
        });
    }

    fn access(&self) -> Access {
        self.0.access()
    }

    fn encode(&self, row: &M, at: At<'_, '_>, last: bool, bytes: &mut KeyBuf) -> bool {
        let Some(value) = self.0.see(row, at) else { return false };
        if last {
            value.borrow().encode_last(bytes)
        } else {
            value.borrow().encode(bytes)
        }
        true
    }

    fn encoding(&self) -> Result<String, NoEncoding> {
        encoding_of::<E::Value>(self.0.is_private())
    }

    fn is_nullable(&self) -> bool {
        <E::Null as Nullness>::NULLABLE
    }

    fn text(&self) -> String {
        self.0.text()
    }
}

/// By the primary key.
struct ByKey;

impl<M: Model> SortKey<M> for ByKey {
    fn compare(&self, left: &M, right: &M, descending: bool, _: bool, _: At<'_, '_>) -> Ordering {
        let order = left.id().cmp(&right.id());
        if descending { order.reverse() } else { order }
    }

    fn against<'a>(
        &'a self,
        right: &'a M,
        descending: bool,
        _nulls_first: bool,
        _at: At<'a, 'a>,
    ) -> Against<'a, M> {
        let right = right.id();
        Box::new(move |left| {
            let order = left.id().cmp(&right);
            if descending { order.reverse() } else { order }
        })
    }

    fn compare_all(
        &self,
        rows: &[&M],
        descending: bool,
        _nulls_first: bool,
        _at: At<'_, '_>,
        use_it: &mut dyn FnMut(&Compare<'_>),
    ) {
        let ids: Vec<_> = rows.iter().map(|row| row.id()).collect();
        use_it(&|left, right| {
            let order = ids[left].cmp(&ids[right]);
            if descending { order.reverse() } else { order }
        });
    }

    fn access(&self) -> Access {
        Access::Key
    }

    fn encode(&self, row: &M, _: At<'_, '_>, last: bool, bytes: &mut KeyBuf) -> bool {
        let id: Id<M> = row.id();
        if last {
            id.encode_last(bytes)
        } else {
            id.encode(bytes)
        }
        true
    }

    fn encoding(&self) -> Result<String, NoEncoding> {
        let mut columns = M::DEFINITION.key.index.columns.iter();
        encoding_of::<M::Key>(
            columns.any(|column| M::DEFINITION.columns[usize::from(*column)].private),
        )
    }

    fn is_nullable(&self) -> bool {
        false
    }

    fn text(&self) -> String {
        "key".into()
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

    /// By the primary key.
    pub(crate) fn by_key(descending: bool) -> Self {
        Self { key: Arc::new(ByKey), descending, nulls_first: !descending }
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

    /// How rows compare with this one, which is evaluated once.
    pub(crate) fn against<'a>(&'a self, right: &'a M, at: At<'a, 'a>) -> Against<'a, M> {
        self.key.against(right, self.descending, self.nulls_first, at)
    }

    /// Hands out how rows compare by their numbers: each is evaluated once.
    pub(crate) fn compare_all(
        &self,
        rows: &[&M],
        at: At<'_, '_>,
        use_it: &mut dyn FnMut(&Compare<'_>),
    ) {
        self.key.compare_all(rows, self.descending, self.nulls_first, at, use_it);
    }

    /// Appends the order-preserving bytes of a row's value, as those of an index's last column if it is to be `last`; false if
    /// it is null.
    pub(crate) fn encode(&self, row: &M, at: At<'_, '_>, last: bool, bytes: &mut KeyBuf) -> bool {
        self.key.encode(row, at, last, bytes)
    }

    /// How rows with these encoded values come; `None` is null.
    #[inline]
    pub(crate) fn compare_encoded(&self, left: Option<&[u8]>, right: Option<&[u8]>) -> Ordering {
        compare::<[u8], _, _>(left.as_ref(), right.as_ref(), self.descending, self.nulls_first)
    }

    /// The type whose values are encoded, if they are.
    pub(crate) fn encoding(&self) -> Result<String, NoEncoding> {
        self.key.encoding()
    }

    /// What an index may know its values by.
    pub(crate) fn access(&self) -> Access {
        self.key.access()
    }

    pub(crate) fn is_nullable(&self) -> bool {
        self.key.is_nullable()
    }

    /// As a planner sees it.
    pub(crate) fn erased(&self) -> OrderKey {
        OrderKey {
            access: self.key.access(),
            descending: self.descending,
            nulls_as_indexed: self.has_nulls_as_indexed() || !self.key.is_nullable(),
        }
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

impl<M: Model> fmt::Debug for Order<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
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
