//! Whole transactions, at three sizes, beside the hand-written store.

use bondstone_benches::{compare, groups};
use criterion::{Criterion, criterion_group, criterion_main};

fn transaction(criterion: &mut Criterion) {
    groups::bench(criterion, &compare::TRANSACTION);
}

criterion_group!(benches, transaction);
criterion_main!(benches);
