//! The log: every commit, in order, in segments.
//!
//! ```text
//! log-0000000000000001          commits 1 to 41; complete, since another one follows
//! log-0000000000000042          commits from 42 on; the newest one is appended to
//! log-0000000000000042.sealed   the same, after the database was closed
//! log-0000000000000042.new      a segment that is being made; nothing until it has its name
//! ```
//!
//! A segment is a [header](Header) and [frames](crate::frame). It gets its name when its header is synced, and is used when
//! its name is durable; a segment is begun only when **all before it is synced**. Each open begins a segment of its own.
//!
//! # What is an end, and what is damage
//!
//! Frames that were not synced survive a power loss in any subset, torn anywhere. So where frame `s` is not what has to
//! follow (its checksum, its chain, its sequence), the log may just end there; or `s` was synced once, perhaps even
//! acknowledged, and has been damaged since. It is **damage**, and an error, if one of these proves that `s` was synced:
//!
//! 1. Another segment follows.
//! 2. The file's name says that the log was closed.
//! 3. Behind the place, at any byte, stands a frame of this segment that says `synced_through ≥ s`.
//!
//! Otherwise it is the **end**: the rest is [cut](Cut), which is reported, and nothing behind the place is ever used.
//!
//! *It never calls a torn tail damage.* A frame passes for one of this segment by the header's checksum, mixed into its
//! own; so its words were written by the writer of this segment, which said `synced_through ≥ s` only after a sync of `s`
//! had returned `Ok`. That holds wherever the frame's bytes turn up: behind a hole, in a block where the file had other bytes
//! before, or within a payload that quotes the log. The chain is not needed for it, which is well, since `s` is not
//! there to be compared with. Within one segment there is only one history: nothing is appended behind a cut, as the
//! next open begins another segment with another header.
//!
//! *It never takes damage for a torn tail, but where nobody can tell:* if `s` was synced, and any frame was written after
//! that sync, the frame says so. What was synced last has no later witness; there a damaged medium and a torn write look
//! the same, and it is cut and reported. A closed log has a witness for everything.
//!
//! # After an unclean stop
//!
//! What was read may be in the page cache only, and where a sync failed a later one says `Ok` without having written
//! anything. So the newest segment is [written anew](LogEnd::settle) up to its end, synced, and renamed over the
//! old one; only then the next segment begins.

mod reader;
mod segment;
mod writer;

pub use reader::{Cut, LogEnd, LogReader};
pub use segment::{FORMAT, Header};
pub use writer::{Flush, LogWriter, Origin, Settings, SyncJob};

use crate::error::{Error, Result};
use crate::vfs::Vfs;
use segment::Segment;
pub(crate) use segment::draft;

/// A place in the log, between two frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The sequence of the last frame before it; 0 before the first.
    pub sequence: u64,
    /// The version of that frame.
    pub version: u64,
    /// What the next segment has to follow: the checksum of that frame; 0 if it is not known, as after a snapshot.
    pub checksum: u32,
}

/// Removes all segments that hold only commits before `sequence`, never the newest. O(segments).
///
/// The oldest go first. Removals reach the medium in any order, which is well: whoever opens from `sequence` on does not
/// look at a segment if the next one begins early enough.
///
/// # Errors
/// [`Error::Io`]; some segments may be gone then, the others can be removed later.
pub fn remove_before(vfs: &dyn Vfs, sequence: u64) -> Result<()> {
    let segments = segment::list(vfs)?;
    let superseded = segment::superseded(&segments, sequence);
    for Segment { name, .. } in &segments[..superseded] {
        vfs.remove(name).map_err(Error::io("removing", name))?;
    }
    if superseded > 0 {
        vfs.sync_dir().map_err(Error::io("syncing the directory of", "log"))?;
    }
    Ok(())
}

/// The name of the segment that begins with a commit.
#[must_use]
pub fn name_of(first: u64) -> String {
    Segment::new(first).name
}

#[cfg(test)]
mod tests;
