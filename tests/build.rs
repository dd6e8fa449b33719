//! Writes the random schemas of the comparison with SQLite.

#[path = "support/dice.rs"]
mod dice;
#[path = "sqlite/generate.rs"]
mod generate;

use std::path::Path;

/// How many schemas; 500 histories are spread over them.
const SCHEMAS: u64 = 12;

fn main() {
    println!("cargo::rerun-if-env-changed=BONDSTONE_SCHEMAS");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=support/dice.rs");
    println!("cargo::rerun-if-changed=sqlite/generate.rs");
    let seed = std::env::var("BONDSTONE_SCHEMAS").ok().and_then(|text| text.parse().ok());
    let directory = std::env::var_os("OUT_DIR").expect("cargo says where to write");
    let text = generate::schemas(seed.unwrap_or(1), SCHEMAS);
    std::fs::write(Path::new(&directory).join("schemas.rs"), text).expect("it can be written");
}
