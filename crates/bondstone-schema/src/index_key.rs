//! What an index asks of its columns: written once for all models, and told which columns by the model.
//!
//! The derive writes of each index which fields it is over, as an [`Indexed`]; hashing, comparing and encoding them is the same for
//! all indexes over columns of the same types, and is here.

use std::hash::Hash;
use std::marker::PhantomData;

use crate::definition::{HashPlain, IndexDef, IndexKind, KeyDef, KeyKind, OrderedOps};
use crate::lookup::{Columns, hash_plain};
use crate::model::Model;
use crate::value::composed::total_width;
use crate::value::{CustomKey, Hashing, KeyBuf, Value, custom_key};

/// The values of the columns `C` in a row.
type Refs<'a, C> = <C as Columns>::Refs<'a>;

/// The columns of index `N` of a model, or of a mixin.
#[doc(hidden)]
pub trait Indexed<const N: u16>: Sized + 'static {
    /// What is done with them, and their types: `Hashed<(A, B)>` or `Ordered<(A, B)>`.
    type Key: IndexKey;

    /// Their values in a row.
    fn key(&self) -> Refs<'_, <Self::Key as IndexKey>::Columns>;
}

/// The number of the primary key.
#[doc(hidden)]
pub const PRIMARY: u16 = u16::MAX;

/// What is done with the columns of an index.
#[doc(hidden)]
pub trait IndexKey: 'static {
    /// Their types, as a tuple.
    type Columns: Columns;
    /// How values without a row hash.
    const PLAIN: &'static [HashPlain] = &[];
    /// The width of each encoded key.
    const WIDTH: Option<usize> = None;
    /// A column has no encoding.
    const COMPARED: bool = false;

    /// The hash of their values.
    fn hash(_: Refs<'_, Self::Columns>, _: &Hashing) -> Option<u64> {
        None
    }

    /// The hash of their values, unless one of them is null.
    fn hash_unless_null(_: Refs<'_, Self::Columns>, _: &Hashing) -> Option<u64> {
        None
    }

    /// Appends their values to a key.
    fn encode(_: Refs<'_, Self::Columns>, _: &mut KeyBuf) {}

    /// Clones of their values, with their own `Ord`.
    fn custom(_: Refs<'_, Self::Columns>) -> Box<dyn CustomKey> {
        custom_key(())
    }

    /// The first disagreement between a fieldless enum's `Ord` and its order of variants.
    fn order_fault() -> Option<String> {
        None
    }
}

/// Columns of an index that finds by hash.
#[doc(hidden)]
#[derive(Debug)]
pub struct Hashed<C>(PhantomData<C>);

/// Columns of an index that is in order.
#[doc(hidden)]
#[derive(Debug)]
pub struct Ordered<C>(PhantomData<C>);

/// A key as it is owned: its only value, or the tuple of several.
macro_rules! owned {
    ($key:ident, $place:tt) => {
        $key.$place.clone()
    };
    ($key:ident, $($place:tt),+) => {
        ($($key.$place.clone()),+)
    };
}

macro_rules! keys {
    ($([$($before:ident $place:tt),*] $last:ident $last_place:tt)*) => {$(
        impl<$($before,)* $last> IndexKey for Hashed<($($before,)* $last,)>
        where
            $($before: Value<Plain: Hash> + Hash + Eq,)*
            $last: Value<Plain: Hash> + Hash + Eq,
        {
            type Columns = ($($before,)* $last,);
            const PLAIN: &'static [HashPlain] = &[$(hash_plain::<$before>(),)* hash_plain::<$last>()];

            // A tuple hashes as its values do one after the other, and so does what is looked up.
            #[inline]
            fn hash(key: Refs<'_, Self::Columns>, hashing: &Hashing) -> Option<u64> {
                Some(hashing.hash(&key))
            }

            #[inline]
            fn hash_unless_null(key: Refs<'_, Self::Columns>, hashing: &Hashing) -> Option<u64> {
                let has_null = $(key.$place.is_null() ||)* key.$last_place.is_null();
                (!has_null).then(|| hashing.hash(&key))
            }
        }

        impl<$($before: Value + Ord,)* $last: Value + Ord> IndexKey for Ordered<($($before,)* $last,)> {
            type Columns = ($($before,)* $last,);
            const WIDTH: Option<usize> = total_width(&[$($before::WIDTH,)* $last::WIDTH]);
            const COMPARED: bool = $($before::COMPARED ||)* $last::COMPARED;

            #[inline]
            fn encode(values: Refs<'_, Self::Columns>, key: &mut KeyBuf) {
                $(values.$place.encode(key);)*
                values.$last_place.encode_last(key);
            }

            fn custom(key: Refs<'_, Self::Columns>) -> Box<dyn CustomKey> {
                custom_key(owned!(key, $($place,)* $last_place))
            }

            fn order_fault() -> Option<String> {
                None$(.or_else($before::order_fault))*.or_else($last::order_fault)
            }
        }
    )*};
}

