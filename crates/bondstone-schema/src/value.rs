//! Columns: what may stand in a field of a model.
//!
//! A [`Value`] can be cloned, compared with itself, shown, hashed or ordered where the model asks for it, and shared
//! between threads. Its implementer promises one thing the compiler cannot check: **no interior mutability anywhere
//! inside**. The engine moves rows bit by bit while readers hold `&T` to the old place, and a value that changes behind
//! a shared reference would then exist twice. That promise is why [`Value`] and [`Row`] are unsafe traits; the derives
//! keep it by induction, since every field must be a `Value` itself.
//!
//! # Order
//!
//! An ordered index never reads a row to decide an order; it compares keys of its own. Where `Value::WIDTH` or
//! `Value::encode` exist, the key is a string of bytes whose lexicographic order is the order of the values:
//!
//! | type | bytes |
//! |---|---|
//! | unsigned integers, `bool`, `char` | big-endian |
//! | signed integers | big-endian, sign bit flipped |
//! | `String` | its bytes with 0 written as 0 255, then 0 1; as the last column of a key its bytes alone |
//! | `Option` | 0 for `None`; 1 and the value otherwise |
//! | `Timestamp`, `Date` | seconds and nanoseconds; year, month and day |
//! | `Decimal` | sign, decimal exponent, digits in pairs |
//! | fieldless enums of `#[derive(Value)]` | the variant's position |
//!
//! Every other type is [compared](Value::COMPARED): the index keeps clones and asks `Ord`.
//!
//! # Bytes
//!
//! How a value is stored is written in [`stored`]; what is stored has a [`Shape`].

mod builtin;
pub(crate) mod composed;
mod encoding;
mod foreign;
mod id;
#[cfg(feature = "json")]
mod json;
mod view;

use std::any::Any;
use std::cmp::Ordering;
use std::fmt::Debug;
use std::hash::{BuildHasher, Hash, Hasher};
use std::marker::PhantomData;

use crate::column::Nullness;
use crate::model::ModelNumber;
use crate::shape::{Nesting, Shape};
use crate::stored::{self, Malformed, Sink, Source};

pub use encoding::KeyBuf;
pub use view::{TypeInfo, ValueRef, Viewed};

