//! Columns as bytes, at three sizes, beside lengths and bytes written by hand.

use bondstone_benches::{compare, groups};
use criterion::{Criterion, criterion_group, criterion_main};

fn archive(criterion: &mut Criterion) {
    groups::bench(criterion, &compare::ARCHIVE);
}

criterion_group!(benches, archive);
criterion_main!(benches);
