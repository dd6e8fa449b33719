//! What is kept: checkpoints, opening, replay, and commits at each level.
//!
//! Files are in directories of their own, on the disk that `--dir` names, and in the page cache of
//! the operating system, on all sides: nobody reads from the medium. Only what is synced waits for it.

mod checkpoint;
mod commit;
mod open;

use crate::model::User;
use crate::scratch::{Held, Scratch};
use crate::stage::Stage;
use bondstone::{Builder, Database};
use std::path::PathBuf;

pub use checkpoint::{bytes_on_disk, bytes_on_disk_lz4, checkpoint};
pub use commit::{
    commit_buffered, commit_memory, commit_sync_1_thread, commit_sync_4_threads,
    commit_sync_16_threads,
};
pub use open::{open, replay};

/// The name of the hand-written dump in tables.
const DUMP: &str = "dump";
/// The name of redb in tables.
const REDB: &str = "redb";

/// What goes wrong otherwise is the disk's doing.
const KEPT: &str = "the disk keeps what it is given";

/// Ours, with files.
pub(super) type Filed = Held<Database>;

/// The rows of another database, in files.
pub(super) fn filed(stage: &Stage, rows: &Database) -> Filed {
    filed_as(stage, rows, |builder| builder)
}

/// The same, with compressed snapshots.
fn compressed(stage: &Stage, rows: &Database) -> Filed {
    filed_as(stage, rows, |builder| builder.compress(true))
}

fn filed_as(stage: &Stage, rows: &Database, settle: impl Fn(Builder) -> Builder) -> Filed {
    stage.scratch().hold(|files| {
        rows.backup(place(files)).expect(KEPT);
        settle(builder()).open(place(files)).expect(KEPT)
    })
}

/// Its files, after it was closed.
fn closed(filed: Filed) -> Scratch {
    filed.end(|database| database.close().expect(KEPT))
}

/// Nothing happens by itself: what is measured is asked for.
fn builder() -> Builder {
    Database::builder().models::<User>().background(false)
}

/// The directory of ours among its files.
fn place(files: &Scratch) -> PathBuf {
    files.join("ours")
}
