//! The rows of the comparison: each names one thing that stores do and makes a [`Contest`] of it on
//! a [`Stage`], or on the [`Warehouse`] of TPC-H.
//!
//! Reads sum two fields of every row they reach, so that nobody wins by not looking. Keys are
//! random, in random order, and chosen before the clock starts. Writes start from contestants that
//! were made before the clock starts, too, and the checksum is taken of the state that they leave.

mod archive;
mod beside;
mod durability;
mod nested;
pub mod options;
mod point;
mod query;
mod range;
mod relation;
mod space;
mod tpch;
mod walk;
mod write;

use crate::measure::{Contest, Disagreement, Lap, Rounds};
use crate::model::{Order, User};
use crate::report::Line;
use crate::stage::{Stage, Warehouse};

/// The name of the hand-written store in tables.
pub const BY_HAND: &str = "by_hand";
/// The name of SQLite in tables.
pub const SQLITE: &str = "sqlite";

/// One row of the comparison.
pub struct Row<S = Stage> {
    /// What is done.
    pub name: &'static str,
    contest: for<'a> fn(&'a S) -> Contest<'a>,
}

const fn row<S>(name: &'static str, contest: for<'a> fn(&'a S) -> Contest<'a>) -> Row<S> {
    Row { name, contest }
}

/// Single rows and all rows.
pub const LOOKUP: [Row; 7] = [
    row("get_by_id", point::get_by_id),
    row("get_by_handle", point::get_by_handle),
    row("find_unique_string", point::find_unique_string),
    row("find_hashed_key", point::find_hashed_key),
    row("miss", point::miss),
    row("scan", walk::scan),
    row("count", walk::count),
];

/// Whole transactions.
pub const TRANSACTION: [Row; 5] = [
    row("insert_commit_each", write::insert_commit_each),
    row("insert_bulk", write::insert_bulk),
    row("update", write::update),
    row("delete", write::delete),
    row("refused_insert", write::refused_insert),
];

/// The ordered index.
pub const INDEX: [Row; 2] = [
    row("ordered_range_100_ids", range::ordered_range_100_ids),
    row("ordered_range_100_rows", range::ordered_range_100_rows),
];

/// From parents to children and back.
pub const RELATION: [Row; 7] = [
    row("children_of_parent", relation::children_of_parent),
    row("full_join", relation::full_join),
    row("parent_of_child_walk", relation::parent_of_child_walk),
    row("parent_of_child_ref", relation::parent_of_child_ref),
    row("children_filtered", nested::children_filtered),
    row("with_nested", nested::with_nested),
    row("join_two_hops", nested::join_two_hops),
];

/// Queries of one table.
pub const QUERY: [Row; 5] = [
    row("find", query::find),
    row("prepared_eq", query::prepared_eq),
    row("filter_eq", query::filter_eq),
    row("top_k_by_index", query::top_k_by_index),
    row("group_by", query::group_by),
];

/// The queries of TPC-H, whose warehouse has a size of its own.
pub const TPCH: [Row<Warehouse>; 10] = [
    row("tpch_q1", tpch::q1),
    row("tpch_q3", tpch::q3),
    row("tpch_q4", tpch::q4),
    row("tpch_q5", tpch::q5),
    row("tpch_q6", tpch::q6),
    row("tpch_q10", tpch::q10),
    row("tpch_q12", tpch::q12),
    row("tpch_q14", tpch::q14),
    row("tpch_q18", tpch::q18),
    row("tpch_q22", tpch::q22),
];

/// Files: commits at each level, checkpoints, opening.
pub const DURABILITY: [Row; 8] = [
    row("commit_memory", durability::commit_memory),
    row("commit_buffered", durability::commit_buffered),
    row("commit_sync_1_thread", durability::commit_sync_1_thread),
    row("commit_sync_4_threads", durability::commit_sync_4_threads),
    row("commit_sync_16_threads", durability::commit_sync_16_threads),
    row("checkpoint", durability::checkpoint),
    row("open", durability::open),
    row("replay", durability::replay),
];

/// What only `compare` measures, because it is not the time of an operation.
pub const WHOLE: [Row; 6] = [
    row("reader_beside_writer", beside::reader_beside_writer),
    row("checkpoint_beside_reader", beside::checkpoint_beside_reader),
    row("checkpoint_beside_writer", beside::checkpoint_beside_writer),
    row("bytes_per_row", space::bytes_per_row),
    row("bytes_on_disk", durability::bytes_on_disk),
    row("bytes_on_disk_lz4", durability::bytes_on_disk_lz4),
];

/// Columns as bytes. Not a row of `compare`: nothing here is what bondstone is faster at.
pub const ARCHIVE: [Row; 2] =
    [row("column_write", archive::column_write), row("column_read", archive::column_read)];

/// All rows of the comparison that are measured at each size.
pub fn rows() -> impl Iterator<Item = Row> {
    [&LOOKUP[..], &INDEX, &RELATION, &QUERY, &TRANSACTION, &DURABILITY, &WHOLE]
        .into_iter()
        .flatten()
        .copied()
}

/// What contests are held on.
pub trait Scene {
    /// How many rows there are.
    fn rows(&self) -> usize;
}

impl Scene for Stage {
    fn rows(&self) -> usize {
        self.rows()
    }
}

impl Scene for Warehouse {
    fn rows(&self) -> usize {
        self.lines()
    }
}

impl<S> Clone for Row<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Row<S> {}

impl<S: Scene> Row<S> {
    /// The contest of this row.
    pub fn contest<'a>(&self, scene: &'a S) -> Contest<'a> {
        (self.contest)(scene)
    }

    /// The lines that this row adds to the report.
    pub fn lines(&self, scene: &S, rounds: &Rounds) -> Result<Vec<Line>, Disagreement> {
        let verdicts = self.contest(scene).run(rounds)?;
        Ok(verdicts
            .into_iter()
            .map(|verdict| Line { row: self.name, rows: scene.rows(), verdict })
            .collect())
    }
}

