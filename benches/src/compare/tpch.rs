//! The ten queries of TPC-H, as builder expressions beside SQL. One operation is a query.

use super::SQLITE;
use crate::measure::{Contest, Lap, timed};
use crate::stage::Warehouse;
use bondstone::View;
use bondstone_tpch::{queries, sql};
use rusqlite::Connection;

/// A query that both answer. The answers are compared as such, since averages are floats: the
/// checksum of a lap is whether its answer is SQLite's.
fn contest<'a, A: PartialEq + 'a>(
    Warehouse { database, sqlite, .. }: &'a Warehouse,
    ours: impl Fn(&View) -> A + 'a,
    theirs: impl Fn(&Connection) -> rusqlite::Result<A> + 'a,
) -> Contest<'a> {
    let theirs = move || theirs(sqlite).expect("SQLite answers");
    let known = theirs();
    Contest::new(move || {
        let snap = database.read();
        let (cost, answer) = timed(|| ours(&snap));
        Lap { cost, operations: 1, checksum: u64::from(answer == known) }
    })
    .against_slow(SQLITE, move || {
        let (cost, _) = timed(&theirs);
        Lap { cost, operations: 1, checksum: 1 }
    })
}

macro_rules! contests {
    ($($query:ident),+) => {$(
        pub fn $query(warehouse: &Warehouse) -> Contest<'_> {
            contest(warehouse, queries::$query, sql::$query)
        }
    )+};
}

contests!(q1, q3, q4, q5, q6, q10, q12, q14, q18, q22);
