//! Mixins: what may be said of a field that is one, and what a mixin may not say itself.

use std::collections::HashMap;

use proc_macro2::Span;
use quote::ToTokens;

use super::role;
use crate::faults::Faults;
use crate::model::checked::Embedded;
use crate::model::written::{Written, WrittenField};
use crate::{names, source};

/// The mixins of a model.
pub fn check_all(written: &Written<'_>, faults: &mut Faults) -> Vec<Embedded> {
    let mut seen = HashMap::new();
    for field in &written.mixins {
        for (span, name) in beside(field) {
            let message = format!(
                "`#[{name}]` is about one column, and a mixin is several: write it on the mixin's own field"
            );
            faults.add_at(span, message);
        }
        let ty = field.field.ty.to_token_stream().to_string().replace(' ', "");
        if let Some(first) = seen.insert(ty.clone(), field.ident) {
            let message = format!(
                "`{first}` has the columns of `{ty}` already, and two columns of one name there cannot be: remove one"
            );
            faults.add(&field.field.ty, message);
        }
    }
    let model = &written.input.ident;
    let embedded = written.mixins.iter().map(|field| Embedded {
        ident: field.ident.clone(),
        ty: role::type_without_self(&field.field.ty, model),
        visibility: field.field.vis.clone(),
        doc: source::documentation(&field.field.attrs),
        given: field.mixin.as_ref().is_some_and(|given| given.value),
    });
    embedded.collect()
}

/// The other attributes of a field that is a mixin.
fn beside(field: &WrittenField<'_>) -> Vec<(Span, &'static str)> {
    macro_rules! given {
        ($($name:ident),*) => {
            [$((stringify!($name), field.$name.as_ref().map(|at| at.span))),*]
        };
    }
    let given = given!(
        key,
        unique,
        index,
        max_len,
        decimal,
        default,
        on_insert,
        on_update,
        on_delete,
        immutable,
        private,
        acyclic,
        references,
        method,
        was,
        converted_from,
        version,
        codec
    );
    given.into_iter().filter_map(|(name, span)| Some((span?, name))).collect()
}

/// What a mixin may not say, since it is no table.
pub fn check_itself(written: &Written<'_>, faults: &mut Faults) {
    let ident = names::text(&written.input.ident);
    if written.fields.is_empty() && written.mixins.is_empty() {
        faults.add(&written.input.ident, "a mixin has columns: add a field");
    }
    for field in &written.mixins {
        let at = field.mixin.as_ref().map_or_else(Span::call_site, |mixin| mixin.span);
        let message = "a mixin embeds no other: embed both in the model";
        faults.add_at(at, message);
    }
    for field in &written.fields {
        if let Some(key) = &field.key {
            let message =
                format!("the key is the model's: write it in each model that embeds `{ident}`");
            faults.add_at(key.span, message);
        }
        if let Some(acyclic) = &field.acyclic {
            let message = "a hierarchy is one model's: write the field there";
            faults.add_at(acyclic.span, message);
        }
    }
    let tables = written.table.iter().map(|table| (table.span, "table"));
    let lone = written.singleton.iter().map(|lone| (lone.span, "singleton"));
    let were = written.was.iter().map(|was| (was.span, "was"));
    for (span, name) in tables.chain(were).chain(lone) {
        faults.add_at(span, format!("a mixin has no table: remove `#[{name}]`"));
    }
    for relation in written.has_many.iter().chain(&written.has_one) {
        let message = "rows refer to a model, not to a mixin: write the relation above the model";
        faults.add(&relation.name, message);
    }
}
