//! Which snapshot counts.
//!
//! ```text
//! snapshot-0000000000000042        everything up to version 42
//! snapshot-0000000000000042.new    one that is being written; nothing until it has its name
//! ```
//!
//! A snapshot that is written is synced and read back, all of it, before it gets its name: it may replace one of the same
//! version, by another schema. It counts when its name is durable; only after that the one before it, and the log that it
//! holds, are not needed any more. So at every moment there is a
//! whole snapshot, or the whole log.

use std::io::ErrorKind;

use crate::canary::canary;
use crate::error::{Error, Result};
use crate::log;
use crate::snapshot::{FORMAT, SnapshotError, SnapshotReader};
use crate::vfs::{File, Vfs};

const PREFIX: &str = "snapshot-";
const NEW: &str = ".new";

/// What there is of snapshots.
pub struct Generation {
    /// The newest one that is whole, and its file's name.
    pub newest: Option<(String, SnapshotReader)>,
    /// What is wrong with the newest file, if that is another one.
    pub damaged: Option<Error>,
}

/// The name of the snapshot of a version.
#[must_use]
pub fn name_of(version: u64) -> String {
    format!("{PREFIX}{version:016}")
}

fn version_of(name: &str) -> Option<u64> {
    let version = name.strip_prefix(PREFIX)?.parse().ok()?;
    // One number has one name.
    (name_of(version) == name).then_some(version)
}

/// The names of all snapshots, the oldest first.
fn list(vfs: &dyn Vfs) -> Result<Vec<(u64, String)>> {
    let names = vfs.list().map_err(Error::io("listing the directory of", "snapshot"))?;
    let versioned = |name: String| Some((version_of(&name)?, name));
    let mut found: Vec<(u64, String)> = names.into_iter().filter_map(versioned).collect();
    found.sort_unstable();
    Ok(found)
}

/// Finds the newest snapshot that is whole. Reads all of it, and of newer ones that are not. O(bytes).
///
/// # Errors
/// [`Error::Io`] when a file cannot be read; [`Error::NewerFormat`]. A damaged file is no error here.
pub fn find(vfs: &dyn Vfs) -> Result<Generation> {
    let mut damaged = None;
    for (version, name) in list(vfs)?.into_iter().rev() {
        match read(vfs, version, &name) {
            Ok(snapshot) => return Ok(Generation { newest: Some((name, snapshot)), damaged }),
            Err(error @ (Error::Corrupt { .. } | Error::Foreign { .. })) => {
                damaged.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Generation { newest: None, damaged })
}

/// Opens a snapshot and reads all of it.
fn read(vfs: &dyn Vfs, version: u64, name: &str) -> Result<SnapshotReader> {
    let file = vfs.open(name).map_err(Error::io("opening", name))?;
    let snapshot = SnapshotReader::open(file).map_err(|error| error.in_file("reading", name))?;
    if snapshot.header().version != version {
        let what = format!("it is the snapshot of version {}", snapshot.header().version);
        return Err(Error::Foreign { file: name.to_owned(), what });
    }
    snapshot.verify().map_err(|error| error.in_file("reading", name))?;
    Ok(snapshot)
}

/// Writes a snapshot by `write`, reads it back, and gives it its name. When this returns, older ones and the log that it
/// holds may go. On an error all is as it was.
///
/// # Errors
/// What `write` says; [`Error::Io`], [`Error::NoSpace`]; [`Error::Corrupt`] when what was read back is something else.
pub fn write<E: From<Error>>(
    vfs: &dyn Vfs,
    version: u64,
    write: impl FnOnce(&dyn File) -> Result<(), E>,
) -> Result<SnapshotReader, E> {
    let name = name_of(version);
    if canary!(DropOldSnapshotFirst) {
        remove_before(vfs, version)?;
    }
    let (_, draft) = log::draft(vfs, &name, canary!(SkipSnapshotSync), write)?;
    let written = read(vfs, version, &draft)?;
    vfs.rename(&draft, &name).map_err(Error::io("renaming", &draft))?;
    if !canary!(SkipDirSyncAtRename) {
        vfs.sync_dir().map_err(Error::io("syncing the directory of", &name))?;
    }
    Ok(written)
}

/// Removes snapshots before that of a version, and what is left of any that were never finished.
///
/// # Errors
/// [`Error::Io`]; some may be gone then, the others can be removed later.
pub fn remove_before(vfs: &dyn Vfs, version: u64) -> Result<()> {
    let names = vfs.list().map_err(Error::io("listing the directory of", "snapshot"))?;
    let drafts =
        names.into_iter().filter(|name| name.strip_suffix(NEW).and_then(version_of).is_some());
    let older = list(vfs)?.into_iter().filter(|(other, _)| *other < version).map(|(_, name)| name);
    let mut removed = false;
    for name in older.chain(drafts) {
        match vfs.remove(&name) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            outcome => outcome.map_err(Error::io("removing", &name))?,
        }
        removed = true;
    }
    if removed {
        vfs.sync_dir().map_err(Error::io("syncing the directory of", "snapshot"))?;
    }
    Ok(())
}

impl SnapshotError {
    /// The same, with the file's name.
    #[must_use]
    pub fn in_file(self, operation: &'static str, file: &str) -> Error {
        match self {
            Self::Io(error) => Error::io(operation, file)(error),
            Self::Corrupt { offset, what } => {
                Error::Corrupt { file: file.to_owned(), offset, what }
            }
            Self::Format(found) if found > FORMAT => {
                Error::NewerFormat { file: file.to_owned(), found, known: FORMAT }
            }
            Self::Format(_) => Error::Foreign { file: file.to_owned(), what: self.to_string() },
            Self::Foreign(what) => Error::Foreign { file: file.to_owned(), what },
            Self::Unwritable(_) | Self::Order(_) => {
                Error::Corrupt { file: file.to_owned(), offset: 0, what: self.to_string() }
            }
        }
    }
}
