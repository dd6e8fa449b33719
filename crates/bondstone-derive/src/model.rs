//! `#[derive(Model)]` and `#[derive(Mixin)]`: what is written → what is meant → what is generated.
//!
//! | module | noun |
//! |---|---|
//! | [`attribute`] | one attribute: its grammar |
//! | [`written`] | the struct and its fields with all their attributes, as written |
//! | [`checked`] | the model that is meant: columns, key, indexes, foreign keys, relations |
//! | [`check`] | from the one to the other, or all the reasons why not |
//! | [`expand`] | the code for a checked model |
//! | [`stand_in`] | what stands in for a model with mistakes |

mod attribute;
mod check;
mod checked;
mod expand;
mod stand_in;
mod written;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::faults::Faults;
use crate::paths::Paths;
use written::{Kind, Written};

/// The code for a mixin, or everything that is wrong with it.
pub fn derive_mixin(input: &DeriveInput) -> TokenStream {
    match understand(input, Kind::Mixin) {
        Ok(mixin) => expand::expand_mixin(&mixin, &Paths::find()),
        Err(mistakes) => mistakes.into_compile_error(),
    }
}

/// The code for a model; or everything that is wrong with it, and a model that stands in.
pub fn derive(input: &DeriveInput) -> TokenStream {
    let paths = Paths::find();
    match understand(input, Kind::Model) {
        Ok(model) => expand::expand(&model, &paths),
        Err(mistakes) => {
            let mistakes = mistakes.into_compile_error();
            let stand_in = stand_in::stand_in(input, &paths);
            quote!(#mistakes #stand_in)
        }
    }
}

fn understand(input: &DeriveInput, kind: Kind) -> syn::Result<checked::Model> {
    let mut faults = Faults::default();
    let written = Written::read(input, kind, &mut faults)?;
    let model = check::check(&written, &mut faults);
    faults.finish(model)
}

#[cfg(test)]
mod tests;
