//! The contests under criterion: the same turns, with its statistics instead of ratios.

use crate::compare::Row;
use crate::stage::Stage;
use criterion::{BenchmarkId, Criterion, Throughput};
use std::time::Duration;

/// Adds a group for each row and size, and in it a benchmark for each contestant.
pub fn bench(criterion: &mut Criterion, rows: &[Row]) {
    for &size in sizes(std::env::args()) {
        let stage = Stage::new(size);
        rows.iter().for_each(|row| group(criterion, row, &stage));
    }
}

/// Tests run each benchmark once to see that it works; few rows will do.
fn sizes(arguments: impl Iterator<Item = String>) -> &'static [usize] {
    let (mut bench, mut test) = (false, false);
    arguments.for_each(|argument| {
        (bench, test) = (bench || argument == "--bench", test || argument == "--test")
    });
    if bench && !test { &[1_000, 100_000, 1_000_000] } else { &[1_000] }
}

fn group(criterion: &mut Criterion, row: &Row, stage: &Stage) {
    let mut group = criterion.benchmark_group(row.name);
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    for (contestant, mut turn) in row.contest(stage).contestants() {
        group.throughput(Throughput::Elements(turn().operations as u64));
        group.bench_function(BenchmarkId::new(contestant, stage.rows()), |bencher| {
            bencher.iter_custom(|laps| {
                (0..laps).map(|_| Duration::from_nanos(turn().cost as u64)).sum()
            });
        });
    }
    group.finish();
}

#[cfg(test)]
mod tests {
    use super::sizes;

    #[test]
    fn only_real_measuring_is_large() {
        let largest = |line: &str| sizes(line.split(' ').map(String::from)).last().copied();
        assert_eq!(largest("lookup --bench"), Some(1_000_000));
        assert_eq!(largest("lookup --bench --test"), Some(1_000));
        assert_eq!(largest("lookup"), Some(1_000));
    }
}
