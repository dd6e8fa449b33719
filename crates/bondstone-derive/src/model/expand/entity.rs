//! `impl Entity`: what the engine asks of a model beyond its definition.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

use super::Expand;
use crate::model::attribute::Way;
use crate::model::checked::KeyKind;
use crate::source;

impl Expand<'_> {
    /// The implementation, and the assertions on `has_one`.
    pub fn entity_impl(&self) -> TokenStream {
        let Self { model, root, private, .. } = self;
        let ident = &model.ident;
        let set_id = self.set_id();
        let from_named = self.named_function();
        let reached = self.reached();
        let (refreshes, refreshed) = (self.refreshes(), self.refreshed());
        let mixins = model.mixins.iter().map(|mixin| &mixin.ty);
        let (version, versioned) = self.version().unzip();
        let only = self.only();
        quote! {
            #[automatically_derived]
            impl #root::Entity for #ident {
                fn reach(models: &mut #root::Models) {
                    #(models.add::<#reached>();)*
                    #(<#mixins as #root::Mixin>::reach(models);)*
                }

                const REFRESHES: bool = #refreshes;

                fn refresh(&mut self, before: &Self, tx: &mut #root::Fill<'_>) {
                    #refreshed
                }

                fn set_id(&mut self, id: #private::Id<Self>) {
                    #set_id
                }

                #from_named

                #version
                #only
            }

            #versioned
        }
    }

    /// The `#[version]` column for the engine, and the trait for its user.
    fn version(&self) -> Option<(TokenStream, TokenStream)> {
        let Self { model, root, private } = self;
        let position = model.columns.iter().position(|column| column.version)?;
        let (ident, field) = (&model.ident, &model.columns[position].ident);
        let column = super::number(position);
        let version = quote! {
            const VERSION: ::core::option::Option<#private::VersionColumn<Self>> =
                ::core::option::Option::Some(#private::VersionColumn {
                    column: #column,
                    get: |row| row.#field,
                    set: |row, version| row.#field = version,
                });
        };
        let versioned = quote! {
            #[automatically_derived]
            impl #root::Versioned for #ident {
                fn row_version(&self) -> ::core::primitive::u64 {
                    self.#field
                }
            }
        };
        Some((version, versioned))
    }

    /// The row of a singleton.
    fn only(&self) -> Option<TokenStream> {
        let Self { model, root, .. } = self;
        model.singleton.then(|| {
            quote! {
                const SINGLETON: bool = true;

                fn only(tx: &mut #root::Fill<'_>) -> ::core::option::Option<#root::Result<Self>> {
                    ::core::option::Option::Some(<Self as #root::Singleton>::first(tx))
                }
            }
        })
    }

    /// Has a column an `#[on_update]` value, its own or a mixin's?
    pub fn refreshes(&self) -> TokenStream {
        let Self { model, root, .. } = self;
        let own = model.columns.iter().any(|column| column.on_update.is_some());
        let mixins = model.mixins.iter().map(|mixin| &mixin.ty);
        quote!(#own #(|| <#mixins as #root::Mixin>::REFRESHES)*)
    }

    /// Fills each such column.
    pub fn refreshed(&self) -> TokenStream {
        let Self { model, root, .. } = self;
        let own = model.columns.iter().filter_map(|column| {
            let (field, value) = (&column.ident, &column.on_update.as_ref()?.tokens);
            Some(quote! {
                if self.#field == before.#field {
                    self.#field = #value;
                }
            })
        });
        let mixins = model.mixins.iter().map(|mixin| {
            let (field, ty) = (&mixin.ident, &mixin.ty);
            quote!(<#ty as #root::Mixin>::refresh(&mut self.#field, &before.#field, tx);)
        });
        quote!(#(#own)* #(#mixins)*)
    }

    /// Takes the raw key of `id` apart and puts it into the key's fields.
    fn set_id(&self) -> TokenStream {
        let fields: Vec<_> = self.key_columns().map(|column| &column.ident).collect();
        if self.model.singleton {
            return quote!(let _ = id;);
        }
        match (self.model.key.kind, &fields[..]) {
            (KeyKind::Natural, [only]) => quote!(self.#only = id.into_key();),
            (KeyKind::Natural, several) => quote!((#(self.#several),*) = id.into_key();),
            _ => quote!(#(self.#fields = id;)*),
        }
    }

    /// The models that this one names, each once, without itself.
    pub fn reached(&self) -> Vec<&Path> {
        let parents = self.model.foreign_keys.iter().map(|key| &key.target);
        let relations = self.model.relations.iter().flat_map(|relation| {
            let join = match &relation.way {
                Way::Via { join, .. } => Some(join),
                _ => None,
            };
            [Some(&relation.target), join].into_iter().flatten()
        });
        let mut seen = BTreeSet::from([self.model.ident.to_string()]);
        parents.chain(relations).filter(|path| seen.insert(source::path_text(path))).collect()
    }
}
