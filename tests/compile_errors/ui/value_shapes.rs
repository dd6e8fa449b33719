//! What cannot be a value.

use bondstone::prelude::*;

#[derive(Clone, Debug, PartialEq, Value)]
enum Never {}

#[derive(Clone, Debug, PartialEq, Value)]
struct Pair<T>(T, T);

#[derive(Value)]
union Bits {
    whole: u32,
    real: f32,
}

fn main() {}
