//! Rekeying: a row takes another primary key, and those that refer to it follow.
//!
//! A row's place belongs to its key, so a rekey is, inside, the end of the old row and the beginning of a new one with the
//! same values: the handle changes, and the change set shows both. What refers to it does as its `on_update` says:
//! `cascade` follows, `set_null` and `set_default` let go, `restrict` refuses.
//!
//! First the plan: every row that is concerned, with *all* its references set right at once, since a row may refer to what
//! moves by several keys. A row whose own key is made of such a reference moves too, and those that refer to it are concerned
//! in their turn, by way of a work list. Then the deed: the old rows end, the new ones begin, and the rows that stay are changed.
//! Whether all parents are there is judged when all is written, so the order is that in which the rows were found.

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bondstone_schema::{Action, ColumnSet, Id};
use bondstone_storage::Slot;

use super::deferred::Unsettled;
use super::rules::{enforce_limits, test_checks};
use super::{Tx, behaviour_of};
use crate::database::Inner;
use crate::entity::Entity;
use crate::error::{About, Error, Reference, Result};
use crate::plan::{RowRef, name_of};
use crate::singleton::Plural;

/// What a rekey does to a row.
pub(super) struct Concerned {
    /// The row as it will be.
    pub(super) after: Box<dyn Any>,
    /// It takes another key itself.
    pub(super) moves: bool,
    /// The places of the foreign keys that follow.
    pub(super) keys: Vec<usize>,
    /// Why it cannot be written, if that is known already.
    fault: Option<Error>,
}

/// The rows that a rekey concerns.
pub(super) struct Plan {
    pub(super) rows: HashMap<RowRef, Concerned>,
    /// In the order in which they were found, so that the same rekey does the same.
    pub(super) order: Vec<RowRef>,
    /// The references that were set right: the row, and the place of its foreign key.
    followed: HashSet<(RowRef, usize)>,
}

impl Plan {
    /// One row takes another key; who follows is still to be found.
    fn of(root: RowRef, after: Box<dyn Any>) -> Self {
        let root_moves = Concerned { after, moves: true, keys: Vec::new(), fault: None };
        let rows = HashMap::from([(root, root_moves)]);
        Self { rows, order: vec![root], followed: HashSet::new() }
    }
}

/// A row that a rekey has written: where it was, and where it is.
pub(super) struct Rekeyed {
    pub(super) from: RowRef,
    pub(super) to: Slot,
}

impl Tx {
    /// Gives a row another primary key. O(rows that refer to it, and their indexes).
    ///
    /// Rows that refer to it do as their `on_update` says, the row itself included if it refers to itself. The row gets
    /// another [`Handle`](crate::Handle). `#[on_update(value)]` is for updates: it does not run for rows that take another key.
    ///
    /// # Errors
    /// [`NotFound`](Error::NotFound), [`Unique`](Error::Unique) when the key is taken, [`Restricted`](Error::Restricted)
    /// when a foreign key with `on_update(restrict)` refers to the row, or a rule that a referring row would break.
    /// Nothing is changed then.
    pub fn rekey<M: Plural>(&mut self, id: Id<M>, new: Id<M>) -> Result<()> {
        let slot = self.place_of(&id)?;
        if id == new {
            return Ok(());
        }
        let Some(row) = self.sight().at_slot::<M>(slot) else {
            return Err(Error::NotFound(id.to_string()));
        };
        let mut after = row.clone();
        after.set_id(new.clone());
        self.judge_new_key(&mut after, &new)?;
        let database = Arc::clone(&self.database);
        let root = RowRef { table: M::number().get(), slot };
        let mut plan = Plan::of(root, Box::new(after));
        if self.hooks.hear_rows() {
            return self.rekey_heard(&database, plan);
        }
        self.follow_rekey(&database, &mut plan)?;
        self.carry_out_rekey(&database, plan).map(drop)
    }

    /// Enforces what concerns the row alone, before anyone is asked to follow.
    fn judge_new_key<M: Entity>(&self, row: &mut M, new: &Id<M>) -> Result<()> {
        enforce_limits(row, ColumnSet::ALL)?;
        test_checks(row)?;
        match self.sight().slot_of(new) {
            Some(_) => Err(About::row(&*row).duplicate_key()),
            None => Ok(()),
        }
    }

    /// Finds who follows the rows that move, and was not found before.
    pub(super) fn follow_rekey(&self, database: &Inner, plan: &mut Plan) -> Result<()> {
        let mut moved: Vec<RowRef> =
            plan.order.iter().filter(|row| plan.rows[*row].moves).copied().collect();
        while let Some(parent) = moved.pop() {
            for (table, place) in self.sight().incoming(parent.table) {
                for slot in self.sight().child_slots(*table, *place, parent.slot) {
                    let child = RowRef { table: *table, slot };
                    if plan.followed.insert((child, *place))
                        && self.set_right(database, plan, parent, child, *place)?
                    {
                        moved.push(child);
                    }
                }
            }
        }
        Ok(())
    }

