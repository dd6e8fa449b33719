//! Rows being gathered, column by column.

use bondstone_schema::{ColumnDef, Shape, Sink};

use super::{BYTES, ROWS};
use crate::codec::column::ColumnSink;

/// How often the bytes are counted: every so many rows.
const COUNT_EVERY: u32 = 64;

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

    /// Adds a row of a model with these columns. O(its size).
    pub fn push<M>(&mut self, row: &M, columns: &[ColumnDef<M>]) {
        self.push_with(|column, sink| {
            if let Some(column) = columns.get(column) {
                (column.stored.write)(row, sink);
            }
        });
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
            || self.rows.is_multiple_of(COUNT_EVERY)
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
