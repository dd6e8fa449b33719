//! The lists beside naive sets and a history of their counts, and beside readers.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::thread;

use proptest::prelude::*;

use super::*;
use crate::sync::Ordering;

const OWNERS: u32 = 5;

/// What ought to be in the lists.
#[derive(Default)]
struct Naive {
    /// For each owner the slots, and since when they do not count; `None`: they do.
    lists: BTreeMap<u32, BTreeMap<u32, Option<Timestamp>>>,
    /// The counts at the end of each timestamp, beginning with 0.
    history: Vec<BTreeMap<u32, u32>>,
    /// Snapshots before this cannot exist any more.
    horizon: Timestamp,
}

impl Naive {
    fn counts(&self) -> BTreeMap<u32, u32> {
        let count = |list: &BTreeMap<u32, Option<_>>| list.values().filter(|d| d.is_none()).count();
        self.lists.iter().map(|(owner, list)| (*owner, count(list) as u32)).collect()
    }

    fn assert_equal(&self, lists: &Postings) {
        lists.check().unwrap();
        let empty = BTreeMap::new();
        for owner in 0..OWNERS {
            let expected = self.lists.get(&owner).unwrap_or(&empty);
            let mut slots: Vec<_> = lists.iter(owner).collect();
            slots.sort_unstable();
            assert!(slots.iter().eq(expected.keys()), "{owner}: {slots:?}, {expected:?}");
            assert_eq!(lists.is_empty(owner), expected.is_empty());
            let live = expected.values().filter(|since| since.is_none()).count();
            assert_eq!(lists.len(owner), (expected.len(), live), "{owner}");
            assert_eq!(lists.iter(owner).fold(0, |sum, _| sum + 1), expected.len());
        }
        let visited = lists.heads().map(|(owner, head)| (owner, Iter::new(head.list()).count()));
        let full = self.lists.iter().filter(|(_, list)| !list.is_empty());
        let full: Vec<_> = full.map(|(owner, list)| (*owner, list.len())).collect();
        assert_eq!(visited.collect::<Vec<_>>(), full);
        assert_eq!(lists.owners(), full.len());
        assert_eq!(lists.slots(), full.iter().map(|(_, slots)| slots).sum::<usize>());
    }

