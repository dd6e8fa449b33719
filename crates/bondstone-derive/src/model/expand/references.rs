//! `impl References<User> for Order`, and what a relation asks of the foreign key it goes by.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::Expand;
use crate::model::checked::Relation;

impl Expand<'_> {
    /// One implementation for each model with a single foreign key to it, and one assertion for each `has_one`.
    pub fn references_impls(&self) -> TokenStream {
        let Self { model, private, .. } = self;
        let ident = &model.ident;
        let references = model.foreign_keys.iter().filter(|key| key.only).map(|key| {
            let (target, constant) = (&key.target, &model.columns[key.column].constant);
            let null = if key.nullable { quote!(Opt) } else { quote!(Req) };
            quote! {
                #[automatically_derived]
                impl #private::References<#target> for #ident {
                    type Null = #private::#null;
                    const KEY: #private::Fk<Self, #target, Self::Null> = Self::#constant;
                }
            }
        });
        let ones = model.relations.iter().filter(|relation| relation.one);
        let ones = ones.map(|relation| self.unique_assertion(relation));
        quote!(#(#references)* #(#ones)*)
    }

    /// At most one row refers to each parent, or `has_one` would be a lie.
    fn unique_assertion(&self, relation: &Relation) -> TokenStream {
        let key = self.child_key(relation);
        let message = "has_one needs #[unique] (or #[key]) on the foreign key field";
        let assertion =
            quote_spanned!(relation.target.span()=> ::core::assert!(#key.is_unique(), #message));
        quote!(const _: () = #assertion;)
    }
}
