//! The bytes and files of bondstone. Knows no models and no tables.
//!
//! * [`vfs`]: the only door to files, clock and randomness; the operating system's, and a simulated disk.
//! * [`frame`], [`log`]: every commit in order, and the judgement of what is found after a crash.
//! * [`commit`]: commits of many threads, synced together, published in order.
//! * [`column`](mod@column): the piece that snapshots are made of, archived, checksummed, and never believed before it is checked.

pub mod canary;
pub mod column;
pub mod commit;
#[cfg(test)]
mod crashes;
mod error;
pub mod frame;
pub mod log;
pub mod vfs;

pub use error::{Error, Result};
