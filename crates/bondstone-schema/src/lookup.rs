//! What may be looked up in a unique key, and what a column may be compared with.
//!
//! `find(User::EMAIL, "ann@x.org")` takes a `&str` for a `String` column, and a plain value for an optional one. An
//! [`Operand`] hashes and compares like the value it stands for.

use std::any::Any;
use std::hash::{Hash, Hasher};

use crate::column::{Column, Uniq, UniqueIndex};
use crate::definition::HashPlain;
use crate::model::Model;
use crate::value::{Hashing, KeyBuf, Value};

/// Something that stands for a value of type `V`: itself, a reference to it, a `&str` for a `String`, a plain value for
/// an optional one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand for a value of type `{V}`",
    label = "the column holds `{V}`"
)]
pub trait Operand<V> {
    /// Hashes exactly as the value does.
    fn key(&self) -> impl Hash + '_;
    /// Equals the value?
    fn equals(&self, value: &V) -> bool;
    /// Appends the value's order-preserving encoding, as the last column of a key.
    fn encode_last(&self, key: &mut KeyBuf);
    /// The value itself, cloned.
    fn to_value(&self) -> V;
}

impl<V: Value + Hash> Operand<V> for V {
    #[inline]
    fn key(&self) -> impl Hash + '_ {
        self
    }

    #[inline]
    fn equals(&self, value: &V) -> bool {
        self == value
    }

    fn encode_last(&self, key: &mut KeyBuf) {
        Value::encode_last(self, key);
    }

    fn to_value(&self) -> V {
        self.clone()
    }
}

impl<V: Value + Hash> Operand<V> for &V {
    #[inline]
    fn key(&self) -> impl Hash + '_ {
        *self
    }

    #[inline]
    fn equals(&self, value: &V) -> bool {
        *self == value
    }

    fn encode_last(&self, key: &mut KeyBuf) {
        Value::encode_last(*self, key);
    }

    fn to_value(&self) -> V {
        V::clone(self)
    }
}

impl<V: Value + Hash> Operand<Option<V>> for V {
    #[inline]
    fn key(&self) -> impl Hash + '_ {
        Some(self)
    }

    #[inline]
    fn equals(&self, value: &Option<V>) -> bool {
        value.as_ref() == Some(self)
    }

    fn encode_last(&self, key: &mut KeyBuf) {
        key.push(&[1]);
        Value::encode_last(self, key);
    }

    fn to_value(&self) -> Option<V> {
        Some(self.clone())
    }
}

macro_rules! text_operand {
    ($($text:ty),*) => {$(
        impl Operand<$text> for &str {
            #[inline]
            fn key(&self) -> impl Hash + '_ {
                *self
            }

            #[inline]
            fn equals(&self, value: &$text) -> bool {
                **self == **value
            }

            fn encode_last(&self, key: &mut KeyBuf) {
                key.push(self.as_bytes());
            }

            fn to_value(&self) -> $text {
                (*self).into()
            }
        }

        impl Operand<Option<$text>> for &str {
            #[inline]
            fn key(&self) -> impl Hash + '_ {
                Some(*self)
            }

            #[inline]
            fn equals(&self, value: &Option<$text>) -> bool {
                value.as_deref() == Some(*self)
            }

            fn encode_last(&self, key: &mut KeyBuf) {
                key.push(&[1]);
                key.push(self.as_bytes());
            }

            fn to_value(&self) -> Option<$text> {
                Some((*self).into())
            }
        }
    )*};
}

text_operand!(String, Box<str>, std::sync::Arc<str>);

/// A key of which at most one row has any value: a unique column or a named unique index.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not unique: there may be several rows with one value",
    label = "not a unique column or unique index",
    note = "put `#[unique]` on the column, `#[hybrid(unique)]` on the method, or search with a query"
)]
pub trait UniqueKey: Copy {
    /// The model.
    type Model: Model;
    /// Its place among the model's indexes.
    fn position(self) -> usize;
    /// Has the row the same key as this one?
    fn same(self, left: &Self::Model, right: &Self::Model) -> bool {
        (Self::Model::DEFINITION.indexes[self.position()].equal)(left, right)
    }
}

impl<M: Model, V: Value> UniqueKey for Column<M, V, Uniq> {
    type Model = M;

    #[inline]
    fn position(self) -> usize {
        self.index_position()
    }
}

impl<M: Model, C: Columns> UniqueKey for UniqueIndex<M, C> {
    type Model = M;

    #[inline]
    fn position(self) -> usize {
        self.index_position()
    }
}

