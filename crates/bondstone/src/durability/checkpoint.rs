//! A snapshot of all rows: a checkpoint, or a backup.
//!
//! 1. The log begins another segment; all before it is synced.
//! 2. A view is taken that has everything of the segments before. Readers and the writer go on.
//! 3. The view is written, table by table; the file is synced, named, and read back.
//! 4. Only then the snapshot before it goes, and the log that it holds.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bondstone_persist::Error as FilesError;
use bondstone_persist::codec::block::Compression;
use bondstone_persist::generation;
use bondstone_persist::schema::StoredSchema;
use bondstone_persist::snapshot::{Segment, SnapshotHeader, SnapshotWriter};
use bondstone_persist::vfs::{File, Vfs};
use bondstone_storage::Sight;

use super::journal::LastCheckpoint;
use super::{Options, Progress};
use crate::database::Inner;
use crate::error::{Error, Result};
use crate::view::View;

/// A snapshot that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The version that it holds.
    pub version: u64,
    /// Rows in all tables.
    pub rows: u64,
    /// Bytes of its file.
    pub bytes: u64,
}

/// Writes a snapshot beside the log.
pub(crate) fn write(database: &Arc<Inner>) -> Result<Checkpoint> {
    let Some(journal) = &database.journal else {
        return Err(Error::user("a database in memory has no files: `backup` copies it into some"));
    };
    let _one_at_a_time = journal.checkpoint.lock();
    journal.check()?;
    let counted = journal.logged.load(Ordering::Relaxed);
    // What is synced now, while others commit, they need not wait for when the segment ends.
    journal.flush()?;
    let position = journal.committer.rotate()?;
    // What was logged before is in the view: the log that has it goes when the view is written.
    journal.wait_position(&database.store, position)?;
    let view = View::of(Sight::snapshot(&database.store));
    let header = SnapshotHeader {
        database: journal.database,
        version: view.version(),
        sequence: position.sequence,
    };
    let done =
        Writing { database, view: &view, options: &journal.options }.run(&*journal.vfs, header)?;
    generation::remove_before(&*journal.vfs, done.version)?;
    journal.committer.remove_before(position.sequence + 1)?;
    journal.logged.fetch_sub(counted, Ordering::Relaxed);
    *journal.last_checkpoint.lock() =
        LastCheckpoint { at: journal.vfs.now(), version: done.version };
    Ok(done)
}

/// Copies the database into an empty directory.
pub(crate) fn copy(database: &Arc<Inner>, vfs: &dyn Vfs) -> Result<Checkpoint> {
    let names = vfs.list().map_err(|error| FilesError::at("listing", "the directory", error))?;
    if let Some(name) =
        names.iter().find(|name| name.starts_with("log-") || name.starts_with("snapshot-"))
    {
        return Err(Error::user(format!("there is a database in the directory already: `{name}`")));
    }
    let view = View::of(Sight::snapshot(&database.store));
    let number = u128::from(vfs.random()) << 64 | u128::from(vfs.random());
    let header = SnapshotHeader { database: number, version: view.version(), sequence: 0 };
    let options = Options::default();
    let options = database.journal.as_ref().map_or(&options, |journal| &journal.options);
    Writing { database, view: &view, options }.run(vfs, header)
}

/// A view being written.
struct Writing<'a> {
    database: &'a Inner,
    view: &'a View,
    options: &'a Options,
}

impl Writing<'_> {
    fn run(&self, vfs: &dyn Vfs, header: SnapshotHeader) -> Result<Checkpoint> {
        let written = generation::write(vfs, header.version, |file| self.write(file, header))?;
        let rows = written.tables().iter().map(|table| table.rows).sum();
        Ok(Checkpoint { version: header.version, rows, bytes: written.length() })
    }

    fn write(&self, file: &dyn File, header: SnapshotHeader) -> Result<()> {
        let name = generation::name_of(header.version);
        let failed =
            |error: bondstone_persist::snapshot::SnapshotError| error.in_file("writing", &name);
        let schema = StoredSchema::of(&self.database.schema);
        let compression = compression(self.options);
        let mut writer = SnapshotWriter::new(file, header, &schema, compression).map_err(failed)?;
        for (table, model) in schema.tables.iter().zip(self.database.models()) {
            let mut segment = Segment::new(table.columns.iter().map(|column| &column.shape));
            let total = model.count(self.view) as u64;
            let mut done = 0;
            model.write_rows(self.view, &mut segment, &mut |segment| {
                writer.segment(segment).map_err(failed)?;
                done += u64::from(segment.rows());
                segment.clear();
                self.options.report(Progress::Writing { table: model.table(), done, total });
                Ok(())
            })?;
            writer.finish_table(model.next_number(self.view)).map_err(failed)?;
        }
        writer.finish().map_err(failed)?;
        Ok(())
    }
}

#[cfg(feature = "lz4")]
const fn compression(options: &Options) -> Compression {
    if options.compress { Compression::Lz4 } else { Compression::None }
}

#[cfg(not(feature = "lz4"))]
const fn compression(_: &Options) -> Compression {
    Compression::None
}
