//! The events that hooks are called for.

use std::fmt;

/// What a hook is called for. Shown as the function is called that registers it: `before_insert`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HookKind {
    /// A column got another value, or a row is new.
    OnSet,
    /// A row is about to be inserted.
    BeforeInsert,
    /// A row is about to get other values.
    BeforeUpdate,
    /// A row is about to be deleted.
    BeforeDelete,
    /// A row was inserted.
    AfterInsert,
    /// A row got other values.
    AfterUpdate,
    /// A row was deleted.
    AfterDelete,
    /// A row was read from files.
    OnLoad,
    /// A transaction is about to be committed.
    BeforeCommit,
    /// A transaction was committed.
    AfterCommit,
    /// A transaction was not committed.
    AfterRollback,
}

impl HookKind {
    /// Its name in programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OnSet => "on_set",
            Self::BeforeInsert => "before_insert",
            Self::BeforeUpdate => "before_update",
            Self::BeforeDelete => "before_delete",
            Self::AfterInsert => "after_insert",
            Self::AfterUpdate => "after_update",
            Self::AfterDelete => "after_delete",
            Self::OnLoad => "on_load",
            Self::BeforeCommit => "before_commit",
            Self::AfterCommit => "after_commit",
            Self::AfterRollback => "after_rollback",
        }
    }
}

impl fmt::Display for HookKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
