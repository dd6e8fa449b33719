//! One column: its limit, where its value comes from, and what contradicts what.

use quote::ToTokens;
use syn::Expr;

use super::{MAX_COLUMNS, Role, codec, role, was};
use crate::faults::Faults;
use crate::model::attribute::action_named;
use crate::model::checked::{Column, Key, Limit, Origin};
use crate::model::written::{Written, WrittenField};
use crate::source::Expression;
use crate::{names, source};

/// The columns of a model.
pub fn check_all(
    written: &Written<'_>,
    roles: &[Role],
    key: &Key,
    faults: &mut Faults,
) -> Vec<Column> {
    let fields = written.fields.iter().zip(roles).take(MAX_COLUMNS);
    fields.map(|(field, role)| check(written, field, role, key, faults)).collect()
}

fn check(
    written: &Written<'_>,
    field: &WrittenField<'_>,
    role: &Role,
    key: &Key,
    faults: &mut Faults,
) -> Column {
    let model = &written.input.ident;
    contradictions(field, role, key, faults);
    was::conversion(field, role, faults);
    let expression = |expression: &Expr, text: String| Expression::new(expression, text, model);
    let plain_update = field.on_update.as_ref().filter(|_| !role.is_foreign_key());
    Column {
        ident: field.ident.clone(),
        name: names::text(field.ident),
        constant: names::constant(field.ident),
        ty: role::type_without_self(&field.field.ty, model),
        visibility: field.field.vis.clone(),
        doc: source::documentation(&field.field.attrs),
        key: field.key.is_some(),
        immutable: field.immutable.is_some(),
        private: field.private.is_some(),
        version: field.version.is_some(),
        codec: codec::check(field, model, faults),
        limit: limit(field),
        origin: origin(field, role, &expression),
        on_update: plain_update.map(|update| expression(&update.value, String::new())),
        was: was::names(field.was.as_ref()),
        converted_from: field.converted_from.as_ref().map(|converted| {
            let (old, function) = (&converted.value.old, &converted.value.function);
            let old = source::without_self(old.to_token_stream(), model);
            (old, function.clone())
        }),
    }
}

fn limit(field: &WrittenField<'_>) -> Option<Limit> {
    let decimal =
        field.decimal.as_ref().map(|decimal| Limit::Decimal(decimal.value.0, decimal.value.1));
    decimal.or_else(|| field.max_len.as_ref().map(|max| Limit::MaxLen(max.value.to_token_stream())))
}

fn origin(
    field: &WrittenField<'_>,
    role: &Role,
    expression: &dyn Fn(&Expr, String) -> Expression,
) -> Origin {
    if matches!(role, Role::OwnKey) {
        return Origin::Engine;
    }
    if let Some(version) = &field.version {
        let one = syn::LitInt::new("1", version.span);
        return Origin::Default(Expression { tokens: one.to_token_stream(), text: "1".to_owned() });
    }
    if let Some(default) = &field.default {
        let (value, text) = &default.value;
        return match value {
            Some(value) => Origin::Default(expression(value, text.clone())),
            None => Origin::DefaultValue,
        };
    }
    match &field.on_insert {
        Some(on_insert) => Origin::OnInsert(expression(&on_insert.value, String::new())),
        None => Origin::Given,
    }
}

fn contradictions(field: &WrittenField<'_>, role: &Role, key: &Key, faults: &mut Faults) {
    if let (Some(_), Some(on_insert)) = (&field.default, &field.on_insert) {
        let message = "a column has one value to begin with: keep `#[default]` or `#[on_insert]`";
        faults.add_at(on_insert.span, message);
    }
    if let (Some(max_len), Some(_)) = (&field.max_len, &field.decimal) {
        faults.add_at(max_len.span, "`max_len` limits text, `decimal` numbers: keep one of them");
    }
    if let Some(unique) =
        field.unique.as_ref().filter(|_| field.key.is_some() && key.columns.len() == 1)
    {
        faults.add_at(unique.span, "a key is unique by itself: remove `#[unique]`");
    }
    if let (Some(private), Some(_)) = (&field.private, &field.key) {
        let message = "a key is shown wherever its row is named, in errors and in ids: keep the secret in a column of its own";
        faults.add_at(private.span, message);
    }
    if !role.is_foreign_key() {
        let actions = [
            field.on_delete.as_ref().map(|at| at.span),
            field.method.as_ref().map(|at| at.span),
            field.acyclic.as_ref().map(|at| at.span),
        ];
        for span in actions.into_iter().flatten() {
            faults.add_at(span, not_a_foreign_key(field));
        }
        let update = field.on_update.as_ref();
        if let Some(update) = update.filter(|update| action_named(&update.value).is_some()) {
            faults.add(&update.value, not_a_foreign_key(field));
        } else if let (Some(update), Some(_), None) = (update, &field.immutable, &field.key) {
            faults.add_at(
                update.span,
                "an immutable column does not change on update: remove one of the two",
            );
        }
    }
}

fn not_a_foreign_key(field: &WrittenField<'_>) -> String {
    format!(
        "`{}` is not a foreign key: give it the type `Id<Model>`, or name the model that an alias \
         hides with `#[references(Model)]`",
        field.ident
    )
}
