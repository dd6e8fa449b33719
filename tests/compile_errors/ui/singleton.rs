//! What a singleton cannot have.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[singleton]
#[unique(pair: theme, rows)]
struct Config {
    #[key]
    id: Id<Config>,
    #[default("light")]
    #[unique]
    theme: String,
    #[index]
    #[default(20)]
    rows: u32,
    start: String,
}

fn main() {}