    fn assert_counts(&self, lists: &Postings) {
        for (at, counts) in self.history.iter().enumerate().skip(self.horizon as usize) {
            for owner in 0..OWNERS {
                let expected = counts.get(&owner).copied().unwrap_or(0);
                let count = lists.count(owner, at as Timestamp);
                assert!(count.is_none_or(|count| count == expected), "{owner} at {at}: {count:?}");
                let newest = at + 1 == self.history.len();
                let single = self.lists.get(&owner).is_some_and(|list| list.len() <= 1);
                assert!(!newest || single || count.is_some(), "{owner} is not known at {at}");
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Insert(u32, u32),
    InsertMany(u32, u32, u32),
    Delete(u32, usize),
    Reclaim(u32, usize),
    DeleteMany(u32, usize),
    RollBack(u32, u32),
    Commit,
}

fn step(slots: u32, many: u32) -> impl Strategy<Value = Step> {
    let owner = || 0..OWNERS;
    prop_oneof![
        5 => (owner(), 0..slots).prop_map(|(owner, slot)| Step::Insert(owner, slot)),
        1 => (owner(), 0..slots, 0..many)
            .prop_map(|(owner, first, count)| Step::InsertMany(owner, first, count)),
        3 => (owner(), any::<usize>()).prop_map(|(owner, nth)| Step::Delete(owner, nth)),
        4 => (owner(), any::<usize>()).prop_map(|(owner, nth)| Step::Reclaim(owner, nth)),
        1 => (owner(), 0..many as usize).prop_map(|(owner, left)| Step::DeleteMany(owner, left)),
        1 => (owner(), 0..slots).prop_map(|(owner, slot)| Step::RollBack(owner, slot)),
        4 => Just(Step::Commit),
    ]
}

struct Run {
    writer: Writer,
    lists: Postings,
    naive: Naive,
}

impl Run {
    fn new() -> Self {
        let writer = Writer::new();
        // Before the first commit there is nothing.
        let history = vec![BTreeMap::new(); writer.now() as usize];
        let naive = Naive { history, ..Naive::default() };
        Self { writer, lists: Postings::new(), naive }
    }

    fn insert(&mut self, owner: u32, slot: u32) {
        let list = self.naive.lists.entry(owner).or_default();
        assert_eq!(self.lists.insert(&mut self.writer, owner, slot), !list.contains_key(&slot));
        if !matches!(list.insert(slot, None), Some(None)) {
            self.lists.adjust(&mut self.writer, owner, 1);
        }
    }

    fn delete(&mut self, owner: u32, slot: u32) {
        let list = self.naive.lists.entry(owner).or_default();
        if let Some(since @ None) = list.get_mut(&slot) {
            *since = Some(self.writer.now());
            self.lists.adjust(&mut self.writer, owner, -1);
        }
    }

    fn reclaim(&mut self, owner: u32, slot: u32) {
        let list = self.naive.lists.entry(owner).or_default();
        if let Some(Some(since)) = list.get(&slot) {
            self.naive.horizon = self.naive.horizon.max(*since);
            list.remove(&slot);
            assert!(self.lists.remove(&mut self.writer, owner, slot));
            if list.is_empty() {
                self.lists.clear_owner(&mut self.writer, owner);
            }
        }
        assert!(list.contains_key(&slot) || !self.lists.remove(&mut self.writer, owner, slot));
    }

    fn nth(&self, owner: u32, nth: usize) -> u32 {
        let list = self.naive.lists.get(&owner);
        let slot = list.and_then(|list| list.keys().nth(nth % list.len().max(1)));
        slot.copied().unwrap_or(0)
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Insert(owner, slot) => self.insert(owner, slot),
            Step::InsertMany(owner, first, count) => {
                (first..first + count).for_each(|slot| self.insert(owner, slot));
            }
            Step::Delete(owner, nth) => self.delete(owner, self.nth(owner, nth)),
            Step::Reclaim(owner, nth) => self.reclaim(owner, self.nth(owner, nth)),
            Step::DeleteMany(owner, left) => {
                let list = self.naive.lists.get(&owner).cloned().unwrap_or_default();
                for slot in list.into_keys().skip(left) {
                    self.delete(owner, slot);
                    self.reclaim(owner, slot);
                }
            }
            // A rollback removes what the transaction inserted itself, and nothing that it revived.
            Step::RollBack(owner, slot) => {
                let list = self.naive.lists.entry(owner).or_default();
                if !list.contains_key(&slot) {
                    assert!(self.lists.insert(&mut self.writer, owner, slot));
                    self.lists.adjust(&mut self.writer, owner, 1);
                    self.lists.adjust(&mut self.writer, owner, -1);
                    assert!(self.lists.remove(&mut self.writer, owner, slot));
                }
            }
            Step::Commit => {
                self.naive.history.push(self.naive.counts());
                self.writer.advance(self.writer.now() + 1);
                self.naive.assert_counts(&self.lists);
            }
        }
        self.naive.assert_equal(&self.lists);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 150 }))]

    #[test]
    fn behaves_like_sets(steps in prop::collection::vec(step(12, 12), 1..150)) {
        let mut run = Run::new();
        steps.into_iter().for_each(|step| run.step(step));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 30 }))]

    #[test]
    fn long_lists_behave_like_sets(steps in prop::collection::vec(step(700, 700), 1..60)) {
        let mut run = Run::new();
        steps.into_iter().for_each(|step| run.step(step));
    }
}

/// How the list of an owner is kept, and the places it has.
fn kept(lists: &Postings, owner: u32) -> (&'static str, usize) {
    match lists.list(owner) {
        List::Empty => ("empty", 0),
        List::Single(_) => ("single", 1),
        List::Block(block) => ("block", block.items.len()),
        List::Long(_) => ("long", 0),
    }
}

