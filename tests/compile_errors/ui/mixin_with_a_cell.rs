//! A mixin is part of a row: what cannot be a column of a model cannot be one of a mixin.

use std::cell::Cell;

use bondstone::prelude::*;

#[derive(Clone, Debug, PartialEq, Mixin)]
struct Counted {
    #[default(Cell::new(0))]
    views: Cell<u32>,
}

fn main() {}
