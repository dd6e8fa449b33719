//! A simulated disk: loses, tears and reorders what was not synced, and fails any call on request.
//!
//! A [`SimDisk`] is a handle; clones are the same disk. Of each file it keeps what is durable, what a reader sees, and
//! the operations in between; of the directory the same. It knows no time and no chance of its own: the same calls give
//! the same disk, the same trace, the same numbers.
//!
//! * **Crash.** [`crash_at`](SimDisk::crash_at) lets the n-th operation and all later ones fail. [`image`](SimDisk::image)
//!   gives the disk that may be found afterwards, as a new one to open; [`images`](SimDisk::images) enumerates such
//!   images. A disk can be asked for images at any time, so recovery can crash as well.
//! * **Faults.** [`fail_at`](SimDisk::fail_at): an error, no space, an interruption, a short or an empty transfer, once or
//!   from then on. After a failed sync the data count as clean and never become durable, though readers see them: what
//!   ext4, XFS and Btrfs do.
//! * **Waiting.** [`block_syncs`](SimDisk::block_syncs) holds every sync of a file until told.
//!
//! Appended bytes and truncations, creations, renames and removals each survive on their own, in any subset. A file whose
//! name survives without its bytes is empty, or has its length and zeros, garbage or old bytes.

mod image;
mod state;

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{File, Lock, Vfs, check_name};
pub use image::{Fill, Image, Kept};
use state::{Call, Granted, State};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The medium fails. Concerns every call.
    Io,
    /// There is no space. Concerns calls that need some, and syncs, where space is found missing late.
    NoSpace,
    /// A signal came. Concerns reading and appending.
    Interrupted,
    /// Half of the bytes. Concerns reading and appending.
    Short,
    /// None of the bytes. Concerns reading and appending.
    Zero,
}

/// How often it goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// At that operation only.
    Once,
    /// From that operation on, wherever the fault can concern a call.
    Sticky,
}

/// A simulated disk with one directory.
///
/// ```
/// use bondstone_persist::vfs::sim::{Image, SimDisk};
/// use bondstone_persist::vfs::Vfs;
///
/// let disk = SimDisk::new(1);
/// let file = disk.create("log")?;
/// disk.sync_dir()?;
/// file.append_all(b"synced")?;
/// file.sync()?;
/// file.append_all(b", and not")?;
/// assert_eq!(disk.image(Image::lost()).bytes("log").unwrap(), b"synced");
/// assert_eq!(disk.image(Image::kept()).bytes("log").unwrap(), b"synced, and not");
/// assert_eq!(disk.images(1).count(), 11, "what may be found after a crash now");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SimDisk(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl SimDisk {
    /// An empty disk. The seed is for [`Vfs::random`] and for garbage.
    pub fn new(seed: u64) -> Self {
        Self::of(State::new(seed))
    }

    fn of(state: State) -> Self {
        Self(Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many operations there were.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// The numbers of the operations that changed something or synced: where a crash makes a difference.
    pub fn changes(&self) -> Vec<u64> {
        self.state().changes.clone()
    }

    /// From operation `number` on (the first is 0) every call fails and changes nothing.
    pub fn crash_at(&self, number: u64) {
        self.state().crash_at = Some(number);
        self.0.changed.notify_all();
    }

    /// Crashes now. Whoever waits in a blocked sync gets the error.
    pub fn crash(&self) {
        self.crash_at(0);
    }

    /// Has it crashed?
    pub fn has_crashed(&self) -> bool {
        let state = self.state();
        state.crash_at.is_some_and(|at| state.operations > at || at == 0)
    }

    /// Lets operation `number` (the first is 0) go wrong, if the fault concerns such a call. Replaces an earlier fault.
    pub fn fail_at(&self, number: u64, fault: Fault, times: Times) {
        self.state().fault = Some((number, fault, times));
    }

    /// Nothing goes wrong any more.
    pub fn heal(&self) {
        self.state().fault = None;
    }

    /// Lets the files have so many bytes together; more find no space. `None`: no limit.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.state().capacity = bytes;
    }

    /// Holds every sync of a file from now on, or lets all go on.
    pub fn block_syncs(&self, block: bool) {
        self.state().block = block;
        self.0.changed.notify_all();
    }

    /// Waits until so many syncs are held.
    pub fn wait_blocked(&self, syncs: usize) {
        let mut state = self.state();
        while state.held < syncs {
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.state().passed += time;
    }

    /// From now on calls come from another process, as after a fork.
    pub fn fork(&self) {
        self.state().process += 1;
    }

    /// From now on every operation is written down.
    pub fn record(&self) {
        self.state().trace.get_or_insert_default();
    }

    /// What was written down, one line for each operation.
    pub fn trace(&self) -> Vec<String> {
        self.state().trace.clone().unwrap_or_default()
    }

    /// How many operations are neither durable nor lost for good.
    pub fn unsynced(&self) -> usize {
        self.state().unsynced().len()
    }

    /// Are the file's name, its bytes and its length durable?
    pub fn is_durable(&self, name: &str) -> bool {
        self.state().is_durable(name)
    }

    /// The bytes of a file, as a reader sees them. Counts as no operation.
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.state().content(name).map(|bytes| bytes.to_vec())
    }

    /// The names of all files. Counts as no operation.
    pub fn names(&self) -> Vec<String> {
        self.state().names.keys().cloned().collect()
    }

    /// Puts a file there, durable, in place of what has its name: damage from outside. Counts as no operation.
    pub fn put(&self, name: &str, bytes: impl Into<Vec<u8>>) {
        self.state().put(name, Arc::new(bytes.into()));
    }

    /// Removes a file durably: damage from outside. Counts as no operation.
    pub fn take(&self, name: &str) -> Option<Vec<u8>> {
        self.state().take(name).map(|bytes| bytes.to_vec())
    }

    /// A copy of the disk as it is seen, all of it durable, without faults: to damage one copy of many. O(files).
    pub fn copy(&self) -> Self {
        self.image(Image::kept())
    }

    /// The disk that is found after a crash at this moment: a new one, without faults, locks and history. O(files), and
    /// the bytes of files that are not durable.
    pub fn image(&self, image: Image) -> Self {
        Self::of(self.state().after(image))
    }

    /// Images worth trying: all unsynced lost; all kept; every subset of up to 8 unsynced operations, 64 random ones of
    /// more; the last one torn; lengths without data.
    pub fn images(&self, seed: u64) -> impl Iterator<Item = Image> + use<> {
        let state = self.state();
        let (unsynced, torn) = (state.unsynced().len(), state.bytes_of_last());
        Image::enumerate(unsynced, torn, seed)
    }

    fn call(
        &self,
        call: Call,
        name: &str,
        length: usize,
    ) -> io::Result<(MutexGuard<'_, State>, Granted)> {
        let mut state = self.state();
        let granted = state.call(call, name, length)?;
        Ok((state, granted))
    }
}

