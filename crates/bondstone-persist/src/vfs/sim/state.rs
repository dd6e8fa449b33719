//! What a simulated disk is: inodes and names, each durable and seen, and the operations in between.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use super::{Fault, Fill, Image, Times};

/// An operation, as it is counted, traced and failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Open,
    Create,
    List,
    Rename,
    Remove,
    SyncDir,
    Lock,
    Length,
    Read,
    Append,
    Truncate,
    Sync,
}

impl Call {
    fn changes(self) -> bool {
        !matches!(self, Self::Open | Self::List | Self::Length | Self::Read)
    }

    fn concerned_by(self, fault: Fault) -> bool {
        match fault {
            Fault::Io => true,
            Fault::NoSpace => matches!(
                self,
                Self::Create | Self::Rename | Self::Append | Self::Sync | Self::SyncDir
            ),
            Fault::Interrupted | Fault::Short | Fault::Zero => {
                matches!(self, Self::Read | Self::Append)
            }
        }
    }
}

/// So many bytes may be transferred.
pub(super) struct Granted(pub usize);

/// A file without its name.
#[derive(Clone, Debug, Default)]
pub(super) struct Inode {
    pub durable: Arc<Vec<u8>>,
    pub seen: Arc<Vec<u8>>,
    pending: Vec<Pending>,
    /// Bytes that were dropped by a failed sync: seen, and never to be durable.
    dropped: bool,
    /// The longest content there ever was: what an unwritten block may show.
    former: Arc<Vec<u8>>,
}

/// A change of a file that is not durable yet.
#[derive(Clone, Debug)]
struct Pending {
    clock: u64,
    change: Change,
}

#[derive(Clone, Debug)]
enum Change {
    Append { offset: usize, bytes: Arc<[u8]> },
    Truncate(usize),
}

/// A change of the directory that is not durable yet.
#[derive(Clone, Debug)]
struct Entry {
    clock: u64,
    change: Naming,
}

#[derive(Clone, Debug)]
enum Naming {
    Create(String, usize),
    Remove(String),
    Rename(String, String, usize),
}

#[derive(Debug)]
pub(super) struct State {
    pub inodes: Vec<Inode>,
    pub names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    entries: Vec<Entry>,
    pub locks: BTreeSet<String>,
    /// Orders the unsynced operations of all files and of the directory.
    pub clock: u64,
    pub operations: u64,
    pub changes: Vec<u64>,
    pub crash_at: Option<u64>,
    pub fault: Option<(u64, Fault, Times)>,
    pub capacity: Option<u64>,
    pub block: bool,
    pub held: usize,
    pub passed: Duration,
    pub process: u32,
    pub trace: Option<Vec<String>>,
    pub dice: Dice,
}

impl State {
    pub fn new(seed: u64) -> Self {
        Self {
            inodes: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            entries: Vec::new(),
            locks: BTreeSet::new(),
            clock: 0,
            operations: 0,
            changes: Vec::new(),
            crash_at: None,
            fault: None,
            capacity: None,
            block: false,
            held: 0,
            passed: Duration::ZERO,
            process: 1,
            trace: None,
            dice: Dice(seed),
        }
    }

    /// Counts an operation and says what becomes of it.
    pub fn call(&mut self, call: Call, name: &str, length: usize) -> io::Result<Granted> {
        let number = self.operations;
        self.operations += 1;
        if self.is_down() {
            return Err(crashed());
        }
        if call.changes() {
            self.changes.push(number);
        }
        let outcome = self.outcome(number, call, length);
        if let Some(trace) = &mut self.trace {
            let told = match &outcome {
                Ok(Granted(granted)) => format!("{number} {call:?} {name} {granted}/{length}"),
                Err(error) => format!("{number} {call:?} {name}: {error}"),
            };
            trace.push(told);
        }
        outcome
    }

    /// Has the crash happened?
    pub fn is_down(&self) -> bool {
        self.crash_at.is_some_and(|at| at == 0 || self.operations > at)
    }

