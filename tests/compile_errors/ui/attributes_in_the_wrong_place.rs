//! What describes a column, and what the whole model.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[key]
#[max_len(10)]
struct User {
    #[key]
    id: Id<User>,
    #[table("emails")]
    email: String,
    #[has_many(orders: Order)]
    #[unique(email)]
    orders: u8,
    #[immutable(yes)]
    name: String,
}

fn main() {}
