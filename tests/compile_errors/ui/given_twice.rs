//! Each attribute once.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct User {
    #[key]
    id: Id<User>,
    #[unique]
    #[max_len(50)]
    #[unique]
    email: String,
}

fn main() {}
