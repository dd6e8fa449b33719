//! A type that is no value, and an own type that forgot to be one.

use std::collections::HashMap;

use bondstone::prelude::*;

#[derive(Clone, Debug, PartialEq)]
struct Settings {
    dark: bool,
}

#[derive(Clone, Debug, Model)]
struct User {
    #[key]
    id: Id<User>,
    scores: HashMap<String, u8>,
    settings: Settings,
}

fn main() {}
