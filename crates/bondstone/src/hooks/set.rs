//! The hooks that a transaction uses: sorted by table and event, and never changed.

use std::any::Any;
use std::sync::Arc;

use super::registry::{Hook, Run};
use super::{HookKind, Rollback};
use crate::change::ChangeSet;
use crate::database::Database;
use crate::error::Result;
use crate::transaction::Tx;

/// A hook over rows: the row, the row as it was where it is another, the transaction.
pub(crate) type RowHook =
    Arc<dyn Fn(&mut dyn Any, Option<&dyn Any>, &mut Tx) -> Result<()> + Send + Sync>;
pub(crate) type LoadHook = Arc<dyn Fn(&mut dyn Any) -> Result<()> + Send + Sync>;
pub(crate) type TxHook = Arc<dyn Fn(&mut Tx) -> Result<()> + Send + Sync>;
pub(crate) type CommitHook = Arc<dyn Fn(&Arc<ChangeSet>, &Database) + Send + Sync>;
pub(crate) type RollbackHook = Arc<dyn Fn(&Rollback, &Database) + Send + Sync>;

/// All hooks, as they were at one time.
#[derive(Default)]
pub(crate) struct HookSet {
    /// By the models' numbers.
    tables: Vec<TableHooks>,
    /// Does any of them hear of rows that are written?
    hears_rows: bool,
    pub(crate) before_commit: Vec<TxHook>,
    pub(crate) after_commit: Vec<CommitHook>,
    pub(crate) after_rollback: Vec<RollbackHook>,
}

/// The hooks of one table.
#[derive(Default)]
struct TableHooks {
    /// In the order of the columns.
    on_set: Vec<(u16, RowHook)>,
    /// In the order of registration.
    rows: Vec<(HookKind, RowHook)>,
    on_load: Vec<LoadHook>,
}

impl TableHooks {
    fn hear(&self) -> bool {
        !self.on_set.is_empty() || !self.rows.is_empty()
    }
}

impl HookSet {
    pub(super) fn of<'a>(hooks: impl Iterator<Item = &'a Hook>) -> Self {
        let mut set = Self::default();
        for hook in hooks {
            match (hook.run.clone(), hook.model) {
                (Run::Row(run), Some((table, _))) => set.table(table).rows.push((hook.kind, run)),
                (Run::Set(column, run), Some((table, _))) => {
                    set.table(table).on_set.push((column, run));
                }
                (Run::Load(run), Some((table, _))) => set.table(table).on_load.push(run),
                (Run::BeforeCommit(run), _) => set.before_commit.push(run),
                (Run::AfterCommit(run), _) => set.after_commit.push(run),
                (Run::AfterRollback(run), _) => set.after_rollback.push(run),
                (Run::Row(_) | Run::Set(..) | Run::Load(_), None) => {}
            }
        }
        for table in &mut set.tables {
            // Stable: of one column those come first that were registered first.
            table.on_set.sort_by_key(|(column, _)| *column);
        }
        set.hears_rows = set.tables.iter().any(TableHooks::hear);
        set
    }

    fn table(&mut self, table: usize) -> &mut TableHooks {
        if self.tables.len() <= table {
            self.tables.resize_with(table + 1, TableHooks::default);
        }
        &mut self.tables[table]
    }

    /// Is there a hook for rows that are written?
    pub(crate) const fn hears_rows(&self) -> bool {
        self.hears_rows
    }

    /// Is there one for rows of this table?
    pub(crate) fn hears_rows_of(&self, table: usize) -> bool {
        self.tables.get(table).is_some_and(TableHooks::hear)
    }

    /// Is there a hook for one of these events?
    pub(crate) fn has(&self, table: usize, kinds: &[HookKind]) -> bool {
        let Some(hooks) = self.tables.get(table) else { return false };
        hooks.rows.iter().any(|(kind, _)| kinds.contains(kind))
            || kinds.contains(&HookKind::OnSet) && !hooks.on_set.is_empty()
    }

    /// The hooks of an event, in the order of registration.
    pub(crate) fn of_rows(&self, table: usize, kind: HookKind) -> impl Iterator<Item = &RowHook> {
        let hooks = self.tables.get(table).map_or(&[][..], |hooks| &hooks.rows);
        hooks.iter().filter(move |(other, _)| *other == kind).map(|(_, run)| run)
    }

    /// The hooks of columns, in the order of the columns.
    pub(crate) fn on_set(&self, table: usize) -> &[(u16, RowHook)] {
        self.tables.get(table).map_or(&[], |hooks| &hooks.on_set)
    }

    /// The hooks for rows that are read from files.
    #[cfg(feature = "persist")]
    pub(crate) fn on_load(&self, table: usize) -> &[LoadHook] {
        self.tables.get(table).map_or(&[], |hooks| &hooks.on_load)
    }
}
