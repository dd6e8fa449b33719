//! Operations that fail: each one of each workload, in every way, once and from then on.
//!
//! An error leaves the database in memory as it was before the call, and readable. What was acknowledged is found again. After
//! a lack of space, or a signal, or a short write, the database goes on as soon as the disk does.

use bondstone::Level;
use bondstone::prelude::*;
use bondstone::vfs::sim::{Fault, Image, SimDisk, Times};

use crate::models::{Account, account, state};
use crate::session::{Session, builder};
use crate::workloads::{WORKLOADS, Workload};

const FAULTS: [Fault; 5] =
    [Fault::Io, Fault::NoSpace, Fault::Interrupted, Fault::Short, Fault::Zero];

#[derive(Debug, Default)]
struct Tally {
    runs: usize,
    errors: usize,
    went_on: usize,
    poisoned: usize,
}

#[test]
pub fn every_operation_may_fail() {
    let mut tally = Tally::default();
    for workload in WORKLOADS {
        let whole = SimDisk::new(1);
        let mut session = Session::open(whole.clone());
        (workload.run)(&mut session);
        drop(session);
        for operation in 0..whole.operations() {
            for fault in FAULTS {
                for times in [Times::Once, Times::Sticky] {
                    tally.runs += 1;
                    fail(workload, operation, fault, times, &mut tally);
                }
            }
        }
    }
    println!("{tally:?}");
    assert!(tally.errors > 1_000 && tally.went_on > 200 && tally.poisoned > 100, "{tally:?}");
}

fn fail(workload: &Workload, operation: u64, fault: Fault, times: Times, tally: &mut Tally) {
    let about = format!("{}, {fault:?} {times:?} at operation {operation}", workload.name);
    let disk = SimDisk::new(1);
    disk.fail_at(operation, fault, times);
    let mut session = Session::open(disk.clone());
    (workload.run)(&mut session);
    tally.errors += usize::from(session.ended);
    if fault == Fault::Interrupted && times == Times::Once {
        assert!(!session.ended, "{about}: a signal is no error");
    }
    disk.heal();
    if let Some(db) = session.db.take() {
        let seen = state(&db);
        assert_eq!(seen, session.history[session.acknowledged], "{about}: what readers see");
        assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new(), "{about}");
        if session.ended {
            go_on(&mut session, &db, tally);
        }
    }
    // The process ends, the operating system does not; and then the power fails.
    for image in [Image::kept(), Image::lost()] {
        let db =
            builder().open_in(disk.image(image)).unwrap_or_else(|error| panic!("{about}: {error}"));
        session.recognise(&db).unwrap_or_else(|error| panic!("{about}, {image:?}: {error}"));
    }
}

/// The disk is well again: the database goes on, or it is poisoned and says so, always.
fn go_on(session: &mut Session, db: &Database, tally: &mut Tally) {
    let before = state(db);
    let mut tx = match db.begin() {
        Ok(tx) => tx,
        Err(error) => {
            tally.poisoned += 1;
            assert!(error.is_poisoned(), "{error}");
            return;
        }
    };
    tx.insert(account("after the fault")).expect("nothing refuses");
    let after = crate::models::state_of(&tx);
    match tx.commit_at(Level::Sync) {
        Ok(_) => {
            tally.went_on += 1;
            session.history.truncate(session.acknowledged + 1);
            session.history.push(after);
            session.durable = session.history.len() - 1;
        }
        Err(error) => {
            tally.poisoned += 1;
            assert!(error.is_poisoned(), "{error}");
            assert_eq!(state(db), before, "a poisoned database keeps what readers see");
            assert!(db.write(|tx| tx.insert(account("again")).map(drop)).is_err());
        }
    }
}

#[test]
pub fn a_full_disk_refuses_and_goes_on_when_there_is_space() {
    // Room for nothing, for a part of a frame's head, for a part of its content.
    for free in [0, 20, 45] {
        let disk = SimDisk::new(1);
        let db = builder().open_in(disk.clone()).expect("the disk is empty");
        db.write(|tx| tx.insert(account("ann")).map(drop)).expect("there is space");
        let length = |name: &String| disk.bytes(name).map_or(0, |bytes| bytes.len() as u64);
        disk.set_capacity(Some(disk.names().iter().map(length).sum::<u64>() + free));
        for level in [Level::Buffered, Level::Sync] {
            let refused = db
                .write_at(level, |tx| tx.insert(account("bob")).map(drop))
                .expect_err("there is no space");
            assert!(refused.to_string().contains("space"), "{refused}");
            assert_eq!(db.read().count::<Account>(), 1);
        }
        disk.set_capacity(None);
        db.write(|tx| tx.insert(account("bob")).map(drop)).expect("there is space again");
        assert_eq!(db.read().count::<Account>(), 2);
        drop(db);
        let db = builder().open_in(disk).expect("all is well");
        assert_eq!(db.read().count::<Account>(), 2, "{free} bytes were free");
    }
}

#[test]
pub fn a_failed_sync_poisons_and_reopening_decides() {
    let disk = SimDisk::new(1);
    let db = builder().open_in(disk.clone()).expect("the disk is empty");
    db.write(|tx| tx.insert(account("ann")).map(drop)).expect("all is well");
    let (seen, version) = (db.read(), db.version());
    let next = disk.operations();
    // The append is the next operation; the sync is the one after it.
    disk.fail_at(next + 1, Fault::Io, Times::Once);
    let unknown = db.write(|tx| tx.insert(account("bob")).map(drop)).expect_err("the sync fails");
    assert!(unknown.is_poisoned(), "{unknown}");
    assert!(unknown.to_string().contains("unknown"), "{unknown}");
    assert_eq!((db.read().count::<Account>(), db.version()), (1, version), "it is not published");
    for _ in 0..2 {
        let refused = db.write(|tx| tx.insert(account("eve")).map(drop)).expect_err("poisoned");
        assert!(refused.is_poisoned(), "{refused}");
        assert!(db.flush().expect_err("poisoned").is_poisoned());
    }
    assert_eq!(seen.count::<Account>(), 1);
    drop(db);
    // After a power loss it is gone: the system counts as written what it failed to write.
    let db = builder().open_in(disk.image(Image::lost())).expect("all is well");
    assert_eq!(db.read().count::<Account>(), 1);
    // Without one it is in the page cache, and opening writes it again.
    disk.heal();
    let db = builder().open_in(disk.clone()).expect("all is well");
    assert_eq!(db.read().count::<Account>(), 2);
    drop(db);
    let db = builder().open_in(disk.image(Image::lost())).expect("all is well");
    assert_eq!(db.read().count::<Account>(), 2, "what was found stays");
}
