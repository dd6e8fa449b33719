//! What reads a snapshot: header and directory at once, then any segment by itself.

use rkyv::util::AlignedVec;

use super::digest::Digest;
use super::{
    ARCHIVE, DIGESTED, Directory, END_MAGIC, FORMAT, HEADER, MAGIC, ROWS, SUMMED, SnapshotError,
    SnapshotHeader, TRAILER, aligned, corrupt, crc32c,
};
use crate::canary::canary;
use crate::codec::block::{self, Loaded, Place};
use crate::codec::row;
use crate::schema::StoredSchema;
use crate::vfs::File;

/// How many bytes are read at once where all are read.
const AT_ONCE: usize = 1 << 20;

/// A snapshot whose header and directory are verified.
pub struct SnapshotReader {
    file: Box<dyn File>,
    length: u64,
    header: SnapshotHeader,
    schema: StoredSchema,
    tables: Vec<TableContents>,
    pub(super) blocks: Vec<BlockEntry>,
}

/// What a snapshot holds of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableContents {
    /// How many rows.
    pub rows: u64,
    /// The counter of its keys.
    pub counter: u64,
    /// How many rows each segment has.
    pub segments: Vec<u32>,
    /// The first of its blocks; those of a segment are one behind the other.
    first_block: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct BlockEntry {
    pub(super) offset: u64,
    pub(super) length: usize,
}

impl SnapshotReader {
    /// Reads header, schema and directory. O(their bytes).
    ///
    /// # Errors
    /// The file cannot be read, is no snapshot, is one of another format, or is damaged.
    pub fn open(file: Box<dyn File>) -> Result<Self, SnapshotError> {
        let length = file.len()?;
        let (header, schema_length) = read_header(&*file, length)?;
        let schema = read_schema(&*file, length, schema_length)?;
        let (directory, blocks_end) = read_directory(&*file, length)?;
        let first = aligned(HEADER as u64 + u64::from(schema_length));
        let (tables, blocks) = arrange(directory, &schema, first, blocks_end)?;
        Ok(Self { file, length, header, schema, tables, blocks })
    }

    /// What it says of itself.
    #[must_use]
    pub const fn header(&self) -> SnapshotHeader {
        self.header
    }

    /// The schema that was declared when it was written.
    #[must_use]
    pub const fn schema(&self) -> &StoredSchema {
        &self.schema
    }

    /// What it holds of each table of the schema.
    #[must_use]
    pub fn tables(&self) -> &[TableContents] {
        &self.tables
    }

    /// How many bytes it has.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// The columns of a segment, those that are `wanted`. O(their bytes).
    ///
    /// # Errors
    /// The file cannot be read, or is damaged; there is no such segment.
    pub fn segment(
        &self,
        table: usize,
        segment: usize,
        wanted: impl Fn(usize) -> bool,
    ) -> Result<Vec<Option<Loaded>>, SnapshotError> {
        let missing = || SnapshotError::Order(format!("table {table} has no segment {segment}"));
        let contents = self.tables.get(table).ok_or_else(missing)?;
        let rows = *contents.segments.get(segment).ok_or_else(missing)?;
        let columns = self.schema.tables.get(table).ok_or_else(missing)?.columns.len();
        let first = contents.first_block + segment * columns;
        let blocks = self.blocks.get(first..first + columns).ok_or_else(missing)?;
        let load = |(column, block): (usize, &BlockEntry)| {
            if !wanted(column) {
                return Ok(None);
            }
            // Each of these numbers was read as one of 32 bits.
            let [table, segment, column] = [table, segment, column].map(|number| number as u32);
            self.load(*block, Place { table, column, segment, rows }).map(Some)
        };
        blocks.iter().enumerate().map(load).collect()
    }

    /// Reads all of it and compares the digest. O(bytes).
    ///
    /// # Errors
    /// The file cannot be read, or is damaged.
    pub fn verify(&self) -> Result<(), SnapshotError> {
        let end = self.length - (TRAILER - DIGESTED) as u64;
        let mut digest = Digest::new();
        let mut buffer = vec![0; AT_ONCE];
        let mut at = 0;
        while at < end {
            let some = usize::try_from(end - at).map_or(AT_ONCE, |left| left.min(AT_ONCE));
            self.file.read_exact_at(&mut buffer[..some], at)?;
            digest.update(&buffer[..some]);
            at += some as u64;
        }
        let mut expected = [0; 16];
        self.file.read_exact_at(&mut expected, end)?;
        if digest.finish() != expected {
            return Err(corrupt(end, "the digest is not that of the bytes before it"));
        }
        Ok(())
    }

    fn load(&self, block: BlockEntry, place: Place) -> Result<Loaded, SnapshotError> {
        let mut bytes = AlignedVec::with_capacity(block.length);
        bytes.resize(block.length, 0);
        self.file.read_exact_at(&mut bytes, block.offset)?;
        Loaded::new(bytes, place).map_err(|damage| corrupt(block.offset, damage))
    }
}

