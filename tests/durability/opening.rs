//! What opening refuses, and what it tells.

use std::fs;

use bondstone::vfs::sim::{Image, SimDisk};
use bondstone::{Database, Level};

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
fn a_log_that_is_missing_is_an_error_and_nothing_is_touched() {
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
