//! What was found in the files.

use std::fmt;
use std::time::Duration;

use bondstone_persist::log::Cut;

/// What opening a database found, and how long it took. Asked for by [`Database::opened`](crate::Database::opened); its
/// `Display` is a line for a log.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    pub(super) rows: usize,
    pub(super) snapshot: Option<u64>,
    pub(super) commits: u64,
    pub(super) cut: Option<Cut>,
    pub(super) changes: Vec<String>,
    pub(super) took: Duration,
    pub(super) damaged: Option<String>,
}

impl Opened {
    /// Rows in all tables.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// The version of the snapshot that was read, if there was one.
    #[must_use]
    pub const fn snapshot(&self) -> Option<u64> {
        self.snapshot
    }

    /// Commits that were read from the log, after the snapshot.
    #[must_use]
    pub const fn commits(&self) -> u64 {
        self.commits
    }

    /// The end of the log that was torn and cut: commits that were never known to be safe. `None` after a clean stop.
    #[must_use]
    pub const fn cut(&self) -> Option<&Cut> {
        self.cut.as_ref()
    }

    /// What the files' models and the program's differ in, a line for each, as it was carried over. Empty as a rule.
    #[must_use]
    pub fn changes(&self) -> &[String] {
        &self.changes
    }

    /// The newest snapshot, if it was damaged: then everything was read from the one before and the log.
    #[must_use]
    pub fn damaged_snapshot(&self) -> Option<&str> {
        self.damaged.as_deref()
    }

    /// How long it took, indexes, relations and constraints included.
    #[must_use]
    pub const fn took(&self) -> Duration {
        self.took
    }
}

impl fmt::Display for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows in {:.1?}: ", self.rows, self.took)?;
        match self.snapshot {
            Some(version) => write!(f, "snapshot {version}, {} commits of the log", self.commits)?,
            None => write!(f, "no snapshot, {} commits of the log", self.commits)?,
        }
        if let Some(cut) = &self.cut {
            write!(
                f,
                "; {} torn bytes were cut off `{}` at byte {}",
                cut.bytes, cut.file, cut.offset
            )?;
        }
        if let Some(damage) = &self.damaged {
            write!(f, "; the newest snapshot is damaged: {damage}")?;
        }
        match self.changes.len() {
            0 => Ok(()),
            1 => write!(f, "; carried over: {}", self.changes[0]),
            count => write!(f, "; {count} changes carried over"),
        }
    }
}
