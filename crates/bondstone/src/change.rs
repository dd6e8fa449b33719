//! The change set: what a transaction did, row by row, before and after.
//!
//! Nothing is recorded for it beyond the list of rows that were written: what a row was before is what a view one version
//! earlier sees, and what it is now is what the transaction sees. So it is net by nature, and rows that are as they were
//! are not in it.
//!
//! [`Changes`] borrows from the open transaction. A [`ChangeSet`] is a copy that outlives it, for those who listen.

mod set;

use std::collections::HashMap;
use std::sync::Arc;

use bondstone_schema::{Column, Id, KeyKind, Model, Value};
use bondstone_storage::{Handle, Slot};

use crate::database::Inner;
use crate::view::View;

pub use set::ChangeSet;
pub(crate) use set::{NetRows, RowsOf};

/// What a transaction has done so far.
///
/// ```
#[doc = include_str!("example.txt")]
/// db.write(|tx| {
///     tx.update(ann, |user| user.age = 41)?;
///     let order = tx.insert(NewOrder { user_id: ann, quantity: 3 })?;
///     tx.delete(order)?;
///
///     let changes = tx.changes();
///     let users: Vec<Change<User>> = changes.of().collect();
///     assert_eq!(users[0].changed(User::AGE), Some((&0, &41)));
///     assert_eq!(changes.of::<Order>().count(), 0, "it came and went");
///     Ok(())
/// })?;
/// # Ok::<(), Error>(())
/// ```
pub struct Changes<'a> {
    view: &'a View,
    database: &'a Inner,
    /// The rows written, each once: table by table, in the order in which they were first written.
    rows: Vec<Written>,
}

/// A row that was written.
struct Written {
    table: usize,
    slot: Slot,
    /// So many writes came before it.
    before: usize,
}

/// The net change of one row.
#[derive(Debug)]
pub enum Change<'a, M> {
    /// The row is new.
    Inserted {
        /// The row.
        after: &'a M,
    },
    /// The row has other values.
    Updated {
        /// As it was.
        before: &'a M,
        /// As it is.
        after: &'a M,
    },
    /// The row is gone.
    Deleted {
        /// As it was.
        before: &'a M,
    },
}

impl<'a> Changes<'a> {
    pub(crate) fn new(view: &'a View, database: &'a Inner) -> Self {
        let written = view.sight().written().zip(0..);
        let written = written.map(|((table, slot), before)| Written { table, slot, before });
        let mut rows: Vec<Written> = written.collect();
        // Most transactions write a row or a few, or many in the order of their places: both are sorted at once.
        rows.sort_unstable_by_key(|row| (row.table, row.slot, row.before));
        rows.dedup_by_key(|row| (row.table, row.slot));
        rows.sort_unstable_by_key(|row| (row.table, row.before));
        Self { view, database, rows }
    }

    /// A copy that outlives the transaction; `None` if, net, it did nothing.
    pub(crate) fn copied(&self) -> Option<Arc<ChangeSet>> {
        ChangeSet::copied(self).map(Arc::new)
    }

    /// The numbers of the tables whose rows were written.
    fn tables(&self) -> impl Iterator<Item = usize> {
        self.rows.chunk_by(|row, next| row.table == next.table).map(|rows| rows[0].table)
    }

    /// The rows of one table.
    fn of_table(&self, table: usize) -> &[Written] {
        let start = self.rows.partition_point(|row| row.table < table);
        let end = self.rows.partition_point(|row| row.table <= table);
        &self.rows[start..end]
    }

