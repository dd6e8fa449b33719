//! A segment of the log: its name and its header.
//!
//! ```text
//!  0       8        12         16         32      40      48        56       60       64
//!  ┌───────┬────────┬──────────┬──────────┬───────┬───────┬─────────┬────────┬────────┬────────┐
//!  │ magic │ format │ checksum │ database │ epoch │ first │ version │ before │ length │ schema │
//!  └───────┴────────┴──────────┴──────────┴───────┴───────┴─────────┴────────┴────────┴────────┘
//! ```
//!
//! Little-endian. `first` is the sequence of the first frame, and everything before it was synced when the segment was
//! made; `version` is that of the last frame before it, `before` its checksum (0: not known). `length` counts the
//! schema's bytes. The checksum is the crc32c of the whole header but for itself, and with it begins the chain of frames.

use crate::error::{Error, Result};
use crate::frame::{u32_at, u64_at};
use crate::vfs::{File, Vfs};

/// The version of the log's format that is written here.
pub const FORMAT: u32 = 1;

const MAGIC: [u8; 8] = *b"bondlog\n";

/// Bytes of a header before its schema.
const FIXED: usize = 64;

/// No sequence is greater, so that counting never overflows.
const LAST: u64 = 1 << 62;

const SEALED: &str = ".sealed";
pub(super) const NEW: &str = ".new";

/// What a segment says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The database that it belongs to.
    pub database: u128,
    /// Another number for each segment, so that frames of one do not pass in another.
    pub epoch: u64,
    /// The sequence of its first frame.
    pub first: u64,
    /// The version of the last frame before it.
    pub version: u64,
    /// The checksum of the last frame before it; 0 if it is not known.
    pub before: u32,
    /// What its payloads mean.
    pub schema: Vec<u8>,
}

impl Header {
    /// The header as bytes, and its checksum.
    pub(super) fn write(&self) -> Result<(Vec<u8>, u32)> {
        let length = self.schema.len();
        let length = u32::try_from(length).map_err(|_| Error::TooLarge { bytes: length as u64 })?;
        let mut bytes = Vec::with_capacity(FIXED + self.schema.len());
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&self.database.to_le_bytes());
        bytes.extend_from_slice(&self.epoch.to_le_bytes());
        bytes.extend_from_slice(&self.first.to_le_bytes());
        bytes.extend_from_slice(&self.version.to_le_bytes());
        bytes.extend_from_slice(&self.before.to_le_bytes());
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&self.schema);
        let checksum = checksum(&bytes);
        bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
        Ok((bytes, checksum))
    }

    /// Reads and checks the header of a segment. Gives its bytes and its checksum as well.
    pub(super) fn read(segment: &Segment, file: &dyn File) -> Result<(Self, u64, u32)> {
        let name = &segment.name;
        let read =
            |bytes: &mut [u8]| file.read_exact_at(bytes, 0).map_err(Error::io("reading", name));
        let available = file.len().map_err(Error::io("reading the length of", name))?;
        if available < FIXED as u64 {
            return Err(Error::corrupt(name, available, "it ends within its header"));
        }
        let mut bytes = vec![0; FIXED];
        read(&mut bytes)?;
        if bytes[..8] != MAGIC {
            let what = "it does not begin as a log does".to_owned();
            return Err(Error::Foreign { file: name.clone(), what });
        }
        let found = u32_at(&bytes, 8);
        if found > FORMAT {
            return Err(Error::NewerFormat { file: name.clone(), found, known: FORMAT });
        }
        let length = u64::from(u32_at(&bytes, 60));
        if length > available - FIXED as u64 {
            return Err(Error::corrupt(name, 60, "its header is longer than the file"));
        }
        bytes.resize(FIXED + length as usize, 0);
        read(&mut bytes)?;
        let expected = u32_at(&bytes, 12);
        let found = checksum(&bytes);
        if found != expected {
            let what = format!("the header's checksum is {found:08x} instead of {expected:08x}");
            return Err(Error::corrupt(name, 12, what));
        }
        let header = Self {
            database: u128::from(u64_at(&bytes, 24)) << 64 | u128::from(u64_at(&bytes, 16)),
            epoch: u64_at(&bytes, 32),
            first: u64_at(&bytes, 40),
            version: u64_at(&bytes, 48),
            before: u32_at(&bytes, 56),
            schema: bytes[FIXED..].to_vec(),
        };
        if header.first > LAST {
            return Err(Error::corrupt(name, 40, "no log has so many commits"));
        }
        if header.first != segment.first {
            let what = format!("it is the segment that begins with commit {}", header.first);
            return Err(Error::Foreign { file: name.clone(), what });
        }
        Ok((header, bytes.len() as u64, expected))
    }
}

