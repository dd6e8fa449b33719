//! The models' rows as SQLite's.

use super::Prepared;
use crate::model::{Category, Item, NewUser, Order, Product, User};
use bondstone::{AutoKey, Id, Model};
use rusqlite::params;

/// A row that can be copied.
pub trait Stored: Model {
    /// The statement that adds one.
    const INSERT: &str;

    /// Adds this one.
    fn insert_by(&self, insert: &mut Prepared<'_>);
}

impl Stored for User {
    const INSERT: &str = "INSERT INTO users VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

    fn insert_by(&self, insert: &mut Prepared<'_>) {
        let Self { id, username, email, code, score, age, balance, created, flags } = self;
        let (code, created) = (*code as i64, *created as i64);
        let id = number(*id);
        insert.run(params![id, username, email, code, score, age, balance, created, flags]);
    }
}

impl Stored for Order {
    const INSERT: &str = "INSERT INTO orders VALUES (?1, ?2, ?3, ?4, ?5)";

    fn insert_by(&self, insert: &mut Prepared<'_>) {
        let Self { id, user_id, amount, quantity, placed } = self;
        insert.run(params![number(*id), number(*user_id), amount, quantity, *placed as i64]);
    }
}

impl Stored for Category {
    const INSERT: &str = "INSERT INTO categories VALUES (?1, ?2)";

    fn insert_by(&self, insert: &mut Prepared<'_>) {
        insert.run(params![number(self.id), self.name]);
    }
}

impl Stored for Product {
    const INSERT: &str = "INSERT INTO products VALUES (?1, ?2, ?3, ?4, ?5)";

    fn insert_by(&self, insert: &mut Prepared<'_>) {
        let Self { id, category_id, name, price, stock } = self;
        insert.run(params![number(*id), number(*category_id), name, price, stock]);
    }
}

impl Stored for Item {
    const INSERT: &str = "INSERT INTO items VALUES (?1, ?2, ?3, ?4, ?5)";

    fn insert_by(&self, insert: &mut Prepared<'_>) {
        let Self { id, order_id, product_id, quantity, price } = self;
        let (order, product) = (number(*order_id), number(*product_id));
        insert.run(params![number(*id), order, product, quantity, price]);
    }
}

/// Adds a user to whom SQLite gives an id.
pub const INSERT_NEW_USER: &str = "INSERT INTO users VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

pub fn insert_user(insert: &mut Prepared<'_>, user: &NewUser) {
    let NewUser { username, email, code, score, age, balance, created, flags } = user;
    let (code, created) = (*code as i64, *created as i64);
    insert.run(params![username, email, code, score, age, balance, created, flags]);
}

/// The number of a key, as SQLite has it.
pub fn number<M: Model<Key = AutoKey>>(id: Id<M>) -> i64 {
    id.get() as i64
}
