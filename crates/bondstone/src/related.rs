//! Traversal: from a row to the rows it is related to.
//!
//! Nothing is loaded and nothing is kept: a relation walks an index when it is asked. It starts from the row's own key, so
//! the row may be a clone, come from another view, or never have been inserted (then it has no relations).

use bondstone_schema::{Fk, Id, Many, ManyVia, Model, One, Opt, Req};
use bondstone_storage::{Children, Linked, Slot};

use crate::error::Result;
use crate::predicate::{Pred, refers};
use crate::query::{IntoOrder, Query, Spec, Start};
use crate::view::View;

/// The rows of `M` that one row is related to.
///
/// Can be asked several things in turn: `for order in user.orders(&db)`, `user.orders(&db).count()`. Their order is not
/// promised.
///
/// ```
#[doc = include_str!("example.txt")]
/// db.write(|tx| tx.insert_all([3, 4].map(|quantity| NewOrder { user_id: ann, quantity })))?;
/// let snap = db.read();
/// let orders = snap[ann].orders(&snap);
/// assert_eq!(orders.count(), 2);
/// assert_eq!(orders.iter().map(|order| order.quantity).sum::<u32>(), 7);
/// for order in orders {
///     assert_eq!(order.user(&snap).id, ann);
/// }
/// # Ok::<(), Error>(())
/// ```
pub struct Related<'v, M> {
    view: &'v View,
    /// The row they are related to; `None` if it is not there.
    row: Option<Slot>,
    way: Way<M>,
}

/// How to get from the row to the rows it is related to.
enum Way<M> {
    /// By the foreign key at this place of theirs; and how to say so in a condition.
    Children { key: usize, condition: Condition<M> },
    /// By the association's foreign keys at these places.
    Links { near: usize, far: usize, walk: WalkLinks<M>, count: CountLinks },
}

impl<M> Clone for Related<'_, M> {
    fn clone(&self) -> Self {
        Self { way: self.way.clone(), ..*self }
    }
}

impl<M> Clone for Way<M> {
    fn clone(&self) -> Self {
        match *self {
            Self::Children { key, condition } => Self::Children { key, condition },
            Self::Links { near, far, walk, count } => Self::Links { near, far, walk, count },
        }
    }
}

impl<M: Model> Way<M> {
    const fn children<P: Model>(relation: Many<P, M>) -> Self {
        Self::Children { key: relation.foreign_key(), condition: refers::condition::<M, P> }
    }
}

type Condition<M> = fn(&View, Slot, usize) -> Option<Pred<M>>;
type Boxed<'v, M> = Box<dyn Iterator<Item = &'v M> + 'v>;
type WalkLinks<M> = for<'v> fn(&'v View, Slot, usize, usize) -> Boxed<'v, M>;
type CountLinks = fn(&View, Slot, usize, usize) -> usize;

impl<'v, M: Model> Related<'v, M> {
    pub(crate) const fn at<P: Model>(view: &'v View, row: Slot, relation: Many<P, M>) -> Self {
        Self { view, row: Some(row), way: Way::children(relation) }
    }

