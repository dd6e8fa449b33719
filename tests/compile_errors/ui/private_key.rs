//! A key cannot be private.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct Login {
    #[key]
    #[private]
    token: String,
}

fn main() {}
