//! A key made by the engine stands alone.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct User {
    #[key]
    id: Id<User>,
    #[key]
    other: Id<User>,
}

#[derive(Clone, Debug, Model)]
struct Session {
    #[key(uuid)]
    id: Id<Session>,
    #[key]
    name: String,
}

fn main() {}
