//! How a row is made of values that come by name: as `NewUser` is completed, and then the other columns that are given.

use proc_macro2::TokenStream;
use quote::quote;

use super::Expand;
use super::stored::Reads;
use crate::model::checked::{Embedded, Origin};

impl Expand<'_> {
    /// `Entity::from_named`.
    pub fn named_function(&self) -> TokenStream {
        let Self { model, root, private } = self;
        let mut required = Vec::new();
        let complete = match model.singleton {
            true => quote!(<Self as #root::Singleton>::first(tx)?),
            false => {
                let Reads { reads, fields } = self.required_fields();
                required = reads;
                let new = self.new_ident();
                let mixins = model.mixins.iter().filter(|mixin| mixin.given).map(|mixin| {
                    let (field, part) = (&mixin.ident, self.part(mixin));
                    quote!(#field: #private::mixin::NewPart::from_named(#part)?)
                });
                quote!(#root::New::complete(#new { #(#fields,)* #(#mixins,)* }, tx)?)
            }
        };
        let mut given = self.given_fields(&quote!(made));
        given.extend(model.mixins.iter().map(|mixin| {
            let (field, ty, part) = (&mixin.ident, &mixin.ty, self.part(mixin));
            quote!(<#ty as #root::Mixin>::take_named(&mut made.#field, #part)?;)
        }));
        let mutable = (!given.is_empty()).then(|| quote!(mut));
        quote! {
            fn from_named(
                row: &mut #private::stored::RowReader<'_>,
                tx: &mut #root::Fill<'_>,
            ) -> #root::Result<Self> {
                #(#required)*
                let #mutable made: Self = #complete;
                #(#given)*
                ::core::result::Result::Ok(made)
            }
        }
    }

    /// The fields without a default.
    pub fn required_fields(&self) -> Reads {
        let columns = (0_u16..).zip(&self.model.columns);
        let required = columns.filter(|(_, column)| matches!(column.origin, Origin::Given));
        Reads::of(required, "required", |number, column| {
            let (codec, ty) = (self.codec(column)?, &column.ty);
            Some(quote!(row.required_decoded::<#codec, #ty>(#number)?))
        })
    }

    /// How the fields of `made` with a default take the values that are given for them.
    pub fn given_fields(&self, made: &TokenStream) -> Vec<TokenStream> {
        let columns = (0_u16..).zip(&self.model.columns);
        let others = columns.filter(|(_, column)| !matches!(column.origin, Origin::Given));
        let takes = others.map(|(number, column)| {
            let (field, ty) = (&column.ident, &column.ty);
            match self.codec(column) {
                None => quote!(row.given(#number, &mut #made.#field)?;),
                Some(codec) => {
                    quote!(row.given_decoded::<#codec, #ty>(#number, &mut #made.#field)?;)
                }
            }
        });
        takes.collect()
    }

    /// The part of `row` that is a mixin's.
    fn part(&self, mixin: &Embedded) -> TokenStream {
        let (root, ty) = (self.root, &mixin.ty);
        quote!(row.part(<Self as #root::Embeds<#ty>>::FIRST.column))
    }
}
