//! Hooks: functions of the program's own that the engine calls where something is written, committed or loaded.
//!
//! A hook is registered by its model and its event, when a database is described ([`Builder::hooks`]) or later
//! ([`Database::hooks`]), and removed by the key that registering it gave. Hooks of one event run in the order in which they were
//! registered.
//!
//! ```text
//! insert, update ─► on_set of each column that changed ─► before_* ─► rules ─► row and indexes ─► after_*
//! delete         ─► who goes, who lets go? ─► before_* ─┐ again, until nobody new turns up ─► rows ─► after_*
//!                              ▲────────────────────────┘
//! commit         ─► before_commit ─► log, publication, lock given back ─► after_commit
//! ```
//!
//! # Invariants
//!
//! * **A transaction uses the hooks it began with**: it holds them as one list that never changes ([`HookSet`]). So a hook may
//!   register others, and nothing is locked while one runs.
//! * **What a hook refuses has left no trace**: hooks run inside the savepoint of the statement that they belong to, and what they
//!   wrote goes with it.
//! * **No row is written twice at a time.** Until a statement has written its rows these are *busy*, and whoever wants to write one,
//!   from within a hook, is refused: his write would be lost under that of the statement.
//! * **Without hooks there is one test for `None` in a write**, and little more where none is for rows of its table. All else is compiled once, not for each model: rows are `dyn Any`
//!   here, and what needs their type is asked of [`Behaviour`](crate::entity::Behaviour).
//!
//! [`Builder::hooks`]: crate::Builder::hooks
//! [`Database::hooks`]: crate::Database::hooks

mod around;
mod column;
mod ending;
mod kind;
mod limits;
mod opening;
mod registry;
mod running;
mod set;

use std::any::Any;
use std::sync::Arc;

use bondstone_schema::Model;

use crate::entity::Entity;
use crate::error::Result;
use crate::transaction::Tx;

pub use column::{Assignment, SetColumn};
pub use ending::{HookPanic, Rollback};
pub use kind::HookKind;
pub(crate) use limits::Limits;
pub use opening::OpeningHooks;
pub use registry::HookKey;
pub(crate) use registry::Registry;
use registry::{Hook, Run};
pub(crate) use running::{Frame, Place, Running};
#[cfg(feature = "persist")]
pub(crate) use set::LoadHook;
pub(crate) use set::{HookSet, RowHook};

use crate::change::ChangeSet;
use crate::database::Database;

/// Takes hooks: what [`Builder::hooks`](crate::Builder::hooks) and [`Database::hooks`](crate::Database::hooks) hand out.
///
/// Each function registers one hook and gives the key by which it can be [removed](crate::Database::remove_hook). What hooks may
/// do, and what their errors do, is the same for all of a kind:
///
/// | hook | gets | may | its `Err` |
/// |---|---|---|---|
/// | [`on_set`](Hooks::on_set) | the row, the old and the new value | change the row | refuses the statement |
/// | [`before_insert`](Hooks::before_insert), [`before_update`](Hooks::before_update) | the row, the transaction | change the row but for its key, read and write others | refuses the statement |
/// | [`before_delete`](Hooks::before_delete) | the row, the transaction | read and write others | refuses the statement |
/// | [`after_insert`](Hooks::after_insert), [`after_update`](Hooks::after_update), [`after_delete`](Hooks::after_delete) | a copy of the row, the transaction | read and write, this row too | undoes the statement |
/// | [`before_commit`](Hooks::before_commit) | the transaction | read and write | rolls back |
/// | [`after_commit`](Hooks::after_commit), [`after_rollback`](Hooks::after_rollback) | what happened, the database | anything, another transaction too | has none |
///
/// They run for single calls, bulk calls, links, upserts, cascades and [`rekey`](Tx::rekey) alike; not for what is read from files.
/// Statements inside a hook run their hooks, [32 deep](crate::Builder::hook_depth) at most.
///
/// ```
#[doc = include_str!("example.txt")]
/// db.hooks(|h| {
///     h.on_set(User::EMAIL, |user, change| {
///         user.email = change.new.to_lowercase();
///         Ok(())
///     });
///     h.after_insert(|user: &User, tx| tx.insert(NewOrder { user_id: user.id, quantity: 1 }).map(drop));
/// });
/// let bob = db.write(|tx| tx.insert(NewUser { email: "Bob@X.org".into() }))?;
/// let snap = db.read();
/// assert_eq!(snap[bob].email, "bob@x.org");
/// assert_eq!(snap[bob].orders(&snap).count(), 1, "a welcome present");
/// # Ok::<(), Error>(())
/// ```
pub struct Hooks<'a> {
    registry: &'a Registry,
    /// Is there a table with this number? Before a database is made nobody knows yet.
    is_table: &'a dyn Fn(usize) -> bool,
}

impl<'a> Hooks<'a> {
    pub(crate) const fn new(registry: &'a Registry, is_table: &'a dyn Fn(usize) -> bool) -> Self {
        Self { registry, is_table }
    }

