//! `#[derive(Value)]`: how an own type is shown, and whether it has an order-preserving encoding.
//!
//! | module | noun |
//! |---|---|
//! | [`shape`] | a struct or enum that can be a value: its fields, its variants |
//! | [`expand`] | the code for it |
//! | [`stored`] | the part of that code which stores it |

mod expand;
mod shape;
mod stored;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::paths::Paths;

/// The code for a value, or what is wrong with it.
pub fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let shape = shape::Shape::of(input)?;
    Ok(expand::expand(&shape, &Paths::find().private))
}
