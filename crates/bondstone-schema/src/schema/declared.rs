//! What a definition says, without the model's type: everything but its functions over rows.
//!
//! All that is made of a definition when a database is built is made of this, and so is compiled once instead of once for each model.

use crate::definition::{
    Action, CheckDef, ColumnDef, Definition, ForeignKeyDef, IndexDef, IndexKind, KeyKind, ModelRef,
    RelationDef,
};

/// A definition.
pub struct Declared {
    pub(super) name: &'static str,
    pub(super) was: &'static [&'static str],
    pub(super) rust_name: &'static str,
    pub(super) doc: &'static str,
    pub(super) columns: &'static [ColumnDef],
    pub(super) key_kind: KeyKind,
    pub(super) key: DeclaredIndex,
    pub(super) indexes: Vec<DeclaredIndex>,
    pub(super) foreign_keys: Vec<DeclaredForeignKey>,
    pub(super) checks: Vec<DeclaredCheck>,
    pub(super) relations: &'static [RelationDef],
}

/// An index.
pub(super) struct DeclaredIndex {
    pub(super) name: &'static str,
    pub(super) columns: &'static [u16],
    pub(super) hybrid: Option<&'static str>,
    pub(super) kind: IndexKind,
    /// Of an index whose keys are encoded: where that is another order than that of `Ord`.
    pub(super) order_fault: Option<fn() -> Option<String>>,
}

/// A foreign key.
pub(super) struct DeclaredForeignKey {
    pub(super) name: &'static str,
    pub(super) column: u16,
    pub(super) nullable: bool,
    pub(super) acyclic: bool,
    pub(super) target: fn() -> ModelRef,
    pub(super) on_delete: Action,
    pub(super) on_update: Action,
    pub(super) has_default: bool,
}

/// A check.
pub(super) struct DeclaredCheck {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
    pub(super) columns: &'static [u16],
}

impl Declared {
    /// What a model's definition says.
    pub fn of<M>(definition: &Definition<M>) -> Self {
        Self {
            name: definition.name,
            was: definition.was,
            rust_name: definition.rust_name,
            doc: definition.doc,
            columns: definition.columns,
            key_kind: definition.key.kind,
            key: index(&definition.key.index),
            indexes: each(definition.indexes, index),
            foreign_keys: each(definition.foreign_keys, foreign_key),
            checks: each(definition.checks, check),
            relations: definition.relations,
        }
    }

    /// The names of columns.
    pub(super) fn names(&self, columns: &[u16]) -> Vec<&'static str> {
        columns.iter().map(|column| self.column(*column)).collect()
    }

    /// The name of a column.
    pub(super) fn column(&self, column: u16) -> &'static str {
        self.columns[usize::from(column)].name
    }
}

/// As `map` and `collect` do, in one function instead of the dozen that they are made of: this is compiled for each model.
fn each<T, U>(entries: &[T], of: fn(&T) -> U) -> Vec<U> {
    let mut all = Vec::with_capacity(entries.len());
    let mut next = 0;
    while next < entries.len() {
        all.push(of(&entries[next]));
        next += 1;
    }
    all
}

fn index<M>(index: &IndexDef<M>) -> DeclaredIndex {
    let order_fault = match &index.order {
        // Keys that are compared have the order of their `Ord`, whatever it is.
        Some(order) if order.custom.is_none() => Some(order.verify),
        _ => None,
    };
    DeclaredIndex {
        name: index.name,
        columns: index.columns,
        hybrid: index.hybrid,
        kind: index.kind,
        order_fault,
    }
}

fn foreign_key<M>(key: &ForeignKeyDef<M>) -> DeclaredForeignKey {
    DeclaredForeignKey {
        name: key.name,
        column: key.column,
        nullable: key.nullable,
        acyclic: key.acyclic,
        target: key.target,
        on_delete: key.on_delete,
        on_update: key.on_update,
        has_default: key.reset.is_some(),
    }
}

fn check<M>(check: &CheckDef<M>) -> DeclaredCheck {
    DeclaredCheck { name: check.name, text: check.text, columns: check.columns }
}