/// A type that may stand in a column.
///
/// Implemented for the primitives, `String`, `Option`, `Vec`, arrays, tuples, `Box`, `BTreeMap`, `BTreeSet`, the types
/// of `jiff`, `rust_decimal` and `uuid`, `serde_json::Value` (as features), and ids. Own types derive it: `#[derive(Value)]`.
///
/// # Safety
///
/// There is no interior mutability anywhere inside a value: nothing reachable from `&self` changes through `&self`.
#[expect(unsafe_code, reason = "the promise cannot be expressed otherwise")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a column: `{Self}: Value` is not satisfied",
    note = "derive it for own types with `#[derive(Value)]`; types with interior mutability (Cell, Mutex, atomics) cannot be columns"
)]
pub unsafe trait Value: Clone + PartialEq + Debug + Send + Sync + 'static {
    /// The type of those values that are not null: what an `Option` holds, else the type itself.
    type Plain: Value;

    /// [`Opt`](crate::Opt) if there is a null among the values, else [`Req`](crate::Req).
    type Null: Nullness;

    /// The width in bytes of every [encoding](Value::encode) of this type, when all have the same.
    const WIDTH: Option<usize> = None;

    /// The type has no order-preserving encoding: ordered indexes keep clones and ask `Ord`.
    const COMPARED: bool = true;

    /// All values in the order of their encoding, for fieldless enums.
    const ENUMERATION: Option<&'static [Self]> = None;

    /// The value is a fieldless enum, or is [encoded](Value::encode) with one inside: these are encoded as they are declared,
    /// while their own `Eq` and `Ord` may say otherwise.
    const DECLARED: bool = false;

    /// Where a fieldless enum, this or one inside, is put in another order by its `Ord` than by its encoding: the first two
    /// variants. An ordered index over such values would silently have another order than they, so the database refuses to be
    /// built.
    #[must_use]
    fn order_fault() -> Option<String> {
        None
    }

    /// What the type is, for the schema.
    fn describe() -> TypeInfo;

    /// This value, for errors, reflection and export.
    fn view(&self) -> ValueRef<'_>;

    /// Is it the same value? As `==`, but for floats, which are the same if their bits are: so a NaN that nobody touched has not
    /// changed, and a zero that got another sign has.
    #[must_use]
    #[inline]
    fn same(&self, other: &Self) -> bool {
        self == other
    }

    /// The value, unless it is null.
    fn plain(&self) -> Option<&Self::Plain>;

    /// The value itself, unless it is null.
    fn into_plain(self) -> Option<Self::Plain>;

    /// Is this SQL's null? Only `Option` says yes.
    #[inline]
    fn is_null(&self) -> bool {
        self.plain().is_none()
    }

    /// Appends the encoding of the value that this plain one stands for.
    fn encode_plain(plain: &Self::Plain, key: &mut KeyBuf);

    /// As [`encode_plain`](Value::encode_plain), for the last column of a key.
    fn encode_plain_last(plain: &Self::Plain, key: &mut KeyBuf);

    /// What hashing the value begins with before the plain one is hashed.
    #[inline]
    fn hash_before<H: Hasher>(_state: &mut H) {}

    /// How the value that this plain one stands for hashes alone, where that is known by its type: the same as
    /// [`HashPlain::alone`](crate::HashPlain), without a function that is known when it is run only.
    #[doc(hidden)]
    #[inline]
    fn hash_plain(_plain: &Self::Plain, _hashing: &Hashing) -> Option<u64> {
        None
    }

    /// Appends bytes whose lexicographic order is the order of the values, and which end where the value ends.
    ///
    /// Does nothing for types that are [compared](Value::COMPARED).
    fn encode(&self, _key: &mut KeyBuf) {}

    /// A number for each value, whose order is theirs, for types whose encodings have eight bytes at most.
    #[inline]
    fn word(&self) -> u64 {
        let mut key = KeyBuf::new();
        self.encode(&mut key);
        key.as_u64()
    }

    /// As [`encode`](Value::encode), for the last column of a key, which need not show where it ends.
    fn encode_last(&self, key: &mut KeyBuf) {
        self.encode(key);
    }

    /// How many parts a stored value has, one at least.
    const PARTS: usize;

    /// The shape of what is stored, with as many parts.
    fn shape(nesting: &mut Nesting) -> Shape;

    /// Writes the value. O(its size).
    fn write_to(&self, sink: &mut dyn Sink);

    /// Reads what [`write_to`](Value::write_to) wrote. O(its size).
    ///
    /// # Errors
    /// What is there is none of this type's values.
    fn read_from(source: &mut dyn Source) -> Result<Self, Malformed>;

    /// The value of a column that was added without a default: the null, where there is one.
    #[must_use]
    fn null() -> Option<Self> {
        None
    }

    /// Writes values one after the other, each from the part on that comes next.
    #[doc(hidden)]
    fn write_each(values: &[Self], sink: &mut dyn Sink) {
        let start = sink.part();
        for value in values {
            sink.go(start);
            value.write_to(sink);
        }
    }

    /// Reads what [`write_each`](Value::write_each) wrote.
    #[doc(hidden)]
    fn read_each(length: usize, source: &mut dyn Source) -> Result<Vec<Self>, Malformed> {
        let start = source.part();
        let mut values = stored::room_for(length);
        for _ in 0..length {
            source.go(start);
            values.push(Self::read_from(source)?);
        }
        Ok(values)
    }
}

/// A value of a type that is not named.
#[doc(hidden)]
pub trait AnyValue {
    /// The value, for errors, reflection and export.
    fn view_any(&self) -> ValueRef<'_>;
}

impl<V: Value> AnyValue for V {
    fn view_any(&self) -> ValueRef<'_> {
        self.view()
    }
}

/// A fieldless enum's order as it is declared, beside that of its `Ord`, which it may lack: in the code of a derive, where the
/// enum is known by name, `Declared::<E>::fault` is the one that looks where there is an `Ord`, else that of [`Unordered`].
#[doc(hidden)]
#[derive(Debug)]
pub struct Declared<E>(PhantomData<E>);

impl<E: Value + Ord> Declared<E> {
    /// The first two variants that stand in another order than they are declared in.
    #[must_use]
    pub fn fault() -> Option<String> {
        let mut pairs = E::ENUMERATION?.windows(2);
        let pair = pairs.find(|pair| pair[0] >= pair[1])?;
        Some(format!("{:?} is declared before {:?}, but is not less", pair[0], pair[1]))
    }
}

