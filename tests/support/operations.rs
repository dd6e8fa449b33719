//! What a history is made of.
//!
//! Values and rows are named by *choices*: bytes that select among what the column may hold, or, modulo their number,
//! among the rows that exist when the statement runs. So any list of operations is a valid history, also a shrunk one.

use crate::specification::Table;

/// A byte that selects something.
pub type Choice = u8;

/// The columns to change, and to what.
pub type Edits = Vec<(Choice, Choice)>;

/// What happens outside of transactions, or between the statements of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Statements in one transaction, and how it ends.
    Transaction(Vec<Write>, Ending),
    /// Something about a snapshot.
    Snapshot(SnapshotStep),
    /// The structural check, which also reclaims all that can be.
    Check,
}

/// How a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// It is committed.
    Commit,
    /// It is rolled back.
    Rollback,
    /// It is dropped.
    Drop,
    /// The closure returns an error.
    Error,
    /// The closure panics.
    Panic,
}

/// Something done within a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// A row of which the engine fills a part.
    Insert(Table, Vec<Choice>),
    /// The same, and a closure that changes what was filled.
    InsertWith(Table, Vec<Choice>, Edits),
    /// A whole row, its key included.
    InsertWhole(Table, Vec<Choice>),
    /// Several rows.
    InsertAll(Table, Vec<Vec<Choice>>),
    /// A changed row.
    Update(Table, Choice, Edits),
    /// A changed row, or an error of the closure.
    TryUpdate(Table, Choice, Edits, bool),
    /// A row that is inserted, or changed when there is one like it by the unique key that the first choice selects.
    Upsert(Choice, Vec<Choice>, Edits),
    /// A deleted row; with a report, if the flag says so.
    Delete(Table, Choice, bool),
    /// A row under another key: of another row, or of a key made from the values.
    Rekey(Table, Choice, Vec<Choice>),
    /// Statements that are taken back together if the flag says so.
    Savepoint(Vec<Write>, bool),
    /// A question to the transaction.
    Ask(Query),
    /// A snapshot while the transaction is open.
    Snapshot(SnapshotStep),
}

/// Something about a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotStep {
    /// A new one.
    Open,
    /// One more of the same state.
    Clone(Choice),
    /// A question.
    Ask(Choice, Query),
    /// It goes.
    Drop(Choice),
}

/// A question to a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// The row of a key, by every way that takes keys.
    Get(Table, Choice),
    /// The rows of several keys.
    GetMany(Table, Vec<Choice>),
    /// All rows, and their number.
    All(Table),
    /// By a unique key: which one, and of a row or of values.
    Find(Choice, Vec<Choice>),
    /// A range of an ordered column: which one, its bounds, and their kinds.
    Range(Choice, Choice, Choice, Choice),
    /// A relation, from a row that exists, or of values that were never inserted.
    Walk(Choice, Choice, bool),
    /// A relation, for all rows at once.
    Join(Choice),
    /// A handle of this history.
    Handle(Choice, Choice),
    /// What a delete would do. Snapshots do not answer it.
    Preview(Table, Choice),
    /// Everything at once.
    Everything,
}

impl Write {
    /// How many statements it is.
    #[must_use]
    pub fn statements(&self) -> usize {
        match self {
            Self::Savepoint(writes, _) => writes.iter().map(Self::statements).sum::<usize>() + 1,
            _ => 1,
        }
    }
}
