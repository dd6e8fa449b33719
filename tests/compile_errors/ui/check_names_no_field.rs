//! A check is the user's own expression: rustc judges it at the user's tokens.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[check(positive: self.prize > 0)]
struct Product {
    #[key]
    id: Id<Product>,
    price: u32,
}

#[derive(Clone, Debug, Model)]
#[check(answer: self.price)]
struct Other {
    #[key]
    id: Id<Other>,
    price: u32,
}

fn main() {}
