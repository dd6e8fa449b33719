//! `max_len` limits text.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct User {
    #[key]
    id: Id<User>,
    #[max_len(3)]
    age: u8,
}

fn main() {}
