//! Rows from outside: written whole, as they are given, in any order, and each refused for a reason of its own.
//!
//! They are written in one scope that judges foreign keys at its end, so neither order nor circles matter. Whose parent did not
//! come cannot stay then, nor can what refers to *that* row, and so on: all of them are found in one pass over their children.
//! If there are any, everything is taken back, since what was written beside them (by hooks, say) may have counted on
//! them; whoever imports tries again without them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use bondstone_schema::ColumnSet;
use bondstone_storage::Slot;

use super::deferred::{OpenRow, Unsettled};
use super::rules::{differing, enforce_limits, test_checks};
use super::{Tx, behaviour_of};
use crate::entity::Entity;
use crate::error::{Error, Result};
use crate::plan::RowRef;

/// Rows that were refused, by their places among those that were given.
pub(crate) type Refused = Vec<(usize, Error)>;

/// What became of rows that were written together.
pub(crate) struct Written {
    /// Those that broke a rule by themselves.
    pub(crate) refused: Refused,
    /// Those that refer to nothing, or to one of these, in the end. If there are any, no row is there.
    pub(crate) unsettled: Refused,
}

/// What is wrong in the end with rows that were written together.
struct AllUnsettled(Vec<Unsettled>);

impl From<Error> for AllUnsettled {
    fn from(_: Error) -> Self {
        Self(Vec::new())
    }
}

impl Tx {
    /// Writes rows one after the other, each by `write`, and judges foreign keys in the end. O(rows).
    pub(crate) fn write_all_given<R>(
        &mut self,
        rows: &mut [R],
        write: impl Fn(&mut Self, &mut R) -> Result<RowRef>,
    ) -> Written {
        let mut refused = Vec::new();
        // By which of them each row was written that is to be judged.
        let mut writers: HashMap<RowRef, usize> = HashMap::with_capacity(rows.len());
        let settled = self.deferred_with(
            |tx| {
                for (place, row) in rows.iter_mut().enumerate() {
                    let before = tx.left_open().len();
                    match write(tx, row) {
                        Ok(row) => {
                            writers.insert(row, place);
                            // Hooks write rows, too.
                            let left = tx.left_open().get(before..).unwrap_or_default();
                            for row in left.iter().map(OpenRow::place) {
                                writers.entry(row).or_insert(place);
                            }
                        }
                        Err(error) => refused.push((place, error)),
                    }
                }
                let unsettled = tx.unsettled();
                if unsettled.is_empty() { Ok(()) } else { Err(AllUnsettled(unsettled)) }
            },
            |_, unsettled| unsettled.error,
        );
        let unsettled = settled.err().map_or(Vec::new(), |all| by_writers(&writers, all.0));
        Written { refused, unsettled }
    }

    /// All rows that break a rule at the end of a scope, and those that refer to them.
    fn unsettled(&mut self) -> Vec<Unsettled> {
        let database = Arc::clone(&self.database);
        let mut unsettled = self.judge_open();
        let mut found: HashMap<RowRef, ()> = HashMap::new();
        unsettled.retain(|row| found.insert(row.row, ()).is_none());
        let mut next = 0;
        while let Some(parent) = unsettled.get(next).map(|unsettled| unsettled.row) {
            next += 1;
            for (table, place) in self.sight().incoming(parent.table) {
                for slot in self.sight().child_slots(*table, *place, parent.slot) {
                    let row = RowRef { table: *table, slot };
                    if let Entry::Vacant(entry) = found.entry(row)
                        && let Ok(model) = behaviour_of(&database, *table)
                    {
                        entry.insert(());
                        let error = model.missing_parent(&self.view, slot, *place);
                        unsettled.push(Unsettled { row, error });
                    }
                }
            }
        }
        unsettled
    }

    /// Inserts a row as it is given.
    pub(crate) fn insert_given<M: Entity>(&mut self, row: M) -> Result<Slot> {
        self.savepoint(|tx| {
            let slot = tx.write_given(row)?;
            tx.refuse_duplicate::<M>(slot, ColumnSet::ALL)?;
            Ok(slot)
        })
    }

    /// Puts a row that is given in the place of one that is there from the beginning: columns that are set once are set, and
    /// a version is the one that is given.
    pub(crate) fn replace_given<M: Entity>(&mut self, slot: Slot, row: M) -> Result<()> {
        if self.hooks.hear_rows_of::<M>() {
            return self.replace_given_heard(M::number().get(), slot, Box::new(row));
        }
        self.place_replacement(slot, row).map(drop)
    }

    /// As [`replace_given`](Self::replace_given), and hooks hear nothing of it; false if there is nothing to write.
    pub(crate) fn place_replacement<M: Entity>(&mut self, slot: Slot, mut row: M) -> Result<bool> {
        enforce_limits(&mut row, ColumnSet::ALL)?;
        test_checks(&row)?;
        let Some(before) = self.sight().at_slot::<M>(slot) else { return Ok(false) };
        let changed = differing(before, &row);
        if !changed.is_empty() {
            self.savepoint(|tx| {
                tx.store_changed(slot, row, changed)?;
                tx.refuse_duplicate::<M>(slot, changed)
            })?;
        }
        Ok(!changed.is_empty())
    }
}

/// What is wrong with rows, told of those by which they were written.
fn by_writers(writers: &HashMap<RowRef, usize>, unsettled: Vec<Unsettled>) -> Refused {
    let mut refused: HashMap<usize, Error> = HashMap::new();
    let mut by_others = Vec::new();
    for Unsettled { row, error } in unsettled {
        match writers.get(&row) {
            Some(place) => {
                refused.entry(*place).or_insert(error);
            }
            // What a hook wrote goes with the row for which it did.
            None => by_others.push(error),
        }
    }
    if refused.is_empty()
        && let (Some(last), Some(error)) = (writers.values().max(), by_others.into_iter().next())
    {
        refused.insert(*last, error);
    }
    let mut refused: Refused = refused.into_iter().collect();
    refused.sort_by_key(|(place, _)| *place);
    refused
}
