//! Reading the log: frame after frame, and the judgement of what is no frame. The rule and why it is sound stand in
//! [`log`](super).
//!
//! Nothing is changed by reading. One stretch of a file is in memory: 256 KiB, or a frame that is longer, which is no
//! longer than its file.

use std::collections::VecDeque;
use std::sync::Arc;

use super::segment::{self, Segment};
use super::{Header, Position};
use crate::canary::canary;
use crate::error::{Error, Result};
use crate::frame::{self, Frame, Head, Kind};
use crate::vfs::{File, Vfs};

/// How much is read at once.
const STRETCH: u64 = 256 * 1024;

/// In the search for proof, as many bytes are checked as there are, so many times at most. More look like the beginning
/// of a frame in no file that was written here, and time has to be linear for any.
const CHECKED: u64 = 16;

/// A tail that was cut: frames, whole or torn, that were never known to be synced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The file that ends earlier now.
    pub file: String,
    /// Where it ends.
    pub offset: u64,
    /// How many bytes are not used.
    pub bytes: u64,
    /// The last commit before the cut.
    pub last_sequence: u64,
    /// What is wrong at that place.
    pub why: String,
}

/// What was found at the end of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEnd {
    /// The header of the newest segment; `None` where there is no log.
    pub header: Option<Header>,
    /// Behind the last commit. A log may end before what a snapshot holds; whoever goes on from the snapshot then begins at
    /// the snapshot's position.
    pub position: Position,
    /// The tail that is not used.
    pub cut: Option<Cut>,
    /// Was the log closed?
    pub sealed: bool,
    /// The newest segment and how many of its bytes are used, if they may be in no more than the page cache.
    unsettled: Option<(String, u64)>,
}

impl LogEnd {
    /// Writes what was read of the newest segment anew, without the tail that was cut, and makes it durable. After a clean
    /// stop there is nothing to do. O(bytes of the segment).
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::NoSpace`]: the log is as it was, and can be opened again.
    pub fn settle(&self, vfs: &dyn Vfs) -> Result<()> {
        let Some((name, length)) = &self.unsettled else { return Ok(()) };
        if canary!(TailNotSettled) {
            return Ok(());
        }
        let (_, draft) = segment::draft(vfs, name, canary!(SkipSegmentSync), |new| {
            let old = vfs.open(name).map_err(Error::io("opening", name))?;
            copy(&*old, new, name, *length)
        })?;
        vfs.rename(&draft, name).map_err(Error::io("renaming", &draft))?;
        vfs.sync_dir().map_err(Error::io("syncing the directory of", name))
    }
}

fn copy(from: &dyn File, to: &dyn File, name: &str, length: u64) -> Result<()> {
    let mut bytes = vec![0; STRETCH.min(length) as usize];
    let mut offset = 0;
    while offset < length {
        let stretch = &mut bytes[..STRETCH.min(length - offset) as usize];
        from.read_exact_at(stretch, offset).map_err(Error::io("reading", name))?;
        to.append_all(stretch).map_err(Error::io("writing", name))?;
        offset += stretch.len() as u64;
    }
    Ok(())
}

/// Reads the log, frame after frame.
///
/// ```
/// use std::sync::Arc;
/// use bondstone_persist::log::{Flush, LogReader, LogWriter, Origin, Settings};
/// use bondstone_persist::vfs::{OsDirectory, Vfs};
///
/// # let path = std::env::temp_dir().join(format!("bondstone-log-{}", std::process::id()));
/// let directory: Arc<dyn Vfs> = Arc::new(OsDirectory::open(&path, true)?);
/// let mut log = LogWriter::create(directory.clone(), Origin::default(), Settings::default())?;
/// log.append(1, b"hello", Flush::Memory)?;
/// log.append(2, b"world", Flush::Memory)?;
/// log.sync()?;
///
/// let mut reader = LogReader::open(directory, 2)?;
/// let frame = reader.next()?.expect("the second");
/// assert_eq!((frame.sequence, frame.payload), (2, &b"world"[..]));
/// assert!(reader.next()?.is_none());
/// let end = reader.finish()?;
/// assert!(end.cut.is_none() && end.position.version == 2);
/// # std::fs::remove_dir_all(path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LogReader {
    vfs: Arc<dyn Vfs>,
    /// The first sequence that is wanted.
    from: u64,
    /// The segments to come.
    segments: VecDeque<Segment>,
    current: Option<Open>,
    position: Position,
    cut: Option<Cut>,
    sealed: bool,
    /// Nothing more is read: the end was reached, or there was this error.
    ended: Option<Result<()>>,
}

