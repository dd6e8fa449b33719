//! Real processes on a real directory: killed in the middle of their work, and two at once.
//!
//! The child is this test binary, asked for one test that does nothing unless it is told where to work.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bondstone::Level;
use bondstone::prelude::*;

use crate::models::{Account, account, state};

/// Where the child works.
const DIRECTORY: &str = "BONDSTONE_KILL_DIRECTORY";

fn builder() -> bondstone::Builder {
    Database::builder().models::<Account>().log_segment(20_000).checkpoint_at(60_000)
}

/// Opens the database when whoever had it is quite gone: a thread in the background may be finishing a checkpoint.
fn open(directory: &Path) -> Database {
    for _ in 0..200 {
        match builder().open(directory) {
            Err(error) if error.is_already_open() => std::thread::sleep(Duration::from_millis(20)),
            opened => return opened.expect("what a killed process leaves can be opened"),
        }
    }
    panic!("the lock is still held");
}

#[test]
fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let db = open(&PathBuf::from(directory));
    println!("ready {}", db.read().count::<Account>());
    for number in db.read().count::<Account>().. {
        let level = [Level::Sync, Level::Buffered][number % 2];
        db.write_at(level, |tx| tx.insert(account(format!("number {number}"))).map(drop))
            .expect("the disk is well");
        println!("ack {number}");
    }
}

fn spawn(directory: &Path) -> Child {
    Command::new(std::env::current_exe().expect("a test has a binary"))
        .args(["--exact", "kill::child", "--nocapture", "--test-threads=1"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a binary that runs can be run")
}

/// A directory that is removed in the end.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("bondstone-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn killed_processes_lose_nothing_that_they_acknowledged() {
    let scratch = Scratch::new("kill");
    let kills = if std::env::var_os("BONDSTONE_GATE").is_some() { 1_000 } else { 25 };
    let mut known = 0;
    for round in 0..kills {
        let mut child = spawn(&scratch.0);
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        // Acknowledgements up to the kill, and those that were on their way.
        let mut acknowledged = known;
        let mut left = 3 + round * 7 % 40;
        let mut killed = false;
        while let Some(Ok(line)) = lines.next() {
            let Some(number) = line.strip_prefix("ack ") else { continue };
            acknowledged = acknowledged.max(number.parse::<usize>().expect("a number") + 1);
            left -= usize::from(left > 0);
            if left == 0 && !killed {
                child.kill().expect("it runs");
                killed = true;
            }
        }
        assert!(killed, "the child ended by itself in round {round}");
        child.wait().expect("it was killed");
        let db = open(&scratch.0);
        let found = db.read().count::<Account>();
        assert!(found >= acknowledged, "round {round}: {acknowledged} acknowledged, {found} found");
        assert_eq!(db.read().query::<Account>().filter(Account::NAME.eq("number 0")).count(), 1);
        assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
        known = found;
        // Half of the time the log is left as it is.
        if round % 2 == 0 {
            db.close().expect("the disk is well");
        }
    }
}

#[test]
fn a_second_process_is_refused_at_once_and_does_not_disturb() {
    let scratch = Scratch::new("second");
    let mut child = spawn(&scratch.0);
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let is_ready = lines.by_ref().map_while(Result::ok).any(|line| line.contains("ready"));
    assert!(is_ready);
    let refused = builder().open(&scratch.0).expect_err("another process has it");
    assert!(refused.is_already_open(), "{refused}");
    let goes_on =
        lines.by_ref().map_while(Result::ok).filter(|line| line.contains("ack")).take(5).count();
    assert_eq!(goes_on, 5, "the first goes on");
    child.kill().expect("it runs");
    child.wait().expect("it was killed");
    // Killing frees the lock.
    let db = open(&scratch.0);
    let before = state(&db);
    let refused = builder().open(&scratch.0).expect_err("this process has it");
    assert!(refused.is_already_open(), "{refused}");
    assert_eq!(state(&db), before);
    db.write(|tx| tx.insert(account("still here")).map(drop)).expect("it is not disturbed");
}
