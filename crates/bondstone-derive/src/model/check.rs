//! From what is written to what is meant: every rule that concerns more than one attribute.
//!
//! Nothing stops at the first mistake. A part that is wrong is left out or taken as plain, its mistake is kept, and the
//! rest is checked as well; the half-made model is thrown away at the end.

mod column;
mod condition;
mod foreign_key;
mod index;
mod key;
mod naming;
mod role;
mod was;

use syn::Ident;

use super::attribute;
use super::checked::{Model, Relation};
use super::written::Written;
use crate::faults::Faults;
use crate::{names, source};
use role::Role;

/// A set of columns is one bit for each in 128.
const MAX_COLUMNS: usize = 128;

/// The model that is meant by `written`; worth nothing when there are faults.
pub fn check(written: &Written<'_>, faults: &mut Faults) -> Model {
    let ident = &written.input.ident;
    if let Some(field) = written.fields.get(MAX_COLUMNS) {
        let message = format!(
            "a model has at most {MAX_COLUMNS} columns: put some of them into a value of their own"
        );
        faults.add(field.ident, message);
    }
    let roles: Vec<Role> =
        written.fields.iter().map(|field| Role::of(field, ident, faults)).collect();
    let table = written
        .table
        .as_ref()
        .map_or_else(|| names::snake_case(&names::text(ident)), |table| table.value.value());
    let key = key::check(written, &roles, faults);
    let columns = column::check_all(written, &roles, &key, faults);
    let foreign_keys = foreign_key::check_all(written, &roles, &key, faults);
    let indexes = index::check_all(written, &table, &key, faults);
    let checks = condition::check_all(written);
    let relations = relations(written);
    let model = Model {
        ident: ident.clone(),
        visibility: written.input.vis.clone(),
        doc: source::documentation(&written.input.attrs),
        was: was::names(written.was.as_ref()),
        table,
        columns,
        key,
        indexes,
        foreign_keys,
        checks,
        relations,
    };
    naming::check(&model, written, faults);
    was::check(&model, written, faults);
    model
}

fn relations(written: &Written<'_>) -> Vec<Relation> {
    let meant = |relation: &attribute::Relation, one| Relation {
        method: relation.name.clone(),
        constant: names::constant(&relation.name),
        name: names::text(&relation.name),
        target: role::without_self(&relation.target, &written.input.ident),
        way: relation.way.clone(),
        one,
    };
    let many = written.has_many.iter().map(|relation| meant(relation, false));
    let one = written.has_one.iter().map(|relation| meant(relation, true));
    many.chain(one).collect()
}

/// The position of a field, or a fault that lists those there are.
fn position(written: &Written<'_>, name: &Ident, faults: &mut Faults) -> Option<usize> {
    let position = written.fields.iter().position(|field| field.ident == name);
    if position.is_none() {
        let known: Vec<String> =
            written.fields.iter().map(|field| format!("`{}`", field.ident)).collect();
        let model = &written.input.ident;
        faults.add(name, format!("`{model}` has no field `{name}`; it has {}", known.join(", ")));
    }
    position
}
