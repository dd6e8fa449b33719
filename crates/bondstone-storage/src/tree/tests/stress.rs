//! Readers beside the writer, with real threads. Retired memory is kept until the readers are gone, as a snapshot
//! would.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::*;

/// How many keys there are. Each third one stays; the others come and go.
const KEYS: usize = if cfg!(any(miri, feature = "tiny")) { 60 } else { 3000 };
const CHANGES: usize = if cfg!(miri) { 200 } else { 200_000 };

/// The slot says which key it is an entry of.
fn walk_beside_writer<K: Kind>(key: impl Fn(usize) -> K::Key + Sync)
where
    Tree<K::Tree>: Sync,
{
    let (tree, mut writer) = (Tree::<K::Tree>::new(), Writer::new());
    for n in (0..KEYS).step_by(3) {
        tree.insert(&mut writer, K::key(&key(n)), n as u32);
    }
    let (done, walks) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) || walks.load(Ordering::Relaxed) < 10 {
                check_walk(tree.range(Bound::Unbounded, Bound::Unbounded), 0, KEYS, |n, last| {
                    n > last
                });
                let mut back: Vec<_> = tree.range_rev(Bound::Unbounded, Bound::Unbounded).collect();
                back.reverse();
                check_walk(back.into_iter(), 0, KEYS, |n, last| n > last);
                let (low, high) = (key(KEYS / 4), key(KEYS / 2));
                let range =
                    tree.range(Bound::Included(K::owned(&low)), Bound::Excluded(K::owned(&high)));
                check_walk(range, KEYS / 4, KEYS / 2, |n, last| n > last);
                assert!((0..KEYS).step_by(3).all(|n| tree.contains(K::key(&key(n)), n as u32)));
                walks.fetch_add(1, Ordering::Relaxed);
            }
        });
        let mut dice = Dice(KEYS as u64);
        for change in 0..CHANGES {
            let n = dice.below(KEYS);
            // By turns the tree is filled and emptied, so that leaves and levels come and go.
            let fills = (change / (KEYS * 2)).is_multiple_of(2);
            if n.is_multiple_of(3) {
                continue;
            }
            if fills {
                tree.insert(&mut writer, K::key(&key(n)), n as u32);
            } else {
                tree.remove(&mut writer, K::key(&key(n)), n as u32);
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    tree.check().unwrap();
    drop(tree);
    free_all(&mut writer);
}

/// Slots ascend, none is met twice, and of those that stay all are met.
fn check_walk(
    slots: impl Iterator<Item = u32>,
    low: usize,
    high: usize,
    follows: impl Fn(u32, u32) -> bool,
) {
    let (mut last, mut stays) = (None, 0);
    for slot in slots {
        assert!(last.is_none_or(|last| follows(slot, last)), "{slot} after {last:?}");
        assert!((low..high).contains(&(slot as usize)));
        stays += usize::from(slot.is_multiple_of(3));
        last = Some(slot);
    }
    assert_eq!(stays, (low..high).filter(|n| n.is_multiple_of(3)).count());
}

#[test]
fn short_keys_beside_the_writer() {
    walk_beside_writer::<Short>(|n| n as u64);
}

#[test]
fn slots_of_one_key_beside_the_writer() {
    walk_beside_writer::<Wide>(|n| (n as u128) << 64);
}

#[test]
fn long_keys_beside_the_writer() {
    walk_beside_writer::<Long>(|n| format!("customer-{n:06}@example.com").into_bytes());
}

#[test]
fn handmade_keys_beside_the_writer() {
    walk_beside_writer::<Handmade>(|n| Number(n as u64));
}
