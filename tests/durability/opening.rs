//! What opening refuses, and what it tells.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};

use bondstone::vfs::sim::{Fault, Image, SimDisk, Times};
use bondstone::{Database, Level, Progress};

use crate::kill::Scratch;
use crate::models::{Account, account, state};
use crate::session::builder;

fn filled(disk: &SimDisk) -> String {
    let db = builder().open_in(disk.clone()).expect("the disk is well");
    for name in ["ann", "bob"] {
        db.write(|tx| tx.insert(account(name)).map(drop)).expect("the disk is well");
    }
    let filled = state(&db);
    db.close().expect("the disk is well");
    filled
}

#[test]
fn a_directory_is_open_once() {
    let disk = SimDisk::new(1);
    let db = builder().open_in(disk.clone()).expect("the disk is well");
    let refused = builder().open_in(disk.clone()).expect_err("it is open");
    assert!(refused.is_already_open(), "{refused}");
    drop(db);
    builder().open_in(disk).expect("it is free again");
}

#[test]
fn a_file_of_the_lock_that_nobody_holds_is_harmless() {
    let disk = SimDisk::new(1);
    let before = filled(&disk);
    disk.put("lock", "pid 1");
    assert_eq!(state(&builder().open_in(disk).expect("nobody holds it")), before);
}

#[test]
fn names_that_are_not_ours_are_left_alone() {
    let disk = SimDisk::new(1);
    let before = filled(&disk);
    for (name, bytes) in [("notes.txt", "mine"), ("log-x", "?"), ("snapshot-new", ""), ("log", "")]
    {
        disk.put(name, bytes);
    }
    let db = builder().open_in(disk.clone()).expect("they are not ours");
    assert_eq!(state(&db), before);
    db.checkpoint().expect("the disk is well");
    assert_eq!(disk.bytes("notes.txt").as_deref(), Some(&b"mine"[..]));
    assert_eq!(disk.bytes("log-x").as_deref(), Some(&b"?"[..]));
}

#[test]
pub fn a_log_that_is_missing_is_an_error_and_nothing_is_touched() {
    let disk = SimDisk::new(1);
    let db = builder().open_in(disk.clone()).expect("the disk is well");
    for number in 0..40 {
        db.write(|tx| tx.insert(account(format!("{number}{}", "x".repeat(200)))).map(drop))
            .expect("all is well");
    }
    db.close().expect("the disk is well");
    let logs: Vec<String> =
        disk.names().into_iter().filter(|name| name.starts_with("log-")).collect();
    assert!(logs.len() > 3, "{logs:?}");
    for missing in &logs[..logs.len() - 1] {
        let disk = disk.copy();
        disk.take(missing);
        let before: std::collections::BTreeMap<_, _> = (&disk).into();
        let refused = builder().open_in(disk.clone()).expect_err("commits are missing");
        assert!(refused.to_string().contains("log-"), "{refused}");
        let after: std::collections::BTreeMap<_, _> = (&disk).into();
        assert_eq!(before, after, "files are not changed by an error");
    }
}

#[test]
fn opening_tells_what_it_found() {
    let disk = SimDisk::new(1);
    filled(&disk);
    let db = builder().open_in(disk.clone()).expect("the disk is well");
    let opened = db.opened().expect("it was opened from files");
    assert_eq!((opened.rows(), opened.commits(), opened.cut()), (2, 2, None));
    db.checkpoint().expect("the disk is well");
    db.write_at(Level::Buffered, |tx| tx.insert(account("eve")).map(drop))
        .expect("the disk is well");
    drop(db);
    // The last bytes are missing: that commit was never safe.
    let log =
        disk.names().into_iter().rfind(|name| name.starts_with("log-")).expect("there is one");
    let bytes = disk.bytes(&log).expect("it is there");
    disk.put(&log, &bytes[..bytes.len() - 3]);
    let db = builder().open_in(disk).expect("a torn end is cut");
    let opened = db.opened().expect("it was opened from files");
    assert_eq!((opened.rows(), opened.commits()), (2, 0));
    let cut = opened.cut().expect("something was cut");
    assert_eq!(cut.file, log);
    assert!(opened.to_string().contains("cut"), "{opened}");
}

