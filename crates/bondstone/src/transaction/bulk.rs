//! Updating and deleting many rows as one statement.
//!
//! An update goes in three steps. (1) The rows are fixed: those that meet the condition in the state before the call, or
//! those that were named. (2) All of them are changed and judged one by one, as [`update`](Tx::update) judges, still
//! against the state before; what the closure left as it was drops out. (3) They are written, and only then is asked
//! whether unique keys are unique and hierarchies without cycles: on the way, `position += 1` gives two rows the same
//! position until the second one is written.
//!
//! That asking costs nothing where nothing meets. If two rows end with one key, the one that was written later (or at
//! all) found the other's already there. So the storage tells of each write that met another key, and these alone are
//! asked again when all is written.
//!
//! A delete is one cascade from all rows together: what refers to a row that goes, and goes itself, refuses nothing.

use std::collections::HashSet;

use bondstone_schema::{ColumnSet, Id};
use bondstone_storage::{Refused, Slot};

use super::{Tx, refused};
use crate::entity::Entity;
use crate::error::Result;
use crate::predicate::Pred;
use crate::singleton::Plural;

/// A row that is changed, and the columns in which it differs.
pub(crate) struct Changed<M> {
    pub(crate) slot: Slot,
    pub(crate) row: M,
    pub(crate) columns: ColumnSet,
}

