//! What a mixin cannot say: it has no table, no key, no rows that refer to it.

use bondstone::prelude::*;

#[derive(Clone, Debug, Mixin)]
struct Times {
    #[on_insert(tx.now())]
    created_at: Timestamp,
}

#[derive(Clone, Debug, Mixin)]
#[table("named")]
#[has_many(posts: Post)]
#[index(HYBRID)]
#[unique(pair: name, nmae)]
struct Named {
    #[key]
    id: u64,
    name: String,
    #[acyclic]
    parent: Option<Id<Post>>,
    #[mixin]
    times: Times,
}

#[derive(Clone, Debug, Mixin)]
enum Either {
    This,
    That,
}

#[derive(Clone, Debug, Mixin)]
struct Of<T> {
    value: T,
}

#[derive(Clone, Debug, Mixin)]
struct Nothing {}

#[derive(Clone, Debug, Model)]
struct Post {
    #[key]
    id: Id<Post>,
}

fn main() {}
