//! Columns of mixins are named as they are called.

use bondstone::prelude::*;

#[derive(Clone, Debug, Mixin)]
struct Times {
    #[on_insert(tx.now())]
    created_at: Timestamp,
}

#[derive(Clone, Debug, Mixin)]
struct Counted {
    #[default(0)]
    views: u32,
}

#[derive(Clone, Debug, Model)]
#[index(feed: title, craeted_at)]
struct Post {
    #[key]
    id: Id<Post>,
    title: String,
    #[mixin]
    times: Times,
}

#[derive(Clone, Debug, Model)]
#[index(feed: title, created_at)]
#[index(other: tiems.created_at)]
struct Page {
    #[key]
    id: Id<Page>,
    title: String,
    #[mixin]
    times: Times,
    #[mixin]
    counted: Counted,
}

fn main() {}
