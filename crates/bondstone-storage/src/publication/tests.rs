use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::sight::tests::model::{Item, Named, delete, id, insert, item, replace};
use crate::sight::tests::oracle::compare;
use crate::{Abandoned, NotBegun, Sight, Store, StoreBuilder, Timestamp};

fn store() -> Arc<Store> {
    let mut builder = StoreBuilder::default();
    builder.add::<Item>();
    builder.add::<Named>();
    builder.publish_later();
    builder.build()
}

fn begin(store: &Arc<Store>) -> Sight {
    Sight::transaction(store).expect("no transaction is open")
}

fn seal(store: &Arc<Store>, work: impl FnOnce(&mut Sight)) -> Timestamp {
    let mut tx = begin(store);
    work(&mut tx);
    let sealed = tx.seal();
    assert_eq!(sealed.logged, Some(()));
    sealed.version
}

fn score(sight: &Sight, number: u64) -> Option<i64> {
    sight.get(&id(number)).map(|item| item.score)
}

fn check(store: &Store) {
    assert_eq!(store.check().expect("no transaction is open"), Vec::<String>::new());
}

#[test]
fn commits_are_seen_in_their_order_when_they_are_published() {
    let store = store();
    let first = seal(&store, |tx| insert(tx, item(1, 1)));
    let second = seal(&store, |tx| replace(tx, item(1, 2)));
    let shown = || score(&Sight::snapshot(&store), 1);
    assert_eq!((shown(), store.last()), (None, 1));
    let tx = begin(&store);
    assert_eq!((score(&tx, 1), tx.base()), (Some(2), second), "the writer sees what is sealed");
    assert_eq!(tx.clone().timestamp(), 1, "a clone is a snapshot of what is published");
    drop(tx);
    store.publish(first).unwrap();
    assert_eq!((shown(), store.last()), (Some(1), first));
    store.publish(second).unwrap();
    store.publish(first).unwrap();
    assert_eq!((shown(), store.last()), (Some(2), second), "nothing goes back");
    check(&store);
}

#[test]
fn the_state_before_a_transaction_is_the_sealed_one() {
    let store = store();
    seal(&store, |tx| insert(tx, item(1, 1)));
    let mut tx = begin(&store);
    let slot = tx.slot_of(&id(1)).unwrap();
    replace(&mut tx, item(1, 2));
    assert_eq!(tx.before::<Item>(slot).map(|item| item.score), Some(1));
    delete(&mut tx, 1);
    assert_eq!(tx.deleted::<Item>(slot).map(|item| item.score), Some(2));
    assert_eq!(tx.before::<Item>(slot).map(|item| item.score), Some(1));
}

#[test]
fn what_is_not_logged_rides_on_what_is_not_published() {
    let store = store();
    let sealed = seal(&store, |tx| insert(tx, item(1, 1)));
    let mut tx = begin(&store);
    replace(&mut tx, item(1, 2));
    drop(tx);
    let mut tx = begin(&store);
    let mark = tx.mark();
    insert(&mut tx, item(2, 2));
    tx.undo_to(mark);
    let empty = tx.seal();
    assert_eq!((empty.version, empty.logged), (sealed, None), "nothing was written");
    store.tidy().unwrap();
    check(&store);
    assert_eq!(store.last(), 1, "none of this shows the base");
    store.publish(sealed).unwrap();
    assert!(store.last() > sealed, "all of it went out with the base");
    assert_eq!(score(&Sight::snapshot(&store), 1), Some(1));
    let last = store.last();
    let mut tx = begin(&store);
    replace(&mut tx, item(1, 3));
    drop(tx);
    assert!(store.last() > last, "on a published base it is published at once");
    check(&store);
}

#[test]
fn a_commit_without_a_log_is_shown_with_its_base() {
    let store = store();
    let base = seal(&store, |tx| insert(tx, item(1, 1)));
    let mut tx = begin(&store);
    insert(&mut tx, item(2, 2));
    let version = tx.commit();
    assert_eq!(store.last(), 1);
    store.publish(base).unwrap();
    assert!(store.last() >= version);
    assert_eq!(score(&Sight::snapshot(&store), 2), Some(2));
}

#[test]
fn an_open_transaction_is_never_published() {
    let store = store();
    let sealed = seal(&store, |tx| insert(tx, item(1, 1)));
    let mut tx = begin(&store);
    insert(&mut tx, item(2, 2));
    store.publish(Timestamp::MAX).unwrap();
    assert_eq!(store.last(), sealed);
    assert_eq!(Sight::snapshot(&store).count::<Item>(), 1);
    drop(tx);
    check(&store);
}

