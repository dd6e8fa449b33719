//! Statements that somebody listens to: the same steps as without hooks, and hooks between them.
//!
//! Compiled once for all models. A row is a `dyn Any` here, and what a step does with it is asked of its model
//! ([`Behaviour`]), which ends in the functions that statements without hooks use.
//!
//! A statement that hooks belong to is a savepoint. Until its rows are written they are *busy*: a hook that wants to write one by
//! another statement is refused ([`Error::ReentrantWrite`]), since this one would be lost.

mod bulk;
mod cascade;
mod rekey;

use std::any::Any;
use std::sync::Arc;

use bondstone_schema::ColumnSet;
use bondstone_storage::Slot;

use super::{Refreshed, Tx, Version, behaviour_of};
use crate::database::Inner;
use crate::entity::Behaviour;
use crate::error::{Error, Result, Veto};
use crate::hooks::{Frame, HookKind, HookSet, RowHook};
use crate::plan::{RowRef, name_of};

pub(crate) use bulk::ChangedRow;

/// What hooks may hear of an insert, an update, a delete.
const INSERT: &[HookKind] = &[HookKind::OnSet, HookKind::BeforeInsert, HookKind::AfterInsert];
const UPDATE: &[HookKind] = &[HookKind::OnSet, HookKind::BeforeUpdate, HookKind::AfterUpdate];

/// Who listens to the rows of one table.
#[derive(Clone, Copy)]
struct Listeners<'a> {
    hooks: &'a HookSet,
    number: usize,
    model: &'a dyn Behaviour,
}

impl<'a> Listeners<'a> {
    fn of(hooks: &'a HookSet, database: &'a Inner, number: usize) -> Result<Self> {
        Ok(Self { hooks, number, model: behaviour_of(database, number)? })
    }

    fn hear(&self, kinds: &[HookKind]) -> bool {
        self.hooks.has(self.number, kinds)
    }
}

/// An update that was written, and of which hooks are to be told.
struct Updated<'a> {
    listeners: Listeners<'a>,
    old: Box<dyn Any>,
    new: Box<dyn Any>,
}

impl<'a> Updated<'a> {
    /// With a copy of the row that was written in `slot`; `None` if nobody listens.
    fn of(tx: &Tx, listeners: Listeners<'a>, slot: Slot, old: Box<dyn Any>) -> Option<Self> {
        let is_heard = listeners.hear(&[HookKind::AfterUpdate]);
        let new = is_heard.then(|| listeners.model.row(tx, slot)).flatten()?;
        Some(Self { listeners, old, new })
    }
}

impl Tx {
    /// Inserts a row, without its type.
    #[cold]
    pub(super) fn insert_heard(
        &mut self,
        table: usize,
        mut row: Box<dyn Any>,
        version: Version,
    ) -> Result<Slot> {
        let database = Arc::clone(&self.database);
        let hooks = self.hooks.begin_statement()?;
        let listeners = Listeners::of(&hooks, &database, table)?;
        let model = listeners.model;
        if !listeners.hear(INSERT) {
            return model.place_new(self, row, version);
        }
        self.savepoint(|tx| {
            model.use_number(tx, &*row);
            tx.before(listeners, HookKind::BeforeInsert, ColumnSet::ALL, &mut *row, None)?;
            let slot = model.place_new(tx, row, version)?;
            if listeners.hear(&[HookKind::AfterInsert])
                && let Some(mut copy) = model.row(tx, slot)
            {
                tx.call(listeners, HookKind::AfterInsert, &mut *copy, None)?;
            }
            Ok(slot)
        })
    }

    /// Gives a row other values, without its type.
    #[cold]
    pub(super) fn update_heard(
        &mut self,
        table: usize,
        slot: Slot,
        row: Box<dyn Any>,
    ) -> Result<()> {
        let judged = |model: &dyn Behaviour, tx: &mut Self, row| model.place_changed(tx, slot, row);
        let refreshed = |model: &dyn Behaviour, tx: &Self, before: &dyn Any, row: &mut dyn Any| {
            model.refresh(tx, before, row)
        };
        self.write_heard(RowRef { table, slot }, row, refreshed, judged)
    }

    /// As [`update_heard`](Self::update_heard), with the values as they are given.
    #[cfg(feature = "serde")]
    #[cold]
    pub(super) fn replace_given_heard(
        &mut self,
        table: usize,
        slot: Slot,
        row: Box<dyn Any>,
    ) -> Result<()> {
        let given =
            |model: &dyn Behaviour, tx: &mut Self, row| model.place_replacement(tx, slot, row);
        let differing = |model: &dyn Behaviour, _: &Self, before: &dyn Any, row: &mut dyn Any| {
            Refreshed { changed: model.differing(before, row), filled: ColumnSet::EMPTY }
        };
        self.write_heard(RowRef { table, slot }, row, differing, given)
    }