    #[cfg(feature = "persist")]
    pub(crate) const fn view(&self) -> &'a View {
        self.view
    }

    #[cfg(feature = "persist")]
    pub(crate) const fn database(&self) -> &'a Inner {
        self.database
    }

    /// Was a row of this table written?
    #[cfg(feature = "persist")]
    pub(crate) fn concerns(&self, table: usize) -> bool {
        self.rows.binary_search_by_key(&table, |row| row.table).is_ok()
    }

    /// The rows of one model, in the order in which they were first written. O(rows written × columns).
    pub fn of<M: Model>(&self) -> impl Iterator<Item = Change<'a, M>> + use<'a, M> {
        self.placed::<M>().into_iter().map(|(_, change)| change)
    }

    /// The changes of one model, each with the place where the row is, or was.
    fn placed<M: Model>(&self) -> Vec<(Slot, Change<'a, M>)> {
        let rows = self.of_table(M::number().get()).iter();
        let changes = rows.filter_map(|row| Some((row.slot, Change::of(self.view, row.slot)?)));
        match M::DEFINITION.key.kind {
            // A numbered row keeps its place when it is deleted and inserted again.
            KeyKind::Auto => changes.collect(),
            KeyKind::Natural | KeyKind::Uuid(_) => merged(changes),
        }
    }

    /// Did the transaction change nothing, net? O(rows written × columns).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let mut models = self.tables().filter_map(|table| self.database.behaviour(table));
        !models.any(|model| model.has_changed(self))
    }
}

/// One change for each key: a row that was deleted and inserted again has another place, and is one row all the same.
fn merged<'a, M: Model>(
    changes: impl Iterator<Item = (Slot, Change<'a, M>)>,
) -> Vec<(Slot, Change<'a, M>)> {
    let mut places: HashMap<Id<M>, usize> = HashMap::new();
    let mut merged: Vec<Option<(Slot, Change<'a, M>)>> = Vec::new();
    for (slot, change) in changes {
        let place = *places.entry(change.id()).or_insert(merged.len());
        if place == merged.len() {
            merged.push(Some((slot, change)));
            continue;
        }
        let (other_slot, other) = merged[place].take().unzip();
        let before = change.before().or(other.as_ref().and_then(Change::before));
        let after = change.after().or(other.as_ref().and_then(Change::after));
        // Where the row is now; if it is nowhere, where it was.
        let slot = if change.after().is_some() { slot } else { other_slot.unwrap_or(slot) };
        merged[place] = Change::net(before, after).map(|change| (slot, change));
    }
    merged.into_iter().flatten().collect()
}

impl<'a, M: Model> Change<'a, M> {
    fn of(view: &'a View, slot: Slot) -> Option<Self> {
        let sight = view.sight();
        Self::net(sight.before(slot), sight.at_slot(slot))
    }

    fn net(before: Option<&'a M>, after: Option<&'a M>) -> Option<Self> {
        match (before, after) {
            (None, None) => None,
            (None, Some(after)) => Some(Self::Inserted { after }),
            (Some(before), None) => Some(Self::Deleted { before }),
            (Some(before), Some(after)) => {
                let differing = (M::DEFINITION.row.differing)(before, after);
                (!differing.is_empty()).then_some(Self::Updated { before, after })
            }
        }
    }

    /// The row as it was, if it was there.
    #[must_use]
    pub const fn before(&self) -> Option<&'a M> {
        match self {
            Self::Inserted { .. } => None,
            Self::Updated { before, .. } | Self::Deleted { before } => Some(before),
        }
    }

    /// The row as it is, if it is there.
    #[must_use]
    pub const fn after(&self) -> Option<&'a M> {
        match self {
            Self::Inserted { after } | Self::Updated { after, .. } => Some(after),
            Self::Deleted { .. } => None,
        }
    }

    /// The row's key.
    #[must_use]
    pub fn id(&self) -> Id<M> {
        match self {
            Self::Inserted { after: row }
            | Self::Updated { after: row, .. }
            | Self::Deleted { before: row } => row.id(),
        }
    }

    /// The column's old and new value, if both rows are there and differ in it.
    #[must_use]
    pub fn changed<V: Value, U>(&self, column: Column<M, V, U>) -> Option<(&'a V, &'a V)> {
        let (before, after) = (column.get(self.before()?), column.get(self.after()?));
        (before != after).then_some((before, after))
    }

    /// The row's handle, if it is there.
    #[must_use]
    pub fn handle(&self, view: &View) -> Option<Handle<M>> {
        view.handle(self.after()?.id())
    }
}
