//! Bits that flip, files that end early, blocks that change places: detected, or harmless; never a wrong value, never a panic.

use std::collections::BTreeMap;

use bondstone::Level;
use bondstone::vfs::sim::SimDisk;
use bondstone_tests::dice::Dice;

use crate::models::{account, state};
use crate::session::{Session, builder};
use crate::workloads::{WORKLOADS, Workload};

/// The first file of a log.
const LOG: &str = "log-0000000000000001";

/// A directory as a program left it.
struct Left {
    name: &'static str,
    /// Was it closed? Then any damage of the log is one.
    sealed: bool,
    files: BTreeMap<String, Vec<u8>>,
    /// The states that may be found: the last, and when the log was not closed all before it.
    states: Vec<String>,
}

impl Left {
    fn by(name: &'static str, close: bool) -> Self {
        let disk = SimDisk::new(1);
        let mut session = Session::open(disk.clone());
        let workload: &Workload =
            WORKLOADS.iter().find(|workload| workload.name == name).expect("there is one");
        (workload.run)(&mut session);
        if close {
            session.close();
        }
        session.forget();
        Self { name, sealed: close, files: BTreeMap::from(&disk), states: session.history }
    }

    /// Opens the directory with one file changed. True: the damage was detected.
    fn detects(&self, name: &str, bytes: Vec<u8>, about: impl Fn() -> String) -> bool {
        let (disk, length) = (SimDisk::new(2), bytes.len());
        for (other, content) in &self.files {
            let content = if other == name { bytes.clone() } else { content.clone() };
            disk.put(other, content);
        }
        let Ok(db) = builder().open_in(disk) else { return true };
        let found = state(&db);
        let place = self.states.iter().rposition(|state| *state == found);
        let place =
            place.unwrap_or_else(|| panic!("{}: a state that never was:\n{found}", about()));
        if place + 1 == self.states.len() {
            return false;
        }
        assert!(!self.sealed, "{}: a closed log lost commits in silence", about());
        let cut = db.opened().and_then(|opened| opened.cut().cloned());
        // Where a log that was not closed ends between two commits, nothing tells that it was longer.
        let is_shorter = bytes_of(&self.files, name) > length;
        assert!(cut.is_some() || is_shorter, "{}: commits are gone and nothing is said", about());
        true
    }
}

fn bytes_of(files: &BTreeMap<String, Vec<u8>>, name: &str) -> usize {
    files.get(name).map_or(0, Vec::len)
}

/// Files of snapshots, of logs, closed and not.
fn directories() -> Vec<Left> {
    vec![
        Left::by("cascades", true),
        Left::by("natural_keys", false),
        Left::by("mixed_levels", true),
        Left::by("checkpoint", true),
        Left::by("checkpoint_twice", false),
        Left::by("checkpoint_then_reopen", true),
    ]
}

#[test]
pub fn every_bit_that_flips_is_detected_or_harmless() {
    let (mut flips, mut detected) = (0_usize, 0_usize);
    let gate = std::env::var_os("BONDSTONE_GATE").is_some();
    for left in directories() {
        for (name, content) in left.files.iter().filter(|(name, _)| *name != "lock") {
            for bit in 0..content.len() * 8 {
                // The quick form takes one bit of each byte, another one each time.
                if !gate && bit % 8 != (bit / 8) % 8 {
                    continue;
                }
                let mut bytes = content.clone();
                bytes[bit / 8] ^= 1 << (bit % 8);
                flips += 1;
                let about = || format!("{}: bit {bit} of {name}", left.name);
                detected += usize::from(left.detects(name, bytes, about));
            }
        }
    }
    println!("{flips} flips, {detected} detected");
    assert_eq!(flips, detected, "no byte of ours is without a checksum");
}

/// What a medium spoils is more than a bit as a rule.
#[test]
pub fn every_burst_is_detected() {
    let bursts = if std::env::var_os("BONDSTONE_GATE").is_some() { 5_000 } else { 150 };
    let mut changed = 0_usize;
    for (seed, left) in (1..).zip(directories()) {
        let mut dice = Dice(seed);
        for (name, content) in left.files.iter().filter(|(name, _)| *name != "lock") {
            for _ in 0..bursts {
                let start = dice.roll(content.len() as u64) as usize;
                let longest = [4, 64, 600][dice.roll(3) as usize];
                let length = 1 + dice.roll(longest) as usize;
                let end = content.len().min(start + length);
                let mut bytes = content.clone();
                let kind = dice.roll(4);
                for byte in &mut bytes[start..end] {
                    *byte = match kind {
                        0 => 0,
                        1 => 0xff,
                        2 => *byte ^ dice.roll(256) as u8,
                        _ => dice.roll(256) as u8,
                    };
                }
                if bytes == *content {
                    continue;
                }
                changed += 1;
                let about = || format!("{}: bytes {start}..{end} of {name} ({kind})", left.name);
                assert!(left.detects(name, bytes, about), "{}", about());
            }
        }
    }
    assert!(changed > 1_000, "{changed}");
}

