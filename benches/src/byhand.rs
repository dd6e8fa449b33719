//! The store that a good programmer writes by hand for users, their orders, the items of those,
//! products and categories: the base of all ratios.
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

mod catalogue;
mod children;
mod items;
mod locked;
mod orders;
mod refused;
mod restore;
mod table;
mod unique;
mod users;

pub use locked::{Locked, Statements};
pub use orders::OrderKey;
pub use refused::Refused;
pub use restore::Restore;
pub use users::UserKey;

use crate::model::{
    Category, Item, NewCategory, NewItem, NewOrder, NewProduct, NewUser, Order, Product, User,
};
use bondstone::Id;
use catalogue::Catalogue;
use items::Items;
use orders::Orders;
use users::Users;

/// What becomes of the orders of a user who is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDelete {
    /// A user with orders stays.
    Restrict,
    /// The orders go too, unless one of them has items.
    Cascade,
}

/// The tables, and the rules between them.
#[derive(Default)]
pub struct Store {
    users: Users,
    orders: Orders,
    items: Items,
    catalogue: Catalogue,
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

    /// Puts a user in the place of the one who has its id, or adds it with that id, which must be the
    /// next.
    pub fn put_user(&mut self, row: User) -> Result<(), Refused> {
        if self.users.key(row.id).is_some() {
            return self.users.restore(row);
        }
        row.restore(self)
    }

    /// Adds an order to an existing user and says which id it has got.
    pub fn insert_order(&mut self, new: NewOrder) -> Result<Id<Order>, Refused> {
        if self.users.key(new.user_id).is_none() {
            return Err(Refused::NoParent);
        }
        self.orders.insert(new)
    }

    /// Adds a category and says which id it has got.
    pub fn insert_category(&mut self, new: NewCategory) -> Result<Id<Category>, Refused> {
        self.catalogue.insert_category(new)
    }

    /// Adds a product to an existing category and says which id it has got.
    pub fn insert_product(&mut self, new: NewProduct) -> Result<Id<Product>, Refused> {
        self.catalogue.insert_product(new)
    }

    /// Adds an item of an existing product to an existing order and says which id it has got.
    pub fn insert_item(&mut self, new: NewItem) -> Result<Id<Item>, Refused> {
        if !self.orders.contains(new.order_id) || !self.catalogue.has_product(new.product_id) {
            return Err(Refused::NoParent);
        }
        self.items.insert(new)
    }

    /// Removes a user, with or without orders.
    pub fn delete_user(&mut self, id: Id<User>, on_delete: OnDelete) -> Result<(), Refused> {
        if self.orders.has_children(id) {
            match on_delete {
                OnDelete::Restrict => return Err(Refused::Referred),
                OnDelete::Cascade => self.delete_orders_of(id)?,
            }
        }
        self.users.delete(id)
    }

    fn delete_orders_of(&mut self, id: Id<User>) -> Result<(), Refused> {
        let orders: Vec<_> = self.orders_of(id).map(|order| order.id).collect();
        if orders.iter().any(|&order| self.items.has_children(order)) {
            return Err(Refused::Referred);
        }
        orders.into_iter().try_for_each(|order| self.orders.delete(order))
    }

    /// Removes an order without items.
    pub fn delete_order(&mut self, id: Id<Order>) -> Result<(), Refused> {
        if self.items.has_children(id) {
            return Err(Refused::Referred);
        }
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

    /// The users with at most this score, highest score first.
    pub fn users_down_from_score(&self, score: i64) -> impl Iterator<Item = &User> {
        self.users.rows_down_from_score(score).filter_map(|key| self.users.row(key))
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

    /// All items, in no order.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.rows()
    }

    /// The items of this order, in the order in which they came.
    pub fn items_of(&self, id: Id<Order>) -> impl Iterator<Item = &Item> {
        self.items.children(id)
    }

    /// The product with this id.
    pub fn product(&self, id: Id<Product>) -> Option<&Product> {
        self.catalogue.product(id)
    }

    /// All products, in no order.
    pub fn products(&self) -> impl Iterator<Item = &Product> {
        self.catalogue.products()
    }

    /// How many items there are of this product.
    pub fn item_count(&self, id: Id<Product>) -> usize {
        self.items.count_of_product(id)
    }

    /// The category with this id.
    pub fn category(&self, id: Id<Category>) -> Option<&Category> {
        self.catalogue.category(id)
    }

    /// All categories, in no order.
    pub fn categories(&self) -> impl Iterator<Item = &Category> {
        self.catalogue.categories()
    }

    /// How many products there are in this category.
    pub fn product_count(&self, id: Id<Category>) -> usize {
        self.catalogue.count_in_category(id)
    }
}

#[cfg(test)]
mod tests;
