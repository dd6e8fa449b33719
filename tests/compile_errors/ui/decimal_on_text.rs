//! `decimal` limits decimals.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct Product {
    #[key]
    id: Id<Product>,
    #[decimal(10, 2)]
    price: String,
}

fn main() {}
