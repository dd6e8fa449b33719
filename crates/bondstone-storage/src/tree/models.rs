//! The tree under the model checker: a reader beside the writer, every interleaving and every value that a load may
//! see.
//!
//! Each model has a twin with a bug switched on that must fail; a model whose twin passes proves nothing.

use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};

use loom::sync::Arc;
use loom::thread;

use super::{Bytes, Tree, TreeKey};
use crate::sync::canary;
use crate::writer::Writer;

/// The slots that a walk may or must meet.
struct Expected {
    always: &'static [u32],
    perhaps: &'static [u32],
}

/// Runs `change` beside a reader. Slots are those of ascending keys.
///
/// The reader is the thread that the checker runs last: it asks whether a load could have come before the last store,
/// but does not ask whether a store could have come before a load, if the storing thread has loaded the same word in
/// between.
fn beside<K: TreeKey>(
    prepare: impl Fn(&Tree<K>, &mut Writer),
    change: impl Fn(&Tree<K>, &mut Writer),
    walk: impl Fn(&Tree<K>) -> Vec<u32> + Send + Clone + 'static,
    expected: &Expected,
) {
    let (tree, mut writer) = (Arc::new(Tree::<K>::new()), Writer::new());
    prepare(&tree, &mut writer);
    let reader = {
        let (tree, walk) = (Arc::clone(&tree), walk.clone());
        thread::spawn(move || walk(&tree))
    };
    change(&tree, &mut writer);
    let slots = reader.join().unwrap();
    assert!(slots.is_sorted_by(|left, right| left < right), "{slots:?}");
    assert!(expected.always.iter().all(|slot| slots.contains(slot)), "{slots:?}");
    assert!(
        slots.iter().all(|slot| expected.always.contains(slot) || expected.perhaps.contains(slot)),
        "{slots:?}"
    );
    drop(writer);
    tree.check().unwrap();
}

fn up(tree: &Tree<u64>) -> Vec<u32> {
    let mut range = tree.range(Bound::Unbounded, Bound::Unbounded);
    let (mut slots, mut chunk) = (Vec::new(), [0; 3]);
    loop {
        match range.next_chunk(3, |nth, slot| chunk[nth] = slot) {
            0 => return slots,
            len => slots.extend_from_slice(&chunk[..len]),
        }
    }
}

fn down(tree: &Tree<u64>) -> Vec<u32> {
    let mut slots: Vec<_> = tree.range_rev(Bound::Unbounded, Bound::Unbounded).collect();
    slots.reverse();
    slots
}

fn insert(tree: &Tree<u64>, writer: &mut Writer, keys: &[u32]) {
    for &key in keys {
        tree.insert(writer, key.into(), key);
    }
}

fn remove(tree: &Tree<u64>, writer: &mut Writer, keys: &[u32]) {
    for &key in keys {
        tree.remove(writer, key.into(), key);
    }
}

/// Runs a model as it is, then with each of the bugs, which it must find.
fn model_and_twins(model: impl Fn() + Send + Sync + Clone + 'static, twins: &[&'static str]) {
    canary::set("");
    loom::model(model.clone());
    for twin in twins {
        canary::set(twin);
        let model = model.clone();
        catch_unwind(AssertUnwindSafe(|| loom::model(model))).expect_err(twin);
    }
    canary::set("");
}

#[test]
fn loom_tail_append() {
    let model = || {
        beside(
            |tree, writer| insert(tree, writer, &[1, 3, 5]),
            |tree, writer| insert(tree, writer, &[4, 2]),
            up,
            &Expected { always: &[1, 3, 5], perhaps: &[2, 4] },
        );
    };
    model_and_twins(model, &["RelaxedTail"]);
}

#[test]
fn loom_ascending_append() {
    let model = || {
        beside(
            |tree, writer| insert(tree, writer, &[1, 2]),
            |tree, writer| insert(tree, writer, &[3, 4, 5]),
            up,
            &Expected { always: &[1, 2], perhaps: &[3, 4, 5] },
        );
    };
    model_and_twins(model, &["RelaxedRun", "RelaxedSwap"]);
}

#[test]
fn loom_leaf_is_replaced() {
    let model = || {
        beside(
            // One leaf with a full tail.
            |tree, writer| insert(tree, writer, &[1, 5, 2, 3]),
            |tree, writer| insert(tree, writer, &[4]),
            up,
            &Expected { always: &[1, 2, 3, 5], perhaps: &[4] },
        );
    };
    model_and_twins(model, &["RelaxedSwap"]);
}

#[test]
fn loom_leaf_is_split() {
    for walk in [up, down] {
        let model = move || {
            beside(
                // Two leaves, of which the first one is full up to its tail.
                |tree, writer| insert(tree, writer, &[10, 20, 30, 40, 50, 15, 25]),
                |tree, writer| insert(tree, writer, &[35]),
                walk,
                &Expected { always: &[10, 15, 20, 25, 30, 40, 50], perhaps: &[35] },
            );
        };
        model_and_twins(model, &["RelaxedSwap", "HalfPublished"]);
    }
}

#[test]
fn loom_entry_is_removed_and_comes_back() {
    let model = || {
        beside(
            |tree, writer| insert(tree, writer, &[1, 2, 3]),
            |tree, writer| {
                remove(tree, writer, &[2]);
                insert(tree, writer, &[2]);
            },
            up,
            &Expected { always: &[1, 3], perhaps: &[2] },
        );
    };
    model_and_twins(model, &["DeadBeforeShape"]);
}

#[test]
fn loom_leaves_are_merged() {
    for walk in [up, down] {
        let model = move || {
            beside(
                |tree, writer| {
                    insert(tree, writer, &[1, 2, 3, 4, 5]);
                    remove(tree, writer, &[3]);
                },
                // The second leaf goes; its entry comes back in the leaf that has taken its place.
                |tree, writer| {
                    remove(tree, writer, &[5]);
                    insert(tree, writer, &[5]);
                },
                walk,
                &Expected { always: &[1, 2, 4], perhaps: &[5] },
            );
        };
        model_and_twins(model, &["RelaxedSwap"]);
    }
}

#[test]
fn loom_long_keys() {
    let model = || {
        beside::<Bytes>(
            |tree, writer| {
                for (slot, key) in ["ab", "ad", "af", "ac"].into_iter().enumerate() {
                    tree.insert(writer, key.as_bytes(), slot as u32);
                }
            },
            // The second one no longer begins like the others: the leaf is rewritten.
            |tree, writer| {
                tree.insert(writer, b"ae", 10);
                tree.insert(writer, b"b", 11);
            },
            |tree| {
                let found = |key: &[u8], slot| tree.contains(key, slot).then_some(slot);
                [found(b"ab", 0), found(b"ad", 1), found(b"ae", 10), found(b"b", 11)]
                    .into_iter()
                    .flatten()
                    .collect()
            },
            &Expected { always: &[0, 1], perhaps: &[10, 11] },
        );
    };
    model_and_twins(model, &["RelaxedSwap"]);
}
