//! How much work a plan is, about.
//!
//! The unit is a row that is read at random. What the tables count is asked for; of what nobody counts a guess is made, and
//! guesses need only be good enough to tell an index that finds few rows from one that finds many.

use super::{Task, Wish};
use crate::predicate::hint::Walk;
use crate::predicate::{Effort, Hint, Test};

/// A row at random: a cache miss or two, which overlap with those of the next rows.
pub(super) const ROW: f64 = 1.0;
/// A row in a scan: the processor sees the next lines coming.
pub(super) const SCANNED: f64 = 0.25;
/// A slot from an index, to be collected, sorted, and compared with those of another.
pub(super) const SLOT: f64 = 0.1;
/// To find an entry by a hash: a miss for the bucket.
pub(super) const LOOKUP: f64 = 1.5;
/// To find a key in a tree: inner nodes are in the cache as a rule, the leaf is not.
pub(super) const DESCENT: f64 = 3.0;
/// A row in a sort, for each halving of the rows: a comparison, and half a misprediction.
pub(super) const COMPARED: f64 = 0.1;

/// To judge a row by a condition.
const fn judged(effort: Effort) -> f64 {
    match effort {
        Effort::Row => 0.05,
        // Another cache miss, which overlaps with those of the next rows.
        Effort::Owned => 0.3,
        // A lookup and a row of another table.
        Effort::Parent => 1.5,
        // Several rows, in the usual relation.
        Effort::Rows => 5.0,
    }
}

/// One value among those of a column, if nobody counts them: a column that is compared so holds a status or a name, and
/// both are common.
const EQUAL: f64 = 0.05;
/// A range that is open at one end, and one that is not.
const HALF_OPEN: f64 = 0.4;
const CLOSED: f64 = 0.15;
/// Texts that begin so: more letters than there are statuses.
const PREFIX: f64 = 0.02;
const NULL: f64 = 0.1;
/// Rows that a walk comes to, if these are more than a few.
const WALKED: f64 = 0.1;
/// What nothing is known of.
const UNKNOWN: f64 = 0.4;

impl Task<'_, '_> {
    /// The part of the rows that meet a condition.
    pub(super) fn selectivity(&self, wish: &Wish<'_>) -> f64 {
        let part = match wish {
            Wish::Opaque | Wish::Hint(Hint::Related(_)) => UNKNOWN,
            Wish::Hint(Hint::Walk(walk)) => self.walked(&**walk) / self.rows().max(1.0),
            Wish::Any(branches) => branches.iter().map(|branch| self.selectivity_of(branch)).sum(),
            Wish::Hint(Hint::Values { test, .. }) => {
                self.counted(wish, test).unwrap_or_else(|| guessed(test))
            }
        };
        part.clamp(0.0, 1.0)
    }

