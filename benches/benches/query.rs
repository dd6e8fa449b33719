//! Queries of one table, at three sizes, beside the hand-written store and the most direct calls.

use bondstone_benches::{compare, groups};
use criterion::{Criterion, criterion_group, criterion_main};

fn query(criterion: &mut Criterion) {
    groups::bench(criterion, &compare::QUERY);
}

criterion_group!(benches, query);
criterion_main!(benches);
