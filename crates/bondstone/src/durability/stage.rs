//! The rows of a table whose keys or conversions are not those of the files, as they were stored.
//!
//! A log puts and removes rows by the key that they had. Where that is another one now, or where a function converts values
//! and may refuse some, rows are kept as bytes, by the bytes of their old key, until the log is at its end. Only what is left
//! then becomes rows of the model: each once, and none of a state that has long been written over.

use std::collections::BTreeMap;

use bondstone_persist::codec::restore::{Mapping, SegmentRows};
use bondstone_persist::codec::row::RowSource;
use bondstone_persist::codec::transcode;
use bondstone_schema::{Malformed, Shape, Source};

/// Rows as they were stored, by their old keys.
pub(crate) struct Stage {
    /// The shapes of the stored columns.
    shapes: Vec<Shape>,
    /// The places of the stored key's columns among them.
    key: Vec<usize>,
    /// The number of the next key, if the rows were numbered.
    number: u64,
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Stage {
    pub(super) const fn new(shapes: Vec<Shape>, key: Vec<usize>) -> Self {
        Self { shapes, key, number: 0, rows: BTreeMap::new() }
    }

    pub(super) fn set_next_number(&mut self, number: u64) {
        self.number = self.number.max(number);
    }

    pub(super) const fn next_number(&self) -> u64 {
        self.number
    }

    /// A segment's columns, as they are.
    pub(super) fn mapping(&self) -> Mapping {
        Mapping::same(self.shapes.clone())
    }

    /// Takes the rows of a segment. O(their size).
    pub(super) fn load(&mut self, rows: &mut SegmentRows<'_>) -> Result<(), Malformed> {
        while rows.advance() {
            let row = rows.copy()?;
            self.put(&row)?;
        }
        Ok(())
    }

    /// Takes the part of a record that is of this table, behind the table's place. How long it is.
    pub(super) fn replay(&mut self, part: &[u8]) -> Result<usize, Malformed> {
        let mut source = RowSource::new(part);
        self.set_next_number(source.u64()?);
        for _ in 0..source.length()? {
            let start = source.position();
            for place in &self.key {
                transcode::skip(&self.shapes[*place], &mut source)?;
            }
            if self.rows.remove(&part[start..source.position()]).is_none() {
                return Err(Malformed::new("a row is removed that is not there"));
            }
        }
        let rows = source.length()?;
        let mut at = source.position();
        for _ in 0..rows {
            at += self.put(&part[at..])?;
        }
        Ok(at)
    }

    /// Takes the row that `bytes` begin with, in place of the one with its key. How long it is.
    fn put(&mut self, bytes: &[u8]) -> Result<usize, Malformed> {
        let mut source = RowSource::new(bytes);
        let mut ends = vec![0];
        for shape in &self.shapes {
            transcode::skip(shape, &mut source)?;
            ends.push(source.position());
        }
        let key = self.key.iter().map(|place| &bytes[ends[*place]..ends[place + 1]]);
        self.rows.insert(key.collect::<Vec<_>>().concat(), bytes[..source.position()].to_vec());
        Ok(source.position())
    }

    /// The rows that are left: the old key in words, and the row in the layout of rows.
    pub(super) fn rows(&self) -> impl Iterator<Item = (String, &[u8])> {
        self.rows.iter().map(|(key, row)| (self.words(key), row.as_slice()))
    }

    fn words(&self, key: &[u8]) -> String {
        let mut source = RowSource::new(key);
        let part =
            |place: &usize| transcode::words(&self.shapes[*place], &mut source).unwrap_or_default();
        self.key.iter().map(part).collect::<Vec<_>>().join(", ")
    }
}
