//! The database: what a program opens, reads and writes.

mod weak;

use std::fmt;
use std::sync::Arc;

use bondstone_schema::{Id, Schema};
use bondstone_storage::{Backlog, Sight, Store};

#[cfg(feature = "persist")]
use crate::durability::{Journal, Options};
use crate::entity::{Behaviour, Entity, Models, Roots};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::feed::Feeds;
use crate::hooks::{HookKey, HookPanic, Hooks, OpeningHooks, Registry};
use crate::plan::DeletePlan;
use crate::singleton;
use crate::snapshot::Snapshot;
use crate::transaction::{self, Commit, Tx};
use crate::view::View;

pub use weak::WeakDatabase;

/// A database in memory. A handle: clones are the same database, which goes with the last of them (and the last snapshot).
/// [`WeakDatabase`] is one that does not keep it.
///
/// ```
#[doc = include_str!("example.txt")]
/// let same = db.clone();
/// same.write(|tx| tx.insert(NewUser { email: "bob@x.org".into() }))?;
/// assert_eq!(db.read().count::<User>(), 2);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Database {
    pub(crate) inner: Arc<Inner>,
}

/// What the handles share.
pub(crate) struct Inner {
    pub(crate) store: Arc<Store>,
    pub(crate) environment: Environment,
    /// Of a database with files.
    #[cfg(feature = "persist")]
    pub(crate) journal: Option<Journal>,
    pub(crate) behaviours: Vec<Option<Box<dyn Behaviour>>>,
    /// The numbers of the models in the order of the schema.
    #[cfg(feature = "persist")]
    pub(crate) order: Vec<usize>,
    pub(crate) schema: Schema,
    pub(crate) hooks: Registry,
    pub(crate) feeds: Arc<Feeds>,
}

impl Inner {
    pub(crate) fn behaviour(&self, table: usize) -> Option<&dyn Behaviour> {
        self.behaviours.get(table)?.as_deref()
    }

    /// The models in the order of the schema.
    #[cfg(feature = "persist")]
    pub(crate) fn models(&self) -> impl Iterator<Item = &dyn Behaviour> {
        crate::entity::in_order(&self.behaviours, &self.order)
    }
}

/// A database being described.
///
/// ```
#[doc = include_str!("example.txt")]
/// let db = Database::builder()
///     .models::<(User, Order)>()
///     .clock(|| Timestamp::UNIX_EPOCH)
///     .in_memory()?;
/// assert_eq!(db.begin()?.now(), Timestamp::UNIX_EPOCH);
/// # Ok::<(), Error>(())
/// ```
#[derive(Default)]
pub struct Builder {
    pub(crate) models: Models,
    pub(crate) environment: Environment,
    pub(crate) hooks: Registry,
    pub(crate) feed_capacity: FeedCapacity,
    #[cfg(feature = "persist")]
    pub(crate) options: Options,
}

