//! Where rows come from before they are judged.

use bondstone_schema::Model;
use bondstone_storage::{Children, ComparedRange, RowRange, Rows, RowsAt, Slot, Slots};

use super::plan::Found;
use crate::related::{Related, RelatedIter};
use crate::view::View;

/// Rows in the order of an access path.
pub(crate) enum Source<'v, M> {
    /// All rows of the table.
    Table(Rows<'v, M>),
    /// Those that a row is related to.
    Related(RelatedIter<'v, M>),
    /// Those of one parent.
    Children(Children<'v, M>),
    /// A range of an ordered index. Boxed, as those below, since others are small and moved about.
    Range(Box<RowRange<'v, M>>),
    /// An index whose keys are compared.
    Compared(Box<ComparedRange<'v, M>>),
    /// The rows in places that an index leads to.
    Hinted(Box<RowsAt<'v, M, Slots<'v>>>),
    /// The rows in places that were collected.
    Placed(Box<RowsAt<'v, M, std::vec::IntoIter<Slot>>>),
    /// Rows that were collected, sorted for instance.
    List(std::vec::IntoIter<&'v M>),
    /// One row at most.
    One(Option<&'v M>),
}

/// Runs an expression with the iterator over rows, whichever it is.
macro_rules! each {
    ($source:expr, $rows:ident => $body:expr) => {
        match $source {
            Source::Table($rows) => $body,
            Source::Related($rows) => $body,
            Source::Children($rows) => $body,
            Source::Range($rows) => $body,
            Source::Compared($rows) => $body,
            Source::Hinted($rows) => {
                let $rows = $rows.map(|(_, row)| row);
                $body
            }
            Source::Placed($rows) => {
                let $rows = $rows.map(|(_, row)| row);
                $body
            }
            Source::List($rows) => $body,
            Source::One($rows) => {
                let $rows = std::iter::from_fn(|| $rows.take());
                $body
            }
        }
    };
}

impl<'v, M: Model> Source<'v, M> {
    /// The rows that were found.
    pub(crate) fn of(found: Found<'v>, related: Option<&Related<'v, M>>, view: &'v View) -> Self {
        const NOTHING: &str = "an index that a plan names is one of the model's";
        let sight = view.sight();
        match found {
            Found::All => Self::Table(view.iter()),
            Found::Related => match related {
                Some(related) => Self::Related(related.iter()),
                None => Self::Table(view.iter()),
            },
            Found::Range { index, bounds, descending } => {
                let rows = sight.range(index, bounds.low, bounds.high, descending);
                Self::Range(Box::new(rows.expect(NOTHING)))
            }
            Found::OwnOrder { index, descending } => {
                use std::ops::Bound::Unbounded;
                let rows = sight.range_compared(index, Unbounded, Unbounded, descending);
                Self::Compared(Box::new(rows.expect(NOTHING)))
            }
            Found::Children { foreign_key, parent } => {
                Self::Children(sight.children_at(foreign_key, parent).expect(NOTHING))
            }
            Found::Ids(slots) | Found::Hints(slots) => Self::Hinted(Box::new(sight.rows_at(slots))),
            Found::Places(slots) | Found::Walked(slots) => {
                Self::Placed(Box::new(sight.rows_at(slots)))
            }
        }
    }

    /// Takes up to `count` rows.
    pub(crate) fn take_into(&mut self, count: usize, into: &mut Vec<&'v M>) {
        each!(self, rows => into.extend(rows.take(count)));
    }

    /// How many rows there are.
    pub(crate) fn count(mut self) -> usize {
        match self {
            Self::Table(rows) => rows.count(),
            _ => each!(&mut self, rows => rows.fold(0, |count, _| count + 1)),
        }
    }
}

impl<'v, M: Model> Iterator for Source<'v, M> {
    type Item = &'v M;

    #[inline]
    fn next(&mut self) -> Option<&'v M> {
        match self {
            Self::Table(rows) => rows.next(),
            Self::Related(rows) => rows.next(),
            Self::Children(rows) => rows.next(),
            Self::Range(rows) => rows.next(),
            Self::Compared(rows) => rows.next(),
            Self::Hinted(rows) => rows.next().map(|(_, row)| row),
            Self::Placed(rows) => rows.next().map(|(_, row)| row),
            Self::List(rows) => rows.next(),
            Self::One(row) => row.take(),
        }
    }
}
