//! Single rows and all rows, at three sizes, beside the hand-written store.

use bondstone_benches::{compare, groups};
use criterion::{Criterion, criterion_group, criterion_main};

fn lookup(criterion: &mut Criterion) {
    groups::bench(criterion, &compare::LOOKUP);
}

criterion_group!(benches, lookup);
criterion_main!(benches);
