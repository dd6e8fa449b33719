//! A query as data.

use std::ops::Bound;

use super::cell::Cell;
use super::schema::{Key, Pair, Relation, Table};

/// A choice among things that only the data knows: a number, taken modulo how many there are.
pub type Choice = u8;

/// A query.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Whose rows.
    pub table: Table,
    /// Only those that a row, by a relation, is related to.
    pub start: Option<Start>,
    /// Every one of them must be met.
    pub conditions: Vec<Condition>,
    /// A closure that refuses the rows whose number leaves this when divided by three.
    pub refused: Option<u8>,
    /// The order, the first counting most.
    pub orders: Vec<Order>,
    /// So many rows are passed over.
    pub offset: usize,
    /// At most so many rows.
    pub limit: Option<usize>,
    /// What is asked for.
    pub end: End,
}

/// The rows that one row is related to.
#[derive(Clone, Debug)]
pub struct Start {
    /// Whose row.
    pub table: Table,
    /// By which relation.
    pub relation: &'static Relation,
    /// Which row.
    pub row: Choice,
}

/// A condition.
#[derive(Clone, Debug)]
pub enum Condition {
    /// A key compared with a value, or null.
    Compare(&'static Key, Comparison, Cell),
    /// Two keys compared.
    Pair(Pair, Comparison),
    /// A key within a range.
    Within(&'static Key, Bound<Cell>, Bound<Cell>),
    /// A key among values.
    In(&'static Key, Vec<Cell>),
    /// Null.
    IsNone(&'static Key),
    /// Not null.
    IsSome(&'static Key),
    /// A flag that is true.
    IsTrue(&'static Key),
    /// A text like another one.
    Text(&'static Key, Way, bool, String),
    /// Of the related rows, some or all or none meet a condition.
    Related(&'static Relation, Quantifier, Box<Self>),
    /// There is no related row.
    IsEmpty(&'static Relation),
    /// The related row meets a condition.
    Is(&'static Relation, Box<Self>),
    /// All of them.
    And(Vec<Self>),
    /// Any of them.
    Or(Vec<Self>),
    /// The opposite.
    Not(Box<Self>),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `≠`
    Unequal,
    /// `<`
    Less,
    /// `≤`
    LessOrEqual,
    /// `>`
    Greater,
    /// `≥`
    GreaterOrEqual,
}

impl Comparison {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Equal,
        Self::Unequal,
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
    ];
}

/// Where a text is looked for in another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// It is the whole.
    Is,
    /// At the beginning.
    Begins,
    /// Anywhere.
    Contains,
    /// At the end.
    Ends,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Is, Self::Begins, Self::Contains, Self::Ends];
}

/// How many of the related rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantifier {
    /// At least one.
    Any,
    /// Each, if there are any.
    All,
    /// Not one.
    None,
}

impl Quantifier {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Any, Self::All, Self::None];
}

/// A key of an order.
#[derive(Clone, Debug)]
pub struct Order {
    /// By what.
    pub key: &'static Key,
    /// Greatest first?
    pub descending: bool,
    /// Where nulls are, if it is said: first?
    pub nulls_first: Option<bool>,
}

impl Order {
    /// Where nulls are.
    #[must_use]
    pub fn has_nulls_first(&self) -> bool {
        self.nulls_first.unwrap_or(!self.descending)
    }
}

/// What a query is asked for.
#[derive(Clone, Debug)]
pub enum End {
    /// The rows.
    All,
    /// Their keys.
    Ids,
    /// How many there are.
    Count,
    /// Are there any?
    Exists,
    /// The first.
    First,
    /// The only one.
    One,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Rows, told by the columns of their keys.
    Rows(Vec<Vec<Cell>>),
    /// A number.
    Count(usize),
    /// Yes or no.
    Exists(bool),
    /// The only row; `Err` if there is none, or if there are several.
    One(Result<Vec<Cell>, Several>),
}

/// Are there several, instead of one?
pub type Several = bool;
