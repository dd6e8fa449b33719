//! Transactions: the one write path.
//!
//! Single calls, upserts, links, cascades and rekeys all end in [`Tx::write_new`] and [`Tx::change_slot`], updates of many rows
//! in `Tx::rewrite`: there limits, checks, keys and foreign keys are enforced. Each call is a *statement*: it succeeds whole or
//! leaves no trace, and the transaction goes on after a failed one.
//!
//! The order inside a statement: (1) make the row; (2) `#[on_update]`, `#[version]`; (3) key unchanged, immutable columns, limits, checks;
//! (4) unique keys, then foreign keys, each in declaration order; (5) row and indexes; (6) `#[acyclic]`, which may take it back.
//! The first rule broken is the error. Where somebody [listens](crate::hooks), `on_set` and `before_*` come between (2) and (3), and
//! `after_*` at the end: the same steps, in `heard`.

mod acyclic;
mod bulk;
mod commit;
pub(crate) mod deferred;
mod delete;
#[cfg(feature = "serde")]
mod given;
mod heard;
mod insert;
mod link;
mod rekey;
mod rules;
mod savepoint;
mod update;
mod version;

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use bondstone_schema::Schema;
use bondstone_storage::{NotBegun, Refusal, Refused, Sight};

use crate::change::{ChangeSet, Changes};
use crate::database::Inner;
#[cfg(feature = "persist")]
use crate::durability::{Base, Journal, Level, record};
use crate::entity::{Behaviour, Entity};
use crate::error::{About, Error, Result};
use crate::fill::{Fill, Moment};
use crate::hooks::Running;
use crate::view::View;

pub(crate) use bulk::Changed;
pub use commit::Commit;
pub use delete::Deleted;
pub(crate) use delete::preview;
pub(crate) use heard::ChangedRow;
pub use insert::Upserted;
pub(crate) use insert::Version;
pub use link::{LinkChanges, Links};
pub(crate) use rules::differing;
#[cfg(feature = "persist")]
pub(crate) use rules::enforce_limits;
#[cfg(any(feature = "persist", feature = "proptest"))]
pub(crate) use rules::test_checks;
pub(crate) use update::Refreshed;
pub use version::{VersionColumn, Versioned};

/// An open transaction: reads like a [`View`], its own writes included, and writes.
///
/// There is one at a time. Dropped without [`commit`](Tx::commit), whether by an early return or a panic, it leaves no
/// trace.
///
/// ```
#[doc = include_str!("example.txt")]
/// let mut tx = db.begin()?;
/// let order = tx.insert(NewOrder { user_id: ann, quantity: 3 })?;
/// assert_eq!(tx[ann].orders(&tx).count(), 1, "it sees its own writes");
/// assert!(db.read().get(order).is_none(), "and nobody else does");
/// let commit = tx.commit()?;
/// assert_eq!(db.read().version(), commit.version());
/// # Ok::<(), Error>(())
/// ```
pub struct Tx {
    view: View,
    database: Arc<Inner>,
    moment: Moment,
    /// The scopes that judge at their end.
    scopes: deferred::Scopes,
    /// So many savepoints are open.
    savepoints: u32,
    /// Goes last, when the writer's lock has been given back.
    #[cfg(feature = "persist")]
    base: Base,
    /// Goes after that, since hooks are told of a rollback when it is over.
    hooks: Running,
    /// A transaction belongs to its thread, which is how a second one on the same thread is told instead of waiting for
    /// itself.
    thread: PhantomData<*const ()>,
}

impl Deref for Tx {
    type Target = View;

    #[inline]
    fn deref(&self) -> &View {
        &self.view
    }
}

impl Tx {
    pub(crate) fn begin(database: &Arc<Inner>) -> Result<Self> {
        Self::begin_with(database, Running::of)
    }

    /// As [`begin`](Self::begin), and no hook hears of it.
    pub(crate) fn begin_unheard(database: &Arc<Inner>) -> Result<Self> {
        Self::begin_with(database, |_| Ok(Running::none()))
    }

