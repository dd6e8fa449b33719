//! Two indexes with the same order, walked side by side.
//!
//! Values are compared as indexes encode them, which is their order; so nothing is asked of their type.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::ops::Bound;

use bondstone_schema::{KeyBuf, Model, Value};

use super::super::matches::{Filter, Matches};
use super::super::source::Source;
use super::super::with::Flat;
use super::super::{Query, Start};
use crate::expression::{At, Expression};

/// All rows of a query in the order of the index at a place, but for the query's own order and limits.
pub(super) fn in_order<'v, M: Model>(query: Query<'v, M>, index: usize) -> Matches<'v, M> {
    let (view, query) = (query.view(), query.normal());
    let rows = view.sight().range(index, Bound::Unbounded, Bound::Unbounded, false);
    let source = match rows {
        Some(rows) => Source::Range(Box::new(rows)),
        None => Source::One(None),
    };
    let filter = Filter {
        view,
        parameters: query.parameters,
        conditions: query.conditions,
        closures: query.closures,
    };
    Matches::new(source, filter, 0, usize::MAX)
}

/// Are the rows of a query those of its table that meet its conditions, in whatever order?
pub(super) fn is_any_order<M: Model>(query: &Query<'_, M>) -> bool {
    let spec = &query.spec;
    let is_cut = spec.offset > 0 || spec.limit.is_some();
    matches!(query.start, Start::Table) && spec.order.is_empty() && !is_cut
}

/// The value of an expression as indexes encode it; `None` for null.
pub(super) fn key_of<M: Model, E: Expression<M>>(
    by: &E,
    row: &M,
    at: At<'_, '_>,
) -> Option<KeyBuf> {
    let seen = by.see(row, at)?;
    let mut key = KeyBuf::new();
    seen.borrow().encode_last(&mut key);
    Some(key)
}

/// The right side of a merge, as far as it has come.
pub(super) struct Merge<'v, R: Model> {
    rows: Matches<'v, R>,
    /// The first row that nobody has asked for yet, with its key.
    ahead: Option<(KeyBuf, &'v R)>,
    /// The rows with the key that was asked for last: the next left row may have it too.
    group: Vec<&'v R>,
    group_key: KeyBuf,
}

impl<'v, R: Model> Merge<'v, R> {
    /// Rows in the order of their keys.
    pub(super) fn new<B: Expression<R>>(rows: Matches<'v, R>, by: &B, at: At<'v, '_>) -> Self {
        let mut merge = Self { rows, ahead: None, group: Vec::new(), group_key: KeyBuf::new() };
        merge.advance(by, at);
        merge
    }

    fn advance<B: Expression<R>>(&mut self, by: &B, at: At<'v, '_>) {
        self.ahead = self.rows.find_map(|row| Some((key_of(by, row, at)?, row)));
    }

    /// Enters the rows with a key that is not less than those that were asked for before.
    pub(super) fn enter<B: Expression<R>>(
        &mut self,
        by: &B,
        key: KeyBuf,
        at: At<'v, '_>,
        flat: &mut Flat<'v, R>,
    ) {
        if self.group_key != key {
            self.group.clear();
            self.group_key = key;
        }
        while let Some((ahead, row)) = &self.ahead {
            match ahead.bytes().cmp(self.group_key.bytes()) {
                Ordering::Greater => break,
                Ordering::Equal => self.group.push(row),
                Ordering::Less => {}
            }
            self.advance(by, at);
        }
        self.group.iter().for_each(|row| flat.push(row));
    }
}
