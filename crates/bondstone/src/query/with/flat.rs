//! The relatives of a batch of rows, in one list, and what a filter, an order and a limit leave of them.

use bondstone_schema::Model;
use smallvec::SmallVec;

use super::super::Spec;
use crate::expression::At;
use crate::predicate::{CHUNK, Node, first};

/// The relatives of several rows, one row's after the other's, and where those of each row end.
pub struct Flat<'v, C> {
    pub(in crate::query) rows: Vec<&'v C>,
    pub(super) ends: Vec<usize>,
}

impl<C> Default for Flat<'_, C> {
    fn default() -> Self {
        Self { rows: Vec::new(), ends: Vec::new() }
    }
}

impl<'v, C> Flat<'v, C> {
    pub(in crate::query) fn clear(&mut self) {
        self.rows.clear();
        self.ends.clear();
    }

    /// One more relative of the row whose relatives are being entered.
    #[inline]
    pub(in crate::query) fn push(&mut self, row: &'v C) {
        self.rows.push(row);
    }

    /// Goes on to the next row.
    #[inline]
    pub(in crate::query) fn close(&mut self) {
        self.ends.push(self.rows.len());
    }

    /// Goes on until the relatives of so many rows are complete.
    pub(in crate::query) fn close_up_to(&mut self, rows: usize) {
        self.ends.resize(rows, self.rows.len());
    }

    /// Where the relatives of the `nth` row stand.
    #[inline]
    pub(in crate::query) fn range(&self, nth: usize) -> std::ops::Range<usize> {
        let start = if nth == 0 { 0 } else { self.ends[nth - 1] };
        start..self.ends[nth]
    }

    /// The relatives of relatives, as those of the `rows` that the relatives between belong to.
    pub(in crate::query) fn regroup<P>(&mut self, rows: usize, between: &Flat<'v, P>) {
        let last = |end: &usize| end.checked_sub(1).map_or(0, |last| self.ends[last]);
        self.ends = between.ends[..rows].iter().map(last).collect();
    }

    /// Leaves of the relatives of each row those that `keep` says, by their place in the list and among those of the row.
    fn retain(&mut self, keep: impl Fn(usize, usize) -> bool) {
        let (mut start, mut kept) = (0, 0);
        for end in &mut self.ends {
            for place in start..*end {
                // Whoever goes is overwritten: without a branch, nothing is guessed wrongly.
                self.rows[kept] = self.rows[place];
                kept += usize::from(keep(place, place - start));
            }
            start = std::mem::replace(end, kept);
        }
        self.rows.truncate(kept);
    }
}

impl<'v, C: Model> Flat<'v, C> {
    /// Leaves those that meet the conditions.
    pub(in crate::query) fn filter(&mut self, spec: &Spec<'_, C>, at: At<'v, '_>) {
        if is_open(spec) {
            return;
        }
        // The relatives of several rows are judged together; who is behind is not moved yet.
        let met: SmallVec<[u64; 8]> =
            self.rows.chunks(CHUNK).map(|rows| judge(spec, rows, at)).collect();
        self.retain(|place, _| met[place / CHUNK] >> (place % CHUNK) & 1 != 0);
    }

    /// Orders what is left, and cuts off what is behind the limit.
    pub(in crate::query) fn cut(&mut self, spec: &Spec<'_, C>, at: At<'v, '_>) {
        if !spec.order.is_empty() {
            let mut start = 0;
            for end in &self.ends {
                self.rows[start..*end].sort_by(|left, right| {
                    let mut orders = spec.order.iter().map(|key| key.compare(left, right, at));
                    orders.find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
                });
                start = *end;
            }
        }
        if spec.offset > 0 || spec.limit.is_some() {
            let wanted = spec.offset..spec.offset.saturating_add(spec.limit.unwrap_or(usize::MAX));
            self.retain(|_, nth| wanted.contains(&nth));
        }
    }
}

/// Does every row meet the conditions?
pub(in crate::query) fn is_open<C>(spec: &Spec<'_, C>) -> bool {
    spec.closures.is_empty() && matches!(&spec.filter.0, Node::All(parts) if parts.is_empty())
}

/// Which rows of a chunk meet the conditions.
pub(in crate::query) fn judge<C: Model>(spec: &Spec<'_, C>, rows: &[&C], at: At<'_, '_>) -> u64 {
    let met = spec.filter.0.judge(rows, first(rows.len()), at);
    spec.closures.iter().fold(met, |met, accepts| if met == 0 { 0 } else { accepts(rows, met) })
}