/// What may be looked up in the unique key `U`.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be looked up in `{U}`")]
pub trait Lookup<U: UniqueKey> {
    /// The hash, as the index makes it.
    fn hash(&self, hashing: &Hashing) -> u64;
    /// Has the row this key?
    fn matches(&self, unique: U, row: &U::Model) -> bool;
}

impl<M: Model, V: Value, Q: Operand<V>> Lookup<Column<M, V, Uniq>> for Q {
    #[inline]
    fn hash(&self, hashing: &Hashing) -> u64 {
        hashing.hash(&self.key())
    }

    #[inline]
    fn matches(&self, unique: Column<M, V, Uniq>, row: &M) -> bool {
        self.equals(unique.get(row))
    }
}

/// How a plain value of a column of type `V` hashes.
#[must_use]
pub const fn hash_plain<V: Value<Plain: Hash>>() -> HashPlain {
    HashPlain { among: hash_among::<V>, alone: hash_alone::<V> }
}

/// A plain value that hashes as a value of type `V` does.
struct As<'a, V: Value>(&'a V::Plain);

impl<V: Value<Plain: Hash>> Hash for As<'_, V> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        V::hash_before(state);
        Hash::hash(self.0, state);
    }
}

fn hash_among<V: Value<Plain: Hash>>(value: &dyn Any, mut hasher: &mut dyn Hasher) -> bool {
    let Some(plain) = value.downcast_ref() else { return false };
    Hash::hash(&As::<V>(plain), &mut hasher);
    true
}

fn hash_alone<V: Value<Plain: Hash>>(value: &dyn Any, hashing: &Hashing) -> Option<u64> {
    value.downcast_ref().map(|plain| hashing.hash(&As::<V>(plain)))
}

/// The columns of an index, as a tuple of their types.
pub trait Columns: 'static {
    /// The columns of one row, borrowed.
    type Refs<'a>;

    /// Have two rows the same key?
    #[doc(hidden)]
    fn equal(left: Self::Refs<'_>, right: Self::Refs<'_>) -> bool;
}

macro_rules! composites {
    ($(($($value:ident $operand:ident $position:tt),+))*) => {$(
        impl<$($value: Value),+> Columns for ($($value,)+) {
            type Refs<'a> = ($(&'a $value,)+);

            #[inline]
            fn equal(left: Self::Refs<'_>, right: Self::Refs<'_>) -> bool {
                $(left.$position == right.$position)&&+
            }
        }

        impl<M: Model, $($value: Value, $operand: Operand<$value>),+> Lookup<UniqueIndex<M, ($($value,)+)>> for ($($operand,)+) {
            #[inline]
            fn hash(&self, hashing: &Hashing) -> u64 {
                hashing.hash(&($(self.$position.key(),)+))
            }

            #[inline]
            fn matches(&self, unique: UniqueIndex<M, ($($value,)+)>, row: &M) -> bool {
                let columns = unique.get(row);
                $(self.$position.equals(columns.$position))&&+
            }
        }
    )*};
}

composites! {
    (A P 0)
    (A P 0, B Q 1)
    (A P 0, B Q 1, C R 2)
    (A P 0, B Q 1, C R 2, D S 3)
    (A P 0, B Q 1, C R 2, D S 3, E T 4)
    (A P 0, B Q 1, C R 2, D S 3, E T 4, F U 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a type says itself how it hashes, it says what an index over it says.
    #[test]
    fn a_value_hashes_by_its_type_as_by_its_index() {
        fn agree<V: Value<Plain: Hash>>(values: impl IntoIterator<Item = V>) {
            let hashing = Hashing::default();
            for value in values {
                let plain = value.plain().expect("none of these is null");
                let by_index = (hash_plain::<V>().alone)(plain, &hashing);
                let by_type = V::hash_plain(plain, &hashing);
                assert!(by_type.is_none() || by_type == by_index, "{value:?}");
            }
        }
        agree([0_u8, 200]);
        agree([-5_i64, 0, i64::MAX]);
        agree([u128::MAX]);
        agree(["", "ann", "a text that is longer than seventeen bytes"].map(String::from));
        agree([std::sync::Arc::<str>::from("ann")]);
        agree([Some(5_u32)]);
        agree([Some(String::from("ann"))]);
        #[cfg(feature = "uuid")]
        agree([uuid::Uuid::from_u128(7)]);
        assert!(String::hash_plain(&String::from("ann"), &Hashing::default()).is_some());
    }
}
