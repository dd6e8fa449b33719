//! What an index could know of a condition: which column, and which values, without their types.

use std::any::Any;
use std::ops::Bound;

use bondstone_schema::{KeyBuf, Model, Nullness, Value};
use bondstone_storage::Slot;

use crate::expression::{Access, Expression};
use crate::view::View;

/// A condition on something an index may know.
pub(crate) struct Hint<'a> {
    pub(crate) access: Access,
    pub(crate) test: Test<'a>,
    /// Does the test say all that the condition says? Else rows that meet the test must be judged still.
    pub(crate) exact: bool,
}

/// What the value must be.
pub(crate) enum Test<'a> {
    Null,
    Equal(Known<'a>),
    /// No nulls.
    Range(Bound<Known<'a>>, Bound<Known<'a>>),
    /// Texts that begin so.
    Prefix(&'a str),
    /// One of these, all different.
    Among(Vec<Known<'a>>),
}

/// A value without its type, which is not null.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    value: &'a dyn Erased,
    /// In the column that it is compared with there may be nulls.
    nullable: bool,
    place: fn(&dyn Any, &View) -> Option<Slot>,
}

trait Erased: Any + Send + Sync {
    fn any(&self) -> &dyn Any;
    fn encode(&self, nullable: bool, last: bool, key: &mut KeyBuf);
    fn text(&self) -> String;
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

    fn text(&self) -> String {
        self.view().to_string()
    }
}

impl<'a> Known<'a> {
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

    /// Shown, as in errors.
    pub(crate) fn text(&self) -> String {
        self.value.text()
    }
}

/// The bound with another value in it.
pub(crate) fn map_bound<T, U>(bound: Bound<T>, map: impl FnOnce(T) -> U) -> Bound<U> {
    match bound {
        Bound::Included(value) => Bound::Included(map(value)),
        Bound::Excluded(value) => Bound::Excluded(map(value)),
        Bound::Unbounded => Bound::Unbounded,
    }
}
