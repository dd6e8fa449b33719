//! A scope in which unique keys and foreign keys are judged at the end: swaps in several steps, rows that need each other.
//!
//! A row that is written in it may have the unique key of another, and may refer to rows that are not there. The storage tells of
//! each such write, and it is put down; in the end these rows alone are asked again. A row whose parent was missing is nobody's
//! child until then: it is written anew, with the same values, and takes its place among the parent's children.
//!
//! Everything else is judged at once as ever: primary keys, checks, limits, what refers to a row that is deleted.

use std::sync::Arc;

use bondstone_schema::ColumnSet;
use bondstone_storage::{Open, Refused, Slot};

use super::{Tx, behaviour_of, refused};
use crate::entity::Entity;
use crate::error::{Error, Result};
use crate::plan::RowRef;

/// A row that left something open.
#[derive(Clone, Copy)]
pub(crate) struct OpenRow {
    table: usize,
    slot: Slot,
    /// The columns that were written.
    columns: ColumnSet,
    open: Open,
}

/// The rows that left something open, those of the innermost scope last.
#[derive(Default)]
pub(super) struct OpenRows {
    rows: Vec<OpenRow>,
    /// Where those of the innermost scope begin; `None`: there is no scope, and everything is judged at once.
    scope: Option<usize>,
}

/// Where the open rows stand, to return to if what follows is taken back.
#[derive(Clone, Copy)]
pub(super) struct OpenPlace {
    rows: usize,
    scope: Option<usize>,
}

impl OpenRows {
    pub(super) const fn place(&self) -> OpenPlace {
        OpenPlace { rows: self.rows.len(), scope: self.scope }
    }

    pub(super) fn return_to(&mut self, OpenPlace { rows, scope }: OpenPlace) {
        self.rows.truncate(rows);
        self.scope = scope;
    }

    /// The places of the rows of a table that were written without their parents, in all scopes.
    pub(super) fn orphans(&self, table: usize) -> impl Iterator<Item = Slot> + '_ {
        let rows = self.rows.iter().filter(move |row| row.table == table && row.open.orphan);
        rows.map(|row| row.slot)
    }

    /// Where the rows of the innermost scope begin.
    #[cfg(feature = "serde")]
    fn start(&self) -> usize {
        self.scope.unwrap_or(self.rows.len())
    }

    /// A scope begins; what is around it.
    fn begin(&mut self) -> OpenPlace {
        let around = self.place();
        self.scope = Some(around.rows);
        around
    }

    /// The scope ends; its rows.
    fn end(&mut self, around: OpenPlace) -> Vec<OpenRow> {
        let rows = self.rows.split_off(around.rows);
        self.scope = around.scope;
        rows
    }
}

/// A row that breaks a rule when its scope ends.
pub(crate) struct Unsettled {
    pub(super) row: RowRef,
    pub(super) error: Error,
}

