//! A unique column is found by its hash.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct Reading {
    #[key]
    id: Id<Reading>,
    #[unique]
    value: f64,
}

fn main() {}