impl Vfs for SimDisk {
    fn open(&self, name: &str) -> io::Result<Box<dyn File>> {
        let (state, _) = self.call(Call::Open, check_name(name)?, 0)?;
        let inode = *state.names.get(name).ok_or(ErrorKind::NotFound)?;
        Ok(Box::new(SimFile { disk: self.clone(), name: name.into(), inode }))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn File>> {
        let (mut state, _) = self.call(Call::Create, check_name(name)?, 0)?;
        let inode = state.create(name)?;
        Ok(Box::new(SimFile { disk: self.clone(), name: name.into(), inode }))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let (state, _) = self.call(Call::List, "", 0)?;
        Ok(state.names.keys().cloned().collect())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let (mut state, _) = self.call(Call::Rename, check_name(from)?, 0)?;
        state.rename(from, check_name(to)?)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let (mut state, _) = self.call(Call::Remove, check_name(name)?, 0)?;
        state.remove(name)
    }

    fn sync_dir(&self) -> io::Result<()> {
        let mut state = self.state();
        let synced = state.call(Call::SyncDir, "", 0).map(drop);
        if !state.is_down() {
            state.sync_dir(synced.is_ok());
        }
        synced
    }

    fn lock(&self, name: &str) -> io::Result<Option<Box<dyn Lock>>> {
        let (mut state, _) = self.call(Call::Lock, check_name(name)?, 0)?;
        if !state.locks.insert(name.to_owned()) {
            return Ok(None);
        }
        if !state.names.contains_key(name) {
            state.create(name)?;
        }
        Ok(Some(Box::new(SimLock { disk: self.clone(), name: name.to_owned() })))
    }

    fn now(&self) -> Duration {
        let state = self.state();
        state.passed + Duration::from_micros(state.operations)
    }

    fn random(&self) -> u64 {
        self.state().dice.next()
    }

    fn process(&self) -> u32 {
        self.state().process
    }
}

struct SimFile {
    disk: SimDisk,
    name: Box<str>,
    inode: usize,
}

impl File for SimFile {
    fn len(&self) -> io::Result<u64> {
        let (state, _) = self.disk.call(Call::Length, &self.name, 0)?;
        Ok(state.inodes[self.inode].seen.len() as u64)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let (state, Granted(granted)) = self.disk.call(Call::Read, &self.name, bytes.len())?;
        let seen = &state.inodes[self.inode].seen;
        let from = usize::try_from(offset).map_or(seen.len(), |offset| offset.min(seen.len()));
        let length = granted.min(seen.len() - from);
        bytes[..length].copy_from_slice(&seen[from..][..length]);
        Ok(length)
    }

    fn append(&self, bytes: &[u8]) -> io::Result<usize> {
        let (mut state, Granted(granted)) =
            self.disk.call(Call::Append, &self.name, bytes.len())?;
        state.append(self.inode, &bytes[..granted]);
        Ok(granted)
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        let (mut state, _) = self.disk.call(Call::Truncate, &self.name, 0)?;
        state.truncate(self.inode, usize::try_from(length).map_err(|_| ErrorKind::InvalidInput)?);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        let mut synced = state.call(Call::Sync, &self.name, 0).map(drop);
        // What is appended while this sync is held is not its concern.
        let concerned = state.clock;
        state.held += 1;
        self.disk.0.changed.notify_all();
        while state.block && !state.is_down() {
            state = self.disk.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.held -= 1;
        if state.is_down() {
            synced = synced.and(Err(state::crashed()));
        } else {
            state.sync(self.inode, concerned, synced.is_ok());
        }
        synced
    }
}

struct SimLock {
    disk: SimDisk,
    name: String,
}

impl Lock for SimLock {}

impl Drop for SimLock {
    fn drop(&mut self) {
        self.disk.state().locks.remove(&self.name);
    }
}

/// The files of a disk by name: handy to compare two disks.
impl From<&SimDisk> for BTreeMap<String, Vec<u8>> {
    fn from(disk: &SimDisk) -> Self {
        let state = disk.state();
        let bytes = |inode: &usize| state.inodes[*inode].seen.to_vec();
        state.names.iter().map(|(name, inode)| (name.clone(), bytes(inode))).collect()
    }
}

#[cfg(test)]
mod tests;
