//! The code for a value.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Fields, Type, Variant};

use super::shape::{Body, Shape, field_names};
use super::stored;
use crate::names;
use crate::source::{self, without_self};

/// The implementation of `Value`, by the macro that vouches for its safety.
pub fn expand(shape: &Shape<'_>, private: &TokenStream) -> TokenStream {
    let ident = shape.ident;
    let types = shape.types();
    let types = types.iter().map(|ty: &&Type| without_self(quote!(#ty), ident));
    let items = match &shape.body {
        Body::Struct(fields) => structure(ident, fields, private),
        Body::Enum(variants) => payload(ident, variants, private),
        Body::Fieldless(variants) => fieldless(ident, variants, private),
    };
    let stored = stored::items(shape, private);
    let is_exact = shape.types().iter().all(|ty| source::has_exact_eq(ty));
    let same = (!is_exact).then(|| same(&shape.body, private));
    let nested = shape.nested.then(|| quote!(@nested));
    quote!(#private::derived_value!(#nested #ident: [#(#types),*] { #items #same #stored });)
}

/// By the parts: what is inside may be the same though it is not equal, as a NaN is.
fn same(body: &Body<'_>, private: &TokenStream) -> TokenStream {
    let names = |letter: &str, count: usize| -> Vec<Ident> {
        let name = |field| format_ident!("{letter}_{field}", span = Span::mixed_site());
        (0..count).map(name).collect()
    };
    let same = match body {
        Body::Struct(fields) => {
            let members = fields.members();
            quote!(#(#private::Value::same(&self.#members, &other.#members))&&*)
        }
        Body::Enum(variants) => {
            let arms = variants.iter().map(|variant| {
                let (case, fields) = (&variant.ident, &variant.fields);
                let (left, right) = (fields.members(), fields.members());
                let (ours, theirs) = (names("this", fields.len()), names("that", fields.len()));
                quote! {
                    (Self::#case { #(#left: #ours),* }, Self::#case { #(#right: #theirs),* }) =>
                        true #(&& #private::Value::same(#ours, #theirs))*,
                }
            });
            quote! {
                match (self, other) {
                    #(#arms)*
                    _ => false,
                }
            }
        }
        Body::Fieldless(_) => quote!(self == other),
    };
    // Of an enum with one variant the last arm is not reached.
    quote! {
        #[allow(unreachable_patterns)]
        fn same(&self, other: &Self) -> bool { #same }
    }
}

fn structure(ident: &Ident, fields: &Fields, private: &TokenStream) -> TokenStream {
    let name = names::text(ident);
    let (keys, members) = (field_names(fields), fields.members());
    quote! {
        fn describe() -> #private::TypeInfo {
            #private::TypeInfo::named(#name)
        }

        fn view(&self) -> #private::ValueRef<'_> {
            #private::ValueRef::Struct(
                #name,
                ::std::vec![#((#keys, #private::Value::view(&self.#members))),*],
            )
        }
    }
}

fn payload(ident: &Ident, variants: &[&Variant], private: &TokenStream) -> TokenStream {
    let describe = describe_variants(ident, variants, private);
    let arms = variants.iter().map(|variant| {
        let (case, name) = (&variant.ident, names::text(&variant.ident));
        let (keys, members) = (field_names(&variant.fields), variant.fields.members());
        let bindings: Vec<Ident> = (0..keys.len())
            .map(|field| format_ident!("field_{field}", span = Span::mixed_site()))
            .collect();
        quote! {
            Self::#case { #(#members: #bindings),* } => #private::ValueRef::Variant(
                #name,
                ::std::vec![#((#keys, #private::Value::view(#bindings))),*],
            )
        }
    });
    quote! {
        #describe

        fn view(&self) -> #private::ValueRef<'_> {
            match self {
                #(#arms,)*
            }
        }
    }
}

/// Encoded as the variant's position; an index over it verifies that `Ord` says the same.
fn fieldless(ident: &Ident, variants: &[&Variant], private: &TokenStream) -> TokenStream {
    let describe = describe_variants(ident, variants, private);
    let cases: Vec<&Ident> = variants.iter().map(|variant| &variant.ident).collect();
    let shown = cases.iter().map(|case| names::text(case));
    let wide = cases.len() > 256;
    let width: usize = if wide { 2 } else { 1 };
    let bytes = (0..cases.len()).map(|position| match (position.to_be_bytes(), wide) {
        ([.., high, low], true) => quote!([#high, #low]),
        ([.., low], false) => quote!([#low]),
    });
    quote! {
        const WIDTH: ::core::option::Option<usize> = ::core::option::Option::Some(#width);
        const COMPARED: bool = false;
        const DECLARED: bool = true;
        const ENUMERATION: ::core::option::Option<&'static [Self]> =
            ::core::option::Option::Some(&[#(Self::#cases),*]);

        fn order_fault() -> ::core::option::Option<::std::string::String> {
            // Without an `Ord` it is the trait's function.
            #[allow(unused_imports)]
            use #private::value::Unordered as _;
            #private::value::Declared::<Self>::fault()
        }

        #describe

        fn view(&self) -> #private::ValueRef<'_> {
            let name = match self {
                #(Self::#cases {} => #shown,)*
            };
            #private::ValueRef::Variant(name, ::std::vec::Vec::new())
        }

        fn encode(&self, key: &mut #private::KeyBuf) {
            key.push(&match self {
                #(Self::#cases {} => #bytes,)*
            });
        }
    }
}

fn describe_variants(ident: &Ident, variants: &[&Variant], private: &TokenStream) -> TokenStream {
    let name = names::text(ident);
    let shown = variants.iter().map(|variant| names::text(&variant.ident));
    quote! {
        fn describe() -> #private::TypeInfo {
            #private::TypeInfo::enumeration(#name, &[#(#shown),*])
        }
    }
}