    /// Writes a changed row: `complete` says in which columns it differs, when it has filled them; `write`, whether it wrote
    /// anything.
    fn write_heard(
        &mut self,
        place: RowRef,
        mut row: Box<dyn Any>,
        complete: impl FnOnce(&dyn Behaviour, &Self, &dyn Any, &mut dyn Any) -> Refreshed,
        write: impl FnOnce(&dyn Behaviour, &mut Self, Box<dyn Any>) -> Result<bool>,
    ) -> Result<()> {
        let RowRef { table, slot } = place;
        let database = Arc::clone(&self.database);
        let hooks = self.hooks.begin_statement()?;
        let listeners = Listeners::of(&hooks, &database, table)?;
        let model = listeners.model;
        self.refuse_busy(&database, place)?;
        if !listeners.hear(UPDATE) {
            return write(model, self, row).map(drop);
        }
        let gone = || Error::NotFound(format!("a row of `{}`", model.table()));
        let before = model.row(self, slot).ok_or_else(gone)?;
        let refreshed = complete(model, self, &*before, &mut *row);
        if refreshed.changed.is_empty() {
            return Ok(());
        }
        self.savepoint(|tx| {
            tx.busy(&[place], |tx| tx.before_update(listeners, refreshed, &mut *row, &*before))?;
            if is_undone(model, refreshed, &*row, &*before) {
                return Ok(());
            }
            if write(model, tx, row)?
                && let Some(updated) = Updated::of(tx, listeners, slot, before)
            {
                tx.tell_updates(vec![updated])?;
                // The caller is promised the row.
                model.row(tx, slot).ok_or_else(gone)?;
            }
            Ok(())
        })
    }

    /// Calls what comes before a row is updated.
    fn before_update(
        &mut self,
        listeners: Listeners<'_>,
        Refreshed { changed, .. }: Refreshed,
        row: &mut dyn Any,
        old: &dyn Any,
    ) -> Result<()> {
        self.before(listeners, HookKind::BeforeUpdate, changed, row, Some(old))
    }

    /// Calls what comes before a row is inserted or updated: `on_set` of the columns that `changed`, then the hooks of a kind.
    fn before(
        &mut self,
        listeners: Listeners<'_>,
        kind: HookKind,
        changed: ColumnSet,
        row: &mut dyn Any,
        old: Option<&dyn Any>,
    ) -> Result<()> {
        let Listeners { hooks, number, model } = listeners;
        if !listeners.hear(&[HookKind::OnSet, kind]) {
            return Ok(());
        }
        let was = model.copy(row);
        for (column, hook) in hooks.on_set(number) {
            if changed.contains(*column) {
                self.call_one(model, HookKind::OnSet, hook, row, old)?;
            }
        }
        self.call(listeners, kind, row, old)?;
        if model.have_same_id(&*was, row) { Ok(()) } else { Err(model.key_changed_by_hook(&*was)) }
    }

    /// Calls the hooks of a kind for a row.
    fn call(
        &mut self,
        Listeners { hooks, number, model }: Listeners<'_>,
        kind: HookKind,
        row: &mut dyn Any,
        old: Option<&dyn Any>,
    ) -> Result<()> {
        let mut hooks = hooks.of_rows(number, kind);
        hooks.try_for_each(|hook| self.call_one(model, kind, hook, row, old))
    }

    /// Calls the hooks after updates.
    fn tell_updates(&mut self, updated: Vec<Updated<'_>>) -> Result<()> {
        updated.into_iter().try_for_each(|Updated { listeners, old, mut new }| {
            self.call(listeners, HookKind::AfterUpdate, &mut *new, Some(&*old))
        })
    }

    fn call_one(
        &mut self,
        model: &dyn Behaviour,
        kind: HookKind,
        hook: &RowHook,
        row: &mut dyn Any,
        old: Option<&dyn Any>,
    ) -> Result<()> {
        let table = model.table();
        let called = self.within(Frame { kind, table: Some(table) }, |tx| hook(row, old, tx));
        let veto = |error| Veto::of_row(kind, table, model.id_of(row), error);
        called.map_err(|error| vetoed(error, veto))
    }

    /// Runs a hook, which is under way meanwhile.
    fn within(&mut self, frame: Frame, hook: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.hooks.enter(frame)?;
        let done = self.lend(hook);
        self.hooks.leave();
        done
    }

    /// Calls the hooks before a commit.
    #[cold]
    pub(super) fn before_commit(&mut self) -> Result<()> {
        let Some(hooks) = self.hooks.set() else { return Ok(()) };
        for hook in &hooks.before_commit {
            let frame = Frame { kind: HookKind::BeforeCommit, table: None };
            let called = self.within(frame, |tx| hook(tx));
            called.map_err(|error| vetoed(error, Veto::of_commit))?;
        }
        Ok(())
    }

    /// Rows that are about to be written by this statement and by no other.
    fn busy<T>(&mut self, rows: &[RowRef], work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let place = self.hooks.place();
        rows.iter().for_each(|row| self.hooks.occupy(*row));
        let done = work(self);
        self.hooks.release(place);
        done
    }

    /// Refuses a write to a row that a statement under way is about to write.
    fn refuse_busy(&self, database: &Inner, row: RowRef) -> Result<()> {
        if !self.hooks.is_busy(row) {
            return Ok(());
        }
        let hook = self.hooks.innermost().map(|frame| frame.to_string()).unwrap_or_default();
        Err(Error::ReentrantWrite { row: name_of(self, database, row), hook })
    }
}

/// Have hooks set all as it was, but for what the engine filled? Then there is no update.
fn is_undone(
    model: &dyn Behaviour,
    Refreshed { filled, .. }: Refreshed,
    row: &dyn Any,
    old: &dyn Any,
) -> bool {
    model.differing(old, row).0 & !filled.0 == 0
}

/// What a hook said, as the error of the statement. That hooks go on without end, or write what is being written, is said by the
/// engine, whichever hook hands it on.
fn vetoed(error: Error, veto: impl FnOnce(Error) -> Veto) -> Error {
    match error {
        Error::HookDepth(_) | Error::ReentrantWrite { .. } => error,
        other => Error::Hook(Box::new(veto(other))),
    }
}
