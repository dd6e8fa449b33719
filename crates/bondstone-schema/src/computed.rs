//! Computed columns: what `#[hybrid]` makes of a method that reads nothing but its row.
//!
//! A [`Computed`] is a name and a function; there is no second definition of the value, in another language, that could
//! disagree with the first. Whatever reads a column can read it, and an index can be kept over it.
//!
//! It knows its index by name: what the struct's attributes call `FULL_NAME` is, in lower case, the hybrid of one of the
//! [definition](crate::Definition)'s indexes.

use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;

use crate::column::{Plain, Uniq};
use crate::definition::{CustomKeyOf, HashPlain, IndexDef, IndexKind, OrderedOps};
use crate::lookup::{self, Lookup, Operand, UniqueKey};
use crate::model::Model;
use crate::value::{Hashing, KeyBuf, Value};

/// A computed column of `M` with values of type `V`. [`Uniq`] for `U`: it has a unique index, and `find` takes it.
///
/// Written by `#[hybrid]`.
pub struct Computed<M, V, U = Plain> {
    name: &'static str,
    private: bool,
    /// The unique index.
    index: u16,
    compute: fn(&M) -> V,
    marker: PhantomData<fn() -> U>,
}

/// No unique index.
const NO_INDEX: u16 = u16::MAX;

impl<M, V> Computed<M, V, Plain> {
    /// The value of this function, under this name: the constant's in lower case.
    #[must_use]
    pub const fn new(name: &'static str, compute: fn(&M) -> V) -> Self {
        Self { name, private: false, index: NO_INDEX, compute, marker: PhantomData }
    }
}

impl<M: Model, V> Computed<M, V, Uniq> {
    /// The value of this function, of which no two rows have the same.
    ///
    /// # Panics
    /// When the model has no unique index over the hybrid: at compile time, since this is called in a constant.
    #[must_use]
    pub const fn unique(name: &'static str, compute: fn(&M) -> V) -> Self {
        let Some(index) = unique_index(M::DEFINITION.indexes, name) else {
            panic!(
                "`#[hybrid(unique)]` needs `#[unique(…)]` above the struct, with this constant's name"
            )
        };
        Self { name, private: false, index, compute, marker: PhantomData }
    }
}

impl<M, V, U> Computed<M, V, U> {
    /// The same, with values that no error shows.
    #[must_use]
    pub const fn private(self) -> Self {
        Self { private: true, ..self }
    }

    /// Is its value never shown?
    #[must_use]
    pub const fn is_private(self) -> bool {
        self.private
    }

    /// Its name, that of the method.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The row's value. Costs what the method costs: nothing is kept.
    #[inline]
    pub fn compute(self, row: &M) -> V {
        (self.compute)(row)
    }
}

/// The place of the unique index over a hybrid.
const fn unique_index<M>(indexes: &[IndexDef<M>], hybrid: &str) -> Option<u16> {
    let mut place = 0;
    while place < indexes.len() {
        let index = &indexes[place];
        if let (IndexKind::Unique, Some(name)) = (index.kind, index.hybrid)
            && same_text(name, hybrid)
        {
            return Some(place as u16);
        }
        place += 1;
    }
    None
}

/// `==` of texts, which constants cannot ask for yet.
const fn same_text(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let mut place = 0;
    while place < left.len() && place < right.len() && left[place] == right[place] {
        place += 1;
    }
    place == left.len() && place == right.len()
}

impl<M: Model, V: Value> UniqueKey for Computed<M, V, Uniq> {
    type Model = M;

    #[inline]
    fn position(self) -> usize {
        usize::from(self.index)
    }
}

impl<M: Model, V: Value, Q: Operand<V>> Lookup<Computed<M, V, Uniq>> for Q {
    #[inline]
    fn hash(&self, hashing: &Hashing) -> u64 {
        hashing.hash(&self.key())
    }

    #[inline]
    fn matches(&self, unique: Computed<M, V, Uniq>, row: &M) -> bool {
        self.equals(&unique.compute(row))
    }
}

impl<M, V, U> Clone for Computed<M, V, U> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, V, U> Copy for Computed<M, V, U> {}

impl<M, V, U> fmt::Debug for Computed<M, V, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Computed({})", self.name)
    }
}

// What the derive writes into the `IndexDef` of an index over a hybrid. It does not know the type of the value, which these
// read off the function that computes it.

/// The hash of a value.
#[doc(hidden)]
pub fn hash<V: Value + Hash + Eq>(value: &V, hashing: &Hashing) -> Option<u64> {
    Some(hashing.hash(value))
}

/// The hash of a value that is not null.
#[doc(hidden)]
pub fn hash_unless_null<V: Value + Hash + Eq>(value: &V, hashing: &Hashing) -> Option<u64> {
    (!value.is_null()).then(|| hashing.hash(value))
}

/// How a plain value of this function's type hashes.
#[doc(hidden)]
#[must_use]
pub const fn hash_plain<M, V: Value<Plain: Hash>>(_: fn(&M) -> V) -> HashPlain {
    lookup::hash_plain::<V>()
}

/// The functions of an ordered index.
#[doc(hidden)]
#[must_use]
pub const fn order<M, V: Value + Ord>(
    _: fn(&M) -> V,
    encode: fn(&M, &mut KeyBuf),
    custom: CustomKeyOf<M>,
) -> OrderedOps<M> {
    OrderedOps {
        width: V::WIDTH,
        encode,
        custom: if V::COMPARED { Some(custom) } else { None },
        verify: V::order_fault,
    }
}

/// The row's value as text.
#[doc(hidden)]
pub fn show<M, V: Value, U>(hybrid: Computed<M, V, U>, row: &M) -> String {
    if hybrid.private {
        return "•••".to_owned();
    }
    hybrid.compute(row).view().to_string()
}
