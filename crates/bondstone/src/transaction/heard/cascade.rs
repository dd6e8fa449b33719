//! Deletes that somebody listens to.
//!
//! Who goes and who lets go is found first, and a refusal ends it before any hook. Then hooks are called from the roots outwards; they
//! may write, so it is found again, until nobody new turns up. A row that was found once stays found: it is busy, so that no
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
use crate::plan::{Cascade, DeletePlan, Link, RowRef};

/// A delete of which some hooks were called.
struct Heard<'a> {
    hooks: &'a HookSet,
    database: &'a Inner,
    /// The rows for which `before_delete` was called.
    going: HashSet<RowRef>,
    /// The rows that let go, as they shall be, and their order.
    staying: HashMap<RowRef, Staying>,
    order: Vec<RowRef>,
    /// What they let go of: the row, and the place of its foreign key.
    unlinked: HashSet<(RowRef, usize)>,
}

struct Staying {
    before: Box<dyn Any>,
    after: Box<dyn Any>,
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
        self.statement(|tx| {
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

    /// Calls the hooks of rows that were not met before; were there any?
    fn meet(&mut self, tx: &mut Tx, cascade: &Cascade) -> Result<bool> {
        let is_new = |row: RowRef| !self.going.contains(&row);
        let new: HashSet<usize> =
            (0..cascade.len()).filter(|place| is_new(cascade.row(*place))).collect();
        let links: Vec<Link> = cascade
            .unlinks()
            .filter(|link| !self.unlinked.contains(&(link.child, link.foreign_key)))
            .copied()
            .collect();
        // All of them are busy before the first hook is called.
        let rows = new.iter().map(|place| cascade.row(*place));
        for row in rows.chain(links.iter().map(|link| link.child)) {
            if !self.staying.contains_key(&row) {
                tx.refuse_busy(self.database, row)?;
            }
        }
        let rows = new.iter().map(|place| cascade.row(*place));
        rows.chain(links.iter().map(|link| link.child)).for_each(|row| tx.hooks.occupy(row));
        let mut by_parent: HashMap<usize, Vec<Link>> = HashMap::new();
        for link in &links {
            by_parent.entry(link.parent).or_default().push(*link);
        }
        for place in 0..cascade.len() {
            if new.contains(&place) {
                self.before_delete(tx, cascade, place)?;
            }
            let of_parent = by_parent.remove(&place).unwrap_or_default();
            for link in of_parent {
                self.before_unlink(tx, cascade, &links, link)?;
            }
        }
        Ok(!new.is_empty() || !links.is_empty())
    }

    fn before_delete(&mut self, tx: &mut Tx, cascade: &Cascade, place: usize) -> Result<()> {
        let row = cascade.row(place);
        self.going.insert(row);
        // It was to stay, and goes after all.
        if self.staying.remove(&row).is_some() {
            self.order.retain(|other| *other != row);
        }
        let listeners = self.listeners(row.table)?;
        if !listeners.hear(&[HookKind::BeforeDelete]) {
            return Ok(());
        }
        let Some(mut copy) = listeners.model.row(tx, row.slot) else { return Ok(()) };
        let called = tx.call(listeners, HookKind::BeforeDelete, &mut *copy, None);
        called.map_err(|error| self.along(tx, cascade, place, error))
    }

    /// Lets a row go of all that it refers to and that goes, and calls the hooks of its update; once for each row.
    fn before_unlink(
        &mut self,
        tx: &mut Tx,
        cascade: &Cascade,
        links: &[Link],
        link: Link,
    ) -> Result<()> {
        let row = link.child;
        let listeners = self.listeners(row.table)?;
        let model = listeners.model;
        let is_first = !self.staying.contains_key(&row);
        if is_first {
            let copies = model.row(tx, row.slot).zip(model.row(tx, row.slot));
            let Some((before, after)) = copies else { return Ok(()) };
            let path = cascade.path(tx, self.database, link.parent, Some(row));
            self.staying.insert(row, Staying { before, after, path });
            self.order.push(row);
        }
        let Some(mut staying) = self.staying.remove(&row) else { return Ok(()) };
        for link in links.iter().filter(|link| link.child == row) {
            if self.unlinked.insert((row, link.foreign_key)) {
                model
                    .let_go(&mut *staying.after, link.foreign_key, link.action)
                    .map_err(|error| error.along(staying.path.clone()))?;
            }
        }
        if is_first {
            let Staying { before, after, path } = &mut staying;
            let changed = model.refresh(tx, &**before, &mut **after);
            let kind = HookKind::BeforeUpdate;
            tx.before(listeners, kind, changed, &mut **after, Some(&**before))
                .map_err(|error| error.along(std::mem::take(path)))?;
        }
        self.staying.insert(row, staying);
        Ok(())
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
            let Some(Staying { before, after, path }) = staying.remove(&row) else { continue };
            let written = listeners.model.place_changed(tx, row.slot, after);
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
