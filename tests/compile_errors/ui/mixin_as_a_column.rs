//! A mixin without `#[mixin]` would be one column, and it is none.

use bondstone::prelude::*;

#[derive(Clone, Debug, PartialEq, Mixin)]
struct Times {
    #[on_insert(tx.now())]
    created_at: Timestamp,
}

#[derive(Clone, Debug, Model)]
struct Post {
    #[key]
    id: Id<Post>,
    times: Times,
}

fn main() {}
