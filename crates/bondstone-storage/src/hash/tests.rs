//! The index beside a naive set of entries, step by step, and beside readers.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;
use std::sync::atomic::AtomicBool;
use std::thread;

use foldhash::fast::FixedState;
use proptest::prelude::*;

use super::*;

type Naive = BTreeSet<(u32, u32)>;

fn payloads(index: &HashIndex, hash: u64) -> Vec<u32> {
    let mut found = Vec::new();
    index.find(hash, |payload| {
        found.push(payload);
        None::<()>
    });
    found.sort_unstable();
    found
}

fn assert_equal(index: &HashIndex, writer: &Writer, naive: &Naive) {
    index.check(writer).unwrap();
    assert_eq!(index.len(writer), naive.len());
    let mut entries = Vec::new();
    index.for_each(|hash, payload| entries.push((hash, payload)));
    entries.sort_unstable();
    assert!(entries.iter().eq(naive));
    let mut by_hash = BTreeMap::<u32, Vec<u32>>::new();
    for (hash, payload) in naive {
        by_hash.entry(*hash).or_default().push(*payload);
    }
    for (hash, expected) in by_hash {
        assert_eq!(payloads(index, u64::from(hash) << 32 | 0xdead), expected);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Insert(u32, u32),
    Remove(u32, u32),
    RemoveAny(usize),
    Reserve(usize),
}

/// Hashes that collide in all bits, in their home places, at the end of the table, and with the
/// reserved words.
fn hashes() -> impl Strategy<Value = u32> {
    prop_oneof![
        0..3u32,
        (0..64u32).prop_map(|bits| bits << 26),
        (0..4u32).prop_map(|bits| u32::MAX - bits),
        any::<u32>(),
    ]
}

fn payload() -> impl Strategy<Value = u32> {
    prop_oneof![
        0..4u32,
        Just(u32::MAX - 1),
        Just(u32::MAX - 2),
        any::<u32>().prop_map(|p| p % 1000)
    ]
}

fn steps(removals: u32) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (hashes(), payload()).prop_map(|(hash, payload)| Step::Insert(hash, payload)),
        1 => (hashes(), payload()).prop_map(|(hash, payload)| Step::Remove(hash, payload)),
        removals => any::<usize>().prop_map(Step::RemoveAny),
        1 => (0..40usize).prop_map(Step::Reserve),
    ];
    prop::collection::vec(step, 1..300)
}

fn run(phases: [Vec<Step>; 3]) {
    let mut writer = Writer::new();
    let index = HashIndex::new();
    let mut naive = Naive::new();
    for (number, step) in phases.into_iter().flatten().enumerate() {
        match step {
            Step::Insert(hash, payload) => {
                let inserted = index.insert(&mut writer, u64::from(hash) << 32, payload);
                assert_eq!(inserted, naive.insert((hash, payload)));
            }
            Step::Remove(hash, payload) => {
                let removed = index.remove(&mut writer, u64::from(hash) << 32, payload);
                assert_eq!(removed, naive.remove(&(hash, payload)));
            }
            Step::RemoveAny(number) => {
                if let Some(&(hash, payload)) = naive.iter().nth(number % naive.len().max(1)) {
                    assert!(index.remove(&mut writer, u64::from(hash) << 32, payload));
                    naive.remove(&(hash, payload));
                }
            }
            // A reserve ends a copy in progress; few of them, so that copies live.
            Step::Reserve(additional) if number % 5 == 0 => index.reserve(&mut writer, additional),
            Step::Reserve(_) => {}
        }
        assert_equal(&index, &writer, &naive);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 200 }))]

    #[test]
    fn behaves_like_a_set(grow in steps(1), shrink in steps(14), churn in steps(7)) {
        run([grow, shrink, churn]);
    }
}

fn hash_of(number: u32) -> u64 {
    FixedState::default().hash_one(number)
}

