//! The code for a checked model. Each file writes one thing:
//!
//! | module | writes |
//! |---|---|
//! | [`new`] | `NewUser`, and how it becomes a `User` |
//! | [`constants`] | `User::EMAIL`, `Order::USER_ID`, `User::ORDERS`, `CartItem::CART_LINE` |
//! | [`methods`] | `order.user(&db)`, `user.orders(&db)` |
//! | [`definition`] | `impl Model`: the tables of names and small functions |
//! | [`columns`], [`indexes`], [`foreign_keys`], [`checks`] | their entries in the definition |
//! | [`named`] | a row of values that come by name |
//! | [`stored`] | how a row is stored, and made of what is stored |
//! | [`entity`] | what the engine asks of a model: which others it reaches, how an update refreshes it |
//! | [`references`] | `impl References<User> for Order` |
//! | [`links`] | `impl Links<Post, Tag> for PostTag` |
//!
//! Every path is absolute, so nothing that the user's module defines can get in between. Expressions of the user keep
//! their places; whatever the derive makes up is placed at the derive, or at the field it is made from.

mod checks;
mod columns;
mod constants;
mod definition;
mod entity;
mod foreign_keys;
mod indexes;
mod links;
mod member;
mod methods;
mod mixin;
mod named;
mod new;
mod references;
mod stored;

use proc_macro2::TokenStream;
use quote::quote;

use super::checked::Model;
use crate::paths::Paths;

/// A model to be written down, and the paths to write.
#[derive(Clone, Copy)]
struct Expand<'a> {
    model: &'a Model,
    /// `::bondstone`
    root: &'a TokenStream,
    /// `::bondstone::__private`
    private: &'a TokenStream,
}

/// The code for a mixin.
pub fn expand_mixin(model: &Model, paths: &Paths) -> TokenStream {
    Expand { model, root: &paths.root, private: &paths.private }.mixin()
}

/// The code for a model.
pub fn expand(model: &Model, paths: &Paths) -> TokenStream {
    let expand = Expand { model, root: &paths.root, private: &paths.private };
    let new_struct = (!model.singleton).then(|| expand.new_struct());
    let constants = expand.constants();
    let methods = expand.methods();
    let hidden = [
        expand.check_methods().unwrap_or_default(),
        expand.default_functions(),
        expand.model_impl(),
        expand.rows_impls(),
        expand.entity_impl(),
        expand.embeds_impls(),
        expand.references_impls(),
        expand.links_impls().unwrap_or_default(),
    ];
    let ident = &model.ident;
    quote! {
        #new_struct

        #[automatically_derived]
        impl #ident {
            #constants
            #methods
        }

        const _: () = {
            #(#hidden)*
        };
    }
}

impl Expand<'_> {
    /// `Some(…)` or `None`.
    fn option(value: Option<TokenStream>) -> TokenStream {
        match value {
            Some(value) => quote!(::core::option::Option::Some(#value)),
            None => quote!(::core::option::Option::None),
        }
    }
}

/// A position as the definition numbers it. There are at most 128 columns, and no more of anything else than memory
/// for the source text.
fn number(position: usize) -> u16 {
    u16::try_from(position).unwrap_or(u16::MAX)
}