    /// The rows. O(1) for each.
    #[inline]
    #[must_use]
    pub fn iter(&self) -> RelatedIter<'v, M> {
        let sight = self.view.sight();
        RelatedIter(match (self.row, &self.way) {
            (None, _) => Walk::Nothing,
            (Some(row), Way::Children { key, .. }) => {
                sight.children_at(*key, row).map_or(Walk::Nothing, Walk::Children)
            }
            (Some(row), Way::Links { near, far, walk, .. }) => {
                Walk::Links(walk(self.view, row, *near, *far))
            }
        })
    }

    /// How many there are. O(1) if none came or went since this view's state, else O(rows).
    #[must_use]
    pub fn count(&self) -> usize {
        match (self.row, &self.way) {
            (None, _) => 0,
            (Some(row), Way::Children { key, .. }) => {
                self.view.sight().count_children::<M>(*key, row)
            }
            (Some(row), Way::Links { near, far, count, .. }) => count(self.view, row, *near, *far),
        }
    }

    /// About how many there are. O(1) for children.
    pub(crate) fn count_about(&self) -> usize {
        match (self.row, &self.way) {
            (None, _) => 0,
            (Some(row), Way::Children { key, .. }) => {
                self.view.sight().statistics::<M>().children(*key, row)
            }
            (Some(_), Way::Links { .. }) => self.count(),
        }
    }

    /// That a row is one of these, as a condition; `None` if it cannot be said: of rows that wait for their parents the key tells
    /// what the list of children does not.
    pub(crate) fn condition(&self) -> Option<Pred<M>> {
        match (self.row, &self.way) {
            (Some(row), Way::Children { key, condition }) if !self.view.open.orphan => {
                condition(self.view, row, *key)
            }
            _ => None,
        }
    }

    /// Is there none? O(1) unless rows have gone since this view's state: then O(those of them that it meets first).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match (self.row, &self.way) {
            (Some(row), Way::Children { key, .. }) => {
                !self.view.sight().has_children::<M>(*key, row)
            }
            _ => self.first().is_none(),
        }
    }

    /// One of them, if there is any. As much work as [`is_empty`](Related::is_empty).
    #[must_use]
    pub fn first(&self) -> Option<&'v M> {
        self.iter().next()
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Vec<&'v M> {
        self.iter().collect()
    }

    /// They as a query: to be filtered, ordered, limited.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// db.write(|tx| tx.insert_all([3, 4].map(|quantity| NewOrder { user_id: ann, quantity })))?;
    /// let snap = db.read();
    /// let large = snap[ann].orders(&snap).filter(Order::QUANTITY.gt(3));
    /// assert_eq!(large.count(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn query(&self) -> Query<'v, M> {
        Query {
            view: Some(self.view),
            start: Start::Related(self.clone()),
            spec: Spec::new(),
            parameters: None,
        }
    }

    /// Those that meet a condition. See [`Query::filter`].
    pub fn filter(&self, condition: impl Into<Pred<M>>) -> Query<'v, M> {
        self.query().filter(condition)
    }

    /// Those that a closure accepts. See [`Query::filter_fn`].
    pub fn filter_fn(&self, accepts: impl Fn(&M) -> bool + Send + Sync + 'v) -> Query<'v, M> {
        self.query().filter_fn(accepts)
    }

    /// In an order. See [`Query::order_by`].
    pub fn order_by(&self, order: impl IntoOrder<M>) -> Query<'v, M> {
        self.query().order_by(order)
    }

    /// At most so many. See [`Query::limit`].
    pub fn limit(&self, rows: usize) -> Query<'v, M> {
        self.query().limit(rows)
    }

    /// Without the first so many. See [`Query::offset`].
    pub fn offset(&self, rows: usize) -> Query<'v, M> {
        self.query().offset(rows)
    }

    /// Is there any? The opposite of [`is_empty`](Related::is_empty), by the name that a query has for it.
    #[must_use]
    pub fn exists(&self) -> bool {
        !self.is_empty()
    }

    /// The only one. See [`Query::one`].
    ///
    /// # Errors
    /// [`Error::NotOne`](crate::Error::NotOne) if there is none, or more than one.
    pub fn one(&self) -> Result<&'v M> {
        self.query().one()
    }

    /// Their keys. See [`Query::ids`].
    #[must_use]
    pub fn ids(&self) -> Vec<Id<M>> {
        self.query().ids()
    }
}

impl<'v, M: Model> IntoIterator for Related<'v, M> {
    type Item = &'v M;
    type IntoIter = RelatedIter<'v, M>;

    #[inline]
    fn into_iter(self) -> RelatedIter<'v, M> {
        self.iter()
    }
}

impl<'v, M: Model> IntoIterator for &Related<'v, M> {
    type Item = &'v M;
    type IntoIter = RelatedIter<'v, M>;

    #[inline]
    fn into_iter(self) -> RelatedIter<'v, M> {
        self.iter()
    }
}

/// The rows that one row is related to.
pub struct RelatedIter<'v, M>(Walk<'v, M>);

enum Walk<'v, M> {
    Nothing,
    Children(Children<'v, M>),
    Links(Boxed<'v, M>),
}

impl<'v, M: Model> Iterator for RelatedIter<'v, M> {
    type Item = &'v M;

    #[inline]
    fn next(&mut self) -> Option<&'v M> {
        match &mut self.0 {
            Walk::Nothing => None,
            Walk::Children(children) => children.next(),
            Walk::Links(links) => links.next(),
        }
    }

    #[inline]
    fn fold<B, F: FnMut(B, &'v M) -> B>(self, init: B, f: F) -> B {
        match self.0 {
            Walk::Nothing => init,
            Walk::Children(children) => children.fold(init, f),
            Walk::Links(links) => links.fold(init, f),
        }
    }
}

/// Traversal written with the constant: `User::ORDERS.of(user, &db)`.
///
/// ```
#[doc = include_str!("example.txt")]
/// // What `user.orders(&db)` does, for code that is generic over the relation.
/// fn count<P: Model, C: Model, R>(relation: R, row: &P, db: &View) -> usize
/// where
///     R: for<'v> Traverse<P, Found<'v> = Related<'v, C>>,
/// {
///     relation.of(row, db).count()
/// }
///
/// let snap = db.read();
/// assert_eq!(count(User::ORDERS, &snap[ann], &snap), 0);
/// # Ok::<(), Error>(())
/// ```
pub trait Traverse<P> {
    /// What it leads to.
    type Found<'v>;
    /// The rows that `row` is related to.
    fn of<'v>(self, row: &P, db: &'v View) -> Self::Found<'v>;
}

impl<P: Model, C: Model> Traverse<P> for Many<P, C> {
    type Found<'v> = Related<'v, C>;

    #[inline]
    fn of<'v>(self, row: &P, db: &'v View) -> Related<'v, C> {
        children(self, row, db)
    }
}

