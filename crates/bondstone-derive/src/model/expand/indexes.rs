//! The primary key and the indexes in the definition: how each hashes, compares and orders its keys.

use std::slice;

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::Expand;
use crate::model::checked::{Index, IndexKind, KeyKind, Member, Part};
use crate::{names, source};

impl Expand<'_> {
    /// The primary key.
    pub fn key_entry(&self) -> TokenStream {
        let Self { model, private, .. } = self;
        let name = format!("{}_pkey", model.table);
        let members: Vec<Member> = model.key.columns.iter().copied().map(Member::Own).collect();
        let columns = self.numbers(&members);
        let fields: Vec<_> = self.key_columns().map(|column| &column.ident).collect();
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
        let equal = self.equal(&members);
        // Numbers are found without a hash.
        let hashed = model.key.kind != KeyKind::Auto;
        let hash_plain = self.plain_hashes(if hashed { &members } else { &[] });
        quote! {
            #private::KeyDef {
                kind: #private::KeyKind::#kind,
                index: #private::IndexDef {
                    name: #name,
                    columns: &[#(#columns),*],
                    hybrid: ::core::option::Option::None,
                    kind: #private::IndexKind::Unique,
                    hash: #hash,
                    hash_plain: &[#(#hash_plain),*],
                    equal: #equal,
                    show: ::core::option::Option::None,
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
        let types: Vec<_> =
            indexes.flat_map(|index| &index.columns).map(|column| self.type_of(column)).collect();
        (!types.is_empty()).then(|| {
            quote! {
                const fn __is_hashed<V: ::core::hash::Hash + ::core::cmp::Eq>() {}
                #(__is_hashed::<#types>();)*
            }
        })
    }

    fn index_entry(&self, index: &Index) -> TokenStream {
        match (&index.hybrid, &index.part) {
            (Some(hybrid), _) => self.hybrid_index_entry(index, hybrid),
            (None, Some((column, part))) => self.part_index_entry(index, *column, part),
            (None, None) => self.column_index_entry(index),
        }
    }

    /// Over a part of an enum with data, which is which variant it is, or a field of one; or over what a codec makes of a column.
    /// Known by the column's name and the part's.
    fn part_index_entry(&self, index: &Index, column: usize, part: &Part) -> TokenStream {
        let Self { model, private, .. } = self;
        let column = &model.columns[column];
        let (name, row_type, field, ty) = (&index.name, &model.ident, &column.ident, &column.ty);
        let (label, at) = match part {
            Part::Variant(part) => {
                (format!("{}.{}", column.name, names::hybrid(part)), names::made_at(part))
            }
            Part::Encoded => (column.name.clone(), names::made_at(field)),
        };
        let private = source::located(quote!(#private), at);
        let of = |row| {
            let row = Ident::new(row, at);
            match part {
                Part::Variant(part) if part == "tag" => {
                    quote_spanned!(at=> #private::variants::tag::<#ty>(&#row.#field))
                }
                Part::Variant(part) => {
                    let plain = quote_spanned!(at=> <#ty as #private::Value>::Plain);
                    quote_spanned!(at=> #private::variants::case(<#plain>::#part, &#row.#field))
                }
                Part::Encoded => self.encoded(column, &quote_spanned!(at=> &#row.#field)),
            }
        };
        let (value, left, right) = (of("row"), of("a"), of("b"));
        let shown = match column.private {
            true => quote!(::std::borrow::ToOwned::to_owned("•••")),
            false => quote!(::std::string::ToString::to_string(&#private::Value::view(&#value))),
        };
        let none = quote!(::core::option::Option::None);
        let path = quote_spanned!(at=> #private::computed);
        let compute = quote_spanned!(at=> |row: &#row_type| #value);
        let is_ordered = index.kind == IndexKind::Ordered;
        let (kind, hash) = match index.kind {
            IndexKind::Unique => (
                quote!(Unique),
                quote_spanned!(at=> |row, hashing| #path::hash_unless_null(&#value, hashing)),
            ),
            IndexKind::Hash => {
                (quote!(Hash), quote_spanned!(at=> |row, hashing| #path::hash(&#value, hashing)))
            }
            IndexKind::Ordered => (quote!(Ordered), quote!(|_, _| #none)),
        };
        let hash_plain = (!is_ordered).then(|| quote_spanned!(at=> #path::hash_plain(#compute)));
        let order = is_ordered.then(|| {
            quote_spanned! {at=>
                #path::order(
                    #compute,
                    |row, key| #private::Value::encode_last(&#value, key),
                    |row| #private::value::custom_key(#value),
                )
            }
        });
        let order = Self::option(order);
        quote_spanned! {at=>
            #private::IndexDef {
                name: #name,
                columns: &[],
                hybrid: ::core::option::Option::Some(#label),
                kind: #private::IndexKind::#kind,
                hash: #hash,
                hash_plain: &[#hash_plain],
                equal: |a, b| #left == #right,
                show: ::core::option::Option::Some(|row| #shown),
                order: #order,
            }
        }
    }

    fn column_index_entry(&self, index: &Index) -> TokenStream {
        let Self { private, .. } = self;
        let Index { name, columns, .. } = index;
        let equal = self.equal(columns);
        let hashed = index.kind != IndexKind::Ordered;
        let hash_plain = self.plain_hashes(if hashed { columns } else { &[] });
        let (kind, hash) = match index.kind {
            IndexKind::Unique => (quote!(Unique), self.hash(columns, true)),
            IndexKind::Hash => (quote!(Hash), self.hash(columns, false)),
            IndexKind::Ordered => (quote!(Ordered), quote!(|_, _| ::core::option::Option::None)),
        };
        let order = (index.kind == IndexKind::Ordered).then(|| self.order(columns));
        let order = Self::option(order);
        let columns = self.numbers(columns);
        quote! {
            #private::IndexDef {
                name: #name,
                columns: &[#(#columns),*],
                hybrid: ::core::option::Option::None,
                kind: #private::IndexKind::#kind,
                hash: #hash,
                hash_plain: &[#(#hash_plain),*],
                equal: #equal,
                show: ::core::option::Option::None,
                order: #order,
            }
        }
    }

    /// What the index is over, its constant computes: a name that is none, or none of a hybrid, is rustc's to report, at
    /// the user's word.
    fn hybrid_index_entry(&self, index: &Index, hybrid: &Ident) -> TokenStream {
        let Self { model, private, .. } = self;
        let (name, label, model) = (&index.name, names::hybrid(hybrid), &model.ident);
        // All at the user's word, as something made by the derive, but for the word itself.
        let at = names::made_at(hybrid);
        let [private, model] =
            [quote!(#private), quote!(#model)].map(|tokens| source::located(tokens, at));
        let path = quote_spanned!(at=> #private::computed);
        let of = |row| {
            let row = Ident::new(row, at);
            quote_spanned!(at=> #private::Computed::compute(#model::#hybrid, #row))
        };
        let (value, left, right) = (of("row"), of("a"), of("b"));
        let none = quote!(::core::option::Option::None);
        let (kind, hash) = match index.kind {
            IndexKind::Unique => (
                quote!(Unique),
                quote_spanned!(at=> |row, hashing| #path::hash_unless_null(&#value, hashing)),
            ),
            IndexKind::Hash => {
                (quote!(Hash), quote_spanned!(at=> |row, hashing| #path::hash(&#value, hashing)))
            }
            IndexKind::Ordered => (quote!(Ordered), quote!(|_, _| #none)),
        };
        let compute = quote_spanned!(at=> |row: &#model| #value);
        let is_ordered = index.kind == IndexKind::Ordered;
        let hash_plain = (!is_ordered).then(|| quote_spanned!(at=> #path::hash_plain(#compute)));
        let order = is_ordered.then(|| {
            quote_spanned! {at=>
                #path::order(
                    #compute,
                    |row, key| #private::Value::encode_last(&#value, key),
                    |row| #private::value::custom_key(#value),
                )
            }
        });
        let equal = quote_spanned!(at=> |a, b| #left == #right);
        let show = quote_spanned!(at=> |row| #path::show(#model::#hybrid, row));
        let [order, show, label] = [order, Some(show), Some(quote!(#label))].map(Self::option);
        quote! {
            #private::IndexDef {
                name: #name,
                columns: &[],
                hybrid: #label,
                kind: #private::IndexKind::#kind,
                hash: #hash,
                hash_plain: &[#hash_plain],
                equal: #equal,
                show: #show,
                order: #order,
            }
        }
    }

    /// How the plain value of each of these columns hashes.
    fn plain_hashes(&self, columns: &[Member]) -> impl Iterator<Item = TokenStream> {
        let Self { private, .. } = *self;
        columns.iter().map(move |column| {
            let ty = self.type_of(column);
            quote!(#private::lookup::hash_plain::<#ty>())
        })
    }

    fn values(&self, columns: &[Member]) -> Vec<TokenStream> {
        columns.iter().map(|column| self.value_of(column)).collect()
    }

    fn equal(&self, columns: &[Member]) -> TokenStream {
        if let [only @ Member::Own(_)] = columns {
            let number = self.numbers(slice::from_ref(only));
            return quote!(#(__equal::<#number>)*);
        }
        if columns.is_empty() {
            // The one row of a singleton.
            return quote!(|_, _| true);
        }
        let equal = columns.iter().map(|column| self.equal_in(column));
        quote!(|a, b| #(#equal)&&*)
    }

    /// The hash of one column, or of the tuple of several, as lookups make it. Nulls are distinct: a key with one is in
    /// no unique index.
    fn hash(&self, columns: &[Member], unique: bool) -> TokenStream {
        let Self { private, .. } = self;
        let values = self.values(columns);
        let hash = match &values[..] {
            [value] => quote!(hashing.hash(#value)),
            values => quote!(hashing.hash(&(#(#values),*))),
        };
        let found = Self::option(Some(hash));
        if !unique {
            return quote!(|row, hashing| #found);
        }
        quote! {
            |row, hashing| match #(#private::Value::is_null(#values))||* {
                true => ::core::option::Option::None,
                false => #found,
            }
        }
    }

    fn order(&self, columns: &[Member]) -> TokenStream {
        let Self { private, .. } = self;
        let types: Vec<_> = columns.iter().map(|column| self.type_of(column)).collect();
        let values = self.values(columns);
        let clones = values
            .iter()
            .map(|value| quote_spanned!(value.span()=> ::core::clone::Clone::clone(#value)));
        // One column is a key by itself, several are their tuple.
        let (key, owned) = match &types[..] {
            [ty] => (quote!(#ty), quote!(#(#clones)*)),
            _ => (quote!((#(#types),*)), quote!((#(#clones),*))),
        };
        let encode =
            |place| if place + 1 == values.len() { quote!(encode_last) } else { quote!(encode) };
        let encodes = (0..values.len()).map(encode);
        quote! {
            #private::OrderedOps {
                width: <#key as #private::Value>::WIDTH,
                encode: |row, key| {
                    #(#private::Value::#encodes(#values, key);)*
                },
                custom: if <#key as #private::Value>::COMPARED {
                    ::core::option::Option::Some(|row| #private::value::custom_key(#owned))
                } else {
                    ::core::option::Option::None
                },
                verify: <#key as #private::Value>::order_fault,
            }
        }
    }
}
