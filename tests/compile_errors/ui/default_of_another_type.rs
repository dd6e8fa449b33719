//! A default is the user's own expression: rustc judges it at the user's tokens.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct Post {
    #[key]
    id: Id<Post>,
    #[default(1)]
    title: String,
    #[on_insert(tx.new())]
    created_at: Timestamp,
    #[default("none")]
    votes: u32,
}

fn main() {}
