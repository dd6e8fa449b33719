//! `#[value(try_from)]` is about a struct of one field, which says how it is tried.

use bondstone::prelude::*;

#[derive(Clone, Debug, PartialEq, Value)]
#[value(try_from)]
struct Pair(String, u8);

#[derive(Clone, Debug, PartialEq, Value)]
#[value(tried)]
struct Misspelt(String);

#[derive(Clone, Debug, PartialEq, Value)]
#[value(try_from)]
struct Email(String);

fn main() {}
