//! Deleting, and what follows from it.
//!
//! First the plan: which rows go with the one that is named, which only lose their reference, and which refuse. Then, if
//! nobody refuses, the deed: deletes, children before parents, then the rows that stay and let go.
//!
//! The plan is made with an explicit work list, so a chain of a million rows needs no more stack than one. A `restrict` is
//! judged when the whole is known: a row that goes itself refuses nothing, in whatever order foreign keys were declared.

use std::ops::Deref;
use std::sync::Arc;

use bondstone_schema::{Action, Id, Model};
use bondstone_storage::Slot;

use super::{Tx, behaviour_of};
use crate::database::Inner;
use crate::entity::Entity;
use crate::error::{Error, Reference, Result};
use crate::plan::{Cascade, DeletePlan, Link, by_child};
use crate::singleton::Plural;
use crate::view::View;

/// A deleted row, as it was. Borrows the transaction.
pub struct Deleted<'a, M> {
    row: Last<'a, M>,
}

/// The last value of a row.
enum Last<'a, M> {
    Superseded(&'a M),
    /// Where hooks came afterwards, which may have inserted the row again.
    Copied(Box<M>),
}

impl<M> Deref for Deleted<'_, M> {
    type Target = M;

    fn deref(&self) -> &M {
        match &self.row {
            Last::Superseded(row) => row,
            Last::Copied(row) => row,
        }
    }
}

impl<M: std::fmt::Debug> std::fmt::Debug for Deleted<'_, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}

