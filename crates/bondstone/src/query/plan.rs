//! Plans: how a query finds its rows.
//!
//! ```text
//! conditions ──► wishes ──► offers ──────────────► choice ─────────────────► places, rows
//!  with types     what a     what each index can    the cheapest, and how     by the values that
//!                 plan may   do, and about how      the order comes about     the conditions hold now
//!                 know       many rows it finds
//! ```
//!
//! Everything here works on one table's [`Ground`] and on [`Wish`]es, and is compiled once. A [`Path`] says which index is
//! used for which of the conditions, by their numbers; the values it takes from the conditions when it is followed, so that
//! a prepared query keeps its path and brings other values.
//!
//! What indexes say are hints: places among which all rows are that can matter. Rows are read and judged by all conditions
//! again, but for those that a path answers exactly: a range of an ordered index or of numbered keys, the rows that refer to a
//! row, a walk through a hierarchy.

mod access;
mod choice;
mod estimate;
mod ground;
mod kind;
mod order;
mod places;
mod ranges;

use std::collections::HashSet;

use smallvec::SmallVec;

use crate::expression::At;
use crate::predicate::hint::Back;
use crate::predicate::{Effort, Hint, Known, Test};

pub(crate) use choice::{Choice, Sorting, Wanted, choose};
pub use ground::Ground;
pub(crate) use ground::{Finds, Index, ground};
pub(crate) use kind::Kinds;
pub use kind::PlanKind;
pub(crate) use order::OrderKey;
pub(crate) use places::Found;
pub(crate) use ranges::Bounds;

/// What a plan could know of one condition.
pub enum Wish<'a> {
    Hint(Hint<'a>),
    /// One of several must be met, each of which is several that must be met together.
    Any(Vec<Vec<Self>>),
    /// Nothing.
    Opaque,
}

/// What is to be planned: conditions on the rows of a table that all must be met.
#[derive(Clone, Copy)]
pub(crate) struct Task<'v, 'a> {
    pub(crate) ground: &'static dyn Ground,
    pub(crate) at: At<'v, 'a>,
    pub(crate) wishes: &'a [Wish<'a>],
    /// How much work it is to judge each; of none it is known that they are more than little.
    pub(crate) efforts: &'a [Effort],
}

/// Numbers of conditions.
pub(crate) type Numbers = SmallVec<[u16; 4]>;

/// A way to rows.
#[derive(Clone)]
pub(crate) enum Path {
    /// The conditions contradict each other.
    Nothing,
    /// All rows.
    Scan,
    /// The rows that the query's row is related to.
    Related,
    /// By hash or number, in one or several lookups: the condition on each column.
    Lookup { index: Place, conditions: Numbers },
    /// Numbered keys in a range, in their order or against it.
    Ids { conditions: Numbers, descending: bool },
    /// A range of an ordered index: the conditions that fix its first columns, and those on the one behind.
    Range { index: usize, equal: Numbers, range: Numbers, descending: bool },
    /// The rows that refer to certain parents, by the foreign key at a place.
    Postings { condition: u16, foreign_key: usize },
    /// The rows that a walk comes to, through a hierarchy.
    Walk { condition: u16 },
    /// First the rows of another table, by a path of its own, and from there back.
    Through { condition: u16, table: &'static dyn Ground, other: Box<Self> },
    /// Places that all of these lead to.
    All(Vec<Self>),
    /// Places that one of these leads to: for each branch of the condition, one.
    Any { condition: u16, branches: Vec<Self> },
}

/// The primary key, or the index at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Key,
    Index(usize),
}

impl Place {
    pub(crate) fn of(self, ground: &dyn Ground) -> Index {
        match self {
            Self::Key => ground.key(),
            Self::Index(place) => ground.index(place),
        }
    }
}

impl<'a> Wish<'a> {
    /// The values that the column number `nth` of an index must have one of.
    fn values(&self, index: &Index, nth: usize) -> Option<&[Known<'a>]> {
        let Self::Hint(Hint::Values { access, test, .. }) = self else { return None };
        match test {
            Test::Equal(value) if index.knows(nth, *access) => Some(std::slice::from_ref(value)),
            Test::Among(values) if index.knows(nth, *access) => Some(values),
            _ => None,
        }
    }

    /// Appends the tables beside its own that it asks about.
    fn enter_tables(&self, tables: &mut Vec<&'static dyn Ground>) {
        match self {
            Self::Hint(Hint::Related(side)) => {
                tables.push(side.ground());
                if let Back::ByLinks { join, .. } = side.back() {
                    tables.push(join);
                }
                side.wishes().iter().for_each(|wish| wish.enter_tables(tables));
            }
            Self::Any(branches) => {
                branches.iter().flatten().for_each(|wish| wish.enter_tables(tables))
            }
            Self::Hint(_) | Self::Opaque => {}
        }
    }

    /// What is asked of the column number `nth` of an index.
    fn test(&self, index: &Index, nth: usize) -> Option<&Test<'a>> {
        match self {
            Self::Hint(Hint::Values { access, test, .. }) if index.knows(nth, *access) => {
                Some(test)
            }
            _ => None,
        }
    }
}

impl<'a> Task<'_, 'a> {
    /// The condition with this number.
    fn wish(&self, number: u16) -> &'a Wish<'a> {
        &self.wishes[usize::from(number)]
    }

    /// The tables that conditions ask about, ours first, each once.
    pub(crate) fn tables(&self) -> Vec<&'static dyn Ground> {
        let mut tables = vec![self.ground];
        self.wishes.iter().for_each(|wish| wish.enter_tables(&mut tables));
        let mut names = HashSet::new();
        tables.retain(|table| names.insert(table.name()));
        tables
    }

    /// The conditions that fit, with their numbers.
    fn numbered(&self) -> impl Iterator<Item = (u16, &'a Wish<'a>)> {
        // A condition beyond those is judged like any that no index knows.
        (0..u16::MAX).zip(self.wishes)
    }
}