    /// The hooks are those there are when the lock is held.
    #[inline(always)]
    fn begin_with(
        database: &Arc<Inner>,
        hooks: impl FnOnce(&Arc<Inner>) -> Result<Running>,
    ) -> Result<Self> {
        let sight =
            Sight::transaction(&database.store).map_err(|refusal| not_begun(database, refusal))?;
        let database = Arc::clone(database);
        #[cfg(feature = "persist")]
        let base = Base::of(&database)?;
        // Last, since whoever has hooks tells them of a rollback, and no hook is to hear of a transaction that never began.
        let hooks = match hooks(&database) {
            Ok(hooks) => hooks,
            Err(error) => {
                // The writer's lock before the base, as ever.
                drop(sight);
                return Err(error);
            }
        };
        Ok(Self {
            view: View::of(sight),
            database,
            moment: Moment::default(),
            scopes: deferred::Scopes::default(),
            savepoints: 0,
            #[cfg(feature = "persist")]
            base,
            hooks,
            thread: PhantomData,
        })
    }

    /// Commits: everything written becomes visible at once, to every snapshot taken from here on. O(rows written), and a
    /// little clearing away of what no snapshot needs any more. A database with files writes its log first, at the
    /// database's [level](crate::Builder::level).
    ///
    /// # Errors
    /// [`Error::Hook`]: a `before_commit` hook refused. [`Error::User`]: a [savepoint](Tx::savepoint) is open, out of which the
    /// transaction was taken.
    #[cfg_attr(
        feature = "persist",
        doc = "[`Error::Durability`]: the log could not be written; see there what became of the transaction."
    )]
    pub fn commit(self) -> Result<Commit> {
        self.finish(
            #[cfg(feature = "persist")]
            None,
        )
    }

    /// As [`commit`](Self::commit), at a level of its own.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    #[cfg(feature = "persist")]
    pub fn commit_at(self, level: Level) -> Result<Commit> {
        self.finish(Some(level))
    }

    fn finish(mut self, #[cfg(feature = "persist")] level: Option<Level>) -> Result<Commit> {
        if self.savepoints > 0 {
            return Err(self.refuse_open());
        }
        if self.hooks.is_any() || self.database.feeds.is_any() {
            return self.finish_heard(
                #[cfg(feature = "persist")]
                level,
            );
        }
        #[cfg(feature = "persist")]
        if self.database.journal.is_some() {
            let record = record::of(&self.changes());
            return self.commit_to_log(level, record, Told::default());
        }
        Ok(Commit::in_memory(self.view.sight.commit()))
    }

    /// Commits where somebody listens.
    #[cold]
    fn finish_heard(mut self, #[cfg(feature = "persist")] level: Option<Level>) -> Result<Commit> {
        if let Err(refused) = self.before_commit() {
            self.give_up(|| refused.to_string());
            return Err(refused);
        }
        let is_followed = self.database.feeds.is_any();
        let is_told = is_followed || self.hooks.wants_changes();
        #[cfg(feature = "persist")]
        if self.database.journal.is_some() {
            let changes = self.changes();
            let record = record::of(&changes);
            let told = Told { changes: is_told.then(|| changes.copied()).flatten(), is_followed };
            return self.commit_to_log(level, record, told);
        }
        let changes = if is_told { self.changes().copied() } else { None };
        let told = Told { changes, is_followed };
        let Self { view, database, hooks, .. } = self;
        told.post(&database);
        let commit = Commit::in_memory(view.sight.commit());
        told.deliver(&database, hooks);
        Ok(commit)
    }

    /// Commits to the log of a database with files.
    #[cfg(feature = "persist")]
    fn commit_to_log(
        self,
        level: Option<Level>,
        record: Result<Option<Vec<u8>>>,
        told: Told,
    ) -> Result<Commit> {
        let Self { view, database, mut base, mut hooks, .. } = self;
        let committed = record.and_then(|record| {
            let version = match (&database.journal, record) {
                (Some(journal), Some(record)) => {
                    let logged = || told.post(&database);
                    journal.commit(&database.store, view.sight, level, &record, logged)
                }
                _ => Ok(view.sight.commit()),
            };
            // Whatever came of it, it has read its base.
            let settled = base.settle();
            let version = version?;
            settled.map(|()| version)
        });
        match committed {
            Ok(version) => {
                told.deliver(&database, hooks);
                Ok(Commit::logged(version, database))
            }
            Err(error) => {
                drop(base);
                hooks.give_up(|| error.to_string());
                Err(error)
            }
        }
    }

    /// What is open was not judged, and may be taken back.
    #[cold]
    fn refuse_open(&mut self) -> Error {
        let refused =
            Error::user("a part of the transaction has not ended: it was taken out of it");
        self.give_up(|| refused.to_string());
        refused
    }

    /// The transaction is given up, and this is why.
    pub(crate) fn give_up(&mut self, why: impl FnOnce() -> String) {
        self.hooks.give_up(why);
    }

    /// Gives back the writer's lock; then waits until all is published that was committed before.
    ///
    /// # Errors
    /// It never will be.
    pub(crate) fn settle(self) -> Result<()> {
        #[cfg(feature = "persist")]
        {
            let Self { view, mut base, .. } = self;
            drop(view);
            base.settle()?;
        }
        Ok(())
    }

    /// Ends the transaction without a trace. O(rows written). Key counters are not moved back.
    pub fn rollback(self) {
        drop(self);
    }

    /// The transaction's time: the same whenever it is asked.
    #[cfg(feature = "jiff")]
    #[must_use]
    pub fn now(&self) -> jiff::Timestamp {
        self.moment.now(&self.database.environment)
    }

    /// What the transaction has done so far, net: a row that is as it was is not in it. O(rows written).
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// db.write(|tx| {
    ///     tx.update(ann, |user| user.age = 41)?;
    ///     let changes = tx.changes();
    ///     let change = changes.of::<User>().next().unwrap();
    ///     assert_eq!(change.before().map(|user| user.age), Some(0));
    ///     assert_eq!(change.after().map(|user| user.age), Some(41));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn changes(&self) -> Changes<'_> {
        Changes::new(&self.view, &self.database)
    }

    /// The tables, as data.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.database.schema
    }

    pub(crate) fn fill(&self) -> Fill<'_> {
        Fill { view: &self.view, environment: &self.database.environment, moment: &self.moment }
    }
}

