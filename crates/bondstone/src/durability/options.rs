//! How a database with files is opened.

use std::sync::Arc;
use std::time::Duration;

use super::Level;

/// What a database with files may be told before it is opened.
pub(crate) struct Options {
    pub(crate) level: Level,
    pub(crate) background: bool,
    /// Bytes of log after which a checkpoint is due.
    pub(crate) checkpoint_at: u64,
    /// Time after which a checkpoint is due, if anything was committed.
    pub(crate) checkpoint_every: Option<Duration>,
    /// How long commits that are not synced wait for the background to do it.
    pub(crate) sync_every: Duration,
    pub(crate) segment_bytes: u64,
    pub(crate) threads: usize,
    #[cfg(feature = "lz4")]
    pub(crate) compress: bool,
    pub(crate) progress: Option<ProgressListener>,
}

pub(crate) type ProgressListener = Arc<dyn Fn(Progress<'_>) + Send + Sync>;

impl Default for Options {
    fn default() -> Self {
        Self {
            level: Level::Sync,
            background: true,
            checkpoint_at: 64 << 20,
            checkpoint_every: Some(Duration::from_secs(15 * 60)),
            sync_every: Duration::from_secs(1),
            segment_bytes: 64 << 20,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            #[cfg(feature = "lz4")]
            compress: false,
            progress: None,
        }
    }
}

impl Options {
    pub(crate) fn report(&self, progress: Progress<'_>) {
        if let Some(listener) = &self.progress {
            listener(progress);
        }
    }
}

/// How far long work is: given to what [`Builder::on_progress`](crate::Builder::on_progress) was told to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// Rows of a table were read from a snapshot while opening: so many of so many.
    Loading {
        /// The table.
        table: &'a str,
        /// Rows read.
        done: u64,
        /// Rows there are.
        total: u64,
    },
    /// Commits were read from the log while opening.
    Replaying {
        /// Commits read.
        commits: u64,
    },
    /// All rows are there; indexes, relations and constraints are being built and checked.
    Indexing,
    /// Rows of a table were written to a snapshot: so many of so many.
    Writing {
        /// The table.
        table: &'a str,
        /// Rows written.
        done: u64,
        /// Rows there are.
        total: u64,
    },
}
