//! Indexes: those of single fields first, in field order, then the struct's as written.

use proc_macro2::Ident;

use super::member;
use crate::faults::Faults;
use crate::model::attribute::{FieldIndex, FieldPath, Over};
use crate::model::checked::{Index, IndexKind, Key, Member, Part};
use crate::model::written::{Kind, Written, WrittenField};
use crate::names;

/// The longest tuple of columns that an index is over.
const MAX_COLUMNS: usize = 6;

/// The indexes of a model, without that of the primary key.
pub fn check_all(written: &Written<'_>, table: &str, key: &Key, faults: &mut Faults) -> Vec<Index> {
    let fields = written.fields.iter().enumerate();
    let mut indexes: Vec<Index> =
        fields.flat_map(|(column, field)| of_field(table, column, field, key)).collect();
    for (unique, index) in &written.indexes {
        let kind = match (*unique, index.hash) {
            (true, _) => IndexKind::Unique,
            (false, true) => IndexKind::Hash,
            (false, false) => IndexKind::Ordered,
        };
        indexes.push(match &index.over {
            Over::Fields { name, fields } => over_fields(written, kind, name, fields, faults),
            Over::Hybrid(constant) => over_hybrid(written, table, kind, constant, faults),
        });
    }
    indexes
}

fn of_field(table: &str, column: usize, field: &WrittenField<'_>, key: &Key) -> Vec<Index> {
    let name = names::text(field.ident);
    let part = |suffix: &str, kind, part| Index {
        name: format!("{table}_{name}_{suffix}"),
        columns: Vec::new(),
        hybrid: None,
        part: Some((column, part)),
        kind,
        constant: None,
    };
    let whole = |suffix, kind| match &field.codec {
        Some(_) => part(suffix, kind, Part::Encoded),
        None => Index {
            columns: vec![Member::Own(column)],
            part: None,
            ..part(suffix, kind, Part::Encoded)
        },
    };
    // On a key of one column it is a mistake, which the column reports.
    let unique = field.unique.as_ref().filter(|_| key.columns != [column]);
    let mut indexes: Vec<Index> =
        unique.map(|_| whole("key", IndexKind::Unique)).into_iter().collect();
    match field.index.as_ref().map(|index| &index.value) {
        Some(FieldIndex::Column(true)) => indexes.push(whole("idx", IndexKind::Hash)),
        Some(FieldIndex::Column(false)) => indexes.push(whole("idx", IndexKind::Ordered)),
        Some(FieldIndex::Variants(parts)) => indexes.extend(parts.iter().map(|name| {
            let suffix = format!("{}_idx", names::hybrid(name));
            part(&suffix, IndexKind::Ordered, Part::Variant(name.clone()))
        })),
        None => {}
    }
    indexes
}

fn over_fields(
    written: &Written<'_>,
    kind: IndexKind,
    name: &Ident,
    fields: &[FieldPath],
    faults: &mut Faults,
) -> Index {
    if let (IndexKind::Unique, [FieldPath { mixin: None, field }]) = (kind, fields)
        && written.fields.iter().any(|own| own.ident == field)
    {
        faults.add(
            field,
            format!("one column is unique by itself: write `#[unique]` on the field `{field}`"),
        );
    }
    if let Some(FieldPath { field, .. }) = fields.get(MAX_COLUMNS) {
        faults.add(field, format!("an index is over at most {MAX_COLUMNS} columns"));
    }
    for (later, field) in fields.iter().enumerate() {
        if fields[..later].contains(field) {
            let field = &field.field;
            faults.add(field, format!("`{field}` is in this index twice: remove one"));
        }
    }
    Index {
        name: names::text(name),
        columns: fields.iter().filter_map(|field| member(written, field, faults)).collect(),
        hybrid: None,
        part: None,
        kind,
        constant: (kind == IndexKind::Unique).then(|| names::constant(name)),
    }
}

/// Whether there is such a hybrid rustc knows; but a column of this name there is not.
fn over_hybrid(
    written: &Written<'_>,
    table: &str,
    kind: IndexKind,
    constant: &Ident,
    faults: &mut Faults,
) -> Index {
    let column = written.fields.iter().find(|field| names::constant(field.ident) == *constant);
    let (attribute, suffix) = match kind {
        IndexKind::Unique => ("unique", "key"),
        IndexKind::Hash => ("index(hash)", "idx"),
        IndexKind::Ordered => ("index", "idx"),
    };
    if let Some(column) = column {
        let column = column.ident;
        let message = format!("`{column}` is a column: write `#[{attribute}]` on the field");
        faults.add(constant, message);
    } else if written.kind == Kind::Mixin {
        let message =
            "a hybrid is one of a model: write this above each model that embeds the mixin";
        faults.add(constant, message);
    }
    Index {
        name: format!("{table}_{}_{suffix}", names::hybrid(constant)),
        columns: Vec::new(),
        hybrid: Some(constant.clone()),
        part: None,
        kind,
        constant: None,
    }
}
