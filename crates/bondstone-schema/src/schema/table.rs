//! One table as data: what a model declares, documentation comments included, without the model's type.

use super::declared::{Declared, DeclaredCheck, DeclaredForeignKey, DeclaredIndex};
use super::layout::TableLayout;
use crate::definition::{Action, ColumnDef, IndexKind, KeyKind, RelationDef, RelationKind};
use crate::limit::Limit;
use crate::value::TypeInfo;

/// One table.
#[derive(Clone, Debug)]
pub struct TableSchema {
    /// The table's name.
    pub name: &'static str,
    /// The struct's name.
    pub rust_name: &'static str,
    /// The struct's documentation comment.
    pub doc: &'static str,
    /// The columns, in field order.
    pub columns: Vec<ColumnSchema>,
    /// The primary key.
    pub key: KeySchema,
    /// The unique and secondary indexes, in declaration order.
    pub indexes: Vec<IndexSchema>,
    /// The checks, in declaration order.
    pub checks: Vec<CheckSchema>,
    /// The foreign keys, in field order.
    pub foreign_keys: Vec<ForeignKeySchema>,
    /// The relations seen from this side: `has_many`, `has_one`.
    pub relations: Vec<RelationSchema>,
    /// All that is stored about the table, made when it is asked for.
    pub layout: fn() -> TableLayout,
    pub(super) faults: Vec<String>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ColumnSchema {
    /// Its name.
    pub name: &'static str,
    /// The field's documentation comment.
    pub doc: &'static str,
    /// What its type is: name, whether it has a null, variants.
    pub type_info: TypeInfo,
    /// The text of its default, if it has one.
    pub default: Option<&'static str>,
    /// Nobody fills it in: a new row says what it is.
    pub given: bool,
    /// `max_len` or `decimal`.
    pub limit: Option<Limit>,
    /// Is it part of the primary key?
    pub key: bool,
    /// Is no other row allowed the same value? It alone is a unique key then, or the primary key.
    pub unique: bool,
    /// `#[private]`
    pub private: bool,
    /// `#[immutable]`
    pub immutable: bool,
}

/// A primary key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeySchema {
    /// Its name in errors.
    pub name: &'static str,
    /// How keys come about.
    pub kind: KeyKind,
    /// Its columns' names, in order.
    pub columns: Vec<&'static str>,
}

/// An index.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexSchema {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub kind: IndexKind,
    /// Its columns' names, in order. None, where it is over a hybrid.
    pub columns: Vec<&'static str>,
    /// The hybrid that it is over.
    pub hybrid: Option<&'static str>,
}

/// A check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckSchema {
    /// Its name.
    pub name: &'static str,
    /// The condition as written.
    pub text: &'static str,
    /// The names of the columns that it names.
    pub columns: Vec<&'static str>,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForeignKeySchema {
    /// Its name.
    pub name: &'static str,
    /// The column that holds it.
    pub column: &'static str,
    /// The table it refers to.
    pub target: &'static str,
    /// May it be null?
    pub nullable: bool,
    /// May no row be its own ancestor by it?
    pub acyclic: bool,
    /// When the parent is deleted.
    pub on_delete: Action,
    /// When the parent's key changes.
    pub on_update: Action,
}

/// A relation seen from the parent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RelationSchema {
    /// Its name, which is that of the method.
    pub name: &'static str,
    /// What kind it is.
    pub kind: RelationKind,
    /// The table on the other side.
    pub target: &'static str,
    /// The association table, for many to many.
    pub via: Option<&'static str>,
}

impl TableSchema {
    pub(super) fn of(declared: &Declared, layout: fn() -> TableLayout) -> Self {
        let index = |index| IndexSchema::of(declared, index);
        let check = |check| CheckSchema::of(declared, check);
        let foreign_key = |key| ForeignKeySchema::of(declared, key);
        Self {
            name: declared.name,
            rust_name: declared.rust_name,
            doc: declared.doc,
            columns: declared.columns.iter().map(|it| ColumnSchema::of(declared, it)).collect(),
            key: KeySchema {
                name: declared.key.name,
                kind: declared.key_kind,
                columns: declared.names(declared.key.columns),
            },
            indexes: declared.indexes.iter().map(index).collect(),
            checks: declared.checks.iter().map(check).collect(),
            foreign_keys: declared.foreign_keys.iter().map(foreign_key).collect(),
            relations: declared.relations.iter().map(RelationSchema::of).collect(),
            layout,
            faults: super::faults(declared),
        }
    }

    /// The column of that name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&ColumnSchema> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The foreign key in the column of that name.
    #[must_use]
    pub fn foreign_key(&self, column: &str) -> Option<&ForeignKeySchema> {
        self.foreign_keys.iter().find(|foreign_key| foreign_key.column == column)
    }
}

impl ColumnSchema {
    fn of(declared: &Declared, column: &ColumnDef) -> Self {
        let alone = |index: &DeclaredIndex| declared.names(index.columns) == [column.name];
        let unique = |index: &&DeclaredIndex| index.kind == IndexKind::Unique;
        let mut unique = declared.indexes.iter().filter(unique).chain([&declared.key]);
        Self {
            name: column.name,
            doc: column.doc,
            type_info: (column.type_info)(),
            default: column.default,
            given: column.given,
            limit: column.limit,
            key: column.key,
            unique: unique.any(alone),
            private: column.private,
            immutable: column.immutable,
        }
    }
}

impl IndexSchema {
    fn of(declared: &Declared, index: &DeclaredIndex) -> Self {
        let columns = declared.names(index.columns);
        Self { name: index.name, kind: index.kind, columns, hybrid: index.hybrid }
    }
}

impl CheckSchema {
    fn of(declared: &Declared, check: &DeclaredCheck) -> Self {
        Self { name: check.name, text: check.text, columns: declared.names(check.columns) }
    }
}

impl ForeignKeySchema {
    fn of(declared: &Declared, key: &DeclaredForeignKey) -> Self {
        Self {
            name: key.name,
            column: declared.column(key.column),
            target: (key.target)().table,
            nullable: key.nullable,
            acyclic: key.acyclic,
            on_delete: key.on_delete,
            on_update: key.on_update,
        }
    }
}

impl RelationSchema {
    fn of(relation: &RelationDef) -> Self {
        Self {
            name: relation.name,
            kind: relation.kind,
            target: (relation.target)().table,
            via: relation.via.map(|via| via().table),
        }
    }
}
