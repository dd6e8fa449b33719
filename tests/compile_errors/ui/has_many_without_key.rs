//! A relation goes by a foreign key on the other side.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[has_many(orders: Order)]
struct User {
    #[key]
    id: Id<User>,
}

#[derive(Clone, Debug, Model)]
struct Order {
    #[key]
    id: Id<Order>,
    user: u64,
}

fn main() {}
