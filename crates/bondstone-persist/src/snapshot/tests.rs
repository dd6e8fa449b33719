//! A snapshot with a column of each kind, damaged in every way that is small enough to be tried out.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bondstone_schema::{KeyKind, Shape, Sink, StoredColumn as Stored, StoredRow, Value};

use super::*;
use crate::codec::block::Compression;
use crate::codec::restore::{Mapping, SegmentRows};
use crate::schema::{StoredColumn, StoredSchema, StoredTable};
use crate::vfs::File;

/// A file in memory.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    fn of(bytes: Vec<u8>) -> Box<dyn File> {
        Box::new(Self(Arc::new(Mutex::new(bytes))))
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl File for Memory {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes().len() as u64)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = usize::try_from(offset).ok().and_then(|at| all.get(at..)).unwrap_or_default();
        // Short reads are allowed, so they are made.
        let length = rest.len().min(bytes.len()).min(100);
        bytes[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }

    fn append(&self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

type Row = (u64, Option<String>, Vec<i16>, BTreeMap<u8, bool>);

fn rows() -> Vec<Row> {
    let text = |n: u64| (!n.is_multiple_of(3)).then(|| "größer ".repeat(n as usize));
    let row = |n: u64| (n, text(n), vec![n as i16; n as usize], BTreeMap::from([(n as u8, n > 3)]));
    (1..8).map(row).collect()
}

fn shapes() -> [Shape; 4] {
    [
        Shape::of::<u64>(),
        Shape::of::<Option<String>>(),
        Shape::of::<Vec<i16>>(),
        Shape::of::<BTreeMap<u8, bool>>(),
    ]
}

fn schema() -> StoredSchema {
    let column = |(name, shape): (&str, Shape)| StoredColumn { name: name.to_owned(), shape };
    let table = |name: &str, columns: Vec<StoredColumn>| StoredTable {
        name: name.to_owned(),
        columns,
        key_kind: KeyKind::Natural,
        key: vec!["number".to_owned()],
        indexes: Vec::new(),
        checks: vec![("positive".to_owned(), "self.number > 0".to_owned())],
        foreign_keys: Vec::new(),
    };
    let names = ["number", "text", "list", "map"];
    let columns = names.into_iter().zip(shapes()).map(column).collect();
    let empty = vec![column(("number", Shape::of::<u8>()))];
    StoredSchema { tables: vec![table("empty", empty), table("things", columns)] }
}

const HEADER_OF_TEST: SnapshotHeader =
    SnapshotHeader { database: 0xfeed << 100, version: 42, sequence: 40 };

fn written(compression: Compression, rows_of_a_segment: usize) -> Vec<u8> {
    let (file, schema) = (Memory::default(), schema());
    let mut writer = SnapshotWriter::new(&file, HEADER_OF_TEST, &schema, compression).unwrap();
    writer.finish_table(5).unwrap();
    let mut segment = Segment::new(&shapes());
    for rows in rows().chunks(rows_of_a_segment) {
        for (number, text, list, map) in rows {
            segment.push_with(|column, sink| match column {
                0 => number.write_to(sink),
                1 => text.write_to(sink),
                2 => list.write_to(sink),
                _ => map.write_to(sink),
            });
        }
        writer.segment(&segment).unwrap();
        segment.clear();
    }
    writer.finish_table(8).unwrap();
    assert_eq!(writer.finish().unwrap(), file.bytes().len() as u64);
    file.bytes()
}

fn value<V: Value>(row: &mut SegmentRows<'_>, column: u16) -> Result<V, SnapshotError> {
    match row.column(column) {
        Ok(Stored::Value(source)) => V::read_from(source).map_err(|damage| corrupt(0, damage)),
        _ => Err(corrupt(0, "no value")),
    }
}

fn loaded(bytes: Vec<u8>) -> Result<(Vec<Row>, SnapshotHeader, Vec<u64>), SnapshotError> {
    let reader = SnapshotReader::open(Memory::of(bytes))?;
    let mut rows = Vec::new();
    for (number, table) in reader.tables().iter().enumerate() {
        let mapping = Mapping::same(reader.schema().tables[number].shapes());
        for (segment, rows_of_it) in table.segments.iter().enumerate() {
            let columns = reader.segment(number, segment, |_| true)?;
            let mut row = SegmentRows::new(&mapping, &columns, *rows_of_it)
                .map_err(|damage| corrupt(0, damage))?;
            while row.advance() {
                rows.push((
                    value(&mut row, 0)?,
                    value(&mut row, 1)?,
                    value(&mut row, 2)?,
                    value(&mut row, 3)?,
                ));
            }
            row.finish().map_err(|damage| corrupt(0, damage))?;
        }
    }
    reader.verify()?;
    let counters = reader.tables().iter().map(|table| table.counter).collect();
    Ok((rows, reader.header(), counters))
}

#[test]
fn what_was_written_is_read_back() {
    for of_a_segment in [1, 2, 7] {
        let bytes = written(Compression::None, of_a_segment);
        assert_eq!(bytes, written(Compression::None, of_a_segment));
        let (rows_read, header, counters) = loaded(bytes).unwrap();
        assert_eq!((rows_read, header, counters), (rows(), HEADER_OF_TEST, vec![5, 8]));
    }
}

#[cfg(feature = "lz4")]
#[test]
fn what_was_compressed_is_read_back_and_is_smaller() {
    let bytes = written(Compression::Lz4, 7);
    assert!(bytes.len() < written(Compression::None, 7).len());
    assert_eq!(loaded(bytes.clone()).unwrap().0, rows());
    every_flip_is_detected(&bytes);
}

fn every_flip_is_detected(bytes: &[u8]) {
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.to_vec();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(loaded(damaged).is_err(), "bit {bit}");
    }
}

