//! What a limit can be.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct Product {
    #[key]
    id: Id<Product>,
    #[decimal(2, 10)]
    price: Decimal,
    #[decimal(40, 2)]
    weight: Decimal,
    #[max_len]
    name: String,
    #[max_len(10)]
    #[decimal(10, 2)]
    code: String,
}

fn main() {}
