//! The pairs of a join that is running.

use std::hash::Hash;
use std::iter::FusedIterator;
use std::sync::Arc;

use bondstone_schema::{Model, Nullness};

use super::super::matches::Matches;
use super::super::with::Flat;
use super::partners::{Partners, Sides};
use super::{Condition, Join, Pair};
use crate::expression::{At, Expression, NO_PARAMETERS, Parameters};
use crate::view::View;

/// So many left rows make up the first batch: perhaps only the first is wanted.
const FIRST_BATCH: usize = 4;
/// So many left rows make up a batch at most.
const BATCH: usize = 64;

/// The pairs of a [`Join`], while it runs.
pub struct Pairs<'v, L: Model, R: Model, A, B: Expression<R>, N: Nullness> {
    view: &'v View,
    parameters: Option<Arc<dyn Parameters>>,
    left: Matches<'v, L>,
    left_by: A,
    partners: Partners<'v, R, B>,
    /// The left rows that are being handed out, and the partners of all of them.
    taken: Vec<&'v L>,
    flat: Flat<'v, R>,
    /// The left row whose turn it is, and the partner.
    nth: usize,
    next: usize,
    /// How many left rows the next batch takes.
    size: usize,
    conditions: Vec<Condition<'v, L, R, N>>,
    /// So many pairs are passed over yet, and so many handed out at most.
    skip: usize,
    left_over: usize,
}

impl<'v, L, R, A, B, N> IntoIterator for Join<'v, L, R, A, B, N>
where
    L: Model,
    R: Model,
    A: Expression<L, Value: Eq + Hash>,
    B: Expression<R, Value = A::Value>,
    N: Nullness,
{
    type Item = Pair<'v, L, R, N>;
    type IntoIter = Pairs<'v, L, R, A, B, N>;

    fn into_iter(self) -> Pairs<'v, L, R, A, B, N> {
        let (_, way) = self.choose();
        let (view, parameters) = (self.left.view(), self.left.parameters.clone());
        let left_by = self.left_by.clone();
        let Self { left, right, right_by, .. } = self;
        let sides = Sides { left, left_by: self.left_by, right, right_by };
        let (left, partners) = Partners::new(way, sides);
        Pairs {
            view,
            parameters,
            left,
            left_by,
            partners,
            taken: Vec::new(),
            flat: Flat::default(),
            nth: 0,
            next: 0,
            size: FIRST_BATCH,
            conditions: self.conditions,
            skip: self.offset,
            left_over: self.limit.unwrap_or(usize::MAX),
        }
    }
}

impl<'v, L, R, A, B, N> Pairs<'v, L, R, A, B, N>
where
    L: Model,
    R: Model,
    A: Expression<L, Value: Eq + Hash>,
    B: Expression<R, Value = A::Value>,
    N: Nullness,
{
    /// Finds the partners of the next left rows; false at the end.
    fn refill(&mut self) -> bool {
        self.taken.clear();
        self.flat.clear();
        (self.nth, self.next) = (0, 0);
        self.taken.extend(self.left.by_ref().take(self.size));
        self.size = (2 * self.size).min(BATCH);
        let parameters = self.parameters.as_deref().unwrap_or(NO_PARAMETERS);
        let at = At { view: self.view, parameters };
        self.partners.enter(&self.taken, &self.left_by, at, &mut self.flat);
        !self.taken.is_empty()
    }

    /// The next pair, whatever is asked of pairs.
    #[inline]
    fn next_pair(&mut self) -> Option<Pair<'v, L, R, N>> {
        loop {
            while let Some(left) = self.taken.get(self.nth) {
                let partners = self.flat.range(self.nth);
                if self.next < partners.end {
                    self.next += 1;
                    return Some((left, N::item(Some(self.flat.rows[self.next - 1]))));
                }
                self.nth += 1;
                if N::NULLABLE && partners.is_empty() {
                    return Some((left, N::item(None)));
                }
            }
            if !self.refill() {
                return None;
            }
        }
    }

    /// The next pair that meets the conditions.
    #[inline]
    fn next_met(&mut self) -> Option<Pair<'v, L, R, N>> {
        loop {
            let (left, right) = self.next_pair()?;
            if self.conditions.is_empty() {
                return Some((left, right));
            }
            // An item is not `Copy` for the compiler: it is taken apart and put together again.
            let right = N::found(right);
            if self.conditions.iter().all(|accepts| accepts(left, N::item(right))) {
                return Some((left, N::item(right)));
            }
        }
    }

    /// How many pairs the left rows of this batch have.
    fn pairs_of_batch(&self) -> usize {
        let lone = |nth: &usize| self.flat.range(*nth).is_empty();
        let alone = if N::NULLABLE { (0..self.taken.len()).filter(lone).count() } else { 0 };
        self.flat.rows.len() + alone
    }
}

impl<'v, L, R, A, B, N> Iterator for Pairs<'v, L, R, A, B, N>
where
    L: Model,
    R: Model,
    A: Expression<L, Value: Eq + Hash>,
    B: Expression<R, Value = A::Value>,
    N: Nullness,
{
    type Item = Pair<'v, L, R, N>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left_over = self.left_over.checked_sub(1)?;
        while self.skip > 0 {
            self.skip -= 1;
            self.next_met()?;
        }
        self.next_met()
    }

    /// How many pairs there are: where nothing is asked of them, none is put together.
    fn count(mut self) -> usize {
        let mut count = 0;
        let is_plain = self.conditions.is_empty() && self.skip == 0 && self.taken.is_empty();
        if is_plain && self.left_over == usize::MAX {
            while self.refill() {
                count += self.pairs_of_batch();
            }
            return count;
        }
        while self.next().is_some() {
            count += 1;
        }
        count
    }
}

impl<L, R, A, B, N> FusedIterator for Pairs<'_, L, R, A, B, N>
where
    L: Model,
    R: Model,
    A: Expression<L, Value: Eq + Hash>,
    B: Expression<R, Value = A::Value>,
    N: Nullness,
{
}
