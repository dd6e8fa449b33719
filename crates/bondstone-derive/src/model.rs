//! `#[derive(Model)]`: what is written → what is meant → what is generated.
//!
//! | module | noun |
//! |---|---|
//! | [`attribute`] | one attribute: its grammar |
//! | [`written`] | the struct and its fields with all their attributes, as written |
//! | [`checked`] | the model that is meant: columns, key, indexes, foreign keys, relations |
//! | [`check`] | from the one to the other, or all the reasons why not |
//! | [`expand`] | the code for a checked model |

mod attribute;
mod check;
mod checked;
mod expand;
mod written;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::faults::Faults;
use crate::paths::Paths;
use written::Written;

/// The code for a model, or everything that is wrong with it.
pub fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let model = understand(input)?;
    Ok(expand::expand(&model, &Paths::find()))
}

fn understand(input: &DeriveInput) -> syn::Result<checked::Model> {
    let mut faults = Faults::default();
    let written = Written::read(input, &mut faults)?;
    let model = check::check(&written, &mut faults);
    faults.finish(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mistakes in a model, in the order in which they are reported.
    pub fn mistakes(input: &DeriveInput) -> Vec<String> {
        match understand(input) {
            Ok(_) => Vec::new(),
            Err(error) => error.into_iter().map(|mistake| mistake.to_string()).collect(),
        }
    }

    /// The model that is meant.
    pub fn understood(input: &DeriveInput) -> checked::Model {
        understand(input).unwrap()
    }
}
