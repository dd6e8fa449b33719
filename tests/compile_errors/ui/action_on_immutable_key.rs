//! No action changes what does not change.

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
    #[immutable]
    #[on_delete(set_null)]
    user_id: Option<Id<User>>,
    #[immutable]
    #[on_update(cascade)]
    payer_id: Id<User>,
}

#[derive(Clone, Debug, Model)]
struct Membership {
    #[key]
    #[on_delete(set_default)]
    #[default(Id::from_u64(1).unwrap())]
    user_id: Id<User>,
    #[key]
    group: u32,
}

fn main() {}
