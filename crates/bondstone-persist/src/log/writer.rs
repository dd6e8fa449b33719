//! Writing the log: append, sync, begin the next segment, seal.
//!
//! Of a log three places are known, each not behind the next: what is **synced**, what was **written** to the operating
//! system, and what was **appended**. Between the last two is the buffer, bounded; it goes out before any stronger append,
//! so the log never has a hole.
//!
//! An append that fails has not happened: the buffer is cut to what it was before, and the file to its last good frame. Where
//! that cannot be done, or a sync failed, the log is poisoned: nothing more is written, since nobody knows what is there.

use std::sync::Arc;

use super::segment::{self, Segment};
use super::{Header, Position};
use crate::canary::canary;
use crate::error::{Error, Result};
use crate::frame::{self, Head, Kind};
use crate::vfs::{File, Vfs};

/// How far an append goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flush {
    /// Into the buffer.
    Memory,
    /// To the operating system.
    Buffered,
}

/// Sizes of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// A segment that would become larger is followed by another. A single commit may be larger.
    pub segment_bytes: u64,
    /// The buffer goes out when it is larger.
    pub buffer_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { segment_bytes: 64 << 20, buffer_bytes: 1 << 20 }
    }
}

/// What a log begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The database's number.
    pub database: u128,
    /// What the payloads mean.
    pub schema: Vec<u8>,
    /// Where it begins: all before it is durable, in the log or in a snapshot.
    pub position: Position,
}

/// Writes the log.
pub struct LogWriter {
    vfs: Arc<dyn Vfs>,
    /// The process that may write.
    process: u32,
    settings: Settings,
    database: u128,
    schema: Vec<u8>,
    segment: Segment,
    file: Arc<dyn File>,
    /// The checksum of the segment's header.
    salt: u32,
    /// Bytes of the file that are good.
    length: u64,
    /// Frames that the operating system does not have yet.
    buffer: Vec<u8>,
    appended: Position,
    written: Position,
    synced: Position,
    /// Why nothing more is written.
    poison: Option<Arc<str>>,
    closed: bool,
}

/// A sync to be done without the log at hand, while others append.
pub struct SyncJob {
    file: Arc<dyn File>,
    name: String,
    through: Position,
}

impl SyncJob {
    /// Syncs. To be told to the log by [`LogWriter::synced_by`], whatever comes out.
    ///
    /// Two syncs of one file must not run at a time: an error is told to one of them only, and the other says `Ok`.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::NoSpace`].
    pub fn run(&self) -> Result<()> {
        sync_file(&*self.file).map_err(Error::io("syncing", &self.name))
    }

    /// The last commit that is synced by it.
    pub fn through(&self) -> Position {
        self.through
    }
}

fn sync_file(file: &dyn File) -> std::io::Result<()> {
    if canary!(SkipLogSync) {
        return Ok(());
    }
    match file.sync() {
        Err(_) if canary!(RetryFailedSync) => file.sync(),
        synced => synced,
    }
}

impl LogWriter {
    /// Begins a segment at the origin's position, and so a log, or goes on with one that was read and
    /// [settled](super::LogEnd::settle). The segment is durable when this returns.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::NoSpace`]; [`Error::TooLarge`] for a schema of 4 GiB.
    pub fn create(vfs: Arc<dyn Vfs>, origin: Origin, settings: Settings) -> Result<Self> {
        remove_drafts(&*vfs)?;
        let Origin { database, schema, position } = origin;
        let draft = Draft::new(&*vfs, database, &schema, position)?;
        draft.name(&*vfs)?;
        draft.name_durably(&*vfs)?;
        let Draft { segment, file, salt, length, .. } = draft;
        let start = Position { checksum: salt, ..position };
        let (appended, written, synced) = (start, start, start);
        let (process, buffer) = (vfs.process(), Vec::new());
        let (poison, closed) = (None, false);
        Ok(Self {
            vfs,
            process,
            settings,
            database,
            schema,
            segment,
            file,
            salt,
            length,
            buffer,
            appended,
            written,
            synced,
            poison,
            closed,
        })
    }

    /// The last commit that was appended.
    pub fn appended(&self) -> Position {
        self.appended
    }

    /// The last commit that the operating system has.
    pub fn written(&self) -> Position {
        self.written
    }

    /// The last commit that is known to be on the medium.
    pub fn synced(&self) -> Position {
        self.synced
    }

    /// Why nothing more is written, if so.
    pub fn poison(&self) -> Option<&Arc<str>> {
        self.poison.as_ref()
    }

    /// Bytes of the newest segment, with those in the buffer.
    pub fn bytes(&self) -> u64 {
        self.length + self.buffer.len() as u64
    }

