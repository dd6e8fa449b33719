//! What makes a snapshot: header, then segment after segment, then directory and trailer.

use super::digest::Digest;
use super::{
    ALIGN, ARCHIVE, DIGESTED, Directory, END_MAGIC, FORMAT, HEADER, MAGIC, ROWS, SUMMED, Segment,
    SnapshotError, SnapshotHeader, TRAILER, aligned, crc32c, directory_bytes,
};
use crate::codec::Unwritable;
use crate::codec::block::{Block, Compression, Place};
use crate::schema::StoredSchema;
use crate::vfs::File;

/// Smaller pieces are gathered until there are so many bytes.
const GATHERED: usize = 256 << 10;

/// Writes a snapshot to the end of an empty file. Nothing is synced, and nothing named: that is the caller's part.
///
/// Tables are written in the order of the schema: their segments, then [`finish_table`](Self::finish_table).
pub struct SnapshotWriter<'f> {
    file: &'f dyn File,
    gathered: Vec<u8>,
    /// Bytes written and gathered.
    at: u64,
    digest: Digest,
    compression: Compression,
    /// How many columns each table has.
    columns: Vec<usize>,
    directory: Directory,
    /// Of the table being written.
    segments: u32,
    rows: u64,
}

impl<'f> SnapshotWriter<'f> {
    /// Begins a snapshot.
    ///
    /// # Errors
    /// The file cannot be written; the schema is too long.
    pub fn new(
        file: &'f dyn File,
        header: SnapshotHeader,
        schema: &StoredSchema,
        compression: Compression,
    ) -> Result<Self, SnapshotError> {
        let mut writer = Self {
            file,
            gathered: Vec::with_capacity(GATHERED),
            at: 0,
            digest: Digest::new(),
            compression,
            columns: schema.tables.iter().map(|table| table.columns.len()).collect(),
            directory: Directory::default(),
            segments: 0,
            rows: 0,
        };
        let schema = schema.to_bytes()?;
        writer.write(&header_bytes(header, &schema)?)?;
        writer.write(&schema)?;
        writer.align()?;
        Ok(writer)
    }

    /// Writes a segment of the table that is the next one unfinished. O(bytes).
    ///
    /// # Errors
    /// The file cannot be written; a value cannot be stored; there are more rows than a segment has, or other columns than the
    /// table's.
    pub fn segment(&mut self, segment: &Segment) -> Result<(), SnapshotError> {
        let table = self.directory.0.len();
        let columns = segment.columns();
        if self.columns.get(table) != Some(&columns.len()) || segment.rows() > ROWS {
            let found = (columns.len(), segment.rows());
            return Err(SnapshotError::Order(format!(
                "table {table} has no segment of {} columns and {} rows",
                found.0, found.1
            )));
        }
        if segment.rows() == 0 {
            return Ok(());
        }
        for (number, column) in columns.iter().enumerate() {
            let place = Place {
                table: narrow(table)?,
                column: narrow(number)?,
                segment: self.segments,
                rows: segment.rows(),
            };
            let block = Block::new(column.finish()?, place, self.compression)?;
            let entry = (place.table, place.segment, place.column, place.rows, block.length());
            self.directory.1.push(entry);
            for piece in block.pieces() {
                self.write(piece)?;
            }
            self.align()?;
        }
        self.segments = self.segments.checked_add(1).ok_or(Unwritable::TooLarge)?;
        self.rows += u64::from(segment.rows());
        Ok(())
    }

    /// Says that the table has no more segments, and what its counter of keys is.
    ///
    /// # Errors
    /// There is no such table.
    pub fn finish_table(&mut self, counter: u64) -> Result<(), SnapshotError> {
        if self.directory.0.len() == self.columns.len() {
            return Err(SnapshotError::Order("there are no more tables in the schema".to_owned()));
        }
        self.directory.0.push((self.rows, counter));
        (self.segments, self.rows) = (0, 0);
        Ok(())
    }

    /// Writes directory and trailer, and says how many bytes the snapshot has.
    ///
    /// # Errors
    /// The file cannot be written; a table was not finished.
    pub fn finish(mut self) -> Result<u64, SnapshotError> {
        if self.directory.0.len() != self.columns.len() {
            return Err(SnapshotError::Order(
                "a table of the schema is not written yet".to_owned(),
            ));
        }
        let directory = directory_bytes(&self.directory)?;
        let (offset, length) = (self.at, narrow(directory.len())?);
        self.write(&directory)?;
        self.align()?;
        let mut trailer = [0; TRAILER];
        trailer[..8].copy_from_slice(&offset.to_le_bytes());
        trailer[8..12].copy_from_slice(&length.to_le_bytes());
        trailer[12..DIGESTED].copy_from_slice(&crc32c(&[&directory]).to_le_bytes());
        self.digest.update(&trailer[..DIGESTED]);
        trailer[DIGESTED..DIGESTED + 16].copy_from_slice(&self.digest.finish());
        trailer[DIGESTED + 16..].copy_from_slice(&END_MAGIC);
        self.gathered.extend_from_slice(&trailer);
        self.file.append_all(&self.gathered)?;
        Ok(self.at + TRAILER as u64)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.digest.update(bytes);
        self.at += bytes.len() as u64;
        if self.gathered.len() + bytes.len() <= GATHERED {
            self.gathered.extend_from_slice(bytes);
            return Ok(());
        }
        self.file.append_all(&self.gathered)?;
        self.gathered.clear();
        if bytes.len() < GATHERED {
            self.gathered.extend_from_slice(bytes);
        } else {
            self.file.append_all(bytes)?;
        }
        Ok(())
    }

    fn align(&mut self) -> Result<(), SnapshotError> {
        let gap = aligned(self.at) - self.at;
        self.write(&[0; ALIGN as usize][..gap as usize])
    }
}

fn header_bytes(header: SnapshotHeader, schema: &[u8]) -> Result<[u8; HEADER], SnapshotError> {
    let mut bytes = [0; HEADER];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&FORMAT.to_le_bytes());
    bytes[12..16].copy_from_slice(&narrow(schema.len())?.to_le_bytes());
    bytes[16..24].copy_from_slice(&ARCHIVE);
    bytes[32..48].copy_from_slice(&header.database.to_le_bytes());
    bytes[48..56].copy_from_slice(&header.version.to_le_bytes());
    bytes[56..64].copy_from_slice(&header.sequence.to_le_bytes());
    let sum = crc32c(&[&bytes[..SUMMED], schema]);
    bytes[SUMMED..SUMMED + 4].copy_from_slice(&sum.to_le_bytes());
    Ok(bytes)
}

fn narrow(number: usize) -> Result<u32, Unwritable> {
    u32::try_from(number).map_err(|_| Unwritable::TooLarge)
}
