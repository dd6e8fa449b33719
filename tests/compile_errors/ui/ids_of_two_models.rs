//! An id of one model is no id of another.

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
    user_id: Id<User>,
}

fn order_of(db: &View, order: Id<Order>) -> Option<&User> {
    let _ = NewOrder { user_id: order };
    db.get(order)
}

fn main() {}
