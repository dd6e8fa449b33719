//! Indexes: those of single fields first, in field order, then the named ones as written.

use super::position;
use crate::faults::Faults;
use crate::model::attribute::NamedIndex;
use crate::model::checked::{Index, IndexKind, Key};
use crate::model::written::{Written, WrittenField};
use crate::names;

/// The longest tuple of columns that an index is over.
const MAX_COLUMNS: usize = 6;

/// The indexes of a model, without that of the primary key.
pub fn check_all(written: &Written<'_>, table: &str, key: &Key, faults: &mut Faults) -> Vec<Index> {
    let fields = written.fields.iter().enumerate();
    let mut indexes: Vec<Index> =
        fields.flat_map(|(column, field)| of_field(table, column, field, key)).collect();
    for (unique, index) in &written.indexes {
        indexes.push(named(written, *unique, index, faults));
    }
    indexes
}

fn of_field(table: &str, column: usize, field: &WrittenField<'_>, key: &Key) -> Vec<Index> {
    let name = names::text(field.ident);
    let index = |name, kind| Index { name, columns: vec![column], kind, constant: None };
    // On a key of one column it is a mistake, which the column reports.
    let unique = field.unique.as_ref().filter(|_| key.columns != [column]);
    let unique = unique.map(|_| index(format!("{table}_{name}_key"), IndexKind::Unique));
    let other = field.index.as_ref().map(|hash| {
        let kind = if hash.value { IndexKind::Hash } else { IndexKind::Ordered };
        index(format!("{table}_{name}_idx"), kind)
    });
    unique.into_iter().chain(other).collect()
}

fn named(written: &Written<'_>, unique: bool, index: &NamedIndex, faults: &mut Faults) -> Index {
    if unique && index.fields.len() == 1 {
        let field = &index.fields[0];
        faults.add(
            field,
            format!("one column is unique by itself: write `#[unique]` on the field `{field}`"),
        );
    }
    if let Some(field) = index.fields.get(MAX_COLUMNS) {
        faults.add(field, format!("an index is over at most {MAX_COLUMNS} columns"));
    }
    for (later, field) in index.fields.iter().enumerate() {
        if index.fields[..later].contains(field) {
            faults.add(field, format!("`{field}` is in this index twice: remove one"));
        }
    }
    let kind = match (unique, index.hash) {
        (true, _) => IndexKind::Unique,
        (false, true) => IndexKind::Hash,
        (false, false) => IndexKind::Ordered,
    };
    Index {
        name: names::text(&index.name),
        columns: index.fields.iter().filter_map(|field| position(written, field, faults)).collect(),
        kind,
        constant: unique.then(|| names::constant(&index.name)),
    }
}