#[test]
fn what_the_log_refuses_leaves_no_trace() {
    let store = store();
    let first = seal(&store, |tx| insert(tx, item(1, 1)));
    let mut tx = begin(&store);
    replace(&mut tx, item(1, 2));
    insert(&mut tx, item(2, 2));
    let sealed = tx.seal_with(|tx| {
        assert_eq!((score(tx, 1), tx.written().count()), (Some(2), 2));
        assert_eq!(tx.timestamp(), first + 1);
        Err::<(), _>("the disk is full")
    });
    assert_eq!(sealed, Err("the disk is full"));
    let mut tx = begin(&store);
    assert_eq!((score(&tx, 1), score(&tx, 2)), (Some(1), None));
    replace(&mut tx, item(1, 3));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        tx.seal_with(|_| -> Result<(), ()> { panic!("by the log") })
    }));
    assert!(panicked.is_err());
    store.publish(first).unwrap();
    assert_eq!(score(&Sight::snapshot(&store), 1), Some(1));
    check(&store);
    let mut tx = begin(&store);
    replace(&mut tx, item(1, 4));
    let sealed = tx.seal_with(|tx| Ok::<_, ()>(tx.timestamp())).unwrap();
    assert_eq!(sealed.logged, Some(sealed.version));
    store.publish(sealed.version).unwrap();
    assert_eq!(score(&Sight::snapshot(&store), 1), Some(4));
}

#[test]
fn the_log_is_not_asked_about_nothing() {
    let store = store();
    let first = seal(&store, |tx| insert(tx, item(1, 1)));
    let sealed = begin(&store).seal_with(|_| -> Result<(), ()> { panic!("asked") }).unwrap();
    assert_eq!((sealed.version, sealed.logged), (first, None));
}

#[test]
fn nothing_is_published_or_written_after_the_end() {
    let store = store();
    let first = seal(&store, |tx| insert(tx, item(1, 1)));
    store.publish(first).unwrap();
    let second = seal(&store, |tx| replace(tx, item(1, 2)));
    let mut tx = begin(&store);
    replace(&mut tx, item(1, 3));
    store.abandon();
    assert!(store.is_abandoned());
    let third = tx.seal().version;
    assert_eq!(store.publish(second), Err(Abandoned));
    assert_eq!(store.publish(third), Err(Abandoned));
    assert_eq!(Sight::transaction(&store).map(drop).unwrap_err(), NotBegun::Abandoned);
    store.tidy().unwrap();
    check(&store);
    let snapshot = Sight::snapshot(&store);
    assert_eq!((store.last(), score(&snapshot, 1)), (first, Some(1)));
}

#[test]
fn a_store_without_a_log_publishes_what_is_sealed() {
    let mut builder = StoreBuilder::default();
    builder.add::<Item>();
    let store = builder.build();
    let version = seal(&store, |tx| insert(tx, item(1, 1)));
    assert_eq!(store.last(), version);
    assert_eq!(store.publish(version + 5), Ok(()));
    store.abandon();
    assert!(!store.is_abandoned(), "there is no log that could fail");
    assert_eq!(begin(&store).base(), version);
}

/// Random commits, rollbacks and snapshots, published some time later: every snapshot shows the state of its version for as
/// long as it is held, whatever is reclaimed on bases that nobody sees yet.
#[test]
fn snapshots_are_true_whenever_they_are_taken() {
    const IDS: u64 = 12;
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    let store = store();
    let state =
        |sight: &Sight| -> Vec<Option<i64>> { (1..=IDS).map(|id| score(sight, id)).collect() };
    let mut sealed = VecDeque::new();
    let mut shown = vec![None; IDS as usize];
    let mut snapshots: Vec<(Sight, Vec<Option<i64>>)> = Vec::new();
    for round in 0..1_000 {
        match random(10) {
            0..6 => {
                let mut tx = begin(&store);
                for _ in 0..=random(3) {
                    let (number, value) = (1 + random(IDS), random(10) as i64);
                    match (score(&tx, number), random(3)) {
                        (None, _) => insert(&mut tx, item(number, value)),
                        (Some(_), 0) => delete(&mut tx, number),
                        (Some(_), _) => replace(&mut tx, item(number, value)),
                    }
                }
                if random(4) > 0 {
                    let after = state(&tx);
                    sealed.push_back((tx.seal().version, after));
                }
            }
            6..8 => {
                if let Some((version, after)) = sealed.pop_front() {
                    store.publish(version).unwrap();
                    shown = after;
                }
            }
            8 => snapshots.push((Sight::snapshot(&store), shown.clone())),
            _ if snapshots.is_empty() => {}
            _ => drop(snapshots.swap_remove(random(snapshots.len() as u64) as usize)),
        }
        for (snapshot, expected) in &snapshots {
            assert_eq!(&state(snapshot), expected, "round {round}");
        }
        if round % 250 == 0 {
            check(&store);
            snapshots.iter().for_each(|(snapshot, _)| compare(snapshot, IDS));
        }
    }
    store.publish(Timestamp::MAX).unwrap();
    snapshots.clear();
    check(&store);
}