/// What those who listen are told of a commit.
#[derive(Default)]
struct Told {
    /// What it changed; `None`: nothing, or nobody wants to know.
    changes: Option<Arc<ChangeSet>>,
    /// Is there a feed?
    is_followed: bool,
}

impl Told {
    /// What feeds are told, if there are any.
    fn to_feeds(&self) -> Option<&Arc<ChangeSet>> {
        self.changes.as_ref().filter(|_| self.is_followed)
    }

    /// The commit is about to be sealed.
    fn post(&self, database: &Inner) {
        if let Some(changes) = self.to_feeds() {
            database.feeds.post(changes);
        }
    }

    /// Everyone sees it.
    fn deliver(&self, database: &Inner, hooks: Running) {
        if self.to_feeds().is_some() {
            database.feeds.deliver(&database.store);
        }
        hooks.committed(self.changes.as_ref());
    }
}

/// Why a transaction could not begin.
fn not_begun(database: &Inner, refusal: NotBegun) -> Error {
    match refusal {
        NotBegun::Reentrant => Error::Reentrant,
        #[cfg(feature = "persist")]
        NotBegun::Abandoned => {
            let ended = database.journal.as_ref().map(Journal::ended);
            ended.unwrap_or_else(|| Error::user("the store was abandoned"))
        }
        #[cfg(not(feature = "persist"))]
        NotBegun::Abandoned => {
            let _ = database;
            Error::user("the store was abandoned")
        }
    }
}

/// The error for a row that the storage refused.
fn refused<M: Entity>(view: &View, refused: &Refused<M>) -> Error {
    let about = About::row(&refused.row);
    match refused.refusal {
        Refusal::Gone => Error::NotFound(refused.row.id().to_string()),
        Refusal::Key { .. } => about.duplicate_key(),
        Refusal::Unique { index, slot } => {
            about.duplicate(index, view.sight().at_slot::<M>(slot).map(About::row))
        }
        Refusal::MissingParent { foreign_key } => about.missing_parent(foreign_key),
        Refusal::KeyRange => Error::KeyRange(M::DEFINITION.name),
        Refusal::Full => Error::Full(M::DEFINITION.name),
    }
}

/// The model of a table, without its type.
fn behaviour_of(database: &Inner, table: usize) -> Result<&dyn Behaviour> {
    database.behaviour(table).ok_or_else(|| Error::user("a table without a model"))
}
