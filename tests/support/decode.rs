//! Operations from bytes. Any bytes are a valid list, and most small changes of them are small changes of it.

use crate::generate::opening;
use crate::operations::{Choice, Edits, Ending, Operation, Query, SnapshotStep, Write};
use crate::specification::{TABLES, Table};

/// How deep savepoints nest.
const DEPTH: usize = 3;

/// The operations that the bytes say, in an empty world or, if the first byte is odd, in one that is not. Stops when the
/// bytes are used up.
#[must_use]
pub fn decode(bytes: &[u8]) -> Vec<Operation> {
    let mut bytes = Bytes(bytes);
    let mut operations = if bytes.flag() { opening() } else { Vec::new() };
    while !bytes.0.is_empty() {
        operations.push(bytes.operation());
    }
    operations
}

/// What is left to be read; zeros behind the end.
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl Bytes<'_> {
    pub(crate) fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub(crate) fn take(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next()).collect()
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.next() & 1 == 1
    }

    /// At most so many of something, at least one.
    fn several<T>(&mut self, most: u8, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..=self.next() % most).map(|_| one(self)).collect()
    }

    fn operation(&mut self) -> Operation {
        match self.next() % 16 {
            0..=10 => {
                let writes = self.several(8, |bytes| bytes.write(0));
                Operation::Transaction(writes, self.ending())
            }
            11..=14 => Operation::Snapshot(self.snapshot_step()),
            _ => Operation::Check,
        }
    }

    pub(crate) fn ending(&mut self) -> Ending {
        match self.next() % 16 {
            0..=10 => Ending::Commit,
            11 => Ending::Drop,
            12 => Ending::Error,
            13 => Ending::Panic,
            _ => Ending::Rollback,
        }
    }

    fn table(&mut self) -> Table {
        let choice = self.next();
        match choice % 16 {
            // The world turns around people and countries.
            place @ 0..8 => TABLES[usize::from(place)],
            8..=10 => Table::People,
            11 | 12 => Table::Countries,
            13 => Table::Accounts,
            14 => Table::Members,
            _ => Table::Badges,
        }
    }

    fn row(&mut self, table: Table) -> Vec<Choice> {
        self.take(table.specification().columns.len())
    }

    fn edits(&mut self) -> Edits {
        self.several(3, |bytes| (bytes.next(), bytes.next()))
    }

    pub(crate) fn write(&mut self, depth: usize) -> Write {
        let kind = self.next() % 32;
        match kind {
            0..=5 => {
                let table = self.table();
                Write::Insert(table, self.row(table))
            }
            6 => {
                let table = self.table();
                Write::InsertWith(table, self.row(table), self.edits())
            }
            7 | 8 => {
                let table = self.table();
                Write::InsertWhole(table, self.row(table))
            }
            9..=11 => {
                let table = self.table();
                Write::InsertAll(table, self.several(5, |bytes| bytes.row(table)))
            }
            12..=15 => Write::Update(self.table(), self.next(), self.edits()),
            16 | 31 => Write::TryUpdate(self.table(), self.next(), self.edits(), self.flag()),
            17 => Write::Upsert(self.next(), self.take(12), self.edits()),
            18..=21 => Write::Delete(self.table(), self.next(), self.flag()),
            22 | 23 => {
                let table = self.table();
                Write::Rekey(table, self.next(), self.row(table))
            }
            24 | 25 if depth < DEPTH => {
                let undone = self.flag();
                Write::Savepoint(self.several(4, |bytes| bytes.write(depth + 1)), undone)
            }
            24..=27 => Write::Ask(self.query()),
            28 | 29 => Write::Snapshot(self.snapshot_step()),
            _ => Write::Update(Table::People, self.next(), self.edits()),
        }
    }

    pub(crate) fn snapshot_step(&mut self) -> SnapshotStep {
        match self.next() % 16 {
            0..=4 => SnapshotStep::Open,
            5 => SnapshotStep::Clone(self.next()),
            6..=12 => SnapshotStep::Ask(self.next(), self.query()),
            _ => SnapshotStep::Drop(self.next()),
        }
    }

    fn query(&mut self) -> Query {
        match self.next() % 16 {
            0 | 1 => Query::Get(self.table(), self.next()),
            2 => Query::GetMany(self.table(), self.several(20, Self::next)),
            3 => Query::All(self.table()),
            4 | 5 => Query::Find(self.next(), self.take(12)),
            6..=8 => Query::Range(self.next(), self.next(), self.next(), self.next()),
            9 | 10 => Query::Walk(self.next(), self.next(), self.flag()),
            11 => Query::Join(self.next()),
            12 | 13 => Query::Handle(self.next(), self.next()),
            14 => Query::Preview(self.table(), self.next()),
            _ => Query::Everything,
        }
    }
}
