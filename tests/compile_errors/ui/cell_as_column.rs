//! Nothing in a row changes behind a shared reference.

use bondstone::prelude::*;

use std::cell::Cell;

#[derive(Clone, Debug, Model)]
struct Counter {
    #[key]
    id: Id<Counter>,
    hits: Cell<u8>,
}

fn main() {}
