//! How a row is stored, and made of what is stored.
//!
//! A default that needs nothing but itself is a function of its own: an inserted row and a stored one that lacks the column
//! take it from there alike. One that reads `self` or `tx` belongs to an insertion.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::Expand;
use crate::model::checked::{Column, Origin};
use crate::names;

/// As many columns as are read by one call.
const MOST_AT_ONCE: usize = 8;

impl Expand<'_> {
    /// `__default_votes` for each column with a default of its own.
    pub fn default_functions(&self) -> TokenStream {
        let functions = self.model.columns.iter().filter_map(|column| {
            let (name, ty) = (column.default_function()?, &column.ty);
            let value = column.default_value()?;
            Some(quote!(fn #name() -> #ty { #value }))
        });
        quote!(#(#functions)*)
    }

    /// `__read`: a row of what is stored of it.
    pub fn read_function(&self) -> TokenStream {
        let Self { model, root, private } = self;
        let row = &model.ident;
        let Reads { reads, fields } = self.stored_fields();
        // In the order of the columns: behind the model's own.
        let mixins = model.mixins.iter().map(|mixin| {
            let (field, ty) = (&mixin.ident, &mixin.ty);
            let first = quote!(<#row as #root::Embeds<#ty>>::FIRST.column);
            quote!(#field: <#ty as #root::Mixin>::restore(row.part(#first))?)
        });
        quote! {
            fn __read(row: &mut #private::stored::RowReader<'_>) -> #private::stored::Restored<#row> {
                #(#reads)*
                ::core::result::Result::Ok(#row { #(#fields,)* #(#mixins,)* })
            }
        }
    }

    /// The fields of a row that is stored.
    pub fn stored_fields(&self) -> Reads {
        let columns = (0_u16..).zip(&self.model.columns);
        Reads::of(columns, "fields", |number, column| self.stored_field(number, column))
    }

    /// How a column is read that needs more than to be read.
    fn stored_field(&self, number: u16, column: &Column) -> Option<TokenStream> {
        let Self { private, .. } = self;
        let (codec, default) = (self.codec(column), column.default_function());
        if codec.is_none() && default.is_none() && column.converted_from.is_none() {
            return None;
        }
        let (column_type, ty) = (&column.ty, self.stored_type(column));
        let default = default.map(|name| match &codec {
            None => quote!(#name),
            Some(_) => {
                let encoded = self.encoded(column, &quote!(&#name()));
                quote!(|| #encoded)
            }
        });
        let convert = column.converted_from.as_ref().map(|(old, function)| {
            let call = quote!(#private::stored::converted::<#old, _, #ty>);
            quote_spanned!(function.span()=> |source| #call(source, #function))
        });
        Some(match (codec, default, convert) {
            (None, Some(default), None) => quote!(row.filled(#number, #default)?),
            (codec, default, convert) => {
                let method = match codec {
                    None => quote!(converted),
                    Some(codec) => quote!(decoded::<#codec, #column_type>),
                };
                let (default, convert) = (Self::option(default), Self::option(convert));
                quote!(row.#method(#number, #default, #convert)?)
            }
        })
    }
}

/// How fields are read, in the order of their columns, and what they are made of.
pub struct Reads {
    /// The statements.
    pub reads: Vec<TokenStream>,
    /// `name: value`
    pub fields: Vec<TokenStream>,
}

impl Reads {
    /// Of columns with their numbers: by `several` (a method of `row`) as many at once as follow each other, and alone those for which
    /// `alone` says how.
    pub fn of<'a>(
        columns: impl Iterator<Item = (u16, &'a Column)>,
        several: &str,
        alone: impl Fn(u16, &Column) -> Option<TokenStream>,
    ) -> Self {
        let several = Ident::new(several, Span::call_site());
        let (mut reads, mut fields) = (Vec::new(), Vec::new());
        let mut run: Vec<(u16, Ident)> = Vec::new();
        let read_run = |run: &mut Vec<(u16, Ident)>, reads: &mut Vec<TokenStream>| {
            if let [(first, _), ..] = run[..] {
                let values = run.drain(..).map(|(_, value)| value);
                reads.push(quote!(let (#(#values,)*) = row.#several(#first)?;));
            }
        };
        for (number, column) in columns {
            let (field, value) = (&column.ident, format_ident!("__{number}"));
            fields.push(quote!(#field: #value));
            let alone = alone(number, column);
            let follows = run.last().is_none_or(|(last, _)| last + 1 == number);
            if alone.is_some() || !follows || run.len() == MOST_AT_ONCE {
                read_run(&mut run, &mut reads);
            }
            match alone {
                Some(read) => reads.push(quote!(let #value = #read;)),
                None => run.push((number, value)),
            }
        }
        read_run(&mut run, &mut reads);
        Self { reads, fields }
    }
}

impl Column {
    /// The function that makes its default, if that needs nothing but itself.
    pub fn default_function(&self) -> Option<Ident> {
        self.default_value()?;
        Some(format_ident!("__default_{}", self.name, span = names::made_at(&self.ident)))
    }

    fn default_value(&self) -> Option<TokenStream> {
        match &self.origin {
            Origin::DefaultValue => {
                let at = names::made_at(&self.ident);
                Some(quote_spanned!(at=> ::core::default::Default::default()))
            }
            Origin::Default(value) if !reads_insertion(&value.tokens) => Some(value.tokens.clone()),
            _ => None,
        }
    }
}

/// Is `self` or `tx` among the words?
fn reads_insertion(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Ident(word) => word == "self" || word == "tx",
        TokenTree::Group(group) => reads_insertion(&group.stream()),
        _ => false,
    })
}
