//! The primary key and the indexes in the definition: how each hashes, compares and orders its keys.

use proc_macro2::{Ident, Span, TokenStream};
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
        let columns = self.numbers(&self.key_members());
        let key = quote!(#private::KeyDef);
        match model.key.kind {
            _ if model.singleton => quote!(#key::only(#name)),
            KeyKind::Auto => quote!(#key::auto(#name, &[#(#columns),*])),
            KeyKind::Uuid(version) => quote!(#key::uuid(#version, #name, &[#(#columns),*])),
            KeyKind::Natural => quote!(#key::natural(#name, &[#(#columns),*])),
        }
    }

    fn key_members(&self) -> Vec<Member> {
        self.model.key.columns.iter().copied().map(Member::Own).collect()
    }

    /// `impl Indexed` for the primary key, where it is found by hash, and for each index over columns.
    pub fn indexed_impls(&self) -> TokenStream {
        let Self { model, private, .. } = self;
        let key = self.key_members();
        let primary = (model.key.kind != KeyKind::Auto && !key.is_empty()).then(|| {
            self.indexed_impl(&quote!({ #private::index_key::PRIMARY }), IndexKind::Unique, &key)
        });
        let indexes = (0_u16..).zip(&model.indexes);
        let over_columns = indexes.filter(|(_, index)| !index.columns.is_empty());
        let impls = over_columns
            .map(|(number, index)| self.indexed_impl(&quote!(#number), index.kind, &index.columns));
        quote!(#primary #(#impls)*)
    }

    /// What is not hashed, or not ordered, rustc reports at its type.
    fn indexed_impl(
        &self,
        number: &TokenStream,
        kind: IndexKind,
        columns: &[Member],
    ) -> TokenStream {
        let Self { model, private, .. } = self;
        let row = &model.ident;
        let types: Vec<_> = columns.iter().map(|column| self.type_of(column)).collect();
        let values = columns.iter().map(|column| match column {
            Member::Own(position) => {
                let field = &model.columns[*position].ident;
                quote!(&self.#field)
            }
            Member::Embedded { .. } => {
                let value = self.field_of(column, "self");
                quote_spanned!(value.span()=> &#value)
            }
        });
        let kind = if kind == IndexKind::Ordered { quote!(Ordered) } else { quote!(Hashed) };
        // The column that may be the reason.
        let doubtful = columns.iter().zip(&types).find(|(column, _)| match column {
            Member::Own(position) => !source::has_exact_eq(&model.columns[*position].ty),
            Member::Embedded { .. } => true,
        });
        let indexed = quote! {
            impl #private::index_key::Indexed<#number> for #row {
                type Key = #private::index_key::#kind<(#(#types,)*)>;

                #[inline]
                fn key(&self) -> (#(&#types,)*) {
                    (#(#values,)*)
                }
            }
        };
        match doubtful {
            Some((_, ty)) => source::located(indexed, Span::call_site().located_at(ty.span())),
            None => indexed,
        }
    }

    /// The entries of all other indexes.
    pub fn index_entries(&self) -> impl Iterator<Item = TokenStream> {
        (0_u16..).zip(&self.model.indexes).map(|(number, index)| self.index_entry(number, index))
    }

    fn index_entry(&self, number: u16, index: &Index) -> TokenStream {
        match (&index.hybrid, &index.part) {
            (Some(hybrid), _) => self.hybrid_index_entry(index, hybrid),
            (None, Some((column, part))) => self.part_index_entry(index, *column, part),
            (None, None) => self.column_index_entry(number, index),
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

    fn column_index_entry(&self, number: u16, index: &Index) -> TokenStream {
        let Self { private, .. } = self;
        let Index { name, columns, .. } = index;
        let kind = match index.kind {
            IndexKind::Unique => quote!(unique),
            IndexKind::Hash => quote!(hashed),
            IndexKind::Ordered => quote!(ordered),
        };
        let numbers = self.numbers(columns);
        let numbers = match columns.iter().all(|column| matches!(column, Member::Own(_))) {
            true => quote!(&[#(#numbers),*]),
            // Numbers that are computed live as long as a constant does.
            false => quote!(const { &[#(#numbers),*] }),
        };
        quote!(#private::IndexDef::#kind::<#number>(#name, #numbers))
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
}
