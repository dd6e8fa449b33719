//! The snapshot container: all rows of a database as of one version, in one file.
//!
//! ```text
//! header     magic · format · the archives' parameters · database · version · sequence · schema · crc32c
//! blocks     table by table, segment by segment, column by column: see `codec::block`
//! directory  for each table its rows and its counter; for each block its place and length · crc32c
//! trailer    where the directory is · a digest of all bytes before · magic
//! ```
//!
//! ```text
//! header   0         8        12       16        24        32         48        56         64       68       72      80
//!          ┌─────────┬────────┬────────┬─────────┬─────────┬──────────┬─────────┬──────────┬────────┬────────┬───────┐
//!          │ magic   │ format │ schema │ archive │ zeros   │ database │ version │ sequence │ crc32c │ zeros  │ zeros │ schema …
//!          └─────────┴────────┴────────┴─────────┴─────────┴──────────┴─────────┴──────────┴────────┴────────┴───────┘
//! trailer  0           8        12       16        24        32       40
//!          ┌───────────┬────────┬────────┬─────────┬─────────┬────────┐
//!          │ directory │ length │ crc32c │ digest  │ digest  │ magic  │
//!          └───────────┴────────┴────────┴─────────┴─────────┴────────┘
//! ```
//!
//! Little-endian; everything begins at a multiple of 16, with zeros before it. The header's checksum covers the header and the schema. The
//! digest is two checksums of 64 bits by different polynomials, of the whole file up to itself.
//!
//! A segment has at most [`ROWS`] rows and about [`BYTES`] bytes; the writer holds one of them in memory. A reader reads header and
//! directory, and then any segment by itself, so that several threads load. The order of the blocks is fixed: the directory of a
//! snapshot in which one is missing, or there twice, is refused. The same rows in the same order give the same bytes.
//!
//! What a checksum covers is verified before it is used, and a length is compared with the file's before memory is taken.
//! [`verify`](SnapshotReader::verify) reads everything and compares the digest too.
//!
//! | module | noun |
//! |---|---|
//! | `writer` | what makes a file |
//! | `reader` | what reads it |
//! | `segment` | rows being gathered, column by column |
//! | `digest` | the digest |

mod digest;
mod reader;
mod segment;
#[cfg(test)]
mod tests;
mod writer;

use std::io;

use bondstone_schema::Value;

use crate::codec::{Unwritable, row};

pub use reader::{SnapshotReader, TableContents};
pub use segment::{AT_ONCE, Segment};
pub use writer::SnapshotWriter;

/// The most rows of a segment.
pub const ROWS: u32 = 1 << 16;

/// From so many bytes on a segment is full.
pub const BYTES: usize = 64 << 20;

/// The format that is written.
pub const FORMAT: u32 = 1;

const MAGIC: [u8; 8] = *b"bondsnap";
const END_MAGIC: [u8; 8] = *b"dnobpans";

/// How archives are laid out: rkyv 0.8, little-endian, offsets of 32 bits. Archives of another layout are never read.
const ARCHIVE: [u8; 8] = *b"rk08le32";

/// Bytes of the header without the schema.
const HEADER: usize = 80;
/// Bytes of the header that its checksum covers.
const SUMMED: usize = 64;
/// Bytes of the trailer.
const TRAILER: usize = 40;
/// Bytes of the trailer that the digest covers.
const DIGESTED: usize = 16;
/// What everything is aligned to.
const ALIGN: u64 = 16;

/// What a snapshot says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotHeader {
    /// Which database it is of.
    pub database: u128,
    /// The version it holds.
    pub version: u64,
    /// The last sequence of the log that it includes.
    pub sequence: u64,
}

/// Why a snapshot cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The file cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The bytes at this offset are not what was written.
    #[error("damaged at byte {offset}: {what}")]
    Corrupt {
        /// Where.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// It is no snapshot.
    #[error("{0}")]
    Foreign(String),
    /// It has another format.
    #[error("a snapshot of format {0}; this version of bondstone reads format {FORMAT}")]
    Format(u32),
    /// Something cannot be stored.
    #[error("{0}")]
    Unwritable(#[from] Unwritable),
    /// The rows come in an order that the format has not.
    #[error("{0}")]
    Order(String),
}

fn corrupt(offset: u64, what: impl ToString) -> SnapshotError {
    SnapshotError::Corrupt { offset, what: what.to_string() }
}

/// The next multiple of [`ALIGN`].
const fn aligned(at: u64) -> u64 {
    at.next_multiple_of(ALIGN)
}

/// The directory: for each table its rows and its counter; for each block its table, segment and column, the segment's rows,
/// and its length.
type Directory = (Vec<(u64, u64)>, Vec<(u32, u32, u32, u32, u32)>);

fn directory_bytes(directory: &Directory) -> Result<Vec<u8>, Unwritable> {
    let mut bytes = Vec::new();
    row::write(&mut bytes, |sink| directory.write_to(sink))?;
    Ok(bytes)
}

fn crc32c(pieces: &[&[u8]]) -> u32 {
    let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc32Iscsi);
    pieces.iter().for_each(|piece| digest.update(piece));
    digest.finalize() as u32
}
