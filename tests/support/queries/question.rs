//! A query as data.

use std::ops::Bound;

use super::cell::Cell;
use super::schema::{Joint, Key, Pair, Relation, Table};

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
    /// The values of the first condition's first [leaf](Condition::first_leaf) are parameters of a prepared query, which has run
    /// with these before: null perhaps, or the bounds of an empty range.
    pub prepared: Option<[Cell; 2]>,
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
    /// The row is below another one of its table.
    Under(Cell),
    /// The row is above another one of its table.
    Above(Cell),
    /// All of them.
    And(Vec<Self>),
    /// Any of them.
    Or(Vec<Self>),
    /// The opposite.
    Not(Box<Self>),
}

impl Condition {
    /// The first condition in this one that is neither several nor the opposite of another; `None` if it is all or any of
    /// nothing.
    #[must_use]
    pub fn first_leaf(&self) -> Option<&Self> {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.first()?.first_leaf(),
            Self::Not(part) => part.first_leaf(),
            leaf => Some(leaf),
        }
    }
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
    /// What the rows have together.
    Aggregate(Summary),
    /// What groups of them have together.
    Group(Group),
    /// Values instead of rows.
    Select(By, Distinct),
    /// Each row with those that it is related to.
    With(Fetch),
    /// Each row with each row of another table that has the same value.
    Join(Join),
    /// The rows, so many at a time.
    Pages(usize),
}

/// Each different value once?
pub type Distinct = bool;

/// By what rows are grouped, or what of them is selected.
#[derive(Clone, Debug)]
pub enum By {
    /// One key.
    Key(&'static Key),
    /// Two.
    Pair(Pair),
}

/// What is said of many rows: of all of them, and of those that meet a condition; of a key's values and of the table's
/// measure.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The key.
    pub key: &'static Key,
    /// Which rows.
    pub condition: Condition,
}

/// Groups.
#[derive(Clone, Debug)]
pub struct Group {
    /// By what.
    pub by: By,
    /// Whose measure is summed up.
    pub condition: Condition,
    /// Which groups.
    pub having: Having,
    /// At most so many of them.
    pub limit: Option<usize>,
}

/// Which groups are meant: those with enough rows and a large enough sum and greatest measure, and those with just so many
/// rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Having {
    /// So many rows or more.
    pub rows: usize,
    /// A sum above this.
    pub above: i64,
    /// A greatest measure that is not below this; having none, it is not.
    pub least: i64,
    /// Or just so many rows.
    pub just: usize,
}

impl Having {
    /// All groups.
    pub const ANY: Self = Self { rows: 0, above: i64::MIN, least: i64::MIN, just: 0 };
}

/// Related rows to be fetched.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// By which relation.
    pub relation: &'static Relation,
    /// Those that meet a condition.
    pub condition: Option<Condition>,
    /// At most so many of each, in the order of a key and then of their own.
    pub first: Option<(Order, usize)>,
    /// How: a place in all the kinds there are, if it is forced.
    pub kind: Option<Choice>,
}

/// A join.
#[derive(Clone, Debug)]
pub struct Join {
    /// By what.
    pub by: &'static Joint,
    /// Does a row without a partner come, too?
    pub left: bool,
    /// Which rows on the right.
    pub condition: Option<Condition>,
    /// A closure that refuses the pairs whose numbers leave this when divided by three.
    pub refused: Option<u8>,
    /// At most so many pairs.
    pub limit: Option<usize>,
    /// How: a place in all the kinds there are, if it is forced.
    pub kind: Option<Choice>,
}

/// The keys of two rows that are joined.
pub type Pairing = (Row, Option<Row>);

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Rows, told by the columns of their keys.
    Rows(Vec<Row>),
    /// A number.
    Count(usize),
    /// Yes or no.
    Exists(bool),
    /// The only row; `Err` if there is none, or if there are several.
    One(Result<Row, Several>),
    /// Values, line by line.
    Lines(Vec<Row>),
    /// Rows, each with those that it is related to.
    Nested(Vec<(Row, Vec<Row>)>),
    /// Pairs of rows.
    Pairs(Vec<Pairing>),
    /// Rows, page by page.
    Pages(Vec<Vec<Row>>),
}

/// Some values.
pub type Row = Vec<Cell>;

/// Are there several, instead of one?
pub type Several = bool;