/// Two fields of a user.
#[inline]
fn two_of_user(row: &User) -> u64 {
    (row.balance as u64).wrapping_add(u64::from(row.age))
}

/// Two fields of an order.
#[inline]
fn two_of_order(row: &Order) -> u64 {
    (row.amount as u64).wrapping_add(u64::from(row.quantity))
}

/// A field of each, so that the parent takes part.
#[inline]
fn two_of_pair(order: &Order, user: &User) -> u64 {
    (order.amount as u64).wrapping_mul(u64::from(user.age))
}

/// Sums words, whatever they are: a checksum may wrap.
trait Digest: Iterator<Item = u64> + Sized {
    #[inline]
    fn digest(self) -> u64 {
        self.fold(0, u64::wrapping_add)
    }
}

impl<I: Iterator<Item = u64>> Digest for I {}

/// A lap that reads something for each key.
fn each<'k, K>(keys: &'k [K], read: impl FnMut(&'k K) -> u64) -> Lap {
    Lap::timed(keys.len(), || keys.iter().map(read).digest())
}

/// A lap that does the same thing several times; once is so many operations.
fn repeat(times: usize, operations: usize, mut run: impl FnMut() -> u64) -> Lap {
    Lap::timed(times * operations, || (0..times).map(|_| run()).digest())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::LEAST_ROWS;
    use std::collections::HashSet;

    fn finishes<S: Scene>(row: &Row<S>, scene: &S) {
        let lines = row
            .lines(scene, &Rounds::exactly(1))
            .unwrap_or_else(|error| panic!("{}: {error}", row.name));
        assert_eq!(lines[0].rows, scene.rows());
        for verdict in lines.iter().map(|line| line.verdict) {
            assert!(verdict.theirs > 0.0 && verdict.ours > 0.0, "{}: {verdict:?}", row.name);
        }
    }

    #[test]
    fn every_row_is_a_contest_that_all_finish_alike() {
        let stage = Stage::new(LEAST_ROWS);
        rows().chain(ARCHIVE).for_each(|row| finishes(&row, &stage));
    }

    #[test]
    fn every_query_of_tpch_has_the_answer_of_sqlite() {
        let warehouse = Warehouse::new(0.01);
        TPCH.iter().for_each(|row| finishes(row, &warehouse));
    }

    #[test]
    fn rows_have_names_of_their_own() {
        let names = rows().map(|row| row.name).chain(TPCH.iter().map(|row| row.name));
        let names: Vec<_> = names.collect();
        assert_eq!(names.len(), 50);
        assert_eq!(names.into_iter().collect::<HashSet<_>>().len(), 50);
    }
}
