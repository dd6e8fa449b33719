mod model;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use bondstone_schema::{ColumnSet, Id, Model};
use proptest::prelude::*;

use self::model::{CURSED, MENTOR, Member, SWIVELLING, TEAM, member, team};
use super::{Broken, Fault, Faults, Loader};
use crate::sight::tests::model::{Item, Named, delete, id, insert, item, replace, write};
use crate::sight::tests::oracle::{FAR, compare, statistics_are_exact};
use crate::{Refusal, Sight, Slot, Store, StoreBuilder};

fn builder() -> StoreBuilder {
    let mut builder = StoreBuilder::default();
    builder.add::<Item>();
    builder.add::<Named>();
    builder.add::<Member>();
    builder
}

fn load<M: Model>(loader: &Loader, rows: impl IntoIterator<Item = M>) {
    let mut table = loader.table::<M>();
    for row in rows {
        table.insert(row).map_err(|refused| refused.refusal).expect("nothing is in the way");
    }
}

fn check(store: &Store) {
    assert_eq!(store.check().expect("no transaction is open"), Vec::<String>::new());
}

fn number_of<M: Model>() -> usize {
    M::number().get()
}

fn with_parent(number: u64, value: i64, parent: u64) -> Item {
    Item { parent: Some(id(parent)), ..item(number, value) }
}

#[test]
fn a_loaded_store_goes_on_where_it_was() {
    let mut builder = builder();
    builder.publish_later();
    let loader = builder.load();
    load(&loader, [item(1, 1), item(7, 2), with_parent(3, 3, 3)]);
    loader.table::<Item>().set_next_number(100);
    loader.table::<Item>().set_next_number(50);
    let store = loader.finish(77, 1).expect("the rows are sound");
    let before = Sight::snapshot(&store);
    assert_eq!((store.last(), before.timestamp(), before.count::<Item>()), (77, 77, 3));
    compare(&before, 20);
    let mut tx = Sight::transaction(&store).expect("no transaction is open");
    assert_eq!((tx.timestamp(), tx.base(), tx.next_number::<Item>()), (78, 77, 100));
    replace(&mut tx, item(1, 5));
    delete(&mut tx, 7);
    let version = tx.seal().version;
    assert_eq!(store.last(), 77);
    store.publish(version).expect("it is not abandoned");
    compare(&before, 20);
    compare(&Sight::snapshot(&store), 20);
    drop(before);
    check(&store);
}

#[test]
fn an_empty_store_is_loaded() {
    let store = builder().load().finish(0, 8).expect("there are no rows");
    assert_eq!(store.last(), 1, "the timestamp of an empty store");
    write(&store, |tx| insert(tx, item(1, 1)));
    check(&store);
}

#[test]
fn rows_are_put_and_removed_by_their_keys() {
    let loader = builder().load();
    let mut items = loader.table::<Item>();
    assert!(!items.put(item(1, 1)).unwrap());
    assert!(items.put(item(1, 2)).unwrap());
    assert!(!items.put(item(FAR, 3)).unwrap());
    assert_eq!(items.get(&id(1)), Some(&item(1, 2)));
    assert_eq!(items.get(&id(FAR)), Some(&item(FAR, 3)));
    let refused = items.insert(item(1, 9)).unwrap_err();
    assert_eq!((refused.refusal, refused.row), (Refusal::Key { slot: Slot(0) }, item(1, 9)));
    assert_eq!(items.insert(item(u64::MAX, 1)).unwrap_err().refusal, Refusal::KeyRange);
    assert_eq!(items.put(item(u64::MAX, 1)).unwrap_err().refusal, Refusal::KeyRange);
    assert!(items.remove(&id(FAR)) && !items.remove(&id(FAR)) && !items.remove(&id(2)));
    assert_eq!((items.len(), items.next_number()), (1, FAR + 1), "the counter never moves back");
    assert_eq!(items.rows().collect::<Vec<_>>(), [(Slot(0), &item(1, 2))]);
    let mut names = loader.table::<Named>();
    names.reserve(1_000);
    assert!(names.is_empty());
    for round in 0..3 {
        for number in 0..300 {
            assert_eq!(
                names.put(Named { value: round, ..team(number) }).unwrap(),
                round > 0 && number % 2 == 0
            );
        }
        for number in (1..300).step_by(2) {
            assert_eq!(names.get(&team(number).id()).map(|row| row.value), Some(round));
            assert!(names.remove(&team(number).id()));
        }
    }
    assert_eq!((names.len(), names.get(&team(1).id())), (150, None));
    drop((items, names));
    check(&loader.finish(9, 1).expect("the rows are sound"));
}

