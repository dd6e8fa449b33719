//! Commits, checkpoints and opening, at three sizes, beside the hand-written store and its dump.

use bondstone_benches::{compare, groups};
use criterion::{Criterion, criterion_group, criterion_main};

fn durability(criterion: &mut Criterion) {
    groups::bench(criterion, &compare::DURABILITY);
}

criterion_group!(benches, durability);
criterion_main!(benches);
