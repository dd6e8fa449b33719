//! `#[references]` says what an alias hides; it cannot say something else.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct User {
    #[key]
    id: Id<User>,
}

#[derive(Clone, Debug, Model)]
struct Product {
    #[key]
    id: Id<Product>,
}

type ProductId = Id<Product>;

#[derive(Clone, Debug, Model)]
struct Order {
    #[key]
    id: Id<Order>,
    #[references(Product)]
    user_id: Id<User>,
}

#[derive(Clone, Debug, Model)]
struct Cart {
    #[key]
    id: Id<Cart>,
    #[references(User)]
    product_id: ProductId,
}

fn main() {}
