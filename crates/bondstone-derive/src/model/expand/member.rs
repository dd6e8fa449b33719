//! A column in an index or a check: one of the model's own, or one of a mixin.
//!
//! Of a mixin's column the derive knows the name. Its value is a field of a field; what else is needed, its type and its place,
//! the mixin's derive has written down under a hash of the name, which is all of a name that a type can hold.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{Expand, number};
use crate::model::checked::Member;
use crate::names;

impl Expand<'_> {
    /// The columns' numbers.
    pub fn numbers(&self, columns: &[Member]) -> Vec<TokenStream> {
        columns.iter().map(|column| self.number_of(column)).collect()
    }

    fn number_of(&self, column: &Member) -> TokenStream {
        let Self { model, root, private } = self;
        match column {
            Member::Own(position) => {
                let number = number(*position);
                quote!(#number)
            }
            Member::Embedded { mixin, field } => {
                let (row, ty) = (&model.ident, &model.mixins[*mixin].ty);
                let of_field = Self::mixin_field(field);
                let first = quote!(<#row as #root::Embeds<#ty>>::FIRST.column);
                quote_spanned!(field.span()=> #first + <#ty as #private::mixin::#of_field>::PLACE)
            }
        }
    }

    /// The column's type.
    pub fn type_of(&self, column: &Member) -> TokenStream {
        let Self { model, private, .. } = self;
        match column {
            Member::Own(position) => {
                let ty = &model.columns[*position].ty;
                quote!(#ty)
            }
            Member::Embedded { mixin, field } => {
                let ty = &model.mixins[*mixin].ty;
                let of_field = Self::mixin_field(field);
                quote_spanned!(field.span()=> <#ty as #private::mixin::#of_field>::Type)
            }
        }
    }

    /// `row.field`, or `row.mixin.field`.
    pub fn field_of(&self, column: &Member, row: &str) -> TokenStream {
        match column {
            Member::Own(position) => {
                let (row, field) =
                    (Ident::new(row, Span::call_site()), &self.model.columns[*position].ident);
                quote!(#row.#field)
            }
            Member::Embedded { mixin, field } => {
                let row = Ident::new(row, names::made_at(field));
                let mixin = &self.model.mixins[*mixin].ident;
                quote_spanned!(field.span()=> #row.#mixin.#field)
            }
        }
    }

    /// The column's name.
    pub fn name_of(&self, column: &Member) -> String {
        match column {
            Member::Own(position) => self.model.columns[*position].name.clone(),
            Member::Embedded { field, .. } => names::text(field),
        }
    }

    /// `MixinField<HASH>`, at the user's word.
    fn mixin_field(field: &Ident) -> TokenStream {
        let hash = name_hash(&names::text(field));
        quote_spanned!(field.span()=> MixinField<#hash>)
    }
}

/// FNV-1a: the same in the derive of a mixin and in that of a model.
pub fn name_hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