impl Builder {
    /// Adds a model and every model that it reaches by key or relation; a tuple adds several: `(User, Config)`.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// // `Order` is reached from `User` by `has_many`.
    /// let tables: Vec<&str> = db.schema().tables().iter().map(|table| table.name).collect();
    /// assert_eq!(tables, ["users", "orders"]);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn models<R: Roots>(mut self) -> Self {
        R::add_to(&mut self.models);
        self
    }

    /// Where the transactions' times come from: asked once by each transaction that wants to know. The system's clock,
    /// unless said otherwise.
    #[cfg(feature = "jiff")]
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> jiff::Timestamp + Send + Sync + 'static) -> Self {
        self.environment.clock = Box::new(clock);
        self
    }

    /// Where UUIDs come from, for each version (7 or 4). The system's randomness, unless said otherwise.
    #[cfg(feature = "uuid")]
    #[must_use]
    pub fn uuids(mut self, uuids: impl Fn(u8) -> uuid::Uuid + Send + Sync + 'static) -> Self {
        self.environment.uuids = Box::new(uuids);
        self
    }

    /// Registers hooks, the first of all; [`Database::hooks`] registers more. Only here is [`on_load`](OpeningHooks::on_load).
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// let db = Database::builder()
    ///     .models::<User>()
    ///     .hooks(|h| {
    ///         h.before_insert(|user: &mut User, _tx| {
    ///             user.email.make_ascii_lowercase();
    ///             Ok(())
    ///         })
    ///     })
    ///     .in_memory()?;
    /// let eve = db.write(|tx| tx.insert(NewUser { email: "Eve@X.org".into() }))?;
    /// assert_eq!(db.read()[eve].email, "eve@x.org");
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn hooks<T>(self, register: impl FnOnce(&mut OpeningHooks<'_>) -> T) -> Self {
        register(&mut OpeningHooks::new(&self.hooks));
        self
    }

    /// How deeply hooks may be nested: a hook in a statement that was made by a hook, and so on, one in the transaction of a hook
    /// after a commit included. 32, unless said otherwise; beyond it is [`Error::HookDepth`].
    #[must_use]
    pub const fn hook_depth(mut self, depth: usize) -> Self {
        self.hooks.limits.depth = depth;
        self
    }

    /// How many statements the hooks of one transaction may make; of a bulk insert each row counts. As many transactions may be
    /// begun by what its hooks after the commit set off. 1,000,000, unless said otherwise; beyond it is [`Error::HookDepth`].
    #[must_use]
    pub const fn hook_statements(mut self, statements: u64) -> Self {
        self.hooks.limits.statements = statements;
        self
    }

    /// Is called when a hook panics that was called after a commit or a rollback: its panic ends there, since what was done is
    /// done, and other hooks still run. For a log; what the process does at every panic, by `std::panic::set_hook`, it does
    /// as ever, which is to write it to standard error.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// let db = Database::builder()
    ///     .models::<User>()
    ///     .hooks(|h| h.after_commit(|_, _| panic!("no paper")))
    ///     .on_hook_panic(|panic| {
    ///         assert_eq!(panic.to_string(), "a hook panicked in `after_commit`: no paper");
    ///     })
    ///     .in_memory()?;
    /// db.write(|tx| tx.insert(NewUser { email: "eve@x.org".into() }))?;
    /// assert_eq!(db.read().count::<User>(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn on_hook_panic(
        mut self,
        listener: impl Fn(&HookPanic<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.hooks.limits.on_panic = Some(Box::new(listener));
        self
    }

    /// How many change sets each [feed](Database::changes) holds that are not received yet; what comes then is
    /// [lost](crate::Lagged). 1,024, unless said otherwise, and 1 at least.
    #[must_use]
    pub const fn feed_capacity(mut self, changes: usize) -> Self {
        self.feed_capacity = FeedCapacity(changes);
        self
    }

    /// The database, empty, in memory.
    ///
    /// # Errors
    /// [`Error::Schema`] when the models do not fit together: two with one table name, a constraint name given twice, an
    /// enum whose `Ord` is not the order of its variants in an ordered index, a singleton that would go in a cascade. [`Error::User`] when a hook is registered for
    /// a model that the database does not have.
    pub fn in_memory(self) -> Result<Database> {
        self.models.verify()?;
        let Models { store, schema, behaviours } = self.models;
        self.hooks.verify(&behaviours)?;
        self.hooks.loaded();
        let store = store.build();
        let environment = self.environment;
        let inner = Inner {
            store,
            environment,
            #[cfg(feature = "persist")]
            journal: None,
            #[cfg(feature = "persist")]
            order: crate::entity::order(&behaviours, &schema),
            behaviours,
            schema,
            hooks: self.hooks,
            feeds: self.feed_capacity.feeds(),
        };
        let inner = Arc::new(inner);
        singleton::complete(&inner)?;
        Ok(Database { inner })
    }
}

/// How many change sets a feed holds.
#[derive(Clone, Copy)]
pub(crate) struct FeedCapacity(usize);

impl Default for FeedCapacity {
    fn default() -> Self {
        Self(1024)
    }
}

impl FeedCapacity {
    pub(crate) fn feeds(self) -> Arc<Feeds> {
        Arc::new(Feeds::new(self.0))
    }
}

