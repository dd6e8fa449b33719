//! A model is one table.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct Wrapper<T> {
    #[key]
    id: Id<Wrapper<T>>,
    value: T,
}

fn main() {}
