//! Queries: which rows of one model, in which order, how many.
//!
//! A [`Query`] is built step by step and runs when it is asked for something: rows, one row, a number. What was asked is a
//! [`Spec`], plain data that knows no view; so a prepared query keeps one, and a query of a relation has one as that of a
//! whole table has.
//!
//! ```text
//! Spec ──► plan: which access path, which conditions are left, is the order served ──► Source ──► Matches ──► ends
//!          works with hints and statistics, without types                            rows       judged, 64
//! ```

pub mod aggregate;
mod chunks;
mod ends;
mod explain;
mod group;
pub(crate) mod join;
mod matches;
pub(crate) mod order;
pub(crate) mod page;
mod part;
pub(crate) mod plan;
mod point;
mod prepared;
mod run;
mod select;
mod sort;
mod source;
pub(crate) mod with;

use std::sync::Arc;

use bondstone_schema::Model;

use crate::expression::{At, NO_PARAMETERS, Parameters};
use crate::predicate::{Pred, each};
use crate::related::Related;
use crate::view::View;

pub use explain::{Plan, PlanLine};
pub use group::{GroupBy, Groups};
pub use matches::Matches;
pub use order::{IntoOrder, Order};
pub use page::{Cursor, CursorError, Page};
pub use plan::PlanKind;
pub use point::UniqueColumn;
pub use prepared::{Arguments, Bring, Prepared, Run};
pub use select::{Distinct, Selected, Selection};

/// Rows of `M`: all of a table, or those that a row is related to; filtered, ordered, limited.
///
/// Nothing happens until it is asked for something: iterated over, or one of its ends ([`all`](Query::all),
/// [`first`](Query::first), [`count`](Query::count) …).
///
/// The order of the rows is promised only if it was asked for.
///
/// ```
#[doc = include_str!("example.txt")]
/// db.write(|tx| {
///     for (email, age) in [("bob@x.org", 41), ("eve@x.org", 23)] {
///         tx.insert_with(NewUser { email: email.into() }, |user| user.age = age)?;
///     }
///     Ok(())
/// })?;
/// let snap = db.read();
/// let grown = snap.query::<User>().filter(User::AGE.ge(18)).order_by(User::AGE.desc());
/// let emails: Vec<&str> = grown.into_iter().map(|user| user.email.as_str()).collect();
/// assert_eq!(emails, ["bob@x.org", "eve@x.org"]);
/// # Ok::<(), Error>(())
/// ```
#[must_use = "a query does nothing until it is asked for rows"]
pub struct Query<'v, M: Model> {
    pub(crate) view: Option<&'v View>,
    pub(crate) start: Start<'v, M>,
    pub(crate) spec: Spec<'v, M>,
    pub(crate) parameters: Option<Arc<dyn Parameters>>,
}

/// Where a query's rows come from.
pub(crate) enum Start<'v, M: Model> {
    /// All rows of the table.
    Table,
    /// The rows that one row is related to.
    Related(Related<'v, M>),
}

/// What a query asks for.
pub(crate) struct Spec<'f, M> {
    pub(crate) filter: Pred<M>,
    /// Conditions that are the user's closures, judged last.
    pub(crate) closures: Vec<Closure<'f, M>>,
    pub(crate) order: Vec<Order<M>>,
    pub(crate) offset: usize,
    pub(crate) limit: Option<usize>,
    /// Only plans of this kind.
    pub(crate) force: Option<PlanKind>,
}

/// Which of the marked rows a closure accepts.
pub(crate) type Closure<'f, M> = Arc<dyn Fn(&[&M], u64) -> u64 + Send + Sync + 'f>;

impl View {
    /// A query of a table: filter it, order it, ask it for rows.
    ///
    /// The model is often known from the conditions: `snap.query().filter(User::AGE.gt(18))`.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// assert!(db.read().query().filter(User::EMAIL.eq("ann@x.org")).exists());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn query<M: Model>(&self) -> Query<'_, M> {
        Query { view: Some(self), start: Start::Table, spec: Spec::new(), parameters: None }
    }
}

impl<M: Model> Spec<'_, M> {
    pub(crate) const fn new() -> Self {
        Self {
            filter: Pred::always(),
            closures: Vec::new(),
            order: Vec::new(),
            offset: 0,
            limit: None,
            force: None,
        }
    }
}

impl<'v, M: Model> Query<'v, M> {
    /// Only rows that meet this condition, too.
    pub fn filter(mut self, condition: impl Into<Pred<M>>) -> Self {
        self.spec.filter = self.spec.filter & condition.into();
        self
    }