/// The segment that is being read.
struct Open {
    segment: Segment,
    header: Header,
    /// The header's checksum.
    salt: u32,
    bytes: Stretch,
    /// Where the next frame begins.
    offset: u64,
}

impl LogReader {
    /// Opens the log to read the commits from `from` on. Segments wholly before are skipped. O(segments).
    ///
    /// # Errors
    /// [`Error::Gap`] when the log begins later; [`Error::Corrupt`], [`Error::Foreign`], [`Error::NewerFormat`] for the first
    /// segment; [`Error::Io`].
    pub fn open(vfs: Arc<dyn Vfs>, from: u64) -> Result<Self> {
        let from = from.max(1);
        let mut segments = segment::list(&*vfs)?;
        segments.drain(..segment::superseded(&segments, from));
        let position = Position { sequence: from - 1, ..Position::default() };
        let mut reader = Self {
            vfs,
            from,
            segments: segments.into(),
            current: None,
            position,
            cut: None,
            sealed: false,
            ended: None,
        };
        if let Some(first) = reader.segments.pop_front() {
            if first.first > from {
                let last = first.first - 1;
                return Err(Error::Gap { file: first.name, first: from, last });
            }
            reader.enter(first)?;
        }
        Ok(reader)
    }

    /// The header of the segment that is being read: of the frame that came last.
    pub fn header(&self) -> Option<&Header> {
        self.current.as_ref().map(|open| &open.header)
    }

