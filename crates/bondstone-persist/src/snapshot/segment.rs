//! Rows being gathered, column by column.

use bondstone_schema::{Shape, Sink};

use super::{BYTES, ROWS};
use crate::codec::column::ColumnSink;

/// So many rows are added at once, and then the bytes are counted.
pub const AT_ONCE: usize = 64;

/// The rows of one segment of a table.
#[derive(Clone, Debug)]
pub struct Segment {
    columns: Vec<ColumnSink>,
    rows: u32,
}

impl Segment {
    /// Of a table whose columns have these shapes.
    #[must_use]
    pub fn new<'a>(shapes: impl IntoIterator<Item = &'a Shape>) -> Self {
        Self { columns: shapes.into_iter().map(ColumnSink::new).collect(), rows: 0 }
    }

    /// Adds rows, [`AT_ONCE`] of them unless they are the last; `write` writes the value of a column of a row. O(their size).
    ///
    /// Column by column, so that the same code runs for all of them.
    pub fn extend<M>(&mut self, rows: &[&M], write: fn(&M, u16, &mut dyn Sink)) {
        for (column, sink) in (0..).zip(&mut self.columns) {
            sink.extend(rows, |row, sink| write(row, column, sink));
        }
        self.rows = self.rows.saturating_add(u32::try_from(rows.len()).unwrap_or(u32::MAX));
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
        self.rows >= ROWS
            || self.rows.is_multiple_of(AT_ONCE as u32)
                && self.columns.iter().map(ColumnSink::bytes).sum::<usize>() >= BYTES
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