impl Database {
    /// Describes a database.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A snapshot of the last commit. Takes no lock and waits for nobody: a few atomic operations, so one for a request
    /// rather than one for each lookup. Works inside a transaction too, where it shows what was committed before.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// let before = db.read();
    /// db.write(|tx| tx.update(ann, |user| user.age = 41).map(drop))?;
    /// assert_eq!(before[ann].age, 0);
    /// assert_eq!(db.read()[ann].age, 41);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn read(&self) -> Snapshot {
        Snapshot::new(Sight::snapshot(&self.inner.store))
    }

    /// Runs `work` in a transaction: commits if it returns `Ok`, leaves no trace if it returns `Err` or panics. Waits for
    /// the transaction of another thread to end.
    ///
    /// # Errors
    /// What `work` says; [`Error::Reentrant`] inside a transaction of this thread.
    ///
    /// # Panics
    /// If `work` does; the database goes on.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// let refused = db.write(|tx| {
    ///     tx.update(ann, |user| user.age = 41)?;
    ///     tx.insert(NewOrder { user_id: ann, quantity: 0 })
    /// });
    /// assert!(refused.is_err());
    /// assert_eq!(db.read()[ann].age, 0, "the update is gone too");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn write<T>(&self, work: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        self.run(work, Error::to_string, Tx::commit)
    }

    /// As [`write`](Self::write), with an error type of the caller's own.
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// #[derive(Debug)]
    /// enum Refusal {
    ///     TooYoung,
    ///     Database(Error),
    /// }
    ///
    /// impl From<Error> for Refusal {
    ///     fn from(error: Error) -> Self {
    ///         Self::Database(error)
    ///     }
    /// }
    ///
    /// let refused = db.transact(|tx| {
    ///     tx.insert(NewOrder { user_id: ann, quantity: 1 })?;
    ///     if tx[ann].age < 18 { Err(Refusal::TooYoung) } else { Ok(()) }
    /// });
    /// assert!(matches!(refused, Err(Refusal::TooYoung)));
    /// assert_eq!(db.read().count::<Order>(), 0);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn transact<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&mut Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let describe = |_: &E| format!("an error of type `{}`", std::any::type_name::<E>());
        self.run(work, describe, Tx::commit)
    }

    /// A transaction, from its beginning to its end.
    #[inline]
    pub(crate) fn run<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&mut Tx) -> Result<T, E>,
        describe: impl FnOnce(&E) -> String,
        commit: impl FnOnce(Tx) -> Result<Commit>,
    ) -> Result<T, E> {
        let mut tx = self.begin()?;
        match work(&mut tx) {
            Ok(value) => {
                commit(tx)?;
                Ok(value)
            }
            Err(error) => {
                tx.give_up(|| describe(&error));
                Err(error)
            }
        }
    }

    /// Begins a transaction, to be ended by [`commit`](Tx::commit). Waits for the transaction of another thread to end.
    ///
    /// # Errors
    /// [`Error::Reentrant`] inside a transaction of this thread.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// let mut tx = db.begin()?;
    /// tx.delete(ann)?;
    /// assert!(matches!(db.begin(), Err(Error::Reentrant)));
    /// drop(tx);
    /// assert!(db.read().contains(ann), "it was not committed");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn begin(&self) -> Result<Tx> {
        Tx::begin(&self.inner)
    }

    /// Registers hooks, after those there are. Transactions that are open already do not use them; so a hook may register others.
    /// What the closure returns, such as the key of a hook, is handed on.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// let key = db.hooks(|h| h.before_delete(|_: &User, _| Err("users stay".into())));
    /// assert!(db.write(|tx| tx.delete(ann).map(drop)).is_err());
    /// assert!(db.remove_hook(key));
    /// assert!(db.write(|tx| tx.delete(ann).map(drop)).is_ok());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Panics
    /// If a hook is for a model that the database does not have.
    pub fn hooks<T>(&self, register: impl FnOnce(&mut Hooks<'_>) -> T) -> T {
        let is_table = |number| self.inner.behaviour(number).is_some();
        register(&mut Hooks::new(&self.inner.hooks, &is_table))
    }

    /// Removes a hook; false if it is gone already. A transaction that is open goes on with those it began with.
    pub fn remove_hook(&self, key: HookKey) -> bool {
        self.inner.hooks.remove(key)
    }

    /// What deleting a row would do, as a snapshot or a transaction sees it. O(rows concerned).
    ///
    /// # Errors
    /// [`Error::NotFound`] when the row is not in that view; an error when the view is of another database.
    pub fn preview_delete<M: Entity>(&self, view: &View, id: Id<M>) -> Result<DeletePlan> {
        if !Arc::ptr_eq(view.sight().store(), &self.inner.store) {
            return Err(Error::user("the view is of another database"));
        }
        let found = view.sight().slot_of(&id);
        let slot = found.ok_or_else(|| Error::NotFound(id.to_string()))?;
        transaction::preview::<M>(view, &self.inner, slot)
    }

    /// The tables.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.inner.schema
    }

    /// The version of the last commit. Versions grow with every commit, and with rollbacks that had written something.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.inner.store.last()
    }

    /// How many versions the oldest snapshot is behind; `None` if there is none. What it can see is kept. O(snapshots).
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// let old = db.read();
    /// db.write(|tx| tx.update(ann, |user| user.age = 41).map(drop))?;
    /// assert_eq!(db.oldest_snapshot_age(), Some(1));
    /// assert_eq!(db.pinned()?.superseded, 1);
    /// drop(old);
    /// assert_eq!(db.oldest_snapshot_age(), None);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn oldest_snapshot_age(&self) -> Option<u64> {
        self.inner.store.oldest_snapshot_age()
    }

    /// What is kept for old snapshots, or waits to be cleared away. Waits for the open transaction. O(what waits).
    ///
    /// # Errors
    /// [`Error::Reentrant`] inside a transaction of this thread.
    pub fn pinned(&self) -> Result<Backlog> {
        self.inner.store.backlog().map_err(|_| Error::Reentrant)
    }

    /// Bytes of memory held for each table: rows, versions, indexes and relation maps, without what rows own elsewhere
    /// (texts, vectors). Waits for the open transaction. O(parents), since each list of children is asked.
    ///
    /// # Errors
    /// [`Error::Reentrant`] inside a transaction of this thread.
    pub fn memory(&self) -> Result<Vec<(&'static str, usize)>> {
        self.inner.store.bytes().map_err(|_| Error::Reentrant)
    }

    /// Compares indexes, relation maps and counts with the rows; every difference in words. For tests and for the
    /// distrustful: O(rows × indexes), waits for the open transaction.
    ///
    /// # Errors
    /// [`Error::Reentrant`] inside a transaction of this thread.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// assert_eq!(db.check()?, Vec::<String>::new());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn check(&self) -> Result<Vec<String>> {
        self.inner.store.check().map_err(|_| Error::Reentrant)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tables: Vec<&str> = self.inner.schema.tables().iter().map(|table| table.name).collect();
        f.debug_struct("Database")
            .field("version", &self.version())
            .field("tables", &tables)
            .finish()
    }
}
