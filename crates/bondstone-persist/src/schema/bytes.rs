//! A schema as bytes: a value like any other, in the layout of rows.

use std::collections::BTreeSet;

use bondstone_schema::{Action, IndexKind, KeyKind, Malformed, Shape, Value};

use super::{StoredColumn, StoredForeignKey, StoredIndex, StoredSchema, StoredTable};
use crate::codec::{Unwritable, row};

/// Why bytes are no schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no schema: {0}")]
pub struct SchemaDamage(String);

impl From<Malformed> for SchemaDamage {
    fn from(malformed: Malformed) -> Self {
        Self(malformed.to_string())
    }
}

/// Name; columns; kind and columns of the key; indexes; checks; foreign keys.
type Table =
    (String, Vec<(String, String)>, Key, Vec<Index>, Vec<(String, String)>, Vec<ForeignKey>);
type Key = (u8, Vec<String>);
/// Name, kind, columns, hybrid.
type Index = (String, u8, Vec<String>, Option<String>);
/// Name, column, target, on delete, on update.
type ForeignKey = (String, String, String, u8, u8);

const KEY_KINDS: [KeyKind; 4] =
    [KeyKind::Auto, KeyKind::Natural, KeyKind::Uuid(4), KeyKind::Uuid(7)];
const INDEX_KINDS: [IndexKind; 3] = [IndexKind::Unique, IndexKind::Hash, IndexKind::Ordered];
const ACTIONS: [Action; 4] =
    [Action::Restrict, Action::Cascade, Action::SetNull, Action::SetDefault];

impl StoredSchema {
    /// The schema as bytes: equal schemas give equal bytes. O(its size).
    ///
    /// # Errors
    /// A name or a list is longer than 4 GiB.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Unwritable> {
        let tables: Vec<Table> = self.tables.iter().map(table_out).collect();
        let mut bytes = Vec::new();
        row::write(&mut bytes, |sink| tables.write_to(sink))?;
        Ok(bytes)
    }

    /// The schema that `bytes` are. O(bytes).
    ///
    /// # Errors
    /// They are none, or name something twice.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SchemaDamage> {
        let tables = row::read::<Vec<Table>>(bytes)?;
        let tables = tables.into_iter().map(table_in).collect::<Result<Vec<_>, _>>()?;
        once_each("table", tables.iter().map(|table| &table.name))?;
        for table in &tables {
            once_each("column", table.columns.iter().map(|column| &column.name))?;
        }
        Ok(Self { tables })
    }
}

fn table_out(table: &StoredTable) -> Table {
    let columns = table.columns.iter();
    let indexes = table.indexes.iter().map(|index| {
        let kind = number(&INDEX_KINDS, &index.kind);
        (index.name.clone(), kind, index.columns.clone(), index.hybrid.clone())
    });
    let foreign_keys = table.foreign_keys.iter().map(|key| {
        let actions = [key.on_delete, key.on_update].map(|action| number(&ACTIONS, &action));
        let names = (key.name.clone(), key.column.clone(), key.target.clone());
        (names.0, names.1, names.2, actions[0], actions[1])
    });
    (
        table.name.clone(),
        columns.map(|column| (column.name.clone(), column.shape.to_string())).collect(),
        (number(&KEY_KINDS, &table.key_kind), table.key.clone()),
        indexes.collect(),
        table.checks.clone(),
        foreign_keys.collect(),
    )
}

fn table_in(table: Table) -> Result<StoredTable, SchemaDamage> {
    let (name, columns, (key_kind, key), indexes, checks, foreign_keys) = table;
    let column = |(name, shape): (String, String)| {
        let shape: Shape =
            shape.parse().map_err(|error| SchemaDamage(format!("column `{name}`: {error}")))?;
        Ok(StoredColumn { name, shape })
    };
    let index = |(name, kind, columns, hybrid): Index| {
        Ok(StoredIndex { name, kind: numbered(&INDEX_KINDS, kind)?, columns, hybrid })
    };
    let foreign_key = |(name, column, target, on_delete, on_update): ForeignKey| {
        let (on_delete, on_update) =
            (numbered(&ACTIONS, on_delete)?, numbered(&ACTIONS, on_update)?);
        Ok(StoredForeignKey { name, column, target, on_delete, on_update })
    };
    Ok(StoredTable {
        columns: columns.into_iter().map(column).collect::<Result<_, SchemaDamage>>()?,
        key_kind: numbered(&KEY_KINDS, key_kind)?,
        key,
        indexes: indexes.into_iter().map(index).collect::<Result<_, SchemaDamage>>()?,
        checks,
        foreign_keys: foreign_keys
            .into_iter()
            .map(foreign_key)
            .collect::<Result<_, SchemaDamage>>()?,
        name,
    })
}

/// The place of a kind among all of its sort. Kinds of no known place would be read as damage, not as another kind.
fn number<T: PartialEq>(all: &[T], one: &T) -> u8 {
    let place = all.iter().position(|other| other == one);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
}

fn numbered<T: Copy>(all: &[T], number: u8) -> Result<T, SchemaDamage> {
    let one = all.get(usize::from(number)).copied();
    one.ok_or_else(|| SchemaDamage(format!("a kind {number} that is not known")))
}

fn once_each<'a>(
    what: &str,
    mut names: impl Iterator<Item = &'a String>,
) -> Result<(), SchemaDamage> {
    let mut seen = BTreeSet::new();
    match names.find(|name| !seen.insert(name.as_str())) {
        Some(twice) => Err(SchemaDamage(format!("the {what} `{twice}` twice"))),
        None => Ok(()),
    }
}
