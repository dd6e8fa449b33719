//! Schemas by chance, written by the build script: see `generate.rs`.

include!(concat!(env!("OUT_DIR"), "/schemas.rs"));
