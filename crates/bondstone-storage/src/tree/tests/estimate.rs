//! How near estimates come.

use super::*;

/// Keys below `count × 4`, uniformly, in an order of arrival.
#[derive(Clone, Copy, Debug)]
enum Arrival {
    Ascending,
    Descending,
    Random,
    /// At random, and three quarters of them go again.
    Thinned,
    /// Of a key come as many as of four others.
    Repeated,
}

use Arrival::{Ascending, Descending, Random, Repeated, Thinned};

/// The keys of a tree in order, and the tree.
fn grown<K: Kind>(
    arrival: Arrival,
    count: usize,
    key: impl Fn(u64) -> K::Key,
) -> (Vec<u64>, Tree<K::Tree>) {
    let (tree, mut writer) = (Tree::<K::Tree>::new(), Writer::new());
    let mut dice = Dice(count as u64);
    let mut keys: Vec<u64> = match arrival {
        Repeated => (0..count as u64).map(|n| n / 5 * 20).collect(),
        _ => (0..count as u64).map(|n| n * 4 + dice.below(4) as u64).collect(),
    };
    let mut order: Vec<usize> = (0..count).collect();
    match arrival {
        Ascending => {}
        Descending => order.reverse(),
        Random | Thinned | Repeated => {
            (1..count).rev().for_each(|last| order.swap(last, dice.below(last + 1)));
        }
    }
    for nth in &order {
        tree.insert(&mut writer, K::key(&key(keys[*nth])), *nth as u32);
    }
    if matches!(arrival, Thinned) {
        let gone = &order[..count * 3 / 4];
        for nth in gone {
            tree.remove(&mut writer, K::key(&key(keys[*nth])), *nth as u32);
        }
        let mut left: Vec<u64> = order[gone.len()..].iter().map(|nth| keys[*nth]).collect();
        left.sort_unstable();
        keys = left;
    }
    free_all(&mut writer);
    (keys, tree)
}

/// An estimate is within this factor. (Of nodes with two to four entries the fullest has twice what the emptiest has, on each of
/// many levels.)
const WITHIN: usize = if cfg!(feature = "tiny") { 4 } else { 2 };

/// So many entries are so few leaves that each is looked into.
const FEW: usize = if cfg!(feature = "tiny") { 5 } else { 60 };

fn estimates_are_near<K: Kind>(sizes: &[usize], key: impl Fn(u64) -> K::Key) {
    for arrival in [Ascending, Descending, Random, Thinned, Repeated] {
        for count in sizes {
            let (keys, tree) = grown::<K>(arrival, *count, &key);
            let mut dice = Dice(7);
            for nth in 0..200 {
                // Of all widths: all keys but one, half of them, a quarter, …
                let width = (keys.len() >> (nth % 16)).min(keys.len() - 1);
                let first = dice.below(keys.len() - width);
                let ends = (keys[first], keys[first + width]);
                estimate_is_near::<K>(&tree, &keys, ends, &key, &format!("{arrival:?}, {count}"));
            }
            assert_eq!(tree.estimate(Bound::Unbounded, Bound::Unbounded), keys.len());
            let (low, high) = (key(keys[keys.len() / 2]), key(keys[0]));
            let (low, high) = (Bound::Included(K::key(&low)), Bound::Excluded(K::key(&high)));
            assert_eq!(tree.estimate(low, high), 0, "the wrong way round");
        }
    }
}

fn estimate_is_near<K: Kind>(
    tree: &Tree<K::Tree>,
    keys: &[u64],
    (low, high): (u64, u64),
    key: impl Fn(u64) -> K::Key,
    what: &str,
) {
    let there = keys.iter().filter(|key| (low..=high).contains(key)).count();
    let ends = keys.iter().filter(|key| [low, high].contains(*key)).count();
    let (low, high) = (key(low), key(high));
    let (low, high) = (K::key(&low), K::key(&high));
    let about = tree.estimate(Bound::Included(low), Bound::Included(high));
    assert!(is_near(about, there), "{about} of {there}: {what}");
    if there <= FEW {
        assert_eq!(about, there, "exact for few: {what}");
        let within = tree.estimate(Bound::Excluded(low), Bound::Excluded(high));
        assert_eq!(within, there - ends, "without the ends: {what}");
    }
}

const fn is_near(about: usize, there: usize) -> bool {
    about <= WITHIN * there && there <= WITHIN * about
}

const SIZES: &[usize] = if cfg!(miri) { &[50] } else { &[1, 10, 100, 1_000, 20_000, 100_000] };
const SMALL_SIZES: &[usize] = if cfg!(miri) { &[20] } else { &[10, 1_000, 20_000] };

#[test]
fn estimates_of_short_keys_are_near() {
    estimates_are_near::<Short>(SIZES, |key| key);
}

#[test]
fn estimates_of_wide_keys_are_near() {
    estimates_are_near::<Wide>(SMALL_SIZES, |key| u128::from(key) << 60);
}

#[test]
fn estimates_of_long_keys_are_near() {
    estimates_are_near::<Long>(SMALL_SIZES, |key| format!("customer-{key:08}@x.org").into_bytes());
}

#[test]
fn estimates_of_handmade_keys_are_near() {
    estimates_are_near::<Handmade>(SMALL_SIZES, Number);
    assert_eq!(COPIES.get(), 0);
}

#[test]
fn estimates_at_one_end_are_near() {
    for arrival in [Ascending, Descending, Random, Thinned, Repeated] {
        let (keys, tree) = grown::<Short>(arrival, 30_000, |key| key);
        for part in 1..20 {
            let key = keys[keys.len() * part / 20];
            let below = keys.iter().filter(|other| **other < key).count();
            let (low, high) = (Bound::Unbounded, Bound::Excluded(key));
            let about = tree.estimate(low, high);
            assert!(
                about <= WITHIN * below && below <= WITHIN * about,
                "{about} of {below}, {arrival:?}"
            );
            let rest = keys.len() - below;
            let about = tree.estimate(Bound::Included(key), Bound::Unbounded);
            assert!(
                about <= WITHIN * rest && rest <= WITHIN * about,
                "{about} of {rest}, {arrival:?}"
            );
        }
    }
}
