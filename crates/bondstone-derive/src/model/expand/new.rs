//! `NewUser`: the fields that only the user can know, and how the engine completes them.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::Expand;
use crate::model::checked::{Column, Embedded, KeyKind, Origin};
use crate::names;

impl Expand<'_> {
    /// The struct.
    pub fn new_struct(&self) -> TokenStream {
        let Self { model, private, .. } = self;
        let new = self.new_ident();
        let visibility = &model.visibility;
        let doc = format!(
            "A [`{}`] to be inserted: the fields without a default. The engine fills in the others.",
            model.ident
        );
        let fields = self.given().map(|column| {
            let Column { ident, visibility, ty, .. } = column;
            let doc = column.documentation();
            quote!(#[doc = #doc] #visibility #ident: #ty)
        });
        let mixins = self.given_mixins().map(|mixin| {
            let Embedded { ident, visibility, ty, .. } = mixin;
            let doc = match &*mixin.doc {
                "" => format!("The mixin `{ident}`."),
                doc => doc.to_owned(),
            };
            quote!(#[doc = #doc] #visibility #ident: <#ty as #private::mixin::Given>::New)
        });
        quote! {
            #[doc = #doc]
            #[derive(::core::clone::Clone, ::core::fmt::Debug)]
            #visibility struct #new { #(#fields,)* #(#mixins,)* }
        }
    }

    /// How rows come: any number of them, by hand; or one, by itself.
    pub fn rows_impls(&self) -> TokenStream {
        let Self { model, root, .. } = self;
        let ident = &model.ident;
        if !model.singleton {
            let new = self.new_impls();
            return quote! {
                #new

                #[automatically_derived]
                impl #root::Plural for #ident {}
            };
        }
        let fields = self.initial_fields();
        quote! {
            #[automatically_derived]
            impl #root::Singleton for #ident {
                fn first(tx: &mut #root::Fill<'_>) -> #root::Result<Self> {
                    ::core::result::Result::Ok(#ident { #(#fields,)* })
                }
            }
        }
    }

    /// How it is completed; a whole object completes to itself.
    pub fn new_impls(&self) -> TokenStream {
        let Self { root, .. } = self;
        let (new, ident) = (self.new_ident(), &self.model.ident);
        let fields = self.initial_fields();
        let complete = quote!(fn complete(self, tx: &mut #root::Fill<'_>) -> #root::Result<#ident>);
        quote! {
            #[automatically_derived]
            impl #root::New for #new {
                type Model = #ident;
                #complete {
                    ::core::result::Result::Ok(#ident { #(#fields,)* })
                }
            }

            #[automatically_derived]
            impl #root::New for #ident {
                type Model = Self;
                #complete {
                    ::core::result::Result::Ok(self)
                }
            }
        }
    }

    /// The struct's name.
    pub fn new_ident(&self) -> Ident {
        let ident = &self.model.ident;
        names::made(&format!("New{}", names::text(ident)), ident)
    }

    /// Each field with its first value: the columns, then the mixins.
    pub fn initial_fields(&self) -> Vec<TokenStream> {
        let Self { model, private, .. } = self;
        let columns = model.columns.iter().map(|column| {
            let (name, value) = (&column.ident, self.initial(column));
            quote!(#name: #value)
        });
        let mixins = model.mixins.iter().map(|mixin| {
            let Embedded { ident, ty, given, .. } = mixin;
            match given {
                true => quote!(#ident: #private::mixin::NewPart::complete(self.#ident, tx)?),
                false => quote!(#ident: <#ty as #private::mixin::Filled>::fill(tx)?),
            }
        });
        columns.chain(mixins).collect()
    }

    fn given_mixins(&self) -> impl Iterator<Item = &Embedded> {
        self.model.mixins.iter().filter(|mixin| mixin.given)
    }

    /// The columns without a default.
    pub fn given(&self) -> impl Iterator<Item = &Column> {
        self.model.columns.iter().filter(|column| matches!(column.origin, Origin::Given))
    }

    fn initial(&self, column: &Column) -> TokenStream {
        let Self { private, .. } = self;
        let (name, model) = (&column.ident, &self.model.ident);
        if let Some(default) = column.default_function() {
            return quote!(#default());
        }
        match (&column.origin, self.model.key.kind) {
            (Origin::Given, _) => quote!(self.#name),
            (Origin::DefaultValue, _) => quote!(::core::default::Default::default()),
            (Origin::Default(value) | Origin::OnInsert(value), _) => value.tokens.clone(),
            (Origin::Engine, KeyKind::Uuid(4)) => quote!(#private::Id::new(tx.uuid_v4())),
            (Origin::Engine, KeyKind::Uuid(_)) => quote!(#private::Id::new(tx.uuid_v7())),
            (Origin::Engine, _) => quote!(tx.next_id::<#model>()?),
        }
    }
}

impl Column {
    /// The user's words for this column, or ours.
    pub fn documentation(&self) -> String {
        if self.doc.is_empty() {
            return format!("The column `{}`.", self.name);
        }
        self.doc.clone()
    }
}
