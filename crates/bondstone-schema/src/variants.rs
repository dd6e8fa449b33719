//! Enums with data, seen by queries: which variant it is, and what is in one of them.
//!
//! `#[derive(Value, Variants)]` on an enum `Kind` makes `KindTag`, the same variants without their data, and a [`Case`] for each
//! field: a constant that says where it is.

use std::fmt;
use std::hash::Hash;

use crate::column::Nullness;
use crate::value::Value;

/// An enum with data, which knows its tag. Derived: `#[derive(Value, Variants)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell its variants apart",
    note = "derive it for an enum with data: `#[derive(Value, Variants)]`; one without is compared with `eq`"
)]
pub trait Variants: Value {
    /// The variants without their data: `KindTag` of `Kind`.
    type Tag: Value + Copy + Eq + Ord + Hash;

    /// Which variant it is.
    fn tag(&self) -> Self::Tag;
}

/// A field of one variant of `V`, of type `T`: the constant `Kind::CUSTOMER_LEVEL`.
///
/// Written by `#[derive(Variants)]`.
pub struct Case<V, T> {
    name: &'static str,
    get: fn(&V) -> Option<&T>,
}

impl<V, T> Case<V, T> {
    /// The field that this function finds, under this name: the constant's in lower case.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(name: &'static str, get: fn(&V) -> Option<&T>) -> Self {
        Self { name, get }
    }

    /// Its name: the variant's and the field's.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The field, if it is that variant.
    #[inline]
    pub fn get(self, value: &V) -> Option<&T> {
        (self.get)(value)
    }
}

impl<V, T> Clone for Case<V, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V, T> Copy for Case<V, T> {}

impl<V, T> fmt::Debug for Case<V, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Case({})", self.name)
    }
}

// What the derive of a model writes into the `IndexDef` of an index over a tag, or over a field of a variant.

/// The tag of a column's value; of none, none.
#[doc(hidden)]
pub fn tag<V>(value: &V) -> <V::Null as Nullness>::Item<<V::Plain as Variants>::Tag>
where
    V: Value<Plain: Variants>,
{
    V::Null::item(value.plain().map(Variants::tag))
}

/// The field of a column's value, if it is that variant and the field is not null.
#[doc(hidden)]
pub fn case<V: Value, T: Value>(case: Case<V::Plain, T>, value: &V) -> Option<T::Plain> {
    case.get(value.plain()?)?.plain().cloned()
}
