//! The primary key and the indexes in the definition: how each hashes, compares and orders its keys.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use super::{Expand, numbers};
use crate::model::checked::{Index, IndexKind, KeyKind};

impl Expand<'_> {
    /// The primary key.
    pub fn key_entry(&self) -> TokenStream {
        let Self { model, private, .. } = self;
        let name = format!("{}_pkey", model.table);
        let columns = numbers(&model.key.columns);
        let fields = self.fields(&model.key.columns);
        let kind = match model.key.kind {
            KeyKind::Auto => quote!(Auto),
            KeyKind::Uuid(version) => quote!(Uuid(#version)),
            KeyKind::Natural => quote!(Natural),
        };
        // As `Id` hashes: its raw key, which for several columns is their tuple. Numbers are not looked up by hash.
        let hash = match (model.key.kind, &fields[..]) {
            (KeyKind::Auto, _) => quote!(|_, _| ::core::option::Option::None),
            (_, [field]) => {
                quote!(|row, hashing| ::core::option::Option::Some(hashing.hash(&row.#field)))
            }
            (_, fields) => {
                quote!(|row, hashing| ::core::option::Option::Some(hashing.hash(&(#(&row.#fields),*))))
            }
        };
        let equal = Self::equal(&model.key.columns);
        quote! {
            #private::KeyDef {
                kind: #private::KeyKind::#kind,
                index: #private::IndexDef {
                    name: #name,
                    columns: &[#(#columns),*],
                    kind: #private::IndexKind::Unique,
                    hash: #hash,
                    equal: #equal,
                    order: ::core::option::Option::None,
                },
            }
        }
    }

    /// The entries of all other indexes.
    pub fn index_entries(&self) -> impl Iterator<Item = TokenStream> {
        self.model.indexes.iter().map(|index| self.index_entry(index))
    }

    /// Demands `Hash` and `Eq` of the columns that are found by hash, each at the token of its type.
    pub fn hashed_columns(&self) -> Option<TokenStream> {
        let indexes = self.model.indexes.iter().filter(|index| index.kind != IndexKind::Ordered);
        let types: Vec<_> = indexes
            .flat_map(|index| &index.columns)
            .map(|column| &self.model.columns[*column].ty)
            .collect();
        (!types.is_empty()).then(|| {
            quote! {
                const _: () = {
                    const fn is_hashed<V: ::core::hash::Hash + ::core::cmp::Eq>() {}
                    #(is_hashed::<#types>();)*
                };
            }
        })
    }

    fn index_entry(&self, index: &Index) -> TokenStream {
        let Self { private, .. } = self;
        let Index { name, columns, .. } = index;
        let fields = self.fields(columns);
        let equal = Self::equal(columns);
        let (kind, hash) = match index.kind {
            IndexKind::Unique => (quote!(Unique), self.hash(&fields, true)),
            IndexKind::Hash => (quote!(Hash), self.hash(&fields, false)),
            IndexKind::Ordered => (quote!(Ordered), quote!(|_, _| ::core::option::Option::None)),
        };
        let order = (index.kind == IndexKind::Ordered).then(|| self.order(columns, &fields));
        let order = Self::option(order);
        let columns = numbers(columns);
        quote! {
            #private::IndexDef {
                name: #name,
                columns: &[#(#columns),*],
                kind: #private::IndexKind::#kind,
                hash: #hash,
                equal: #equal,
                order: #order,
            }
        }
    }

    fn fields(&self, columns: &[usize]) -> Vec<&Ident> {
        columns.iter().map(|column| &self.model.columns[*column].ident).collect()
    }

    fn equal(columns: &[usize]) -> TokenStream {
        match &numbers(columns)[..] {
            [only] => quote!(__equal::<#only>),
            several => quote!(|a, b| #(__equal::<#several>(a, b))&&*),
        }
    }

    /// The hash of one column, or of the tuple of several, as lookups make it. Nulls are distinct: a key with one is in
    /// no unique index.
    fn hash(&self, fields: &[&Ident], unique: bool) -> TokenStream {
        let Self { private, .. } = self;
        let hash = match fields {
            [field] => quote!(::core::option::Option::Some(hashing.hash(&row.#field))),
            fields => quote!(::core::option::Option::Some(hashing.hash(&(#(&row.#fields),*)))),
        };
        match unique {
            false => quote!(|row, hashing| #hash),
            true => quote! {
                |row, hashing| match #(#private::Value::is_null(&row.#fields))||* {
                    true => ::core::option::Option::None,
                    false => #hash,
                }
            },
        }
    }

    fn order(&self, columns: &[usize], fields: &[&Ident]) -> TokenStream {
        let Self { private, .. } = self;
        let types: Vec<_> = columns.iter().map(|column| &self.model.columns[*column].ty).collect();
        // One column is a key by itself, several are their tuple.
        let (key, owned, verify) = match (&types[..], fields) {
            ([ty], [field]) => (
                quote!(#ty),
                quote!(::core::clone::Clone::clone(&row.#field)),
                quote!(#private::definition::verify_order::<#ty>),
            ),
            _ => (
                quote!((#(#types),*)),
                quote!((#(::core::clone::Clone::clone(&row.#fields)),*)),
                quote!(|| ::core::option::Option::None #(.or_else(#private::definition::verify_order::<#types>))*),
            ),
        };
        let (last, first) =
            fields.split_last().map_or((None, fields), |(last, first)| (Some(last), first));
        let last = last.into_iter();
        quote! {
            #private::OrderedOps {
                width: <#key as #private::Value>::WIDTH,
                encode: |row, key| {
                    #(#private::Value::encode(&row.#first, key);)*
                    #(#private::Value::encode_last(&row.#last, key);)*
                },
                custom: if <#key as #private::Value>::COMPARED {
                    ::core::option::Option::Some(|row| ::std::boxed::Box::new(#private::Owned(#owned)))
                } else {
                    ::core::option::Option::None
                },
                verify: #verify,
            }
        }
    }
}