impl<P: Model, C: Model> Traverse<P> for One<P, C> {
    type Found<'v> = Option<&'v C>;

    fn of<'v>(self, row: &P, db: &'v View) -> Option<&'v C> {
        child(self, row, db)
    }
}

impl<P: Model, T: Model, J: Model> Traverse<P> for ManyVia<P, T, J> {
    type Found<'v> = Related<'v, T>;

    fn of<'v>(self, row: &P, db: &'v View) -> Related<'v, T> {
        linked(self, row, db)
    }
}

impl<M: Model, P: Model, N> Traverse<M> for Fk<M, P, N> {
    type Found<'v> = Option<&'v P>;

    /// The parent; `None` if the key is null, or the parent does not exist in this view. Never panics.
    fn of<'v>(self, row: &M, db: &'v View) -> Option<&'v P> {
        db.sight().get(self.get(row)?)
    }
}

/// The parent by a required key.
///
/// # Panics
/// If the parent does not exist in this view: then the row is not of this view either, since foreign keys are enforced.
#[inline]
#[doc(hidden)]
pub fn required_parent<'v, M: Model, P: Model>(key: Fk<M, P, Req>, row: &M, db: &'v View) -> &'v P {
    match key.get(row).and_then(|id| db.sight().get(id)) {
        Some(parent) => parent,
        None => no_parent(key, row, db),
    }
}

#[cold]
fn no_parent<M: Model, P: Model>(key: Fk<M, P, Req>, row: &M, db: &View) -> ! {
    match key.get(row) {
        Some(id) => panic!(
            "{} is not of this view: {id} does not exist in version {}, to which it refers by `{}`",
            row.id(),
            db.version(),
            key.name()
        ),
        None => unreachable!("a required key holds an id"),
    }
}

/// The parent by a key that may be null.
#[inline]
#[doc(hidden)]
pub fn optional_parent<'v, M: Model, P: Model>(
    key: Fk<M, P, Opt>,
    row: &M,
    db: &'v View,
) -> Option<&'v P> {
    db.sight().get(key.get(row)?)
}

/// The children of a row.
#[inline]
#[doc(hidden)]
pub fn children<'v, P: Model, C: Model>(
    relation: Many<P, C>,
    row: &P,
    db: &'v View,
) -> Related<'v, C> {
    let row = place_of(row.id(), db);
    Related { view: db, row, way: Way::children(relation) }
}

/// Calls `visit` with the children of each of these rows, in turn. They are fetched ahead of their use.
pub(crate) fn children_of_each<'v, 'p, P: Model, C: Model>(
    relation: Many<P, C>,
    rows: impl Iterator<Item = &'p P>,
    db: &'v View,
    mut visit: impl FnMut(RelatedIter<'v, C>),
) {
    let places: Vec<_> = rows.map(|row| place_of(row.id(), db)).collect();
    let visit = |children| visit(RelatedIter(Walk::Children(children)));
    db.sight().children_of_each(relation.foreign_key(), &places, visit);
}

/// The only child of a row.
#[doc(hidden)]
pub fn child<'v, P: Model, C: Model>(relation: One<P, C>, row: &P, db: &'v View) -> Option<&'v C> {
    let place = place_of(row.id(), db)?;
    db.sight().children_at(relation.foreign_key(), place)?.next()
}

/// The rows that an association links a row with.
#[doc(hidden)]
pub fn linked<'v, P: Model, T: Model, J: Model>(
    relation: ManyVia<P, T, J>,
    row: &P,
    db: &'v View,
) -> Related<'v, T> {
    let way = Way::Links {
        near: relation.near(),
        far: relation.far(),
        walk: walk_links::<J, T>,
        count: count_links::<J, T>,
    };
    Related { view: db, row: place_of(row.id(), db), way }
}

/// The same without a box, for many rows in turn; `None` where there are none.
pub(crate) fn links<'v, P: Model, T: Model, J: Model>(
    relation: ManyVia<P, T, J>,
    row: &P,
    db: &'v View,
) -> Option<Linked<'v, J, T>> {
    let place = place_of(row.id(), db)?;
    db.sight().linked(relation.near(), relation.far(), place)
}

#[inline]
fn place_of<M: Model>(id: Id<M>, db: &View) -> Option<Slot> {
    db.sight().parent_place(&id)
}

/// How many rows links lead to: as many as there are links, unless a link may lead nowhere.
fn count_links<J: Model, T: Model>(view: &View, row: Slot, near: usize, far: usize) -> usize {
    if J::DEFINITION.foreign_keys[far].nullable {
        return walk_links::<J, T>(view, row, near, far).count();
    }
    view.sight().count_children::<J>(near, row)
}

fn walk_links<J: Model, T: Model>(view: &View, row: Slot, near: usize, far: usize) -> Boxed<'_, T> {
    match view.sight().linked::<J, T>(near, far, row) {
        Some(links) => Box::new(links),
        None => Box::new(std::iter::empty()),
    }
}
