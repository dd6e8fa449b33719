//! Every operation of every workload is the last one, and every image of the disk is opened.
//!
//! Each workload runs once to its end, and then once for each operation that changes the disk, which fails with all
//! that follow. What a power loss may leave of the disk at that moment is enumerated: what was not synced is lost, kept,
//! kept in part, torn, or there as zeros, garbage and old bytes. Each of these disks opens to a state that the program
//! had committed, no older than the last one that it may rely on. Recovery is crashed in its turn.
//!
//! `BONDSTONE_GATE=1` takes more of the images that chance decides, and crashes recovery more often.

use std::collections::BTreeMap;

use bondstone::vfs::sim::{Image, Kept, SimDisk};

use crate::models::state;
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
        for image in chance.chain(torn) {
            tally.images += 1;
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
    let found = session.recognise(&db)?;
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
            // What recovery had not promised to anybody may still go, never what it was asked to keep.
            if now < session.durable || now > found.max(session.history.len() - 1) {
                return Err(format!("within recovery, {left:?}: {now} after {found}"));
            }
        }
    }
    Ok(())
}
