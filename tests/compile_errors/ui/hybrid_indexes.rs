//! Indexes over what is no hybrid.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[unique(NAME)]
#[index(hash, NAME)]
#[unique(slug)]
#[index(SLUG, LENGTH)]
#[index(LENGTH)]
#[index(hash, LENGTH)]
struct User {
    #[key]
    id: Id<User>,
    name: String,
}

fn main() {}