#[test]
#[should_panic(expected = "is being filled already")]
fn a_table_is_given_out_once_at_a_time() {
    let loader = builder().load();
    let _first = loader.table::<Item>();
    let _second = loader.table::<Item>();
}

#[test]
#[should_panic(expected = "is not a model of this store")]
fn only_models_of_the_store_have_tables() {
    let loader = StoreBuilder::default().load();
    let _table = loader.table::<Item>();
}

#[test]
fn tables_are_loaded_and_finished_on_threads() {
    for threads in [0, 1, 2, 16] {
        let loader = builder().load();
        thread::scope(|scope| {
            scope.spawn(|| {
                load(&loader, (1..=3_000).map(|number| item(number, number as i64 % 10)))
            });
            scope.spawn(|| load(&loader, (0..500).map(team)));
            let mut members = loader.table::<Member>();
            scope.spawn(move || {
                for number in 0..2_000 {
                    let badge = (number % 3 > 0).then_some(number);
                    let row = Member { badge, ..member(number % 500, number as u32) };
                    members.insert(row).map_err(|refused| refused.refusal).unwrap();
                }
            });
        });
        let store = loader.finish(5, threads).expect("the rows are sound");
        check(&store);
        let sight = Sight::snapshot(&store);
        statistics_are_exact(&sight);
        assert_eq!(sight.count::<Member>(), 2_000);
    }
}

/// Two members with one badge, a mentor who is not there, an item whose parent is not there.
#[test]
fn rows_that_break_a_constraint_are_told_and_can_be_corrected() {
    let loader = builder().load();
    load(&loader, [team(1)]);
    let badge = |seat, badge| Member { badge: Some(badge), ..member(1, seat) };
    load(&loader, [badge(0, 5), badge(1, 5), badge(2, 6), badge(3, 5), member(1, 4), member(2, 5)]);
    let astray = Member { mentor: Some(member(1, 99).id()), ..member(1, 6) };
    load(&loader, [astray]);
    load(&loader, [with_parent(1, 1, 2)]);
    let Err(Faults { loader, shown, count }) = loader.finish(5, 2) else {
        panic!("it was finished")
    };
    let fault = |broken, slot| Fault { table: number_of::<Member>(), broken, slot: Slot(slot) };
    let twice = |other| Broken::Unique { index: 0, other: Slot(other) };
    let missing = |foreign_key| Broken::MissingParent { foreign_key };
    let expected = [
        fault(missing(TEAM), 5),
        fault(missing(MENTOR), 6),
        fault(twice(0), 1),
        fault(twice(0), 3),
        Fault { table: number_of::<Item>(), broken: missing(0), slot: Slot(0) },
    ];
    assert_eq!(count, expected.len());
    assert!(expected.iter().all(|fault| shown.contains(fault)), "{shown:?}");
    let mut members = loader.table::<Member>();
    assert_eq!(members.at_slot(Slot(5)).map(|row| row.seat), Some(5));
    assert!(members.remove(&member(2, 5).id()) && members.remove(&member(1, 6).id()));
    assert!(members.put(badge(1, 7)).unwrap() && members.put(badge(3, 8)).unwrap());
    drop(members);
    assert!(loader.table::<Item>().put(with_parent(1, 1, 1)).unwrap());
    let store = loader.finish(5, 2).expect("the rows are sound now");
    check(&store);
    assert_eq!(Sight::snapshot(&store).count::<Member>(), 5);
}

#[test]
fn of_many_faults_some_are_shown_and_all_are_counted() {
    let loader = builder().load();
    load(
        &loader,
        (1..=1_000).map(|number| Item { code: number % 2, ..with_parent(number, 1, 5_000) }),
    );
    let faults = loader.finish(5, 1).err().expect("no parent is there");
    assert_eq!((faults.count, faults.shown.len()), (1_998, 2 * Faults::SHOWN));
    assert!(format!("{faults:?}").contains("1998"));
}

