//! A column has one value to begin with.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct Post {
    #[key]
    id: Id<Post>,
    #[default(Timestamp::UNIX_EPOCH)]
    #[on_insert(tx.now())]
    created_at: Timestamp,
    #[immutable]
    #[on_update(tx.now())]
    updated_at: Timestamp,
}

fn main() {}