impl Tx {
    /// Changes all rows that meet a condition, as one statement; how many it changed, those that the closure left as they
    /// were not counted. O(query) to find the rows, then as [`update`](Tx::update) for each, all of them held in memory.
    ///
    /// The rows are those that meet the condition before the call. Unique keys are compared when all are written, so
    /// `position += 1` works on a unique column, and so do swaps. For all rows: `Pred::<User>::always()`.
    ///
    /// # Errors
    /// The first rule that a row breaks; it names the row. Then none is changed.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// db.write(|tx| {
    ///     tx.insert_all([1, 2, 30].map(|quantity| NewOrder { user_id: ann, quantity }))?;
    ///     let changed = tx.update_where(Order::QUANTITY.lt(10), |order| order.quantity *= 2)?;
    ///     assert_eq!(changed, 2);
    ///
    ///     let refused = tx.update_where(Order::USER_ID.eq(ann), |order| order.quantity -= 2).unwrap_err();
    ///     assert!(refused.violates("positive"));
    ///     let quantities: Vec<u32> = tx.iter().map(|order: &Order| order.quantity).collect();
    ///     assert_eq!(quantities, [2, 4, 30], "all or none");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn update_where<M: Entity>(
        &mut self,
        condition: impl Into<Pred<M>>,
        change: impl FnMut(&mut M),
    ) -> Result<usize> {
        self.try_update_where(condition, infallible(change))
    }

    /// As [`update_where`](Tx::update_where), by a closure that may fail: then no row is changed.
    ///
    /// # Errors
    /// As for [`update_where`](Tx::update_where), and what the closure says.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// let refused = db.write(|tx| {
    ///     tx.insert_all([1, 2, 30].map(|quantity| NewOrder { user_id: ann, quantity }))?;
    ///     tx.try_update_where(Order::USER_ID.eq(ann), |order| {
    ///         order.quantity = order.quantity.checked_sub(2).ok_or("not so many")?;
    ///         Ok(())
    ///     })
    /// });
    /// assert_eq!(refused.unwrap_err().to_string(), "not so many");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn try_update_where<M: Entity>(
        &mut self,
        condition: impl Into<Pred<M>>,
        change: impl FnMut(&mut M) -> Result<()>,
    ) -> Result<usize> {
        let slots = self.slots_where(condition);
        self.rewrite(slots, change)
    }

    /// Changes the rows with these keys, as one statement; how many it changed. A key that is given twice counts once.
    ///
    /// With the ids of a query it changes what the query finds, in the query's order:
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// db.write(|tx| {
    ///     tx.insert_all([1, 20, 30].map(|quantity| NewOrder { user_id: ann, quantity }))?;
    ///     let largest = tx.query().order_by(Order::QUANTITY.desc()).limit(2).ids();
    ///     assert_eq!(tx.update_all(largest, |order| order.quantity = 10)?, 2);
    ///     assert_eq!(tx.query().filter(Order::QUANTITY.eq(10)).count(), 2);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`NotFound`](crate::Error::NotFound), and as for [`update_where`](Tx::update_where).
    pub fn update_all<M: Entity>(
        &mut self,
        ids: impl IntoIterator<Item = Id<M>>,
        change: impl FnMut(&mut M),
    ) -> Result<usize> {
        self.try_update_all(ids, infallible(change))
    }

    /// As [`update_all`](Tx::update_all), by a closure that may fail: then no row is changed.
    ///
    /// # Errors
    /// As for [`update_all`](Tx::update_all), and what the closure says.
    pub fn try_update_all<M: Entity>(
        &mut self,
        ids: impl IntoIterator<Item = Id<M>>,
        change: impl FnMut(&mut M) -> Result<()>,
    ) -> Result<usize> {
        let slots = self.slots_of(ids)?;
        self.rewrite(slots, change)
    }

    /// Deletes all rows that meet a condition, as one statement, and does what foreign keys to them say; how many met it.
    /// O(query) to find the rows, then O(rows that go or let go, and their indexes).
    ///
    /// Rows that go together refuse nothing to each other.
    ///
    /// # Errors
    /// As for [`delete`](Tx::delete), with the path from one of the rows to the one that refuses. Nothing is deleted then.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// db.write(|tx| {
    ///     tx.insert_all([1, 2, 30].map(|quantity| NewOrder { user_id: ann, quantity }))?;
    ///     assert_eq!(tx.delete_where(Order::QUANTITY.lt(10))?, 2);
    ///     assert_eq!(tx.count::<Order>(), 1);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn delete_where<M: Plural>(&mut self, condition: impl Into<Pred<M>>) -> Result<usize> {
        let slots = self.slots_where(condition);
        self.delete_together::<M>(&slots)
    }

    /// Deletes the rows with these keys, as one statement; how many they are. A key that is given twice counts once.
    ///
    /// # Errors
    /// [`NotFound`](crate::Error::NotFound), and as for [`delete_where`](Tx::delete_where).
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// db.write(|tx| {
    ///     let orders = tx.insert_all([1, 2, 30].map(|quantity| NewOrder { user_id: ann, quantity }))?;
    ///     assert_eq!(tx.delete_all(orders[..2].iter().copied())?, 2);
    ///     assert_eq!(tx[ann].orders(tx).count(), 1);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn delete_all<M: Plural>(&mut self, ids: impl IntoIterator<Item = Id<M>>) -> Result<usize> {
        let slots = self.slots_of(ids)?;
        self.delete_together::<M>(&slots)
    }

    /// The places of the rows that meet a condition.
    fn slots_where<M: Entity>(&self, condition: impl Into<Pred<M>>) -> Vec<Slot> {
        let rows = self.query::<M>().filter(condition).into_iter();
        rows.filter_map(|row| self.sight().parent_place(&row.id())).collect()
    }

    /// The places of the rows with these keys, each once.
    fn slots_of<M: Entity>(&self, ids: impl IntoIterator<Item = Id<M>>) -> Result<Vec<Slot>> {
        let mut seen = HashSet::new();
        let mut slots = Vec::new();
        for id in ids {
            let slot = self.place_of(&id)?;
            if seen.insert(slot) {
                slots.push(slot);
            }
        }
        Ok(slots)
    }

    /// The one way in for rows that are changed together.
    fn rewrite<M: Entity>(
        &mut self,
        slots: Vec<Slot>,
        mut change: impl FnMut(&mut M) -> Result<()>,
    ) -> Result<usize> {
        if self.hooks.hear_rows_of::<M>() {
            return self.rewrite_heard(M::number().get(), slots, &mut |row| {
                row.downcast_mut::<M>().map_or(Ok(()), &mut change)
            });
        }
        let mut changed = Vec::new();
        for slot in slots {
            let Some(before) = self.sight().at_slot::<M>(slot) else { continue };
            let mut row = before.clone();
            change(&mut row)?;
            let columns = self.judge(before, &mut row)?;
            if !columns.is_empty() {
                changed.push(Changed { slot, row, columns });
            }
        }
        self.savepoint(|tx| tx.write_together(changed))
    }

    /// Writes rows that were judged, and then asks whether keys are unique and hierarchies without cycles; how many they are.
    pub(crate) fn write_together<M: Entity>(&mut self, rows: Vec<Changed<M>>) -> Result<usize> {
        let written: Vec<Slot> = rows.iter().map(|changed| changed.slot).collect();
        let mut all_columns = ColumnSet::EMPTY;
        // Where another row had the same unique key at the time: it may have another one by now.
        let mut met = Vec::new();
        for Changed { slot, row, columns } in rows {
            all_columns = all_columns.or(columns);
            if self.is_deferring() {
                self.store_changed(slot, row, columns)?;
                continue;
            }
            let sight = &mut self.view.sight;
            match sight.update_among_others(slot, row, columns) {
                Ok(false) => {}
                Ok(true) => met.push((slot, columns)),
                Err(failed) => return Err(refused(&self.view, &failed)),
            }
        }
        for (slot, columns) in met {
            self.refuse_duplicate::<M>(slot, columns)?;
        }
        self.refuse_cycles_among::<M>(&written, all_columns)?;
        Ok(written.len())
    }

    /// Refuses a row that was written in `slot` if another one has the same key.
    pub(super) fn refuse_duplicate<M: Entity>(
        &mut self,
        slot: Slot,
        columns: ColumnSet,
    ) -> Result<()> {
        let Err(refusal) = self.view.sight.check_unique::<M>(slot, columns) else { return Ok(()) };
        match self.sight().at_slot::<M>(slot) {
            Some(row) => Err(refused(&self.view, &Refused { refusal, row: row.clone() })),
            None => Ok(()),
        }
    }
}

fn infallible<M>(mut change: impl FnMut(&mut M)) -> impl FnMut(&mut M) -> Result<()> {
    move |row| {
        change(row);
        Ok(())
    }
}