#[test]
fn a_list_is_kept_according_to_its_length() {
    let mut writer = Writer::new();
    let lists = Postings::new();
    let limit = if block::SHRUNK { 4 } else { 512 };
    assert_eq!(kept(&lists, 7), ("empty", 0));
    for slot in 0..limit {
        assert!(lists.insert(&mut writer, 7, slot));
        match kept(&lists, 7) {
            ("single", _) => assert_eq!(slot, 0),
            ("block", places) => assert!(places > slot as usize && places <= limit as usize),
            other => panic!("{other:?} with {slot}"),
        }
    }
    assert_eq!(kept(&lists, 7), ("block", limit as usize));
    lists.insert(&mut writer, 7, limit);
    assert_eq!(kept(&lists, 7).0, "long");
    for slot in 0..limit {
        assert!(lists.remove(&mut writer, 7, slot));
    }
    assert!(kept(&lists, 7) == ("single", 1) || block::SHRUNK);
    assert_eq!(lists.iter(7).collect::<Vec<_>>(), [limit]);
    lists.remove(&mut writer, 7, limit);
    assert_eq!(kept(&lists, 7), ("empty", 0));
}

#[test]
fn a_small_list_is_small() {
    assert_eq!(size_of::<Head>(), 8);
    let mut writer = Writer::new();
    let lists = Postings::new();
    lists.insert(&mut writer, 0, 0);
    let empty = lists.bytes();
    lists.insert(&mut writer, 0, 1);
    assert_eq!(lists.bytes() - empty, if block::SHRUNK { 32 } else { 40 });
}

#[test]
fn check_finds_what_is_wrong() {
    let mut writer = Writer::new();
    let lists = Postings::new();
    for slot in [1, 2, 3] {
        lists.insert(&mut writer, 0, slot);
    }
    let List::Block(block) = lists.list(0) else { panic!("three slots are a block") };
    for wrong in [1, 9, block::DEAD] {
        block.items[1].store(wrong, Ordering::Relaxed);
        assert!(lists.check().is_err(), "{wrong}");
    }
    block.items[1].store(2, Ordering::Relaxed);
    lists.check().unwrap();
}

#[test]
fn readers_meet_what_stays_once() {
    let mut writer = Writer::new();
    let lists = Postings::new();
    let stays = if block::SHRUNK { 3 } else { 40 };
    for slot in 0..stays {
        // Every other slot, so that the others are not simply behind them.
        lists.insert(&mut writer, 0, 2 * slot);
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut ended = false;
            while !ended {
                ended = done.load(std::sync::atomic::Ordering::Acquire);
                let mut met = vec![0; stays as usize];
                for slot in lists.iter(0) {
                    if slot % 2 == 0 {
                        met[slot as usize / 2] += 1;
                    }
                }
                assert!(met.iter().all(|met| *met == 1), "{met:?}");
            }
        });
        // What is retired stays with the writer to the end, as if the reader's snapshot held it.
        for round in 0..if cfg!(miri) { 2 } else { 500 } {
            let others = if block::SHRUNK { 6 } else { [700, 20, 300][round % 3] };
            for other in 0..others {
                lists.insert(&mut writer, 0, 2 * other + 1);
            }
            for other in 0..others {
                lists.remove(&mut writer, 0, 2 * other + 1);
            }
        }
        done.store(true, std::sync::atomic::Ordering::Release);
    });
    lists.check().unwrap();
}

#[test]
fn counts_are_never_wrong_beside_the_writer() {
    // The count at an even timestamp is that timestamp modulo 8, plus 2; in between anything.
    let mut writer = Writer::new();
    let lists = Postings::new();
    for slot in 0..16 {
        lists.insert(&mut writer, 0, slot);
    }
    lists.adjust(&mut writer, 0, 2);
    let last = crate::sync::AtomicU64::new(0);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Acquire) {
                let at = last.load(Ordering::Acquire);
                if let Some(count) = lists.count(0, at) {
                    assert_eq!(u64::from(count), at % 8 + 2);
                }
            }
        });
        for _ in 0..if cfg!(miri) { 30 } else { 100_000 } {
            let (was, now) = (last.load(Ordering::Relaxed), writer.now());
            lists.adjust(&mut writer, 0, 1);
            lists.adjust(&mut writer, 0, (now % 8) as i32 - (was % 8) as i32 - 1);
            last.store(now, Ordering::Release);
            writer.advance(now + 1);
        }
        done.store(true, std::sync::atomic::Ordering::Release);
    });
}
