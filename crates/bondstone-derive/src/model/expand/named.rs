//! How a row is made of values that come by name: as `NewUser` is completed, and then the other columns that are given.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Expand, number};
use crate::model::checked::Origin;

impl Expand<'_> {
    /// `Entity::from_named`.
    pub fn named_function(&self) -> TokenStream {
        let Self { model, root, private } = self;
        let new = self.new_ident();
        let (mut required, mut given) = (Vec::new(), Vec::new());
        for (position, column) in model.columns.iter().enumerate() {
            let (field, name, number) = (&column.ident, &column.name, number(position));
            if matches!(column.origin, Origin::Given) {
                required.push(quote!(#field: #private::named::required(row, (#number, #name))?));
            } else {
                given.push(quote! {
                    if let ::core::option::Option::Some(value) =
                        #private::named::given(row, (#number, #name))?
                    {
                        made.#field = value;
                    }
                });
            }
        }
        let mutable = (!given.is_empty()).then(|| quote!(mut));
        quote! {
            fn from_named(
                row: &mut dyn #private::StoredRow,
                tx: &mut #root::Fill<'_>,
            ) -> #root::Result<Self> {
                let new = #new { #(#required,)* };
                let #mutable made = #root::New::complete(new, tx)?;
                #(#given)*
                ::core::result::Result::Ok(made)
            }
        }
    }
}
