//! A column as bytes: one rkyv archive behind a header that says what it is.
//!
//! ```text
//!  0        4        8        12       16       20       24        28       32
//!  ┌────────┬────────┬────────┬────────┬────────┬────────┬─────────┬────────┬───────────────────┐
//!  │ length │ raw    │ crc32c │ codec  │ table  │ column │ segment │ rows   │ length bytes      │
//!  └────────┴────────┴────────┴────────┴────────┴────────┴─────────┴────────┴───────────────────┘
//! ```
//!
//! All little-endian. `codec` is 0 for an archive as it is, 1 for one compressed by lz4, which has `raw` bytes before. The
//! checksum covers everything but itself, so two blocks that were exchanged are told apart as surely as a flipped bit. An archive
//! begins at a multiple of 16, is little-endian with 32-bit offsets on every machine, and is less than 2 GiB.
//!
//! Reading checks in this order, and uses nothing before it has passed: the lengths against what is there, the checksum (rkyv's
//! validation alone accepts most single-bit flips with wrong values), the place, rkyv's validation, and then, value by value,
//! what the values are.

use std::fmt;

use rkyv::rancor::Error as Rancor;
use rkyv::util::AlignedVec;

use super::Unwritable;
use super::column::{ArchivedColumn, Column, ColumnSource};
use crate::canary::canary;
use bondstone_schema::{Malformed, Shape};

/// Bytes of the header.
pub const HEADER: usize = 32;

/// What blocks are aligned to.
pub const ALIGN: usize = 16;

/// No part of what a block says is longer.
const LARGEST: u32 = 1 << 31;

/// Where a column belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The number of the table among those of the schema.
    pub table: u32,
    /// The number of the column among those of the table.
    pub column: u32,
    /// The number of the segment among those of the table.
    pub segment: u32,
    /// How many rows the segment has.
    pub rows: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, column, segment, rows } = self;
        write!(f, "table {table}, column {column}, segment {segment}, {rows} rows")
    }
}

/// Whether columns are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// They are written as they are.
    #[default]
    None,
    /// By lz4, each column that becomes smaller by it.
    #[cfg(feature = "lz4")]
    Lz4,
}

/// Why bytes are not a column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// There are fewer or more bytes than the header says.
    #[error("{found} bytes where the header says {expected}")]
    Length {
        /// As the header says.
        expected: u64,
        /// As they are.
        found: u64,
    },
    /// The checksum is another one.
    #[error("checksum {found:08x} where the header says {expected:08x}")]
    Checksum {
        /// As the header says.
        expected: u32,
        /// Of the bytes.
        found: u32,
    },
    /// It is a column, but of another place.
    #[error("{found}, where {expected} should be")]
    Elsewhere {
        /// What should be here.
        expected: Place,
        /// What is.
        found: Place,
    },
    /// It was compressed by something that this program does not know.
    #[error("compressed by codec {0}, which this program was built without")]
    Codec(u32),
    /// It cannot be decompressed to as many bytes as the header says.
    #[error("what was compressed cannot be decompressed")]
    Compressed,
    /// The checksum is right, but the archive is none of a column.
    #[error("not the archive of a column: {0}")]
    Archive(String),
    /// The archive is one of a column, but not of such values.
    #[error(transparent)]
    Values(#[from] Malformed),
}

/// A column to be written.
#[derive(Clone, Debug)]
pub struct Block {
    header: [u8; HEADER],
    payload: AlignedVec<ALIGN>,
}

impl Block {
    /// The block of a column. O(bytes).
    ///
    /// # Errors
    /// [`Unwritable::TooLarge`].
    pub fn new(
        column: &Column,
        Place { table, column: number, segment, rows }: Place,
        compression: Compression,
    ) -> Result<Self, Unwritable> {
        let archive = rkyv::to_bytes::<Rancor>(column).map_err(|_| Unwritable::TooLarge)?;
        let raw = length_of(&archive)?;
        let (codec, payload) = compressed(archive, compression);
        let length = length_of(&payload)?;
        let mut header = [0; HEADER];
        let fields = [length, raw, 0, codec, table, number, segment, rows];
        for (place, field) in header.as_chunks_mut().0.iter_mut().zip(fields) {
            *place = field.to_le_bytes();
        }
        let sum = checksum(&header, &payload);
        header[8..12].copy_from_slice(&sum.to_le_bytes());
        Ok(Self { header, payload })
    }

    /// The bytes, in two pieces.
    #[must_use]
    pub fn pieces(&self) -> [&[u8]; 2] {
        [&self.header, &self.payload]
    }

