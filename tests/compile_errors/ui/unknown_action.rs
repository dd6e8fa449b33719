//! The four actions.

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
    #[on_delete(delete)]
    user_id: Id<User>,
    #[on_update(tx.now())]
    payer_id: Id<User>,
}

fn main() {}
