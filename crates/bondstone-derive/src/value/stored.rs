//! How a value is stored: its parts, its shape, how it is written and read.
//!
//! A type that contains itself would have parts without end: it is one part, which holds all of it. The derive sees that where
//! a type names itself among its fields; where two types contain each other, `#[value(nested)]` says so.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Fields, Type, Variant};

use super::shape::{Body, Shape, field_names};
use crate::names;
use crate::source::without_self;

/// What the code is made of.
struct Stored<'a> {
    ident: &'a Ident,
    private: &'a TokenStream,
}

/// The insides of the items.
struct Code {
    parts: TokenStream,
    shape: TokenStream,
    write: TokenStream,
    read: TokenStream,
}

/// The items of the trait that concern storing.
pub fn items(shape: &Shape<'_>, private: &TokenStream) -> TokenStream {
    let stored = Stored { ident: shape.ident, private };
    let code = match &shape.body {
        Body::Struct(fields) if shape.tried => stored.tried(fields),
        Body::Struct(fields) => stored.structure(fields),
        Body::Enum(variants) => stored.payload(variants),
        Body::Fieldless(variants) => stored.fieldless(variants),
    };
    let Code { parts, shape, write, read } = if shape.nested { stored.nested(&code) } else { code };
    let malformed = quote!(#private::Malformed);
    quote! {
        const PARTS: usize = #parts;

        fn shape(nesting: &mut #private::Nesting) -> #private::Shape { #shape }

        fn write_to(&self, sink: &mut dyn #private::Sink) { #write }

        fn read_from(
            source: &mut dyn #private::Source,
        ) -> ::core::result::Result<Self, #malformed> { #read }
    }
}

impl Stored<'_> {
    fn structure(&self, fields: &Fields) -> Code {
        let Self { private, .. } = self;
        let (members, types) = (fields.members(), self.types(fields));
        let shapes = self.shapes(fields);
        let shape = quote!(#private::Shape::Struct(::std::vec![#(#shapes),*]));
        if types.is_empty() {
            return Code {
                parts: quote!(1),
                shape,
                write: quote!(#private::stored::write_nothing(sink);),
                read: quote! {
                    #private::stored::read_nothing(source)?;
                    ::core::result::Result::Ok(Self {})
                },
            };
        }
        let read = self.read_fields(fields);
        let parts = self.parts(&types);
        Code {
            parts: quote!(0 #parts),
            shape,
            write: quote!(#(#private::Value::write_to(&self.#members, sink);)*),
            read: quote!(::core::result::Result::Ok(Self { #read })),
        }
    }

    /// A struct of one field: what is read of that is tried.
    fn tried(&self, fields: &Fields) -> Code {
        let Self { private, .. } = self;
        let types = self.types(fields);
        let read = quote!(#private::stored::tried::<#(#types,)* Self>(source));
        Code { read, ..self.structure(fields) }
    }

    fn payload(&self, variants: &[&Variant]) -> Code {
        let Self { private, .. } = self;
        let tag = self.tag(variants);
        let mut before = quote!(1);
        let (mut shapes, mut writes, mut reads) = (Vec::new(), Vec::new(), Vec::new());
        for (number, variant) in variants.iter().enumerate() {
            let (case, name) = (&variant.ident, names::text(&variant.ident));
            let fields = &variant.fields;
            let (members, types) = (fields.members(), self.types(fields));
            let bindings: Vec<Ident> =
                (0..types.len()).map(|field| format_ident!("field_{field}")).collect();
            let number = tag.number(number);
            let (field_shapes, read) = (self.shapes(fields), self.read_fields(fields));
            shapes.push(quote!(#private::shape::Variant {
                name: ::std::string::String::from(#name),
                fields: ::std::vec![#(#field_shapes),*],
            }));
            writes.push(quote! {
                Self::#case { #(#members: #bindings),* } => {
                    sink.#tag(#number);
                    sink.go(start + #before);
                    #(#private::Value::write_to(#bindings, sink);)*
                }
            });
            reads.push(quote! {
                #number => {
                    source.go(start + #before);
                    Self::#case { #read }
                }
            });
            let parts = self.parts(&types);
            before = quote!(#before #parts);
        }
        let no_variant = self.no_variant();
        Code {
            parts: before,
            shape: quote!(#private::Shape::Enum(::std::vec![#(#shapes),*])),
            write: quote! {
                let start = sink.part();
                match self { #(#writes)* }
                sink.go(start + Self::PARTS);
            },
            read: quote! {
                let start = source.part();
                let value = match source.#tag()? {
                    #(#reads)*
                    other => #no_variant,
                };
                source.go(start + Self::PARTS);
                ::core::result::Result::Ok(value)
            },
        }
    }

    fn fieldless(&self, variants: &[&Variant]) -> Code {
        let Self { private, .. } = self;
        let tag = self.tag(variants);
        let cases: Vec<&Ident> = variants.iter().map(|variant| &variant.ident).collect();
        let shown = cases.iter().map(|case| names::text(case));
        let numbers: Vec<_> = (0..cases.len()).map(|number| tag.number(number)).collect();
        let no_variant = self.no_variant();
        Code {
            parts: quote!(1),
            shape: quote!(#private::Shape::enumeration(&[#(#shown),*])),
            write: quote!(sink.#tag(match self { #(Self::#cases {} => #numbers,)* });),
            read: quote! {
                ::core::result::Result::Ok(match source.#tag()? {
                    #(#numbers => Self::#cases {},)*
                    other => #no_variant,
                })
            },
        }
    }

    /// All of it as one part.
    fn nested(&self, code: &Code) -> Code {
        let Self { private, .. } = self;
        let Code { shape, write, read, .. } = code;
        Code {
            parts: quote!(1),
            shape: quote!(nesting.nested::<Self>(|nesting| #shape)),
            write: quote!(sink.nested(&mut |sink| { #write });),
            read: quote!(#private::stored::read_nested(source, |source| { #read })),
        }
    }

    fn types(&self, fields: &Fields) -> Vec<TokenStream> {
        let own = |ty: &Type| without_self(quote!(#ty), self.ident);
        fields.iter().map(|field| own(&field.ty)).collect()
    }

    /// `+ <A as Value>::PARTS + <B as Value>::PARTS`
    fn parts(&self, types: &[TokenStream]) -> TokenStream {
        let Self { private, .. } = self;
        quote!(#(+ <#types as #private::Value>::PARTS)*)
    }

    fn shapes(&self, fields: &Fields) -> Vec<TokenStream> {
        let named = field_names(fields).into_iter().zip(self.types(fields));
        named.map(|(name, ty)| quote!(nesting.field::<#ty>(#name))).collect()
    }

    fn read_fields(&self, fields: &Fields) -> TokenStream {
        let Self { private, .. } = self;
        let members = fields.members();
        quote!(#(#members: #private::Value::read_from(source)?,)*)
    }

    fn no_variant(&self) -> TokenStream {
        let (private, name) = (self.private, names::text(self.ident));
        quote!(return ::core::result::Result::Err(#private::Malformed::no(#name, other)))
    }

    fn tag(&self, variants: &[&Variant]) -> Tag {
        Tag { wide: variants.len() > 256 }
    }
}

/// The number of a variant.
#[derive(Clone, Copy)]
struct Tag {
    /// Of two bytes?
    wide: bool,
}

impl Tag {
    fn number(self, variant: usize) -> TokenStream {
        match (variant.to_be_bytes(), self.wide) {
            ([.., high, low], true) => {
                let number = u16::from_be_bytes([high, low]);
                quote!(#number)
            }
            ([.., low], false) => quote!(#low),
        }
    }
}

impl quote::ToTokens for Tag {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(if self.wide { quote!(u16) } else { quote!(u8) });
    }
}
