//! What is stored about a table beside its rows, as plain data.
//!
//! By it a later version of the program sees what changed, and finds the columns that it has now among those that were stored.

use super::declared::{Declared, DeclaredForeignKey, DeclaredIndex};
use crate::definition::{Action, ColumnDef, IndexKind, KeyKind};
use crate::model::Model;
use crate::shape::Shape;

/// A table.
#[derive(Clone, Debug)]
pub struct TableLayout {
    /// Its name.
    pub name: &'static str,
    /// The names it had before.
    pub was: &'static [&'static str],
    /// Its columns, in order.
    pub columns: Vec<ColumnLayout>,
    /// Its primary key.
    pub key: KeyLayout,
    /// Its unique and secondary indexes, in order.
    pub indexes: Vec<IndexLayout>,
    /// Its checks: name and condition as written.
    pub checks: Vec<(&'static str, &'static str)>,
    /// Its foreign keys, in order.
    pub foreign_keys: Vec<ForeignKeyLayout>,
}

/// A column.
#[derive(Clone, Debug)]
pub struct ColumnLayout {
    /// Its name.
    pub name: &'static str,
    /// The names it had before.
    pub was: &'static [&'static str],
    /// What its bytes mean.
    pub shape: Shape,
    /// What they meant before, where the model says how they are converted.
    pub converted_from: Option<Shape>,
    /// Rows that were stored without it get a value.
    pub filled: bool,
}

/// A primary key.
#[derive(Clone, Debug)]
pub struct KeyLayout {
    /// How keys come about.
    pub kind: KeyKind,
    /// Its columns' names.
    pub columns: Vec<&'static str>,
}

/// An index.
#[derive(Clone, Debug)]
pub struct IndexLayout {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub kind: IndexKind,
    /// Its columns' names.
    pub columns: Vec<&'static str>,
    /// The hybrid that it is over.
    pub hybrid: Option<&'static str>,
}

/// A foreign key.
#[derive(Clone, Debug)]
pub struct ForeignKeyLayout {
    /// Its name.
    pub name: &'static str,
    /// Its column's name.
    pub column: &'static str,
    /// The table it refers to.
    pub target: &'static str,
    /// When the parent is deleted.
    pub on_delete: Action,
    /// When the parent's key changes.
    pub on_update: Action,
}

impl TableLayout {
    /// That of a model. O(columns and what they are made of).
    #[must_use]
    pub fn of<M: Model>() -> Self {
        Self::of_declared(&Declared::of(M::DEFINITION))
    }

    fn of_declared(declared: &Declared) -> Self {
        let index = |index: &DeclaredIndex| IndexLayout {
            name: index.name,
            kind: index.kind,
            columns: declared.names(index.columns),
            hybrid: index.hybrid,
        };
        let foreign_key = |key: &DeclaredForeignKey| ForeignKeyLayout {
            name: key.name,
            column: declared.column(key.column),
            target: (key.target)().table,
            on_delete: key.on_delete,
            on_update: key.on_update,
        };
        Self {
            name: declared.name,
            was: declared.was,
            columns: declared.columns.iter().map(ColumnLayout::of).collect(),
            key: KeyLayout {
                kind: declared.key_kind,
                columns: declared.names(declared.key.columns),
            },
            indexes: declared.indexes.iter().map(index).collect(),
            checks: declared.checks.iter().map(|check| (check.name, check.text)).collect(),
            foreign_keys: declared.foreign_keys.iter().map(foreign_key).collect(),
        }
    }
}

impl ColumnLayout {
    fn of(column: &ColumnDef) -> Self {
        Self {
            name: column.name,
            was: column.was,
            shape: (column.shape)(),
            converted_from: column.converted_from.map(|shape| shape()),
            filled: column.filled,
        }
    }
}
