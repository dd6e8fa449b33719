//! One table as data: what a model declares, documentation comments included, without the model's type.

use super::layout::TableLayout;
use crate::definition::{
    Action, CheckDef, ColumnDef, Definition, ForeignKeyDef, IndexDef, IndexKind, KeyKind,
    RelationDef, RelationKind,
};
use crate::limit::Limit;
use crate::model::Model;
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
    pub(super) fn of<M: Model>() -> Self {
        let definition = M::DEFINITION;
        let column = |column| ColumnSchema::of(definition, column);
        Self {
            name: definition.name,
            rust_name: definition.rust_name,
            doc: definition.doc,
            columns: definition.columns.iter().map(column).collect(),
            key: KeySchema {
                name: definition.key.index.name,
                kind: definition.key.kind,
                columns: names(definition, definition.key.index.columns),
            },
            indexes: definition.indexes.iter().map(|index| index_of(definition, index)).collect(),
            checks: definition.checks.iter().map(|check| check_of(definition, check)).collect(),
            foreign_keys: definition
                .foreign_keys
                .iter()
                .map(|foreign_key| foreign_key_of(definition, foreign_key))
                .collect(),
            relations: definition.relations.iter().map(relation_of).collect(),
            layout: TableLayout::of::<M>,
            faults: super::faults(definition),
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
    fn of<M>(definition: &Definition<M>, column: &ColumnDef) -> Self {
        let alone = |index: &IndexDef<M>| names(definition, index.columns) == [column.name];
        let unique = |index: &&IndexDef<M>| index.kind == IndexKind::Unique;
        let mut unique = definition.indexes.iter().filter(unique).chain([&definition.key.index]);
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

fn names<M>(definition: &Definition<M>, columns: &[u16]) -> Vec<&'static str> {
    columns.iter().map(|column| definition.columns[usize::from(*column)].name).collect()
}

fn index_of<M>(definition: &Definition<M>, index: &IndexDef<M>) -> IndexSchema {
    let columns = names(definition, index.columns);
    IndexSchema { name: index.name, kind: index.kind, columns, hybrid: index.hybrid }
}

fn check_of<M>(definition: &Definition<M>, check: &CheckDef<M>) -> CheckSchema {
    CheckSchema { name: check.name, text: check.text, columns: names(definition, check.columns) }
}

fn foreign_key_of<M>(definition: &Definition<M>, key: &ForeignKeyDef<M>) -> ForeignKeySchema {
    ForeignKeySchema {
        name: key.name,
        column: definition.columns[usize::from(key.column)].name,
        target: (key.target)().table,
        nullable: key.nullable,
        acyclic: key.acyclic,
        on_delete: key.on_delete,
        on_update: key.on_update,
    }
}

fn relation_of(relation: &RelationDef) -> RelationSchema {
    RelationSchema {
        name: relation.name,
        kind: relation.kind,
        target: (relation.target)().table,
        via: relation.via.map(|via| via().table),
    }
}
