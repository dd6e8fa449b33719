//! Ancestors are rows of one model, and begin with one that has none.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct Category {
    #[key]
    id: Id<Category>,
    #[acyclic]
    parent: Id<Category>,
    #[acyclic]
    name: String,
    #[acyclic]
    cover: Option<Id<Picture>>,
    #[acyclic(deep)]
    source: Option<Id<Self>>,
    #[acyclic]
    origin: Option<Id<Self>>,
}

#[derive(Clone, Debug, Model)]
#[acyclic]
struct Picture {
    #[key]
    #[acyclic]
    id: Id<Picture>,
}

fn main() {}
