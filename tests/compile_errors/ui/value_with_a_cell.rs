//! A value is made of values, and can be cloned, compared and shown.

use bondstone::prelude::*;

use std::cell::Cell;

#[derive(Clone, Debug, PartialEq, Value)]
enum Kind {
    Plain,
    Counted { hits: Cell<u8> },
}

#[derive(Value)]
struct Bare(u8);

fn main() {}