    /// The part of the rows that meet several conditions, as if these had nothing to do with each other.
    pub(super) fn selectivity_of(&self, wishes: &[Wish<'_>]) -> f64 {
        wishes.iter().map(|wish| self.selectivity(wish)).product()
    }

    /// Rows that a walk comes to: a short one is walked.
    pub(super) fn walked(&self, walk: &dyn Walk) -> f64 {
        const SHORT: usize = 16;
        match walk.places(self.at.view, SHORT).len() {
            SHORT => (self.rows() * WALKED).max(SHORT as f64),
            few => few as f64,
        }
    }

    /// What an index over the value alone, or over this value first, says of a condition.
    fn counted(&self, wish: &Wish<'_>, test: &Test<'_>) -> Option<f64> {
        let (rows, statistics) = (self.rows(), self.ground.statistics(self.at.view));
        if let Test::Among(values) = test
            && values.is_empty()
        {
            return Some(0.0);
        }
        let values = |count: f64| match test {
            Test::Equal(_) => Some(1.0 / count.max(1.0)),
            Test::Among(values) => Some(values.len() as f64 / count.max(1.0)),
            _ => None,
        };
        for place in 0..self.ground.indexes() {
            let index = self.ground.index(place);
            if wish.test(&index, 0).is_none() {
                continue;
            }
            let part = match index.kind {
                super::Finds::InOrder => self.part_of_index(place, &index, wish),
                _ if index.width() == 1 => {
                    statistics.keys(place).and_then(|keys| values(keys as f64))
                }
                _ => None,
            };
            if part.is_some() {
                return part;
            }
        }
        if let Wish::Hint(Hint::Values {
            access: crate::expression::Access::ForeignKey(_, place),
            ..
        }) = wish
        {
            let (_, owners) = statistics.all_children(*place);
            return values(owners as f64);
        }
        (self.ground.key().width() == 1 && wish.test(&self.ground.key(), 0).is_some())
            .then(|| values(rows))?
    }

    /// The part of an ordered index that a condition on its first column means.
    fn part_of_index(&self, place: usize, index: &super::Index, wish: &Wish<'_>) -> Option<f64> {
        let ranges = |wish| {
            let alone = Task { wishes: std::slice::from_ref(wish), ..*self };
            match wish.test(index, 0)? {
                Test::Range(..) | Test::Prefix(_) => alone.ranges(index, &[], &[0]),
                _ => alone.ranges(index, &[0], &[]),
            }
        };
        let entries = match wish.sampled() {
            Some((sample, times)) => self.entries(place, &ranges(&sample)?) * times,
            None => self.entries(place, &ranges(wish)?),
        };
        Some(entries / self.entries_of(place).max(1.0))
    }

    /// Rows of the table.
    pub(super) fn rows(&self) -> f64 {
        self.ground.statistics(self.at.view).rows() as f64
    }

    fn entries_of(&self, place: usize) -> f64 {
        self.ground.statistics(self.at.view).entries(place).unwrap_or(0) as f64
    }

    /// Entries in some ranges of an ordered index: a sample of them is counted.
    pub(super) fn entries(&self, place: usize, ranges: &[super::Bounds]) -> f64 {
        let statistics = self.ground.statistics(self.at.view);
        let entries = |bounds: &super::Bounds| {
            statistics.entries_in_range(place, &bounds.key_range()).unwrap_or(0) as f64
        };
        let (sample, times) = sample(ranges);
        sample.map(entries).sum::<f64>() * times
    }

    /// To judge a row by all conditions but those that are `answered`, the first of which meets the row that the others see
    /// seldom.
    pub(super) fn judging(&self, answered: impl Fn(u16) -> bool) -> f64 {
        let mut reached = 1.0;
        let mut work = 0.0;
        for (number, wish) in self.numbered().filter(|(number, _)| !answered(*number)) {
            let effort = self.efforts.get(usize::from(number)).copied().unwrap_or(Effort::Row);
            work += reached * judged(effort);
            reached *= self.selectivity(wish);
        }
        work
    }
}

impl Wish<'_> {
    /// If many values are asked for, the same with a sample of them, and how many times as many there are.
    fn sampled(&self) -> Option<(Self, f64)> {
        let Wish::Hint(Hint::Values { access, test: Test::Among(values), nullable }) = self else {
            return None;
        };
        let (sample, times) = sample(values);
        let test = Test::Among(sample.copied().collect());
        Some((Wish::Hint(Hint::Values { access: *access, test, nullable: *nullable }), times))
    }
}

/// A few of many, spread evenly, and how many times as many there are.
fn sample<T>(all: &[T]) -> (impl Iterator<Item = &T>, f64) {
    const COUNTED: usize = 8;
    let step = all.len().div_ceil(COUNTED).max(1);
    let sample = all.iter().step_by(step);
    let times = all.len() as f64 / sample.len().max(1) as f64;
    (sample, times)
}

fn guessed(test: &Test<'_>) -> f64 {
    use std::ops::Bound::Unbounded;
    match test {
        Test::Null => NULL,
        Test::Equal(_) => EQUAL,
        Test::Range(Unbounded, Unbounded) => 1.0 - NULL,
        Test::Range(Unbounded, _) | Test::Range(_, Unbounded) => HALF_OPEN,
        Test::Range(..) => CLOSED,
        Test::Prefix(_) => PREFIX,
        Test::Among(values) => values.len() as f64 * EQUAL,
        Test::Other => UNKNOWN,
    }
}
