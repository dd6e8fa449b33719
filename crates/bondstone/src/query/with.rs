//! Rows with the rows they are related to, several levels deep: `query.with((User::ORDERS.with(Order::ITEMS), User::ADDRESSES))`.
//!
//! The rows of the query are taken by the batch. For a batch the relatives are fetched level by level: all orders of all its
//! users, then all items of all these orders. So what is needed next is known before it is needed, and memory is asked for
//! it in time: that is what makes this faster than a loop within a loop.
//!
//! ```text
//! users      a              b   c                 one batch
//! orders     a1  a2  a3     b1                    one flat list, and where each user's orders end
//! items      ·   ··  ·      ····                  one flat list, and where each order's items end
//! ```
//!
//! How the relatives of a batch are found, counts decide ([`FetchKind`]). What is handed out is composed of the flat lists:
//! as vectors, which the caller may keep, or lent ([`Fetching::lend`]), without any allocation.
//!
//! | file | noun |
//! |---|---|
//! | `fetch` | what `with` takes: a branch, or a tuple of branches |
//! | `branch` | a relation, and what is asked of the relatives: conditions, order, limit, relatives of their own |
//! | `follow` | from a batch of rows to the flat list of their relatives, for each kind of relation |
//! | `flat` | the flat list; its part that a filter, an order and a limit leave of it |
//! | `gathered` | the relatives of all rows, from one pass over their table |
//! | `shape` | how many relatives there may be: one, none or one, several |

mod branch;
mod fetch;
mod flat;
mod follow;
mod gathered;
mod shape;

use std::iter::FusedIterator;
use std::sync::Arc;

use bondstone_schema::Model;

use super::{Matches, Query, Start};
use crate::expression::{At, NO_PARAMETERS, Parameters};
use crate::predicate::Node;
use crate::view::View;

pub use branch::{Branch, Lent, Relation};
pub use fetch::{Alone, And, Fetch, Then};
pub(super) use flat::Flat;
pub use follow::Follow;
pub use shape::{Several, Shape};

/// So many rows make up the first batch, where no limit says how many are wanted: perhaps it is only the first.
const FIRST_BATCH: usize = 16;

/// So many rows make up a batch at most: their relatives and those of these should fit into the processor's caches until
/// they are handed out.
const BATCH: usize = 64;

/// How the relatives of many rows are found. Counts decide; tests [force](With::force) each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FetchKind {
    /// By the lists that the foreign key's index keeps of each row's relatives.
    Lists,
    /// By one pass over the relatives' table. Where a condition leaves few of the relatives of most rows, it is judged in
    /// the order of memory.
    Pass,
}

impl FetchKind {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::Lists, Self::Pass];
}

/// What a fetch knows about the rows that it is asked for.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct Scope {
    /// Will most rows of their table come?
    most: bool,
    forced: Option<FetchKind>,
}

impl Scope {
    /// Is one pass better than as many lists as there will be rows?
    ///
    /// If it leaves out some (`open`: it leaves out none), since those are then judged in the order of memory, which costs
    /// less than half. Else whoever reads the relatives meets them in the order of their rows anyway.
    fn passes(self, open: bool) -> bool {
        self.forced.map_or(self.most && !open, |kind| kind == FetchKind::Pass)
    }

    /// For the next level, when a level has only some of its rows.
    const fn narrowed(self) -> Self {
        Self { most: false, ..self }
    }
}

/// A query whose rows come with what they are related to: what [`Query::with`] gives.
#[must_use = "a query does nothing until it is asked for rows"]
pub struct With<'v, M: Model, W> {
    query: Query<'v, M>,
    fetch: W,
    forced: Option<FetchKind>,
}

impl<'v, M: Model> Query<'v, M> {
    /// Each row together with rows it is related to: what an ORM calls eager loading, joined, by subquery or by `in`. Here
    /// nothing is loaded; but relatives that are asked for together come faster than one row's after the other's.
    ///
    /// | asked for | beside the row |
    /// |---|---|
    /// | a foreign key `Order::USER_ID`, or a path that ends in one | `&User`, `Option<&User>` where it may be null |
    /// | `has_one` | `Option<&Profile>` |
    /// | `has_many` `User::ORDERS`, also `via` | `Vec<&Order>` |
    /// | any of these with more: `User::ORDERS.with(Order::ITEMS)` | `Vec<(&Order, Vec<&OrderItem>)>` |
    /// | `User::ORDERS.filter(…).order_by(…).limit(3)` | `Vec<&Order>`, for each user the first three of those |
    /// | a tuple of these | a tuple of these |
    ///
    /// The query's conditions, order and limit say which rows come, and in which order. O(rows and relatives).
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// db.write(|tx| tx.insert_all([3, 4].map(|quantity| NewOrder { user_id: ann, quantity })))?;
    /// let snap = db.read();
    /// for (user, orders) in snap.query::<User>().with(User::ORDERS) {
    ///     assert_eq!((user.id, orders.len()), (ann, 2));
    /// }
    /// let large = User::ORDERS.filter(Order::QUANTITY.gt(3));
    /// for (order, (user, orders)) in snap.query().with(Order::USER_ID.with(large)) {
    ///     assert_eq!((order.user_id, user.id, orders.len()), (ann, ann, 1));
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with<W: Fetch<M>>(self, related: W) -> With<'v, M, W> {
        With { query: self, fetch: related, forced: None }
    }
}

