//! Several models together: verified before a database is built from them, and data for whoever asks afterwards.
//!
//! | module | noun |
//! |---|---|
//! | `declared` | what a model's definition says, without the model's type |
//! | `table` | a table and all that its model declares |
//! | `layout` | what is stored about it beside its rows |
//! | `display` | the schema for people |
//! | `diagram` | the schema as Mermaid and Graphviz draw it |

mod declared;
mod diagram;
mod display;
mod layout;
mod table;

use std::fmt;

use crate::definition::Action;
use crate::model::Model;

use declared::Declared;
pub use layout::{ColumnLayout, ForeignKeyLayout, IndexLayout, KeyLayout, TableLayout};
pub use table::{
    CheckSchema, ColumnSchema, ForeignKeySchema, IndexSchema, KeySchema, RelationSchema,
    TableSchema,
};

/// What is wrong with a set of models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError(String);

impl SchemaError {
    /// Says what is wrong.
    #[must_use]
    pub fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SchemaError {}

/// The tables of a database, as data. Its `Display` is for people; [`to_mermaid`](Schema::to_mermaid) and
/// [`to_graphviz`](Schema::to_graphviz) draw it.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    tables: Vec<TableSchema>,
}

impl Schema {
    /// Adds a model.
    pub fn add<M: Model>(&mut self) {
        let declared = Declared::of(M::DEFINITION);
        self.tables.push(TableSchema::of(&declared, TableLayout::of::<M>));
    }

    /// The tables, in the order of registration.
    #[must_use]
    pub fn tables(&self) -> &[TableSchema] {
        &self.tables
    }

    /// The table of that name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&TableSchema> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// Verifies what no single derive can see: tables named twice, foreign keys to models that are not registered,
    /// names used twice within a table, an enum whose `Ord` disagrees with an ordered index.
    ///
    /// # Errors
    /// The first fault, in words.
    pub fn verify(&self) -> Result<(), SchemaError> {
        for (position, table) in self.tables.iter().enumerate() {
            if let Some(twin) =
                self.tables[..position].iter().find(|other| other.name == table.name)
            {
                return Err(SchemaError(format!(
                    "two models share the table name `{}`: `{}` and `{}`; name one with #[table(\"…\")]",
                    table.name, twin.rust_name, table.rust_name
                )));
            }
            for ForeignKeySchema { name, target, .. } in &table.foreign_keys {
                if !self.tables.iter().any(|other| other.name == *target) {
                    return Err(SchemaError(format!(
                        "foreign key `{name}` refers to `{target}`, which is not registered"
                    )));
                }
            }
            if let Some(fault) = table.faults.first() {
                return Err(SchemaError(fault.clone()));
            }
        }
        Ok(())
    }
}

fn faults(definition: &Declared) -> Vec<String> {
    let table = definition.name;
    let mut faults = Vec::new();
    // Those of the struct are all different: one of a mixin's is among the two.
    let mut columns: Vec<&str> = definition.columns.iter().map(|column| column.name).collect();
    columns.sort_unstable();
    if let Some(twice) = columns.windows(2).find(|pair| pair[0] == pair[1]) {
        faults.push(format!(
            "`{table}` has two columns `{}`, of its own and of a mixin, or of two mixins: rename one, with #[was(\"{}\")] \
             if rows are stored",
            twice[0], twice[0]
        ));
    }
    let mut names: Vec<&str> = definition
        .indexes
        .iter()
        .map(|index| index.name)
        .chain(definition.foreign_keys.iter().map(|foreign_key| foreign_key.name))
        .chain(definition.checks.iter().map(|check| check.name))
        .chain([definition.key.name])
        .collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        faults.push(format!("`{}` names two constraints or indexes of `{table}`", twice[0]));
    }
    for index in &definition.indexes {
        if let Some(fault) = index.order_fault.and_then(|fault| fault()) {
            faults.push(format!(
                "index `{}` on `{table}` would not order as `Ord` does: {fault}",
                index.name
            ));
        }
    }
    for foreign_key in &definition.foreign_keys {
        let sets_default =
            [foreign_key.on_delete, foreign_key.on_update].contains(&Action::SetDefault);
        if sets_default && !foreign_key.has_default {
            faults.push(format!(
                "`{}` is set_default, but its column has no #[default]",
                foreign_key.name
            ));
        }
    }
    faults
}
