//! Whatever a planner may ask, compared with a look at all rows.

use std::cmp::Reverse;
use std::ops::{Bound, RangeBounds};

use bondstone_schema::{CustomKey, Id, KeyBuf, Owned, Value};

use super::model::{BYTES, COMPARED, HASH, Item, NARROW, UNIQUE, WIDE, id};
use crate::{KeyRange, Sight, Slot};

/// Compares every answer of a sight with what all its rows say. Scores are from 0 to 9 and ids below `ids` or far.
pub(crate) fn compare(sight: &Sight, ids: u64) {
    let mut rows: Vec<&Item> = sight.rows::<Item>().collect();
    rows.sort_by_key(|row| row.id);
    by_hash(sight, &rows);
    by_parent(sight, &rows);
    for low in [Bound::Unbounded, Bound::Included(2), Bound::Excluded(4), Bound::Included(9)] {
        for high in [Bound::Unbounded, Bound::Included(2), Bound::Excluded(7), Bound::Included(8)] {
            in_range(sight, &rows, low, high);
        }
    }
    for low in
        [Bound::Unbounded, Bound::Included(1), Bound::Excluded(ids / 2), Bound::Included(FAR)]
    {
        for high in
            [Bound::Unbounded, Bound::Included(ids / 2), Bound::Excluded(ids), Bound::Included(FAR)]
        {
            by_id(sight, &rows, low, high);
        }
    }
}

/// The first of the ids that no page holds, whatever the sizes.
pub(crate) const FAR: u64 = 1 << 40;

/// The rows in these places that match, each exactly once, in the order of ids.
fn rows_of(
    sight: &Sight,
    slots: impl Iterator<Item = Slot>,
    matches: impl Fn(&Item) -> bool,
) -> Vec<&Item> {
    let rows = sight.rows_at::<Item, _>(slots);
    let mut rows: Vec<_> = rows
        .inspect(|(slot, row)| assert_eq!(sight.at_slot::<Item>(*slot), Some(*row)))
        .map(|(_, row)| row)
        .filter(|row| matches(row))
        .collect();
    rows.sort_by_key(|row| row.id);
    rows
}

fn expected<'a>(rows: &[&'a Item], matches: impl Fn(&Item) -> bool) -> Vec<&'a Item> {
    rows.iter().copied().filter(|row| matches(row)).collect()
}

fn by_hash(sight: &Sight, rows: &[&Item]) {
    for group in 0..4_u32 {
        let hash = sight.hashing().hash(&group);
        let matches = |row: &Item| row.group == group;
        let there = expected(rows, matches);
        let found = sight.rows_by_hash::<Item>(HASH, hash, matches).expect("the index is there");
        let mut found: Vec<_> = found.collect();
        found.sort_by_key(|row| row.id);
        assert_eq!(found, there, "the rows of group {group}, each once");
        let slots = || sight.slots_by_hash::<Item>(HASH, hash).expect("the index is there");
        assert_eq!(rows_of(sight, slots(), matches), there);
    }
    for row in rows {
        let hash = sight.hashing().hash(&row.code);
        let slots = sight.slots_by_hash::<Item>(UNIQUE, hash).expect("the index is there");
        assert_eq!(rows_of(sight, slots, |other| other.code == row.code), [*row]);
        let found = sight.rows_by_hash::<Item>(UNIQUE, hash, |other| other.code == row.code);
        assert!(found.expect("the index is there").eq([*row]));
    }
}

fn by_parent(sight: &Sight, rows: &[&Item]) {
    for parent in rows {
        let slot = sight.slot_of(&parent.id).expect("the row exists");
        let matches = |row: &Item| row.parent == Some(parent.id);
        let slots = sight.slots_of_children::<Item>(0, slot).expect("the key is there");
        assert_eq!(rows_of(sight, slots, matches), expected(rows, matches));
        assert_eq!(sight.count_children::<Item>(0, slot), expected(rows, matches).len());
    }
}

fn encoded<V: Value>(value: V) -> KeyBuf {
    let mut key = KeyBuf::new();
    value.encode_last(&mut key);
    key
}

/// A range of scores, as one of each ordered index, with the rows in it.
fn in_range(sight: &Sight, rows: &[&Item], low: Bound<i64>, high: Bound<i64>) {
    let scores = (low, high);
    let narrow = KeyRange::Encoded(low.map(encoded), high.map(encoded));
    judge(sight, rows, NARROW, &narrow, |row| scores.contains(&row.score));

    let wide = |score: i64| {
        let mut key = KeyBuf::new();
        score.encode(&mut key);
        1_u32.encode_last(&mut key);
        key
    };
    let wide_range = KeyRange::Encoded(low.map(wide), high.map(wide));
    let pairs = (low.map(|score| (score, 1)), high.map(|score| (score, 1)));
    judge(sight, rows, WIDE, &wide_range, |row| pairs.contains(&(row.score, row.group)));

    let name = |score: i64| format!("a name that is long and ends in {score}");
    let names = (low.map(name), high.map(name));
    let range = KeyRange::Encoded(names.0.clone().map(encoded), names.1.clone().map(encoded));
    judge(sight, rows, BYTES, &range, |row| names.contains(&row.name));

    // The other way round: what is low is high.
    let (first, last) = (high.map(|key| Owned(Reverse(key))), low.map(|key| Owned(Reverse(key))));
    fn key(key: &Owned<Reverse<i64>>) -> &dyn CustomKey {
        key
    }
    let (first, last) = (first.as_ref().map(key), last.as_ref().map(key));
    let range = KeyRange::Compared(first, last);
    judge(sight, rows, COMPARED, &range, |row| scores.contains(&row.score));
    compared(sight, &expected(rows, |row| scores.contains(&row.score)), first, last);
}

