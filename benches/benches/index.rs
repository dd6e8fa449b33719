//! The ordered index, at three sizes, beside the hand-written store.

use bondstone_benches::{compare, groups};
use criterion::{Criterion, criterion_group, criterion_main};

fn index(criterion: &mut Criterion) {
    groups::bench(criterion, &compare::INDEX);
}

criterion_group!(benches, index);
criterion_main!(benches);
