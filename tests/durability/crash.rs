//! Every operation of every workload is the last one, and every image of the disk is opened.
//!
//! Each workload runs once to its end, and then once for each operation that changes the disk, which fails with all
//! that follow. What a power loss may leave of the disk at that moment is enumerated: what was not synced is lost, kept,
//! kept in part, torn, or there as zeros, garbage and old bytes. Each of these disks opens to a state that the program
//! had committed, no older than the last one that it may rely on: where the process alone ended, and the operating system kept
//! everything, the last commit of level `Buffered`. Recovery is crashed in its turn.
//!
//! `BONDSTONE_GATE=1` takes more of the images that chance decides, and crashes recovery more often.

use std::collections::{BTreeMap, BTreeSet};

use bondstone::Level;
use bondstone::vfs::sim::{Image, Kept, SimDisk};

use crate::models::{Account, account, state};
use crate::session::{Session, builder};
use crate::workloads::{WORKLOADS, Workload};

/// What to try.
struct Effort {
    /// The last append is torn at every so-manieth byte.
    stride: usize,
    /// So many times the images are taken that chance decides.
    seeds: u64,
    /// Of so many opened images, recovery of one is crashed at each of its operations.
    nested: usize,
}

impl Effort {
    fn of_this_run() -> Self {
        if std::env::var_os("BONDSTONE_GATE").is_some() {
            Self { stride: 1, seeds: 40, nested: 3 }
        } else {
            Self { stride: 2, seeds: 1, nested: 61 }
        }
    }
}

#[derive(Debug, Default)]
struct Tally {
    crashes: usize,
    images: usize,
    kept: usize,
    nested: usize,
}

#[test]
pub fn after_every_crash_there_is_a_state_that_was_committed() {
    let effort = Effort::of_this_run();
    let mut tally = Tally::default();
    for workload in WORKLOADS {
        crash_everywhere(workload, &effort, &mut tally);
    }
    println!("{tally:?}");
    assert!(WORKLOADS.len() >= 20);
    assert!(tally.images > 40_000 && tally.nested > 10_000, "{tally:?}");
    assert!(
        tally.kept >= tally.crashes,
        "of each crash there is one of the process alone: {tally:?}"
    );
}

fn crash_everywhere(workload: &Workload, effort: &Effort, tally: &mut Tally) {
    let whole = SimDisk::new(1);
    let mut session = Session::open(whole.clone());
    (workload.run)(&mut session);
    assert!(!session.ended, "{}: nothing goes wrong by itself", workload.name);
    session.db = None;
    for operation in whole.changes().into_iter().filter(|operation| *operation > 0) {
        tally.crashes += 1;
        let session = crashed(workload, operation);
        let chance = (0..effort.seeds).flat_map(|seed| {
            let images = session.disk.images(operation * effort.seeds + seed);
            images.filter(move |image| seed == 0 || matches!(image.kept, Kept::Random(_)))
        });
        let last =
            bytes_of(&session.disk, Image::kept()) - bytes_of(&session.disk, Image::kept().torn(0));
        let torn = (1..last).step_by(effort.stride).map(|at| Image::kept().torn(at));
        for image in chance.chain([Image::kept()]).chain(torn) {
            tally.images += 1;
            tally.kept += usize::from(image == Image::kept());
            let about = || format!("{} crashed at operation {operation}, {image:?}", workload.name);
            let found =
                open_image(&session, image).unwrap_or_else(|error| panic!("{}: {error}", about()));
            if tally.images.is_multiple_of(effort.nested) {
                crash_recovery(&session, image, found, tally)
                    .unwrap_or_else(|error| panic!("{}: {error}", about()));
            }
        }
    }
}

/// How many bytes all files have after a crash.
fn bytes_of(disk: &SimDisk, image: Image) -> usize {
    BTreeMap::from(&disk.image(image)).values().map(Vec::len).sum()
}

/// A workload on a disk that crashes.
fn crashed(workload: &Workload, operation: u64) -> Session {
    let disk = SimDisk::new(1);
    disk.crash_at(operation);
    let mut session = Session::open(disk);
    (workload.run)(&mut session);
    session.ended = true;
    session.db = None;
    session
}

/// Opens what is left of a disk; the number of commits found.
fn open_image(session: &Session, image: Image) -> Result<usize, String> {
    let disk = session.disk.image(image);
    let db = builder().open_in(disk.clone()).map_err(|error| error.to_string())?;
    let least = if image == Image::kept() { session.buffered } else { session.durable };
    let found = session.recognise_from(least, &db)?;
    let faults = db.check().map_err(|error| error.to_string())?;
    if !faults.is_empty() {
        return Err(faults.join("; "));
    }
    drop(db);
    // Opening again finds the same, and what was found stays although the power fails again.
    let again =
        builder().open_in(disk.image(Image::lost())).map_err(|error| format!("again: {error}"))?;
    match session.history[found] == state(&again) {
        true => Ok(found),
        false => Err("the second recovery found another state than the first".into()),
    }
}

