//! What a plan could know of a condition: which column and which values, without their types; or which rows of another
//! table.
//!
//! A hint never says less than its condition: every row that meets the condition meets the hint. So what an index finds by
//! it are all the rows that can matter, and perhaps some more.

use std::any::Any;
use std::ops::Bound;

use bondstone_schema::{Id, KeyBuf, Model, Nullness, Value};
use bondstone_storage::Slot;

use crate::expression::{Access, At, Expression, Parameters};
use crate::query::plan::{Ground, Wish};
use crate::view::View;

/// What a plan could know of a condition.
pub enum Hint<'a> {
    /// Something that an index may know must have certain values.
    Values {
        access: Access,
        test: Test<'a>,
        /// May there be nulls among the values?
        nullable: bool,
    },
    /// There must be a certain row in another table.
    Related(Box<dyn Side + 'a>),
    /// It must be one of the rows that a walk comes to, each of which meets the condition.
    Walk(Box<dyn Walk + 'a>),
}

impl<'a> Hint<'a> {
    /// The value of an expression must be so.
    pub(crate) fn of<M: Model, E: Expression<M>>(expression: &E, test: Test<'a>) -> Option<Self> {
        let nullable = <E::Null as Nullness>::NULLABLE;
        match (expression.access(), test) {
            (Access::None, _) | (_, Test::Other) => None,
            (access, Test::Null) if !nullable => {
                Some(Self::Values { access, test: Test::NEVER, nullable })
            }
            (access, test) => Some(Self::Values { access, test, nullable }),
        }
    }
}

/// What a value must be. `K` is how the values are known that it is compared with: by their type, or without it.
#[derive(Clone)]
pub enum Test<'a, K = Known<'a>> {
    Null,
    Equal(K),
    /// No nulls.
    Range(Bound<K>, Bound<K>),
    /// Texts that begin so.
    Prefix(&'a str),
    /// One of these, all different.
    Among(Vec<K>),
    /// Something that no index knows.
    Other,
}

impl<'a, K> Test<'a, K> {
    /// What no value meets.
    pub(crate) const NEVER: Self = Self::Among(Vec::new());

    /// The test with its values known in another way.
    pub(crate) fn map<L>(self, map: impl Fn(K) -> L) -> Test<'a, L> {
        match self {
            Self::Null => Test::Null,
            Self::Equal(value) => Test::Equal(map(value)),
            Self::Range(low, high) => Test::Range(low.map(&map), high.map(&map)),
            Self::Prefix(prefix) => Test::Prefix(prefix),
            Self::Among(values) => Test::Among(values.into_iter().map(map).collect()),
            Self::Other => Test::Other,
        }
    }
}

/// A comparison whose right side is the same for every row, as what it says of a value on the left.
pub trait Meets<V> {
    /// Does a value meet it? `None` is null.
    fn is_met_by(&self, left: Option<&V>, parameters: &dyn Parameters) -> bool;

    /// Which of up to 64 values meet it?
    fn are_met_by(&self, lefts: &[Option<&V>], parameters: &dyn Parameters) -> u64 {
        each(lefts, |left| self.is_met_by(left, parameters))
    }
}

/// The values for which `test` holds, as a word.
pub(super) fn each<V>(values: &[Option<&V>], mut test: impl FnMut(Option<&V>) -> bool) -> u64 {
    values.iter().enumerate().fold(0, |met, (nth, value)| met | u64::from(test(*value)) << nth)
}

/// A comparison, and the parameters with which it is made.
pub struct Asked<'a, V> {
    pub(crate) comparison: &'a dyn Meets<V>,
    pub(crate) parameters: &'a dyn Parameters,
}

impl<V> Asked<'_, V> {
    /// Does a value meet it?
    pub(crate) fn is_met_by(&self, value: Option<&V>) -> bool {
        self.comparison.is_met_by(value, self.parameters)
    }

    /// Which of up to 64 values meet it?
    pub(crate) fn are_met_by(&self, values: &[Option<&V>]) -> u64 {
        self.comparison.are_met_by(values, self.parameters)
    }
}

impl<V> Clone for Asked<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Asked<'_, V> {}

