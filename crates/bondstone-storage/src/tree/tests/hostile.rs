//! User code that panics, lies, or panics when it is dropped.

use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;

const COUNT: u64 = if cfg!(feature = "tiny") { 40 } else { 700 };

/// A tree of `COUNT` entries, inserted in no order, that is about to do anything.
fn tree(writer: &mut Writer, seed: u64) -> Tree<Custom> {
    let tree = Tree::new();
    let mut dice = Dice(seed);
    for _ in 0..COUNT {
        tree.insert(writer, Handmade::key(&Number(dice.below(1000) as u64)), dice.below(4) as u32);
    }
    tree
}

fn entries(tree: &Tree<Custom>) -> Vec<u32> {
    tree.range(Bound::Unbounded, Bound::Unbounded).collect()
}

/// Does `change` once for each call of user code that it makes, which panics, and at last undisturbed.
fn panic_everywhere(
    tree: &Tree<Custom>,
    writer: &mut Writer,
    change: impl Fn(&Tree<Custom>, &mut Writer),
) {
    for call in 0.. {
        let (before, bytes) = (entries(tree), tree.bytes());
        MOOD.set(Mood::PanicsAfter(call));
        let result = catch_unwind(AssertUnwindSafe(|| change(tree, writer)));
        MOOD.set(Mood::Honest);
        tree.check().unwrap();
        if result.is_ok() {
            return;
        }
        assert_eq!(entries(tree), before);
        assert_eq!(tree.bytes(), bytes);
    }
}

#[test]
fn panics_leave_the_tree_unchanged() {
    let mut writer = Writer::new();
    let tree = tree(&mut writer, 1);
    let mut dice = Dice(2);
    for _ in 0..if cfg!(miri) { 20 } else { 400 } {
        let (key, slot) = (Number(dice.below(1000) as u64), dice.below(4) as u32);
        let is_insert = dice.below(2) == 0;
        panic_everywhere(&tree, &mut writer, |tree, writer| {
            if is_insert {
                tree.insert(writer, Handmade::key(&key), slot);
            } else {
                tree.remove(writer, Handmade::key(&key), slot);
            }
        });
    }
    for key in 0..1000 {
        for slot in 0..4 {
            if tree.contains(Handmade::key(&Number(key)), slot) {
                panic_everywhere(&tree, &mut writer, |tree, writer| {
                    tree.remove(writer, Handmade::key(&Number(key)), slot);
                });
            }
        }
    }
    assert!(entries(&tree).is_empty());
    drop(tree);
    free_all(&mut writer);
    assert_eq!(COPIES.get(), 0);
}

#[test]
fn a_walk_is_over_when_user_code_panics() {
    let mut writer = Writer::new();
    let tree = tree(&mut writer, 3);
    let bound = |key| Bound::Included(Handmade::owned(&Number(key)));
    MOOD.set(Mood::PanicsAfter(3));
    catch_unwind(AssertUnwindSafe(|| tree.range(bound(100), bound(900)))).err().unwrap();

    let mut range = tree.range(bound(100), bound(900));
    // A look at each separator, until this one.
    MOOD.set(Mood::PanicsAfter(1));
    catch_unwind(AssertUnwindSafe(|| range.by_ref().count())).unwrap_err();
    assert_eq!(range.next(), None);
}

#[test]
fn lies_do_no_harm() {
    for seed in 0..if cfg!(miri) { 2 } else { 40 } {
        let mut writer = Writer::new();
        let tree = tree(&mut writer, seed);
        MOOD.set(Mood::Lies(seed));
        let mut dice = Dice(seed);
        for _ in 0..2 * COUNT {
            let (key, slot) = (Number(dice.below(1000) as u64), dice.below(4) as u32);
            match dice.below(5) {
                0 | 1 => drop(tree.insert(&mut writer, Handmade::key(&key), slot)),
                2 | 3 => drop(tree.remove(&mut writer, Handmade::key(&key), slot)),
                _ => {
                    let other = Number(dice.below(1000) as u64);
                    let low = || Bound::Included(Handmade::owned(&key));
                    let high = || Bound::Excluded(Handmade::owned(&other));
                    assert!(tree.range(low(), high()).count() <= tree.len());
                    assert!(tree.range_rev(low(), high()).count() <= tree.len());
                    let (low, high) = (Handmade::key(&key), Handmade::key(&other));
                    tree.estimate(Bound::Included(low), Bound::Excluded(high));
                }
            }
        }
        assert_eq!(entries(&tree).len(), tree.len());
        MOOD.set(Mood::Honest);
        drop(tree);
        free_all(&mut writer);
        assert_eq!(COPIES.get(), 0, "each copy is dropped once");
    }
}

#[test]
fn destructors_run_when_memory_is_freed_and_may_panic() {
    let mut writer = Writer::new();
    let tree = tree(&mut writer, 5);
    let copies = COPIES.get();
    for key in 0..1000 {
        for slot in 0..4 {
            tree.remove(&mut writer, Handmade::key(&Number(key)), slot);
        }
    }
    assert!(COPIES.get() >= copies, "nothing is dropped by a change");
    tree.check().unwrap();
    DROPS_PANIC.set(true);
    drop(tree);
    free_all(&mut writer);
    DROPS_PANIC.set(false);
    assert_eq!(COPIES.get(), 0);
}
