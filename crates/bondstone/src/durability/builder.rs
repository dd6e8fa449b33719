//! A database with files: what its builder and its handle offer beyond those of one in memory.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bondstone_persist::Error as FilesError;
use bondstone_persist::vfs::{OsDirectory, Vfs};

use super::checkpoint::{self, Checkpoint};
use super::{Level, Opened, Progress, open};
use crate::database::{Builder, Database};
use crate::error::{Error, Result};
use crate::transaction::Tx;

impl Builder {
    /// The database in a directory, which is created where it is missing (its parent must be there): rows as they were, indexes,
    /// relations and constraints built and checked anew. O(rows × indexes).
    ///
    /// What the program's models and those of the files differ in is carried over where that is possible without guessing;
    /// see the guide. [`Database::opened`] tells what was found.
    ///
    /// ```
    /// # use bondstone::prelude::*;
    /// # #[derive(Clone, Debug, Model)]
    /// # struct User { #[key] id: Id<User>, email: String }
    /// # let dir = std::env::temp_dir().join(format!("bondstone-doc-open-{}", std::process::id()));
    /// let db = Database::builder().models::<User>().open(&dir)?;
    /// let ann = db.write(|tx| tx.insert(NewUser { email: "ann@x.org".into() }))?;
    /// drop(db);
    ///
    /// let db = Database::builder().models::<User>().open(&dir)?;
    /// assert_eq!(db.read()[ann].email, "ann@x.org");
    /// println!("{}", db.opened().unwrap());
    /// # db.close()?;
    /// # std::fs::remove_dir_all(dir).unwrap();
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Schema`] as for [`in_memory`](Builder::in_memory). [`Error::Durability`]: the directory is open already, a file is
    /// damaged or missing, the medium fails. [`Error::Refused`]: the rows do not fit the program's models. Files are as they were
    /// then.
    pub fn open(self, directory: impl AsRef<Path>) -> Result<Database> {
        self.open_in(directory_at(directory.as_ref())?)
    }

    /// As [`open`](Self::open), on a file system of another kind: the simulated one, in tests.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn open_in(self, vfs: impl Vfs) -> Result<Database> {
        open::open(self, Arc::new(vfs))
    }

    /// How safe commits are that do not say so themselves. [`Level::Sync`], unless said otherwise.
    #[must_use]
    pub const fn level(mut self, level: Level) -> Self {
        self.options.level = level;
        self
    }

    /// Does a thread in the background sync what waits, about once a second, and write checkpoints that are due? It does,
    /// unless said otherwise. Without it nothing happens by itself: see [`Database::flush`] and [`Database::checkpoint`].
    #[must_use]
    pub const fn background(mut self, background: bool) -> Self {
        self.options.background = background;
        self
    }

    /// Bytes of log after which a checkpoint is due. 64 MiB, unless said otherwise.
    #[must_use]
    pub const fn checkpoint_at(mut self, bytes: u64) -> Self {
        self.options.checkpoint_at = bytes;
        self
    }

    /// The time after which a checkpoint is due, if anything was committed since the last; `None`: never for that reason. A
    /// quarter of an hour, unless said otherwise.
    #[must_use]
    pub const fn checkpoint_every(mut self, time: Option<Duration>) -> Self {
        self.options.checkpoint_every = time;
        self
    }

    /// How large a file of the log becomes before the next is begun, in bytes. 64 MiB, unless said otherwise.
    #[must_use]
    pub const fn log_segment(mut self, bytes: u64) -> Self {
        self.options.segment_bytes = bytes;
        self
    }

    /// How many threads open the database, at most. As many as the machine has, unless said otherwise.
    #[must_use]
    pub const fn threads(mut self, threads: usize) -> Self {
        self.options.threads = threads;
        self
    }

    /// Are snapshots compressed (lz4)? They are not, unless said otherwise: half the size, and slower to write and to read.
    /// Whether they were does not matter for reading them.
    #[cfg(feature = "lz4")]
    #[must_use]
    pub const fn compress(mut self, compress: bool) -> Self {
        self.options.compress = compress;
        self
    }

    /// Is called while opening and checkpoints are under way: for a bar, or a line in a log. By the thread that works, so it should
    /// be quick, and must not panic.
    #[must_use]
    pub fn on_progress(mut self, listener: impl Fn(Progress<'_>) + Send + Sync + 'static) -> Self {
        self.options.progress = Some(Arc::new(listener));
        self
    }
}

/// A directory of the operating system, created where it is missing.
fn directory_at(path: &Path) -> Result<OsDirectory> {
    let opened = OsDirectory::open(path, true);
    Ok(opened.map_err(|error| FilesError::at("opening", &path.display().to_string(), error))?)
}

impl Database {
    /// As [`write`](Self::write), at a level of its own.
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    pub fn write_at<T>(&self, level: Level, work: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        self.run(work, Error::to_string, |tx| tx.commit_at(level))
    }

    /// The newest version that survives a power loss, with all before it. 0 in memory, where nothing does.
    #[must_use]
    pub fn durable_version(&self) -> u64 {
        self.inner.journal.as_ref().map_or(0, super::Journal::durable_version)
    }

    /// Makes everything durable that was committed so far. Waits for the medium. In memory there is nothing to do.
    ///
    /// # Errors
    /// [`Error::Durability`].
    pub fn flush(&self) -> Result<()> {
        self.inner.journal.as_ref().map_or(Ok(()), super::Journal::flush)
    }

    /// Writes a snapshot of all rows, so that the log before it is not needed any more, and removes that. Readers and the writer go
    /// on meanwhile. O(rows); memory for one segment of one table.
    ///
    /// ```
    /// # use bondstone::prelude::*;
    /// # #[derive(Clone, Debug, Model)]
    /// # struct User { #[key] id: Id<User>, email: String }
    /// # let dir = std::env::temp_dir().join(format!("bondstone-doc-checkpoint-{}", std::process::id()));
    /// # let db = Database::builder().models::<User>().open(&dir)?;
    /// db.write(|tx| tx.insert(NewUser { email: "ann@x.org".into() }))?;
    /// let done = db.checkpoint()?;
    /// println!("{} rows, {} bytes", done.rows, done.bytes);
    /// # db.close()?;
    /// # std::fs::remove_dir_all(dir).unwrap();
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Durability`]: the snapshot could not be written; the one before it and the log are as they were. In memory there is
    /// nowhere to write it to, which is an error too.
    pub fn checkpoint(&self) -> Result<Checkpoint> {
        checkpoint::write(&self.inner)
    }

    /// Copies the database into another directory, which is created, and must not have one in it. Readers and the writer go on
    /// meanwhile; the copy is the state at some moment of the call, and durable when it returns. Of a database in memory as well.
    ///
    /// # Errors
    /// [`Error::Durability`]; the copy is incomplete then, and cannot be opened.
    pub fn backup(&self, directory: impl AsRef<Path>) -> Result<Checkpoint> {
        self.backup_in(directory_at(directory.as_ref())?)
    }

    /// As [`backup`](Self::backup), to a file system of another kind.
    ///
    /// # Errors
    /// As for [`backup`](Self::backup).
    pub fn backup_in(&self, vfs: impl Vfs) -> Result<Checkpoint> {
        checkpoint::copy(&self.inner, &vfs)
    }

    /// What opening found; `None` in memory.
    #[must_use]
    pub fn opened(&self) -> Option<&Opened> {
        self.inner.journal.as_ref().map(super::Journal::opened)
    }

    /// Makes everything durable and seals the log: after that damage to any bit of it is told from a torn write. Other handles
    /// go on reading; nothing can be committed any more, and [feeds](Database::changes) end. Waits for the open transaction, and for a checkpoint that is being
    /// written. Then the directory can be opened again; of a database that is dropped the background may hold it a moment longer.
    ///
    /// A database that is not closed but dropped loses nothing that was acknowledged, as its levels say; errors are not told
    /// then.
    ///
    /// # Errors
    /// [`Error::Durability`]; [`Error::Reentrant`] inside a transaction of this thread.
    pub fn close(self) -> Result<()> {
        let Some(journal) = &self.inner.journal else { return Ok(()) };
        let closed = journal.close(&self.inner.store);
        if !matches!(closed, Err(Error::Reentrant)) {
            self.inner.feeds.end(&self.inner.store);
        }
        closed
    }
}