#[test]
fn grows_and_shrinks_in_steps() {
    let mut writer = Writer::new();
    let index = HashIndex::new();
    let total = if cfg!(miri) { 300 } else { 20_000 };
    let mut copies = 0;
    for number in 0..total {
        assert!(index.insert(&mut writer, hash_of(number), number));
        let copying = index.state(&mut writer).copy.is_some();
        copies += usize::from(copying);
        if copying && number % 7 == 0 {
            index.check(&writer).unwrap();
        }
    }
    assert!(copies > 10, "copies last several steps");
    let largest = index.bytes();
    for number in 0..total {
        assert!(index.remove(&mut writer, hash_of(number), number));
        assert!(!index.remove(&mut writer, hash_of(number), number));
        if number % 97 == 0 {
            index.check(&writer).unwrap();
        }
    }
    // A copy goes on as long as there are operations.
    for number in 0..total {
        index.insert(&mut writer, hash_of(number), number);
        index.remove(&mut writer, hash_of(number), number);
    }
    assert!(index.bytes() * 8 < largest, "{} bytes of {largest} left", index.bytes());
    assert_eq!(index.len(&writer), 0);
    assert_equal(&index, &writer, &Naive::new());
}

#[test]
fn the_load_stays_bounded_whatever_the_mix() {
    let mut writer = Writer::new();
    let index = HashIndex::new();
    // A window of living entries slides over the numbers: nothing but dead places behind it.
    let (window, total) = if cfg!(miri) { (20, 200) } else { (700, 50_000) };
    let mut largest = 0;
    for number in 0..total {
        index.insert(&mut writer, hash_of(number), number);
        if number >= window {
            assert!(index.remove(&mut writer, hash_of(number - window), number - window));
        }
        let capacity = index.table().capacity();
        largest = largest.max(capacity);
        let used = index.state(&mut writer).used;
        assert!(used < index.table().limit() + capacity.div_ceil(STEP), "{used} of {capacity}");
    }
    assert!(largest <= 32 * window as usize, "churn alone does not grow a table: {largest}");
}

#[test]
fn a_reserved_table_keeps_its_size() {
    let mut writer = Writer::new();
    let index = HashIndex::new();
    index.reserve(&mut writer, 1000);
    let capacity = index.table().capacity();
    for number in 0..1000 {
        index.insert(&mut writer, hash_of(number), number);
        if number == 10 {
            index.remove(&mut writer, hash_of(3), 3);
        }
    }
    assert_eq!(index.table().capacity(), capacity);
    assert_eq!(writer.retired(), 1);
    index.check(&writer).unwrap();
}

#[test]
fn find_stops_at_what_is_accepted() {
    let mut writer = Writer::new();
    let index = HashIndex::new();
    for payload in 0..4 {
        index.insert(&mut writer, 0, payload);
    }
    let mut calls = 0;
    let found = index.find(0, |payload| {
        calls += 1;
        (payload == 1).then_some("one")
    });
    assert_eq!((found, calls), (Some("one"), 2));
    index.prefetch(0);
    assert!(index.find(1 << 32, Some).is_none());
}

#[test]
fn check_finds_what_is_wrong() {
    let mut writer = Writer::new();
    let index = HashIndex::new();
    for payload in 0..3 {
        index.insert(&mut writer, 0, payload);
    }
    let word = |place: usize| index.table().word(place);
    let kept = word(1).load(Ordering::Relaxed);
    for wrong in [EMPTY, DEAD, word(0).load(Ordering::Relaxed)] {
        word(1).store(wrong, Ordering::Relaxed);
        assert!(index.check(&writer).is_err(), "{wrong:#x}");
    }
    word(1).store(kept, Ordering::Relaxed);
    index.check(&writer).unwrap();
}

#[test]
fn readers_always_find_what_stays() {
    let mut writer = Writer::new();
    let index = HashIndex::new();
    let stays = 64;
    for number in 0..stays {
        index.insert(&mut writer, hash_of(number), number);
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut ended = false;
            while !ended {
                ended = done.load(std::sync::atomic::Ordering::Acquire);
                for number in 0..stays {
                    let found = index
                        .find(hash_of(number), |payload| (payload == number).then_some(payload));
                    assert_eq!(found, Some(number));
                }
            }
        });
        // What is retired stays with the writer to the end, as if the reader's snapshot held it.
        for round in 0..if cfg!(miri) { 2 } else { 200 } {
            let others = stays..stays + [30, 3000, 300][round % 3];
            for number in others.clone() {
                index.insert(&mut writer, hash_of(number), number);
            }
            for number in others {
                index.remove(&mut writer, hash_of(number), number);
            }
        }
        done.store(true, std::sync::atomic::Ordering::Release);
    });
    index.check(&writer).unwrap();
}
