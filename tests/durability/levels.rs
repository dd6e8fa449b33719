//! What each level promises; threads that commit together; who waits for whom.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bondstone::prelude::*;
use bondstone::vfs::sim::{Fault, Image, SimDisk, Times};
use bondstone::{Builder, Level};

use crate::models::{Account, Label, account, next_account, state};
use crate::session::builder;

fn open(disk: &SimDisk) -> Database {
    builder().open_in(disk.clone()).expect("the disk is well")
}

fn put(db: &Database, level: Level, name: &str) {
    db.write_at(level, |tx| tx.insert(account(name)).map(drop)).expect("the disk is well");
}

fn names(db: &Database) -> Vec<String> {
    db.read()
        .query::<Account>()
        .order_by_key()
        .into_iter()
        .map(|account| account.name.clone())
        .collect()
}

#[test]
fn each_level_keeps_what_it_says() {
    let disk = SimDisk::new(1);
    let db = open(&disk);
    put(&db, Level::Sync, "sync");
    put(&db, Level::Buffered, "buffered");
    put(&db, Level::Memory, "memory");
    assert_eq!(names(&db), ["sync", "buffered", "memory"], "here all of them are seen");
    // Power loss, and a kill, which leaves what the operating system has.
    assert_eq!(names(&open(&disk.image(Image::lost()))), ["sync"]);
    assert_eq!(names(&open(&disk.image(Image::kept()))), ["sync", "buffered"]);
    db.flush().expect("the disk is well");
    assert_eq!(names(&open(&disk.image(Image::lost()))), ["sync", "buffered", "memory"]);
}

#[test]
fn a_stronger_commit_takes_weaker_ones_with_it() {
    let disk = SimDisk::new(1);
    let db = open(&disk);
    put(&db, Level::Memory, "memory");
    put(&db, Level::Buffered, "buffered");
    assert_eq!(names(&open(&disk.image(Image::kept()))), ["memory", "buffered"]);
    put(&db, Level::Memory, "more");
    put(&db, Level::Sync, "sync");
    assert_eq!(names(&open(&disk.image(Image::lost()))), ["memory", "buffered", "more", "sync"]);
}

#[test]
fn durable_versions_tell_and_can_be_waited_for() {
    let disk = SimDisk::new(1);
    let db = open(&disk);
    put(&db, Level::Sync, "ann");
    assert_eq!(db.durable_version(), db.version());
    let mut tx = db.begin().expect("no other is open");
    tx.insert(account("bob")).expect("nothing refuses");
    let commit = tx.commit_at(Level::Buffered).expect("the disk is well");
    assert!(commit.version() > db.durable_version());
    commit.wait_durable().expect("the disk is well");
    assert!(commit.version() <= db.durable_version());
    assert_eq!(names(&open(&disk.image(Image::lost()))), ["ann", "bob"]);
}

#[test]
fn a_commit_of_nothing_is_as_durable_as_those_before() {
    let disk = SimDisk::new(1);
    let db = open(&disk);
    put(&db, Level::Buffered, "ann");
    let mut tx = db.begin().expect("no other is open");
    let id = tx.insert(account("came and went")).expect("nothing refuses");
    tx.delete(id).expect("nothing refuses");
    let commit = tx.commit_at(Level::Sync).expect("the disk is well");
    commit.wait_durable().expect("the disk is well");
    assert_eq!(names(&open(&disk.image(Image::lost()))), ["ann"]);
}

struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_future_without_a_runtime_waits_for_durability() {
    let disk = SimDisk::new(1);
    let db = open(&disk);
    let mut tx = db.begin().expect("no other is open");
    tx.insert(account("ann")).expect("nothing refuses");
    let commit = tx.commit_at(Level::Buffered).expect("the disk is well");
    let woken = Arc::new(Woken(AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&woken));
    let mut durable = pin!(commit.durable());
    assert!(durable.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(woken.0.load(Ordering::SeqCst), 0);
    put(&db, Level::Sync, "bob");
    assert!(woken.0.load(Ordering::SeqCst) > 0, "it is told");
    let Poll::Ready(done) = durable.as_mut().poll(&mut Context::from_waker(&waker)) else {
        panic!("it is durable now");
    };
    done.expect("the disk is well");
}

#[test]
fn a_future_is_told_when_it_never_will_be() {
    let disk = SimDisk::new(1);
    let db = open(&disk);
    let mut tx = db.begin().expect("no other is open");
    tx.insert(account("ann")).expect("nothing refuses");
    let commit = tx.commit_at(Level::Buffered).expect("the disk is well");
    let waker = Waker::from(Arc::new(Woken(AtomicUsize::new(0))));
    let mut durable = pin!(commit.durable());
    assert!(durable.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    disk.fail_at(disk.operations(), Fault::Io, Times::Sticky);
    assert!(db.flush().is_err());
    let Poll::Ready(done) = durable.as_mut().poll(&mut Context::from_waker(&waker)) else {
        panic!("it is known now");
    };
    assert!(done.expect_err("it is not known to be durable").is_poisoned());
    assert!(commit.wait_durable().is_err());
}

/// Lets the syncs of a disk go on, though what held them should fail: nobody has to wait for ever.
struct Freed<'a>(&'a SimDisk);

impl Drop for Freed<'_> {
    fn drop(&mut self) {
        self.0.block_syncs(false);
    }
}

