//! Crashes at every operation, with every image, and again inside recovery; faults at every operation; and the canaries
//! that this has to find.
//!
//! Each check returns what it found instead of panicking, so that a canary can be seen to be caught.

use std::cell::Cell;
use std::sync::Arc;

use crate::commit::{Committer, Level};
use crate::error::Error;
use crate::log::{self, LogReader, LogWriter, Origin, Settings};
use crate::vfs::sim::{Fault, Image, SimDisk, Times};

type Found<T = ()> = Result<T, String>;

const SETTINGS: Settings = Settings { segment_bytes: 260, buffer_bytes: 90 };

/// What a program does.
#[derive(Clone, Copy, Debug)]
enum Step {
    Commit(Level),
    /// Appends, and leaves the waiting to others.
    Append(Level),
    /// A transaction without changes.
    Nothing,
    Rotate,
    /// A checkpoint would keep what is durable; the log need not.
    Flush,
    Close,
    /// The process ends and the next one opens the directory.
    Reopen,
    /// The next sync of a commit fails.
    FailSync,
    /// So many bytes are free.
    Space(Option<usize>),
}
use Level::{Buffered, Memory, Sync};
use Step::*;

const WORKLOADS: &[&[Step]] = &[
    &[Commit(Sync), Commit(Sync), Commit(Sync)],
    &[Commit(Buffered), Commit(Memory), Commit(Sync), Commit(Memory), Commit(Memory), Flush],
    &[Append(Sync), Append(Sync), Append(Buffered), Nothing, Append(Memory), Commit(Sync)],
    &[Commit(Sync), Rotate, Commit(Buffered), Rotate, Commit(Sync), Commit(Buffered)],
    &[
        Commit(Buffered),
        Commit(Buffered),
        Commit(Buffered),
        Commit(Buffered),
        Commit(Sync),
        Commit(Buffered),
        Commit(Buffered),
    ],
    &[
        Commit(Sync),
        Close,
        Reopen,
        Commit(Sync),
        Commit(Buffered),
        Reopen,
        Reopen,
        Commit(Sync),
        Close,
    ],
    &[Commit(Sync), FailSync, Commit(Sync), Reopen, Commit(Sync), Commit(Sync)],
    &[
        Commit(Sync),
        Space(Some(20)),
        Commit(Buffered),
        Commit(Sync),
        Space(None),
        Commit(Sync),
        Commit(Sync),
    ],
];

/// What the world was told before the crash.
#[derive(Default)]
struct Told {
    /// The last commit that has to be there.
    durable: Cell<u64>,
    /// The last commit that has to be there if the process alone has ended.
    buffered: u64,
    /// The last commit that was appended, and so may be there.
    issued: u64,
    levels: Vec<Level>,
}

impl Told {
    fn publish(&self, version: u64) {
        if self.levels[version as usize] == Sync {
            self.durable.set(self.durable.get().max(version));
        }
    }
}

fn payload(number: u64) -> Vec<u8> {
    format!("commit {number}{}", ".".repeat(number as usize % 5)).into_bytes()
}

/// Opens the log as a database does, and checks that it holds a prefix. Gives how many commits there are.
fn open(disk: &SimDisk) -> Result<(Committer, u64), Error> {
    let vfs = Arc::new(disk.clone());
    let mut reader = LogReader::open(vfs.clone(), 1)?;
    while let Some(frame) = reader.next()? {
        assert_eq!(frame.payload, payload(frame.sequence), "not what was committed");
        assert_eq!(frame.version, frame.sequence);
    }
    let end = reader.finish()?;
    end.settle(disk)?;
    let origin = Origin { database: 1, schema: Vec::new(), position: end.position };
    let log = LogWriter::create(vfs.clone(), origin, SETTINGS)?;
    Ok((Committer::new(vfs, log), end.position.sequence))
}

/// Does the steps until the disk crashes.
fn run(disk: &SimDisk, steps: &[Step]) -> Found<Told> {
    let mut told = Told { levels: vec![Memory], ..Told::default() };
    let mut committer = match open(disk) {
        Ok((committer, _)) => committer,
        Err(_) => return Ok(told),
    };
    for step in steps {
        told = perform(disk, &mut committer, *step, told)?;
        told.durable.set(told.durable.get().max(committer.durable_version()));
        if disk.has_crashed() {
            break;
        }
    }
    Ok(told)
}

