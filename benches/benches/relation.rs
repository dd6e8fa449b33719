//! From parents to children and back, at three sizes, beside the hand-written store.

use bondstone_benches::{compare, groups};
use criterion::{Criterion, criterion_group, criterion_main};

fn relation(criterion: &mut Criterion) {
    groups::bench(criterion, &compare::RELATION);
}

criterion_group!(benches, relation);
criterion_main!(benches);