/// While a sync is held, the next transaction builds on what is not published, and returns only when that is.
#[test]
pub fn who_builds_on_what_is_not_published_waits_for_it() {
    let disk = SimDisk::new(1);
    let db = open(&disk);
    put(&db, Level::Sync, "ann");
    disk.block_syncs(true);
    let returned: [AtomicBool; 4] = Default::default();
    let report = |place: usize| returned[place].store(true, Ordering::SeqCst);
    let seen = |tx: &Tx| tx.count::<Account>();
    std::thread::scope(|scope| {
        let _free = Freed(&disk);
        scope.spawn(|| put(&db, Level::Sync, "bob"));
        disk.wait_blocked(1);
        assert_eq!(names(&db), ["ann"], "what is not synced is not seen");
        scope.spawn(|| {
            // Reads only.
            assert!(db.write(|tx| Ok(seen(tx))).expect("the disk is well") >= 2);
            report(0);
        });
        scope.spawn(|| {
            // Returns an error.
            let refused = db.write(|tx| Err::<(), _>(Error::user(seen(tx).to_string())));
            assert!(refused.expect_err("as it says").to_string().as_str() >= "2");
            report(1);
        });
        scope.spawn(|| {
            // Rolls back.
            let mut tx = db.begin().expect("no other of this thread is open");
            tx.insert(account("never")).expect("nothing refuses");
            tx.rollback();
            report(2);
        });
        scope.spawn(|| {
            put(&db, Level::Buffered, "weaker");
            report(3);
        });
        std::thread::sleep(Duration::from_millis(100));
        let returned_early = returned.iter().any(|flag| flag.load(Ordering::SeqCst));
        let seen_early = db.read().count::<Account>();
        disk.block_syncs(false);
        assert!(!returned_early, "it could carry an unsynced value out");
        assert_eq!(seen_early, 1);
    });
    assert_eq!(db.read().count::<Account>(), 3);
    assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
}

#[test]
fn threads_share_a_sync() {
    let disk = SimDisk::new(1);
    let db = open(&disk);
    disk.block_syncs(true);
    disk.record();
    std::thread::scope(|scope| {
        scope.spawn(|| put(&db, Level::Sync, "first"));
        disk.wait_blocked(1);
        for number in 0..15 {
            let db = &db;
            scope.spawn(move || put(db, Level::Sync, &format!("number {number}")));
        }
        // All fifteen have appended, and none has returned.
        while disk.trace().iter().filter(|line| line.contains("Append")).count() < 16 {
            std::thread::sleep(Duration::from_millis(1));
        }
        disk.block_syncs(false);
    });
    let syncs = disk.trace().iter().filter(|line| line.contains("Sync log")).count();
    assert!(syncs <= 3, "{syncs} syncs for 16 commits that waited together");
    assert_eq!(db.read().count::<Account>(), 16);
    assert_eq!(open(&disk.image(Image::lost())).read().count::<Account>(), 16);
}