keys! {
    [] A 0
    [A 0] B 1
    [A 0, B 1] C 2
    [A 0, B 1, C 2] D 3
    [A 0, B 1, C 2, D 3] E 4
    [A 0, B 1, C 2, D 3, E 4] F 5
}

fn equal<X: Indexed<N>, const N: u16>(left: &X, right: &X) -> bool {
    <X::Key as IndexKey>::Columns::equal(left.key(), right.key())
}

impl<X: 'static> IndexDef<X> {
    /// A unique index over the columns of [`Indexed<N>`](Indexed), which have these numbers.
    #[must_use]
    pub const fn unique<const N: u16>(name: &'static str, columns: &'static [u16]) -> Self
    where
        X: Indexed<N>,
    {
        Self {
            kind: IndexKind::Unique,
            hash: |row, hashing| X::Key::hash_unless_null(row.key(), hashing),
            hash_plain: X::Key::PLAIN,
            ..Self::over::<N>(name, columns)
        }
    }

    /// As [`unique`](Self::unique), an index that finds any number of rows by hash.
    #[must_use]
    pub const fn hashed<const N: u16>(name: &'static str, columns: &'static [u16]) -> Self
    where
        X: Indexed<N>,
    {
        Self {
            kind: IndexKind::Hash,
            hash: |row, hashing| X::Key::hash(row.key(), hashing),
            hash_plain: X::Key::PLAIN,
            ..Self::over::<N>(name, columns)
        }
    }

    /// As [`unique`](Self::unique), an index in order.
    #[must_use]
    pub const fn ordered<const N: u16>(name: &'static str, columns: &'static [u16]) -> Self
    where
        X: Indexed<N>,
    {
        let order = OrderedOps {
            width: X::Key::WIDTH,
            encode: |row: &X, key| X::Key::encode(row.key(), key),
            custom: match X::Key::COMPARED {
                true => Some(|row: &X| X::Key::custom(row.key())),
                false => None,
            },
            verify: X::Key::order_fault,
        };
        Self { order: Some(order), ..Self::over::<N>(name, columns) }
    }

    /// An index that neither finds nor orders.
    const fn over<const N: u16>(name: &'static str, columns: &'static [u16]) -> Self
    where
        X: Indexed<N>,
    {
        Self { equal: equal::<X, N>, ..Self::named(name, columns) }
    }

    const fn named(name: &'static str, columns: &'static [u16]) -> Self {
        Self {
            name,
            columns,
            hybrid: None,
            kind: IndexKind::Ordered,
            hash: |_, _| None,
            hash_plain: &[],
            equal: |_, _| true,
            show: None,
            order: None,
        }
    }
}

impl<M: Model> KeyDef<M> {
    /// Numbers that the engine assigns, found without a hash.
    #[must_use]
    pub const fn auto(name: &'static str, columns: &'static [u16]) -> Self {
        let index = IndexDef {
            kind: IndexKind::Unique,
            equal: |left: &M, right| left.id() == right.id(),
            ..IndexDef::named(name, columns)
        };
        Self { kind: KeyKind::Auto, index }
    }

    /// UUIDs of this version that the engine makes.
    #[must_use]
    pub const fn uuid(version: u8, name: &'static str, columns: &'static [u16]) -> Self
    where
        M: Indexed<PRIMARY>,
    {
        Self { kind: KeyKind::Uuid(version), ..Self::natural(name, columns) }
    }

    /// What the row says.
    #[must_use]
    pub const fn natural(name: &'static str, columns: &'static [u16]) -> Self
    where
        M: Indexed<PRIMARY>,
    {
        // As `Id` hashes: its raw key, which of several columns is their tuple.
        let index = IndexDef {
            kind: IndexKind::Unique,
            hash: |row: &M, hashing| <M as Indexed<PRIMARY>>::Key::hash(row.key(), hashing),
            hash_plain: <M as Indexed<PRIMARY>>::Key::PLAIN,
            ..IndexDef::over::<PRIMARY>(name, columns)
        };
        Self { kind: KeyKind::Natural, index }
    }

    /// Of a singleton, whose only row needs none.
    #[must_use]
    pub const fn only(name: &'static str) -> Self {
        let index = IndexDef {
            kind: IndexKind::Unique,
            hash: |_, hashing| Some(hashing.hash(&())),
            ..IndexDef::named(name, &[])
        };
        Self { kind: KeyKind::Natural, index }
    }
}
