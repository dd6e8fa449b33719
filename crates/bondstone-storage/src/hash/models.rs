//! A reader searches while the writer inserts, copies, swaps tables and removes.

use loom::sync::Arc;
use loom::sync::atomic::AtomicU64;
use loom::thread;

use super::*;
use crate::sync::canary;

/// A hash whose home place is `place` of 8 (of 16: twice that), different for each `number`.
fn hash(place: u64, number: u64) -> u64 {
    place << 61 | number << 32
}

fn finds(index: &HashIndex, hash: u64, wanted: u32) -> bool {
    index.find(hash, |payload| (payload == wanted).then_some(())).is_some()
}

/// The table is full; one insert begins the copy, the next ends it and swaps.
fn growth() {
    loom::model(|| {
        let index = Arc::new(HashIndex::new());
        let last = Arc::new(AtomicU64::new(0));
        let mut writer = Writer::new();
        for number in 1..=4 {
            index.insert(&mut writer, hash(2 * number - 1, number), number as u32);
        }
        let reader = thread::spawn({
            let (index, last) = (index.clone(), last.clone());
            move || {
                let seen = last.load(Ordering::Acquire);
                assert!(finds(&index, hash(7, 4), 4), "an old entry");
                if seen > 0 {
                    assert!(finds(&index, hash(0, 5), 5), "an entry behind the copier");
                }
            }
        });
        index.insert(&mut writer, hash(0, 5), 5);
        last.store(1, Ordering::Release);
        index.insert(&mut writer, hash(6, 6), 6);
        assert!(index.state(&mut writer).copy.is_none());
        reader.join().unwrap();
    });
}

/// Whoever finds an entry sees what was written to the row before.
fn publication() {
    loom::model(|| {
        let index = Arc::new(HashIndex::new());
        let row = Arc::new(AtomicU64::new(0));
        let mut writer = Writer::new();
        let reader = thread::spawn({
            let (index, row) = (index.clone(), row.clone());
            move || {
                if finds(&index, hash(6, 1), 1) {
                    assert_eq!(row.load(Ordering::Relaxed), 1);
                }
            }
        });
        row.store(1, Ordering::Relaxed);
        index.insert(&mut writer, hash(6, 1), 1);
        reader.join().unwrap();
    });
}

/// An entry goes that stands on the chain of another.
fn removal() {
    loom::model(|| {
        let index = Arc::new(HashIndex::new());
        let mut writer = Writer::new();
        for number in 1..=3 {
            index.insert(&mut writer, hash(7, number), number as u32);
        }
        let reader = thread::spawn({
            let index = index.clone();
            move || assert!(finds(&index, hash(7, 3), 3))
        });
        index.remove(&mut writer, hash(7, 1), 1);
        index.insert(&mut writer, hash(7, 4), 4);
        index.remove(&mut writer, hash(7, 2), 2);
        reader.join().unwrap();
        index.check(&writer).unwrap();
    });
}

#[test]
fn loom_hash_grows_beside_a_reader() {
    growth();
}

#[test]
#[should_panic(expected = "an old entry")]
fn loom_twin_tables_swapped_before_the_copy_ends() {
    canary::set("HashSwapEarly");
    growth();
}

#[test]
#[should_panic(expected = "an entry behind the copier")]
fn loom_twin_entry_written_to_the_new_table_alone() {
    canary::set("HashNewTableOnly");
    growth();
}

#[test]
fn loom_hash_publishes_rows() {
    publication();
}

#[test]
#[should_panic]
fn loom_twin_tables_swapped_relaxed() {
    canary::set("HashSwapRelaxed");
    growth();
}

#[test]
#[should_panic]
fn loom_twin_entry_stored_relaxed() {
    canary::set("HashRelaxed");
    publication();
}

#[test]
fn loom_hash_removes_beside_a_reader() {
    removal();
}

#[test]
#[should_panic]
fn loom_twin_removed_place_emptied() {
    canary::set("HashEmptied");
    removal();
}
