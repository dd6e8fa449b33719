//! The store that a good programmer writes by hand for [`User`] and [`Order`]: the base of all
//! ratios.
//!
//! slotmap rows, hashbrown tables with foldhash, a BTreeMap for the ordered column, small lists of
//! children, and every integrity rule checked before the first change, so that a refused write
//! leaves nothing behind. It has no snapshots and no transactions; [`Locked`] adds a lock and an
//! undo list where a contest needs them.
//!
//! Written to be fast: a key is hashed once per write, lookups borrow (`&str`), nothing is
//! allocated for a write that will be refused, and the slotmap key is what every index leads to.
//! Unique indexes keep copies of their keys, as hash maps do; tables of bare slotmap keys that
//! compare in the row need half the memory, but their growth visits every row, and inserts took
//! half as long again.

mod locked;
mod orders;
mod refused;
mod unique;
mod users;

pub use locked::{Locked, Statements};
pub use orders::OrderKey;
pub use refused::Refused;
pub use users::UserKey;

use crate::model::{NewOrder, NewUser, Order, User};
use bondstone::Id;
use orders::Orders;
use users::Users;

/// What becomes of the orders of a user who is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDelete {
    /// A user with orders stays.
    Restrict,
    /// The orders go too.
    Cascade,
}

/// Both tables, and the rules between them.
#[derive(Default)]
pub struct Store {
    users: Users,
    orders: Orders,
}

impl Store {
    /// Adds a user and says which id it has got.
    pub fn insert_user(&mut self, new: NewUser) -> Result<Id<User>, Refused> {
        self.users.insert(new)
    }

    /// Adds many users, after making room for all of them at once. The first refusal ends it; what
    /// went in before stays.
    pub fn insert_users(&mut self, new: Vec<NewUser>) -> Result<(), Refused> {
        self.users.reserve(new.len());
        new.into_iter().try_for_each(|new| self.users.insert(new).map(drop))
    }

    /// Adds an order to an existing user and says which id it has got.
    pub fn insert_order(&mut self, new: NewOrder) -> Result<Id<Order>, Refused> {
        if self.users.key(new.user_id).is_none() {
            return Err(Refused::NoParent);
        }
        self.orders.insert(new)
    }

    /// Removes a user, with or without orders.
    pub fn delete_user(&mut self, id: Id<User>, on_delete: OnDelete) -> Result<(), Refused> {
        if self.orders.has_children(id) {
            match on_delete {
                OnDelete::Restrict => return Err(Refused::Referred),
                OnDelete::Cascade => self.orders.delete_children(id),
            }
        }
        self.users.delete(id)
    }

    /// Removes an order.
    pub fn delete_order(&mut self, id: Id<Order>) -> Result<(), Refused> {
        self.orders.delete(id)
    }

    /// The user with this id.
    pub fn user(&self, id: Id<User>) -> Option<&User> {
        self.users.row(self.users.key(id)?)
    }

    /// Where the user with this id lives.
    pub fn user_key(&self, id: Id<User>) -> Option<UserKey> {
        self.users.key(id)
    }

    /// The user who lives there.
    pub fn user_at(&self, key: UserKey) -> Option<&User> {
        self.users.row(key)
    }

    /// The user with this name.
    pub fn user_by_username(&self, username: &str) -> Option<&User> {
        self.users.row(self.users.by_username(username)?)
    }

    /// The user with this address.
    pub fn user_by_email(&self, email: &str) -> Option<&User> {
        self.users.row(self.users.by_email(email)?)
    }

    /// The user with this code.
    pub fn user_by_code(&self, code: u64) -> Option<&User> {
        self.users.row(self.users.by_code(code)?)
    }

    /// All users, in no order.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.rows()
    }

    /// How many users there are, as slotmap knows it without looking.
    pub fn user_count(&self) -> usize {
        self.users.len()
    }

    /// The ids of the users with at least this score, lowest score first.
    pub fn user_ids_from_score(&self, score: i64) -> impl Iterator<Item = u64> {
        self.users.rows_from_score(score).map(|(id, _)| id)
    }

    /// The users with at least this score, lowest score first.
    pub fn users_from_score(&self, score: i64) -> impl Iterator<Item = &User> {
        self.users.rows_from_score(score).filter_map(|(_, key)| self.users.row(key))
    }

    /// The order with this id.
    pub fn order(&self, id: Id<Order>) -> Option<&Order> {
        self.orders.row(id)
    }

    /// All orders, in no order.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.rows()
    }

    /// The orders of this user, oldest first as long as none was deleted.
    pub fn orders_of(&self, id: Id<User>) -> impl Iterator<Item = &Order> {
        self.orders.children(id)
    }
}

#[cfg(test)]
mod tests;