    fn outcome(&self, number: u64, call: Call, length: usize) -> io::Result<Granted> {
        let fault = self.fault.filter(|&(at, fault, times)| {
            let now = if times == Times::Sticky { number >= at } else { number == at };
            now && call.concerned_by(fault)
        });
        match fault.map(|(_, fault, _)| fault) {
            Some(Fault::Io) => return Err(io::Error::other("input/output error (simulated)")),
            Some(Fault::NoSpace) => return Err(ErrorKind::StorageFull.into()),
            Some(Fault::Interrupted) => return Err(ErrorKind::Interrupted.into()),
            Some(Fault::Short) => return Ok(Granted(length.div_ceil(2))),
            Some(Fault::Zero) => return Ok(Granted(0)),
            None => {}
        }
        match self.capacity {
            Some(capacity) if call == Call::Append => self.space(capacity, length),
            _ => Ok(Granted(length)),
        }
    }

    fn space(&self, capacity: u64, length: usize) -> io::Result<Granted> {
        let used: usize = self.names.values().map(|inode| self.inodes[*inode].seen.len()).sum();
        match usize::try_from(capacity).unwrap_or(usize::MAX).saturating_sub(used).min(length) {
            0 if length > 0 => Err(ErrorKind::StorageFull.into()),
            granted => Ok(Granted(granted)),
        }
    }

    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    pub fn create(&mut self, name: &str) -> io::Result<usize> {
        if self.names.contains_key(name) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let inode = self.inodes.len();
        self.inodes.push(Inode::default());
        self.names.insert(name.to_owned(), inode);
        self.enter(Naming::Create(name.to_owned(), inode));
        Ok(inode)
    }

    pub fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let inode = self.names.remove(from).ok_or(ErrorKind::NotFound)?;
        self.names.insert(to.to_owned(), inode);
        self.enter(Naming::Rename(from.to_owned(), to.to_owned(), inode));
        Ok(())
    }

    pub fn remove(&mut self, name: &str) -> io::Result<()> {
        self.names.remove(name).ok_or(ErrorKind::NotFound)?;
        self.enter(Naming::Remove(name.to_owned()));
        Ok(())
    }

    fn enter(&mut self, change: Naming) {
        let clock = self.tick();
        self.entries.push(Entry { clock, change });
    }

    /// Makes the names durable; or, where that failed, drops what was to become durable.
    pub fn sync_dir(&mut self, worked: bool) {
        let entries = std::mem::take(&mut self.entries);
        if worked {
            entries.iter().for_each(|entry| entry.change.apply(&mut self.durable_names));
        }
    }

    pub fn append(&mut self, inode: usize, bytes: &[u8]) {
        let clock = self.tick();
        let file = &mut self.inodes[inode];
        let offset = file.seen.len();
        Arc::make_mut(&mut file.seen).extend_from_slice(bytes);
        let change = Change::Append { offset, bytes: bytes.into() };
        file.pending.push(Pending { clock, change });
    }

    pub fn truncate(&mut self, inode: usize, length: usize) {
        let clock = self.tick();
        let file = &mut self.inodes[inode];
        if file.seen.len() > file.former.len() {
            file.former = Arc::clone(&file.seen);
        }
        Arc::make_mut(&mut file.seen).resize(length, 0);
        file.pending.push(Pending { clock, change: Change::Truncate(length) });
    }

    /// Makes durable what happened to the file until `clock`; or drops it for good.
    pub fn sync(&mut self, inode: usize, clock: u64, worked: bool) {
        let file = &mut self.inodes[inode];
        let end = file.pending.partition_point(|pending| pending.clock <= clock);
        for pending in file.pending.drain(..end) {
            if worked {
                pending.change.apply(Arc::make_mut(&mut file.durable));
            } else {
                file.dropped = true;
            }
        }
    }

    pub fn is_durable(&self, name: &str) -> bool {
        self.names.get(name).is_some_and(|inode| {
            let file = &self.inodes[*inode];
            self.durable_names.get(name) == Some(inode) && file.pending.is_empty() && !file.dropped
        })
    }

    pub fn content(&self, name: &str) -> Option<&Arc<Vec<u8>>> {
        self.names.get(name).map(|inode| &self.inodes[*inode].seen)
    }

    pub fn put(&mut self, name: &str, bytes: Arc<Vec<u8>>) {
        let inode = self.inodes.len();
        self.inodes.push(Inode { durable: Arc::clone(&bytes), seen: bytes, ..Inode::default() });
        self.names.insert(name.to_owned(), inode);
        self.durable_names.insert(name.to_owned(), inode);
    }

    pub fn take(&mut self, name: &str) -> Option<Arc<Vec<u8>>> {
        self.durable_names.remove(name);
        self.names.remove(name).map(|inode| Arc::clone(&self.inodes[inode].seen))
    }

    /// When each unsynced operation happened, in that order.
    pub fn unsynced(&self) -> Vec<u64> {
        let files = self.inodes.iter().flat_map(|file| &file.pending).map(|pending| pending.clock);
        let mut clocks: Vec<u64> =
            files.chain(self.entries.iter().map(|entry| entry.clock)).collect();
        clocks.sort_unstable();
        clocks
    }

    /// How many bytes the last unsynced operation appended.
    pub fn bytes_of_last(&self) -> usize {
        let pending = self.inodes.iter().filter_map(|file| file.pending.last());
        match pending.max_by_key(|pending| pending.clock).map(|pending| &pending.change) {
            Some(Change::Append { bytes, .. }) => bytes.len(),
            _ => 0,
        }
    }

    /// The disk that is found after a crash.
    pub fn after(&self, image: Image) -> Self {
        let clocks = self.unsynced();
        let survives = |clock: u64| image.keeps(clocks.partition_point(|other| *other < clock));
        let mut names = self.durable_names.clone();
        for entry in self.entries.iter().filter(|entry| survives(entry.clock)) {
            entry.change.apply(&mut names);
        }
        let mut found = Self::new(self.dice.0 ^ 0x5bd1_e995);
        let last = self.inodes.iter().filter_map(|file| file.pending.last()).map(|p| p.clock).max();
        for (name, inode) in names {
            let file = &self.inodes[inode];
            let bytes = if file.pending.is_empty() {
                Arc::clone(&file.durable)
            } else {
                Arc::new(file.after(image, &survives, last))
            };
            found.put(&name, bytes);
        }
        found
    }
}

