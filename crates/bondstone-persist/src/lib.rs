//! The bytes and files of bondstone. Knows no models and no tables.
//!
//! * [`vfs`]: the only door to files, clock and randomness; the operating system's, and a simulated disk.
//! * [`column`](mod@column): the piece that snapshots are made of, archived, checksummed, and never believed before it is checked.

pub mod codec;
pub mod column;
pub mod schema;
pub mod vfs;
