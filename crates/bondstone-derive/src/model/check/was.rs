//! What was called or typed differently before: `#[was]` and `#[converted_from]`.

use std::collections::HashMap;

use syn::LitStr;

use super::Role;
use crate::faults::Faults;
use crate::model::attribute::At;
use crate::model::checked::Model;
use crate::model::written::{Written, WrittenField};
use crate::names;

/// The names in a `#[was]`.
pub fn names(was: Option<&At<Vec<LitStr>>>) -> Vec<String> {
    was.into_iter().flat_map(|was| was.value.iter().map(LitStr::value)).collect()
}

/// Reports former names that mean something else: a stored column would be two.
pub fn check(model: &Model, written: &Written<'_>, faults: &mut Faults) {
    for name in written.was.iter().flat_map(|was| &was.value) {
        if name.value() == model.table {
            faults.add(name, "the table is called so now: remove the name");
        }
    }
    let mut seen: HashMap<String, String> = HashMap::new();
    for field in &written.fields {
        for name in field.was.iter().flat_map(|was| &was.value) {
            let (text, own) = (name.value(), names::text(field.ident));
            if text == own {
                faults.add(name, "the column is called so now: remove the name");
            } else if model.columns.iter().any(|column| column.name == text) {
                let message = format!("`{text}` is a column of its own: it was not `{own}`");
                faults.add(name, message);
            } else if let Some(other) = seen.insert(text.clone(), own) {
                let message = format!("`{other}` was called `{text}` too: one of them was not");
                faults.add(name, message);
            }
        }
    }
}

/// Reports a conversion of what is not converted.
pub fn conversion(field: &WrittenField<'_>, role: &Role, faults: &mut Faults) {
    if let (Some(converted), Role::OwnKey) = (&field.converted_from, role) {
        let message =
            "the engine makes this key, and rows refer to it: it has no other type before";
        faults.add_at(converted.span, message);
    }
}
