//! How relations are written.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[has_many(tags: Tag through PostTag)]
#[has_many]
#[has_one(tag: Tag via PostTag)]
struct Post {
    #[key]
    id: Id<Post>,
}

fn main() {}
