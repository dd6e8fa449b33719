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
    assert_eq!(index.len(), naive.len());
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
    assert_eq!(index.len(), 0);
    assert_equal(&index, &writer, &Naive::new());
}

#[test]
fn churn_leaves_no_trace() {
    let mut writer = Writer::new();
    let index = HashIndex::new();
    // A window of living entries slides over the numbers.
    let (window, total) = if cfg!(miri) { (20, 200) } else { (700, 100_000) };
    index.reserve(&mut writer, window as usize + 1);
    let bytes = index.bytes();
    for number in 0..total {
        assert!(index.insert(&mut writer, hash_of(number), number));
        if number >= window {
            assert!(index.remove(&mut writer, hash_of(number - window), number - window));
        }
        assert!(index.state(&mut writer).copy.is_none(), "no place is lost");
        if number % 997 == 0 {
            index.check(&writer).unwrap();
        }
    }
    assert_eq!(index.bytes(), bytes);
    // Half of them, or a smaller table would be begun.
    for number in total - window..total - window / 2 {
        assert!(index.remove(&mut writer, hash_of(number), number));
    }
    index.check(&writer).unwrap();
}

#[test]
fn no_bucket_is_passed_in_a_table_that_was_emptied() {
    let mut writer = Writer::new();
    let index = HashIndex::new();
    let entries = 9 * bucket::PLACES as u32;
    index.reserve(&mut writer, entries as usize);
    let table = index.table();
    // All have the same home, the last bucket; the path goes on at the first.
    let hash = |payload| u64::from(u32::MAX - payload) << 32;
    for round in 0..3 {
        for payload in 0..entries {
            assert!(index.insert(&mut writer, hash(payload), payload));
            index.check(&writer).unwrap();
        }
        let passed = |number| table.bucket(number).tags().passed_by().unwrap();
        let last = table.buckets() - 1;
        assert_eq!((passed(last), passed(7)), (8 * bucket::PLACES, 0));
        for payload in 0..entries {
            // From the far end, from the near one, and mixed.
            let payload = [entries - 1 - payload, payload, payload * 5 % entries][round];
            remove_without_shrinking(&index, &mut writer, hash(payload), payload);
            assert!(payloads(&index, hash(payload)).is_empty());
            index.check(&writer).unwrap();
        }
        assert!((0..table.buckets()).all(|number| passed(number) == 0));
    }
}

#[test]
fn a_count_that_is_full_stays_full() {
    let mut writer = Writer::new();
    let index = HashIndex::new();
    let entries = bucket::PLACES as u32 + 300;
    index.reserve(&mut writer, entries as usize);
    let home = index.table().home(0);
    for payload in 0..entries {
        assert!(index.insert(&mut writer, 0, payload));
    }
    assert_eq!(home.tags().passed_by(), None);
    assert!(payloads(&index, 0).into_iter().eq(0..entries));
    assert!(payloads(&index, 1 << 32).is_empty());
    index.check(&writer).unwrap();
    // Never so few that the table would shrink.
    for payload in 0..entries / 2 {
        assert!(index.remove(&mut writer, 0, payload));
        assert!(index.find(0, |found| (found == entries - 1).then_some(())).is_some());
    }
    assert_eq!(home.tags().passed_by(), None);
    index.check(&writer).unwrap();
}

#[test]
fn a_search_ends_though_every_bucket_was_passed() {
    let mut writer = Writer::new();
    let index = HashIndex::new();
    index.reserve(&mut writer, 12 * bucket::PLACES);
    let table = index.table();
    // A hash whose home is the bucket `home`.
    let hash = |home: usize| ((home as u64) << 32) << (32 - table.buckets().trailing_zeros());
    for home in 0..table.buckets() {
        let mut entered = 0;
        while !table.bucket(home).tags().passed() {
            index.insert(&mut writer, hash(home), entered);
            entered += 1;
        }
        // The last one went on.
        for payload in 0..entered - 1 {
            remove_without_shrinking(&index, &mut writer, hash(home), payload);
        }
    }
    index.check(&writer).unwrap();
    for home in 0..table.buckets() {
        assert!(table.bucket(home).tags().passed());
        assert_eq!(payloads(&index, hash(home)).len(), 1);
        assert!(payloads(&index, hash(home) | 1 << 32).is_empty());
        assert!(!index.remove(&mut writer, hash(home) | 1 << 32, 0));
    }
    assert!(index.insert(&mut writer, 1 << 32, 7));
    assert_eq!(payloads(&index, 1 << 32), [7]);
    index.check(&writer).unwrap();
}

