//! `impl Links<Post, Tag> for PostTag`: an association that is a link and nothing else can be made of two ids.

use proc_macro2::TokenStream;
use quote::quote;

use super::Expand;
use crate::model::checked::{ForeignKey, Origin};
use crate::source;

impl Expand<'_> {
    /// For a model with two foreign keys whose other fields all have a default: a link from either side.
    pub fn links_impls(&self) -> Option<TokenStream> {
        if self.model.singleton {
            return None;
        }
        let [first, second] = &self.model.foreign_keys[..] else { return None };
        let columns = self.model.columns.iter().enumerate();
        let given = columns.filter(|(_, column)| matches!(column.origin, Origin::Given));
        let asks_more = self.model.mixins.iter().any(|mixin| mixin.given);
        if asks_more || !given.map(|(place, _)| place).eq([first.column, second.column]) {
            return None;
        }
        let from_first = self.links_impl(first, second);
        // Between rows of one model it is the place of the near key that tells the sides apart.
        let is_same = source::path_text(&first.target) == source::path_text(&second.target);
        let from_second = (!is_same).then(|| self.links_impl(second, first));
        Some(quote!(#from_first #from_second))
    }

    fn links_impl(&self, near: &ForeignKey, far: &ForeignKey) -> TokenStream {
        let Self { model, root, private } = self;
        let (ident, new) = (&model.ident, self.new_ident());
        let (from, to) = (&near.target, &far.target);
        let link = |near: &ForeignKey, far: &ForeignKey| {
            let (near, far) = (self.end(near, &quote!(near)), self.end(far, &quote!(far)));
            quote!(#new { #near, #far })
        };
        let (straight, crossed) = (link(near, far), link(far, near));
        let is_same = source::path_text(from) == source::path_text(to);
        let body = match is_same {
            true => quote!(if place == 0 { #straight } else { #crossed }),
            false => quote!({
                let _ = place;
                #straight
            }),
        };
        quote! {
            #[automatically_derived]
            impl #root::Links<#from, #to> for #ident {
                type New = #new;

                fn between(
                    near: #private::Id<#from>,
                    far: #private::Id<#to>,
                    place: ::core::primitive::usize,
                ) -> #new {
                    #body
                }
            }
        }
    }

    /// The field of a foreign key, with an id.
    fn end(&self, key: &ForeignKey, id: &TokenStream) -> TokenStream {
        let field = &self.model.columns[key.column].ident;
        match key.nullable {
            true => quote!(#field: ::core::option::Option::Some(#id)),
            false => quote!(#field: #id),
        }
    }
}