    /// When a statement has given a column another value, or inserts a row: before [`before_insert`](Self::before_insert) and
    /// [`before_update`](Self::before_update), column by column in the order of the fields. What the hook changes in the row
    /// does not call `on_set` again.
    ///
    /// # Panics
    /// If the column's model is none of the database's.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// db.hooks(|h| {
    ///     h.on_set(User::AGE, |_, change| match change.old {
    ///         Some(old) if change.new < old => Err("nobody gets younger".into()),
    ///         _ => Ok(()),
    ///     });
    /// });
    /// db.write(|tx| tx.update(ann, |user| user.age = 41).map(drop))?;
    /// assert!(db.write(|tx| tx.update(ann, |user| user.age = 40).map(drop)).is_err());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn on_set<C: SetColumn>(
        &mut self,
        column: C,
        hook: impl Fn(&mut C::Model, Assignment<C::Value>) -> Result<()> + Send + Sync + 'static,
    ) -> HookKey {
        let number = column.number();
        let run = typed(move |row: &mut C::Model, old, _| {
            let change =
                Assignment { old: old.map(|old| column.value(old)), new: column.value(row) };
            hook(row, change)
        });
        self.of_rows::<C::Model>(HookKind::OnSet, Run::Set(number, run))
    }

    /// Before a row is inserted: it may be changed, but for its key, or refused. Its rules were not judged yet: what it refers to may
    /// not be there.
    ///
    /// # Panics
    /// If the model is none of the database's.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// db.hooks(|h| {
    ///     h.before_insert(|order: &mut Order, tx| {
    ///         order.quantity = order.quantity.min(10);
    ///         match tx.get(order.user_id) {
    ///             Some(user) if user.age < 18 => Err("not for children".into()),
    ///             _ => Ok(()),
    ///         }
    ///     });
    /// });
    /// let refused = db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 30 })).unwrap_err();
    /// assert_eq!(refused.to_string(), "refused by `before_insert` of orders#1: not for children");
    /// let nobodys = NewOrder { user_id: Id::from_u64(99).unwrap(), quantity: 1 };
    /// assert!(db.write(|tx| tx.insert(nobodys)).unwrap_err().violates(Order::USER_ID));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn before_insert<M: Entity>(
        &mut self,
        hook: impl Fn(&mut M, &mut Tx) -> Result<()> + Send + Sync + 'static,
    ) -> HookKey {
        let run = typed(move |row: &mut M, _, tx| hook(row, tx));
        self.of_rows::<M>(HookKind::BeforeInsert, Run::Row(run))
    }

    /// Before a row gets other values: the row as it shall be, which may be changed but for its key, and whose rules were not judged
    /// yet; the row as it is; the transaction. If hooks set all as it was, there is no update. A row that lets go of another that is
    /// deleted, or follows one that takes another key, must not be set back to what is gone.
    ///
    /// # Panics
    /// If the model is none of the database's.
    pub fn before_update<M: Entity>(
        &mut self,
        hook: impl Fn(&mut M, &M, &mut Tx) -> Result<()> + Send + Sync + 'static,
    ) -> HookKey {
        let run = typed(move |row: &mut M, old, tx| old.map_or(Ok(()), |old| hook(row, old, tx)));
        self.of_rows::<M>(HookKind::BeforeUpdate, Run::Row(run))
    }

    /// Before a row is deleted, by itself or in a cascade.
    ///
    /// # Panics
    /// If the model is none of the database's.
    pub fn before_delete<M: Entity>(
        &mut self,
        hook: impl Fn(&M, &mut Tx) -> Result<()> + Send + Sync + 'static,
    ) -> HookKey {
        let run = typed(move |row: &mut M, _, tx| hook(row, tx));
        self.of_rows::<M>(HookKind::BeforeDelete, Run::Row(run))
    }

    /// After a row was inserted: a copy of it.
    ///
    /// # Panics
    /// If the model is none of the database's.
    pub fn after_insert<M: Entity>(
        &mut self,
        hook: impl Fn(&M, &mut Tx) -> Result<()> + Send + Sync + 'static,
    ) -> HookKey {
        let run = typed(move |row: &mut M, _, tx| hook(row, tx));
        self.of_rows::<M>(HookKind::AfterInsert, Run::Row(run))
    }

    /// After a row got other values: copies of the row as it was, and as the statement has written it.
    ///
    /// # Panics
    /// If the model is none of the database's.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// db.hooks(|h| {
    ///     h.after_update(|old: &User, new: &User, tx| {
    ///         let birthdays = new.age.saturating_sub(old.age);
    ///         tx.insert_all((0..birthdays).map(|_| NewOrder { user_id: new.id, quantity: 1 })).map(drop)
    ///     });
    /// });
    /// db.write(|tx| tx.update(ann, |user| user.age += 2).map(drop))?;
    /// assert_eq!(db.read().count::<Order>(), 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn after_update<M: Entity>(
        &mut self,
        hook: impl Fn(&M, &M, &mut Tx) -> Result<()> + Send + Sync + 'static,
    ) -> HookKey {
        let run = typed(move |row: &mut M, old, tx| old.map_or(Ok(()), |old| hook(old, row, tx)));
        self.of_rows::<M>(HookKind::AfterUpdate, Run::Row(run))
    }

    /// After a row was deleted, by itself or in a cascade: a copy of it, as it was.
    ///
    /// # Panics
    /// If the model is none of the database's.
    pub fn after_delete<M: Entity>(
        &mut self,
        hook: impl Fn(&M, &mut Tx) -> Result<()> + Send + Sync + 'static,
    ) -> HookKey {
        let run = typed(move |row: &mut M, _, tx| hook(row, tx));
        self.of_rows::<M>(HookKind::AfterDelete, Run::Row(run))
    }

    /// Before a transaction commits, once: what this hook writes does not call it again. [`Tx::changes`] says what the
    /// transaction did.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// db.hooks(|h| {
    ///     h.before_commit(|tx| match tx.changes().of::<Order>().count() {
    ///         0..=100 => Ok(()),
    ///         many => Err(format!("{many} orders at once").into()),
    ///     });
    /// });
    /// let many = (0..101).map(|_| NewOrder { user_id: ann, quantity: 1 });
    /// assert!(db.write(|tx| tx.insert_all(many)).is_err());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn before_commit(
        &mut self,
        hook: impl Fn(&mut Tx) -> Result<()> + Send + Sync + 'static,
    ) -> HookKey {
        self.registry.add(Hook::new(HookKind::BeforeCommit, Run::BeforeCommit(Arc::new(hook))))
    }

    /// After a commit that changed something, when everyone sees it: on the thread that commits, before `commit` returns, with
    /// no lock held. So it may run beside that of another commit, be it a later one; [`ChangeSet::seq`] says which came first.
    ///
    /// It gets the database, and may begin another transaction in it, whose end calls it again: so it looks at what changed first.
    /// Hooks that go round in a circle are ended by [`Error::HookDepth`](crate::Error::HookDepth), which is what the transaction
    /// begun inside [32](crate::Builder::hook_depth) of them gets instead of beginning. A hook that keeps a handle of its own keeps
    /// the database for ever; where it needs one, it takes a [weak](Database::downgrade) one. A panic in it is caught and
    /// [told](crate::Builder::on_hook_panic).
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// use std::sync::{Arc, Mutex};
    ///
    /// let seen = Arc::new(Mutex::new(Vec::new()));
    /// let list = Arc::clone(&seen);
    /// db.hooks(move |h| {
    ///     h.after_commit(move |changes, _db| {
    ///         let orders = changes.of::<Order>().filter_map(|change| change.after().cloned());
    ///         list.lock().unwrap().extend(orders.map(|order| order.quantity));
    ///     })
    /// });
    /// db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 3 }))?;
    /// assert_eq!(*seen.lock().unwrap(), [3]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn after_commit(
        &mut self,
        hook: impl Fn(&Arc<ChangeSet>, &Database) + Send + Sync + 'static,
    ) -> HookKey {
        self.registry.add(Hook::new(HookKind::AfterCommit, Run::AfterCommit(Arc::new(hook))))
    }

    /// After a transaction that was not committed, when the store is as before and the lock given back. It may do what
    /// [`after_commit`](Self::after_commit) may.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// db.hooks(|h| {
    ///     h.after_rollback(|why, db| eprintln!("version {} stays: {why}", db.version()));
    /// });
    /// assert!(db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 0 })).is_err());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn after_rollback(
        &mut self,
        hook: impl Fn(&Rollback, &Database) + Send + Sync + 'static,
    ) -> HookKey {
        self.registry.add(Hook::new(HookKind::AfterRollback, Run::AfterRollback(Arc::new(hook))))
    }

    fn of_rows<M: Model>(&mut self, kind: HookKind, run: Run) -> HookKey {
        let number = M::number().assign();
        let name = M::DEFINITION.rust_name;
        assert!(
            (self.is_table)(number),
            "`{name}` is not a model of this database: register it with `.models::<{name}>()`"
        );
        self.registry.add(Hook::new(kind, run).of_table(number, name))
    }
}

/// A hook over rows of `M`, without their type.
fn typed<M: Model>(
    hook: impl Fn(&mut M, Option<&M>, &mut Tx) -> Result<()> + Send + Sync + 'static,
) -> RowHook {
    Arc::new(move |row: &mut dyn Any, old: Option<&dyn Any>, tx: &mut Tx| {
        // Hooks are kept by table, so a row is always of its hook's model.
        let Some(row) = row.downcast_mut::<M>() else { return Ok(()) };
        hook(row, old.and_then(|old| old.downcast_ref::<M>()), tx)
    })
}
