//! Every model has a primary key; the message has the line to add.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct Tag {
    name: String,
}

#[derive(Clone, Debug, Model)]
struct User {
    id: Id<User>,
    name: String,
}

fn main() {}