fn perform(disk: &SimDisk, committer: &mut Committer, step: Step, mut told: Told) -> Found<Told> {
    match step {
        Commit(level) | Append(level) => {
            let number = told.issued + 1;
            let Ok(ticket) = committer.append(level, number, &payload(number)) else {
                return Ok(told);
            };
            told.issued = number;
            told.levels.truncate(number as usize);
            told.levels.push(level);
            if matches!(step, Commit(_))
                && committer.wait(ticket, &|version| told.publish(version)).is_ok()
                && level >= Buffered
            {
                told.buffered = number;
                if level == Sync {
                    told.durable.set(number);
                }
            }
        }
        Nothing => {
            let last = Cell::new(0);
            let publish = |version| {
                last.set(version);
                told.publish(version);
            };
            let returned =
                committer.base().is_ok_and(|base| committer.wait_base(base, &publish).is_ok());
            if returned && last.get() < told.issued {
                return Err("returned before its base was published".into());
            }
        }
        Rotate => drop(committer.rotate()),
        Flush => drop(committer.flush()),
        Close => drop(committer.close()),
        Reopen => match open(disk) {
            Ok((next, recovered)) => {
                *committer = next;
                told.issued = recovered;
            }
            Err(error) if is_damage(&error) => {
                return Err(format!("cannot be opened after the process ended: {error}"));
            }
            // There is no process that could do anything more.
            Err(_) => disk.crash(),
        },
        FailSync => disk.fail_at(disk.operations() + 1, Fault::Io, Times::Once),
        Space(free) => {
            let length = |name: &String| disk.bytes(name).map_or(0, |bytes| bytes.len());
            let used: usize = disk.names().iter().map(length).sum();
            disk.set_capacity(free.map(|free| (used + free) as u64));
        }
    }
    Ok(told)
}

fn is_damage(error: &Error) -> bool {
    matches!(error, Error::Corrupt { .. } | Error::Gap { .. } | Error::Foreign { .. })
}

/// What is found after a crash: all that has to be there, and a prefix of what may be.
fn check(found: &SimDisk, told: &Told) -> Found<u64> {
    let (_, recovered) = open(found).map_err(|error| format!("cannot be opened: {error}"))?;
    if recovered < told.durable.get() || recovered > told.issued + 1 {
        return Err(format!(
            "{recovered} found, {} durable of {}",
            told.durable.get(),
            told.issued
        ));
    }
    Ok(recovered)
}

/// Crashes a workload at each operation that changes something, and looks at each image; and crashes recovery as well.
fn enumerate(steps: &[Step], nested: bool) -> Found<usize> {
    let whole = SimDisk::new(1);
    run(&whole, steps)?;
    let mut images = 0;
    for at in whole.changes().into_iter().chain([whole.operations()]) {
        let disk = SimDisk::new(1);
        disk.crash_at(at.max(1));
        let told = run(&disk, steps)?;
        for image in disk.images(at) {
            let place = |what| format!("{steps:?} crashed at {at}, {image:?}: {what}");
            let found = disk.image(image);
            if nested {
                images += recover(&found, &told).map_err(place)?;
            }
            check(&found, &told).map_err(place)?;
            images += 1;
        }
        go_on(&disk, &told).map_err(|what| format!("{steps:?} killed at {at}: {what}"))?;
    }
    Ok(images)
}

/// Only the process has ended: the next one finds everything, unsynced or not, builds on it, and then the power fails.
fn go_on(disk: &SimDisk, told: &Told) -> Found {
    disk.restart();
    let found = check(disk, told)?;
    if found < told.buffered {
        return Err(format!("{found} found, {} with the operating system", told.buffered));
    }
    let (committer, _) = open(disk).map_err(|error| error.to_string())?;
    let ticket = committer.append(Sync, found + 1, &payload(found + 1));
    let ticket = ticket.map_err(|error| error.to_string())?;
    committer.wait(ticket, &|_| ()).map_err(|error| error.to_string())?;
    for image in disk.images(found) {
        let (_, again) = open(&disk.image(image)).map_err(|error| format!("{image:?}: {error}"))?;
        if again != found + 1 {
            return Err(format!("{image:?}: {again} found after {} was synced", found + 1));
        }
    }
    Ok(())
}

/// Lets each operation of a workload fail in each way.
fn fail(steps: &[Step]) -> Found {
    let whole = SimDisk::new(1);
    run(&whole, steps)?;
    let faults = [Fault::Io, Fault::NoSpace, Fault::Interrupted, Fault::Short, Fault::Zero];
    let ways = faults.into_iter().flat_map(|fault| [(fault, Times::Once), (fault, Times::Sticky)]);
    for (fault, times) in ways {
        for at in 0..whole.operations() {
            let place = |what| format!("{steps:?} with {fault:?} {times:?} at {at}: {what}");
            let disk = SimDisk::new(1);
            disk.fail_at(at, fault, times);
            let told = run(&disk, steps).map_err(place)?;
            for image in [Image::lost(), Image::kept(), Image::random(at), Image::random(at + 999)]
            {
                check(&disk.image(image), &told)
                    .map_err(|what| place(format!("{image:?}: {what}")))?;
            }
            go_on(&disk, &told).map_err(place)?;
        }
    }
    Ok(())
}

fn faults() -> Found {
    WORKLOADS.iter().try_for_each(|steps| fail(steps))
}

