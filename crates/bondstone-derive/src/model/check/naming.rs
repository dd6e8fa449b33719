//! Names that would meet: constants, methods, constraints and indexes.
//!
//! rustc would find most of them too, but in generated code; here the message names both sides.

use std::collections::HashMap;

use proc_macro2::Ident;

use crate::faults::Faults;
use crate::model::checked::{Index, Member, Model};
use crate::model::written::Written;
use crate::names;

/// Reports each name that is given twice.
pub fn check(model: &Model, written: &Written<'_>, faults: &mut Faults) {
    constants(model, written, faults);
    methods(model, written, faults);
    constraints(model, written, faults);
}

fn constants(model: &Model, written: &Written<'_>, faults: &mut Faults) {
    let columns =
        written.fields.iter().map(|field| (names::text(field.ident).to_uppercase(), field.ident));
    let relations =
        model.relations.iter().map(|relation| (relation.constant.to_string(), &relation.method));
    let indexes = model.struct_indexes(written).filter_map(|(index, at)| {
        let constant = index.constant.as_ref()?;
        Some((constant.to_string(), at))
    });
    once_each(columns.chain(relations).chain(indexes), faults, |name| {
        format!("two constants would be called `{}::{name}`: rename one of the two", model.ident)
    });
}

fn methods(model: &Model, written: &Written<'_>, faults: &mut Faults) {
    let parents = model
        .foreign_keys
        .iter()
        .map(|key| (names::text(&key.method), written.fields[key.column].ident));
    let children = model.relations.iter().map(|relation| (relation.name.clone(), &relation.method));
    once_each(parents.chain(children), faults, |name| {
        format!(
            "two methods would be called `{name}`: rename the relation, or the foreign key's method \
             with `#[method(name)]`"
        )
    });
}

fn constraints(model: &Model, written: &Written<'_>, faults: &mut Faults) {
    let table = &model.table;
    let key = (format!("{table}_pkey"), &model.ident);
    let single = model.indexes.iter().take(model.indexes.len() - written.indexes.len());
    let single = single.filter_map(|index| {
        let column = match (index.columns.first(), &index.part) {
            (Some(Member::Own(column)), _) | (None, Some((column, _))) => *column,
            _ => return None,
        };
        Some((index.name.clone(), written.fields[column].ident))
    });
    let named = model.struct_indexes(written).map(|(index, at)| (index.name.clone(), at));
    let foreign_keys = model.foreign_keys.iter().map(|foreign_key| {
        let field = written.fields[foreign_key.column].ident;
        (format!("{table}_{}_fkey", names::text(field)), field)
    });
    let checks = written.checks.iter().map(|(check, _)| (names::text(&check.name), &check.name));
    let all = [key].into_iter().chain(single).chain(foreign_keys).chain(named).chain(checks);
    once_each(all, faults, |name| {
        format!("two constraints or indexes would be called `{name}`: rename one of the two")
    });
}

impl Model {
    /// The indexes that stand above the struct, each with the name that is written there.
    fn struct_indexes<'a>(
        &'a self,
        written: &'a Written<'_>,
    ) -> impl Iterator<Item = (&'a Index, &'a Ident)> {
        let first = self.indexes.len() - written.indexes.len();
        let names = written.indexes.iter().map(|(_, index)| index.ident());
        self.indexes.iter().skip(first).zip(names)
    }
}

fn once_each<'a>(
    names: impl Iterator<Item = (String, &'a Ident)>,
    faults: &mut Faults,
    message: impl Fn(&str) -> String,
) {
    let mut seen = HashMap::new();
    for (name, at) in names {
        if seen.insert(name.clone(), at).is_some() {
            faults.add(at, message(&name));
        }
    }
}
