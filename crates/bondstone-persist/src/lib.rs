//! The bytes and files of bondstone. Knows no models and no tables.
//!
//! What is here so far is the piece that snapshots will be made of: a [column](mod@column), archived, checksummed, and never believed
//! before it is checked. Log, snapshots, recovery and the file system behind them are not written yet; a database lives in
//! memory.

pub mod column;
