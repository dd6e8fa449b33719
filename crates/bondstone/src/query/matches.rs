//! The rows of a query that is running: taken from the source by the chunk, judged by the chunk, handed out one by one.

use std::iter::FusedIterator;
use std::sync::Arc;

use bondstone_schema::{Id, Model};

use super::source::Source;
use super::{Closure, Query};
use crate::expression::{At, NO_PARAMETERS, Parameters};
use crate::predicate::{CHUNK, Node, first};
use crate::view::View;

/// The rows of a [`Query`], while it runs.
pub struct Matches<'v, M: Model> {
    source: Source<'v, M>,
    /// `None`: every row meets the conditions.
    filter: Option<Box<Filter<'v, M>>>,
    /// The chunk that is being handed out, and which of its rows are still to come.
    rows: Vec<&'v M>,
    met: u64,
    /// How many rows are taken at a time: few at first, since perhaps only the first is wanted.
    chunk: usize,
    /// So many rows are passed over yet, and so many handed out at most.
    skip: usize,
    left: usize,
    /// So many rows were judged.
    judged: usize,
}

/// So many rows make up the first chunk.
const FIRST_CHUNK: usize = 8;

/// The conditions that the access path does not answer, all of which must be met.
pub(crate) struct Filter<'v, M> {
    pub(crate) view: &'v View,
    pub(crate) parameters: Option<Arc<dyn Parameters>>,
    pub(crate) conditions: Vec<Node<M>>,
    pub(crate) closures: Vec<Closure<'v, M>>,
}

impl<'v, M: Model> Filter<'v, M> {
    fn at(&self) -> At<'v, '_> {
        At { view: self.view, parameters: self.parameters.as_deref().unwrap_or(NO_PARAMETERS) }
    }

    /// Is there nothing to judge?
    fn is_open(&self) -> bool {
        self.conditions.is_empty() && self.closures.is_empty()
    }

    /// Which rows of a chunk meet the conditions.
    fn judge(&self, rows: &[&'v M]) -> u64 {
        let (mut met, at) = (first(rows.len()), self.at());
        for condition in &self.conditions {
            if met == 0 {
                return 0;
            }
            met = condition.judge(rows, met, at);
        }
        for closure in &self.closures {
            if met != 0 {
                met = closure(rows, met);
            }
        }
        met
    }
}

impl<'v, M: Model> Matches<'v, M> {
    /// The rows of a source that meet the conditions, without the first `skip`, and `left` at most.
    pub(crate) fn new(
        source: Source<'v, M>,
        filter: Filter<'v, M>,
        skip: usize,
        left: usize,
    ) -> Self {
        let filter = if filter.is_open() { None } else { Some(Box::new(filter)) };
        Self { filter, ..Self::open(source, skip, left) }
    }

    /// The rows of a source.
    pub(crate) const fn open(source: Source<'v, M>, skip: usize, left: usize) -> Self {
        let rows = Vec::new();
        Self { source, filter: None, rows, met: 0, chunk: FIRST_CHUNK, skip, left, judged: 0 }
    }

    /// The row, if there is one.
    pub(crate) const fn one(row: Option<&'v M>) -> Self {
        Self::open(Source::One(row), 0, usize::MAX)
    }

    /// How many rows were judged so far.
    pub(crate) const fn judged(&self) -> usize {
        self.judged
    }

    /// Takes up to `count` of the next rows.
    pub(crate) fn take_into(&mut self, count: usize, into: &mut Vec<&'v M>) {
        if self.filter.is_some() || self.skip > 0 {
            return into.extend(self.take(count));
        }
        let (before, count) = (into.len(), count.min(self.left));
        self.source.take_into(count, into);
        if self.left != usize::MAX {
            self.left -= into.len() - before;
        }
    }

    /// The keys of the rows, told without the rows if they come from a range of an ordered index.
    pub(crate) fn ids(self) -> Vec<Id<M>> {
        match self {
            Self { source: Source::Range(rows), filter: None, skip, left, .. }
                if rows.is_whole() =>
            {
                rows.ids().skip(skip).take(left).collect()
            }
            matches => matches.map(M::id).collect(),
        }
    }

    /// Judges the next chunk; false at the end.
    fn refill(&mut self) -> bool {
        let Some(filter) = &self.filter else { return false };
        self.rows.clear();
        self.source.take_into(self.chunk, &mut self.rows);
        self.chunk = (4 * self.chunk).min(CHUNK);
        self.met = filter.judge(&self.rows);
        self.judged += self.rows.len();
        !self.rows.is_empty()
    }

    /// The next row, whatever the limits.
    #[inline]
    fn next_met(&mut self) -> Option<&'v M> {
        if self.filter.is_none() {
            return self.source.next();
        }
        while self.met == 0 {
            if !self.refill() {
                return None;
            }
        }
        let place = self.met.trailing_zeros() as usize;
        self.met &= self.met - 1;
        Some(self.rows[place])
    }

    /// Passes over the rows that are not wanted, by the chunk.
    #[cold]
    fn pass_over(&mut self) -> Option<()> {
        while self.skip > 0 && self.left > 0 {
            self.skip -= 1;
            self.next_met()?;
        }
        Some(())
    }

    /// Has no row been handed out, and is there no limit to how many?
    const fn is_whole(&self) -> bool {
        self.skip == 0 && self.left == usize::MAX && self.met == 0
    }
}

impl<'v, M: Model> Iterator for Matches<'v, M> {
    type Item = &'v M;

    #[inline]
    fn next(&mut self) -> Option<&'v M> {
        if self.skip > 0 {
            self.pass_over()?;
        }
        if self.left != usize::MAX {
            self.left = self.left.checked_sub(1)?;
        }
        self.next_met()
    }

    /// How many rows there are: they are judged, but not handed out.
    fn count(mut self) -> usize {
        if !self.is_whole() {
            return std::iter::from_fn(|| self.next()).fold(0, |count, _| count + 1);
        }
        if self.filter.is_none() {
            return self.source.count();
        }
        let mut count = 0;
        self.chunk = CHUNK;
        while self.refill() {
            count += self.met.count_ones() as usize;
        }
        count
    }

    #[inline]
    fn fold<B, F: FnMut(B, &'v M) -> B>(mut self, init: B, mut f: F) -> B {
        let mut total = init;
        if self.filter.is_some() && self.is_whole() {
            self.chunk = CHUNK;
            while self.refill() {
                while self.met != 0 {
                    let place = self.met.trailing_zeros() as usize;
                    self.met &= self.met - 1;
                    total = f(total, self.rows[place]);
                }
            }
            return total;
        }
        if self.filter.is_none()
            && self.is_whole()
            && let Source::Table(rows) = self.source
        {
            return rows.fold(total, f);
        }
        for row in self {
            total = f(total, row);
        }
        total
    }
}

impl<M: Model> FusedIterator for Matches<'_, M> {}

impl<'v, M: Model> IntoIterator for Query<'v, M> {
    type Item = &'v M;
    type IntoIter = Matches<'v, M>;

    fn into_iter(self) -> Matches<'v, M> {
        self.run()
    }
}
