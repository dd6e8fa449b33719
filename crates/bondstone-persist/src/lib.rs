//! The bytes and files of bondstone. Knows no models: what it writes and reads it knows by shapes and numbers.
//!
//! * [`vfs`]: the only door to files, clock and randomness; the operating system's, and a simulated disk.
//! * [`frame`], [`log`]: every commit in order, and the judgement of what is found after a crash.
//! * [`commit`]: commits of many threads, synced together, published in order.
//! * [`codec`]: values in rows, in columns, and from one shape to another.
//! * [`schema`]: what was declared when rows were stored, and what changed since.
//! * [`snapshot`], [`generation`]: all rows in one file, and which of such files counts.

pub mod canary;
pub mod codec;
pub mod column;
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
