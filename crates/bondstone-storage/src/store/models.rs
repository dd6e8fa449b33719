//! Whole stores: a snapshot reads while the writer updates, deletes, reuses and reclaims.

use loom::sync::Arc as LoomArc;
use loom::thread;

use super::*;
use bondstone_schema::UniqueKey;

use crate::sync::canary;
use crate::testing::{self, Row, id};
use crate::{KeyRange, RowRange, Sight};

/// A store of one row, a reader with a snapshot of it, and a writer beside. The reader is handed the store by value, so that
/// nothing but its own snapshot holds anything.
fn beside(read: fn(&Sight), write: fn(&std::sync::Arc<Store>)) {
    beside_after(|_| {}, read, write);
}

/// The same, after more work than that one row.
fn beside_after(
    prepare: fn(&std::sync::Arc<Store>),
    read: fn(&Sight),
    write: fn(&std::sync::Arc<Store>),
) {
    loom::model(move || {
        let whole = spawn(move || {
            let store = testing::store();
            testing::insert(&store, testing::row(1, 1));
            prepare(&store);
            let shared = LoomArc::new(store);
            let reader = spawn({
                let shared = shared.clone();
                move || read(&Sight::snapshot(&shared))
            });
            write(&shared);
            reader.join().unwrap();
        });
        whole.join().unwrap();
    });
}

/// A thread of the model with enough stack for a whole transaction; by default it has a few kilobytes.
fn spawn(body: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    const WORDS: usize = 1 << 15;
    thread::Builder::new().stack_size(WORDS).spawn(body).expect("the model has room for threads")
}

/// What a snapshot shows of row 1 is one of its states, and the same however it is reached.
fn row_is_whole(sight: &Sight) {
    let row = sight.get(&id(1));
    let values = row.map(|row| (row.name, row.score));
    assert!(
        matches!(values, None | Some((1001, 1) | (1002, 2) | (1003, 3))),
        "a row of no state: {values:?}"
    );
    assert_eq!(sight.get(&id(1)).map(|row| row.score), values.map(|(_, score)| score), "repeated");
    let found =
        sight.find_like(testing::ByName.position(), &testing::row(1, 1)).map(|(_, row)| row.score);
    let expected = values.and_then(|(name, _)| (name == 1001).then_some(1));
    assert_eq!(found, expected, "by its name");
}

fn update_twice(store: &std::sync::Arc<Store>) {
    testing::update(store, testing::row(1, 2));
    testing::update(store, testing::row(1, 3));
}

#[test]
fn loom_store_update_beside_a_snapshot() {
    beside(row_is_whole, update_twice);
}

#[test]
#[should_panic(expected = "a place without a chunk")]
fn loom_twin_version_linked_relaxed() {
    canary::set("PushRelaxed");
    beside(row_is_whole, update_twice);
}

/// The row goes, its slot comes to another row.
fn delete_and_reuse(store: &std::sync::Arc<Store>) {
    testing::delete(store, 1);
    // Two transactions, so that the slot goes through both stages if nobody holds it; the third has it.
    testing::insert(store, testing::row(2, 2));
    testing::insert(store, testing::row(3, 3));
    testing::insert(store, testing::row(4, 4));
}

/// A snapshot that has a handle never finds another row through it.
fn handle_is_true(sight: &Sight) {
    let Some(handle) = sight.handle(&id(1)) else { return };
    let row: Option<&Row> = sight.by_handle(handle);
    assert_eq!(row.map(|row| row.id), Some(id(1)), "the handle of another row");
    assert_eq!(sight.get(&id(1)).map(|row| row.name), Some(1001), "the row of another");
}

#[test]
fn loom_store_slot_reuse_beside_a_snapshot() {
    beside(handle_is_true, delete_and_reuse);
}

#[test]
#[should_panic(expected = "another")]
fn loom_twin_reuse_in_stage_one() {
    canary::set("ReuseInStageOne");
    beside(handle_is_true, delete_and_reuse);
}

#[test]
#[should_panic(expected = "Causality violation")]
fn loom_twin_pruned_after_publishing() {
    canary::set("PruneAfterPublish");
    beside(handle_is_true, delete_and_reuse);
}

/// A handle that was taken before leads to its own row for as long as that is there, and then nowhere: whoever has the
/// slot by now has another generation.
fn old_handle_is_true(sight: &Sight) {
    let row: Option<&Row> = sight.by_handle(first_handle());
    assert!(row.is_none_or(|row| row.id == id(1)), "the handle of another row");
    assert_eq!(row.is_some(), sight.get(&id(1)).is_some(), "the handle of a row that is there");
}

/// The handle of the row that [`beside`] begins with: the first slot in its first generation.
fn first_handle() -> crate::Handle<Row> {
    crate::Handle::new(0, 0)
}

#[test]
fn loom_store_old_handle_beside_a_reuse() {
    beside(old_handle_is_true, delete_and_reuse);
}

#[test]
#[should_panic(expected = "the handle of another row")]
fn loom_twin_generation_not_bumped() {
    canary::set("GenerationNotBumped");
    beside(old_handle_is_true, delete_and_reuse);
}

