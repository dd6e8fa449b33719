//! How a row is stored, and made of what is stored.
//!
//! A default that needs nothing but itself is a function of its own: an inserted row and a stored one that lacks the column
//! take it from there alike. One that reads `self` or `tx` belongs to an insertion.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::{Expand, number};
use crate::model::checked::{Column, Origin};
use crate::names;

impl Expand<'_> {
    /// `__default_votes` for each column with a default of its own.
    pub fn default_functions(&self) -> TokenStream {
        let functions = self.model.columns.iter().filter_map(|column| {
            let (name, ty) = (column.default_function()?, &column.ty);
            let value = column.default_value()?;
            Some(quote!(fn #name() -> #ty { #value }))
        });
        quote!(#(#functions)*)
    }

    /// The column's entry about storing.
    pub fn stored(&self, column: &Column, number: u16) -> TokenStream {
        let Self { private, .. } = self;
        let (ty, was) = (self.stored_type(column), &column.was);
        let was = (!was.is_empty()).then(|| quote!(.was(&[#(#was),*])));
        let converted = column.converted_from.as_ref();
        let converted = converted.map(|(old, _)| quote!(.converted_from::<#old>()));
        let filled = column.default_function().map(|_| quote!(.filled()));
        quote!(#private::StoredDef::of::<#ty>(__write::<#number>) #was #converted #filled)
    }

    /// `__restore`: a row of what is stored of it.
    pub fn restore_function(&self) -> TokenStream {
        let Self { model, root, private } = self;
        let row = &model.ident;
        let fields = self.restored_fields(&TokenStream::new());
        // In the order of the columns: behind the model's own.
        let mixins = model.mixins.iter().map(|mixin| {
            let (field, ty) = (&mixin.ident, &mixin.ty);
            let first = quote!(<#row as #root::Embeds<#ty>>::FIRST.column);
            quote!(#field: <#ty as #root::Mixin>::restore(row, #first)?)
        });
        quote! {
            fn __restore(row: &mut dyn #private::StoredRow) -> #private::stored::Restored<#row> {
                ::core::result::Result::Ok(#row { #(#fields,)* #(#mixins,)* })
            }
        }
    }

    /// The fields of the columns, of which the first is `first` behind the row's first.
    pub fn restored_fields(&self, first: &TokenStream) -> Vec<TokenStream> {
        let Self { model, private, .. } = self;
        let fields = model.columns.iter().enumerate().map(|(position, column)| {
            let (field, name, number) = (&column.ident, &column.name, number(position));
            let column_type = &column.ty;
            let ty = self.stored_type(column);
            let codec = self.codec(column);
            let default = column.default_function().map(|name| match &codec {
                None => quote!(#name),
                Some(_) => {
                    let encoded = self.encoded(column, &quote!(&#name()));
                    quote!(|| #encoded)
                }
            });
            let default = Self::option(default);
            let convert = Self::option(column.converted_from.as_ref().map(|(old, function)| {
                let call = quote!(#private::stored::converted::<#old, _, #ty>);
                quote_spanned!(function.span()=> |source| #call(source, #function))
            }));
            let column = quote!((#first #number, #name));
            let read = match (&codec, &column_type) {
                (None, _) => quote!(#private::stored::field),
                (Some(codec), ty) => quote!(#private::codec::field::<#codec, #ty>),
            };
            quote!(#field: #read(row, #column, #default, #convert)?)
        });
        fields.collect()
    }
}

impl Column {
    /// The function that makes its default, if that needs nothing but itself.
    pub fn default_function(&self) -> Option<Ident> {
        self.default_value()?;
        Some(format_ident!("__default_{}", self.name, span = names::made_at(&self.ident)))
    }

    fn default_value(&self) -> Option<TokenStream> {
        match &self.origin {
            Origin::DefaultValue => {
                let at = names::made_at(&self.ident);
                Some(quote_spanned!(at=> ::core::default::Default::default()))
            }
            Origin::Default(value) if !reads_insertion(&value.tokens) => Some(value.tokens.clone()),
            _ => None,
        }
    }
}

/// Is `self` or `tx` among the words?
fn reads_insertion(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Ident(word) => word == "self" || word == "tx",
        TokenTree::Group(group) => reads_insertion(&group.stream()),
        _ => false,
    })
}
