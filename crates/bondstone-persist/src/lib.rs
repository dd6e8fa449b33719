//! The bytes and files of bondstone. Knows no models: what a row is, its codec is told.
//!
//! * [`vfs`]: the only door to files, clock and randomness; the operating system's, and a simulated disk.
//! * [`frame`], [`log`]: every commit in order, and the judgement of what is found after a crash.
//! * [`commit`]: commits of many threads, synced together, published in order.
//! * [`codec`]: values as bytes, in rows for the log and in columns for snapshots.
//! * [`schema`]: what was declared when rows were stored, and what changed since.
//! * [`snapshot`]: all rows as of one version, column by column, never believed before they are checked.
//! * [`generation`]: which snapshot of a directory counts.

pub mod canary;
pub mod codec;
pub mod commit;
#[cfg(test)]
mod crashes;
mod error;
pub mod frame;
pub mod generation;
pub mod log;
pub mod schema;
pub mod snapshot;
pub mod vfs;

pub use error::{Error, Result};