/// What a crash leaves between the naming of a snapshot and the removal of what it replaces; and the newest file's name.
fn two_generations() -> (SimDisk, String, String) {
    let disk = SimDisk::new(1);
    let db = builder().open_in(disk.clone()).expect("the disk is well");
    let put = |name| db.write(|tx| tx.insert(account(name)).map(drop)).expect("the disk is well");
    put("ann");
    db.checkpoint().expect("the disk is well");
    put("bob");
    let before = BTreeMap::from(&disk);
    db.checkpoint().expect("the disk is well");
    let newest = disk.names().into_iter().rfind(|name| name.starts_with("snapshot-"));
    put("eve");
    let state = state(&db);
    drop(db);
    for (name, bytes) in before.into_iter().filter(|(name, _)| disk.bytes(name).is_none()) {
        disk.put(&name, bytes);
    }
    (disk, newest.expect("it was written"), state)
}

fn damage(disk: &SimDisk, name: &str) {
    let mut bytes = disk.bytes(name).expect("it is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    disk.put(name, bytes);
}

#[test]
fn a_damaged_snapshot_is_replaced_by_the_one_before_and_the_log() {
    let (disk, newest, before) = two_generations();
    let whole = builder().open_in(disk.copy()).expect("all is well");
    assert_eq!(state(&whole), before);
    assert_eq!(whole.opened().and_then(|opened| opened.damaged_snapshot()), None);

    damage(&disk, &newest);
    let db = builder().open_in(disk.clone()).expect("the one before is there, and the whole log");
    assert_eq!(state(&db), before);
    let opened = db.opened().expect("it was opened from files");
    let told = opened.damaged_snapshot().expect("it is told");
    assert!(told.contains(&newest) && opened.to_string().contains("damaged"), "{told}; {opened}");
    // The next checkpoint takes the damaged one's place.
    db.write(|tx| tx.insert(account("joe")).map(drop)).expect("the disk is well");
    db.checkpoint().expect("the disk is well");
    assert_eq!(disk.bytes(&newest), None);
    drop(db);
    let db = builder().open_in(disk).expect("all is well");
    assert_eq!(db.opened().and_then(|opened| opened.damaged_snapshot()), None);
    assert_eq!(db.read().count::<Account>(), 4);
}

#[test]
fn a_damaged_snapshot_whose_commits_are_nowhere_else_is_an_error() {
    for missing in ["snapshot-", "log-"] {
        let (disk, newest, _) = two_generations();
        damage(&disk, &newest);
        // Without the snapshot before it, or without the log behind that.
        let first = disk.names().into_iter().find(|name| name.starts_with(missing));
        disk.take(&first.expect("there are two"));
        let before = BTreeMap::from(&disk);
        let refused = builder().open_in(disk.clone()).expect_err("commits are missing");
        let about = if missing == "log-" { "log-" } else { &newest };
        assert!(refused.to_string().contains(about), "{refused}");
        assert!(before == BTreeMap::from(&disk), "files are not changed by an error");
    }
}

#[test]
fn verifying_finds_damage_of_any_file_and_changes_nothing() {
    let (disk, newest, _) = two_generations();
    let report = bondstone::verify_in(disk.copy()).expect("all is well");
    assert_eq!((report.rows(), report.commits(), report.is_closed()), (2, 1, false));
    assert!(report.snapshot().is_some() && report.cut().is_none());
    let log = disk.names().into_iter().rfind(|name| name.starts_with("log-")).expect("it is there");
    for name in [&newest, &log] {
        let disk = disk.copy();
        damage(&disk, name);
        let before = BTreeMap::from(&disk);
        match bondstone::verify_in(disk.clone()) {
            Err(error) => assert!(error.to_string().contains(name), "{error}"),
            // The last commit of a log that was not closed.
            Ok(report) => assert_eq!(report.cut().map(|cut| &cut.file), Some(&log)),
        }
        assert!(before == BTreeMap::from(&disk), "verifying changes nothing");
    }
}

#[test]
fn progress_is_told() {
    let disk = SimDisk::new(1);
    filled(&disk);
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let tell = Arc::clone(&told);
    let listen = move |progress: Progress<'_>| {
        tell.lock().expect("nobody panics").push(format!("{progress:?}"));
    };
    let db = builder().on_progress(listen.clone()).open_in(disk.clone()).expect("all is well");
    db.checkpoint().expect("the disk is well");
    drop(db);
    drop(builder().on_progress(listen).open_in(disk).expect("all is well"));
    let told = told.lock().expect("nobody panics");
    for (line, times) in [
        ("Writing { table: \"accounts\", done: 2, total: 2 }", 1),
        ("Loading { table: \"accounts\", done: 2, total: 2 }", 1),
        ("Indexing", 2),
    ] {
        assert_eq!(told.iter().filter(|other| *other == line).count(), times, "{line}: {told:?}");
    }
}

