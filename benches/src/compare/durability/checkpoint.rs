//! All rows into a file: how long that takes, and how large it becomes.

use super::{DUMP, Filed, KEPT, REDB, compressed, filed, place};
use crate::compare::SQLITE;
use crate::dump;
use crate::measure::{Contest, Figure, Lap, timed};
use crate::model::User;
use crate::record::rows_of;
use crate::scratch::bytes_within;
use crate::sqlite::{Lite, Synchronous};
use crate::stage::{Market, Stage};
use crate::trees::Trees;
use bondstone::{Database, Id};
use std::fs;
use std::path::Path;

/// Ours, with snapshots that are compressed.
const COMPRESSED: &str = "compressed";

/// A checkpoint of users, orders, items, products and categories, after a commit. SQLite makes a
/// compact copy; the hand-written store writes its dump. All sync what they have written, and only
/// ours reads it back. One operation is a row.
pub fn checkpoint(stage: &Stage) -> Contest<'_> {
    let Market { store, database, .. } = stage.market();
    let (plain, small, dumps) =
        (filed(stage, database), compressed(stage, database), stage.scratch());
    let lite = stage.scratch().hold(|files| {
        drop(Lite::holding_in(&files.join("file"), &database.read()));
        Lite::open(&files.join("file"), Synchronous::Full)
    });
    Contest::new(move || of_ours(&plain))
        .against(DUMP, move || lap(|| dump::write(store, &dumps.join("dump")).expect(KEPT)))
        .against(COMPRESSED, move || of_ours(&small))
        .against_slow(SQLITE, move || {
            let copy = lite.files().join("copy");
            let (cost, ()) = timed(|| lite.vacuum_into(&copy));
            let rows = Lite::open(&copy, Synchronous::Off).count();
            fs::remove_file(copy).expect(KEPT);
            Lap { cost, operations: rows as usize, checksum: rows }
        })
}

fn of_ours(database: &Filed) -> Lap {
    let first = Id::<User>::from_u64(1).expect("ids begin with 1");
    let changed = database.write(|tx| tx.update(first, |row| row.balance += 1).map(drop));
    changed.expect("the first user exists");
    lap(|| database.checkpoint().expect(KEPT).rows)
}

/// A lap that says how many rows it has written.
fn lap(write: impl FnOnce() -> u64) -> Lap {
    let (cost, rows) = timed(write);
    Lap { cost, operations: rows as usize, checksum: rows }
}

/// The file of a checkpoint, divided by its rows. SQLite's and redb's are compact; those of redb and
/// the dump have no indexes.
pub fn bytes_on_disk(stage: &Stage) -> Contest<'_> {
    bytes(stage, filed)
}

/// The same, where ours is compressed.
pub fn bytes_on_disk_lz4(stage: &Stage) -> Contest<'_> {
    bytes(stage, compressed)
}

fn bytes(stage: &Stage, ours: fn(&Stage, &Database) -> Filed) -> Contest<'_> {
    let Market { store, database, .. } = stage.market();
    let rows = rows_of(store);
    let lap = move |bytes: u64| Lap { cost: bytes as f64, operations: rows, checksum: 0 };
    let length = |path: &Path| fs::metadata(path).expect(KEPT).len();
    Contest::new(move || {
        let ours = ours(stage, database);
        let written = ours.checkpoint().expect(KEPT).bytes;
        let found = bytes_within(&place(ours.files()), "snapshot-");
        assert_eq!(written, found, "one snapshot is left");
        lap(found)
    })
    .against(SQLITE, move || {
        let files = stage.scratch();
        let lite = Lite::holding_in(&files.join("file"), &database.read());
        lite.vacuum_into(&files.join("copy"));
        lap(length(&files.join("copy")))
    })
    .against(REDB, move || {
        let files = stage.scratch();
        drop(Trees::holding(&database.read(), &files.join("trees")));
        lap(length(&files.join("trees")))
    })
    .against(DUMP, move || {
        let files = stage.scratch();
        dump::write(store, &files.join("dump")).expect(KEPT);
        lap(length(&files.join("dump")))
    })
    .for_figure(Figure::Bytes)
}
