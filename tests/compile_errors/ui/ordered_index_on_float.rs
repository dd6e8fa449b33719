//! An ordered index needs an order.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct Reading {
    #[key]
    id: Id<Reading>,
    #[index]
    value: f64,
}

fn main() {}
