//! The foreign keys in the definition: what each refers to, and what happens when that goes or moves.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Expand, number};
use crate::model::checked::{Action, Column, ForeignKey, Origin};

impl Expand<'_> {
    /// The entries, in field order.
    pub fn foreign_key_entries(&self) -> impl Iterator<Item = TokenStream> {
        let keys = self.model.foreign_keys.iter().enumerate();
        keys.map(|(place, key)| self.foreign_key_entry(key, super::number(place)))
    }

    /// `__number`, `__hash`, `__refers` and `__point`: each for every foreign key, chosen by a constant parameter.
    pub fn foreign_key_functions(&self) -> TokenStream {
        let Self { model, private, .. } = self;
        let row = &model.ident;
        let fields = || model.foreign_keys.iter().map(|key| &model.columns[key.column].ident);
        if model.foreign_keys.is_empty() {
            return TokenStream::new();
        }
        let path = quote!(#private::definition::foreign_key);
        let number = Self::chosen(fields().map(|field| quote!(#path::number(&row.#field))));
        let hash = Self::chosen(fields().map(|field| quote!(#path::hash(&row.#field, hashing))));
        let refers = Self::chosen(fields().map(|field| quote!(#path::refers(&row.#field, parent))));
        let point =
            Self::chosen(fields().map(|field| quote!(#path::point(&mut row.#field, parent))));
        let (option, any) = (quote!(::core::option::Option), quote!(&dyn ::core::any::Any));
        quote! {
            fn __number<const N: u16>(row: &#row) -> #option<u64> { #number }
            fn __hash<const N: u16>(row: &#row, hashing: &#private::Hashing) -> #option<u64> {
                #hash
            }
            fn __refers<const N: u16>(row: &#row, parent: #any) -> bool { #refers }
            fn __point<const N: u16>(row: &mut #row, parent: #option<#any>) -> bool { #point }
        }
    }

    /// The expression at place `N`; there is at least one.
    fn chosen(expressions: impl Iterator<Item = TokenStream>) -> TokenStream {
        let expressions: Vec<TokenStream> = expressions.collect();
        let (last, others) = match expressions.split_last() {
            Some((last, others)) => (Some(last), others),
            None => (None, &[][..]),
        };
        let numbers = 0_u16..;
        let (numbers, last) = (numbers.take(others.len()), last.into_iter());
        quote!(match N { #(#numbers => #others,)* #(_ => #last,)* })
    }

    fn foreign_key_entry(&self, key: &ForeignKey, place: u16) -> TokenStream {
        let Self { model, private, .. } = self;
        let ForeignKey { target, nullable, acyclic, .. } = key;
        let column = &model.columns[key.column];
        let name = format!("{}_{}_fkey", model.table, column.name);
        let number = number(key.column);
        let (on_delete, on_update) = (self.action(key.on_delete), self.action(key.on_update));
        let sets_default = [key.on_delete, key.on_update].contains(&Action::SetDefault);
        let reset = Self::option(sets_default.then(|| Self::reset(column)).flatten());
        quote! {
            #private::ForeignKeyDef {
                name: #name,
                column: #number,
                nullable: #nullable,
                acyclic: #acyclic,
                target: #private::ModelRef::of::<#target>,
                on_delete: #on_delete,
                on_update: #on_update,
                number: __number::<#place>,
                hash: __hash::<#place>,
                refers: __refers::<#place>,
                point: __point::<#place>,
                reset: #reset,
            }
        }
    }

    fn action(&self, action: Action) -> TokenStream {
        let Self { private, .. } = self;
        let action = match action {
            Action::Restrict => quote!(Restrict),
            Action::Cascade => quote!(Cascade),
            Action::SetNull => quote!(SetNull),
            Action::SetDefault => quote!(SetDefault),
        };
        quote!(#private::Action::#action)
    }

    fn reset(column: &Column) -> Option<TokenStream> {
        let field = &column.ident;
        let default = match &column.origin {
            Origin::Default(expression) => expression.tokens.clone(),
            Origin::DefaultValue => quote!(::core::default::Default::default()),
            _ => return None,
        };
        Some(quote!(|row| row.#field = #default))
    }
}
