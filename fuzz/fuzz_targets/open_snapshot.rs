//! Snapshots that were changed on purpose are refused, or leave a database that keeps its rules.
#![no_main]

use bondstone_tests::files::{self, Attack, Target};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let disk = Attack::decode(Target::Snapshot, bytes).disk();
    files::judge(files::open(&disk), &disk).unwrap_or_else(|wrong| panic!("{wrong}"));
});
