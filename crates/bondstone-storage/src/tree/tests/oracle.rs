//! Random operations against a `BTreeSet` of (key, slot).

use std::collections::BTreeSet;
use std::ops::Bound;

use proptest::prelude::*;

use super::*;

/// A tree and what should be in it.
struct Pair<K: Kind> {
    tree: Tree<K::Tree>,
    model: BTreeSet<(K::Key, u32)>,
    writer: Writer,
}

impl<K: Kind> Pair<K> {
    fn new() -> Self {
        Self { tree: Tree::new(), model: BTreeSet::new(), writer: Writer::new() }
    }

    fn insert(&mut self, key: &K::Key, slot: u32) {
        let entered = self.tree.insert(&mut self.writer, K::key(key), slot);
        assert_eq!(entered, self.model.insert((key.clone(), slot)), "insert {key:?} {slot}");
        assert!(self.tree.contains(K::key(key), slot));
    }

    fn remove(&mut self, key: &K::Key, slot: u32) {
        let removed = self.tree.remove(&mut self.writer, K::key(key), slot);
        assert_eq!(removed, self.model.remove(&(key.clone(), slot)), "remove {key:?} {slot}");
        assert!(!self.tree.contains(K::key(key), slot));
    }

    fn check(&mut self) {
        self.tree.check().unwrap();
        assert_eq!(self.tree.len(), self.model.len());
        free_all(&mut self.writer);
    }

    fn expect(&self, low: &Bound<K::Key>, high: &Bound<K::Key>) -> Vec<u32> {
        let is_in = |key: &K::Key| {
            let above = match low {
                Bound::Included(low) => key >= low,
                Bound::Excluded(low) => key > low,
                Bound::Unbounded => true,
            };
            let below = match high {
                Bound::Included(high) => key <= high,
                Bound::Excluded(high) => key < high,
                Bound::Unbounded => true,
            };
            above && below
        };
        self.model.iter().filter(|(key, _)| is_in(key)).map(|(_, slot)| *slot).collect()
    }

    fn range(&self, low: &Bound<K::Key>, high: &Bound<K::Key>) {
        let mut expected = self.expect(low, high);
        let range = || self.tree.range(bound::<K>(low), bound::<K>(high));
        assert_eq!(range().collect::<Vec<_>>(), expected, "{low:?} {high:?}");
        assert_eq!(by_chunks(range()), expected);
        expected.reverse();
        let range = || self.tree.range_rev(bound::<K>(low), bound::<K>(high));
        assert_eq!(range().collect::<Vec<_>>(), expected, "{low:?} {high:?}, descending");
        assert_eq!(by_chunks(range()), expected);
    }
}

fn by_chunks<K: TreeKey>(mut range: super::super::Range<'_, K>) -> Vec<u32> {
    let (mut all, mut chunk) = (Vec::new(), [0; 16]);
    loop {
        let len = range.next_chunk(16, |nth, slot| chunk[nth] = slot);
        all.extend_from_slice(&chunk[..len]);
        if len == 0 {
            assert_eq!(range.next(), None);
            return all;
        }
    }
}

#[derive(Clone, Debug)]
enum Step<Key> {
    Insert(Key, u32),
    Remove(Key, u32),
    /// Removes what is there, the n-th of all.
    RemoveNth(usize),
    /// Inserts behind everything that begins like this.
    Ascend(u32),
    Range(Bound<Key>, Bound<Key>),
    Check,
}

fn bounds<Key: Clone + Debug + 'static>(
    key: BoxedStrategy<Key>,
) -> impl Strategy<Value = Bound<Key>> {
    prop_oneof![
        3 => key.clone().prop_map(Bound::Included),
        3 => key.prop_map(Bound::Excluded),
        1 => Just(Bound::Unbounded),
    ]
}

fn steps<Key: Clone + Debug + 'static>(
    key: BoxedStrategy<Key>,
) -> impl Strategy<Value = Vec<Step<Key>>> {
    let step = prop_oneof![
        12 => (key.clone(), 0..6_u32).prop_map(|(key, slot)| Step::Insert(key, slot)),
        2 => (key.clone(), 0..6_u32).prop_map(|(key, slot)| Step::Remove(key, slot)),
        6 => any::<usize>().prop_map(Step::RemoveNth),
        3 => (1..8_u32).prop_map(Step::Ascend),
        1 => (bounds(key.clone()), bounds(key)).prop_map(|(low, high)| Step::Range(low, high)),
        1 => Just(Step::Check),
    ];
    prop::collection::vec(step, 1..if cfg!(feature = "tiny") { 200 } else { 1200 })
}

fn run<K: Kind>(steps: &[Step<K::Key>]) {
    let mut pair = Pair::<K>::new();
    let mut slot = 1000;
    for step in steps {
        match step {
            Step::Insert(key, slot) => pair.insert(key, *slot),
            Step::Remove(key, slot) => pair.remove(key, *slot),
            Step::RemoveNth(nth) => {
                let nth = nth % pair.model.len().max(1);
                if let Some((key, slot)) = pair.model.iter().nth(nth).cloned() {
                    pair.remove(&key, slot);
                }
            }
            Step::Ascend(count) => {
                if let Some((key, _)) = pair.model.last().cloned() {
                    for _ in 0..*count {
                        slot += 1;
                        pair.insert(&key, slot);
                    }
                }
            }
            Step::Range(low, high) => pair.range(low, high),
            Step::Check => pair.check(),
        }
    }
    pair.check();
    pair.range(&Bound::Unbounded, &Bound::Unbounded);
    for (key, slot) in pair.model.clone() {
        pair.remove(&key, slot);
    }
    pair.check();
    assert_eq!(pair.tree.bytes(), Tree::<K::Tree>::new().bytes(), "an empty tree is one leaf");
}

