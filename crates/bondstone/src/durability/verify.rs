//! Are the files of a database whole? Asked without its models.

use std::path::Path;
use std::sync::Arc;

use bondstone_persist::Error as FilesError;
use bondstone_persist::generation;
use bondstone_persist::log::{Cut, LogReader};
use bondstone_persist::schema::StoredSchema;
use bondstone_persist::vfs::{self, OsDirectory, Vfs};

use super::layout;
use super::reading::corrupt;
use crate::error::Result;

/// What was found: what [`verify`] gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    snapshot: Option<u64>,
    rows: u64,
    commits: u64,
    cut: Option<Cut>,
    sealed: bool,
}

impl Verified {
    /// The version of the snapshot, if there is one.
    #[must_use]
    pub const fn snapshot(&self) -> Option<u64> {
        self.snapshot
    }

    /// Rows in the snapshot.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Commits in the log, after the snapshot.
    #[must_use]
    pub const fn commits(&self) -> u64 {
        self.commits
    }

    /// What the next opening would cut off the end of the log, as it was never known to be safe.
    #[must_use]
    pub const fn cut(&self) -> Option<&Cut> {
        self.cut.as_ref()
    }

    /// Was the database closed? Then nothing can be missing.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.sealed
    }
}

/// Reads every byte of a database's files and compares checksums, chain and digest, and reads each commit by the schema that
/// stands in the file. Changes nothing, and needs no models: whether rows keep the models' rules is asked by opening. O(bytes).
///
/// # Errors
/// [`Error::Durability`](crate::Error::Durability): what is wrong, with file and offset; or the database is open.
pub fn verify(directory: impl AsRef<Path>) -> Result<Verified> {
    let directory = directory.as_ref();
    let vfs = OsDirectory::open(directory, false)
        .map_err(|error| FilesError::at("opening", &directory.display().to_string(), error))?;
    verify_in(vfs)
}

/// As [`verify`], on a file system of another kind.
///
/// # Errors
/// As for [`verify`].
pub fn verify_in(vfs: impl Vfs) -> Result<Verified> {
    let vfs: Arc<dyn Vfs> = Arc::new(vfs);
    let _lock = vfs::lock(&*vfs)?;
    let mut found = Verified::default();
    let (mut sequence, mut version) = (0, 0);
    let generation = generation::find(&*vfs)?;
    if let Some(damage) = generation.damaged {
        return Err(damage.into());
    }
    if let Some((_, snapshot)) = generation.newest {
        let header = snapshot.header();
        (sequence, version) = (header.sequence, header.version);
        found.snapshot = Some(version);
        found.rows = snapshot.tables().iter().map(|table| table.rows).sum();
    }
    let mut reader = LogReader::open(Arc::clone(&vfs), sequence + 1)?;
    while let Some(frame) = reader.next()? {
        let header = frame.header;
        let schema = StoredSchema::from_bytes(&header.schema);
        let schema = schema.map_err(|damage| corrupt(header, header.first, &damage))?;
        layout::pass_over_record(&schema, frame.payload)
            .map_err(|malformed| corrupt(header, frame.sequence, &malformed))?;
        found.commits += u64::from(frame.version > version);
    }
    let end = reader.finish()?;
    (found.cut, found.sealed) = (end.cut, end.sealed);
    Ok(found)
}
