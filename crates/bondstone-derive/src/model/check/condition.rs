//! Checks: the condition stays the user's own expression; which columns it names is read off its tokens.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;

use crate::model::checked::Check;
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
            columns.sort_unstable();
            columns.dedup();
            Check {
                name: names::text(&condition.name),
                text: text.clone(),
                columns,
                condition: tokens,
            }
        })
        .collect()
}

/// Adds each field that stands after `self.` and is not called. A field that does not exist is left to rustc, which
/// reports it at the user's token.
fn named_columns(tokens: TokenStream, written: &Written<'_>, columns: &mut Vec<usize>) {
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
        let called = match rest.first() {
            Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Parenthesis,
            _ => false,
        };
        if this == "self" && dot.as_char() == '.' && !called {
            columns.extend(written.fields.iter().position(|field| field.ident == name));
        }
    }
}