/// There and back: a, b, a. The second a revives the first one's entry.
fn there_and_back(store: &std::sync::Arc<Store>) {
    testing::update(store, testing::row(1, 2));
    testing::update(store, testing::row(1, 1));
    testing::insert(store, testing::row(5, 5));
}

#[test]
fn loom_store_revived_entry_beside_a_snapshot() {
    beside(row_is_whole, there_and_back);
}

#[test]
#[should_panic(expected = "by its name")]
fn loom_twin_entry_removed_without_rereading() {
    canary::set("EntryNotReread");
    beside(row_is_whole, there_and_back);
}

/// An update that is rolled back leaves entries that readers may have met.
fn roll_back(store: &std::sync::Arc<Store>) {
    let mut tx = Sight::transaction(store).expect("no transaction is open");
    testing::replace(&mut tx, testing::row(1, 2));
    drop(tx);
    testing::insert(store, testing::row(5, 5));
    testing::insert(store, testing::row(6, 6));
}

/// The rows of the scores from 2 up.
fn from_two(sight: &Sight) -> RowRange<'_, Row> {
    let mut low = bondstone_schema::KeyBuf::new();
    bondstone_schema::Value::encode_last(&2_i64, &mut low);
    let rows =
        sight.range::<Row>(1, std::ops::Bound::Included(low), std::ops::Bound::Unbounded, false);
    rows.expect("the index is there")
}

/// The scores from 2 up hold no row 1: it never had one.
fn range_is_true(sight: &Sight) {
    let met = from_two(sight).find(|row| row.id == id(1));
    assert_eq!(met.map(|row| row.score), None, "met by an entry that is not its own");
}

#[test]
fn loom_store_rollback_beside_a_range() {
    beside(range_is_true, roll_back);
}

#[test]
#[should_panic(expected = "met by an entry that is not its own")]
fn loom_twin_undone_as_before() {
    canary::set("UndoneAsBefore");
    beside(range_is_true, roll_back);
}

/// Row 1 was updated, and the visit that is to settle it waits for the end of the next transaction.
fn about_to_settle(store: &std::sync::Arc<Store>) {
    testing::update(store, testing::row(1, 0));
    testing::insert(store, testing::row(4, 0));
}

/// That transaction updates the row once more and is rolled back. A reader may have met the entry that the row had meanwhile,
/// and comes to the row when the visit is over.
fn roll_back_once(store: &std::sync::Arc<Store>) {
    let mut tx = Sight::transaction(store).expect("no transaction is open");
    testing::replace(&mut tx, testing::row(1, 2));
    drop(tx);
}

#[test]
fn loom_store_rollback_before_a_row_is_settled() {
    beside_after(about_to_settle, range_is_true, roll_back_once);
}

#[test]
#[should_panic(expected = "met by an entry that is not its own")]
fn loom_twin_settled_while_stale() {
    canary::set("SettledWhileStale");
    beside_after(about_to_settle, range_is_true, roll_back_once);
}

/// As [`range_is_true`], of ids alone.
fn range_of_ids_is_true(sight: &Sight) {
    let mut ids = from_two(sight).ids();
    assert!(!ids.any(|met| met == id(1)), "met by an entry that is not its own");
}

#[test]
fn loom_store_rollback_beside_a_range_of_ids() {
    beside(range_of_ids_is_true, roll_back);
}

#[test]
#[should_panic(expected = "met by an entry that is not its own")]
fn loom_twin_plain_not_asked() {
    canary::set("PlainNotAsked");
    beside(range_of_ids_is_true, roll_back);
}

/// As [`range_is_true`], of a count: the row whose score is 2 for a while never counts.
fn count_is_true(sight: &Sight) {
    let mut low = bondstone_schema::KeyBuf::new();
    bondstone_schema::Value::encode_last(&2_i64, &mut low);
    let high = low.clone();
    let two = KeyRange::Encoded(std::ops::Bound::Included(low), std::ops::Bound::Included(high));
    assert_eq!(
        sight.count_range::<Row>(1, two),
        Some(0),
        "counted by an entry that is not its own"
    );
}

#[test]
fn loom_store_rollback_beside_a_count() {
    beside(count_is_true, roll_back);
}

#[test]
#[should_panic(expected = "counted by an entry that is not its own")]
fn loom_twin_plain_not_asked_by_a_count() {
    canary::set("PlainNotAsked");
    beside(count_is_true, roll_back);
}

/// The ids of all scores are those of the rows that are there.
fn ids_are_true(sight: &Sight) {
    let all = || {
        let range =
            sight.range::<Row>(1, std::ops::Bound::Unbounded, std::ops::Bound::Unbounded, false);
        range.expect("the index is there")
    };
    let ids: Vec<_> = all().ids().collect();
    let rows: Vec<_> = all().map(|row| row.id).collect();
    assert_eq!(ids, rows, "the ids of other rows");
}

#[test]
fn loom_store_slot_reuse_beside_a_range_of_ids() {
    beside(ids_are_true, delete_and_reuse);
}

/// As many rows have a score as there are rows.
fn count_of_all_is_true(sight: &Sight) {
    let count = sight.count_range::<Row>(1, KeyRange::ALL);
    assert_eq!(count, Some(sight.count::<Row>()), "other rows");
}

#[test]
fn loom_store_slot_reuse_beside_a_count() {
    beside(count_of_all_is_true, delete_and_reuse);
}
