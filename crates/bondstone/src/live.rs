//! Live queries: the rows of a query, and every difference from then on.
//!
//! ```text
//! feed ─► change set ─┬─ the row alone decides ─► each changed row of the model is judged ─► Delta
//!                     └─ other rows do, or an order and a limit ─► the query runs again, and is compared ─► Delta
//! ```
//!
//! # Invariants
//!
//! * **A delta is exactly the difference between two results of the query**: the one before, and the one at the delta's
//!   version. Rows that are as they were are not in it, and there are no empty deltas.
//! * **The writer does nothing for it** but what it does for any feed: all work is done by who asks for the next delta.
//! * **Between two deltas nothing of the database is held**: the result is kept as copies, no snapshot.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bondstone_schema::{Id, Model};
use bondstone_storage::Store;

use crate::change::{Change, ChangeSet};
use crate::database::Database;
use crate::error::Result;
use crate::expression::{Access, At};
use crate::feed::{Feed, Lagged};
use crate::predicate::{CHUNK, Effort, first};
use crate::query::{Query, Spec};
use crate::snapshot::Snapshot;
use crate::view::View;

/// A query whose result is kept up to date: what [`Database::live`] gives.
///
/// It has the rows as of the last [`Delta`]. The next one is worked out by who asks for it, so nothing happens, and nobody waits, while
/// nobody asks. A live query that falls behind by more than a [feed](crate::Builder::feed_capacity) holds goes on with one
/// greater delta: what is told is right at any time.
///
/// It does not keep the database open: when the last handle is gone, it ends.
///
/// ```
#[doc = include_str!("example.txt")]
/// let mut large = db.live::<Order>(|q| q.filter(Order::QUANTITY.ge(10)))?;
/// assert_eq!(large.rows().count(), 0);
///
/// let order = db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 3 }))?;
/// db.write(|tx| tx.update(order, |order| order.quantity = 12).map(drop))?;
/// let delta = large.recv().unwrap();
/// assert_eq!((delta.enter.len(), delta.enter[0].quantity), (1, 12));
///
/// db.write(|tx| tx.update(order, |order| order.quantity = 20).map(drop))?;
/// let delta = large.recv().unwrap();
/// assert_eq!((delta.change[0].before.quantity, delta.change[0].after.quantity), (12, 20));
///
/// db.write(|tx| tx.delete(ann).map(drop))?;
/// assert_eq!(large.recv().unwrap().leave[0].id, order);
/// assert!(large.try_recv().is_none());
/// # Ok::<(), Error>(())
/// ```
pub struct Live<M: Model> {
    feed: Feed,
    store: Arc<Store>,
    query: Box<dyn Build<M>>,
    way: Way,
    /// The version of the result.
    seq: u64,
    rows: HashMap<Id<M>, M>,
    /// The order of the rows, where the query is run again.
    order: Vec<Id<M>>,
}

/// The difference between two successive results of a live query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta<M> {
    /// The version at which the result is this one: as [`ChangeSet::seq`].
    pub seq: u64,
    /// Rows that are in the result and were not before.
    pub enter: Vec<M>,
    /// Rows that were in it and are, with other values.
    pub change: Vec<Changed<M>>,
    /// Rows that are in it no more, with the values that they had in it.
    pub leave: Vec<M>,
}

/// A row of a live query that has other values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed<M> {
    /// As it was in the result before.
    pub before: M,
    /// As it is.
    pub after: M,
}

/// What says what a live query asks for.
trait Build<M: Model>: Send {
    fn of<'v>(&self, view: &'v View) -> Query<'v, M>;
}

impl<M: Model, F: Fn(Query<'_, M>) -> Query<'_, M> + Send> Build<M> for F {
    fn of<'v>(&self, view: &'v View) -> Query<'v, M> {
        self(view.query())
    }
}

/// How the next result is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// By judging the rows that changed.
    Judge,
    /// By running the query again when its table changed.
    RunForOwn,
    /// By running it again when anything changed, since rows of other tables count.
    RunForAny,
}

