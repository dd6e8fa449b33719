//! A new row needs every field that has no default.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct User {
    #[key]
    id: Id<User>,
    username: String,
    email: String,
    #[default(false)]
    admin: bool,
}

fn main() {
    let _ = NewUser { username: "ann".into() };
}
