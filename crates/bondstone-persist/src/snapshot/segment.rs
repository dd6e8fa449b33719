//! Rows being gathered, column by column.

use bondstone_schema::{Shape, Sink};

use super::{BYTES, ROWS};
use crate::codec::column::ColumnSink;

/// So many rows are added at once at most, and then the bytes are counted.
pub const AT_ONCE: usize = 64;

/// The rows of one segment of a table.
#[derive(Clone, Debug)]
pub struct Segment {
    columns: Vec<ColumnSink>,
    rows: u32,
    /// Where the columns ended before the last rows were added.
    marks: Vec<usize>,
}

impl Segment {
    /// Of a table whose columns have these shapes.
    #[must_use]
    pub fn new<'a>(shapes: impl IntoIterator<Item = &'a Shape>) -> Self {
        let columns = shapes.into_iter().map(ColumnSink::new).collect();
        Self { columns, rows: 0, marks: Vec::new() }
    }

    /// Adds rows, [`AT_ONCE`] of them at most: how many it has taken, the first of them at least. Of large rows it takes fewer, so that
    /// it never has much more than two full segments and one row. `write` writes the value of a column of a row. O(their size).
    ///
    /// Column by column, so that the same code runs for all of them.
    pub fn extend<M>(&mut self, rows: &[&M], write: fn(&M, u16, &mut dyn Sink)) -> usize {
        self.marks.clear();
        self.columns.iter().for_each(|column| column.mark(&mut self.marks));
        let mut taken = rows.len();
        while let Err(fewer) = self.add(&rows[..taken], write) {
            let mut marks = self.marks.iter().copied();
            self.columns.iter_mut().for_each(|column| column.go_back(&mut marks));
            taken = fewer;
        }
        self.rows = self.rows.saturating_add(u32::try_from(taken).unwrap_or(u32::MAX));
        taken
    }

    /// Adds rows, if there is room for all in each column; else says for how many there is.
    fn add<M>(&mut self, rows: &[&M], write: fn(&M, u16, &mut dyn Sink)) -> Result<(), usize> {
        let room = BYTES / self.columns.len().max(1);
        for (place, column) in (0..).zip(&mut self.columns) {
            let added = column.extend(rows, room, |row, sink| write(row, place, sink));
            if added < rows.len() {
                return Err(added);
            }
        }
        Ok(())
    }

    /// Adds the row of which `write` writes the value of each column.
    pub fn push_with(&mut self, mut write: impl FnMut(usize, &mut dyn Sink)) {
        for (column, sink) in self.columns.iter_mut().enumerate() {
            sink.push(|sink| write(column, sink));
        }
        self.rows = self.rows.saturating_add(1);
    }

    /// Has it as much as a segment should have? Then it is to be written and cleared.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.rows >= ROWS || self.columns.iter().map(ColumnSink::bytes).sum::<usize>() >= BYTES
    }

    /// How many rows it has.
    #[must_use]
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// Its columns.
    #[must_use]
    pub fn columns(&self) -> &[ColumnSink] {
        &self.columns
    }

    /// Forgets the rows and keeps the memory.
    pub fn clear(&mut self) {
        self.rows = 0;
        self.columns.iter_mut().for_each(ColumnSink::clear);
    }
}
