//! From what is written to what is meant: every rule that concerns more than one attribute.
//!
//! Nothing stops at the first mistake. A part that is wrong is left out or taken as plain, its mistake is kept, and the
//! rest is checked as well; the half-made model is thrown away at the end.

mod codec;
mod column;
mod condition;
mod foreign_key;
mod index;
mod key;
mod mixin;
mod naming;
mod role;
mod singleton;
mod version;
mod was;

use syn::Ident;

use super::attribute::{self, FieldPath};
use super::checked::{Key, KeyKind, Member, Model, Relation};
use super::written::{Kind, Written};
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
    let (table, key) = match written.kind {
        Kind::Model if written.singleton.is_some() => {
            singleton::check(written, faults);
            (table(written), Key { kind: KeyKind::Auto, columns: Vec::new() })
        }
        Kind::Model => (table(written), key::check(written, &roles, faults)),
        Kind::Mixin => {
            mixin::check_itself(written, faults);
            // Names that begin with `_` follow those of the tables that embed it.
            (String::new(), Key { kind: KeyKind::Natural, columns: Vec::new() })
        }
    };
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
        mixins: mixin::check_all(written, faults),
        singleton: written.singleton.is_some(),
        is_mixin: written.kind == Kind::Mixin,
        key,
        indexes,
        foreign_keys,
        checks,
        relations,
    };
    version::check(written, faults);
    naming::check(&model, written, faults);
    was::check(&model, written, faults);
    model
}

fn table(written: &Written<'_>) -> String {
    let named = written.table.as_ref().map(|table| table.value.value());
    named.unwrap_or_else(|| names::snake_case(&names::text(&written.input.ident)))
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

/// A field as it is named in an index, or a fault that lists those there are.
///
/// A name that is none of the model's is one of its mixin's, if it has one: whether it is, rustc knows.
fn member(written: &Written<'_>, path: &FieldPath, faults: &mut Faults) -> Option<Member> {
    if let Some(mixin) = &path.mixin {
        let position = written.mixins.iter().position(|field| field.ident == mixin);
        if position.is_none() {
            let message = format!("`{mixin}` is no mixin of `{}`", written.input.ident);
            faults.add(mixin, message);
        }
        return position.map(|mixin| Member::Embedded { mixin, field: path.field.clone() });
    }
    let own = written.fields.iter().position(|field| *field.ident == path.field);
    if own.is_some_and(|own| written.fields[own].codec.is_some()) {
        let message = format!(
            "`{}` has a codec, and can be indexed by itself only: write `#[index]` on the field",
            path.field
        );
        faults.add(&path.field, message);
        return None;
    }
    match (own, &written.mixins[..]) {
        (Some(position), _) => Some(Member::Own(position)),
        (None, []) => {
            unknown(written, &path.field, faults);
            None
        }
        (None, [_]) => Some(Member::Embedded { mixin: 0, field: path.field.clone() }),
        (None, [first, ..]) => {
            let (first, field) = (first.ident, &path.field);
            let message = format!(
                "`{field}` is none of the model's own fields: name the mixin, `{first}.{field}`"
            );
            faults.add(field, message);
            None
        }
    }
}

fn unknown(written: &Written<'_>, name: &Ident, faults: &mut Faults) {
    let known: Vec<String> =
        written.fields.iter().map(|field| format!("`{}`", field.ident)).collect();
    let model = &written.input.ident;
    faults.add(name, format!("`{model}` has no field `{name}`; it has {}", known.join(", ")));
}
