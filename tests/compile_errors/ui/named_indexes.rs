//! Indexes over several columns.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[index(feed: status, published)]
#[unique(only: title)]
#[unique(twice: title, title)]
#[index(wide: a, b, c, d, e, f, title)]
#[unique]
struct Post {
    #[key]
    id: Id<Post>,
    title: String,
    #[index(a, b)]
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    e: u8,
    f: u8,
}

fn main() {}