/// Threads commit, the disk crashes somewhere: what is found is a beginning of the order of commits, with all that was
/// acknowledged. Each commit says what number it is, so a hole would show.
#[test]
fn a_crash_under_threads_leaves_a_beginning() {
    const THREADS: usize = 4;
    for seed in 0..if std::env::var_os("BONDSTONE_GATE").is_some() { 400 } else { 40 } {
        let disk = SimDisk::new(seed);
        let db = open(&disk);
        put(&db, Level::Sync, "counter");
        let counter = db.read().query::<Account>().first().expect("it is there").id;
        disk.crash_at(disk.operations() + 5 + seed * 3 % 90);
        let acknowledged = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    loop {
                        let done = db.write(|tx| {
                            let number = tx.update(counter, |row| row.balance += 1)?.balance;
                            tx.insert(account(format!("number {number}")))?;
                            Ok(number as usize)
                        });
                        let Ok(number) = done else { break };
                        acknowledged.fetch_max(number, Ordering::SeqCst);
                    }
                });
            }
            if seed % 2 == 1 {
                scope.spawn(|| while db.checkpoint().is_ok() {});
            }
        });
        drop(db);
        let acknowledged = acknowledged.load(Ordering::SeqCst);
        for image in disk.images(seed).take(20) {
            let db = builder()
                .open_in(disk.image(image))
                .unwrap_or_else(|error| panic!("{seed} {image:?}: {error}"));
            let found = db.read().count::<Account>() - 1;
            assert!(
                found >= acknowledged,
                "{seed} {image:?}: {acknowledged} acknowledged, {found} found"
            );
            assert_eq!(db.read()[counter].balance as usize, found, "{seed} {image:?}: a hole");
            assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
        }
    }
}

/// A checkpoint removes the log that its view has, and no more: a commit may be in the log and not yet in memory.
#[test]
fn checkpoints_beside_writers_lose_nothing() {
    for seed in 0..if std::env::var_os("BONDSTONE_GATE").is_some() { 400 } else { 40 } {
        let disk = SimDisk::new(seed);
        let db = open(&disk);
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    db.checkpoint().expect("the disk is well");
                }
            });
            let levels = [Level::Memory, Level::Buffered, Level::Sync];
            let writers = levels.map(|level| {
                let db = &db;
                scope.spawn(move || {
                    (0..30).for_each(|number| put(db, level, &format!("{level:?} {number}")));
                })
            });
            writers.into_iter().for_each(|writer| writer.join().expect("nobody panics"));
            is_over.store(true, Ordering::SeqCst);
        });
        let before = state(&db);
        drop(db);
        assert_eq!(state(&open(&disk)), before, "{seed}");
    }
}

/// Those who commit while the database is being closed are told the truth: whatever was acknowledged is seen and kept.
#[test]
fn closing_beside_writers_loses_nothing() {
    for seed in 0..40 {
        let disk = SimDisk::new(seed);
        let db = open(&disk);
        let acknowledged: Vec<String> = std::thread::scope(|scope| {
            let levels = [Level::Memory, Level::Buffered, Level::Sync];
            let writers = levels.map(|level| {
                let db = &db;
                scope.spawn(move || {
                    let name = |number: u32| format!("{level:?} {number}");
                    let is_put =
                        |name: &String| db.write_at(level, |tx| tx.insert(account(name))).is_ok();
                    (0..).map(name).take_while(is_put).collect::<Vec<_>>()
                })
            });
            while db.version() < seed {
                std::thread::yield_now();
            }
            db.clone().close().expect("the disk is well");
            writers.into_iter().flat_map(|writer| writer.join().expect("nobody panics")).collect()
        });
        let (seen, kept) = (names(&db), names(&open(&disk.image(Image::lost()))));
        assert_eq!(seen, kept, "{seed}");
        let is_missing = |name: &&String| !seen.contains(*name);
        assert_eq!(acknowledged.iter().find(is_missing), None, "{seed}");
        assert_eq!(acknowledged.len(), seen.len(), "{seed}: what was refused is not there");
    }
}

#[test]
fn a_panic_leaves_nothing_in_the_log_and_the_next_transaction_works() {
    let disk = SimDisk::new(1);
    let db = open(&disk);
    put(&db, Level::Sync, "ann");
    let logged = disk.bytes("log-0000000000000001");
    let panics = std::panic::AssertUnwindSafe(|| {
        db.write(|tx| -> bondstone::Result<()> {
            tx.insert(account("never"))?;
            panic!("a mistake of the program's");
        })
    });
    assert!(std::panic::catch_unwind(panics).is_err(), "the panic goes on");
    assert_eq!(disk.bytes("log-0000000000000001"), logged);
    put(&db, Level::Sync, "bob");
    assert_eq!(names(&db), ["ann", "bob"]);
    assert_eq!(names(&open(&disk.image(Image::lost()))), ["ann", "bob"]);
}