/// Crashes the recovery of a disk at each operation.
fn recover(found: &SimDisk, told: &Told) -> Found<usize> {
    let whole = found.copy();
    let recovered = check(&whole, told)?;
    let mut images = 0;
    for at in whole.changes() {
        let disk = found.copy();
        disk.crash_at(at.max(1));
        let _ = open(&disk);
        for image in disk.images(at) {
            let again = check(&disk.image(image), told)?;
            if again != recovered {
                return Err(format!(
                    "{again} found by the second recovery, {recovered} by the first"
                ));
            }
            images += 1;
        }
    }
    Ok(images)
}

fn crashes() -> Found {
    WORKLOADS.iter().try_for_each(|steps| enumerate(steps, false).map(drop))
}

/// A log of three segments with known contents; the last one has a synced and an unsynced commit.
fn sample() -> SimDisk {
    let disk = SimDisk::new(2);
    let steps = [Commit(Sync), Rotate, Commit(Sync), Rotate, Commit(Sync), Commit(Buffered)];
    run(&disk, &steps).expect("nothing goes wrong");
    disk.copy()
}

fn open_caught(disk: &SimDisk) -> Found<Result<u64, Error>> {
    let opened = std::panic::catch_unwind(|| open(disk).map(|(_, recovered)| recovered));
    opened.map_err(|_| "wrong values, or a panic".to_owned())
}

fn flips() -> Found {
    let disk = sample();
    for name in disk.names() {
        let bytes = disk.bytes(&name).expect("it is listed");
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let copy = disk.copy();
            copy.put(&name, damaged);
            match open_caught(&copy)? {
                Ok(3) | Err(_) => {}
                Ok(found) => return Err(format!("{found} found with bit {bit} of {name} flipped")),
            }
        }
    }
    Ok(())
}

fn missing() -> Found {
    let disk = sample();
    disk.take(&disk.names()[1]);
    match open_caught(&disk)? {
        Err(Error::Gap { .. }) => Ok(()),
        other => Err(format!("{other:?} with a segment missing")),
    }
}

/// A frame that follows another one than it stands behind.
fn chain() -> Found {
    let history = |first: &[u8]| {
        let disk = SimDisk::new(3);
        let vfs = Arc::new(disk.clone());
        let mut log = LogWriter::create(vfs, Origin::default(), Settings::default()).unwrap();
        log.append(1, first, log::Flush::Buffered).unwrap();
        log.append(2, &payload(2), log::Flush::Buffered).unwrap();
        disk.bytes("log-0000000000000001").unwrap()
    };
    let (mut bytes, other) = (history(&payload(1)), history(b"commit X."));
    let second = bytes.len() - crate::frame::HEADER - payload(2).len();
    bytes[second..].copy_from_slice(&other[second..]);
    let disk = SimDisk::new(3);
    disk.put("log-0000000000000001", bytes);
    match open_caught(&disk)? {
        Ok(1) => Ok(()),
        other => Err(format!("{other:?} with a frame of another history")),
    }
}

type Check = fn() -> Found;

const CHECKS: &[(&str, Check)] = &[
    ("crashes", crashes),
    ("faults", faults),
    ("flips", flips),
    ("missing", missing),
    ("chain", chain),
];

#[cfg(not(canary))]
mod tests {
    use super::*;

    #[test]
    fn what_was_promised_is_found_after_every_crash() {
        for (name, check) in CHECKS {
            check().unwrap_or_else(|found| panic!("{name}: {found}"));
        }
    }

    #[test]
    fn and_after_every_crash_of_recovery() {
        let images: usize = WORKLOADS.iter().map(|steps| enumerate(steps, true).unwrap()).sum();
        assert!(images > 10_000, "{images}");
    }
}

/// What these break is none of the log's: the tests of a whole database find them.
#[cfg(canary)]
const OF_SNAPSHOTS: &[&str] = &[
    "SkipSnapshotSync",
    "SkipDirSyncAtRename",
    "DropOldSnapshotFirst",
    "BlockNotCompared",
    "HeaderNotCompared",
];

#[cfg(canary)]
#[test]
fn canaries_are_caught() {
    use crate::canary::{CANARIES, set};
    for (_, check) in CHECKS {
        check().unwrap();
    }
    let mut free = Vec::new();
    for name in CANARIES.iter().filter(|name| !OF_SNAPSHOTS.contains(name)) {
        set(name, true);
        let caught = CHECKS.iter().find_map(|(check, run)| {
            let found = std::panic::catch_unwind(run).unwrap_or_else(|_| Err("a panic".into()));
            found.err().map(|found| format!("{check}: {found}"))
        });
        set(name, false);
        match caught {
            Some(found) => println!("{name} is caught by {found}"),
            None => free.push(name),
        }
    }
    assert!(free.is_empty(), "not caught: {free:?}");
}
