//! The rows of a query that is running: taken from the source by the chunk, judged by the chunk, handed out one by one.

use std::iter::FusedIterator;
use std::sync::Arc;

use bondstone_schema::Model;

use super::source::Source;
use super::{Closure, Query, Start};
use crate::expression::{At, NO_PARAMETERS, Parameters};
use crate::predicate::{CHUNK, Node, first};
use crate::view::View;

/// The rows of a [`Query`], while it runs.
pub struct Matches<'v, M: Model> {
    source: Source<'v, M>,
    filter: Filter<'v, M>,
    /// The chunk that is being handed out, and which of its rows are still to come.
    rows: Vec<&'v M>,
    met: u64,
    /// How many rows are taken at a time: few at first, since perhaps only the first is wanted.
    chunk: usize,
    /// So many rows are passed over yet, and so many handed out at most.
    skip: usize,
    left: usize,
}

/// So many rows make up the first chunk.
const FIRST_CHUNK: usize = 8;

/// The conditions that the access path does not answer.
pub(crate) struct Filter<'v, M> {
    pub(crate) view: &'v View,
    pub(crate) parameters: Option<Arc<dyn Parameters>>,
    /// `None`: every row meets them.
    pub(crate) condition: Option<Node<M>>,
    pub(crate) closures: Vec<Closure<'v, M>>,
}

impl<'v, M: Model> Filter<'v, M> {
    pub(crate) fn at(&self) -> At<'v, '_> {
        let parameters = self.parameters.as_deref().unwrap_or(NO_PARAMETERS);
        At { view: self.view, parameters }
    }

    /// Is there nothing to judge?
    fn is_open(&self) -> bool {
        self.condition.is_none() && self.closures.is_empty()
    }

    /// Which rows of a chunk meet the conditions.
    fn judge(&self, rows: &[&'v M]) -> u64 {
        let mut met = first(rows.len());
        if let Some(condition) = &self.condition {
            met = condition.judge(rows, met, self.at());
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
    pub(crate) fn new(
        source: Source<'v, M>,
        filter: Filter<'v, M>,
        skip: usize,
        left: usize,
    ) -> Self {
        Self { source, filter, rows: Vec::new(), met: 0, chunk: FIRST_CHUNK, skip, left }
    }

    /// Judges the next chunk; false at the end.
    fn refill(&mut self) -> bool {
        self.rows.clear();
        self.source.take_into(self.chunk, &mut self.rows);
        self.chunk = (4 * self.chunk).min(CHUNK);
        self.met = self.filter.judge(&self.rows);
        !self.rows.is_empty()
    }

    /// The next row, whatever the limits.
    #[inline]
    fn next_met(&mut self) -> Option<&'v M> {
        if self.filter.is_open() {
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
}

impl<'v, M: Model> Iterator for Matches<'v, M> {
    type Item = &'v M;

    #[inline]
    fn next(&mut self) -> Option<&'v M> {
        while self.skip > 0 && self.left > 0 {
            self.skip -= 1;
            self.next_met()?;
        }
        self.left = self.left.checked_sub(1)?;
        self.next_met()
    }
}

impl<M: Model> FusedIterator for Matches<'_, M> {}

impl<'v, M: Model> IntoIterator for Query<'v, M> {
    type Item = &'v M;
    type IntoIter = Matches<'v, M>;

    fn into_iter(self) -> Matches<'v, M> {
        let view = self.view();
        let source = match &self.start {
            Start::Table => Source::Table(view.iter()),
            Start::Related(related) => Source::Related(related.iter()),
        };
        let (offset, limit) = (self.spec.offset, self.spec.limit.unwrap_or(usize::MAX));
        let filter = Filter {
            view,
            parameters: self.parameters,
            condition: Some(self.spec.filter.0),
            closures: self.spec.closures,
        };
        if self.spec.order.is_empty() {
            return Matches::new(source, filter, offset, limit);
        }
        let mut rows: Vec<&M> = Matches::new(source, filter, 0, usize::MAX).collect();
        let at = At::plain(view);
        rows.sort_by(|left, right| {
            let mut orders = self.spec.order.iter().map(|order| order.compare(left, right, at));
            orders.find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
        });
        let all = Filter { view, parameters: None, condition: None, closures: Vec::new() };
        Matches::new(Source::List(rows.into_iter()), all, offset, limit)
    }
}
