//! Only a unique column finds at most one row.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct User {
    #[key]
    id: Id<User>,
    #[unique]
    email: String,
    name: String,
}

fn find(db: &View) {
    let _ = db.find(User::EMAIL, "ann@example.com");
    let _ = db.find(User::NAME, "Ann");
}

fn main() {}
