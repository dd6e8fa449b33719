//! The checks: methods of a trait that nobody else sees, since the user's conditions say `self`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

use super::Expand;
use crate::model::checked::Check;

impl Expand<'_> {
    /// The conditions as methods, if there are any.
    pub fn check_methods(&self) -> Option<TokenStream> {
        let model = &self.model.ident;
        let (checks, names) = (&self.model.checks, self.check_names());
        let conditions = checks.iter().map(|check| &check.condition);
        (!checks.is_empty()).then(|| {
            quote! {
                trait __BondstoneChecks {
                    #(fn #names(&self) -> bool;)*
                }

                #[automatically_derived]
                impl __BondstoneChecks for #model {
                    #(fn #names(&self) -> bool { #conditions })*
                }
            }
        })
    }

    /// The entries in the definition, as written.
    pub fn check_entries(&self) -> impl Iterator<Item = TokenStream> {
        let Self { model, private, .. } = *self;
        model.checks.iter().zip(self.check_names()).map(move |(check, method)| {
            let Check { name, text, columns, .. } = check;
            let (columns, model) = (self.numbers(columns), &model.ident);
            quote! {
                #private::CheckDef {
                    name: #name,
                    text: #text,
                    columns: &[#(#columns),*],
                    test: <#model as __BondstoneChecks>::#method,
                }
            }
        })
    }

    fn check_names(&self) -> Vec<Ident> {
        let name =
            |position| format_ident!("__bondstone_check_{position}", span = Span::mixed_site());
        (0..self.model.checks.len()).map(name).collect()
    }
}