fn checksum(header: &[u8]) -> u32 {
    let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc32Iscsi);
    digest.update(&header[..12]);
    digest.update(&header[16..]);
    digest.finalize() as u32
}

/// A segment by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Segment {
    pub first: u64,
    /// Not sealed comes last: it replaced a sealed one that held nothing.
    open: bool,
    pub name: String,
}

impl Segment {
    pub fn new(first: u64) -> Self {
        Self { first, open: true, name: format!("log-{first:016}") }
    }

    /// The same one after closing.
    pub fn sealed(&self) -> Self {
        let name = format!("{}{SEALED}", Self::new(self.first).name);
        Self { first: self.first, open: false, name }
    }

    pub fn is_sealed(&self) -> bool {
        !self.open
    }

    fn parse(name: &str) -> Option<Self> {
        let (digits, sealed) = match name.strip_suffix(SEALED) {
            Some(rest) => (rest, true),
            None => (name, false),
        };
        let segment = Self::new(digits.strip_prefix("log-")?.parse().ok()?);
        let segment = if sealed { segment.sealed() } else { segment };
        // One number has one name.
        (segment.name == name && segment.first > 0).then_some(segment)
    }
}

/// All segments, in order.
pub(super) fn list(vfs: &dyn Vfs) -> Result<Vec<Segment>> {
    let names = vfs.list().map_err(Error::io("listing the directory of", "log"))?;
    let mut segments: Vec<_> = names.iter().filter_map(|name| Segment::parse(name)).collect();
    segments.sort_unstable();
    Ok(segments)
}

/// How many of the segments hold only commits before `sequence`: those behind which another begins early enough.
pub(super) fn superseded(segments: &[Segment], sequence: u64) -> usize {
    segments.iter().skip(1).take_while(|next| next.first <= sequence).count()
}

/// Writes a file that has no name yet, but `name.new`, and syncs it. On an error nothing is left of it.
pub(super) fn draft(
    vfs: &dyn Vfs,
    name: &str,
    write: impl FnOnce(&dyn File) -> Result<()>,
) -> Result<(Box<dyn File>, String)> {
    let draft = format!("{name}{NEW}");
    let file = match vfs.create(&draft) {
        // Left over from a crash.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            vfs.remove(&draft).map_err(Error::io("removing", &draft))?;
            vfs.create(&draft)
        }
        created => created,
    };
    let file = file.map_err(Error::io("creating", &draft))?;
    let synced = write(&*file).and_then(|()| {
        if crate::canary::canary!(SkipSegmentSync) {
            return Ok(());
        }
        file.sync().map_err(Error::io("syncing", &draft))
    });
    match synced {
        Ok(()) => Ok((file, draft)),
        Err(error) => {
            // If this fails too, whoever drafts next removes it.
            let _ = vfs.remove(&draft);
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_has_one_name() {
        let names = ["log-0000000000000042", "log-0000000000000042.sealed"];
        for name in names {
            assert_eq!(Segment::parse(name).unwrap().name, name);
        }
        let large = Segment::new(u64::MAX);
        assert_eq!(Segment::parse(&large.name), Some(large));
        for name in ["log-42", "log-0000000000000000", "log-0000000000000042.new", "log-", "lock"] {
            assert_eq!(Segment::parse(name), None, "{name}");
        }
        let mut segments = [Segment::new(9), Segment::new(9).sealed(), Segment::new(3)];
        segments.sort();
        assert_eq!(segments.map(|s| (s.first, s.is_sealed())), [(3, false), (9, true), (9, false)]);
    }

    #[test]
    fn what_the_next_segment_begins_early_enough_for_is_superseded() {
        let segments = [1, 5, 9].map(Segment::new);
        let count = |sequence| superseded(&segments, sequence);
        assert_eq!([1, 4, 5, 8, 9, 99].map(count), [0, 0, 1, 1, 2, 2]);
        assert_eq!(superseded(&[], 1), 0);
    }
}
