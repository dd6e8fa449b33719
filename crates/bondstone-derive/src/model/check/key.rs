//! The primary key: made by the engine, or what the row says, in one column or several.

use super::Role;
use crate::faults::Faults;
use crate::model::attribute::KeyStyle;
use crate::model::checked::{Key, KeyKind};
use crate::model::written::{Written, WrittenField};
use crate::source;

/// The longest tuple that is a key.
const MAX_PARTS: usize = 4;

/// The key of a model.
pub fn check(written: &Written<'_>, roles: &[Role], faults: &mut Faults) -> Key {
    let columns: Vec<usize> =
        (0..written.fields.len()).filter(|column| written.fields[*column].key.is_some()).collect();
    let parts = || columns.iter().map(|column| (&written.fields[*column], &roles[*column]));
    if columns.is_empty() {
        faults.add(&written.input.ident, missing(written));
    }
    if let Some((field, _)) = parts().nth(MAX_PARTS) {
        faults.add(field.ident, format!("a composite key has at most {MAX_PARTS} fields"));
    }
    for (field, role) in parts() {
        check_part(field, role, &written.input.ident.to_string(), faults);
    }
    let made = parts().position(|(_, role)| matches!(role, Role::OwnKey));
    let beside = parts().enumerate().filter(|(place, _)| made.is_some_and(|made| made != *place));
    for (_, (field, _)) in beside {
        faults.add(field.ident, "the engine makes this model's key: remove the `#[key]` here");
    }
    let kind = parts().next().map_or(KeyKind::Auto, |(field, role)| kind(field, role));
    Key { kind, columns }
}

fn kind(field: &WrittenField<'_>, role: &Role) -> KeyKind {
    match (role, field.key.as_ref().map(|key| key.value)) {
        (Role::OwnKey, Some(KeyStyle::Uuid(version))) => KeyKind::Uuid(version),
        (Role::OwnKey, _) => KeyKind::Auto,
        _ => KeyKind::Natural,
    }
}

fn missing(written: &Written<'_>) -> String {
    let model = &written.input.ident;
    match written.fields.iter().find(|field| field.ident == "id") {
        Some(_) => format!("`{model}` has no primary key: write `#[key]` on the field `id`"),
        None => format!("`{model}` has no primary key: add the field `#[key] id: Id<{model}>,`"),
    }
}

fn check_part(field: &WrittenField<'_>, role: &Role, model: &str, faults: &mut Faults) {
    if source::option_of(&field.field.ty).is_some() {
        faults.add(&field.field.ty, "a key is never null: remove the `Option`");
    }
    match field.key.as_ref().map(|key| (key.span, key.value)) {
        Some((span, KeyStyle::Uuid(_))) if !matches!(role, Role::OwnKey) => {
            let message = format!(
                "a UUID made by the engine stands behind an id: write `{}: Id<{model}>`",
                field.ident
            );
            faults.add_at(span, message);
        }
        _ => {}
    }
    if let Some(on_update) = field.on_update.as_ref().filter(|_| !role.is_foreign_key()) {
        faults.add_at(on_update.span, "an update never changes a key: remove `#[on_update]`");
    }
    if matches!(role, Role::OwnKey) {
        let origins =
            [field.default.as_ref().map(|at| at.span), field.on_insert.as_ref().map(|at| at.span)];
        for span in origins.into_iter().flatten() {
            faults.add_at(span, "the engine makes this key: remove the attribute");
        }
    }
}