#[test]
fn an_error_while_opening_names_the_file_and_changes_nothing() {
    let (before, _, _) = two_generations();
    before.take("lock");
    let whole = before.copy();
    drop(builder().open_in(whole.clone()).expect("all is well"));
    let written = whole.changes().into_iter().find(|operation| *operation > 1);
    let written = written.expect("a new log is begun");
    assert!(written > 10, "the files are read before anything is written");
    for operation in 0..=written {
        let disk = before.copy();
        disk.fail_at(operation, Fault::Io, Times::Once);
        let refused = builder().open_in(disk.clone()).expect_err("an operation fails").to_string();
        assert!(["log", "snapshot", "lock"].iter().any(|file| refused.contains(file)), "{refused}");
        disk.take("lock");
        assert!(BTreeMap::from(&before) == BTreeMap::from(&disk), "{operation}: {refused}");
    }
}

#[test]
fn a_backup_is_a_database_of_its_own() {
    let disk = SimDisk::new(1);
    let db = builder().open_in(disk).expect("the disk is well");
    db.write(|tx| tx.insert(account("ann")).map(drop)).expect("the disk is well");
    let copy = SimDisk::new(2);
    db.backup_in(copy.clone()).expect("the disk is well");
    db.write(|tx| tx.insert(account("bob")).map(drop)).expect("the disk is well");
    // It is durable, and both go on.
    let other = builder().open_in(copy.image(Image::lost())).expect("a backup opens");
    assert_eq!(other.read().count::<Account>(), 1);
    other.write(|tx| tx.insert(account("eve")).map(drop)).expect("the disk is well");
    assert_eq!(db.read().count::<Account>(), 2);
    // A directory with a database in it is not written over.
    assert!(db.backup_in(copy).is_err());
}

#[test]
fn paths_that_cannot_be_are_clear_errors() {
    let scratch = Scratch::new("paths");
    fs::create_dir_all(&scratch.0).expect("there is room");
    let file = scratch.0.join("file");
    fs::write(&file, "mine").expect("there is room");
    let refused = builder().open(&file).expect_err("it is a file");
    assert!(refused.to_string().contains("file"), "{refused}");
    let nowhere = scratch.0.join("a/b/c");
    let refused = builder().open(&nowhere).expect_err("its parents are missing");
    assert!(refused.to_string().contains("c"), "{refused}");
    assert_eq!(fs::read(&file).expect("it is there"), b"mine");
}

#[test]
fn a_real_directory_holds_the_same_bytes_as_a_simulated_one() {
    let scratch = Scratch::new("same");
    let work = |db: Database| {
        db.write(|tx| tx.insert(account("ann")).map(drop)).expect("the disk is well");
        db.checkpoint().expect("the disk is well");
        db.write(|tx| tx.insert(account("bob")).map(drop)).expect("the disk is well");
        let state = state(&db);
        db.close().expect("the disk is well");
        state
    };
    let disk = SimDisk::new(1);
    let simulated = work(builder().open_in(disk.clone()).expect("the disk is well"));
    let real = work(builder().open(&scratch.0).expect("the disk is well"));
    assert_eq!(simulated, real);
    let mut names: Vec<String> = fs::read_dir(&scratch.0)
        .expect("it is there")
        .map(|entry| entry.expect("it can be read").file_name().into_string().expect("plain"))
        .collect();
    names.sort();
    assert_eq!(names, disk.names());
    for name in names {
        let length = fs::metadata(scratch.0.join(&name)).expect("it is there").len() as usize;
        assert_eq!(length, disk.bytes(&name).expect("it is there").len(), "{name}");
    }
    let report = bondstone::verify(&scratch.0).expect("all is well");
    assert_eq!((report.rows(), report.commits(), report.is_closed()), (1, 1, true));
    assert_eq!(state(&builder().open(&scratch.0).expect("all is well")), real);
}