    /// Only rows that this closure accepts, too. It is compiled into the loop over the rows; no index can serve it.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// let domains = ["x.org", "y.org"];
    /// let snap = db.read();
    /// let known = snap.query::<User>().filter_fn(|user| domains.iter().any(|d| user.email.ends_with(d)));
    /// assert_eq!(known.count(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn filter_fn(mut self, accepts: impl Fn(&M) -> bool + Send + Sync + 'v) -> Self {
        let closure = move |rows: &[&M], among| each(rows, among, |row| accepts(row));
        self.spec.closures.push(Arc::new(closure));
        self
    }

    /// In this order; after what was asked for before, if anything: rows that agree in that come in this order.
    ///
    /// Free if an index has the order, else O(n log n); with a [`limit`](Query::limit) of k, O(n log k).
    pub fn order_by(mut self, order: impl IntoOrder<M>) -> Self {
        self.spec.order.extend(order.into_orders());
        self
    }

    /// In the order of the primary keys; after what was asked for before, if anything. Free where the engine assigns the keys.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// let bob = db.write(|tx| tx.insert(NewUser { email: "bob@x.org".into() }))?;
    /// let snap = db.read();
    /// assert_eq!(snap.query::<User>().order_by_key().ids(), [ann, bob]);
    /// assert_eq!(snap.query::<User>().order_by_key_desc().ids(), [bob, ann]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn order_by_key(self) -> Self {
        self.order_by(Order::by_key(false))
    }

    /// In the order of the primary keys, greatest first. See [`order_by_key`](Query::order_by_key).
    pub fn order_by_key_desc(self) -> Self {
        self.order_by(Order::by_key(true))
    }

    /// At most so many rows, after those that [`offset`](Query::offset) passes over.
    pub fn limit(mut self, rows: usize) -> Self {
        self.spec.limit = Some(self.spec.limit.map_or(rows, |limit| limit.min(rows)));
        self
    }

    /// Without the first so many rows. O(offset): they are found and passed over; to go through a table page by page,
    /// [`page`](Query::page) is the better way.
    pub fn offset(mut self, rows: usize) -> Self {
        self.spec.offset = self.spec.offset.saturating_add(rows);
        self
    }

    /// The same query, run by a plan of this kind; `None` if there is none. For tests: a plan that is chosen is never slower
    /// by much, and one that is forced may be slower by any factor. What comes out is the same.
    ///
    /// Whether a query that is being [prepared](crate::Database::prepare) has such a plan is known when it is run: if not, all
    /// rows are read.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// use bondstone::PlanKind;
    ///
    /// let snap = db.read();
    /// let ann = snap.query().filter(User::EMAIL.eq("ann@x.org"));
    /// assert!(ann.clone().force(PlanKind::Unique).is_some_and(|query| query.count() == 1));
    /// assert!(ann.clone().force(PlanKind::Scan).is_some_and(|query| query.count() == 1));
    /// assert!(ann.force(PlanKind::Range).is_none());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn force(mut self, kind: PlanKind) -> Option<Self> {
        self.spec.force = Some(kind);
        if self.view.is_none() {
            return Some(self);
        }
        self.clone().normal().choose().map(|_| self)
    }

    /// The view that is read.
    ///
    /// # Panics
    /// Where a query is being prepared, there is none yet.
    pub(crate) fn view(&self) -> &'v View {
        match self.view {
            Some(view) => view,
            None => panic!("a query that is being prepared has no rows yet: run it first"),
        }
    }

    pub(crate) fn parameters(&self) -> &dyn Parameters {
        self.parameters.as_deref().unwrap_or(NO_PARAMETERS)
    }

    pub(crate) fn at(&self) -> At<'v, '_> {
        At { view: self.view(), parameters: self.parameters() }
    }
}

impl<M: Model> Clone for Query<'_, M> {
    fn clone(&self) -> Self {
        Self {
            view: self.view,
            start: self.start.clone(),
            spec: self.spec.clone(),
            parameters: self.parameters.clone(),
        }
    }
}

impl<M: Model> Clone for Start<'_, M> {
    fn clone(&self) -> Self {
        match self {
            Self::Table => Self::Table,
            Self::Related(related) => Self::Related(related.clone()),
        }
    }
}

impl<M> Clone for Spec<'_, M> {
    fn clone(&self) -> Self {
        Self {
            filter: self.filter.clone(),
            closures: self.closures.clone(),
            order: self.order.clone(),
            ..*self
        }
    }
}
