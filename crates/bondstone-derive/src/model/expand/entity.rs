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
        let refreshes = model.columns.iter().any(|column| column.on_update.is_some());
        let refreshed = model.columns.iter().filter_map(|column| {
            let (field, value) = (&column.ident, &column.on_update.as_ref()?.tokens);
            Some(quote! {
                if self.#field == before.#field {
                    self.#field = #value;
                }
            })
        });
        quote! {
            #[automatically_derived]
            impl #root::Entity for #ident {
                fn reach(models: &mut #root::Models) {
                    #(models.add::<#reached>();)*
                }

                const REFRESHES: bool = #refreshes;

                fn refresh(&mut self, before: &Self, tx: &mut #root::Fill<'_>) {
                    #(#refreshed)*
                }

                #from_named

                fn set_id(&mut self, id: #private::Id<Self>) {
                    #set_id
                }
            }
        }
    }

    /// Takes the raw key of `id` apart and puts it into the key's fields.
    fn set_id(&self) -> TokenStream {
        let fields: Vec<_> = self.key_columns().map(|column| &column.ident).collect();
        match (self.model.key.kind, &fields[..]) {
            (KeyKind::Natural, [only]) => quote!(self.#only = id.into_key();),
            (KeyKind::Natural, several) => quote!((#(self.#several),*) = id.into_key();),
            _ => quote!(#(self.#fields = id;)*),
        }
    }

    /// The models that this one names, each once, without itself.
    fn reached(&self) -> Vec<&Path> {
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