    /// Would a payload of so many bytes begin another segment?
    pub fn would_rotate(&self, payload: usize) -> bool {
        let empty = self.appended.sequence < self.segment.first;
        let more = (frame::HEADER + payload) as u64;
        !empty && self.bytes() + more > self.settings.segment_bytes
    }

    /// Appends a commit and gives its sequence. Begins another segment first where this one would become too large, which
    /// syncs all before. O(bytes).
    ///
    /// # Errors
    /// Nothing of the commit was logged then: [`Error::NoSpace`], [`Error::Io`] (the log goes on), [`Error::Poisoned`] (it does
    /// not), [`Error::Version`] for a version that is not greater than the last, [`Error::TooLarge`], [`Error::Closed`],
    /// [`Error::Forked`].
    pub fn append(&mut self, version: u64, payload: &[u8], flush: Flush) -> Result<u64> {
        self.check()?;
        if version <= self.appended.version && self.appended.sequence > 0 {
            return Err(Error::Version { version, last: self.appended.version });
        }
        if payload.len() > u32::MAX as usize - frame::HEADER {
            return Err(Error::TooLarge { bytes: payload.len() as u64 });
        }
        if self.would_rotate(payload.len()) {
            self.rotate().map_err(not_logged)?;
        }
        let (before, buffered) = (self.appended, self.buffer.len());
        self.put(Kind::Commit, version, payload);
        if flush == Flush::Buffered || self.buffer.len() > self.settings.buffer_bytes {
            self.write_out().inspect_err(|_| {
                self.buffer.truncate(buffered);
                self.appended = before;
            })?;
        }
        Ok(self.appended.sequence)
    }

    /// Hands the buffer to the operating system.
    ///
    /// # Errors
    /// [`Error::NoSpace`], [`Error::Io`]: the buffer is as before; [`Error::Poisoned`], [`Error::Forked`].
    pub fn write_out(&mut self) -> Result<()> {
        self.check()?;
        self.check_process()?;
        if let Err(error) = self.file.append_all(&self.buffer) {
            let error = Error::io("writing", &self.segment.name)(error);
            return Err(self.cut().err().unwrap_or(error));
        }
        self.length += self.buffer.len() as u64;
        self.buffer.clear();
        // One commit of a gigabyte is no reason to keep as much for ever.
        self.buffer.shrink_to(2 * self.settings.buffer_bytes);
        self.written = self.appended;
        Ok(())
    }

    /// Cuts the file to its last good frame.
    fn cut(&mut self) -> Result<()> {
        if canary!(KeepFailedAppend) {
            return Ok(());
        }
        match self.file.truncate(self.length) {
            Ok(()) => Ok(()),
            Err(error) => Err(self.poisoned(Error::io("cutting", &self.segment.name)(error))),
        }
    }

    /// A sync of what was written, to be run without the log; `None` when there is nothing to sync.
    pub fn sync_job(&self) -> Option<SyncJob> {
        let Self { file, segment, written, synced, .. } = self;
        let needed = written.sequence > synced.sequence;
        needed.then(|| SyncJob {
            file: Arc::clone(file),
            name: segment.name.clone(),
            through: *written,
        })
    }

    /// Notes what came out of a sync. A failed one poisons.
    ///
    /// # Errors
    /// [`Error::DurabilityUnknown`] if it failed.
    pub fn synced_by(&mut self, job: &SyncJob, outcome: Result<()>) -> Result<()> {
        if let Err(error) = outcome {
            self.poisoned(error);
            return Err(self.unknown());
        }
        if job.through.sequence > self.synced.sequence {
            self.synced = job.through;
        }
        Ok(())
    }

    /// Writes and syncs all that was appended.
    ///
    /// # Errors
    /// As [`write_out`](Self::write_out); [`Error::DurabilityUnknown`] when the sync fails.
    pub fn sync(&mut self) -> Result<()> {
        self.write_out()?;
        match self.sync_job() {
            Some(job) => self.synced_by(&job, job.run()),
            None => Ok(()),
        }
    }

    /// Begins another segment, if this one holds anything. All before is synced then.
    ///
    /// # Errors
    /// [`Error::NoSpace`], [`Error::Io`]: the log goes on with this segment; [`Error::Poisoned`],
    /// [`Error::DurabilityUnknown`].
    pub fn rotate(&mut self) -> Result<()> {
        self.check()?;
        if self.appended.sequence < self.segment.first {
            return Ok(());
        }
        self.write_out()?;
        if canary!(SkipSyncAtRotation) {
            self.synced = self.written;
        }
        self.sync()?;
        let draft = Draft::new(&*self.vfs, self.database, &self.schema, self.appended)?;
        if let Err(error) = draft.name(&*self.vfs) {
            // Lack of space is sure to have come before the name.
            return Err(if matches!(error, Error::NoSpace { .. }) {
                error
            } else {
                self.poisoned(error)
            });
        }
        if let Err(error) = draft.name_durably(&*self.vfs) {
            return Err(self.poisoned(error));
        }
        let Draft { segment, file, salt, length, .. } = draft;
        (self.segment, self.file, self.salt, self.length) = (segment, file, salt, length);
        self.appended.checksum = salt;
        (self.written, self.synced) = (self.appended, self.appended);
        Ok(())
    }