impl Tx {
    /// Deletes a row and does what foreign keys to it say: `cascade`, `set_null`, `set_default`, `restrict`.
    /// O(rows that go or let go, and their indexes).
    ///
    /// # Errors
    /// [`NotFound`](crate::Error::NotFound); [`Restricted`](crate::Error::Restricted) with the path to the row that
    /// refuses; or the rule that a row would break by letting go. Nothing is deleted then.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// let order = db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 3 }))?;
    /// db.write(|tx| {
    ///     assert_eq!(tx.delete(ann)?.email, "ann@x.org");
    ///     assert!(!tx.contains(order), "it went too: `#[on_delete(cascade)]`");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn delete<M: Plural>(&mut self, id: Id<M>) -> Result<Deleted<'_, M>> {
        let slot = self.place_of(&id)?;
        let table = M::number().get();
        let is_alone = !self.sight().may_have_children(table, slot);
        if self.is_heard_delete::<M>(is_alone) {
            let row = self.copy_of(slot, &id)?;
            self.delete_heard(table, &[slot], false)?;
            return Ok(row);
        }
        if is_alone {
            self.view.sight.delete(table, slot);
        } else {
            let database = Arc::clone(&self.database);
            let cascade = Cascade::of(&self.view, &database, table, &[slot])?;
            self.carry_out(&database, &cascade)?;
        }
        Ok(self.last_value(slot, &id))
    }

    /// As [`delete`](Tx::delete), and says what was done.
    ///
    /// # Errors
    /// As for [`delete`](Tx::delete).
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// db.write(|tx| {
    ///     tx.insert(NewOrder { user_id: ann, quantity: 3 })?;
    ///     let (_, report) = tx.delete_reported(ann)?;
    ///     assert_eq!(report.to_string(), "delete users#1\n  deletes   orders#1 (user_id, cascade)");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn delete_reported<M: Plural>(
        &mut self,
        id: Id<M>,
    ) -> Result<(Deleted<'_, M>, DeletePlan)> {
        let slot = self.place_of(&id)?;
        if self.is_heard_delete::<M>(false) {
            let row = self.copy_of(slot, &id)?;
            let plan = self.delete_heard(M::number().get(), &[slot], true)?;
            return Ok((row, plan.ok_or_else(|| Error::NotFound(id.to_string()))?));
        }
        let database = Arc::clone(&self.database);
        let cascade = Cascade::of(&self.view, &database, M::number().get(), &[slot])?;
        let plan = cascade.described(&self.view, &database)?;
        self.carry_out(&database, &cascade)?;
        Ok((self.last_value(slot, &id), plan))
    }

    /// What [`delete`](Tx::delete) would do. O(rows concerned).
    ///
    /// # Errors
    /// [`NotFound`](crate::Error::NotFound).
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// db.write(|tx| {
    ///     assert!(tx.preview_delete(ann)?.deletes().is_empty());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn preview_delete<M: Entity>(&self, id: Id<M>) -> Result<DeletePlan> {
        let slot = self.place_of(&id)?;
        preview::<M>(&self.view, &self.database, slot)
    }

    /// As [`delete`](Tx::delete), of what may be a singleton: who calls it knows that it is none.
    pub(crate) fn delete_plural<M: Entity>(&mut self, id: &Id<M>) -> Result<()> {
        let slot = self.place_of(id)?;
        self.delete_together::<M>(&[slot]).map(drop)
    }

    fn last_value<M: Entity>(&self, slot: Slot, id: &Id<M>) -> Deleted<'_, M> {
        match self.sight().deleted::<M>(slot) {
            Some(row) => Deleted { row: Last::Superseded(row) },
            None => crate::view::missing(id, self.version()),
        }
    }

    /// A copy of a row that is about to be deleted.
    fn copy_of<M: Entity>(&self, slot: Slot, id: &Id<M>) -> Result<Deleted<'static, M>> {
        let row = self.sight().at_slot::<M>(slot).cloned();
        let row = row.ok_or_else(|| Error::NotFound(id.to_string()))?;
        Ok(Deleted { row: Last::Copied(Box::new(row)) })
    }

    /// Deletes the rows in these places, each named once, and does what foreign keys to them say; how many they are.
    pub(super) fn delete_together<M: Entity>(&mut self, slots: &[Slot]) -> Result<usize> {
        let table = M::number().get();
        let are_alone = !slots.iter().any(|slot| self.sight().may_have_children(table, *slot));
        if self.is_heard_delete::<M>(are_alone) {
            self.delete_heard(table, slots, false)?;
        } else if are_alone {
            slots.iter().for_each(|slot| self.view.sight.delete(table, *slot));
        } else {
            let database = Arc::clone(&self.database);
            let cascade = Cascade::of(&self.view, &database, table, slots)?;
            self.carry_out(&database, &cascade)?;
        }
        Ok(slots.len())
    }

    /// Does anybody listen to a delete of rows of `M`, to which no others refer if they are alone?
    #[inline(always)]
    fn is_heard_delete<M: Entity>(&self, are_alone: bool) -> bool {
        if are_alone { self.hooks.hear_rows_of::<M>() } else { self.hooks.hear_rows() }
    }

    fn carry_out(&mut self, database: &Inner, cascade: &Cascade) -> Result<()> {
        if let Some(refusal) = cascade.refusals().next() {
            return Err(refuse(&self.view, database, cascade, refusal)?);
        }
        if cascade.is_single() {
            for row in cascade.deletes() {
                self.view.sight.delete(row.table, row.slot);
            }
            return Ok(());
        }
        self.savepoint(|tx| {
            for row in cascade.deletes() {
                tx.view.sight.delete(row.table, row.slot);
            }
            // A row lets go of all at once: what it is in between is nobody's business.
            for links in by_child(cascade.unlinks().copied()).chunk_by(Link::is_of_same_child) {
                let Link { child, parent, .. } = links[0];
                let detached = behaviour_of(database, child.table)?.detach(tx, child.slot, links);
                detached.map_err(|error| {
                    error.along(cascade.path(&tx.view, database, parent, Some(child)))
                })?;
            }
            Ok(())
        })
    }
}

/// What deleting the row in `slot` would do.
pub(crate) fn preview<M: Model>(view: &View, database: &Inner, slot: Slot) -> Result<DeletePlan> {
    Cascade::of(view, database, M::number().get(), &[slot])?.described(view, database)
}

/// The error for a delete that a row refuses.
pub(super) fn refuse(
    view: &View,
    database: &Inner,
    cascade: &Cascade,
    refusal: &Link,
) -> Result<Error> {
    let child = behaviour_of(database, refusal.child.table)?;
    let parent = cascade.row(refusal.parent);
    let key = child.foreign_key(refusal.foreign_key);
    let reference = Reference {
        verb: "delete",
        parent: behaviour_of(database, parent.table)?.name_row(view, parent.slot),
        child: child.name_row(view, refusal.child.slot),
        child_table: child.table(),
        column: key.column,
        constraint: key.name,
        rule: "on_delete",
    };
    debug_assert_eq!(refusal.action, Action::Restrict);
    Ok(reference.into_error(cascade.path(view, database, refusal.parent, None)))
}