    /// How many bytes there are.
    #[must_use]
    pub fn length(&self) -> u32 {
        // Both are below 2^31.
        (HEADER + self.payload.len()) as u32
    }
}

fn length_of(bytes: &[u8]) -> Result<u32, Unwritable> {
    let length = u32::try_from(bytes.len()).ok();
    length.filter(|length| *length < LARGEST - HEADER as u32).ok_or(Unwritable::TooLarge)
}

#[cfg(feature = "lz4")]
fn compressed(archive: AlignedVec<ALIGN>, compression: Compression) -> (u32, AlignedVec<ALIGN>) {
    if compression == Compression::None {
        return (0, archive);
    }
    let small = lz4_flex::block::compress(&archive);
    if small.len() >= archive.len() {
        return (0, archive);
    }
    let mut payload = AlignedVec::with_capacity(small.len());
    payload.extend_from_slice(&small);
    (1, payload)
}

#[cfg(not(feature = "lz4"))]
const fn compressed(archive: AlignedVec<ALIGN>, _: Compression) -> (u32, AlignedVec<ALIGN>) {
    (0, archive)
}

/// A column that was read, its checksum verified.
#[derive(Clone, Debug)]
pub struct Loaded {
    bytes: AlignedVec<ALIGN>,
    start: usize,
    rows: u32,
}

impl Loaded {
    /// The column in a block, which should be that of `place`. O(bytes).
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub fn new(block: AlignedVec<ALIGN>, place: Place) -> Result<Self, Damage> {
        let found = block.len() as u64;
        let Some((header, payload)) = block.split_first_chunk::<HEADER>() else {
            return Err(Damage::Length { expected: HEADER as u64, found });
        };
        let mut fields = [0; 8];
        for (field, bytes) in fields.iter_mut().zip(header.as_chunks::<4>().0) {
            *field = u32::from_le_bytes(*bytes);
        }
        let [length, raw, expected, codec, table, column, segment, rows] = fields;
        if u64::from(length) != payload.len() as u64 {
            return Err(Damage::Length { expected: u64::from(length) + HEADER as u64, found });
        }
        let mut unsummed = *header;
        unsummed[8..12].fill(0);
        let sum = checksum(&unsummed, payload);
        if sum != expected && !canary!(BlockNotCompared) {
            return Err(Damage::Checksum { expected, found: sum });
        }
        let found = Place { table, column, segment, rows };
        if found != place {
            return Err(Damage::Elsewhere { expected: place, found });
        }
        match codec {
            0 if raw == length => Ok(Self { bytes: block, start: HEADER, rows }),
            0 => Err(Damage::Length { expected: u64::from(raw), found: u64::from(length) }),
            1 => Ok(Self { bytes: decompressed(payload, raw)?, start: 0, rows }),
            other => Err(Damage::Codec(other)),
        }
    }

    /// Its values, which should have this shape. O(parts); O(bytes) for texts.
    ///
    /// # Errors
    /// It is no archive of such values.
    pub fn values(&self, shape: &Shape) -> Result<ColumnSource<'_>, Damage> {
        let archive = self.bytes.get(self.start..).unwrap_or_default();
        let column = rkyv::access::<ArchivedColumn, Rancor>(archive)
            .map_err(|error| Damage::Archive(error.to_string()))?;
        if column.rows != self.rows {
            let words = format!("{} rows where the header says {}", column.rows, self.rows);
            return Err(Damage::Archive(words));
        }
        Ok(ColumnSource::new(column, shape)?)
    }
}

#[cfg(feature = "lz4")]
fn decompressed(payload: &[u8], raw: u32) -> Result<AlignedVec<ALIGN>, Damage> {
    // A byte of lz4 stands for 255 at most: more is promised by nobody honest.
    let possible = (payload.len() as u64 + 1) * 255;
    if raw >= LARGEST || u64::from(raw) > possible {
        return Err(Damage::Compressed);
    }
    let mut bytes = AlignedVec::with_capacity(raw as usize);
    bytes.resize(raw as usize, 0);
    match lz4_flex::block::decompress_into(payload, &mut bytes) {
        Ok(length) if length == bytes.len() => Ok(bytes),
        _ => Err(Damage::Compressed),
    }
}

#[cfg(not(feature = "lz4"))]
const fn decompressed(_: &[u8], _: u32) -> Result<AlignedVec<ALIGN>, Damage> {
    Err(Damage::Codec(1))
}

fn checksum(header: &[u8], payload: &[u8]) -> u32 {
    let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc32Iscsi);
    digest.update(header);
    digest.update(payload);
    digest.finalize() as u32
}
