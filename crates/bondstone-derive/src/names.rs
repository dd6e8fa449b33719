//! Names made from names.
//!
//! A made identifier resolves where the derive is written, as if the user had written it, and is located at the user's
//! token: editors find the way, and lints see that no human wrote it.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;

/// `OrderItem` → `order_item`, `HTTPServer` → `http_server`.
pub fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (position, letter) in letters.iter().enumerate() {
        if letter.is_uppercase() {
            let after_lower = position > 0 && !letters[position - 1].is_uppercase();
            let before_lower = letters.get(position + 1).is_some_and(|next| next.is_lowercase());
            if position > 0 && (after_lower || before_lower) && !snake.ends_with('_') {
                snake.push('_');
            }
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// A field's name as text: `r#type` → `type`.
pub fn text(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// The constant for a column, relation or index: `user_id` → `USER_ID`.
pub fn constant(ident: &Ident) -> Ident {
    made(&text(ident).to_uppercase(), ident)
}

/// What the hybrid behind a constant is called, by the method's macro and by the struct's alike: `FULL_NAME` →
/// `full_name`.
pub fn hybrid(constant: &Ident) -> String {
    text(constant).to_lowercase()
}

/// The constant for a column of another model, at the user's own token: rustc reports there when it does not exist.
pub fn foreign_constant(ident: &Ident) -> Ident {
    Ident::new(&text(ident).to_uppercase(), ident.span())
}

/// The method for a foreign key: `user_id` → `user`, `author` → `author`. A key called `id` is named after its target.
/// `None` when what remains cannot be a name.
pub fn method(field: &Ident, target: &Ident) -> Option<Ident> {
    let name = text(field);
    let name = match name.strip_suffix("_id") {
        Some(stem) => stem.to_owned(),
        None if name == "id" => snake_case(&text(target)),
        None => name,
    };
    if syn::parse_str::<Ident>(&name).is_ok() {
        return Some(made(&name, field));
    }
    let keyword = syn::parse_str::<Ident>(&format!("r#{name}")).ok()?;
    Some(Ident::new_raw(&text(&keyword), made_at(field)))
}

/// An identifier for `name`, located at `at`.
pub fn made(name: &str, at: &Ident) -> Ident {
    Ident::new(name, made_at(at))
}

/// The same name, as something made by the derive.
pub fn relocated(ident: &Ident) -> Ident {
    let mut made = ident.clone();
    made.set_span(made_at(ident));
    made
}

/// The place of `at`, as something made by the derive.
pub fn made_at(at: &Ident) -> Span {
    Span::call_site().located_at(at.span())
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::format_ident;

    #[test]
    fn tables_are_named_in_snake_case() {
        for (name, snake) in [
            ("User", "user"),
            ("OrderItem", "order_item"),
            ("HTTPServer", "http_server"),
            ("Utf8Text", "utf8_text"),
            ("A", "a"),
            ("already_snake", "already_snake"),
            ("Big_Snake", "big_snake"),
        ] {
            assert_eq!(snake_case(name), snake);
        }
    }

    #[test]
    fn methods_drop_the_suffix_and_keywords_become_raw() {
        let target = format_ident!("WholePerson");
        let named = |field: &str| {
            method(&format_ident!("{field}"), &target).map(|method| method.to_string())
        };
        assert_eq!(named("user_id").unwrap(), "user");
        assert_eq!(named("author").unwrap(), "author");
        assert_eq!(named("id").unwrap(), "whole_person");
        assert_eq!(named("type_id").unwrap(), "r#type");
        assert_eq!(named("self_id"), None);
        assert_eq!(named("_id"), None);
    }

    #[test]
    fn raw_names_lose_their_prefix_in_constants() {
        assert_eq!(constant(&format_ident!("r#type")).to_string(), "TYPE");
    }
}