fn long_keys() -> BoxedStrategy<Vec<u8>> {
    let byte = prop_oneof![Just(0), Just(1), Just(b'a'), Just(b'b'), Just(255)];
    let short = prop::collection::vec(byte.clone(), 0..5);
    let beginning =
        prop_oneof![Just(""), Just("customer-"), Just("https://example.com/customers/by-name/")];
    prop_oneof![
        short.clone(),
        (beginning, short).prop_map(|(beginning, end)| [beginning.as_bytes(), &end].concat()),
        (0..2000_u32).prop_map(|n| format!("customer-{n:08}@example.com").into_bytes()),
        prop::collection::vec(byte, 6..40),
    ]
    .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 64 }))]

    #[test]
    fn short_keys_behave_like_a_set(steps in steps(prop_oneof![0..20_u64, 0..5000_u64, any::<u64>()].boxed())) {
        run::<Short>(&steps);
    }

    #[test]
    fn wide_keys_behave_like_a_set(steps in steps(prop_oneof![0..20_u128, any::<u128>()].boxed())) {
        run::<Wide>(&steps);
    }

    #[test]
    fn long_keys_behave_like_a_set(steps in steps(long_keys())) {
        run::<Long>(&steps);
    }

    #[test]
    fn handmade_keys_behave_like_a_set(steps in steps((0..3000_u64).prop_map(Number).boxed())) {
        run::<Handmade>(&steps);
        prop_assert_eq!(COPIES.get(), 0);
    }
}

/// Grows and shrinks a tree of several levels by turns.
fn tides<K: Kind>(seed: u64, count: usize, key: impl Fn(usize) -> K::Key) {
    let mut pair = Pair::<K>::new();
    let mut dice = Dice(seed);
    for tide in 0..6 {
        for n in 0..count {
            match tide % 3 {
                0 => pair.insert(&key(dice.below(count * 4)), dice.below(3) as u32),
                1 => pair.insert(&key(tide * count * 4 + n), n as u32),
                _ => pair.insert(&key(7), dice.below(count) as u32),
            }
        }
        pair.check();
        for _ in 0..20 {
            let (low, high) = (key(dice.below(count * 5)), key(dice.below(count * 5)));
            pair.range(&Bound::Included(low), &Bound::Excluded(high));
        }
        let doomed = pair.model.len() * 9 / 10;
        let all: Vec<_> = pair.model.iter().cloned().collect();
        for n in 0..doomed {
            let (key, slot) = match tide % 3 {
                0 => &all[n],
                1 => &all[all.len() - 1 - n],
                _ => &all[dice.below(all.len())],
            };
            pair.remove(key, *slot);
        }
        pair.check();
        pair.range(&Bound::Unbounded, &Bound::Unbounded);
    }
}

const TIDE: usize = if cfg!(miri) {
    100
} else if cfg!(feature = "tiny") {
    600
} else {
    12_000
};

#[test]
fn short_tides() {
    tides::<Short>(1, TIDE, |n| n as u64);
}

#[test]
fn wide_tides() {
    tides::<Wide>(2, TIDE, |n| (n as u128) << 60);
}

#[test]
fn long_tides() {
    tides::<Long>(3, TIDE, |n| format!("customer-{n:08}@example.com").into_bytes());
    tides::<Long>(4, TIDE, |n| format!("{n}").into_bytes());
}

#[test]
fn handmade_tides() {
    tides::<Handmade>(5, TIDE, |n| Number(n as u64));
    assert_eq!(COPIES.get(), 0);
}

/// Ascending keys leave full leaves, descending and random ones no sparse ones.
#[test]
fn leaves_are_well_filled() {
    let per_entry = |keys: &mut dyn Iterator<Item = u64>| {
        let (tree, mut writer) = (Tree::<u64>::new(), Writer::new());
        let mut count = 0;
        for key in keys {
            count += usize::from(tree.insert(&mut writer, key, 0));
        }
        free_all(&mut writer);
        tree.bytes() / count
    };
    let count = if cfg!(miri) { 500 } else { 50_000 };
    let full = size_of::<super::super::Leaf<u64>>() / super::super::leaf::RUN;
    assert!(
        per_entry(&mut (0..count)) <= full + full / 8 + usize::from(cfg!(feature = "tiny")) * full
    );
    assert!(per_entry(&mut (0..count).rev()) <= full * 3);
    let mut dice = Dice(9);
    assert!(per_entry(&mut (0..count).map(|_| dice.below(1 << 30) as u64)) <= full * 2 + full / 2);
}

/// A queue does not leave a trail of empty or nearly empty leaves.
#[test]
fn a_queue_stays_small() {
    let mut pair = Pair::<Short>::new();
    for n in 0..TIDE as u64 {
        pair.insert(&n, 0);
        if n >= 100 {
            pair.remove(&(n - 100), 0);
        }
        if n % 97 == 0 {
            pair.check();
        }
    }
    let mut fresh = Pair::<Short>::new();
    (0..100).for_each(|n| fresh.insert(&n, 0));
    assert!(pair.tree.bytes() <= 2 * fresh.tree.bytes());
}
