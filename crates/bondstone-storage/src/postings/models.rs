//! A reader walks and counts a list while the writer enters, removes, and keeps the list anew.

use loom::sync::Arc;
use loom::sync::atomic::AtomicU64;
use loom::thread;

use super::*;
use crate::sync::{Ordering, canary};

/// A list of the first `len` slots, all counted, and the timestamp of that.
fn list(len: u32) -> (Arc<Postings>, Writer, Timestamp) {
    let (lists, mut writer) = (Arc::new(Postings::new()), Writer::new());
    for slot in 0..len {
        lists.insert(&mut writer, 0, slot);
        lists.adjust(&mut writer, 0, 1);
    }
    let at = writer.now();
    writer.advance(at + 1);
    (lists, writer, at)
}

/// A reader at that timestamp beside `write`: whatever it meets, `stays` is met once, and a count
/// that it knows is that of its snapshot.
fn walk(len: u32, stays: u32, write: fn(&Postings, &mut Writer)) {
    loom::model(move || {
        let (lists, mut writer, at) = list(len);
        let reader = thread::spawn({
            let lists = lists.clone();
            move || {
                let met: Vec<_> = lists.iter(0).collect();
                let times = met.iter().filter(|slot| **slot == stays).count();
                assert_eq!(times, 1, "{stays} in {met:?}");
                let count = lists.count(0, at);
                assert!(count.is_none_or(|count| count == len), "the count at {at}");
            }
        });
        write(&lists, &mut writer);
        reader.join().unwrap();
    });
}

/// An entry is removed and another entered.
fn removal() {
    walk(4, 3, |lists, writer| {
        lists.adjust(writer, 0, -1);
        lists.remove(writer, 0, 0);
        lists.insert(writer, 0, 9);
    });
}

/// From one slot to a block of two places, then to one of four.
fn doubling() {
    walk(1, 0, |lists, writer| {
        lists.insert(writer, 0, 1);
        lists.insert(writer, 0, 2);
    });
}

/// From a block to a tree and back.
fn tree() {
    walk(4, 3, |lists, writer| {
        lists.insert(writer, 0, 4);
    });
    walk(5, 4, |lists, writer| {
        lists.adjust(writer, 0, -3);
        for slot in 0..3 {
            lists.remove(writer, 0, slot);
        }
    });
}

/// Whoever meets a slot sees what was written to its row before.
fn publication() {
    loom::model(|| {
        let (lists, mut writer, _) = list(3);
        let row = Arc::new(AtomicU64::new(0));
        let reader = thread::spawn({
            let (lists, row) = (lists.clone(), row.clone());
            move || {
                let met: Vec<_> = lists.iter(0).collect();
                assert!(met == [0, 1, 2] || met == [0, 1, 2, 3], "{met:?}");
                assert!(met.len() == 3 || row.load(Ordering::Relaxed) == 1, "the row");
            }
        });
        row.store(1, Ordering::Relaxed);
        lists.insert(&mut writer, 0, 3);
        reader.join().unwrap();
    });
}

/// Two changes, each at its own timestamp: whoever knows a count knows that of its snapshot.
fn count() {
    loom::model(|| {
        let (lists, mut writer, first) = list(3);
        let last = Arc::new(AtomicU64::new(first));
        let reader = thread::spawn({
            let (lists, last) = (lists.clone(), last.clone());
            move || {
                let at = last.load(Ordering::Acquire);
                if let Some(count) = lists.count(0, at) {
                    assert_eq!(u64::from(count), 3 - (at - first), "the count at {at}");
                }
            }
        });
        lists.adjust(&mut writer, 0, -1);
        last.store(first + 1, Ordering::Release);
        writer.advance(first + 2);
        lists.adjust(&mut writer, 0, -1);
        reader.join().unwrap();
    });
}

/// The list changes and is then kept anew, within one timestamp.
fn count_of_a_copy() {
    loom::model(|| {
        let (lists, mut writer, at) = list(4);
        let reader = thread::spawn({
            let lists = lists.clone();
            move || assert!(matches!(lists.count(0, at), None | Some(4)), "the count at {at}")
        });
        lists.adjust(&mut writer, 0, -1);
        lists.insert(&mut writer, 0, 4);
        reader.join().unwrap();
    });
}

#[test]
fn loom_postings_remove_beside_a_reader() {
    removal();
}

#[test]
#[should_panic(expected = "3 in")]
fn loom_twin_place_used_again() {
    canary::set("PostingSwapRemove");
    removal();
}

#[test]
fn loom_postings_double_beside_a_reader() {
    doubling();
}

#[test]
#[should_panic]
fn loom_twin_block_swapped_relaxed() {
    canary::set("PostingSwapRelaxed");
    doubling();
}

#[test]
fn loom_postings_become_a_tree_and_a_block_beside_a_reader() {
    tree();
}

#[test]
#[should_panic]
fn loom_twin_tree_swapped_relaxed() {
    canary::set("PostingSwapRelaxed");
    tree();
}

#[test]
fn loom_postings_publish_rows() {
    publication();
}

#[test]
#[should_panic]
fn loom_twin_length_published_before_the_slot() {
    canary::set("PostingLengthFirst");
    publication();
}

#[test]
fn loom_counts_are_exact() {
    count();
    count_of_a_copy();
}

#[test]
#[should_panic(expected = "the count at")]
fn loom_twin_changed_stored_after_the_count() {
    canary::set("PostingChangedLate");
    count();
}

#[test]
#[should_panic(expected = "the count at")]
fn loom_twin_changed_loaded_before_the_count() {
    canary::set("PostingChangedFirst");
    count();
}

#[test]
#[should_panic(expected = "the count at")]
fn loom_twin_changed_not_carried_over() {
    canary::set("PostingChangedLost");
    count_of_a_copy();
}
