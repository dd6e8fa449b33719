//! The models' rows as SQLite's.

use super::Prepared;
use crate::model::{Category, Item, NewUser, Order, Product, User};
use bondstone::{AutoKey, Id, Model};
use rusqlite::types::FromSql;
use rusqlite::{Row, params};

/// A row that can be copied.
pub trait Stored: Model {
    /// The statement that adds one.
    const INSERT: &str;

    /// Adds this one.
    fn insert_by(&self, insert: &mut Prepared<'_>);

    /// The row that stands in SQLite's, column for column.
    fn selected(row: &Row<'_>) -> Self;
}

/// What stands in a column.
fn get<T: FromSql>(row: &Row<'_>, column: usize) -> T {
    row.get(column).expect("the column has this type")
}

fn id<M: Model<Key = AutoKey>>(row: &Row<'_>, column: usize) -> Id<M> {
    Id::from_u64(get::<i64>(row, column) as u64).expect("ids begin with 1")
}

impl Stored for User {
    const INSERT: &str = "INSERT INTO users VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

    fn insert_by(&self, insert: &mut Prepared<'_>) {
        let Self { id, username, email, code, score, age, balance, created, flags } = self;
        let (code, created) = (*code as i64, *created as i64);
        let id = number(*id);
        insert.run(params![id, username, email, code, score, age, balance, created, flags]);
    }

    fn selected(row: &Row<'_>) -> Self {
        Self {
            id: id(row, 0),
            username: get(row, 1),
            email: get(row, 2),
            code: get::<i64>(row, 3) as u64,
            score: get(row, 4),
            age: get(row, 5),
            balance: get(row, 6),
            created: get::<i64>(row, 7) as u64,
            flags: get(row, 8),
        }
    }
}

impl Stored for Order {
    const INSERT: &str = "INSERT INTO orders VALUES (?1, ?2, ?3, ?4, ?5)";

    fn insert_by(&self, insert: &mut Prepared<'_>) {
        let Self { id, user_id, amount, quantity, placed } = self;
        insert.run(params![number(*id), number(*user_id), amount, quantity, *placed as i64]);
    }

    fn selected(row: &Row<'_>) -> Self {
        Self {
            id: id(row, 0),
            user_id: id(row, 1),
            amount: get(row, 2),
            quantity: get(row, 3),
            placed: get::<i64>(row, 4) as u64,
        }
    }
}

impl Stored for Category {
    const INSERT: &str = "INSERT INTO categories VALUES (?1, ?2)";

    fn insert_by(&self, insert: &mut Prepared<'_>) {
        insert.run(params![number(self.id), self.name]);
    }

    fn selected(row: &Row<'_>) -> Self {
        Self { id: id(row, 0), name: get(row, 1) }
    }
}

impl Stored for Product {
    const INSERT: &str = "INSERT INTO products VALUES (?1, ?2, ?3, ?4, ?5)";

    fn insert_by(&self, insert: &mut Prepared<'_>) {
        let Self { id, category_id, name, price, stock } = self;
        insert.run(params![number(*id), number(*category_id), name, price, stock]);
    }

    fn selected(row: &Row<'_>) -> Self {
        Self {
            id: id(row, 0),
            category_id: id(row, 1),
            name: get(row, 2),
            price: get(row, 3),
            stock: get(row, 4),
        }
    }
}

impl Stored for Item {
    const INSERT: &str = "INSERT INTO items VALUES (?1, ?2, ?3, ?4, ?5)";

    fn insert_by(&self, insert: &mut Prepared<'_>) {
        let Self { id, order_id, product_id, quantity, price } = self;
        let (order, product) = (number(*order_id), number(*product_id));
        insert.run(params![number(*id), order, product, quantity, price]);
    }

    fn selected(row: &Row<'_>) -> Self {
        Self {
            id: id(row, 0),
            order_id: id(row, 1),
            product_id: id(row, 2),
            quantity: get(row, 3),
            price: get(row, 4),
        }
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