/// Removes an entry, though the copy of a smaller table might begin here.
fn remove_without_shrinking(index: &HashIndex, writer: &mut Writer, hash: u64, payload: u32) {
    index.state(writer).most = 0;
    assert!(index.remove(writer, hash, payload));
}

#[test]
fn a_reserved_table_keeps_its_size() {
    let mut writer = Writer::new();
    let index = HashIndex::new();
    index.reserve(&mut writer, 1000);
    let buckets = index.table().buckets();
    for number in 0..1000 {
        index.insert(&mut writer, hash_of(number), number);
        if number == 10 {
            index.remove(&mut writer, hash_of(3), 3);
        }
    }
    assert_eq!(index.table().buckets(), buckets);
    assert_eq!(writer.retired(), 1);
    index.check(&writer).unwrap();
}

#[test]
fn a_large_table_is_not_copied_at_once_for_a_few_entries() {
    let mut writer = Writer::new();
    let index = HashIndex::new();
    index.reserve(&mut writer, 100 * bucket::PLACES);
    let (buckets, limit) = (index.table().buckets(), index.table().limit() as u32);
    assert!(buckets > 3 * STEP);
    (0..limit).for_each(|number| assert!(index.insert(&mut writer, hash_of(number), number)));
    index.reserve(&mut writer, 2);
    assert_eq!(index.table().buckets(), buckets, "full, but no reason to copy it");
    index.insert(&mut writer, hash_of(limit), limit);
    index.reserve(&mut writer, 2);
    assert!(index.state(&mut writer).copy.is_some(), "nor to end the copy that was begun");
    index.reserve(&mut writer, buckets);
    assert!(index.state(&mut writer).copy.is_none() && index.table().buckets() > buckets);
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
    index.reserve(&mut writer, 12 * bucket::PLACES);
    let entered = bucket::PLACES as u32 + 1;
    for payload in 0..entered {
        index.insert(&mut writer, 0, payload);
    }
    index.check(&writer).unwrap();
    let (home, next) = (index.table().bucket(0), index.table().bucket(1));
    let first = home.tags().taken().next().unwrap();
    let entry = home.entry(first);
    let vacant = next.tags().vacant().next().unwrap();
    let wrongs: [[&dyn Fn(); 2]; 4] = [
        [&|| home.pass(), &|| home.unpass()],
        [&|| home.unpass(), &|| home.pass()],
        [&|| home.vacate(first), &|| home.fill(first, entry)],
        [&|| next.fill(vacant, entry), &|| next.vacate(vacant)],
    ];
    for (number, [wrong, right]) in wrongs.into_iter().enumerate() {
        wrong();
        assert!(index.check(&writer).is_err(), "{number}");
        right();
        index.check(&writer).unwrap();
    }
}

#[test]
fn tags_are_told_apart() {
    let bucket = Bucket::default();
    for number in 0..bucket::PLACES {
        let place = bucket.tags().vacant().next().unwrap();
        bucket.fill(place, Entry::new(number as u32, number as u32));
    }
    assert!(bucket.tags().vacant().next().is_none());
    // 127, 128 and 255 lie beside 0 and 1 in all bits but some of the upper ones.
    for number in (0..bucket::PLACES).chain([127, 255]) {
        let found = bucket.tags().matching(number as u32);
        let found: Vec<_> = found.map(|place| bucket.entry(place).payload() as usize).collect();
        let expected = (number < bucket::PLACES).then_some(number);
        assert_eq!(found.first(), expected.as_ref());
        // Only the neighbour of a place that matches may be there without reason.
        assert!(found.len() <= 2 && found.windows(2).all(|pair| pair[0] + 1 == pair[1]));
    }
    let places: Vec<_> = bucket.tags().taken().collect();
    places.into_iter().for_each(|place| bucket.vacate(place));
    assert!(bucket.tags().matching(0).next().is_none());
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