/// Recovery fails at each of its operations, and what is then left of the disk is opened.
fn crash_recovery(
    session: &Session,
    image: Image,
    found: usize,
    tally: &mut Tally,
) -> Result<(), String> {
    let disk = session.disk.image(image);
    drop(builder().open_in(disk.clone()).map_err(|error| error.to_string())?);
    for operation in disk.changes().into_iter().filter(|operation| *operation > 0) {
        let disk = session.disk.image(image);
        disk.crash_at(operation);
        drop(builder().open_in(disk.clone()));
        for left in disk.images(operation).take(12) {
            tally.nested += 1;
            let db = builder()
                .open_in(disk.image(left))
                .map_err(|error| format!("within recovery, {left:?}: {error}"))?;
            let now = session
                .recognise(&db)
                .map_err(|error| format!("within recovery, {left:?}: {error}"))?;
            // What was on the medium when recovery began is there as long as it has not said anything else.
            if now != found {
                return Err(format!("within recovery, {left:?}: {now} after {found}"));
            }
        }
    }
    Ok(())
}

/// A backup that did not come to its end is none: there is nothing of it, or all. The database goes on.
#[test]
pub fn a_backup_that_crashes_is_whole_or_nothing() {
    let backed_up = |copy: &SimDisk| {
        let mut session = Session::open(SimDisk::new(1));
        for (number, level) in [Level::Sync, Level::Buffered, Level::Memory].into_iter().enumerate()
        {
            session.commit(level, |tx| tx.insert(account(format!("number {number}"))).map(drop));
        }
        let done = session.database().backup_in(copy.clone()).is_ok();
        session.commit(Level::Sync, |tx| tx.insert(account("afterwards")).map(drop));
        assert!(!session.ended, "the database is on another disk");
        (done, session.history[3].clone())
    };
    let whole = SimDisk::new(7);
    assert!(backed_up(&whole).0);
    let (mut wholes, mut nothings) = (0, 0);
    for operation in 0..=whole.operations() {
        let copy = SimDisk::new(7);
        copy.crash_at(operation);
        let (done, state_then) = backed_up(&copy);
        assert_eq!(done, operation == whole.operations(), "at operation {operation}");
        for image in copy.images(operation) {
            let about = || format!("crashed at operation {operation}, {image:?}");
            let db = builder().open_in(copy.image(image));
            let found = state(&db.unwrap_or_else(|error| panic!("{}: {error}", about())));
            if found == state_then {
                wholes += 1;
                continue;
            }
            assert!(found.is_empty() && !done, "{}: {found}", about());
            nothings += 1;
        }
    }
    assert!(wholes > 2 && nothings > 10, "{wholes}, {nothings}");
}

/// Threads that commit together, step by step: while the first one's sync is held, the others append; each operation of the
/// disk is the last one. What was acknowledged is found, and what is found was appended in this order.
#[test]
pub fn a_group_that_commits_together_crashes_anywhere() {
    const NAMES: [&str; 4] = ["first", "second", "third", "fourth"];
    const LEVELS: [Level; 4] = [Level::Sync, Level::Sync, Level::Buffered, Level::Sync];
    let whole = group(None, NAMES, LEVELS);
    assert_eq!(whole.acknowledged, [true; 4]);
    let mut acknowledged = BTreeSet::new();
    for operation in 1..=whole.disk.operations() {
        let Group { disk, acknowledged: told } = group(Some(operation), NAMES, LEVELS);
        for image in disk.images(operation).chain([Image::kept(), Image::lost()]) {
            let about = format!("crashed at operation {operation}, {image:?}, {told:?}");
            let db = builder()
                .open_in(disk.image(image))
                .unwrap_or_else(|error| panic!("{about}: {error}"));
            let found: Vec<String> = db
                .read()
                .query::<Account>()
                .order_by_key()
                .into_iter()
                .map(|row| row.name.clone())
                .collect();
            assert_eq!(found, NAMES[..found.len()], "{about}: a hole");
            let least = told.iter().zip(LEVELS).rposition(|(told, level)| {
                *told && (level == Level::Sync || image == Image::kept())
            });
            assert!(least.is_none_or(|last| found.len() > last), "{about}: {found:?}");
        }
        acknowledged.insert(told);
    }
    assert!(acknowledged.len() > 2, "{acknowledged:?}");
}

/// Four commits, and which of them were acknowledged.
struct Group {
    disk: SimDisk,
    acknowledged: [bool; 4],
}

fn group(crash_at: Option<u64>, names: [&str; 4], levels: [Level; 4]) -> Group {
    let disk = SimDisk::new(3);
    if let Some(operation) = crash_at {
        disk.crash_at(operation);
    }
    let Ok(db) = builder().open_in(disk.clone()) else {
        return Group { disk, acknowledged: [false; 4] };
    };
    disk.record();
    disk.block_syncs(true);
    let appends = || disk.trace().iter().filter(|line| line.contains("Append")).count();
    let acknowledged = std::thread::scope(|scope| {
        let threads: Vec<_> = names
            .into_iter()
            .zip(levels)
            .enumerate()
            .map(|(nth, (name, level))| {
                let db = &db;
                let insert =
                    move || db.write_at(level, |tx| tx.insert(account(name)).map(drop)).is_ok();
                let thread = scope.spawn(insert);
                // The next one begins when this one has appended, or been refused; behind the first, when that is in its sync.
                while appends() <= nth && !thread.is_finished() {
                    std::thread::yield_now();
                }
                if nth == 0 && !disk.has_crashed() {
                    disk.wait_blocked(1);
                }
                thread
            })
            .collect();
        disk.block_syncs(false);
        threads.into_iter().map(|thread| thread.join().expect("nobody panics")).collect::<Vec<_>>()
    });
    drop(db);
    let acknowledged = acknowledged.try_into().expect("there are four");
    Group { disk, acknowledged }
}