impl Way {
    fn of<M: Model>(spec: &Spec<'_, M>) -> Self {
        let is_own = |access: Access| access != Access::None;
        let by_own = spec.filter.0.effort() <= Effort::Owned;
        match spec {
            _ if !by_own || !spec.order.iter().all(|key| is_own(key.access())) => Self::RunForAny,
            Spec { order, offset: 0, limit: None, .. } if order.is_empty() => Self::Judge,
            _ => Self::RunForOwn,
        }
    }
}

impl Database {
    /// A query whose result is kept up to date: its rows, and every [`Delta`] from then on. O(query), and a copy of each row.
    ///
    /// A condition on the row alone costs, for each commit, as much as judging the rows of the table that it changed. A query
    /// with an order, an offset or a limit is run again when its table has changed; one that reads other rows, by a path, a
    /// relation or a hybrid of its own, whenever anything has.
    ///
    /// The closure is called again and again, and must ask the same each time. What a
    /// [`filter_fn`](Query::filter_fn) says must depend on the row alone. What was found by another query before, as
    /// [`ids`](Query::ids) for [`in_`](crate::Expression::in_) or the values of a variable, stays what it was: say it by a path or a
    /// relation, [`User::ORDERS.any(..)`](crate::ToMany::any), and it is kept up to date.
    ///
    /// # Errors
    /// As for [`changes`](Self::changes).
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// let mut first = db.live::<User>(|q| q.order_by(User::EMAIL.asc()).limit(1))?;
    /// let emails = |live: &Live<User>| -> Vec<String> { live.rows().map(|user| user.email.clone()).collect() };
    /// assert_eq!(emails(&first), ["ann@x.org"]);
    /// db.write(|tx| tx.insert(NewUser { email: "abe@x.org".into() }))?;
    /// let delta = first.recv().unwrap();
    /// assert_eq!((delta.enter[0].email.as_str(), delta.leave[0].id), ("abe@x.org", ann));
    /// assert_eq!(emails(&first), ["abe@x.org"]);
    /// # use bondstone::Live;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn live<M: Model>(
        &self,
        query: impl Fn(Query<'_, M>) -> Query<'_, M> + Send + 'static,
    ) -> Result<Live<M>> {
        let (snapshot, feed) = self.read_and_follow()?;
        let mut live = Live {
            feed,
            store: Arc::clone(&self.inner.store),
            way: Way::of(&query(snapshot.query()).spec),
            query: Box::new(query),
            seq: 0,
            rows: HashMap::new(),
            order: Vec::new(),
        };
        live.run(&snapshot);
        Ok(live)
    }
}

impl<M: Model> Live<M> {
    /// The result as of the last delta, at first that of the beginning: in the query's order, if it has one.
    pub fn rows(&self) -> impl Iterator<Item = &M> {
        let (ordered, unordered) = match self.way {
            Way::Judge => (None, Some(self.rows.values())),
            Way::RunForOwn | Way::RunForAny => (Some(self.order.iter()), None),
        };
        let ordered = ordered.into_iter().flatten().filter_map(|id| self.rows.get(id));
        ordered.chain(unordered.into_iter().flatten())
    }

    /// The row with this key, if it is in the result.
    #[must_use]
    pub fn get(&self, id: &Id<M>) -> Option<&M> {
        self.rows.get(id)
    }

    /// The version of the result.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// The next difference; waits for it. `None` when the database is gone.
    pub fn recv(&mut self) -> Option<Delta<M>> {
        loop {
            let told = self.feed.recv()?;
            if let Some(delta) = self.follow(told) {
                return Some(delta);
            }
        }
    }

    /// The next difference, if there is one already.
    pub fn try_recv(&mut self) -> Option<Delta<M>> {
        loop {
            let told = self.feed.try_recv()?;
            if let Some(delta) = self.follow(told) {
                return Some(delta);
            }
        }
    }