#[test]
fn every_truncation_is_detected_or_harmless() {
    let mut harmless = Vec::new();
    for left in directories() {
        for (name, content) in left.files.iter().filter(|(name, _)| *name != "lock") {
            for length in 0..content.len() {
                let about = || format!("{}: the first {length} bytes of {name}", left.name);
                if !left.detects(name, content[..length].to_vec(), about) {
                    harmless.push(about());
                }
            }
        }
    }
    assert_eq!(harmless, Vec::<String>::new(), "what ends early lacks something");
}

#[test]
fn blocks_that_change_places_are_detected() {
    for left in directories() {
        for (name, content) in left.files.iter().filter(|(name, _)| *name != "lock") {
            for size in [16, 64] {
                let blocks = content.len() / size;
                for first in 0..blocks {
                    let second = (first * 7 + 3) % blocks;
                    let mut bytes = content.clone();
                    let (a, b) = (first * size, second * size);
                    for place in 0..size {
                        bytes.swap(a + place, b + place);
                    }
                    if bytes == *content {
                        continue;
                    }
                    let about = || format!("{}: blocks {first} and {second} of {name}", left.name);
                    assert!(left.detects(name, bytes, about), "{}", about());
                }
            }
        }
    }
}

/// A frame that says that those before it were synced is proof: damage of these is no torn end, and is not cut.
#[test]
pub fn what_is_known_to_be_safe_is_never_cut() {
    let left = Left::by("sync_commits", false);
    let (name, content) =
        left.files.iter().find(|(name, _)| name.starts_with("log-")).expect("there is a log");
    let (mut refused, mut cut) = (0, 0);
    for bit in 0..content.len() * 8 {
        let mut bytes = content.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let disk = SimDisk::new(2);
        disk.put(name, bytes);
        let Ok(db) = builder().open_in(disk) else {
            refused += 1;
            continue;
        };
        cut += 1;
        let last_but_one = left.states.len() - 2;
        assert_eq!(state(&db), left.states[last_but_one], "bit {bit}: only the last may go");
    }
    assert!(refused > 2 * cut && cut > 0, "{refused} refused, {cut} cut");
}

/// Two programs do the same, up to one commit. What the one wrote behind that does not follow what the other did.
#[test]
pub fn a_frame_of_another_history_is_not_believed() {
    let history = |second: &str| {
        let disk = SimDisk::new(1);
        let mut session = Session::open(disk.clone());
        let mut ends = Vec::new();
        for name in ["ann", second, "eve"] {
            session.commit(Level::Buffered, |tx| tx.insert(account(name)).map(drop));
            ends.push(disk.bytes(LOG).map_or(0, |bytes| bytes.len()));
        }
        session.forget();
        (disk.bytes(LOG).expect("there is one log"), ends, session.history)
    };
    let ((mut bytes, ends, states), (other, other_ends, _)) = (history("bob"), history("joe"));
    assert_eq!(ends, other_ends);
    assert_eq!(bytes[..ends[0]], other[..ends[0]], "they begin alike");
    bytes[ends[1]..].copy_from_slice(&other[ends[1]..]);
    let disk = SimDisk::new(2);
    disk.put(LOG, bytes);
    let db = builder().open_in(disk).expect("what does not follow is the end");
    assert_eq!(state(&db), states[2]);
    assert!(db.opened().expect("from files").cut().is_some());
}

#[test]
fn files_of_another_database_are_refused() {
    let mine = Left::by("checkpoint", true);
    let other = {
        let disk = SimDisk::new(99);
        let mut session = Session::open(disk.clone());
        (WORKLOADS
            .iter()
            .find(|workload| workload.name == "checkpoint")
            .expect("there is one")
            .run)(&mut session);
        session.close();
        BTreeMap::from(&disk)
    };
    for (name, content) in other.into_iter().filter(|(name, _)| name != "lock") {
        if mine.files.contains_key(&name) {
            let about = || format!("{name} of another database");
            assert!(mine.detects(&name, content, about), "{}", about());
        }
    }
}