    /// Sets the child's reference to a row that moves right; true if this gave the child another key.
    fn set_right(
        &self,
        database: &Inner,
        plan: &mut Plan,
        parent: RowRef,
        child: RowRef,
        place: usize,
    ) -> Result<bool> {
        let behaviour = behaviour_of(database, child.table)?;
        let action = behaviour.foreign_key(place).on_update;
        if action == Action::Restrict {
            return Err(self.refuse_rekey(database, parent, child, place)?);
        }
        let Some(moving) = plan.rows.get(&parent) else { return Ok(false) };
        let target = behaviour_of(database, parent.table)?.copy(&*moving.after);
        if !plan.rows.contains_key(&child) {
            let Some(after) = behaviour.row(self, child.slot) else { return Ok(false) };
            plan.order.push(child);
            plan.rows
                .insert(child, Concerned { after, moves: false, keys: Vec::new(), fault: None });
        }
        let Some(concerned) = plan.rows.get_mut(&child) else { return Ok(false) };
        concerned.keys.push(place);
        let before = behaviour.copy(&*concerned.after);
        let fault = behaviour.redirect(&mut *concerned.after, place, action, &*target).err();
        concerned.fault = fault.or(concerned.fault.take());
        let moves = !behaviour.have_same_id(&*before, &*concerned.after);
        concerned.moves |= moves;
        Ok(moves)
    }

    /// Writes what is planned; the rows that were written, in their order.
    ///
    /// Rows that move may refer to each other in a circle, and none of them can be first: whether all parents are there is
    /// judged in the end.
    pub(super) fn carry_out_rekey(&mut self, database: &Inner, plan: Plan) -> Result<Vec<Rekeyed>> {
        if self.is_deferring() {
            return self.savepoint(|tx| tx.write_rekeyed(database, plan));
        }
        let root = plan.order.first().copied();
        let written = |tx: &mut Self| tx.write_rekeyed(database, plan);
        self.deferred_with(written, |tx, Unsettled { row, error }| {
            tx.followed_from(database, root, row, error)
        })
    }

    fn write_rekeyed(&mut self, database: &Inner, mut plan: Plan) -> Result<Vec<Rekeyed>> {
        let mut rows: Vec<(RowRef, Concerned)> = Vec::with_capacity(plan.order.len());
        for row in plan.order {
            rows.extend(plan.rows.remove(&row).map(|concerned| (row, concerned)));
        }
        let root = rows.first().map(|(row, _)| *row);
        for (row, _) in rows.iter().filter(|(_, concerned)| concerned.moves) {
            self.view.sight.delete(row.table, row.slot);
        }
        let (moving, staying): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, row)| row.moves);
        let mut rekeyed = Vec::new();
        for (row, concerned) in moving.into_iter().chain(staying) {
            let behaviour = behaviour_of(database, row.table)?;
            let written = match concerned.fault {
                Some(fault) => Err(fault),
                None if concerned.moves => {
                    behaviour.write_moved(self, row.slot, concerned.after).map(Some)
                }
                None => behaviour
                    .place_changed(self, row.slot, concerned.after)
                    .map(|is_written| is_written.then_some(row.slot)),
            };
            let written =
                written.map_err(|error| self.followed_from(database, root, row, error))?;
            rekeyed.extend(written.map(|to| Rekeyed { from: row, to }));
        }
        Ok(rekeyed)
    }

    /// The error of a row, with the way to it from the row that was named.
    pub(super) fn followed_from(
        &self,
        database: &Inner,
        root: Option<RowRef>,
        row: RowRef,
        error: Error,
    ) -> Error {
        match root.filter(|root| *root != row) {
            Some(root) => {
                error.along([root, row].map(|row| name_of(&self.view, database, row)).to_vec())
            }
            None => error,
        }
    }

    fn refuse_rekey(
        &self,
        database: &Inner,
        parent: RowRef,
        child: RowRef,
        place: usize,
    ) -> Result<Error> {
        let behaviour = behaviour_of(database, child.table)?;
        let key = behaviour.foreign_key(place);
        let parent = name_of(&self.view, database, parent);
        let reference = Reference {
            verb: "rekey",
            parent: parent.clone(),
            child: name_of(&self.view, database, child),
            child_table: behaviour.table(),
            column: key.column,
            constraint: key.name,
            rule: "on_update",
        };
        Ok(reference.into_error(vec![parent]))
    }
}