impl Tx {
    /// Runs `part`, in which unique keys and foreign keys may be broken as long as they hold when it ends. If they do not, or if
    /// it returns an error (or panics), everything it wrote is taken back, and the transaction goes on. Scopes nest: each
    /// settles its own. O(rows that left something open) at the end.
    ///
    /// Meanwhile queries find what reading all rows finds: all rows that have one unique key, rows by a foreign key whose parent is not
    /// there. They do without the indexes that cannot tell, so a scope had better be short. Not so what goes by relations:
    /// [`find`](crate::View::find) and the like give one of several rows; and a row whose parent is missing is among nobody's children
    /// before the end, even when the parent has come. Nor can one be read that is not there: what leads from a row to its required
    /// parent panics if there is none, be it the row's method, `with`, or a path in `select` and `group_by`.
    ///
    /// # Errors
    /// Whatever `part` says; [`Unique`](Error::Unique), [`ForeignKey`](Error::ForeignKey) or [`Cycle`](Error::Cycle) about the
    /// first row that breaks a rule in the end.
    ///
    /// # Panics
    /// If `part` does, after taking back what it wrote.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// let bob = db.write(|tx| tx.insert(NewUser { email: "bob@x.org".into() }))?;
    /// db.write(|tx| {
    ///     // Each alone would be refused: the other has that address.
    ///     tx.deferred(|tx| {
    ///         tx.update(ann, |ann| ann.email = "bob@x.org".into())?;
    ///         tx.update(bob, |bob| bob.email = "ann@x.org".into()).map(drop)
    ///     })?;
    ///     // An order before its user.
    ///     tx.deferred(|tx| {
    ///         let eve = Id::from_u64(70).unwrap();
    ///         tx.insert(NewOrder { user_id: eve, quantity: 1 })?;
    ///         tx.insert(User { id: eve, email: "eve@x.org".into(), ..tx[ann].clone() })
    ///     })
    /// })?;
    /// assert_eq!(db.read().find(User::EMAIL, "ann@x.org").map(|user| user.id), Some(bob));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn deferred<T, E: From<Error>>(
        &mut self,
        part: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.deferred_with(part, |_, unsettled| unsettled.error)
    }

    /// As [`deferred`](Self::deferred), with more to say of the row that breaks a rule in the end.
    pub(super) fn deferred_with<T, E: From<Error>>(
        &mut self,
        part: impl FnOnce(&mut Self) -> Result<T, E>,
        explain: impl FnOnce(&Self, Unsettled) -> Error,
    ) -> Result<T, E> {
        self.savepoint(|tx| {
            let (around, left_open) = (tx.open.begin(), tx.view.open);
            let value = tx.lend(part)?;
            let rows = tx.open.end(around);
            if let Some(unsettled) = tx.judge_rows(rows).into_iter().next() {
                return Err(explain(tx, unsettled).into());
            }
            tx.view.open = left_open;
            Ok(value)
        })
    }

    /// Is it judged at the end what a row breaks?
    pub(super) const fn is_deferring(&self) -> bool {
        self.open.scope.is_some()
    }

    /// Writes a new row, with what it leaves open put down.
    pub(super) fn store_new_open<M: Entity>(&mut self, row: M) -> Result<Slot> {
        let written = self.view.sight.insert_open(row);
        let (slot, open) = written.map_err(|failed| refused(&self.view, &failed))?;
        self.put_down::<M>(slot, ColumnSet::ALL, open);
        Ok(slot)
    }

    /// Writes a changed row, with what it leaves open put down.
    pub(super) fn store_changed_open<M: Entity>(
        &mut self,
        slot: Slot,
        row: M,
        changed: ColumnSet,
    ) -> Result<()> {
        let written = self.view.sight.update_open(slot, row, changed);
        let open = written.map_err(|failed| refused(&self.view, &failed))?;
        self.put_down::<M>(slot, changed, open);
        Ok(())
    }

    fn put_down<M: Entity>(&mut self, slot: Slot, columns: ColumnSet, open: Open) {
        if open != Open::default() {
            let Open { duplicate, orphan } = &mut self.view.open;
            *duplicate |= open.duplicate;
            *orphan |= open.orphan;
            self.open.rows.push(OpenRow { table: M::number().get(), slot, columns, open });
        }
    }

    /// The rows that left something open in the scope so far.
    #[cfg(feature = "serde")]
    pub(super) fn left_open(&self) -> &[OpenRow] {
        &self.open.rows[self.open.start()..]
    }

    /// Judges what was left open in the scope so far; all rows that break a rule.
    #[cfg(feature = "serde")]
    pub(super) fn judge_open(&mut self) -> Vec<Unsettled> {
        let rows = self.open.rows.split_off(self.open.start());
        self.judge_rows(rows)
    }

    /// Judges what these rows left open; all that break a rule.
    fn judge_rows(&mut self, mut rows: Vec<OpenRow>) -> Vec<Unsettled> {
        // By tables, in the order of writing.
        rows.sort_by_key(|row| row.table);
        let database = Arc::clone(&self.database);
        let mut unsettled = Vec::new();
        for rows in rows.chunk_by(|left, right| left.table == right.table) {
            match behaviour_of(&database, rows[0].table) {
                Ok(behaviour) => unsettled.extend(behaviour.settle(self, rows)),
                Err(error) => unsettled.push(rows[0].breaks(error)),
            }
        }
        unsettled
    }

    /// Judges what was left open by rows of one model; those that break a rule. Rows that are gone, or were put right, break
    /// nothing.
    pub(crate) fn settle_rows<M: Entity>(&mut self, rows: &[OpenRow]) -> Vec<Unsettled> {
        let is_there = |tx: &Self, row: &OpenRow| tx.sight().at_slot::<M>(row.slot).is_some();
        let mut unsettled = Vec::new();
        for row in rows.iter().filter(|row| row.open.duplicate) {
            if is_there(self, row) {
                let refused = self.refuse_duplicate::<M>(row.slot, row.columns);
                unsettled.extend(refused.err().map(|error| row.breaks(error)));
            }
        }
        let keys: Vec<u16> = M::DEFINITION.foreign_keys.iter().map(|key| key.column).collect();
        let keys = ColumnSet::of(&keys);
        let orphans = rows.iter().filter(|row| row.open.orphan);
        let orphans: Vec<&OpenRow> = orphans.filter(|row| is_there(self, row)).collect();
        for row in &orphans {
            let adopted: Result<(), Refused<M>> = self.view.sight.adopt(row.slot, keys);
            let refused = adopted.map_err(|failed| refused(&self.view, &failed));
            unsettled.extend(refused.err().map(|error| row.breaks(error)));
        }
        let slots: Vec<Slot> = orphans.iter().map(|row| row.slot).collect();
        let table = M::number().get();
        let cycles = self.cycles_among::<M>(&slots, keys).into_iter();
        unsettled
            .extend(cycles.map(|(slot, error)| Unsettled { row: RowRef { table, slot }, error }));
        unsettled
    }
}

impl OpenRow {
    pub(super) const fn place(&self) -> RowRef {
        RowRef { table: self.table, slot: self.slot }
    }

    const fn breaks(&self, error: Error) -> Unsettled {
        Unsettled { row: self.place(), error }
    }
}