#[test]
fn a_panic_of_the_users_code_goes_on_and_nothing_is_left() {
    let by_hash = Member { badge: Some(CURSED), ..member(1, 1) };
    let by_order = member(1, SWIVELLING);
    for (row, expected) in [(by_hash, "a hash that panics"), (by_order, "an order that panics")] {
        for threads in [1, 3] {
            let loader = builder().load();
            load(&loader, (0..100).map(team));
            load(
                &loader,
                (0..100).map(|number| Member { badge: Some(number), ..member(number, 0) }),
            );
            load(&loader, [row.clone()]);
            let finish = catch_unwind(AssertUnwindSafe(|| loader.finish(5, threads)));
            let thrown = finish.err().expect("the user's code panics");
            let formatted = thrown.downcast_ref::<String>().map(String::as_str);
            let message = formatted.or(thrown.downcast_ref::<&str>().copied());
            let message = message.expect("a panic with a message");
            assert!(message.contains(expected), "{message}");
        }
    }
}

/// What becomes of a row.
#[derive(Clone, Debug)]
enum Step {
    Put { number: u64, value: i64 },
    Remove { number: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let number = prop_oneof![8 => 1..40_u64, 1 => (0..8_u64).prop_map(|far| FAR + far * 977)];
    let step = (number, 0..10_i64, 0..4_u8).prop_map(|(number, value, remove)| {
        if remove == 0 { Step::Remove { number } } else { Step::Put { number, value } }
    });
    prop::collection::vec(step, 0..200)
}

/// The rows that are there after some steps. Each refers to another one, to itself, or to none; and a team for each.
fn rows_after(steps: &[Step], seed: u64) -> BTreeMap<u64, Item> {
    let mut rows = BTreeMap::new();
    for step in steps {
        match *step {
            Step::Put { number, value } => drop(rows.insert(number, item(number, value))),
            Step::Remove { number } => drop(rows.remove(&number)),
        }
    }
    let numbers: Vec<u64> = rows.keys().copied().collect();
    for (row, place) in rows.values_mut().zip(seed..) {
        let place = (place.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize;
        row.parent = numbers.get(place % (numbers.len() + 1)).map(|number| id(*number));
    }
    rows
}

/// The members of teams: one for each item, mentored by that of the parent.
fn members(rows: &BTreeMap<u64, Item>) -> impl Iterator<Item = Member> {
    let seat = |number: u64| (number % 1_000) as u32;
    let of = move |number: u64| member(number % 7, seat(number));
    rows.values().map(move |row| {
        let badge = (row.score % 2 == 0).then_some(row.id.get());
        let mentor = row.parent.map(|parent| of(parent.get()).id());
        Member { badge, mentor, ..of(row.id.get()) }
    })
}

fn loaded(steps: &[Step], rows: &BTreeMap<u64, Item>, threads: usize) -> Arc<Store> {
    let loader = builder().load();
    let mut items = loader.table::<Item>();
    for step in steps {
        match *step {
            Step::Put { number, value } => drop(items.put(item(number, value)).unwrap()),
            Step::Remove { number } => drop(items.remove(&id(number))),
        }
    }
    for row in rows.values() {
        assert!(items.put(row.clone()).unwrap());
    }
    drop(items);
    load(&loader, members(rows));
    load(&loader, (0..7).map(team));
    loader.finish(50, threads).expect("the rows are sound")
}

fn inserted(rows: &BTreeMap<u64, Item>) -> Arc<Store> {
    let store = builder().build();
    write(&store, |tx| {
        rows.values().for_each(|row| insert(tx, Item { parent: None, ..row.clone() }));
        rows.values().for_each(|row| replace(tx, row.clone()));
        (0..7).for_each(|number| insert(tx, team(number)));
        members(rows).for_each(|row| insert(tx, Member { mentor: None, ..row }));
        members(rows).for_each(|row| replace(tx, row));
    });
    store.tidy().expect("no transaction is open");
    store
}

/// The same answers from both, and each true to itself.
fn same(loaded: &Arc<Store>, inserted: &Arc<Store>) {
    let (one, other) = (Sight::snapshot(loaded), Sight::snapshot(inserted));
    for sight in [&one, &other] {
        compare(sight, 40);
        statistics_are_exact(sight);
    }
    let items = |sight: &Sight| {
        let mut rows: Vec<Item> = sight.rows().cloned().collect();
        rows.sort_by_key(|row| row.id);
        rows
    };
    assert_eq!(items(&one), items(&other));
    assert_eq!(one.count::<Member>(), other.count::<Member>());
    for row in other.rows::<Member>() {
        assert_eq!(one.get(&row.id()), Some(row));
        let like = one.find_like(0, row).map(|(_, row)| row);
        assert_eq!(like, row.badge.map(|_| row));
        let children = |sight: &Sight, row: &Id<Member>| {
            let slot = sight.slot_of(row).expect("the row exists");
            sight.count_children::<Member>(MENTOR, slot)
        };
        assert_eq!(children(&one, &row.id()), children(&other, &row.id()));
    }
    for sight in [&one, &other] {
        let seats = sight.range_compared::<Member>(1, Bound::Unbounded, Bound::Unbounded, false);
        let seats: Vec<u32> = seats.expect("the index is there").map(|row| row.seat).collect();
        assert!(seats.is_sorted_by(|left, right| left >= right), "in the order of their own");
        assert_eq!(seats.len(), sight.count::<Member>());
    }
    drop((one, other));
    check(loaded);
    check(inserted);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// A loaded store is like one that was filled by transactions, now and after the same further ones.
    #[test]
    fn a_loaded_store_is_like_any_other(
        steps in steps(),
        seed in 0..1_000_u64,
        threads in 1..4_usize,
        later in prop::collection::vec((1..60_u64, 0..10_i64, 0..6_u8, any::<bool>()), 0..60),
    ) {
        let rows = rows_after(&steps, seed);
        let stores = [loaded(&steps, &rows, threads), inserted(&rows)];
        let [one, other] = &stores;
        same(one, other);
        let held = stores.each_ref().map(Sight::snapshot);
        for (number, value, what, keep) in later {
            for store in &stores {
                let mut tx = Sight::transaction(store).expect("no transaction is open");
                let there = tx.slot_of(&id(number));
                let has_children = there.is_some_and(|slot| tx.count_children::<Item>(0, slot) > 0);
                match there {
                    None => insert(&mut tx, item(number, value)),
                    Some(_) if what == 0 && !has_children => delete(&mut tx, number),
                    Some(slot) => {
                        let row = Item { score: value, ..tx.at_slot::<Item>(slot).unwrap().clone() };
                        tx.update(slot, row, ColumnSet::ALL).map_err(|refused| refused.refusal).unwrap();
                    }
                }
                if keep {
                    tx.commit();
                }
            }
        }
        for sight in &held {
            compare(sight, 40);
        }
        drop(held);
        for store in &stores {
            store.tidy().expect("no transaction is open");
        }
        same(one, other);
    }
}

/// No structure is larger than one that grew. (Shrunk leaves have as much room behind their runs as in them.)
#[cfg(not(feature = "tiny"))]
#[test]
fn a_loaded_store_takes_no_more_memory() {
    let rows = |count: u64| {
        let row = |number: u64| {
            let value = (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44) as i64;
            let parent = (number > 100).then(|| id(number % 97 + 1));
            (number, Item { parent, ..item(number, value) })
        };
        (1..=count).map(row).collect::<BTreeMap<_, _>>()
    };
    for count in [500, 3_000, 12_000] {
        let rows = rows(count);
        let inserted = builder().build();
        let loader = builder().load();
        load(&loader, rows.values().cloned());
        let loaded = loader.finish(3, 1).expect("the rows are sound");
        write(&inserted, |tx| rows.values().for_each(|row| insert(tx, row.clone())));
        let bytes = |store: &Store| store.bytes().expect("no transaction is open");
        for ((name, loaded), (_, inserted)) in bytes(&loaded).into_iter().zip(bytes(&inserted)) {
            assert!(loaded <= inserted, "{name} of {count}: {loaded} bytes, {inserted} inserted");
        }
        check(&loaded);
    }
}
