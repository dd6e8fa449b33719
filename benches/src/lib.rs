//! What bondstone costs, measured beside the store that a good programmer writes by hand for the
//! same structs, and beside SQLite and redb.
//!
//! Everything that is timed stands once, as a *contest*: two or more closures that do the same
//! work on the same rows and return what they read as a checksum. `compare` runs the contests
//! interleaved and prints ratios, the criterion groups run the same contests under criterion. A
//! contest whose checksums differ is an error, never a figure.

pub mod model;

pub mod data;
pub mod measure;
pub mod memory;

pub mod byhand;
pub mod dump;
pub mod packed;
pub mod record;
pub mod scratch;
pub mod sqlite;
pub mod stage;
pub mod trees;

pub mod compare;
pub mod groups;
pub mod report;
