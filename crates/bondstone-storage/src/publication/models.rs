//! Whole stores whose commits are published by another thread than the one that wrote them.

use loom::sync::Arc as LoomArc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;

use std::sync::Arc;

use crate::sync::canary;
use crate::testing::{self, id};
use crate::{Sight, Store};

/// A thread of the model with enough stack for a whole transaction; by default it has a few kilobytes.
fn spawn(body: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    const WORDS: usize = 1 << 15;
    thread::Builder::new().stack_size(WORDS).spawn(body).expect("the model has room for threads")
}

/// A store with row 1, whose score is published as 1.
fn store() -> Arc<Store> {
    let store = testing::store_with_log();
    let version = testing::seal(&store, |tx| tx.insert(testing::row(1, 1)).expect("it is new"));
    store.publish(version).expect("it is not abandoned");
    store
}

fn score(sight: &Sight) -> Option<i64> {
    sight.get(&id(1)).map(|row| row.score)
}

/// The writer goes on, and takes something back, while its last commit is being synced and published.
fn riding() {
    loom::model(|| {
        let whole = spawn(|| {
            let store = LoomArc::new(store());
            let synced = LoomArc::new(AtomicU64::new(0));
            let version = testing::seal(&store, |tx| testing::replace(tx, testing::row(1, 2)));
            let publisher = spawn({
                let (store, synced) = (store.clone(), synced.clone());
                move || {
                    synced.store(1, Ordering::Relaxed);
                    store.publish(version).expect("it is not abandoned");
                }
            });
            let reader = spawn({
                let store = store.clone();
                move || match score(&Sight::snapshot(&store)) {
                    Some(1) => {}
                    Some(2) => assert_eq!(synced.load(Ordering::Relaxed), 1, "seen unsynced"),
                    other => panic!("a row of no state: {other:?}"),
                }
            });
            let mut tx = Sight::transaction(&store).expect("no transaction is open");
            assert_eq!(score(&tx), Some(2), "the base is the sealed state");
            testing::replace(&mut tx, testing::row(1, 3));
            drop(tx);
            publisher.join().unwrap();
            reader.join().unwrap();
            assert_eq!(score(&Sight::snapshot(&store)), Some(2));
            assert_eq!(store.last(), version + 1, "what rode went out with its base");
        });
        whole.join().unwrap();
    });
}

#[test]
fn loom_publication_beside_a_writer_that_rides() {
    riding();
}

#[test]
#[should_panic(expected = "seen unsynced")]
fn loom_twin_ridden_ahead() {
    canary::set("RidesAhead");
    riding();
}

/// The writer clears away on a base that is not published: a snapshot finds its row, whenever it is taken.
fn reclaiming() {
    loom::model(|| {
        let whole = spawn(|| {
            let store = LoomArc::new(store());
            let reader = spawn({
                let store = store.clone();
                move || {
                    let sight = Sight::snapshot(&store);
                    assert!(matches!(score(&sight), Some(1 | 3)), "cleared away under a snapshot");
                    let found = sight.find_like(0, &testing::row(1, 1)).map(|(_, row)| row.score);
                    let expected = score(&sight).filter(|score| *score == 1);
                    assert_eq!(found, expected, "cleared away under a snapshot");
                }
            });
            for score in 2..=3 {
                testing::seal(&store, |tx| testing::replace(tx, testing::row(1, score)));
            }
            let version = testing::seal(&store, |tx| {
                tx.insert(testing::row(2, 9)).expect("it is new");
            });
            store.publish(version).expect("it is not abandoned");
            reader.join().unwrap();
        });
        whole.join().unwrap();
    });
}

#[test]
fn loom_publication_of_a_base_on_which_was_reclaimed() {
    reclaiming();
}

#[test]
#[should_panic(expected = "Causality violation")]
fn loom_twin_horizon_of_the_base() {
    canary::set("HorizonOfTheBase");
    reclaiming();
}
