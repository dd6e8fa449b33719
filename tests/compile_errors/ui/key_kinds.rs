//! What a key can be, and what it need not be told.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct User {
    #[key(serial)]
    id: Id<User>,
}

#[derive(Clone, Debug, Model)]
struct Session {
    #[key(uuid)]
    token: String,
}

#[derive(Clone, Debug, Model)]
struct Country {
    #[key]
    #[unique]
    code: String,
}

#[derive(Clone, Debug, Model)]
struct Counter {
    #[key]
    #[default(Id::from_u64(1).unwrap())]
    #[on_update(Id::from_u64(2).unwrap())]
    id: Id<Counter>,
}

fn main() {}
