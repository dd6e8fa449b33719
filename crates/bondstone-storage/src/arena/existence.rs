//! Rows that come to exist and end: the words of their groups and the number of rows say so together.

use super::Arena;
use crate::writer::Writer;

impl Arena {
    /// How many rows exist, pending ones included. To anyone but the writer it is one of the last numbers.
    pub(crate) fn rows(&self) -> usize {
        self.rows.get()
    }

    /// A row exists whose only version is inline.
    pub(super) fn begin(&self, writer: &Writer, slot: u32) {
        self.group(slot).insert(writer.now(), slot);
        self.rows.add(writer);
    }

    /// A row exists again.
    pub(super) fn begin_again(&self, writer: &Writer, slot: u32) {
        self.group(slot).revive(writer.now(), slot);
        self.rows.add(writer);
    }

    /// A row does not exist any more.
    pub(super) fn end(&self, writer: &Writer, slot: u32) {
        self.group(slot).delete(writer.now(), slot);
        self.rows.take(writer);
    }
}
