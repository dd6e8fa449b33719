//! What can go wrong with files, said with the file, the place, and what to do.

use std::io::{self, ErrorKind};
use std::sync::Arc;

/// The result of nearly everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why files could not be read or written. Cheap to clone: several threads may wait for the same sync.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The medium or the operating system refused.
    #[error("{operation} `{file}` failed: {source}")]
    Io {
        /// The file; empty for the directory.
        file: String,
        /// What was being done, as in "reading".
        operation: &'static str,
        /// As the operating system says it.
        source: Arc<io::Error>,
    },
    /// There is no space left, or a quota or limit is reached. Nothing was logged; it works again once there is space.
    #[error(
        "no space left for `{file}` ({source}): nothing of this was written, free some space and try again"
    )]
    NoSpace {
        /// The file.
        file: String,
        /// As the operating system says it.
        source: Arc<io::Error>,
    },
    /// A file has been damaged. Nothing was changed.
    #[error(
        "`{file}` is damaged at byte {offset}: {what}. Nothing was changed; restore the directory from a backup"
    )]
    Corrupt {
        /// The file.
        file: String,
        /// Where in it.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// Commits are missing between two files of the log, or before the first. Nothing was changed.
    #[error(
        "the log has a gap: commits {first} to {last} are missing before `{file}`. Nothing was changed; restore the missing file, or the directory from a backup"
    )]
    Gap {
        /// The file behind the gap.
        file: String,
        /// The first commit that is missing, by its sequence.
        first: u64,
        /// The last one.
        last: u64,
    },
    /// A file is not what its name says, or belongs to another database. Nothing was changed.
    #[error("`{file}` is not of this database: {what}. Nothing was changed; move the file away")]
    Foreign {
        /// The file.
        file: String,
        /// What is wrong.
        what: String,
    },
    /// A file was written by a newer version of bondstone. Nothing was changed.
    #[error(
        "`{file}` has format {found}, newer than {known}: open it with a newer version of bondstone"
    )]
    NewerFormat {
        /// The file.
        file: String,
        /// The format of the file.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// Someone else has the directory open, in another process or in this one.
    #[error("the database is open already, in this process or another: close it there first")]
    AlreadyOpen,
    /// An earlier failure left the log in a state that only opening it again can find out. Reading goes on.
    #[error("nothing can be committed any more since {why}: reopen the database")]
    Poisoned {
        /// What happened.
        why: Arc<str>,
    },
    /// The commit is in the log, but a failure came before it was known to be durable. It is not published. After
    /// reopening it is there as a whole, or absent.
    #[error("whether this commit is durable is unknown since {why}: reopen the database and look")]
    DurabilityUnknown {
        /// What happened.
        why: Arc<str>,
    },
    /// The process was forked after the database was opened: it belongs to the parent.
    #[error(
        "this process was forked from the one that opened the database: open it anew here, after the other closed it"
    )]
    Forked,
    /// The log was closed.
    #[error("the database is closed")]
    Closed,
    /// A commit is larger than a frame can be.
    #[error(
        "one commit of {bytes} bytes is too large, 4 GiB is the limit: commit in several parts"
    )]
    TooLarge {
        /// Its bytes.
        bytes: u64,
    },
    /// Versions have to grow from commit to commit; or nothing was ever committed with this one.
    #[error("version {version} is out of order, the last one is {last}")]
    Version {
        /// The version.
        version: u64,
        /// The last one that was logged.
        last: u64,
    },
}

impl Error {
    /// An error of the operating system, with its place.
    pub(crate) fn io(
        operation: &'static str,
        file: impl Into<String>,
    ) -> impl FnOnce(io::Error) -> Self {
        let file = file.into();
        move |source| {
            let source = Arc::new(source);
            match source.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                    Self::NoSpace { file, source }
                }
                _ => Self::Io { file, operation, source },
            }
        }
    }

    pub(crate) fn corrupt(file: &str, offset: u64, what: impl Into<String>) -> Self {
        Self::Corrupt { file: file.to_owned(), offset, what: what.into() }
    }
}
