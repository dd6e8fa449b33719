//! `impl Model`: the key's type, the definition, the row's own id; and `impl Row`, which demands a value of each field.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Type;

use super::Expand;
use crate::model::attribute::Way;
use crate::model::checked::{Column, KeyKind, Relation};
use crate::names;

impl Expand<'_> {
    /// The implementations of `Row` and `Model`.
    pub fn model_impl(&self) -> TokenStream {
        let Self { model, private, .. } = self;
        let ident = &model.ident;
        let (values, foreign) = self.field_types();
        let parts = model.mixins.iter().map(|mixin| &mixin.ty);
        let (key_type, id) = (self.key_type(), self.id());
        let functions = [self.row_functions(), self.foreign_key_functions(), self.read_function()];
        let definition = self.definition();
        let indexed = self.indexed_impls();
        quote! {
            #private::row!(#ident: #(#values),*; #(#parts),*; #(#foreign),*);

            #[automatically_derived]
            impl #private::Model for #ident {
                type Key = #key_type;

                const DEFINITION: &'static #private::Definition<Self> = {
                    #(#functions)*
                    &#definition
                };

                #[inline]
                fn id(&self) -> #private::Id<Self> {
                    #id
                }
            }

            #indexed
        }
    }

    /// The types of the columns that are values, and of those with a codec.
    pub fn field_types(&self) -> (Vec<&Type>, Vec<&Type>) {
        let columns = || self.model.columns.iter();
        let values = columns().filter(|column| column.codec.is_none());
        let foreign = columns().filter(|column| column.codec.is_some());
        (values.map(|column| &column.ty).collect(), foreign.map(|column| &column.ty).collect())
    }

    fn definition(&self) -> TokenStream {
        let Self { model, private, .. } = self;
        let (name, rust_name, doc) = (&model.table, names::text(&model.ident), &model.doc);
        let was = &model.was;
        let key = self.key_entry();
        let (columns, row) = (self.columns_with_mixins(), self.row_ops());
        let indexes = self.with_mixins("INDEXES", "IndexDef", self.index_entries());
        let foreign_keys =
            self.with_mixins("FOREIGN_KEYS", "ForeignKeyDef", self.foreign_key_entries());
        let checks = self.with_mixins("CHECKS", "CheckDef", self.check_entries());
        let relations = model.relations.iter().map(|relation| self.relation_entry(relation));
        quote! {
            #private::Definition {
                name: #name,
                was: &[#(#was),*],
                rust_name: #rust_name,
                doc: #doc,
                columns: #columns,
                row: #row,
                key: #key,
                indexes: #indexes,
                foreign_keys: #foreign_keys,
                checks: #checks,
                relations: &[#(#relations),*],
                read: __read,
            }
        }
    }

    /// The columns of the key.
    pub fn key_columns(&self) -> impl Iterator<Item = &Column> {
        self.model.key.columns.iter().map(|column| &self.model.columns[*column])
    }

    fn key_type(&self) -> TokenStream {
        let Self { private, .. } = self;
        let types: Vec<_> = self.key_columns().map(|column| &column.ty).collect();
        match (self.model.key.kind, &types[..]) {
            (KeyKind::Auto, _) => quote!(#private::AutoKey),
            (KeyKind::Uuid(_), _) => quote!(#private::Uuid),
            (KeyKind::Natural, [only]) => quote!(#only),
            (KeyKind::Natural, several) => quote!((#(#several),*)),
        }
    }

    fn id(&self) -> TokenStream {
        let Self { model, private, .. } = self;
        if model.singleton {
            return quote!(#private::Id::only());
        }
        let parts = self.key_columns().map(|column| {
            let field = &column.ident;
            quote!(::core::clone::Clone::clone(&self.#field))
        });
        match (self.model.key.kind, self.model.key.columns.len()) {
            (KeyKind::Natural, 1) => quote!(#private::Id::new(#(#parts)*)),
            (KeyKind::Natural, _) => quote!(#private::Id::new((#(#parts),*))),
            _ => quote!(#(#parts)*),
        }
    }

    fn relation_entry(&self, relation: &Relation) -> TokenStream {
        let Self { private, .. } = self;
        let Relation { name, target, way, .. } = relation;
        let (kind, via) = match (way, relation.one) {
            (Way::Via { join, .. }, _) => {
                (quote!(ManyVia), Some(quote!(#private::ModelRef::of::<#join>)))
            }
            (_, true) => (quote!(One), None),
            (_, false) => (quote!(Many), None),
        };
        let via = Self::option(via);
        quote! {
            #private::RelationDef {
                name: #name,
                kind: #private::RelationKind::#kind,
                target: #private::ModelRef::of::<#target>,
                via: #via,
            }
        }
    }
}
