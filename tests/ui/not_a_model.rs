//! An id is one of a model.

use bondstone::prelude::*;

struct User {
    name: String,
}

#[derive(Clone, Debug, Model)]
struct Order {
    #[key]
    id: Id<Order>,
    user_id: Id<User>,
}

fn main() {}
