//! `View`: one consistent state of the database, read through a snapshot or a transaction.
//!
//! Everything that only reads takes a `&View`: methods of relations, hybrids, helpers of the user's own. A
//! [`Snapshot`](crate::Snapshot) and a [`Tx`](crate::Tx) both deref to it; a transaction's view shows its own writes.

use std::ops::{Index, RangeBounds};

use bondstone_schema::{Fk, Id, Lookup, Many, Model, Operand, UniqueKey};
use bondstone_storage::{Handle, Open, Rows, Sight};

use crate::ranged::{RangeKey, Ranged};
use crate::related::Related;

/// One consistent state of the database.
///
/// References that it hands out live as long as the borrow of the view. It cannot be cloned or made outside; a
/// [`Snapshot`](crate::Snapshot) can.
///
/// ```
#[doc = include_str!("example.txt")]
/// fn oldest(db: &View) -> Option<&User> {
///     db.iter::<User>().max_by_key(|user| user.age)
/// }
///
/// assert_eq!(oldest(&db.read()).map(|user| user.id), Some(ann));
/// db.write(|tx| {
///     let bob = tx.insert_with(NewUser { email: "bob@x.org".into() }, |bob| bob.age = 41)?;
///     assert_eq!(oldest(tx).map(|user| user.id), Some(bob));
///     Ok(())
/// })?;
/// # Ok::<(), Error>(())
/// ```
pub struct View {
    pub(crate) sight: Sight,
    /// What rows leave open that a [`deferred`](crate::Tx::deferred) scope has written: while there is anything, a unique key may
    /// have several rows, and lists of children want some. Nothing in any other view.
    pub(crate) open: Open,
}

impl View {
    pub(crate) const fn of(sight: Sight) -> Self {
        Self { sight, open: Open { duplicate: false, orphan: false } }
    }

    pub(crate) const fn sight(&self) -> &Sight {
        &self.sight
    }