#[test]
fn every_flip_and_every_truncation_and_every_more_is_detected() {
    let bytes = written(Compression::None, 4);
    every_flip_is_detected(&bytes);
    for length in 0..bytes.len() {
        assert!(loaded(bytes[..length].to_vec()).is_err(), "length {length}");
    }
    for more in 1..40 {
        assert!(loaded([&bytes[..], &vec![0; more]].concat()).is_err());
    }
}

#[test]
fn columns_and_segments_that_were_exchanged_are_detected() {
    let bytes = written(Compression::None, 1);
    let blocks = SnapshotReader::open(Memory::of(bytes.clone())).unwrap().blocks;
    let mut exchanged = 0;
    for (place, one) in blocks.iter().enumerate() {
        for other in blocks[place + 1..].iter().filter(|other| other.length == one.length) {
            let (left, right) = (one.offset as usize, other.offset as usize);
            let mut bytes = bytes.clone();
            let (before, after) = bytes.split_at_mut(right);
            before[left..left + one.length].swap_with_slice(&mut after[..one.length]);
            // The digest is asked last: the blocks say so themselves.
            let error = loaded(bytes).unwrap_err().to_string();
            assert!(error.contains("should be"), "{error}");
            exchanged += 1;
        }
    }
    assert!(exchanged > 0);
}

#[test]
fn foreign_files_are_told_from_damaged_ones() {
    let is_foreign = |bytes: Vec<u8>| {
        matches!(SnapshotReader::open(Memory::of(bytes)), Err(SnapshotError::Foreign(_)))
    };
    assert!(is_foreign(b"hello".to_vec()));
    assert!(is_foreign(vec![0; 4096]));
    let mut newer = written(Compression::None, 7);
    newer[8] = 2;
    let newer = SnapshotReader::open(Memory::of(newer));
    assert!(matches!(newer, Err(SnapshotError::Format(2))));
}

#[test]
fn a_writer_keeps_to_the_schema() {
    let (file, schema) = (Memory::default(), schema());
    let mut writer =
        SnapshotWriter::new(&file, HEADER_OF_TEST, &schema, Compression::None).unwrap();
    let wrong = Segment::new(&shapes());
    assert!(matches!(writer.segment(&wrong), Err(SnapshotError::Order(_))));
    writer.finish_table(0).unwrap();
    writer.finish_table(0).unwrap();
    assert!(matches!(writer.finish_table(0), Err(SnapshotError::Order(_))));
    writer.finish().unwrap();
}

/// Rows as large as a segment do not wait for each other: a column that held 64 of them would be larger than one may be.
#[test]
fn large_rows_are_not_gathered() {
    type Large = (u64, String, Vec<u8>);
    let write = |row: &Large, column: u16, sink: &mut dyn Sink| match column {
        0 => row.0.write_to(sink),
        1 => row.1.write_to(sink),
        _ => row.2.write_to(sink),
    };
    const MIB: usize = 1 << 20;
    let small: Large = (1, "small".to_owned(), vec![1; 10]);
    let medium: Large = (2, "m".repeat(MIB), vec![2; 10]);
    let large: Large = (3, "l".repeat(34 * MIB), vec![3; 30 * MIB]);
    let last_alone: Large = (4, String::new(), vec![4; 30 * MIB]);
    let cases = [(vec![&small; 64], 64), (vec![&medium; 64], 22), (vec![&large; 64], 1)];
    let shapes = [Shape::of::<u64>(), Shape::of::<String>(), Shape::of::<Vec<u8>>()];
    let mut segment = Segment::new(&shapes);
    for (rows, expected) in cases {
        assert_eq!(segment.extend(&rows, write), expected);
    }
    assert_eq!(segment.rows(), 64 + 22 + 1);
    assert!(segment.is_full());
    // What a later column has no room for is taken back from those before it.
    segment.clear();
    let mut rows = vec![&small; 64];
    rows[40] = &last_alone;
    rows[50] = &medium;
    assert_eq!(segment.extend(&rows, write), 41);
    for (column, bytes) in
        segment.columns().iter().zip([41 * 8, 40 * (4 + 5) + 4, 30 * MIB + 40 * (10 + 4) + 4])
    {
        assert_eq!((column.rows(), column.bytes()), (41, bytes));
        column.finish().unwrap();
    }
}
