//! `#[derive(Variants)]`: the tags of an enum with data, and a constant for each field of its variants.

use std::collections::HashMap;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Data, DeriveInput, Fields, Type, Variant, parse_quote};

use crate::faults::Faults;
use crate::paths::Paths;
use crate::source::without_self;
use crate::{names, value};

/// The code for an enum, or what is wrong with it.
pub fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let variants = variants_of(input)?;
    let cases = cases(input, &variants)?;
    let Paths { private, .. } = Paths::find();
    let (ident, visibility) = (&input.ident, &input.vis);
    let tag = names::made(&format!("{}Tag", names::text(ident)), ident);
    let names: Vec<&Ident> = variants.iter().map(|variant| &variant.ident).collect();
    let doc = format!("The variants of [`{ident}`], without their data.");
    let docs = names.iter().map(|name| format!("[`{ident}::{name}`]"));
    let tag_value = value::derive(&parse_quote!(enum #tag { #(#names),* }))?;
    let constants = cases.iter().map(|case| case.constant(ident, &private));
    Ok(quote! {
        #[doc = #doc]
        #[derive(
            ::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::cmp::PartialEq,
            ::core::cmp::Eq, ::core::cmp::PartialOrd, ::core::cmp::Ord, ::core::hash::Hash,
        )]
        #visibility enum #tag { #(#[doc = #docs] #names),* }

        #tag_value

        #[automatically_derived]
        impl #private::Variants for #ident {
            type Tag = #tag;

            fn tag(&self) -> #tag {
                match self {
                    #(Self::#names { .. } => #tag::#names,)*
                }
            }
        }

        #[automatically_derived]
        #[allow(dead_code)]
        impl #ident {
            #(#constants)*
        }
    })
}

fn variants_of(input: &DeriveInput) -> syn::Result<Vec<&Variant>> {
    let Data::Enum(data) = &input.data else {
        let message = "variants are those of an enum; a struct is `#[derive(Value)]` alone";
        return Err(syn::Error::new(input.ident.span(), message));
    };
    if data.variants.iter().all(|variant| matches!(variant.fields, Fields::Unit)) {
        let message =
            "an enum without data is its own tag: compare it with `eq`, and remove `Variants`";
        return Err(syn::Error::new(input.ident.span(), message));
    }
    Ok(data.variants.iter().collect())
}

/// A field of a variant.
struct Case<'a> {
    variant: &'a Variant,
    /// The field's place.
    place: usize,
    ty: TokenStream,
    /// `CUSTOMER_LEVEL`
    constant: Ident,
    visibility: &'a syn::Visibility,
}

fn cases<'a>(input: &'a DeriveInput, variants: &[&'a Variant]) -> syn::Result<Vec<Case<'a>>> {
    let mut faults = Faults::default();
    let mut seen = HashMap::new();
    let mut cases = Vec::new();
    for variant in variants {
        let only = variant.fields.len() == 1 && matches!(variant.fields, Fields::Unnamed(_));
        for (place, field) in variant.fields.iter().enumerate() {
            let name = match &field.ident {
                Some(name) => format!("_{}", names::text(name)),
                None if only => String::new(),
                None => format!("_{place}"),
            };
            let name = format!("{}{name}", names::snake_case(&names::text(&variant.ident)));
            if seen.insert(name.clone(), variant).is_some() {
                let at = field.ident.as_ref().unwrap_or(&variant.ident);
                let message = format!(
                    "two constants would be called `{}::{}`: rename one of the two",
                    input.ident,
                    name.to_uppercase()
                );
                faults.add(at, message);
            }
            cases.push(Case {
                variant,
                place,
                ty: type_of(&field.ty, &input.ident),
                constant: names::made(&name.to_uppercase(), &variant.ident),
                visibility: &input.vis,
            });
        }
    }
    faults.finish(cases)
}

fn type_of(ty: &Type, ident: &Ident) -> TokenStream {
    without_self(quote!(#ty), ident)
}

impl Case<'_> {
    fn constant(&self, ident: &Ident, private: &TokenStream) -> TokenStream {
        let Self { ty, constant, visibility, variant, .. } = self;
        let (name, case) = (constant.to_string().to_lowercase(), &variant.ident);
        let member = variant.fields.members().nth(self.place);
        let doc = format!("A field of [`{ident}::{case}`], for queries.");
        let option = quote!(::core::option::Option);
        quote! {
            #[doc = #doc]
            #visibility const #constant: #private::Case<#ident, #ty> =
                #private::Case::new(#name, |value| match value {
                    #ident::#case { #member: field, .. } => #option::Some(field),
                    #[allow(unreachable_patterns)]
                    _ => #option::None,
                });
        }
    }
}
