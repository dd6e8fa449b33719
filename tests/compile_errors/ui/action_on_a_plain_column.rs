//! Actions belong to foreign keys.

use bondstone::prelude::*;

type UserId = u64;

#[derive(Clone, Debug, Model)]
struct Order {
    #[key]
    id: Id<Order>,
    #[on_delete(cascade)]
    user_id: UserId,
    #[on_update(cascade)]
    #[method(customer)]
    payer_id: UserId,
}

fn main() {}
