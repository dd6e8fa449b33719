//! Rows that come back from a file: checked like any that is inserted, and with the ids that they
//! had.

use super::{Refused, Store};
use crate::model::{
    Category, Item, NewCategory, NewItem, NewOrder, NewProduct, NewUser, Order, Product, User,
};
use bondstone::{AutoKey, Id, Model};

/// A row that can come back.
pub trait Restore: Model<Key = AutoKey> {
    /// Makes room for so many of them.
    fn reserve(store: &mut Store, additional: usize);

    /// Inserts one. Rows come in the order of their ids, of which none is missing.
    fn restore(self, store: &mut Store) -> Result<(), Refused>;

    /// All of them, in the order of their ids as long as none was deleted.
    fn all(store: &Store) -> impl Iterator<Item = &Self>;
}

/// The id that was given must be the one that the row had.
fn same<M: Model<Key = AutoKey>>(had: Id<M>, given: Id<M>) -> Result<(), Refused> {
    if had == given { Ok(()) } else { Err(Refused::IdChanged) }
}

impl Restore for User {
    fn reserve(store: &mut Store, additional: usize) {
        store.users.reserve(additional);
    }

    fn restore(self, store: &mut Store) -> Result<(), Refused> {
        let Self { id, username, email, code, score, age, balance, created, flags } = self;
        let new = NewUser { username, email, code, score, age, balance, created, flags };
        same(id, store.insert_user(new)?)
    }

    fn all(store: &Store) -> impl Iterator<Item = &Self> {
        store.users()
    }
}

impl Restore for Order {
    fn reserve(store: &mut Store, additional: usize) {
        store.orders.reserve(additional);
    }

    fn restore(self, store: &mut Store) -> Result<(), Refused> {
        let Self { id, user_id, amount, quantity, placed } = self;
        same(id, store.insert_order(NewOrder { user_id, amount, quantity, placed })?)
    }

    fn all(store: &Store) -> impl Iterator<Item = &Self> {
        store.orders()
    }
}

impl Restore for Category {
    fn reserve(_: &mut Store, _: usize) {}

    fn restore(self, store: &mut Store) -> Result<(), Refused> {
        let Self { id, name } = self;
        same(id, store.insert_category(NewCategory { name })?)
    }

    fn all(store: &Store) -> impl Iterator<Item = &Self> {
        store.categories()
    }
}

impl Restore for Product {
    fn reserve(store: &mut Store, additional: usize) {
        store.catalogue.reserve_products(additional);
    }

    fn restore(self, store: &mut Store) -> Result<(), Refused> {
        let Self { id, category_id, name, price, stock } = self;
        same(id, store.insert_product(NewProduct { category_id, name, price, stock })?)
    }

    fn all(store: &Store) -> impl Iterator<Item = &Self> {
        store.products()
    }
}

impl Restore for Item {
    fn reserve(store: &mut Store, additional: usize) {
        store.items.reserve(additional);
    }

    fn restore(self, store: &mut Store) -> Result<(), Refused> {
        let Self { id, order_id, product_id, quantity, price } = self;
        same(id, store.insert_item(NewItem { order_id, product_id, quantity, price })?)
    }

    fn all(store: &Store) -> impl Iterator<Item = &Self> {
        store.items()
    }
}
