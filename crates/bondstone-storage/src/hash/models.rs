//! A reader searches while the writer inserts, copies, swaps tables and removes.

use loom::sync::Arc;
use loom::sync::atomic::AtomicU64;
use loom::thread;

use super::*;
use crate::sync::canary;

/// A hash whose home is bucket `home` of 4 (of 8: twice that), different for each `number`.
fn hash(home: u64, number: u64) -> u64 {
    home << 62 | number << 32
}

fn finds(index: &HashIndex, hash: u64, wanted: u32) -> bool {
    index.find(hash, |payload| (payload == wanted).then_some(())).is_some()
}

/// An index of four buckets of two places each.
fn index(writer: &mut Writer) -> Arc<HashIndex> {
    let index = HashIndex::new();
    index.reserve(writer, 6);
    Arc::new(index)
}

/// The table is full; one insert begins the copy, the next ends it and swaps.
fn growth() {
    loom::model(|| {
        let mut writer = Writer::new();
        let index = index(&mut writer);
        let last = Arc::new(AtomicU64::new(0));
        for number in 1..=6 {
            index.insert(&mut writer, hash(1 + number / 3, number), number as u32);
        }
        let reader = thread::spawn({
            let (index, last) = (index.clone(), last.clone());
            move || {
                let seen = last.load(Ordering::Acquire);
                assert!(finds(&index, hash(3, 6), 6), "an old entry");
                if seen > 0 {
                    assert!(finds(&index, hash(0, 7), 7), "an entry behind the copier");
                }
            }
        });
        index.insert(&mut writer, hash(0, 7), 7);
        last.store(1, Ordering::Release);
        index.insert(&mut writer, hash(2, 8), 8);
        assert!(index.state(&mut writer).copy.is_none());
        reader.join().unwrap();
    });
}

/// Whoever finds an entry finds no word that was never written, and sees what was written to the
/// row before.
fn first_use() {
    loom::model(|| {
        let index = Arc::new(HashIndex::new());
        let row = Arc::new(AtomicU64::new(0));
        let mut writer = Writer::new();
        let reader = thread::spawn({
            let (index, row) = (index.clone(), row.clone());
            move || {
                if let Some(found) = index.find(0, Some) {
                    assert_eq!((found, row.load(Ordering::Relaxed)), (1, 1));
                }
            }
        });
        row.store(1, Ordering::Relaxed);
        index.insert(&mut writer, 0, 1);
        reader.join().unwrap();
    });
}

/// A place is used again: for another entry, which the reader does not take for the one that is
/// gone, and for one under the same hash, which leads to a row that can be seen.
fn reuse() {
    loom::model(|| {
        let index = Arc::new(HashIndex::new());
        let row = Arc::new(AtomicU64::new(0));
        let mut writer = Writer::new();
        index.insert(&mut writer, hash(0, 1), 1);
        let reader = thread::spawn({
            let (index, row) = (index.clone(), row.clone());
            move || match index.find(hash(0, 1), Some) {
                None | Some(1) => {}
                Some(2) => assert_eq!(row.load(Ordering::Relaxed), 1),
                Some(other) => panic!("a hint of another hash: {other}"),
            }
        });
        index.remove(&mut writer, hash(0, 1), 1);
        // The same tag, another hash.
        index.insert(&mut writer, hash(0, 1 | 1 << 7), 3);
        index.remove(&mut writer, hash(0, 1 | 1 << 7), 3);
        row.store(1, Ordering::Relaxed);
        index.insert(&mut writer, hash(0, 1), 2);
        reader.join().unwrap();
    });
}

/// Others go, come and go in the bucket that an entry passed, and in the one where it stands.
fn removal() {
    loom::model(|| {
        let mut writer = Writer::new();
        let index = index(&mut writer);
        for number in 1..=4 {
            index.insert(&mut writer, hash(3, number), number as u32);
        }
        let reader = thread::spawn({
            let index = index.clone();
            move || assert!(finds(&index, hash(3, 3), 3))
        });
        index.remove(&mut writer, hash(3, 1), 1);
        index.insert(&mut writer, hash(3, 5), 5);
        index.remove(&mut writer, hash(3, 4), 4);
        reader.join().unwrap();
        index.check(&writer).unwrap();
    });
}

/// An entry passes a full bucket, and a reader that came later looks for it.
fn passing() {
    loom::model(|| {
        let mut writer = Writer::new();
        let index = index(&mut writer);
        let last = Arc::new(AtomicU64::new(0));
        index.insert(&mut writer, hash(3, 1), 1);
        index.insert(&mut writer, hash(3, 2), 2);
        let reader = thread::spawn({
            let (index, last) = (index.clone(), last.clone());
            move || {
                if last.load(Ordering::Acquire) > 0 {
                    assert!(finds(&index, hash(3, 3), 3));
                }
            }
        });
        index.insert(&mut writer, hash(3, 3), 3);
        last.store(1, Ordering::Release);
        index.remove(&mut writer, hash(3, 1), 1);
        reader.join().unwrap();
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
#[should_panic]
fn loom_twin_tables_swapped_relaxed() {
    canary::set("HashSwapRelaxed");
    growth();
}

#[test]
fn loom_hash_publishes_rows() {
    first_use();
}

#[test]
#[should_panic]
fn loom_twin_tags_stored_relaxed() {
    canary::set("HashTagsRelaxed");
    first_use();
}

#[test]
fn loom_hash_uses_places_again() {
    reuse();
}

#[test]
#[should_panic]
fn loom_twin_entry_stored_relaxed() {
    canary::set("HashRelaxed");
    reuse();
}

#[test]
#[should_panic = "a hint of another hash"]
fn loom_twin_tag_believed() {
    canary::set("HashTagBelieved");
    reuse();
}

#[test]
fn loom_hash_removes_beside_a_reader() {
    removal();
}

#[test]
#[should_panic]
fn loom_twin_count_lost_with_an_entry() {
    canary::set("HashPathCut");
    removal();
}

#[test]
fn loom_hash_passes_beside_a_reader() {
    passing();
}

#[test]
#[should_panic]
fn loom_twin_passed_bucket_does_not_know() {
    canary::set("HashNotPassed");
    passing();
}