    /// The next commit, or `None` at the end. O(its bytes); where the log is torn, O(the rest of the file).
    ///
    /// # Errors
    /// [`Error::Corrupt`] for damage; [`Error::Gap`] for a missing segment; [`Error::Foreign`]; [`Error::Io`]. After an error
    /// nothing more is read, and the same error comes again.
    #[expect(clippy::should_implement_trait, reason = "it lends, and it fails")]
    pub fn next(&mut self) -> Result<Option<Frame<'_>>> {
        let head = loop {
            if let Some(ended) = &self.ended {
                return ended.clone().map(|()| None);
            }
            match self.step() {
                Ok(Some(head)) if head.sequence >= self.from => break head,
                Ok(_) => {}
                Err(error) => self.ended = Some(Err(error)),
            }
        };
        let open = self.current.as_mut().expect("a frame was read of it");
        let offset = open.offset - u64::from(head.length);
        let payload = open.bytes.get(&open.segment.name, offset, head.length.into())?;
        Ok(Some(Frame {
            sequence: head.sequence,
            version: head.version,
            payload,
            header: &open.header,
        }))
    }

    /// Reads to the end, and says what is there.
    ///
    /// # Errors
    /// As [`next`](LogReader::next).
    pub fn finish(mut self) -> Result<LogEnd> {
        while self.next()?.is_some() {}
        let unsettled = self.current.as_ref().filter(|open| {
            // A segment was synced with its header before it had its name, and with its seal before it had that name.
            let only_header = open.offset == open.bytes.length
                && open.header.first > self.position.sequence
                && !self.sealed;
            !open.segment.is_sealed() && !only_header
        });
        let mut position = self.position;
        if let Some(open) = self.current.as_ref() {
            // A segment without commits is replaced by the next one, at once or when that is closed; so the next follows what
            // it followed.
            if open.header.first > position.sequence {
                position.checksum = open.header.before;
            }
        }
        Ok(LogEnd {
            unsettled: unsettled.map(|open| (open.segment.name.clone(), open.offset)),
            header: self.current.map(|open| open.header),
            position,
            cut: self.cut,
            sealed: self.sealed,
        })
    }

    /// One frame, or one step without any: into the next segment, over the seal, to the end.
    fn step(&mut self) -> Result<Option<Head>> {
        let Some(open) = &mut self.current else {
            self.ended = Some(Ok(()));
            return Ok(None);
        };
        if open.offset == open.bytes.length {
            self.leave()?;
            return Ok(None);
        }
        match open.frame(self.position)? {
            Ok(head) => {
                open.offset += head.size();
                if head.kind == Kind::Seal {
                    // What comes next follows the last commit: the seal may be lost, as long as it has not been synced.
                    self.sealed = true;
                    return open.check_seal().map(|()| None);
                }
                let Head { sequence, version, checksum, .. } = head;
                self.position = Position { sequence, version, checksum };
                Ok(Some(head))
            }
            Err(why) => self.judge(why).map(|()| None),
        }
    }

    /// Goes on behind the last frame of a segment.
    fn leave(&mut self) -> Result<()> {
        let open = self.current.as_ref().expect("it has come to its end");
        if open.segment.is_sealed() && !self.sealed {
            let what = "the log was closed, and its end is missing";
            return Err(Error::corrupt(&open.segment.name, open.offset, what));
        }
        match self.segments.pop_front() {
            Some(next) => self.enter(next),
            None => {
                self.ended = Some(Ok(()));
                Ok(())
            }
        }
    }

    /// Opens a segment. The first one may begin anywhere before what is wanted; each other follows the one before it.
    fn enter(&mut self, segment: Segment) -> Result<()> {
        let file = self.vfs.open(&segment.name).map_err(Error::io("opening", &segment.name))?;
        let (header, offset, salt) = Header::read(&segment, &*file)?;
        if let Some(before) = &self.current {
            self.check_follows(&segment, &header, &before.header)?;
        }
        self.position =
            Position { sequence: header.first - 1, version: header.version, checksum: salt };
        self.sealed = false;
        let length = file.len().map_err(Error::io("reading the length of", &segment.name))?;
        let bytes = Stretch { file, length, start: 0, bytes: Vec::new() };
        self.current = Some(Open { segment, header, salt, bytes, offset });
        Ok(())
    }

    fn check_follows(&self, segment: &Segment, header: &Header, previous: &Header) -> Result<()> {
        let Position { sequence, version, checksum } = self.position;
        let name = &segment.name;
        if header.database != previous.database {
            let what = "it has another database's number".to_owned();
            return Err(Error::Foreign { file: name.clone(), what });
        }
        if header.first > sequence + 1 && !canary!(SyncedOldSegmentMissing) {
            return Err(Error::Gap {
                file: name.clone(),
                first: sequence + 1,
                last: header.first - 1,
            });
        }
        if header.first <= sequence {
            let what = format!("it begins with commit {}, which was before it", header.first);
            return Err(Error::corrupt(name, 0, what));
        }
        // One that was closed without a commit is there until the one in its place is closed.
        let replaces = header.first == previous.first;
        let checksum = if replaces { previous.before } else { checksum };
        let chained = header.before == 0 || header.before == checksum && header.version == version;
        if chained || canary!(NoChain) || canary!(SyncedOldSegmentMissing) {
            return Ok(());
        }
        let what = format!("it does not follow the segment before it, which ends with {sequence}");
        Err(Error::corrupt(name, 56, what))
    }

    /// What has to be the next frame is none: the end, or damage?
    fn judge(&mut self, why: String) -> Result<()> {
        let sequence = self.position.sequence + 1;
        let open = self.current.as_mut().expect("the frame was read of it");
        let proof = if let Some(next) = self.segments.front() {
            Some(format!("`{}` was begun after it was synced", next.name))
        } else if open.segment.is_sealed() {
            Some("the log was closed after it was synced".to_owned())
        } else if canary!(SyncedBadFrameIsEnd) {
            None
        } else {
            open.proof(sequence)?
        };
        let (name, offset) = (&open.segment.name, open.offset);
        if let Some(proof) = proof {
            return Err(Error::corrupt(
                name,
                offset,
                format!("commit {sequence} {why}, but {proof}"),
            ));
        }
        self.cut = Some(Cut {
            file: name.clone(),
            offset,
            bytes: open.bytes.length - offset,
            last_sequence: sequence - 1,
            why: format!("commit {sequence} {why}"),
        });
        self.ended = Some(Ok(()));
        Ok(())
    }
}

