//! Deletes that somebody listens to.
//!
//! Who goes and who lets go is found first, and a refusal ends it before any hook. Then hooks are called from the roots outwards; they
//! may write, so it is found again, until none was called. A row that was found once stays found: it is busy, so that no
//! hook can change what it refers to. Then all is written, children first, and the hooks of what follows are called in that
//! order.

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bondstone_storage::Slot;

use super::super::Tx;
use super::super::delete::refuse;
use super::{Listeners, Updated};
use crate::database::Inner;
use crate::error::{Error, Result};
use crate::hooks::{HookKind, HookSet};
use crate::plan::{Cascade, DeletePlan, Link, RowRef, by_child};

/// A delete of which some hooks were called.
struct Heard<'a> {
    hooks: &'a HookSet,
    database: &'a Inner,
    /// The rows for which `before_delete` was called.
    going: HashSet<RowRef>,
    /// The rows that let go, as they shall be, and the order in which they were found.
    staying: HashMap<RowRef, Staying>,
    order: Vec<RowRef>,
    /// What they let go of: the row, and the place of its foreign key.
    unlinked: HashSet<(RowRef, usize)>,
}

struct Staying {
    before: Box<dyn Any>,
    after: Box<dyn Any>,
    /// The places of the foreign keys by which it lets go.
    keys: Vec<usize>,
    /// The way from a root to it.
    path: Vec<String>,
}

impl Tx {
    /// Deletes rows of one table, each named once, and does what foreign keys to them say. What was done, if that is asked for.
    #[cold]
    pub(in super::super) fn delete_heard(
        &mut self,
        table: usize,
        slots: &[Slot],
        is_reported: bool,
    ) -> Result<Option<DeletePlan>> {
        let database = Arc::clone(&self.database);
        let hooks = self.hooks.begin_statement()?;
        self.savepoint(|tx| {
            let mut heard = Heard {
                hooks: &hooks,
                database: &database,
                going: HashSet::new(),
                staying: HashMap::new(),
                order: Vec::new(),
                unlinked: HashSet::new(),
            };
            let before = tx.hooks.place();
            let cascade = loop {
                let cascade = Cascade::of(tx, &database, table, slots)?;
                if let Some(refusal) = cascade.refusals().next() {
                    return Err(refuse(tx, &database, &cascade, refusal)?);
                }
                if !heard.meet(tx, &cascade)? {
                    break cascade;
                }
            };
            tx.hooks.release(before);
            let report = is_reported.then(|| cascade.described(tx, &database)).transpose()?;
            heard.carry_out(tx, &cascade)?;
            Ok(report)
        })
    }
}

