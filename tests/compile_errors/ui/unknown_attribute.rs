//! An attribute that nobody knows.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct User {
    #[key]
    id: Id<User>,
    #[uniqe]
    email: String,
}

fn main() {}
