//! Many rows updated as one statement that somebody listens to.

use std::any::Any;
use std::sync::Arc;

use bondstone_schema::ColumnSet;
use bondstone_storage::Slot;

use super::super::Tx;
use super::{Listeners, Updated, is_undone};
use crate::error::Result;
use crate::plan::RowRef;

/// A row that a bulk update changes, without its type.
pub(crate) struct ChangedRow {
    pub(crate) slot: Slot,
    pub(crate) row: Box<dyn Any>,
    pub(crate) columns: ColumnSet,
}

impl Tx {
    /// Changes rows of one table together: all are changed and judged against the state before, then written, then told.
    #[cold]
    pub(in super::super) fn rewrite_heard(
        &mut self,
        table: usize,
        slots: Vec<Slot>,
        change: &mut dyn FnMut(&mut dyn Any) -> Result<()>,
    ) -> Result<usize> {
        let database = Arc::clone(&self.database);
        let hooks = self.hooks.begin_statement()?;
        let listeners = Listeners::of(&hooks, &database, table)?;
        let model = listeners.model;
        let places: Vec<RowRef> = slots.iter().map(|slot| RowRef { table, slot: *slot }).collect();
        places.iter().try_for_each(|row| self.refuse_busy(&database, *row))?;
        self.savepoint(|tx| {
            let mut changed = Vec::new();
            let mut olds = Vec::new();
            tx.busy(&places, |tx| {
                for slot in slots {
                    let Some(old) = model.row(tx, slot) else { continue };
                    let mut row = model.copy(&*old);
                    change(&mut *row)?;
                    let refreshed = model.refresh(tx, &*old, &mut *row);
                    if refreshed.changed.is_empty() {
                        continue;
                    }
                    tx.before_update(listeners, refreshed, &mut *row, &*old)?;
                    if is_undone(model, refreshed, &*row, &*old) {
                        continue;
                    }
                    let columns = model.judge(tx, &*old, &mut *row)?;
                    if !columns.is_empty() {
                        changed.push(ChangedRow { slot, row, columns });
                        olds.push((slot, old));
                    }
                }
                Ok(())
            })?;
            let written = model.write_together(tx, changed)?;
            // All copies first: a hook may change rows that are still to be told of.
            let updated = olds.into_iter();
            let updated = updated.filter_map(|(slot, old)| Updated::of(tx, listeners, slot, old));
            let updated = updated.collect();
            tx.tell_updates(updated)?;
            Ok(written)
        })
    }
}
