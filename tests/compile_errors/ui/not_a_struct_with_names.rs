//! The columns of a model have names.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct Pair(u8, u8);

#[derive(Clone, Debug, Model)]
enum Kind {
    One,
}

#[derive(Clone, Debug, Model)]
struct Nothing;

fn main() {}