impl Inode {
    fn after(&self, image: Image, survives: &dyn Fn(u64) -> bool, last: Option<u64>) -> Vec<u8> {
        let mut bytes = self.durable.to_vec();
        for pending in &self.pending {
            let torn = image.torn.filter(|_| last == Some(pending.clock));
            match (&pending.change, survives(pending.clock)) {
                (Change::Append { offset, bytes: appended }, true) => {
                    let kept = torn.unwrap_or(appended.len()).min(appended.len());
                    Change::write(&mut bytes, *offset, &appended[..kept]);
                    self.hollow(image.fill, &mut bytes, *offset + kept, *offset + appended.len());
                }
                (Change::Append { offset, bytes: appended }, false) => {
                    self.hollow(image.fill, &mut bytes, *offset, *offset + appended.len());
                }
                (change, true) => change.apply(&mut bytes),
                (Change::Truncate(_), false) => {}
            }
        }
        bytes
    }

    /// The length is there without the data, if the image says so.
    fn hollow(&self, fill: Option<Fill>, bytes: &mut Vec<u8>, from: usize, to: usize) {
        let Some(fill) = fill else { return };
        let from = from.max(bytes.len());
        let mut garbage = Dice(from as u64);
        for at in from..to {
            let byte = match fill {
                Fill::Zeros => 0,
                Fill::Garbage => garbage.next() as u8,
                Fill::Old => match self.former.get(at) {
                    Some(byte) => *byte,
                    None if self.durable.is_empty() => 0,
                    None => self.durable[(at - from) % self.durable.len()],
                },
            };
            bytes.resize(at, 0);
            bytes.push(byte);
        }
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Append { offset, bytes: appended } => Self::write(bytes, *offset, appended),
            Self::Truncate(length) => bytes.resize(*length, 0),
        }
    }

    fn write(bytes: &mut Vec<u8>, offset: usize, appended: &[u8]) {
        let end = offset + appended.len();
        if !appended.is_empty() && bytes.len() < end {
            bytes.resize(end, 0);
        }
        if let Some(place) = bytes.get_mut(offset..end) {
            place.copy_from_slice(appended);
        }
    }
}

impl Naming {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Create(name, inode) => drop(names.insert(name.clone(), *inode)),
            Self::Remove(name) => drop(names.remove(name)),
            Self::Rename(from, to, inode) => {
                // Where the creation was lost there is nothing to take away, or something older.
                if names.get(from) == Some(inode) {
                    names.remove(from);
                }
                names.insert(to.clone(), *inode);
            }
        }
    }
}

pub(super) fn crashed() -> io::Error {
    io::Error::other("the disk has crashed (simulated)")
}

/// Splitmix: numbers that look random and are always the same.
#[derive(Clone, Debug)]
pub(super) struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }
}