#[test]
fn closing_seals_and_ends_writing() {
    let disk = SimDisk::new(1);
    let db = open(&disk);
    put(&db, Level::Memory, "ann");
    let other = db.clone();
    db.close().expect("the disk is well");
    assert_eq!(names(&other), ["ann"], "reading goes on");
    let refused = other.write(|tx| tx.insert(account("bob")).map(drop)).expect_err("it is closed");
    assert!(refused.to_string().contains("closed"), "{refused}");
    assert_eq!(names(&open(&disk.image(Image::lost()))), ["ann"]);
}

#[test]
fn an_error_of_closing_is_told() {
    let disk = SimDisk::new(1);
    let db = open(&disk);
    put(&db, Level::Buffered, "ann");
    disk.fail_at(disk.operations(), Fault::Io, Times::Sticky);
    assert!(db.close().is_err());
}

/// Whoever has closed a database holds nothing of it any more, be it that closing failed: another one opens the directory, and what is
/// left of the first must not write there.
#[test]
fn after_a_failed_close_the_directory_is_the_next_ones() {
    let mut failed = 0;
    for nth in 0..6 {
        for fault in [Fault::NoSpace, Fault::Io] {
            let disk = SimDisk::new(1);
            let db = open(&disk);
            put(&db, Level::Sync, "ann");
            put(&db, Level::Memory, "bob");
            let other = db.clone();
            disk.fail_at(disk.operations() + nth, fault, Times::Once);
            failed += u32::from(db.close().is_err());
            disk.heal();

            let next = open(&disk);
            put(&next, Level::Sync, "eve");
            let (expected, files) = (state(&next), disk.names());
            let length = |name: &String| disk.bytes(name).map(|bytes| bytes.len());
            let lengths: Vec<_> = files.iter().map(length).collect();
            let about = format!("{fault:?} at {nth}");
            assert!(other.checkpoint().is_err(), "{about}");
            assert!(other.write(|tx| tx.insert(account("joe")).map(drop)).is_err(), "{about}");
            let _ = other.flush();
            assert!(other.clone().close().is_err(), "{about}");
            drop(other);
            assert_eq!(disk.names(), files, "{about}");
            assert_eq!(files.iter().map(length).collect::<Vec<_>>(), lengths, "{about}");
            next.close().unwrap_or_else(|error| panic!("{about}: {error}"));
            assert_eq!(state(&open(&disk)), expected, "{about}");
        }
    }
    assert!(failed > 3, "{failed}");
}

#[test]
fn keys_are_not_used_again_after_reopening() {
    let disk = SimDisk::new(1);
    let db = open(&disk);
    for name in ["ann", "bob", "eve"] {
        put(&db, Level::Sync, name);
    }
    db.write(|tx| {
        let last = tx.query::<Account>().order_by_key().all().last().map(|account| account.id);
        tx.delete(last.expect("three are there")).map(drop)
    })
    .expect("the disk is well");
    drop(db);
    let db = open(&disk);
    assert_eq!(next_account(&db), 4);
    db.checkpoint().expect("the disk is well");
    drop(db);
    // One was used by a transaction that was rolled back.
    assert_eq!(next_account(&open(&disk)), 5, "from a snapshot, too");
}

#[test]
fn versions_go_on_after_reopening() {
    let disk = SimDisk::new(1);
    let db = open(&disk);
    put(&db, Level::Sync, "ann");
    let version = db.version();
    drop(db);
    let db = open(&disk);
    assert_eq!(db.version(), version);
    put(&db, Level::Sync, "bob");
    assert!(db.version() > version);
    assert_eq!(db.durable_version(), db.version());
}

#[test]
fn a_database_in_memory_has_levels_that_mean_nothing() {
    let db =
        Database::builder().models::<(Account, Label)>().in_memory().expect("the models are fine");
    put(&db, Level::Sync, "ann");
    db.flush().expect("there is nothing to do");
    db.close().expect("there is nothing to do");
}

#[test]
fn checkpoints_come_by_themselves() {
    let disk = SimDisk::new(1);
    let db = Builder::background(builder(), true)
        .checkpoint_at(3_000)
        .open_in(disk.clone())
        .expect("the disk is well");
    for number in 0..200 {
        put(&db, Level::Buffered, &format!("number {number}"));
    }
    let is_there = || disk.names().iter().any(|name| name.starts_with("snapshot"));
    for _ in 0..500 {
        if is_there() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(is_there(), "{:?}", disk.names());
    let before = state(&db);
    db.close().expect("the disk is well");
    assert_eq!(state(&open(&disk)), before);
}
