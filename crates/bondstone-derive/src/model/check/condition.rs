//! Checks: the condition stays the user's own expression; which columns it names is read off its tokens.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::ToTokens;

use crate::model::checked::{Check, Member};
use crate::model::written::Written;
use crate::{names, source};

/// The checks of a model.
pub fn check_all(written: &Written<'_>) -> Vec<Check> {
    let checks = written.checks.iter();
    checks
        .map(|(condition, text)| {
            let tokens =
                source::without_self(condition.expression.to_token_stream(), &written.input.ident);
            let mut columns = Vec::new();
            named_columns(tokens.clone(), written, &mut columns);
            columns.sort_unstable_by_key(place);
            Check {
                name: names::text(&condition.name),
                text: text.clone(),
                columns,
                condition: tokens,
            }
        })
        .collect()
}

/// The model's own columns in order, then those of its mixins.
fn place(column: &Member) -> (usize, String) {
    match column {
        Member::Own(position) => (*position, String::new()),
        Member::Embedded { mixin, field } => (usize::MAX, format!("{mixin} {field}")),
    }
}

/// Adds each field that stands after `self.` and is not called. A field that does not exist is left to rustc, which
/// reports it at the user's token.
fn named_columns(tokens: TokenStream, written: &Written<'_>, columns: &mut Vec<Member>) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    for (position, tree) in trees.iter().enumerate() {
        if let TokenTree::Group(group) = tree {
            named_columns(group.stream(), written, columns);
        }
        let [TokenTree::Ident(this), TokenTree::Punct(dot), TokenTree::Ident(name), rest @ ..] =
            &trees[position..]
        else {
            continue;
        };
        if this != "self" || dot.as_char() != '.' || is_called(rest) {
            continue;
        }
        let own = written.fields.iter().position(|field| field.ident == name).map(Member::Own);
        let named = own.or_else(|| field_of_mixin(written, name, rest));
        columns.extend(named.filter(|column| !columns.contains(column)));
    }
}

/// The column after `self.times`.
fn field_of_mixin(written: &Written<'_>, name: &Ident, rest: &[TokenTree]) -> Option<Member> {
    let mixin = written.mixins.iter().position(|mixin| mixin.ident == name)?;
    let [TokenTree::Punct(dot), TokenTree::Ident(field), rest @ ..] = rest else { return None };
    let is_field = dot.as_char() == '.' && !is_called(rest);
    is_field.then(|| Member::Embedded { mixin, field: field.clone() })
}

fn is_called(rest: &[TokenTree]) -> bool {
    matches!(rest.first(), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis)
}
