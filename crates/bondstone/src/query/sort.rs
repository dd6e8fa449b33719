//! Rows in an order that nothing has: sorted, or only the first of them kept.
//!
//! Rows that agree in all keys stay in the order in which they came.

use std::cmp::Ordering;

use bondstone_schema::Model;

use super::order::{Against, Order};
use crate::expression::At;
use crate::ranged::{Compare, sort_places};

/// Sorts rows. O(n log n); each key of a row is evaluated once.
pub(crate) fn sort<M: Model>(rows: &mut Vec<&M>, order: &[Order<M>], at: At<'_, '_>) {
    if rows.len() < 2 {
        return;
    }
    let places = sorted_places(rows, order, at, &|_, _| Ordering::Equal);
    *rows = places.into_iter().map(|place| rows[place as usize]).collect();
}

/// The numbers of rows in their order: by what came `earlier`, and then by the keys of `order`.
fn sorted_places<M: Model>(
    rows: &[&M],
    order: &[Order<M>],
    at: At<'_, '_>,
    earlier: &Compare<'_>,
) -> Vec<u32> {
    let Some((key, rest)) = order.split_first() else { return sort_places(rows.len(), earlier) };
    let mut places = Vec::new();
    key.compare_all(rows, at, &mut |compare| {
        places = sorted_places(rows, rest, at, &|left, right| {
            earlier(left, right).then_with(|| compare(left, right))
        });
    });
    places
}

/// The first `wanted` rows of those that come, in order. O(n + k log k) as a rule: most rows are compared with the last
/// that is kept, once.
pub(crate) fn top<'v, M: Model>(
    rows: impl Iterator<Item = &'v M>,
    wanted: usize,
    order: &[Order<M>],
    at: At<'_, '_>,
) -> Vec<&'v M> {
    /// Fewer rows than that are not worth the bother of sorting them in between.
    const LEAST: usize = 64;
    let mut kept: Vec<&M> = Vec::new();
    if wanted == 0 {
        return kept;
    }
    let full = wanted.saturating_mul(2).max(LEAST);
    let mut last: Vec<Against<'_, M>> = Vec::new();
    for row in rows {
        // Of rows that agree, the earlier one is kept.
        if !last.is_empty() && !is_before(row, &last) {
            continue;
        }
        kept.push(row);
        if kept.len() >= full {
            sort(&mut kept, order, at);
            kept.truncate(wanted);
            last = match kept.last() {
                Some(row) => order.iter().map(|key| key.against(row, at)).collect(),
                None => Vec::new(),
            };
        }
    }
    sort(&mut kept, order, at);
    kept.truncate(wanted);
    kept
}

/// Does a row come before the one that the keys stand for, and not beside it?
fn is_before<M>(row: &M, keys: &[Against<'_, M>]) -> bool {
    keys.iter().map(|compare| compare(row)).find(|order| order.is_ne()) == Some(Ordering::Less)
}
