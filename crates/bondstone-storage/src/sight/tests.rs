//! What a planner asks of a sight, beside old snapshots, rollbacks and a writer.

pub(crate) mod model;
pub(crate) mod oracle;

use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use bondstone_schema::{Id, KeyBuf, Value};
use proptest::prelude::*;

use self::model::{
    BYTES, COMPARED, HASH, Item, NARROW, Named, ORDERED, UNIQUE, delete, id, insert, item, replace,
    store, write,
};
use self::oracle::{FAR, compare, statistics_are_exact};
use crate::{KeyRange, Sight, Store};

fn scores(low: i64, high: i64) -> KeyRange<'static> {
    let encoded = |score: i64| {
        let mut key = KeyBuf::new();
        score.encode_last(&mut key);
        key
    };
    KeyRange::Encoded(Bound::Included(encoded(low)), Bound::Included(encoded(high)))
}

/// Ten rows with the scores 0 to 9.
fn ten() -> Arc<Store> {
    let store = store();
    write(&store, |tx| (1..=10).for_each(|number| insert(tx, item(number, number as i64 - 1))));
    store
}

fn count(sight: &Sight, low: i64, high: i64) -> usize {
    sight.count_range::<Item>(NARROW, scores(low, high)).expect("the index is there")
}

/// The rows of a group as their ids, in the order in which they come.
fn group(sight: &Sight, group: u32) -> Vec<u64> {
    let hash = sight.hashing().hash(&group);
    let rows = sight.rows_by_hash::<Item>(HASH, hash, |row| row.group == group);
    let mut ids: Vec<_> = rows.expect("the index is there").map(|row| row.id.get()).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn what_is_not_there_is_none() {
    let store = ten();
    let sight = Sight::snapshot(&store);
    assert!(sight.slots_by_hash::<Item>(NARROW, 1).is_none());
    assert!(sight.slots_by_hash::<Item>(99, 1).is_none());
    assert!(sight.rows_by_hash::<Item>(NARROW, 1, |_| true).is_none());
    assert!(sight.slots_by_key_hash::<Item>(1).is_none(), "the keys are numbered");
    assert!(sight.slots_by_id::<Named>(Bound::Unbounded, Bound::Unbounded, false).is_none());
    assert!(sight.slots_of_children::<Item>(1, sight.slot_of(&id(1)).unwrap()).is_none());
    for index in [UNIQUE, HASH, COMPARED, 99] {
        assert!(sight.count_range::<Item>(index, scores(1, 2)).is_none(), "{index}");
        assert!(sight.slots_in_range::<Item>(index, scores(1, 2)).is_none(), "{index}");
        let statistics = sight.statistics::<Item>();
        assert!(statistics.entries_in_range(index, &scores(1, 2)).is_none(), "{index}");
    }
    for index in [UNIQUE, HASH, NARROW, BYTES, 99] {
        let (low, high) = (Bound::Unbounded, Bound::Unbounded);
        assert!(sight.range_compared::<Item>(index, low, high, false).is_none(), "{index}");
    }
    let statistics = sight.statistics::<Item>();
    assert_eq!((statistics.keys(NARROW), statistics.entries(99)), (None, None));
    assert_eq!(statistics.entries_of_hash(NARROW, 1), None);
    assert_eq!(statistics.all_children(1), (0, 0));
}

#[test]
fn every_ordered_index_has_a_whole_range() {
    let store = ten();
    let sight = Sight::snapshot(&store);
    for index in ORDERED {
        assert_eq!(sight.count_range::<Item>(index, KeyRange::ALL), Some(10));
        let slots = sight.slots_in_range::<Item>(index, KeyRange::ALL).expect("the index is there");
        assert_eq!(slots.count(), 10);
        let estimate = sight.statistics::<Item>().entries_in_range(index, &KeyRange::ALL);
        assert_eq!(estimate, Some(10));
    }
}

/// 0 → 5 → 0 → 5 → 0, each in a transaction of its own, with a snapshot of each state.
#[test]
fn a_row_that_went_forth_and_back_comes_once() {
    let store = ten();
    let mut snapshots = vec![Sight::snapshot(&store)];
    for round in 1..=4 {
        let value = [0, 5][round % 2];
        write(&store, |tx| replace(tx, item(1, value)));
        snapshots.push(Sight::snapshot(&store));
    }
    for (round, sight) in snapshots.iter().enumerate() {
        let at_home = round % 2 == 0;
        let expected: &[u64] = if at_home { &[1, 4, 7, 10] } else { &[4, 7, 10] };
        assert_eq!(group(sight, 0), expected, "snapshot {round}");
        assert_eq!(count(sight, 0, 0), usize::from(at_home));
        assert_eq!(count(sight, 5, 5), 1 + usize::from(!at_home));
        assert_eq!(count(sight, 0, 9), 10, "met by two keys, counted once");
        let slots = sight.slots_in_range::<Item>(NARROW, scores(0, 9)).expect("the index is there");
        assert_eq!(slots.count(), 11, "each entry is a hint");
        compare(sight, 20);
    }
    drop(snapshots);
    store.tidy().expect("no transaction is open");
    let sight = Sight::snapshot(&store);
    statistics_are_exact(&sight);
    assert_eq!(store.check().expect("no transaction is open"), Vec::<String>::new());
}

#[test]
fn a_deleted_row_is_seen_by_who_saw_it() {
    let store = ten();
    let before = Sight::snapshot(&store);
    write(&store, |tx| delete(tx, 3));
    let without = Sight::snapshot(&store);
    write(&store, |tx| insert(tx, item(3, 7)));
    let again = Sight::snapshot(&store);
    assert_eq!([&before, &without, &again].map(|sight| count(sight, 0, 9)), [10, 9, 10]);
    assert_eq!([&before, &without, &again].map(|sight| count(sight, 7, 7)), [1, 1, 2]);
    assert_eq!([&before, &without, &again].map(|sight| group(sight, 2).len()), [3, 2, 2]);
    for sight in [&before, &without, &again] {
        compare(sight, 20);
    }
    assert_eq!(before.statistics::<Item>().rows(), 10, "of now, not of the version");
}

#[test]
fn a_transaction_sees_what_it_wrote() {
    let store = ten();
    let before = Sight::snapshot(&store);
    let mut tx = Sight::transaction(&store).expect("no transaction is open");
    replace(&mut tx, item(1, 5));
    replace(&mut tx, item(1, 0));
    delete(&mut tx, 2);
    insert(&mut tx, item(11, 5));
    replace(&mut tx, Item { parent: Some(id(1)), ..item(4, 3) });
    compare(&tx, 20);
    let mark = tx.mark();
    replace(&mut tx, item(11, 6));
    delete(&mut tx, 5);
    compare(&tx, 20);
    assert_eq!(tx.statistics::<Item>().rows(), 9);
    tx.undo_to(mark);
    compare(&tx, 20);
    assert_eq!(tx.statistics::<Item>().rows(), 10);
    assert_eq!(count(&tx, 5, 5), 2);
    drop(tx);
    compare(&before, 20);
    compare(&Sight::snapshot(&store), 20);
    drop(before);
    store.tidy().expect("no transaction is open");
    statistics_are_exact(&Sight::snapshot(&store));
}

#[test]
fn a_row_with_a_key_of_its_own_is_found_by_its_hash() {
    let store = store();
    let named = |name: &str, value| Named { name: name.into(), value };
    write(&store, |tx| {
        for number in 0..300 {
            insert(tx, named(&format!("n{number}"), number));
        }
    });
    let before = Sight::snapshot(&store);
    write(&store, |tx| replace(tx, named("n7", 1_000)));
    let after = Sight::snapshot(&store);
    let value = |sight: &Sight, name: &str| {
        let slots = sight.slots_by_key_hash::<Named>(sight.hashing().hash(&name.to_owned()));
        let rows = sight.rows_at::<Named, _>(slots.expect("keys are hashed"));
        let values: Vec<_> =
            rows.filter(|(_, row)| row.name == name).map(|(_, row)| row.value).collect();
        values
    };
    for number in 0..300 {
        assert_eq!(value(&before, &format!("n{number}")), [number]);
    }
    assert_eq!(value(&after, "n7"), [1_000]);
    assert_eq!(value(&after, "nobody"), [0; 0]);
    assert_eq!(after.statistics::<Named>().rows(), 300);
}

#[test]
fn rows_come_in_the_order_of_places_asked_for() {
    let store = store();
    write(&store, |tx| (1..=100).for_each(|number| insert(tx, item(number, 0))));
    let sight = Sight::snapshot(&store);
    write(&store, |tx| delete(tx, 50));
    let slot = |number: u64| sight.slot_of(&id(number)).expect("the row exists");
    for count in [0, 1, 15, 16, 17, 33, 100] {
        let asked: Vec<_> = (0..count).map(|nth| 1 + nth * 37 % 100).collect();
        let mut rows = sight.rows_at::<Item, _>(asked.iter().map(|number| slot(*number)));
        let found: Vec<_> = rows.by_ref().map(|(place, row)| (place, row.id.get())).collect();
        assert!(found.iter().copied().eq(asked.iter().map(|number| (slot(*number), *number))));
        assert!(rows.next().is_none(), "the end is the end");
    }
    let newest = Sight::snapshot(&store);
    let slots = (1..=100).map(slot);
    assert_eq!(newest.rows_at::<Item, _>(slots).count(), 99, "where there is no row, none comes");
}

#[test]
fn ids_are_walked_in_order_page_by_page() {
    let store = store();
    // More than a page of the real size, then a gap of pages, and ids beyond all pages.
    let ids: Vec<u64> =
        (1..=5000).chain(70_000..70_010).chain((0..50).map(|nth| FAR + nth * 1_000_003)).collect();
    write(&store, |tx| {
        for number in ids.iter().rev() {
            insert(tx, item(*number, 0));
        }
    });
    let sight = Sight::snapshot(&store);
    write(&store, |tx| (4000..=4999).for_each(|number| delete(tx, number)));
    let walk = |sight: &Sight, low, high, descending| -> Vec<u64> {
        let slots = sight.slots_by_id::<Item>(low, high, descending).expect("keys are numbered");
        sight.rows_at::<Item, _>(slots).map(|(_, row)| row.id.get()).collect()
    };
    let all =
        |sight: &Sight, descending| walk(sight, Bound::Unbounded, Bound::Unbounded, descending);
    assert_eq!(all(&sight, false), ids);
    assert!(all(&sight, true).into_iter().rev().eq(ids.iter().copied()));
    let newest = Sight::snapshot(&store);
    assert_eq!(all(&newest, false).len(), ids.len() - 1000);
    // The page after an id, as pagination asks.
    let slots = newest.slots_by_id(Bound::Excluded(id(3998)), Bound::Unbounded, false);
    let page = newest.rows_at::<Item, _>(slots.expect("keys are numbered")).take(3);
    assert_eq!(page.map(|(_, row)| row.id.get()).collect::<Vec<_>>(), [3999, 5000, 70_000]);
    assert_eq!(
        walk(&sight, Bound::Included(id(4096)), Bound::Excluded(id(4098)), true),
        [4097, 4096]
    );
    assert_eq!(walk(&sight, Bound::Included(id(9)), Bound::Excluded(id(9)), false), [0; 0]);
    assert_eq!(walk(&sight, Bound::Excluded(id(9)), Bound::Included(id(3)), true), [0; 0]);
    let far =
        walk(&sight, Bound::Excluded(id(FAR)), Bound::Included(id(FAR + 2 * 1_000_003)), false);
    assert_eq!(far, [FAR + 1_000_003, FAR + 2 * 1_000_003]);
    // And far ids go, too.
    write(&store, |tx| (0..50).for_each(|nth| delete(tx, FAR + nth * 1_000_003)));
    drop((sight, newest));
    assert_eq!(store.check().expect("no transaction is open"), Vec::<String>::new());
    assert_eq!(all(&Sight::snapshot(&store), false).last(), Some(&70_009));
}

#[derive(Clone, Debug)]
enum Step {
    /// Inserts, or updates what is there.
    Put(u64, i64, Option<u64>),
    Delete(u64),
    Savepoint,
    UndoToSavepoint,
    Commit,
    RollBack,
    Look,
    Forget(usize),
}

const IDS: u64 = 12;

/// Some ids are far.
fn number(nth: u64) -> u64 {
    if nth % 4 == 3 { FAR + nth } else { nth + 1 }
}

fn step() -> impl Strategy<Value = Step> {
    let nth = || 0..IDS;
    prop_oneof![
        12 => (nth(), 0..10_i64, prop::option::of(nth()))
            .prop_map(|(nth, value, parent)| Step::Put(nth, value, parent)),
        4 => nth().prop_map(Step::Delete),
        1 => Just(Step::Savepoint),
        1 => Just(Step::UndoToSavepoint),
        4 => Just(Step::Commit),
        1 => Just(Step::RollBack),
        3 => Just(Step::Look),
        2 => (0..4_usize).prop_map(Step::Forget),
    ]
}

fn put(tx: &mut Sight, nth: u64, value: i64, parent: Option<u64>) {
    let exists = |tx: &Sight, id: &Id<Item>| tx.get(id).is_some();
    let parent = parent.map(|nth| id(number(nth))).filter(|parent| exists(tx, parent));
    let row = Item { parent, ..item(number(nth), value) };
    if exists(tx, &row.id) {
        replace(tx, row);
    } else {
        insert(tx, row);
    }
}

/// Deletes a row that nobody refers to.
fn remove(tx: &mut Sight, nth: u64) {
    let number = number(nth);
    let slot = tx.slot_of(&id(number));
    if slot.is_some_and(|slot| tx.count_children::<Item>(0, slot) == 0) {
        delete(tx, number);
    }
}

/// Runs steps; each snapshot is compared with its own rows whenever something was committed.
fn run(steps: &[Step]) {
    let store = store();
    let mut snapshots: Vec<Sight> = Vec::new();
    let mut tx = None;
    let mut mark = None;
    for step in steps {
        let open = tx.get_or_insert_with(|| Sight::transaction(&store).expect("none is open"));
        match step {
            Step::Put(nth, value, parent) => put(open, *nth, *value, *parent),
            Step::Delete(nth) => remove(open, *nth),
            Step::Savepoint => mark = Some(open.mark()),
            Step::UndoToSavepoint => {
                if let Some(mark) = mark {
                    open.undo_to(mark);
                }
                compare(open, IDS);
            }
            Step::Commit | Step::RollBack => {
                compare(open, IDS);
                if let (Step::Commit, Some(open)) = (step, tx.take()) {
                    open.commit();
                }
                (tx, mark) = (None, None);
                snapshots.iter().for_each(|snapshot| compare(snapshot, IDS));
            }
            Step::Look if snapshots.len() < 4 => snapshots.push(Sight::snapshot(&store)),
            Step::Forget(nth) if *nth < snapshots.len() => drop(snapshots.swap_remove(*nth)),
            Step::Look | Step::Forget(_) => {}
        }
        let newest = tx
            .as_ref()
            .map_or_else(|| Sight::snapshot(&store).count::<Item>(), Sight::count::<Item>);
        assert_eq!(Sight::snapshot(&store).statistics::<Item>().rows(), newest);
    }
    drop((tx, snapshots));
    store.tidy().expect("no transaction is open");
    let sight = Sight::snapshot(&store);
    compare(&sight, IDS);
    statistics_are_exact(&sight);
    assert_eq!(store.check().expect("no transaction is open"), Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 48 }))]

    #[test]
    fn every_answer_is_that_of_all_rows(steps in prop::collection::vec(step(), 1..80)) {
        run(&steps);
    }
}

#[test]
fn every_answer_holds_beside_the_writer() {
    let store = ten();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut ended = false;
            while !ended {
                ended = done.load(Ordering::Acquire);
                compare(&Sight::snapshot(&store), IDS);
            }
        });
        for round in 0..if cfg!(miri) { 5 } else { 3_000_u64 } {
            let mut tx = Sight::transaction(&store).expect("no transaction is open");
            put(&mut tx, round % IDS, (round * 7 % 10) as i64, Some(round % 5));
            remove(&mut tx, round * 5 % IDS);
            put(&mut tx, (round + 3) % IDS, (round % 3) as i64, None);
            if round % 4 == 0 {
                drop(tx);
            } else {
                tx.commit();
            }
        }
        done.store(true, Ordering::Release);
    });
    assert_eq!(store.check().expect("no transaction is open"), Vec::<String>::new());
    statistics_are_exact(&Sight::snapshot(&store));
}
