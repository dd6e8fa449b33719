//! A model that stands in for one with mistakes.
//!
//! Compilation has failed already. But every `Id<User>` needs a model `User`, and without one rustc would bury the
//! mistake under complaints about everybody who refers to it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::paths::Paths;

/// The traits of a model, empty.
pub fn stand_in(input: &DeriveInput, paths: &Paths) -> TokenStream {
    let Paths { root, private } = paths;
    let ident = &input.ident;
    if !input.generics.params.is_empty() {
        // Its parameters lack the bounds that a row needs: more complaints, not fewer.
        return TokenStream::new();
    }
    quote! {
        const _: () = {
            #private::row!(#ident:);

            #[automatically_derived]
            impl #private::Model for #ident {
                type Key = #private::AutoKey;

                const DEFINITION: &'static #private::Definition<Self> = &#private::Definition {
                    name: "",
                    was: &[],
                    rust_name: "",
                    doc: "",
                    columns: &[],
                    row: #private::RowOps {
                        view: |_, _| #private::ValueRef::Null,
                        differing: |_, _| #private::ColumnSet::EMPTY,
                        write: |_, _, _| {},
                        enforce: #private::limit::none,
                    },
                    key: #private::KeyDef::auto("", &[]),
                    indexes: &[],
                    foreign_keys: &[],
                    checks: &[],
                    relations: &[],
                    read: |_| ::core::unreachable!(),
                };

                fn id(&self) -> #private::Id<Self> {
                    ::core::unreachable!()
                }
            }

            #[automatically_derived]
            impl #root::Entity for #ident {
                fn reach(_: &mut #root::Models) {}
                const REFRESHES: bool = false;
                fn refresh(&mut self, _: &Self, _: &mut #root::Fill<'_>) {}
                fn set_id(&mut self, _: #private::Id<Self>) {}
                fn from_named(
                    _: &mut #private::stored::RowReader<'_>,
                    _: &mut #root::Fill<'_>,
                ) -> #root::Result<Self> {
                    ::core::unreachable!()
                }
            }

            #[automatically_derived]
            impl #root::Plural for #ident {}
        };
    }
}
