//! A key that cannot be null cannot become null.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct User {
    #[key]
    id: Id<User>,
}

#[derive(Clone, Debug, Model)]
struct Order {
    #[key]
    id: Id<Order>,
    #[on_delete(set_null)]
    user_id: Id<User>,
}

fn main() {}
