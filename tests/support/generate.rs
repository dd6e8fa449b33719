//! Histories for proptest: lists of operations, each decoded from bytes of its own, so that shrinking drops operations and
//! statements before it looks into them.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::decode::Bytes;
use crate::operations::{Ending, Operation, SnapshotStep, Write};

/// Histories of about so many statements.
pub fn history(statements: usize) -> impl Strategy<Value = Vec<Operation>> {
    let operations = statements / 4;
    vec(operation(), operations..operations * 2)
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        8 => (vec(write(), 1..7), ending()).prop_map(|(writes, ending)| Operation::Transaction(writes, ending)),
        4 => snapshot_step().prop_map(Operation::Snapshot),
        1 => Just(Operation::Check),
    ]
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
