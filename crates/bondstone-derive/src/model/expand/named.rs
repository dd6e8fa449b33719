//! How a row is made of values that come by name: as `NewUser` is completed, and then the other columns that are given.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Expand, number};
use crate::model::checked::{Column, Embedded, Origin};

impl Expand<'_> {
    /// `Entity::from_named`.
    pub fn named_function(&self) -> TokenStream {
        let Self { model, root, private } = self;
        let complete = match model.singleton {
            true => quote!(<Self as #root::Singleton>::first(tx)?),
            false => {
                let (new, columns) = (self.new_ident(), self.required_fields(&TokenStream::new()));
                let mixins = model.mixins.iter().filter(|mixin| mixin.given).map(|mixin| {
                    let (field, first) = (&mixin.ident, self.first_column(mixin));
                    quote!(#field: #private::mixin::NewPart::from_named(row, #first)?)
                });
                quote!(#root::New::complete(#new { #(#columns,)* #(#mixins,)* }, tx)?)
            }
        };
        let mut given = self.given_fields(&quote!(made), &TokenStream::new());
        given.extend(model.mixins.iter().map(|mixin| {
            let (field, ty, first) = (&mixin.ident, &mixin.ty, self.first_column(mixin));
            quote!(<#ty as #root::Mixin>::take_named(&mut made.#field, row, #first)?;)
        }));
        let mutable = (!given.is_empty()).then(|| quote!(mut));
        quote! {
            fn from_named(
                row: &mut dyn #private::StoredRow,
                tx: &mut #root::Fill<'_>,
            ) -> #root::Result<Self> {
                let #mutable made: Self = #complete;
                #(#given)*
                ::core::result::Result::Ok(made)
            }
        }
    }

    /// The fields without a default, of columns whose first is `first` behind the row's first.
    pub fn required_fields(&self, first: &TokenStream) -> Vec<TokenStream> {
        let Self { model, private, .. } = self;
        let columns = model.columns.iter().enumerate();
        let required = columns.filter(|(_, column)| matches!(column.origin, Origin::Given));
        let fields = required.map(|(position, column)| {
            let (field, name, number) = (&column.ident, &column.name, number(position));
            let stored = quote!(#private::named::required(row, (#first #number, #name))?);
            let value = self.decoded(column, stored);
            quote!(#field: #value)
        });
        fields.collect()
    }

    /// How the fields with a default take the values that are given for them.
    pub fn given_fields(&self, made: &TokenStream, first: &TokenStream) -> Vec<TokenStream> {
        let Self { model, private, .. } = self;
        let columns = model.columns.iter().enumerate();
        let others = columns.filter(|(_, column)| !matches!(column.origin, Origin::Given));
        let takes = others.map(|(position, column)| {
            let (field, name, number) = (&column.ident, &column.name, number(position));
            let value = self.decoded(column, quote!(value));
            quote! {
                if let ::core::option::Option::Some(value) =
                    #private::named::given(row, (#first #number, #name))?
                {
                    #made.#field = #value;
                }
            }
        });
        takes.collect()
    }

    /// The column's value, of what is stored of it.
    fn decoded(&self, column: &Column, stored: TokenStream) -> TokenStream {
        let Self { private, .. } = self;
        let (name, ty) = (&column.name, &column.ty);
        match self.codec(column) {
            None => stored,
            Some(codec) => quote!(#private::named::decoded::<#codec, #ty>(#stored, #name)?),
        }
    }

    /// Where a mixin's columns begin.
    fn first_column(&self, mixin: &Embedded) -> TokenStream {
        let (root, ty) = (self.root, &mixin.ty);
        quote!(<Self as #root::Embeds<#ty>>::FIRST.column)
    }
}
