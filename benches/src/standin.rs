//! STANDS IN FOR BONDSTONE until the crate can be linked: the parts of its interface that the
//! contests use, answered by the hand-written store behind a lock. To be deleted; then `model` and
//! the contests import `bondstone::prelude::*`.
//!
//! Until then every ratio compares the hand-written store with itself and so shows how steady the
//! measuring is.

use crate::byhand::{OnDelete, Refused, Store, UserKey};
use crate::model::{NewOrder, NewUser, Order, User};
use parking_lot::{RwLock, RwLockReadGuard};
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::num::NonZeroU64;
use std::ops::RangeFrom;

/// A typed id.
pub struct Id<M>(NonZeroU64, PhantomData<fn() -> M>);

impl<M> Id<M> {
    /// Zero is no id.
    pub fn from_u64(number: u64) -> Option<Self> {
        NonZeroU64::new(number).map(|number| Self(number, PhantomData))
    }

    /// Its number.
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

impl<M> Clone for Id<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Id<M> {}

impl<M> PartialEq for Id<M> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<M> Eq for Id<M> {}

impl<M> Hash for Id<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<M> std::fmt::Debug for Id<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Tables.
#[derive(Default)]
pub struct Database(RwLock<Store>);

/// One version of the tables.
pub struct Snapshot<'a>(RwLockReadGuard<'a, Store>);

/// The place of a row.
pub type Handle = UserKey;

impl Database {
    /// A snapshot.
    pub fn read(&self) -> Snapshot<'_> {
        Snapshot(self.0.read())
    }

    /// A transaction.
    pub fn write<T>(
        &self,
        statements: impl FnOnce(&mut Transaction<'_>) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        statements(&mut Transaction(&mut self.0.write()))
    }
}

/// A transaction that cannot roll back.
pub struct Transaction<'a>(&'a mut Store);

#[expect(missing_docs, reason = "named after what they stand for")]
impl Transaction<'_> {
    pub fn insert(&mut self, new: NewUser) -> Result<Id<User>, Refused> {
        self.0.insert_user(new)
    }

    pub fn insert_all(&mut self, new: Vec<NewUser>) -> Result<(), Refused> {
        self.0.insert_users(new)
    }

    pub fn insert_order(&mut self, new: NewOrder) -> Result<Id<Order>, Refused> {
        self.0.insert_order(new)
    }

    pub fn update(&mut self, id: Id<User>, change: impl FnOnce(&mut User)) -> Result<(), Refused> {
        self.0.update_user(id, change)
    }

    pub fn delete(&mut self, id: Id<User>) -> Result<(), Refused> {
        self.0.delete_user(id, OnDelete::Restrict)
    }
}

#[expect(missing_docs, reason = "named after what they stand for")]
impl Snapshot<'_> {
    pub fn get(&self, id: Id<User>) -> Option<&User> {
        self.0.user(id)
    }

    pub fn get_order(&self, id: Id<Order>) -> Option<&Order> {
        self.0.order(id)
    }

    pub fn handle(&self, id: Id<User>) -> Option<Handle> {
        self.0.user_key(id)
    }

    pub fn by_handle(&self, handle: Handle) -> Option<&User> {
        self.0.user_at(handle)
    }

    pub fn find_email(&self, email: &str) -> Option<&User> {
        self.0.user_by_email(email)
    }

    pub fn find_code(&self, code: u64) -> Option<&User> {
        self.0.user_by_code(code)
    }

    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.0.users()
    }

    pub fn count(&self) -> usize {
        self.0.users().count()
    }

    pub fn score_ids(&self, scores: RangeFrom<i64>) -> impl Iterator<Item = u64> {
        self.0.user_ids_from_score(scores.start)
    }

    pub fn score_rows(&self, scores: RangeFrom<i64>) -> impl Iterator<Item = &User> {
        self.0.users_from_score(scores.start)
    }

    pub fn orders_of(&self, user: &User) -> impl Iterator<Item = &Order> {
        self.0.orders_of(user.id)
    }

    pub fn user_of(&self, order: &Order) -> Option<&User> {
        self.0.user(order.user_id)
    }

    pub fn orders_with_user(&self) -> impl Iterator<Item = (&Order, &User)> {
        self.0.orders().filter_map(|order| Some((order, self.0.user(order.user_id)?)))
    }
}