    /// Syncs all and seals the log. Nothing can be appended afterwards, nor anything else be written, whatever came of it: the directory
    /// may be somebody else's from now on.
    ///
    /// # Errors
    /// As [`sync`](Self::sync); the log can be opened anyway.
    pub fn seal(&mut self) -> Result<()> {
        let sealed = self.sync_and_seal();
        self.closed = true;
        sealed
    }

    fn sync_and_seal(&mut self) -> Result<()> {
        self.sync()?;
        let last = self.appended;
        self.put(Kind::Seal, last.version, &[]);
        self.appended = last;
        if let Err(error) = self.write_out() {
            self.buffer.clear();
            return Err(error);
        }
        let sealed = self.segment.sealed();
        let name = &self.segment.name;
        sync_file(&*self.file).map_err(Error::io("syncing", name))?;
        self.vfs.rename(name, &sealed.name).map_err(Error::io("renaming", name))?;
        self.vfs.sync_dir().map_err(Error::io("syncing the directory of", &sealed.name))
    }

    /// Puts a frame into the buffer.
    fn put(&mut self, kind: Kind, version: u64, payload: &[u8]) {
        let sequence = self.appended.sequence + 1;
        let head = Head {
            length: 0,
            checksum: 0,
            before: self.appended.checksum,
            kind,
            sequence,
            version,
            synced_through: self.synced.sequence,
        };
        let checksum = head.write(payload, self.salt, &mut self.buffer);
        self.appended = Position { sequence, version, checksum };
    }

    /// Is this still the process that opened the log?
    pub(crate) fn check_process(&self) -> Result<()> {
        if self.vfs.process() == self.process { Ok(()) } else { Err(Error::Forked) }
    }

    fn check(&self) -> Result<()> {
        match &self.poison {
            Some(why) => Err(Error::Poisoned { why: Arc::clone(why) }),
            None if self.closed => Err(Error::Closed),
            None => Ok(()),
        }
    }

    /// Poisons the log, and gives the error that says so.
    fn poisoned(&mut self, error: Error) -> Error {
        let why = self.poison.get_or_insert_with(|| error.to_string().into());
        Error::Poisoned { why: Arc::clone(why) }
    }

    fn unknown(&self) -> Error {
        let why = self.poison.clone().unwrap_or_else(|| "the log was closed".into());
        Error::DurabilityUnknown { why }
    }
}

/// Of a commit that was not appended yet nothing is unknown.
fn not_logged(error: Error) -> Error {
    match error {
        Error::DurabilityUnknown { why } => Error::Poisoned { why },
        error => error,
    }
}

/// A segment that has its header and not yet its name.
struct Draft {
    segment: Segment,
    file: Arc<dyn File>,
    salt: u32,
    length: u64,
    name: String,
}

impl Draft {
    fn new(vfs: &dyn Vfs, database: u128, schema: &[u8], position: Position) -> Result<Self> {
        let header = Header {
            database,
            epoch: vfs.random(),
            first: position.sequence + 1,
            version: position.version,
            before: position.checksum,
            schema: schema.to_vec(),
        };
        let (bytes, salt) = header.write()?;
        let segment = Segment::new(header.first);
        let (file, name) = segment::draft(vfs, &segment.name, canary!(SkipSegmentSync), |file| {
            file.append_all(&bytes).map_err(Error::io("writing", &segment.name))
        })?;
        Ok(Self { segment, file: file.into(), salt, length: bytes.len() as u64, name })
    }

    fn name(&self, vfs: &dyn Vfs) -> Result<()> {
        vfs.rename(&self.name, &self.segment.name).map_err(Error::io("renaming", &self.name))
    }

    fn name_durably(&self, vfs: &dyn Vfs) -> Result<()> {
        if canary!(SkipDirSyncAtCreate) {
            return Ok(());
        }
        vfs.sync_dir().map_err(Error::io("syncing the directory of", &self.segment.name))
    }
}

/// Removes segments that never got their name.
fn remove_drafts(vfs: &dyn Vfs) -> Result<()> {
    let names = vfs.list().map_err(Error::io("listing the directory of", "log"))?;
    let drafts = |name: &&String| name.starts_with("log-") && name.ends_with(segment::NEW);
    for name in names.iter().filter(drafts) {
        vfs.remove(name).map_err(Error::io("removing", name))?;
    }
    Ok(())
}