    /// The version of this state: the timestamp of a commit, or the one that this transaction will have.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.sight.timestamp()
    }

    /// The row with this key, if it exists. O(1); for keys that the engine assigns, without hashing.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// let snap = db.read();
    /// assert_eq!(snap.get(ann).map(|user| user.email.as_str()), Some("ann@x.org"));
    /// assert!(snap.get(Id::<User>::from_u64(99).unwrap()).is_none());
    /// # Ok::<(), Error>(())
    /// ```
    #[inline(always)]
    #[must_use]
    pub fn get<M: Model>(&self, id: Id<M>) -> Option<&M> {
        self.sight.get(&id)
    }

    /// Does a row with this key exist? O(1).
    #[must_use]
    pub fn contains<M: Model>(&self, id: Id<M>) -> bool {
        self.sight.get(&id).is_some()
    }

    /// The rows with these keys, in their order; `None` for those that do not exist. O(keys), and faster than as many
    /// `get`s where the table is larger than the cache.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// let nobody = Id::from_u64(99).unwrap();
    /// let snap = db.read();
    /// let ages: Vec<Option<u32>> =
    ///     snap.get_many(&[nobody, ann]).into_iter().map(|user| Some(user?.age)).collect();
    /// assert_eq!(ages, [None, Some(0)]);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn get_many<M: Model>(&self, ids: &[Id<M>]) -> Vec<Option<&M>> {
        self.sight.get_many(ids)
    }

    /// The row with this value in a unique column or index. O(1).
    ///
    /// A value, a reference to one, a `&str` for a text, a plain value for an optional column; a tuple of these for an
    /// index over several columns.
    ///
    /// Only unique keys are accepted, anything else does not compile: elsewhere there may be several rows.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// let snap = db.read();
    /// assert_eq!(snap.find(User::EMAIL, "ann@x.org").map(|user| user.id), Some(ann));
    /// assert!(snap.find(User::EMAIL, "bob@x.org").is_none());
    /// # Ok::<(), Error>(())
    /// ```
    #[inline(always)]
    pub fn find<U: UniqueKey>(&self, unique: U, value: impl Lookup<U>) -> Option<&U::Model> {
        self.sight.find(unique, value)
    }

    /// All rows of a table. O(rows), in the order of their places: that of insertion, as long as nothing was deleted.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// assert_eq!(db.read().iter::<User>().filter(|user| user.age < 18).count(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn iter<M: Model>(&self) -> Rows<'_, M> {
        self.sight.rows()
    }

    /// How many rows a table has. O(rows / 64), and the rows of those groups of 64 that changed since this state.
    #[must_use]
    pub fn count<M: Model>(&self) -> usize {
        self.sight.count::<M>()
    }

    /// The rows whose column, or pure hybrid, lies in a range, in its order. O(log n + rows) with an `#[index]` on it;
    /// O(n log n) without one.
    ///
    /// All rows in the order of the column: `i64::MIN..`, or `""..` for texts (a bare `..` does not say of what it is a range).
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
    /// let grown: Vec<u32> = snap.range(User::AGE, 18..).map(|user| user.age).collect();
    /// assert_eq!(grown, [23, 41]);
    ///
    /// // Only the ids: the rows are not touched.
    /// let grown: Vec<Id<User>> = snap.range(User::AGE, 18..).ids().collect();
    /// assert_eq!(grown.len(), 2);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn range<K, Q>(&self, key: K, range: impl RangeBounds<Q>) -> Ranged<'_, K::Model>
    where
        K: RangeKey,
        Q: Operand<K::Value>,
    {
        Ranged::new(self, key, range)
    }

    /// The handle of a row, if the row exists: stays the same when the row is updated, is never given to another row.
    /// O(1).
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// use slotmap::SecondaryMap;
    ///
    /// // A table of the program's own, hung on rows.
    /// let mut logins: SecondaryMap<Handle<User>, u32> = SecondaryMap::new();
    /// let handle = db.read().handle(ann).unwrap();
    /// logins.insert(handle, 1);
    ///
    /// db.write(|tx| tx.update(ann, |user| user.age = 41).map(drop))?;
    /// let snap = db.read();
    /// assert_eq!(snap.handle(ann), Some(handle), "an update keeps it");
    /// assert_eq!(snap.by_handle(handle).map(|user| user.age), Some(41));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn handle<M: Model>(&self, id: Id<M>) -> Option<Handle<M>> {
        self.sight.handle(&id)
    }

    /// The row of a handle, if it exists in this state. O(1), one cache miss: the fastest way to a row.
    #[inline(always)]
    #[must_use]
    pub fn by_handle<M: Model>(&self, handle: Handle<M>) -> Option<&M> {
        self.sight.by_handle(handle)
    }

    /// All rows of `M`, each with the parent that its foreign key refers to. O(rows of `M`): parents are found by the
    /// slots that rows keep, without a lookup.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 3 }))?;
    /// let snap = db.read();
    /// for (order, user) in snap.with_parent(Order::USER_ID) {
    ///     assert_eq!((order.quantity, user.map(|user| user.id)), (3, Some(ann)));
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_parent<M: Model, P: Model, N>(
        &self,
        key: Fk<M, P, N>,
    ) -> impl Iterator<Item = (&M, Option<&P>)> {
        self.sight.with_parent(key.position())
    }

    /// All rows of `P`, each with its children. O(rows of both).
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 3 }))?;
    /// let snap = db.read();
    /// let busy = snap.with_children(User::ORDERS).filter(|(_, orders)| orders.count() > 0);
    /// assert_eq!(busy.map(|(user, _)| user.id).collect::<Vec<_>>(), [ann]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_children<P: Model, C: Model>(
        &self,
        relation: Many<P, C>,
    ) -> impl Iterator<Item = (&P, Related<'_, C>)> {
        let parents = self.sight.parents::<P, C>(relation.foreign_key());
        parents.map(move |(slot, parent)| (parent, Related::at(self, slot, relation)))
    }
}

impl<M: Model> Index<Id<M>> for View {
    type Output = M;

    /// The row with this key.
    ///
    /// # Panics
    /// If there is no such row in this state; [`get`](View::get) does not.
    #[inline(always)]
    fn index(&self, id: Id<M>) -> &M {
        match self.sight.get(&id) {
            Some(row) => row,
            None => missing(&id, self.version()),
        }
    }
}

#[cold]
pub(crate) fn missing<M: Model>(id: &Id<M>, version: u64) -> ! {
    panic!("{id} does not exist in version {version}")
}