impl Open {
    /// The frame that has to follow; or why there is none.
    fn frame(&mut self, last: Position) -> Result<Result<Head, String>> {
        let Some(head) = self.head(self.offset)? else {
            return Ok(Err("has no head".to_owned()));
        };
        let mut unlimited = u64::MAX;
        let Some(true) = self.is_whole(self.offset, &head, &mut unlimited)? else {
            return Ok(Err("is torn".to_owned()));
        };
        if head.sequence != last.sequence + 1 || head.synced_through >= head.sequence {
            return Ok(Err(format!("is in the place of commit {}", head.sequence)));
        }
        if head.before != last.checksum && !canary!(NoChain) {
            return Ok(Err("does not follow the one before it".to_owned()));
        }
        if head.kind == Kind::Commit && head.version <= last.version {
            let what = format!("version {} comes after version {}", head.version, last.version);
            return Err(Error::corrupt(&self.segment.name, self.offset, what));
        }
        Ok(Ok(head))
    }

    /// The head of a frame, if one can begin there and its payload is within the file.
    fn head(&mut self, offset: u64) -> Result<Option<Head>> {
        let Some(room) = (self.bytes.length - offset).checked_sub(frame::HEADER as u64) else {
            return Ok(None);
        };
        let bytes = self.bytes.get(&self.segment.name, offset, frame::HEADER as u64)?;
        let fits = |head: &Head| u64::from(head.length) <= room || canary!(LengthBelieved);
        Ok(Head::read(bytes).filter(fits))
    }

    /// Is the frame's checksum right? `None` when there are not as many bytes as it has left to be checked.
    fn is_whole(&mut self, offset: u64, head: &Head, budget: &mut u64) -> Result<Option<bool>> {
        let Some(left) = budget.checked_sub(head.size()) else { return Ok(None) };
        *budget = left;
        let bytes = self.bytes.get(&self.segment.name, offset, head.size())?;
        Ok(Some(frame::checksum(bytes, self.salt) == head.checksum))
    }

    /// Behind a bad frame: a frame of this segment that says that the bad one was synced.
    fn proof(&mut self, sequence: u64) -> Result<Option<String>> {
        let rest = self.bytes.length - self.offset;
        let mut budget = rest.saturating_mul(CHECKED);
        let mut offset = self.offset;
        while offset + frame::HEADER as u64 <= self.bytes.length {
            let claims = self.head(offset)?.filter(|head| {
                let claims = head.synced_through >= sequence || canary!(UnsyncedHoleIsDamage);
                claims && (sequence..=sequence + rest).contains(&head.sequence)
            });
            match claims {
                None => offset += 1,
                Some(head) => match self.is_whole(offset, &head, &mut budget)? {
                    Some(false) => offset += 1,
                    Some(true) => {
                        let through = head.synced_through;
                        return Ok(Some(format!(
                            "commit {} at byte {offset} says that all until {through} were synced",
                            head.sequence
                        )));
                    }
                    None => {
                        return Ok(Some(
                            "too much behind it looks like frames to check all".into(),
                        ));
                    }
                },
            }
        }
        Ok(None)
    }

    fn check_seal(&self) -> Result<()> {
        if self.offset == self.bytes.length {
            return Ok(());
        }
        let what = "there are bytes behind the end of a closed log";
        Err(Error::corrupt(&self.segment.name, self.offset, what))
    }
}

/// A file, of which a stretch is in memory.
struct Stretch {
    file: Box<dyn File>,
    length: u64,
    start: u64,
    bytes: Vec<u8>,
}

impl Stretch {
    /// Bytes that the file has.
    fn get(&mut self, name: &str, offset: u64, length: u64) -> Result<&mut [u8]> {
        let end = offset + length;
        if offset < self.start || end > self.start + self.bytes.len() as u64 {
            let wanted = length.max(STRETCH).min(self.length - offset);
            self.bytes.resize(wanted as usize, 0);
            self.start = offset;
            let read = self.file.read_exact_at(&mut self.bytes, offset);
            if read.is_err() {
                self.bytes.clear();
            }
            read.map_err(Error::io("reading", name))?;
        }
        Ok(&mut self.bytes[(offset - self.start) as usize..][..length as usize])
    }
}
