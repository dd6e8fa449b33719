//! The columns in the definition: how each is shown, compared and limited.
//!
//! One function shows every column, chosen by a constant parameter, instead of one closure for each: a model compiles
//! noticeably faster, and what runs is the same.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::{Expand, number};
use crate::model::checked::{Codec, Column, Limit, Origin};
use crate::names;

impl Expand<'_> {
    /// The entries, in field order.
    pub fn column_entries(&self) -> impl Iterator<Item = TokenStream> {
        let columns = self.model.columns.iter().enumerate();
        columns.map(|(position, column)| self.column_entry(column, number(position)))
    }

    /// `__view` shows a column, `__equal` compares it in two rows, `__write` stores it, `__enforce` holds it to its limit.
    pub fn column_functions(&self) -> TokenStream {
        let Self { model, private, .. } = self;
        let row = &model.ident;
        let views = model.columns.iter().map(|column| {
            let value = column.value_at_type();
            match &column.codec {
                None => quote!(#private::Value::view(#value)),
                Some(_) => {
                    let encoded = self.encoded(column, &value);
                    quote!(#private::ValueRef::Coded(::std::sync::Arc::new(#encoded)))
                }
            }
        });
        let equals = model.columns.iter().map(|column| {
            let field = &column.ident;
            quote_spanned!(names::made_at(field)=> a.#field == b.#field)
        });
        let writes = model.columns.iter().map(|column| {
            let field = &column.ident;
            match &column.codec {
                None => quote!(#private::Value::write_to(&row.#field, sink)),
                Some(_) => {
                    let encoded = self.encoded(column, &quote!(&row.#field));
                    quote!(#private::Value::write_to(&#encoded, sink))
                }
            }
        });
        let (view, equal) = (Self::chosen(views), Self::chosen(equals));
        let write = Self::chosen(writes);
        let enforce = self.limit_function();
        quote! {
            fn __view<const N: u16>(row: &#row) -> #private::ValueRef<'_> { #view }
            fn __equal<const N: u16>(a: &#row, b: &#row) -> bool { #equal }
            fn __write<const N: u16>(row: &#row, sink: &mut dyn #private::Sink) { #write }
            #enforce
        }
    }

    fn column_entry(&self, column: &Column, number: u16) -> TokenStream {
        let Self { private, .. } = self;
        let ty = self.stored_type(column);
        let Column { name, doc, key, immutable, private: hidden, .. } = column;
        let default = Self::option(match &column.origin {
            Origin::Default(expression) => Some(&*expression.text).map(|text| quote!(#text)),
            Origin::DefaultValue => Some(quote!("Default::default()")),
            _ => None,
        });
        let given = matches!(column.origin, Origin::Given);
        let limit = column.limit.as_ref().map(|limit| {
            let limit = limit.constant();
            quote! {
                #private::LimitDef { limit: #private::Limit::#limit, enforce: __enforce::<#number> }
            }
        });
        let limit = Self::option(limit);
        let stored = self.stored(column, number);
        quote! {
            #private::ColumnDef {
                name: #name,
                doc: #doc,
                type_info: <#ty as #private::Value>::describe,
                private: #hidden,
                immutable: #immutable,
                key: #key,
                default: #default,
                given: #given,
                limit: #limit,
                view: __view::<#number>,
                equal: __equal::<#number>,
                stored: #stored,
            }
        }
    }

    /// The type of what is stored of a column.
    pub fn stored_type(&self, column: &Column) -> TokenStream {
        let Self { private, .. } = self;
        let ty = &column.ty;
        match self.codec(column) {
            None => quote!(#ty),
            Some(codec) => quote_spanned!(codec.span()=> <#codec as #private::Codec<#ty>>::Stored),
        }
    }

    /// What is stored of a value of a column with a codec.
    pub fn encoded(&self, column: &Column, value: &TokenStream) -> TokenStream {
        let Self { private, .. } = self;
        let (ty, codec) = (&column.ty, self.codec(column));
        quote_spanned!(codec.span()=> #private::codec::encoded::<#codec, #ty>(#value))
    }

    /// The codec for the whole of a column's type.
    pub fn codec(&self, column: &Column) -> Option<TokenStream> {
        let Self { private, .. } = self;
        let Codec { ty, optional } = column.codec.as_ref()?;
        Some(match optional {
            true => quote_spanned!(ty.span()=> #private::codec::Optional<#ty>),
            false => quote!(#ty),
        })
    }

    fn limit_function(&self) -> Option<TokenStream> {
        let Self { model, private, .. } = self;
        let row = &model.ident;
        let columns = model.columns.iter().enumerate();
        let limits: Vec<TokenStream> = columns
            .filter_map(|(position, column)| {
                let (number, enforced) =
                    (number(position), column.limit.as_ref()?.enforced(column));
                Some(quote!(#number => #private::limit::#enforced,))
            })
            .collect();
        (!limits.is_empty()).then(|| {
            quote! {
                fn __enforce<const N: u16>(
                    row: &mut #row,
                ) -> ::core::result::Result<(), #private::LimitError> {
                    match N {
                        #(#limits)*
                        _ => ::core::result::Result::Ok(()),
                    }
                }
            }
        })
    }

    /// The expression at place `N`; there is at least one.
    pub fn chosen(expressions: impl Iterator<Item = TokenStream>) -> TokenStream {
        let expressions: Vec<TokenStream> = expressions.collect();
        let (last, others) = match expressions.split_last() {
            Some((last, others)) => (Some(last), others),
            None => (None, &[][..]),
        };
        let numbers = 0_u16..;
        let (numbers, last) = (numbers.take(others.len()), last.into_iter());
        quote!(match N { #(#numbers => #others,)* #(_ => #last,)* })
    }
}

impl Column {
    /// `&row.field`, placed at the field's type: when rustc objects to the value, the type is what to change.
    pub fn value_at_type(&self) -> TokenStream {
        let field = self.field_at_type();
        quote_spanned!(self.ty.span()=> &#field)
    }

    fn field_at_type(&self) -> TokenStream {
        let mut field = self.ident.clone();
        field.set_span(self.ty.span());
        // Only its place is the type's: a type that came through a macro would not see our `row`.
        let row = Ident::new("row", Span::call_site().located_at(self.ty.span()));
        quote_spanned!(self.ty.span()=> #row.#field)
    }
}

impl Limit {
    /// As data.
    fn constant(&self) -> TokenStream {
        match self {
            Self::MaxLen(max) => quote!(MaxLen(#max)),
            Self::Decimal(precision, scale) => {
                quote!(Decimal { precision: #precision, scale: #scale })
            }
        }
    }

    /// As a call.
    fn enforced(&self, column: &Column) -> TokenStream {
        match self {
            Self::MaxLen(max) => {
                let value = column.value_at_type();
                quote!(max_len(#value, #max))
            }
            Self::Decimal(precision, scale) => {
                let field = column.field_at_type();
                let value = quote_spanned!(column.ty.span()=> &mut #field);
                quote!(decimal(#value, #precision, #scale))
            }
        }
    }
}
