//! Where the crate `bondstone` is found: under its own name, or under another if the user renamed it.

use proc_macro_crate::FoundCrate;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// The paths that every expansion begins with.
pub struct Paths {
    /// `::bondstone`
    pub root: TokenStream,
    /// `::bondstone::__private`
    pub private: TokenStream,
}

impl Paths {
    /// Looks the crate up among the dependencies of the crate that is being compiled.
    ///
    /// Within the package `bondstone` itself (its examples, its tests) the name is `bondstone`; and so it is where the
    /// dependency is not listed, for want of a better guess.
    pub fn find() -> Self {
        let name = match proc_macro_crate::crate_name("bondstone") {
            Ok(FoundCrate::Name(name)) => name,
            Ok(FoundCrate::Itself) | Err(_) => "bondstone".to_owned(),
        };
        let name = Ident::new(&name, Span::call_site());
        Self { root: quote!(::#name), private: quote!(::#name::__private) }
    }
}
