//! A key is never null.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct User {
    #[key]
    email: Option<String>,
}

fn main() {}
