//! Where the partners of left rows come from.

use std::hash::Hash;
use std::sync::Arc;

use bondstone_schema::Model;

use super::super::matches::Matches;
use super::super::source::Source;
use super::super::with::Flat;
use super::super::{Query, Spec};
use super::cost::Way;
use super::hash::Table;
use super::lookup::Lookup;
use super::merge::{Merge, in_order, key_of};
use crate::expression::{At, Expression, NO_PARAMETERS, Parameters};
use crate::view::View;

/// The right side of a join, made ready for questions.
pub(super) struct Partners<'v, R: Model, B: Expression<R>> {
    by: B,
    view: &'v View,
    parameters: Option<Arc<dyn Parameters>>,
    kept: Kept<'v, R, B::Seen<'v>>,
}

enum Kept<'v, R: Model, S> {
    /// Nothing: an index is asked. What it finds must meet the conditions of the right query.
    Index { lookup: Lookup, spec: Spec<'v, R> },
    /// All right rows by their values.
    Hashed(Table<'v, R, S>),
    /// The partners of all left rows, in their order, and where those of each end.
    Ready { rows: Vec<&'v R>, ends: Vec<usize>, next: usize },
    /// What is left of the right side.
    Merge(Merge<'v, R>),
}

/// Both sides of a join.
pub(super) struct Sides<'v, L: Model, R: Model, A, B> {
    pub(super) left: Query<'v, L>,
    pub(super) left_by: A,
    pub(super) right: Query<'v, R>,
    pub(super) right_by: B,
}

impl<'v, R: Model, B: Expression<R>> Partners<'v, R, B> {
    /// Makes the right side ready, and the left rows that it is going to be asked for.
    pub(super) fn new<L, A>(way: Way, sides: Sides<'v, L, R, A, B>) -> (Matches<'v, L>, Self)
    where
        L: Model,
        A: Expression<L, Value = B::Value>,
        B::Value: Eq + Hash,
    {
        let Sides { left, left_by, right, right_by: by } = sides;
        let (view, parameters) = (right.view(), right.parameters.clone());
        let at = At { view, parameters: parameters.as_deref().unwrap_or(NO_PARAMETERS) };
        let (left, kept) = match way {
            Way::Index(lookup) => (left.into_iter(), Kept::Index { lookup, spec: right.spec }),
            Way::HashRight => {
                let rows = right.into_iter().map(|row| (by.see(row, at), row));
                (left.into_iter(), Kept::Hashed(Table::new::<B::Value>(rows)))
            }
            Way::HashLeft => {
                let (rows, kept) = probed(left, &left_by, right.into_iter(), &by, at);
                (Matches::open(Source::List(rows.into_iter()), 0, usize::MAX), kept)
            }
            Way::Merge { left: left_index, right: right_index } => {
                let rows = in_order(right, right_index);
                (in_order(left, left_index), Kept::Merge(Merge::new(rows, &by, at)))
            }
        };
        (left, Self { by, view, parameters, kept })
    }

    /// Enters the partners of the next left rows.
    pub(super) fn enter<L: Model, A: Expression<L, Value = B::Value>>(
        &mut self,
        rows: &[&'v L],
        left_by: &A,
        left_at: At<'v, '_>,
        flat: &mut Flat<'v, R>,
    ) where
        B::Value: Eq + Hash,
    {
        use std::borrow::Borrow;
        let parameters = self.parameters.as_deref().unwrap_or(NO_PARAMETERS);
        let at = At { view: self.view, parameters };
        let value = |row: &&'v L| left_by.see(row, left_at);
        match &mut self.kept {
            Kept::Index { lookup, spec } => {
                let values: Vec<_> = rows.iter().map(value).collect();
                lookup.enter(&self.by, &values, at, flat);
                flat.filter(spec, at);
            }
            Kept::Hashed(table) => {
                for row in rows {
                    if let Some(value) = value(row) {
                        let numbers = table.numbers(value.borrow());
                        numbers.for_each(|number| flat.push(table.row(number)));
                    }
                    flat.close();
                }
            }
            Kept::Ready { rows: partners, ends, next } => {
                for _ in rows {
                    let start = if *next == 0 { 0 } else { ends[*next - 1] };
                    partners[start..ends[*next]].iter().for_each(|row| flat.push(row));
                    flat.close();
                    *next += 1;
                }
            }
            Kept::Merge(merge) => {
                for row in rows {
                    if let Some(key) = key_of(left_by, row, left_at) {
                        merge.enter(&self.by, key, at, flat);
                    }
                    flat.close();
                }
            }
        }
    }
}

/// The left rows, and the partners of each: the left side in a hash table, the right side asks it row by row.
fn probed<'v, L, R, A, B>(
    left: Query<'v, L>,
    left_by: &A,
    right: impl Iterator<Item = &'v R>,
    by: &B,
    at: At<'v, '_>,
) -> (Vec<&'v L>, Kept<'v, R, B::Seen<'v>>)
where
    L: Model,
    R: Model,
    A: Expression<L, Value = B::Value>,
    B: Expression<R, Value: Eq + Hash>,
{
    use std::borrow::Borrow;
    let parameters = left.parameters.clone();
    let left_at =
        At { view: left.view(), parameters: parameters.as_deref().unwrap_or(NO_PARAMETERS) };
    let table =
        Table::new::<A::Value>(left.into_iter().map(|row| (left_by.see(row, left_at), row)));
    let mut pairs = Vec::new();
    for row in right {
        if let Some(value) = by.see(row, at) {
            pairs.extend(table.numbers(value.borrow()).map(|number| (number, row)));
        }
    }
    // By their left rows; of one left row in the order of the right side.
    pairs.sort_by_key(|(number, _)| *number);
    let lefts: Vec<&L> = table.into_rows().collect();
    let mut ends = vec![0; lefts.len()];
    pairs.iter().for_each(|(number, _)| ends[*number as usize] += 1);
    let mut total = 0;
    for end in &mut ends {
        total += *end;
        *end = total;
    }
    let rows = pairs.into_iter().map(|(_, row)| row).collect();
    (lefts, Kept::Ready { rows, ends, next: 0 })
}