/// Without an `Ord` there is nothing to compare.
#[doc(hidden)]
pub trait Unordered {
    /// No fault.
    #[must_use]
    fn fault() -> Option<String> {
        None
    }
}

impl<E> Unordered for Declared<E> {}

/// A struct whose fields are all [`Value`]s, so that a row may be moved bit by bit while readers hold `&Self` to the
/// old place; or of which some have a [codec](crate::codec), and then it may not.
///
/// # Safety
///
/// No interior mutability anywhere inside unless `MOVABLE` is false, and a number that no other type has: by it a table is found, whose rows are
/// then taken to be of this type. Implemented by `#[derive(Model)]`, which demands `Value` of every field.
#[expect(unsafe_code, reason = "the promise cannot be expressed otherwise")]
pub unsafe trait Row: Clone + Debug + Send + Sync + 'static {
    /// Are all fields known to be without interior mutability?
    #[doc(hidden)]
    const MOVABLE: bool;

    /// The number of this type of rows in this process.
    #[doc(hidden)]
    fn number() -> &'static ModelNumber;
}

/// A struct whose fields are all [`Value`]s, which is itself a part of rows: a mixin.
///
/// # Safety
///
/// No interior mutability anywhere inside unless `MOVABLE` is false, as for [`Row`]. Implemented by `#[derive(Mixin)]`, which demands `Value` of every
/// field without a codec.
#[expect(unsafe_code, reason = "the promise cannot be expressed otherwise")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a mixin",
    note = "a mixin is a struct with `#[derive(Mixin)]`; a field without `#[mixin]` is one column"
)]
pub unsafe trait Part: Clone + Debug + Send + Sync + 'static {
    /// Are all fields known to be without interior mutability?
    #[doc(hidden)]
    const MOVABLE: bool;
}

/// Are there no such fields?
#[doc(hidden)]
#[must_use]
pub const fn no_foreign(fields: &[&str]) -> bool {
    fields.is_empty()
}

/// Implements [`Part`] for a struct of which each field's type is named: each must be a `Value`, or, behind a semicolon, one
/// with a codec.
#[doc(hidden)]
#[macro_export]
macro_rules! part {
    ($mixin:ty: $($field:ty),* $(,)?; $($foreign:ty),*) => {
        const _: () = {
            const fn is_a_value<V: $crate::Value>() {}
            $( is_a_value::<$field>(); )*
        };
        // SAFETY: all fields are values, none of which has interior mutability; so the struct has none, unless there are
        // others, and then it says so.
        unsafe impl $crate::Part for $mixin {
            const MOVABLE: bool = $crate::value::no_foreign(&[$(::core::stringify!($foreign)),*]);
        }
    };
}

/// Implements [`Row`] for a struct of which each field's type is named: each must be a `Value`, or, behind a semicolon, a
/// [`Part`]; or, behind another, one with a codec.
#[doc(hidden)]
#[macro_export]
macro_rules! row {
    ($model:ty: $($field:ty),* $(,)? $(; $($part:ty),* $(; $($foreign:ty),*)?)?) => {
        const _: () = {
            const fn is_a_value<V: $crate::Value>() {}
            $( is_a_value::<$field>(); )*
            $(
                const fn is_a_part<P: $crate::Part>() {}
                $( is_a_part::<$part>(); )*
            )?
        };
        // SAFETY: all fields are values, or parts made of values, none of which has interior mutability; so the struct has
        // none, unless there are others, and then it says so. The number is a static of this very function.
        unsafe impl $crate::Row for $model {
            const MOVABLE: bool = true
                $( $(&& <$part as $crate::Part>::MOVABLE)* )?
                $( $(&& $crate::value::no_foreign(&[$(::core::stringify!($foreign)),*]))? )?;

            #[inline]
            fn number() -> &'static $crate::ModelNumber {
                static NUMBER: $crate::ModelNumber = $crate::ModelNumber::new();
                &NUMBER
            }
        }
    };
}

/// The items of [`Value`] for a type without a null that hashes.
macro_rules! hashes {
    () => {
        #[inline]
        fn hash_plain(plain: &Self, hashing: &crate::Hashing) -> Option<u64> {
            Some(hashing.hash(plain))
        }
    };
}
pub(crate) use hashes;