impl<'v, M: Model, W: Fetch<M>> With<'v, M, W> {
    /// Finds the relatives in this way wherever it is possible, whatever the counts: for tests and measurements.
    pub fn force(self, kind: FetchKind) -> Self {
        Self { forced: Some(kind), ..self }
    }

    /// All rows, each with what it is related to.
    #[must_use]
    pub fn all(self) -> Vec<(&'v M, W::Found<'v>)> {
        self.into_iter().collect()
    }

    /// The first row with what it is related to, if there is any.
    #[must_use]
    pub fn first(self) -> Option<(&'v M, W::Found<'v>)> {
        Self { query: self.query.limit(1), ..self }.into_iter().next()
    }

    /// The rows of the query, and whether they will be most rows of their table.
    ///
    /// Where it matters and only running tells how many there are, they are collected first.
    fn rows(query: Query<'v, M>, fetch: &W) -> (Rows<'v, M>, bool) {
        let Start::Table = query.start else { return (Rows::Running(query.into_iter()), false) };
        if query.spec.limit.is_some() || query.spec.offset > 0 {
            return (Rows::Running(query.into_iter()), false);
        }
        let all = matches!(&query.spec.filter.0, Node::All(parts) if parts.is_empty());
        if all && query.spec.closures.is_empty() {
            return (Rows::Running(query.into_iter()), true);
        }
        if !fetch.can_pass() {
            return (Rows::Running(query.into_iter()), false);
        }
        let view = query.view();
        let rows = query.all();
        let most = 2 * rows.len() >= view.count::<M>();
        (Rows::Collected(rows.into_iter()), most)
    }
}

impl<'v, M: Model, W: Fetch<M>> IntoIterator for With<'v, M, W> {
    type Item = (&'v M, W::Found<'v>);
    type IntoIter = Fetching<'v, M, W>;

    fn into_iter(self) -> Fetching<'v, M, W> {
        let view = self.query.view();
        let parameters = self.query.parameters.clone();
        let size = self.query.spec.limit.map_or(FIRST_BATCH, |limit| limit.min(BATCH));
        let (rows, most) = Self::rows(self.query, &self.fetch);
        Fetching {
            view,
            parameters,
            rows,
            fetch: self.fetch,
            scope: Scope { most, forced: self.forced },
            taken: Vec::with_capacity(size),
            next: 0,
            size,
            batch: W::Batch::default(),
        }
    }
}

enum Rows<'v, M: Model> {
    Running(Matches<'v, M>),
    Collected(std::vec::IntoIter<&'v M>),
}

/// The rows of a query, each with what it is related to, while it runs.
pub struct Fetching<'v, M: Model, W: Fetch<M>> {
    view: &'v View,
    parameters: Option<Arc<dyn Parameters>>,
    rows: Rows<'v, M>,
    fetch: W,
    scope: Scope,
    /// The batch that is being handed out, from `next` on, and what its rows are related to.
    taken: Vec<&'v M>,
    next: usize,
    batch: W::Batch<'v>,
    /// How many rows the next batch takes.
    size: usize,
}

impl<'v, M: Model, W: Fetch<M>> Fetching<'v, M, W> {
    /// The next row, and what it is related to, lent until the next call: where [`next`](Iterator::next) gives a vector,
    /// this gives a list that stands in the batch already. Nothing is allocated for a row.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// db.write(|tx| tx.insert_all([3, 4].map(|quantity| NewOrder { user_id: ann, quantity })))?;
    /// let snap = db.read();
    /// let mut users = snap.query::<User>().with(User::ORDERS).into_iter();
    /// while let Some((user, orders)) = users.lend() {
    ///     let quantity: u32 = orders.into_iter().map(|order| order.quantity).sum();
    ///     assert_eq!((user.id, quantity), (ann, 7));
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn lend(&mut self) -> Option<(&'v M, W::Lent<'_, 'v>)> {
        let nth = self.advance()?;
        Some((self.taken[nth], W::lend(nth, &self.batch)))
    }

    /// The place of the next row in the batch.
    #[inline]
    fn advance(&mut self) -> Option<usize> {
        if self.next == self.taken.len() {
            self.refill();
        }
        let nth = self.next;
        (nth < self.taken.len()).then(|| {
            self.next += 1;
            nth
        })
    }

    fn refill(&mut self) {
        self.taken.clear();
        self.next = 0;
        match &mut self.rows {
            Rows::Running(rows) => rows.take_into(self.size, &mut self.taken),
            Rows::Collected(rows) => self.taken.extend(rows.take(self.size)),
        }
        self.size = (2 * self.size).min(BATCH);
        let parameters = self.parameters.as_deref().unwrap_or(NO_PARAMETERS);
        let at = At { view: self.view, parameters };
        self.fetch.fetch(&self.taken, at, self.scope, &mut self.batch);
    }
}

impl<'v, M: Model, W: Fetch<M>> Iterator for Fetching<'v, M, W> {
    type Item = (&'v M, W::Found<'v>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let nth = self.advance()?;
        Some((self.taken[nth], W::found(nth, &self.batch)))
    }
}

impl<M: Model, W: Fetch<M>> FusedIterator for Fetching<'_, M, W> {}
