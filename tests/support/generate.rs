//! Histories for proptest: lists of operations, each decoded from bytes of its own, so that shrinking drops operations and
//! statements before it looks into them.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::decode::Bytes;
use crate::operations::{Choice, Ending, Operation, SnapshotStep, Write};
use crate::specification::Table;

/// Histories of about so many statements. Some begin with an empty world, most with one in which something can happen.
pub fn history(statements: usize) -> impl Strategy<Value = Vec<Operation>> {
    // An operation has two or three statements; histories shrink to any length, so they begin at any length.
    let operations = || vec(operation(), 1..statements);
    prop_oneof![
        1 => operations(),
        4 => operations().prop_map(|operations| [opening(), operations].concat()),
    ]
}

/// A world of a dozen people and half a dozen countries, with a few rows of everything else. Nothing in it is refused.
#[must_use]
pub fn opening() -> Vec<Operation> {
    let rows = |table, count: u8, row: fn(u8) -> Vec<Choice>| {
        Write::InsertAll(table, (0..count).map(row).collect())
    };
    let refer = |table, row: Choice, column: Choice, to: Choice| {
        Write::Update(table, row, vec![(column, to)])
    };
    let writes = vec![
        rows(Table::Countries, 6, |n| vec![n, n % 3, 0]),
        rows(Table::People, 14, |n| vec![0, n, n * 3, n % 11, n % 13, n % 3, n, n, 0, 0]),
        rows(Table::Sessions, 6, |n| vec![0, n * 2, n, 0]),
        rows(Table::Accounts, 6, |n| vec![0, n, 0, 1, n % 2, n, n % 5]),
        rows(Table::Members, 8, |n| vec![n, n / 2, n, n]),
        rows(Table::Badges, 5, |n| vec![n, n, n, n % 2]),
        rows(Table::Profiles, 5, |n| vec![n + 4, n % 2, 0]),
        rows(Table::Follows, 6, |n| vec![n, n / 2 * 3, n]),
        refer(Table::Countries, 1, 2, 4),
        refer(Table::Countries, 2, 2, 1),
        refer(Table::People, 3, 9, 1),
        refer(Table::People, 4, 9, 4),
        refer(Table::People, 5, 9, 4),
        refer(Table::Profiles, 2, 2, 1),
    ];
    writes.into_iter().map(|write| Operation::Transaction(vec![write], Ending::Commit)).collect()
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        8 => (vec(write(), 1..7), ending()).prop_map(|(writes, ending)| Operation::Transaction(writes, ending)),
        4 => snapshot_step().prop_map(Operation::Snapshot),
        1 => there_and_back(),
        1 => Just(Operation::Check),
    ]
}

/// A transaction that gives a row another value, and perhaps the old one again.
fn there_and_back() -> impl Strategy<Value = Operation> {
    let table = prop_oneof![Just(Table::Countries), Just(Table::Members), Just(Table::Badges)];
    // The columns with few values.
    (table, any::<Choice>(), 1..3u8, any::<[Choice; 2]>(), ending()).prop_map(
        |(table, row, column, values, ending)| {
            let updates = values.map(|value| Write::Update(table, row, vec![(column, value)]));
            Operation::Transaction(updates.into(), ending)
        },
    )
}

fn write() -> impl Strategy<Value = Write> {
    vec(any::<u8>(), 16..80).prop_map(|bytes| Bytes(&bytes).write(0))
}

fn ending() -> impl Strategy<Value = Ending> {
    any::<u8>().prop_map(|byte| Bytes(&[byte]).ending())
}

fn snapshot_step() -> impl Strategy<Value = SnapshotStep> {
    vec(any::<u8>(), 24).prop_map(|bytes| Bytes(&bytes).snapshot_step())
}