fn read_header(file: &dyn File, length: u64) -> Result<(SnapshotHeader, u32), SnapshotError> {
    let mut bytes = [0; HEADER];
    if length < (HEADER + TRAILER) as u64 {
        return Err(SnapshotError::Foreign("too short for a snapshot".to_owned()));
    }
    file.read_exact_at(&mut bytes, 0)?;
    if bytes[..8] != MAGIC {
        return Err(SnapshotError::Foreign("no snapshot of bondstone".to_owned()));
    }
    let format = u32::from_le_bytes(array(&bytes, 8));
    if format != FORMAT {
        return Err(SnapshotError::Format(format));
    }
    if bytes[16..24] != ARCHIVE {
        return Err(SnapshotError::Foreign(
            "its archives have a layout that is not known".to_owned(),
        ));
    }
    let header = SnapshotHeader {
        database: u128::from_le_bytes(array(&bytes, 32)),
        version: u64::from_le_bytes(array(&bytes, 48)),
        sequence: u64::from_le_bytes(array(&bytes, 56)),
    };
    Ok((header, u32::from_le_bytes(array(&bytes, 12))))
}

/// The schema, after the checksum that covers the header as well.
fn read_schema(file: &dyn File, length: u64, schema: u32) -> Result<StoredSchema, SnapshotError> {
    if HEADER as u64 + u64::from(schema) > length - TRAILER as u64 {
        return Err(corrupt(12, "the schema is longer than the file"));
    }
    let mut bytes = vec![0; HEADER + schema as usize];
    file.read_exact_at(&mut bytes, 0)?;
    let (header, schema) = bytes.split_at(HEADER);
    let expected = u32::from_le_bytes(array(header, SUMMED));
    let found = crc32c(&[&header[..SUMMED], schema]);
    if found != expected && !canary!(HeaderNotCompared) {
        return Err(corrupt(
            0,
            format!("checksum {found:08x} of the header, which says {expected:08x}"),
        ));
    }
    StoredSchema::from_bytes(schema).map_err(|damage| corrupt(HEADER as u64, damage))
}

/// The directory, and where it begins: there the blocks end.
fn read_directory(file: &dyn File, length: u64) -> Result<(Directory, u64), SnapshotError> {
    let end = length - TRAILER as u64;
    let mut trailer = [0; TRAILER];
    file.read_exact_at(&mut trailer, end)?;
    if trailer[DIGESTED + 16..] != END_MAGIC {
        return Err(corrupt(end, "it does not end as a snapshot does: it was cut off or goes on"));
    }
    let offset = u64::from_le_bytes(array(&trailer, 0));
    let bytes = u32::from_le_bytes(array(&trailer, 8));
    if offset.checked_add(u64::from(bytes)).map(aligned) != Some(end) {
        return Err(corrupt(end, "the directory is not where the trailer says"));
    }
    let mut directory = vec![0; bytes as usize];
    file.read_exact_at(&mut directory, offset)?;
    let (expected, found) = (u32::from_le_bytes(array(&trailer, 12)), crc32c(&[&directory]));
    if found != expected {
        let what =
            format!("checksum {found:08x} of the directory, the trailer says {expected:08x}");
        return Err(corrupt(offset, what));
    }
    let directory = row::read(&directory).map_err(|malformed| corrupt(offset, malformed))?;
    Ok((directory, offset))
}

/// The blocks as the directory says, which must be all those of the schema's tables, in order and without gaps.
fn arrange(
    (tables, entries): Directory,
    schema: &StoredSchema,
    first: u64,
    end: u64,
) -> Result<(Vec<TableContents>, Vec<BlockEntry>), SnapshotError> {
    let wrong =
        |what: &str| corrupt(end, format!("the directory is not one of this schema: {what}"));
    if tables.len() != schema.tables.len() {
        return Err(wrong("it has another number of tables"));
    }
    let mut blocks = Vec::with_capacity(entries.len());
    let mut contents = Vec::with_capacity(tables.len());
    let (mut at, mut entries) = (first, entries.into_iter().peekable());
    for (number, ((rows, counter), table)) in tables.into_iter().zip(&schema.tables).enumerate() {
        let (mut segments, first_block, mut left) = (Vec::new(), blocks.len(), rows);
        if left > 0 && table.columns.is_empty() {
            return Err(wrong("a table without columns has rows"));
        }
        while left > 0 {
            let in_segment = entries.peek().map_or(0, |entry| entry.3);
            if in_segment == 0 || in_segment > ROWS || u64::from(in_segment) > left {
                return Err(wrong("a segment has another number of rows"));
            }
            for column in 0..table.columns.len() {
                let (table, segment, place, rows, length) =
                    entries.next().ok_or_else(|| wrong("a block is missing"))?;
                let found = [table as usize, segment as usize, place as usize, rows as usize];
                if found != [number, segments.len(), column, in_segment as usize] {
                    return Err(wrong("a block is out of order"));
                }
                let next = aligned(at + u64::from(length));
                if (length as usize) < block::HEADER || next > end {
                    return Err(wrong("a block has no room"));
                }
                blocks.push(BlockEntry { offset: at, length: length as usize });
                at = next;
            }
            left -= u64::from(in_segment);
            segments.push(in_segment);
        }
        contents.push(TableContents { rows, counter, segments, first_block });
    }
    if at != end || entries.next().is_some() {
        return Err(wrong("there are more blocks"));
    }
    Ok((contents, blocks))
}

/// The bytes at a place within those of a fixed length.
fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[at..at + N]);
    array
}