impl<'a> Heard<'a> {
    fn listeners(&self, table: usize) -> Result<Listeners<'a>> {
        Listeners::of(self.hooks, self.database, table)
    }

    /// Calls the hooks of rows that were not met before; were there any hooks, which may have written?
    fn meet(&mut self, tx: &mut Tx, cascade: &Cascade) -> Result<bool> {
        let is_new = |place: &usize| !self.going.contains(&cascade.row(*place));
        let new: HashSet<usize> = (0..cascade.len()).filter(is_new).collect();
        let is_new = |link: &&Link| !self.unlinked.contains(&(link.child, link.foreign_key));
        let links = by_child(cascade.unlinks().filter(is_new).copied());
        // All of them are busy before the first hook is called.
        let rows = new.iter().map(|place| cascade.row(*place));
        let rows: Vec<RowRef> = rows.chain(links.iter().map(|link| link.child)).collect();
        for row in rows.iter().filter(|row| !self.staying.contains_key(row)) {
            tx.refuse_busy(self.database, *row)?;
        }
        rows.iter().for_each(|row| tx.hooks.occupy(*row));
        let mut were_called = false;
        // Each row that lets go comes after the first of those that it refers to.
        let mut staying = links.chunk_by(Link::is_of_same_child).peekable();
        for place in 0..cascade.len() {
            if new.contains(&place) {
                were_called |= self.before_delete(tx, cascade, place)?;
            }
            while let Some(links) = staying.next_if(|links| links[0].parent == place) {
                were_called |= self.before_unlink(tx, cascade, links)?;
            }
        }
        Ok(were_called)
    }

    /// Whether there were hooks to call.
    fn before_delete(&mut self, tx: &mut Tx, cascade: &Cascade, place: usize) -> Result<bool> {
        let row = cascade.row(place);
        self.going.insert(row);
        // It may have been to stay, and goes after all.
        self.staying.remove(&row);
        let listeners = self.listeners(row.table)?;
        if !listeners.hear(&[HookKind::BeforeDelete]) {
            return Ok(false);
        }
        let Some(mut copy) = listeners.model.row(tx, row.slot) else { return Ok(false) };
        let called = tx.call(listeners, HookKind::BeforeDelete, &mut *copy, None);
        called.map_err(|error| self.along(tx, cascade, place, error))?;
        Ok(true)
    }

    /// Lets a row go of what goes, and calls the hooks of its update, once for each row; whether there were any.
    fn before_unlink(&mut self, tx: &mut Tx, cascade: &Cascade, links: &[Link]) -> Result<bool> {
        let Link { child: row, parent, .. } = links[0];
        let listeners = self.listeners(row.table)?;
        let model = listeners.model;
        let met = self.staying.remove(&row);
        let is_first = met.is_none();
        let mut staying = match met {
            Some(staying) => staying,
            None => {
                let Some(before) = model.row(tx, row.slot) else { return Ok(false) };
                let after = model.copy(&*before);
                self.order.push(row);
                let path = cascade.path(tx, self.database, parent, Some(row));
                Staying { before, after, keys: Vec::new(), path }
            }
        };
        let Staying { before, after, keys, path } = &mut staying;
        for link in links {
            self.unlinked.insert((row, link.foreign_key));
            keys.push(link.foreign_key);
            let let_go = model.let_go(&mut **after, link.foreign_key, link.action);
            let_go.map_err(|error| error.along(path.clone()))?;
        }
        let is_heard = is_first && listeners.hear(&[HookKind::OnSet, HookKind::BeforeUpdate]);
        if is_heard {
            let refreshed = model.refresh(tx, &**before, &mut **after);
            let called = tx.before_update(listeners, refreshed, &mut **after, &**before);
            called.map_err(|error| error.along(path.clone()))?;
        }
        self.staying.insert(row, staying);
        Ok(is_heard)
    }

    /// Writes what was found, and calls the hooks that follow.
    fn carry_out(self, tx: &mut Tx, cascade: &Cascade) -> Result<()> {
        let mut deleted = Vec::new();
        for row in cascade.deletes() {
            let listeners = self.listeners(row.table)?;
            if listeners.hear(&[HookKind::AfterDelete]) {
                deleted.extend(listeners.model.row(tx, row.slot).map(|copy| (listeners, copy)));
            }
            tx.view.sight.delete(row.table, row.slot);
        }
        let mut updated = Vec::new();
        let (hooks, database) = (self.hooks, self.database);
        let mut staying = self.staying;
        for row in self.order {
            let listeners = Listeners::of(hooks, database, row.table)?;
            let Some(Staying { before, after, keys, path }) = staying.remove(&row) else {
                continue;
            };
            let model = listeners.model;
            // A hook may have set a reference as it was: nothing would be written, and it would lead nowhere.
            let lets_go =
                keys.iter().try_for_each(|key| model.refuse_same_parent(&*before, &*after, *key));
            let written = lets_go.and_then(|()| model.place_changed(tx, row.slot, after));
            if written.map_err(|error| error.along(path))? {
                updated.extend(Updated::of(tx, listeners, row.slot, before));
            }
        }
        for (listeners, mut copy) in deleted {
            tx.call(listeners, HookKind::AfterDelete, &mut *copy, None)?;
        }
        tx.tell_updates(updated)
    }

    /// The error, with the way from a root to the row that it is about; of a root itself there is none.
    fn along(&self, tx: &Tx, cascade: &Cascade, place: usize, error: Error) -> Error {
        match cascade.path(tx, self.database, place, None) {
            path if path.len() > 1 => error.along(path),
            _ => error,
        }
    }
}