/// A walk through the table to just the rows that meet a condition.
pub trait Walk {
    /// The places of the rows that it comes to, the first so many. O(1) for each.
    fn places(&self, view: &View, most: usize) -> Vec<Slot>;
}

/// The other side of a condition on related rows: which of its rows are meant, and how they lead back.
pub trait Side {
    /// The table on the other side.
    fn ground(&self) -> &'static dyn Ground;
    /// What a plan could know of the rows that are meant: conditions that all must be met.
    fn wishes(&self) -> Vec<Wish<'_>>;
    /// Keeps those places where there is a row that is meant. They come sorted and stay so.
    fn retain(&self, places: &mut Vec<Slot>, at: At<'_, '_>);
    /// How its rows lead back.
    fn back(&self) -> Back;
}

/// How the rows on the other side lead back to ours.
#[derive(Clone, Copy)]
pub enum Back {
    /// They are parents by our foreign key at this place.
    ToChildren(usize),
    /// They are children by their foreign key at this place.
    ToParents(usize),
    /// Rows of an association link them with ours, by its foreign keys at these places.
    ByLinks { join: &'static dyn Ground, near: usize, far: usize },
}

/// A value without its type, which is not null.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    value: &'a dyn Erased,
    /// In the column that it is compared with there may be nulls.
    nullable: bool,
    place: fn(&dyn Any, &View) -> Option<Slot>,
}

trait Erased: Any + Send + Sync {
    fn any(&self) -> &dyn Any;
    fn encode(&self, nullable: bool, last: bool, key: &mut KeyBuf);
}

impl<V: Value> Erased for V {
    fn any(&self) -> &dyn Any {
        self
    }

    fn encode(&self, nullable: bool, last: bool, key: &mut KeyBuf) {
        match (nullable, last) {
            (true, false) => Option::<V>::encode_plain(self, key),
            (true, true) => Option::<V>::encode_plain_last(self, key),
            (false, false) => Value::encode(self, key),
            (false, true) => self.encode_last(key),
        }
    }
}

/// A value known by its bytes alone: whole, and what stands for it in the last column of an index. Only ranges of ordered
/// indexes ask for these.
pub(crate) struct Encoded {
    pub(crate) whole: KeyBuf,
    pub(crate) last: KeyBuf,
}

impl Erased for Encoded {
    fn any(&self) -> &dyn Any {
        self
    }

    fn encode(&self, nullable: bool, last: bool, key: &mut KeyBuf) {
        if nullable {
            key.push(&[1]);
        }
        key.push(if last { self.last.bytes() } else { self.whole.bytes() });
    }
}

impl<'a> Known<'a> {
    /// The id of a row.
    pub(crate) fn id<M: Model>(id: &'a Id<M>) -> Self {
        Self { value: id, nullable: false, place: |_, _| None }
    }

    /// The id of a parent, which a foreign key holds that may be null if it is `nullable`.
    pub(crate) fn parent<P: Model>(id: &'a Id<P>, nullable: bool) -> Self {
        let place =
            |id: &dyn Any, view: &View| view.sight().parent_place::<P>(id.downcast_ref::<Id<P>>()?);
        Self { value: id, nullable, place }
    }

    /// A value of which the bytes are known. In the column there may be nulls, if it is `nullable`.
    pub(crate) fn encoded(value: &'a Encoded, nullable: bool) -> Self {
        Self { value, nullable, place: |_, _| None }
    }

    /// A value that `E` is compared with.
    pub(crate) fn of<M: Model, E: Expression<M>>(value: &'a E::Value) -> Self {
        let place = |value: &dyn Any, view: &View| E::parent_place(value.downcast_ref()?, view);
        Self { value, nullable: <E::Null as Nullness>::NULLABLE, place }
    }

    /// The value.
    pub(crate) fn any(&self) -> &'a dyn Any {
        self.value.any()
    }

    /// Appends the value as an ordered index encodes it.
    pub(crate) fn encode(&self, last: bool, key: &mut KeyBuf) {
        self.value.encode(self.nullable, last, key);
    }

    /// Where the row is that this id names, where children keep it.
    pub(crate) fn place(&self, view: &View) -> Option<Slot> {
        (self.place)(self.any(), view)
    }
}
