//! The user's tokens: their text, the shape of their types, `Self` replaced.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{Attribute, Expr, ExprLit, GenericArgument, Lit, Meta, Path, PathArguments, Type};

/// An expression as written.
#[derive(Clone)]
pub struct Expression {
    /// The expression, with the model's name for `Self`.
    pub tokens: TokenStream,
    /// Its text.
    pub text: String,
}

impl Expression {
    /// `expression`, written in a model called `model` as `text`.
    ///
    /// A text literal is converted to the column's type, so that `"user"` may be the default of a `String`.
    pub fn new(expression: &Expr, text: String, model: &Ident) -> Self {
        let tokens = without_self(expression.to_token_stream(), model);
        match expression {
            Expr::Lit(ExprLit { lit: Lit::Str(literal), .. }) => Self {
                tokens: quote_spanned!(literal.span()=> ::core::convert::Into::into(#tokens)),
                text,
            },
            _ => Self { tokens, text },
        }
    }
}

/// The text between an attribute's parentheses, on one line.
pub fn arguments_text(attribute: &Attribute) -> String {
    let Meta::List(list) = &attribute.meta else { return String::new() };
    let written = list.delimiter.span().join().source_text();
    let text = match &written {
        // The source includes the parentheses, one byte each.
        Some(source) if source.len() >= 2 => source[1..source.len() - 1].to_owned(),
        // No source: the attribute was itself written by a macro.
        _ => list.tokens.to_string(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches(',').to_owned()
}

/// The documentation comments among `attributes`, as one text.
pub fn documentation(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) => Some(&pair.value),
            _ => None,
        })
        .filter_map(|value| match value {
            Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => Some(line.value().trim().to_owned()),
            _ => None,
        })
        .collect();
    lines.join("\n").trim().to_owned()
}

/// The same tokens with `model` for each `Self`: what is written inside the struct is used outside of it.
pub fn without_self(tokens: TokenStream, model: &Ident) -> TokenStream {
    tokens
        .into_iter()
        .map(|tree| match tree {
            TokenTree::Ident(ident) if ident == "Self" => {
                Ident::new(&model.to_string(), ident.span()).into()
            }
            TokenTree::Group(group) => {
                let mut inside = Group::new(group.delimiter(), without_self(group.stream(), model));
                inside.set_span(group.span());
                inside.into()
            }
            other => other,
        })
        .collect()
}

/// The same tokens, all of them at one place: when rustc objects to several, it points there alone.
pub fn located(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut tree| {
            if let TokenTree::Group(group) = &tree {
                tree = Group::new(group.delimiter(), located(group.stream(), span)).into();
            }
            tree.set_span(span);
            tree
        })
        .collect()
}

/// Is it known by the words of a type that `==` tells any two different values apart, and each from itself? Not so of floats, and what
/// is behind other names nobody knows.
pub fn has_exact_eq(ty: &Type) -> bool {
    const EXACT: [&str; 24] = [
        "bool",
        "char",
        "u8",
        "u16",
        "u32",
        "u64",
        "u128",
        "usize",
        "i8",
        "i16",
        "i32",
        "i64",
        "i128",
        "isize",
        "str",
        "String",
        "Box",
        "Arc",
        "Option",
        "Vec",
        "Timestamp",
        "Date",
        "Uuid",
        "Decimal",
    ];
    fn all_exact(tokens: TokenStream) -> bool {
        tokens.into_iter().all(|tree| match tree {
            TokenTree::Ident(word) => EXACT.iter().any(|exact| word == exact),
            TokenTree::Group(group) => all_exact(group.stream()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => true,
        })
    }
    // An id is one of numbers, texts and the like: a float cannot be a key.
    let ty = option_of(ty).unwrap_or(ty);
    id_target(ty).is_some() || all_exact(ty.to_token_stream())
}

/// The `X` of a type written `Id<X>`.
pub fn id_target(ty: &Type) -> Option<&Path> {
    match bare(only_argument(ty, "Id")?) {
        Type::Path(target) if target.qself.is_none() => Some(&target.path),
        _ => None,
    }
}

/// The `X` of a type written `Option<X>`.
pub fn option_of(ty: &Type) -> Option<&Type> {
    only_argument(ty, "Option")
}

/// The type without the parentheses and invisible groups around it.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        other => other,
    }
}

fn only_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = bare(ty) else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(argument)) if arguments.args.len() == 1 => Some(argument),
        _ => None,
    }
}

/// The last name of a path: `users::User` → `User`.
pub fn last_name(path: &Path) -> Option<&Ident> {
    path.segments.last().map(|segment| &segment.ident)
}

/// A path as text without spaces, to compare it with others as it is written.
pub fn path_text(path: &Path) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::{format_ident, quote};
    use syn::parse_quote;

    #[test]
    fn ids_are_recognised_as_they_are_written() {
        let target = |ty: Type| id_target(&ty).map(path_text);
        assert_eq!(target(parse_quote!(Id<User>)).unwrap(), "User");
        assert_eq!(target(parse_quote!(bondstone::Id<users::User>)).unwrap(), "users::User");
        assert_eq!(target(parse_quote!((Id<User>))).unwrap(), "User");
        assert_eq!(target(parse_quote!(Vec<Id<User>>)), None);
        assert_eq!(target(parse_quote!(UserId)), None);
        let optional: Type = parse_quote!(std::option::Option<Id<User>>);
        assert_eq!(id_target(option_of(&optional).unwrap()).map(path_text).unwrap(), "User");
    }

    #[test]
    fn self_becomes_the_model_at_any_depth() {
        let replaced =
            without_self(quote!(Option<Id<Self>>, f([Self::START])), &format_ident!("User"));
        assert_eq!(replaced.to_string(), quote!(Option<Id<User>>, f([User::START])).to_string());
    }

    #[test]
    fn text_literals_are_converted() {
        let model = format_ident!("User");
        let text = Expression::new(&parse_quote!("user"), String::new(), &model);
        assert_eq!(
            text.tokens.to_string(),
            quote!(::core::convert::Into::into("user")).to_string()
        );
        let number = Expression::new(&parse_quote!(7), String::new(), &model);
        assert_eq!(number.tokens.to_string(), "7");
    }

    #[test]
    fn documentation_is_joined_and_trimmed() {
        let item: syn::ItemStruct = parse_quote! {
            /// One
            /// two.
            #[allow(dead_code)]
            struct X;
        };
        assert_eq!(documentation(&item.attrs), "One\ntwo.");
    }
}