/// Slots, counts and estimates of a range.
fn judge(
    sight: &Sight,
    rows: &[&Item],
    index: usize,
    range: &KeyRange<'_>,
    matches: impl Fn(&Item) -> bool,
) {
    let there = expected(rows, &matches);
    let count = sight.count_range::<Item>(index, range.clone());
    assert_eq!(count, Some(there.len()), "rows in a range of index {index}");
    let slots = sight.slots_in_range::<Item>(index, range.clone()).expect("the index is there");
    let mut found = rows_of(sight, slots, &matches);
    found.dedup();
    assert_eq!(found, there, "rows by the slots of index {index}");
    let estimate = sight.statistics::<Item>().entries_in_range(index, range);
    let estimate = estimate.expect("the index is there");
    // As many entries as rows, at least, if nothing changes meanwhile; here only that it is no nonsense.
    assert!(estimate <= 64 * 1024, "{estimate} entries of a few");
    if let KeyRange::Encoded(low, high) = range {
        let range = sight.range::<Item>(index, low.clone(), high.clone(), false);
        assert_eq!(range.map(Iterator::count), Some(there.len()));
    }
}

fn compared(
    sight: &Sight,
    there: &[&Item],
    low: Bound<&dyn CustomKey>,
    high: Bound<&dyn CustomKey>,
) {
    let range = |descending| {
        let rows = sight.range_compared::<Item>(COMPARED, low, high, descending);
        rows.expect("the index is there").collect::<Vec<_>>()
    };
    let mut rows = range(false);
    assert!(rows.is_sorted_by_key(|row| Reverse(row.score)), "the keys' own order");
    let mut back = range(true);
    back.reverse();
    assert_eq!(back, rows, "the same against the order");
    rows.sort_by_key(|row| row.id);
    assert_eq!(rows, there, "rows in a range of compared keys, each once");
}

fn by_id(sight: &Sight, rows: &[&Item], low: Bound<u64>, high: Bound<u64>) {
    let there = expected(rows, |row| (low, high).contains(&row.id.get()));
    let bounds = |bound: Bound<u64>| bound.map(id);
    let range = |descending| -> Vec<&Item> {
        let slots = sight.slots_by_id(bounds(low), bounds(high), descending);
        let rows = sight.rows_at::<Item, _>(slots.expect("the keys are numbered"));
        rows.map(|(_, row)| row).collect()
    };
    assert_eq!(range(false), there, "ids from {low:?} to {high:?}");
    let mut back = range(true);
    back.reverse();
    assert_eq!(back, there, "ids from {high:?} down to {low:?}");
}

/// What the statistics say when nobody else writes and no old version is left.
pub(crate) fn statistics_are_exact(sight: &Sight) {
    let rows: Vec<&Item> = sight.rows::<Item>().collect();
    let statistics = sight.statistics::<Item>();
    assert_eq!(statistics.rows(), rows.len());
    for index in 0..=COMPARED {
        assert_eq!(statistics.entries(index), Some(rows.len()), "entries of index {index}");
    }
    let mut groups: Vec<_> = rows.iter().map(|row| row.group).collect();
    groups.sort_unstable();
    groups.dedup();
    assert_eq!(statistics.keys(HASH), Some(groups.len()));
    assert_eq!(statistics.keys(UNIQUE), Some(rows.len()));
    for group in 0..4_u32 {
        let there = rows.iter().filter(|row| row.group == group).count();
        let hash = sight.hashing().hash(&group);
        assert_eq!(statistics.entries_of_hash(HASH, hash), Some(there));
        let slots = || sight.slots_by_hash::<Item>(HASH, hash).expect("the index is there");
        assert_eq!((slots().fold(0, |count, _| count + 1), slots().count()), (there, there));
    }
    let mut parents: Vec<Id<Item>> = rows.iter().filter_map(|row| row.parent).collect();
    let children = parents.len();
    for row in &rows {
        let slot = sight.slot_of(&row.id).expect("the row exists");
        let there = parents.iter().filter(|parent| **parent == row.id).count();
        assert_eq!(statistics.children(0, slot), there);
    }
    parents.sort_unstable();
    parents.dedup();
    assert_eq!(statistics.all_children(0), (children, parents.len()));
}
