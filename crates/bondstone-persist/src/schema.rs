//! The schema as data: what was declared when rows were stored.
//!
//! Every file that holds rows begins with it. A program that opens the file compares it with what it declares itself, by name:
//! [`Evolution`] says what changed, where each column's values are now, and what cannot be read any more.
//!
//! | module | noun |
//! |---|---|
//! | [`bytes`] | the schema as bytes, and back |
//! | [`evolution`] | from a stored schema to the declared one |

mod bytes;
mod evolution;

use bondstone_schema::schema::{ForeignKeyLayout, IndexLayout};
use bondstone_schema::{Action, IndexKind, KeyKind, Schema, Shape, TableLayout};

pub use bytes::SchemaDamage;
pub use evolution::{Change, Difference, Evolution, TableEvolution};

/// The tables that were declared when rows were stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredSchema {
    /// In the order of their numbers.
    pub tables: Vec<StoredTable>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTable {
    /// Its name.
    pub name: String,
    /// Its columns, in the order in which they are stored.
    pub columns: Vec<StoredColumn>,
    /// How its keys come about.
    pub key_kind: KeyKind,
    /// The names of the key's columns.
    pub key: Vec<String>,
    /// Its unique and secondary indexes.
    pub indexes: Vec<StoredIndex>,
    /// Its checks: name and condition.
    pub checks: Vec<(String, String)>,
    /// Its foreign keys.
    pub foreign_keys: Vec<StoredForeignKey>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredColumn {
    /// Its name.
    pub name: String,
    /// What its bytes mean.
    pub shape: Shape,
}

/// An index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredIndex {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: IndexKind,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// The hybrid that it is over.
    pub hybrid: Option<String>,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredForeignKey {
    /// Its name.
    pub name: String,
    /// Its column.
    pub column: String,
    /// The table it refers to.
    pub target: String,
    /// When the parent is deleted.
    pub on_delete: Action,
    /// When the parent's key changes.
    pub on_update: Action,
}

impl StoredSchema {
    /// What is declared now. O(its size).
    #[must_use]
    pub fn of(schema: &Schema) -> Self {
        let tables = schema.tables().iter().map(|table| StoredTable::of(&(table.layout)()));
        Self { tables: tables.collect() }
    }
}

impl StoredTable {
    fn of(layout: &TableLayout) -> Self {
        let column = |(name, shape): (&str, &Shape)| StoredColumn {
            name: name.to_owned(),
            shape: shape.clone(),
        };
        let checks = layout.checks.iter();
        Self {
            name: layout.name.to_owned(),
            columns: layout.columns.iter().map(|one| column((one.name, &one.shape))).collect(),
            key_kind: layout.key.kind,
            key: owned(&layout.key.columns),
            indexes: layout.indexes.iter().map(StoredIndex::of).collect(),
            checks: checks.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
            foreign_keys: layout.foreign_keys.iter().map(StoredForeignKey::of).collect(),
        }
    }

    /// The shapes of its columns.
    #[must_use]
    pub fn shapes(&self) -> Vec<Shape> {
        self.columns.iter().map(|column| column.shape.clone()).collect()
    }
}

impl StoredIndex {
    fn of(layout: &IndexLayout) -> Self {
        Self {
            name: layout.name.to_owned(),
            kind: layout.kind,
            columns: owned(&layout.columns),
            hybrid: layout.hybrid.map(ToOwned::to_owned),
        }
    }
}

impl StoredForeignKey {
    fn of(layout: &ForeignKeyLayout) -> Self {
        Self {
            name: layout.name.to_owned(),
            column: layout.column.to_owned(),
            target: layout.target.to_owned(),
            on_delete: layout.on_delete,
            on_update: layout.on_update,
        }
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
