//! Foreign keys: their actions, and which of them stands alone for its model.

use proc_macro2::Span;
use quote::ToTokens;
use syn::Path;

use super::Role;
use crate::faults::Faults;
use crate::model::attribute::{At, action_named};
use crate::model::checked::{Action, ForeignKey, Key};
use crate::model::written::{Written, WrittenField};
use crate::{names, source};

/// The foreign keys of a model.
pub fn check_all(
    written: &Written<'_>,
    roles: &[Role],
    key: &Key,
    faults: &mut Faults,
) -> Vec<ForeignKey> {
    let fields = written.fields.iter().zip(roles).enumerate();
    let mut foreign_keys: Vec<ForeignKey> = fields
        .filter_map(|(column, (field, role))| match role {
            Role::ForeignKey { target, nullable } => {
                check_acyclic(written, field, target, *nullable, faults);
                Some(check(column, field, target, *nullable, key, faults))
            }
            _ => None,
        })
        .collect();
    mark_the_only_ones(&mut foreign_keys, faults);
    foreign_keys
}

fn check(
    column: usize,
    field: &WrittenField<'_>,
    target: &Path,
    nullable: bool,
    key: &Key,
    faults: &mut Faults,
) -> ForeignKey {
    let follow = if field.immutable.is_some() { Action::Restrict } else { Action::Cascade };
    let on_update = on_update(field, faults);
    for written in field.on_delete.iter().chain(&on_update) {
        check_action(written, field, target, nullable, faults);
    }
    if let (Some(At { span, value: Action::Cascade }), Some(_)) = (&on_update, &field.immutable) {
        let message = "an immutable key cannot follow its parent's: write `#[on_update(restrict)]`";
        faults.add_at(*span, message);
    }
    ForeignKey {
        column,
        target: target.clone(),
        nullable,
        unique: field.unique.is_some() || key.columns == [column],
        only: false,
        acyclic: field.acyclic.is_some(),
        on_delete: field.on_delete.as_ref().map_or(Action::Restrict, |action| action.value),
        on_update: on_update.map_or(follow, |action| action.value),
        method: method(field, target, faults),
    }
}

/// Ancestors begin with a row that has none, and are rows of this model.
fn check_acyclic(
    written: &Written<'_>,
    field: &WrittenField<'_>,
    target: &Path,
    nullable: bool,
    faults: &mut Faults,
) {
    let Some(acyclic) = &field.acyclic else { return };
    let (model, name) = (&written.input.ident, field.ident);
    if source::last_name(target) != Some(model) {
        let message = format!(
            "`#[acyclic]` is about ancestors, rows of one model: `{name}` refers to `{}`; remove it",
            source::path_text(target)
        );
        faults.add_at(acyclic.span, message);
    } else if !nullable {
        let message = format!(
            "without an end each line of ancestors would be a cycle: write `{name}: Option<Id<{model}>>`"
        );
        faults.add_at(acyclic.span, message);
    }
}

fn on_update(field: &WrittenField<'_>, faults: &mut Faults) -> Option<At<Action>> {
    let written = field.on_update.as_ref()?;
    let action = action_named(&written.value);
    if action.is_none() {
        let known = "`restrict`, `cascade`, `set_null` or `set_default`";
        let message = format!("on a foreign key, `#[on_update]` takes an action: {known}");
        faults.add(&written.value, message);
    }
    action.map(|value| At { span: written.span, value })
}

/// An action must leave a row that the model allows.
fn check_action(
    written: &At<Action>,
    field: &WrittenField<'_>,
    target: &Path,
    nullable: bool,
    faults: &mut Faults,
) {
    let action = written.value.name();
    let sets = matches!(written.value, Action::SetNull | Action::SetDefault);
    if sets && field.immutable.is_some() {
        let message = format!(
            "`{action}` would change an immutable column: remove `#[immutable]`, or write another action"
        );
        faults.add_at(written.span, message);
    } else if sets && field.key.is_some() {
        let message =
            format!("`{action}` would change the primary key: write `restrict` or `cascade`");
        faults.add_at(written.span, message);
    } else if written.value == Action::SetNull && !nullable {
        let target = source::path_text(target);
        let message = format!(
            "`{}` cannot be null: write `Option<Id<{target}>>`, or another action",
            field.ident
        );
        faults.add_at(written.span, message);
    } else if written.value == Action::SetDefault && field.default.is_none() {
        let message = format!(
            "`{}` has no default to set: add `#[default(…)]`, or write another action",
            field.ident
        );
        faults.add_at(written.span, message);
    }
}

fn method(field: &WrittenField<'_>, target: &Path, faults: &mut Faults) -> syn::Ident {
    if let Some(method) = &field.method {
        return method.value.clone();
    }
    source::last_name(target).and_then(|target| names::method(field.ident, target)).unwrap_or_else(
        || {
            let message = format!(
                "no method can be named after `{}`: name it with `#[method(name)]`",
                field.ident
            );
            faults.add(field.ident, message);
            field.ident.clone()
        },
    )
}

/// A relation without `by` uses the one foreign key there is. Two paths that end in the same name are probably the same
/// model, and then neither key would be the only one.
fn mark_the_only_ones(foreign_keys: &mut [ForeignKey], faults: &mut Faults) {
    let targets: Vec<String> =
        foreign_keys.iter().map(|key| source::path_text(&key.target)).collect();
    for position in 0..targets.len() {
        let same = targets.iter().filter(|target| **target == targets[position]).count();
        foreign_keys[position].only = same == 1;
    }
    for (later, key) in foreign_keys.iter().enumerate() {
        let twin = foreign_keys[..later].iter().position(|earlier| {
            source::last_name(&earlier.target) == source::last_name(&key.target)
                && source::path_text(&earlier.target) != targets[later]
        });
        if let Some(twin) = twin {
            let message = format!(
                "foreign keys to `{}` and `{}`: write one path for one model; two models need two \
                 names (`use … as …`)",
                targets[twin], targets[later]
            );
            faults.add_at(first_span(&key.target), message);
        }
    }
}

fn first_span(path: &Path) -> Span {
    path.to_token_stream().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}
