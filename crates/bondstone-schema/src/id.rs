//! `Id<M>`: the typed primary key of a row.
//!
//! An `Id<User>` names a user wherever it stands; a field of this type is a foreign key. It wraps the raw key that
//! `User` declares: a dense number, a UUID, a text, a tuple. Which one it is, the parent alone decides.

#[cfg(feature = "serde")]
mod serialize;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::num::NonZeroU64;

use crate::model::Model;
use crate::value::Value;

/// What may be a primary key.
///
/// Every [`Value`] with `Eq`, `Ord` and `Hash` is one.
pub trait Key: Value + Eq + Ord + Hash {
    /// The number behind a dense, engine-assigned key; `None` for every other kind.
    fn number(&self) -> Option<u64> {
        None
    }

    /// The dense, engine-assigned key with this number; `None` for every other kind, and for 0, which is no key.
    fn from_number(_number: u64) -> Option<Self> {
        None
    }
}

/// The key of a table whose keys the engine assigns: 1, 2, 3, …
///
/// Never zero, so that `Option<Id<M>>` is 8 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AutoKey(NonZeroU64);

impl AutoKey {
    /// The key with this number; `None` for 0, which is no key.
    #[must_use]
    pub const fn new(number: u64) -> Option<Self> {
        match NonZeroU64::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Debug for AutoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Key for AutoKey {
    #[inline]
    fn number(&self) -> Option<u64> {
        Some(self.get())
    }

    #[inline]
    fn from_number(number: u64) -> Option<Self> {
        Self::new(number)
    }
}

macro_rules! keys {
    ($($key:ty),* $(,)?) => { $( impl Key for $key {} )* };
}

keys!(
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    bool,
    char,
    String,
    Box<str>,
    std::sync::Arc<str>,
);

#[cfg(feature = "uuid")]
keys!(uuid::Uuid);

#[cfg(feature = "jiff")]
keys!(jiff::Timestamp, jiff::civil::Date);

#[cfg(feature = "decimal")]
keys!(rust_decimal::Decimal);

impl<A: Key, B: Key> Key for (A, B) {}
impl<A: Key, B: Key, C: Key> Key for (A, B, C) {}
impl<A: Key, B: Key, C: Key, D: Key> Key for (A, B, C, D) {}
impl<M: Model> Key for Id<M> {}

/// The primary key of a row of `M`.
///
/// Compares, orders and hashes as its raw key; displays as `users#7`. Copied freely where the raw key is `Copy`.
pub struct Id<M: Model> {
    key: M::Key,
}

impl<P: Model, M: Model<Key = Id<P>>> Id<M> {
    /// The row that goes with this one: where the key of `Employee` is an `Id<Person>`, `Id::<Employee>::from(person)`.
    #[must_use]
    pub const fn from(key: Id<P>) -> Self {
        Self { key }
    }
}

impl<M: Model> Id<M> {
    /// The id with this raw key. Whether such a row exists is another matter.
    pub fn new(key: impl Into<M::Key>) -> Self {
        Self { key: key.into() }
    }

    /// The key of the only row: that of a singleton.
    #[doc(hidden)]
    #[must_use]
    pub const fn only() -> Self
    where
        M: Model<Key = AutoKey>,
    {
        Self { key: AutoKey(NonZeroU64::MIN) }
    }

    /// The raw key.
    #[inline]
    pub const fn key(&self) -> &M::Key {
        &self.key
    }

    /// The raw key, by value.
    pub fn into_key(self) -> M::Key {
        self.key
    }

    /// The number behind an engine-assigned key.
    #[inline]
    pub fn number(&self) -> Option<u64> {
        self.key.number()
    }

    /// The id with this number, where the engine assigns keys.
    #[inline]
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        M::Key::from_number(number).map(|key| Self { key })
    }
}

impl<M: Model<Key = AutoKey>> Id<M> {
    /// The id with this number; `None` for 0, which is no key.
    #[must_use]
    pub const fn from_u64(number: u64) -> Option<Self> {
        match AutoKey::new(number) {
            Some(key) => Some(Self { key }),
            None => None,
        }
    }

    /// The number, counted from 1.
    #[inline]
    #[must_use]
    pub const fn get(self) -> u64 {
        self.key.get()
    }
}

impl<M: Model> Clone for Id<M> {
    #[inline]
    fn clone(&self) -> Self {
        Self { key: self.key.clone() }
    }
}

impl<M: Model> Copy for Id<M> where M::Key: Copy {}

impl<M: Model> PartialEq for Id<M> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<M: Model> Eq for Id<M> {}

impl<M: Model> PartialOrd for Id<M> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<M: Model> Ord for Id<M> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl<M: Model> Hash for Id<M> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl<M: Model> fmt::Display for Id<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", M::DEFINITION.name, self.key.view())
    }
}

impl<M: Model> fmt::Debug for Id<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A field that is a foreign key: `Id<P>`, or `Option<Id<P>>` when it may be null.
pub trait ForeignKeyField: Value {
    /// The model it refers to.
    type Target: Model;
    /// May it be null?
    const NULLABLE: bool;

    /// The id it holds, if any.
    fn target(&self) -> Option<&Id<Self::Target>>;

    /// Lets it refer to `id`; `None` leaves a required key as it is and says false.
    fn point(&mut self, id: Option<Id<Self::Target>>) -> bool;
}

impl<P: Model> ForeignKeyField for Id<P> {
    type Target = P;
    const NULLABLE: bool = false;

    #[inline]
    fn target(&self) -> Option<&Id<P>> {
        Some(self)
    }

    fn point(&mut self, id: Option<Id<P>>) -> bool {
        id.map(|id| *self = id).is_some()
    }
}

impl<P: Model> ForeignKeyField for Option<Id<P>> {
    type Target = P;
    const NULLABLE: bool = true;

    #[inline]
    fn target(&self) -> Option<&Id<P>> {
        self.as_ref()
    }

    fn point(&mut self, id: Option<Id<P>>) -> bool {
        *self = id;
        true
    }
}