    /// The next difference, if it comes in time, whatever other commits come meanwhile. `None`, too, when the database is gone.
    pub fn recv_timeout(&mut self, time: Duration) -> Option<Delta<M>> {
        let begun = Instant::now();
        loop {
            let left = time.saturating_sub(begun.elapsed());
            if left.is_zero() {
                break;
            }
            let told = self.feed.recv_timeout(left)?;
            if let Some(delta) = self.follow(told) {
                return Some(delta);
            }
        }
        // What was told in time counts, and no more: who commits without end must not hold us.
        (0..self.feed.receiver().len()).find_map(|_| {
            let told = self.feed.try_recv()?;
            self.follow(told)
        })
    }

    /// What a commit, or the loss of some, makes of the result; `None` if it is the same.
    fn follow(&mut self, told: Result<Arc<ChangeSet>, Lagged>) -> Option<Delta<M>> {
        let seq = told.as_ref().map_or_else(|lagged| lagged.to, |changes| changes.seq());
        if seq <= self.seq {
            // The query was run at this state or a later one.
            return None;
        }
        let delta = match (told, self.way) {
            (Ok(changes), Way::Judge | Way::RunForOwn) if !changes.concerns::<M>() => {
                Delta::at(changes.seq())
            }
            (Ok(changes), Way::Judge) => self.judge(&changes, &Snapshot::of_last(&self.store)),
            _ => self.run(&Snapshot::of_last(&self.store)),
        };
        self.seq = delta.seq;
        (!delta.is_empty()).then_some(delta)
    }

    /// Judges the rows that changed.
    fn judge(&mut self, changes: &ChangeSet, view: &View) -> Delta<M> {
        let mut delta = Delta::at(changes.seq());
        let Spec { filter, closures, .. } = self.query.of(view).spec;
        let changed: Vec<Change<'_, M>> = changes.of::<M>().collect();
        for changed in changed.chunks(CHUNK) {
            let rows: Vec<&M> = changed.iter().filter_map(Change::after).collect();
            let met = filter.0.judge(&rows, first(rows.len()), At::plain(view));
            let met = closures.iter().fold(met, |met, accepts| accepts(&rows, met));
            let mut judged = (0..rows.len()).map(|nth| met >> nth & 1 != 0);
            for change in changed {
                let id = change.id();
                match change.after().filter(|_| judged.next() == Some(true)) {
                    Some(row) => {
                        let before = self.rows.insert(id, row.clone());
                        delta.put(before, row);
                    }
                    None => delta.leave.extend(self.rows.remove(&id)),
                }
            }
        }
        delta
    }

    /// Runs the query, and compares.
    fn run(&mut self, view: &View) -> Delta<M> {
        let mut delta = Delta::at(view.version());
        let mut before = std::mem::take(&mut self.rows);
        self.order.clear();
        for row in self.query.of(view) {
            let id = row.id();
            delta.put(before.remove(&id), row);
            if self.way != Way::Judge {
                self.order.push(id.clone());
            }
            self.rows.insert(id, row.clone());
        }
        delta.leave.extend(before.into_values());
        self.seq = delta.seq;
        delta
    }
}

impl<M: Model> Delta<M> {
    const fn at(seq: u64) -> Self {
        Self { seq, enter: Vec::new(), change: Vec::new(), leave: Vec::new() }
    }

    /// A row of the result, and what it was in the one before.
    fn put(&mut self, before: Option<M>, row: &M) {
        let same = |before: &M| (M::DEFINITION.row.differing)(before, row).is_empty();
        match before {
            None => self.enter.push(row.clone()),
            Some(before) if same(&before) => {}
            Some(before) => self.change.push(Changed { before, after: row.clone() }),
        }
    }
}

impl<M> Delta<M> {
    /// Is there no difference at all?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.enter.is_empty() && self.change.is_empty() && self.leave.is_empty()
    }
}

impl<M: Model> Iterator for Live<M> {
    type Item = Delta<M>;

    /// As [`recv`](Live::recv).
    fn next(&mut self) -> Option<Delta<M>> {
        self.recv()
    }
}

impl<M: Model> fmt::Debug for Live<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("seq", &self.seq).field("rows", &self.rows.len()).finish()
    }
}