/// The items of [`Value`] for a type without a null.
#[doc(hidden)]
#[macro_export]
macro_rules! never_null {
    () => {
        type Plain = Self;
        type Null = $crate::Req;

        #[inline]
        fn plain(&self) -> ::core::option::Option<&Self> {
            ::core::option::Option::Some(self)
        }

        #[inline]
        fn into_plain(self) -> ::core::option::Option<Self> {
            ::core::option::Option::Some(self)
        }

        #[inline]
        fn encode_plain(plain: &Self, key: &mut $crate::KeyBuf) {
            $crate::Value::encode(plain, key);
        }

        fn encode_plain_last(plain: &Self, key: &mut $crate::KeyBuf) {
            $crate::Value::encode_last(plain, key);
        }
    };
}

/// Implements [`Value`] for a type of which each field's type is named; the body holds the trait's items.
#[doc(hidden)]
#[macro_export]
macro_rules! derived_value {
    (@generic impl<M: Model> $value:ty { $($item:tt)* }) => {
        // SAFETY: an id is the raw key, which is a value.
        unsafe impl<M: Model> $crate::Value for $value {
            $crate::never_null!();
            $($item)*
        }
    };
    // What contains itself is not asked whether it is a value before it is one.
    (@nested $value:ty: [$($field:ty),* $(,)?] { $($item:tt)* }) => {
        const _: () = {
            const fn is_a_value<V: $crate::Value>() {}
            $( is_a_value::<$field>(); )*
        };
        $crate::derived_value!($value: [] { $($item)* });
    };
    ($value:ty: [$($field:ty),* $(,)?] { $($item:tt)* }) => {
        // SAFETY: all fields are values, none of which has interior mutability; so the type has none.
        unsafe impl $crate::Value for $value
        where
            // What is missing is said once, here, and not again by everything inside.
            Self: ::core::clone::Clone
                + ::core::cmp::PartialEq
                + ::core::fmt::Debug
                + ::core::marker::Send
                + ::core::marker::Sync,
            $($field: $crate::Value,)*
        {
            $crate::never_null!();
            $($item)*
        }
    };
}

/// The hasher of one database: foldhash with a seed of its own, so that nobody outside can aim at its collisions.
#[derive(Clone, Debug, Default)]
pub struct Hashing(Seeded);

#[cfg(not(loom))]
type Seeded = foldhash::fast::RandomState;
/// The model checker runs a model many times, and must meet the same places each time.
#[cfg(loom)]
type Seeded = foldhash::fast::FixedState;

impl Hashing {
    /// The hash of a key.
    #[inline]
    pub fn hash<K: Hash + ?Sized>(&self, key: &K) -> u64 {
        self.0.hash_one(key)
    }

    /// The hash of a key whose values `feed` hashes one after the other: that of their tuple.
    pub fn hash_values(&self, feed: impl FnOnce(&mut dyn Hasher)) -> u64 {
        let mut hasher = self.0.build_hasher();
        feed(&mut hasher);
        hasher.finish()
    }
}

/// A key that an ordered index compares by its own `Ord`, through a pointer.
pub trait CustomKey: Send + Sync {
    /// The order of two keys of one index, which are of one type.
    fn compare(&self, other: &dyn CustomKey) -> Ordering;
    /// A copy for the index to keep.
    fn boxed(&self) -> Box<dyn CustomKey>;
    /// The key as its own type.
    fn as_any(&self) -> &dyn Any;
    /// About how many bytes a copy takes.
    fn bytes(&self) -> usize {
        size_of_val(self)
    }
}

/// An owned key whose type brings its own `Ord`.
#[derive(Clone, Debug)]
pub struct Owned<T>(pub T);

impl<T: Ord + Clone + Send + Sync + 'static> CustomKey for Owned<T> {
    fn compare(&self, other: &dyn CustomKey) -> Ordering {
        // Keys of one index are of one type; a stranger is equal to everything rather than a panic.
        other.as_any().downcast_ref::<T>().map_or(Ordering::Equal, |other| self.0.cmp(other))
    }

    fn boxed(&self) -> Box<dyn CustomKey> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> &dyn Any {
        &self.0
    }
}

/// A key of an ordered index whose columns are compared: their own `Ord` decides.
pub fn custom_key<T: Ord + Clone + Send + Sync + 'static>(key: T) -> Box<dyn CustomKey> {
    Box::new(Owned(key))
}
