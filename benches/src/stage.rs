//! What the contests of one size share: the contestants, filled with the same rows in the same
//! order. Each part is built when the first contest asks for it; contests that write make
//! contestants of their own.

mod market;
mod warehouse;

use crate::byhand::Store;
use crate::data::{self, Random};
use crate::model::{NewOrder, NewUser, Order, User};
use crate::scratch::Scratch;
use crate::sqlite::Lite;
use bondstone::{Database, Id};
use std::cell::OnceCell;
use std::env;
use std::path::PathBuf;

pub use market::Market;
pub use warehouse::Warehouse;

/// Parents have this many children each.
pub const CHILDREN: usize = 10;

/// Fewer rows than this would make ranges of 100 run off the end.
pub const LEAST_ROWS: usize = 1_000;

/// The contestants at one size.
pub struct Stage {
    rows: usize,
    directory: PathBuf,
    people: OnceCell<People>,
    shop: OnceCell<Shop>,
    market: OnceCell<Market>,
}

/// One table: `rows` users.
pub struct People {
    /// The rows as they were inserted.
    pub data: Vec<NewUser>,
    /// Their ids, in the same order.
    pub ids: Vec<Id<User>>,
    /// The base.
    pub store: Store,
    /// Ours.
    pub database: Database,
    sqlite: OnceCell<Lite>,
}

/// Two tables: `rows` orders of a tenth as many users, children far apart.
pub struct Shop {
    /// The ids of the parents.
    pub users: Vec<Id<User>>,
    /// The ids of the children.
    pub orders: Vec<Id<Order>>,
    /// The base.
    pub store: Store,
    /// Ours.
    pub database: Database,
    sqlite: OnceCell<Lite>,
}

impl Stage {
    /// An empty stage.
    pub fn new(rows: usize) -> Self {
        let (people, shop, market) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { rows, directory: env::temp_dir(), people, shop, market }
    }

    /// Lets files be in this directory, and not in that for temporary files.
    pub fn with_files_in(self, directory: PathBuf) -> Self {
        Self { directory, ..self }
    }

    /// An empty directory.
    pub fn scratch(&self) -> Scratch {
        Scratch::within(&self.directory)
    }

    /// The size.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How often a lap reads: enough different rows where there are many that a lap does not live
    /// in the caches only because it is short, and often enough for the clock where there are few.
    pub fn reads(&self) -> usize {
        self.rows.clamp(200_000, 500_000)
    }

    /// How often a lap repeats a walk over all rows.
    pub fn walks(&self) -> usize {
        (1_000_000 / self.rows).max(2)
    }

    /// The users.
    pub fn people(&self) -> &People {
        self.people.get_or_init(|| People::new(data::users(self.rows)))
    }

    /// The users with orders.
    pub fn shop(&self) -> &Shop {
        self.shop.get_or_init(|| Shop::new(self.rows))
    }

    /// The users with orders with items.
    pub fn market(&self) -> &Market {
        self.market.get_or_init(|| Market::new(self.rows))
    }

    /// Choices of this stage; every purpose has its own.
    pub fn random(&self, purpose: u64) -> Random {
        Random::new(self.rows as u64 ^ (purpose << 32))
    }
}

impl People {
    fn new(data: Vec<NewUser>) -> Self {
        let (mut store, database) = (Store::default(), database());
        let ids = fill_by_hand(&mut store, &data);
        assert_eq!(ids, fill(&database, &data), "both contestants number the rows alike");
        Self { data, ids, store, database, sqlite: OnceCell::new() }
    }

    /// The same rows in SQLite.
    pub fn sqlite(&self) -> &Lite {
        self.sqlite.get_or_init(|| Lite::holding(&self.database.read()))
    }
}

impl Shop {
    /// Both contestants at this size.
    pub fn new(rows: usize) -> Self {
        let People { ids: users, mut store, database, .. } =
            People::new(data::users(rows / CHILDREN));
        let children = data::orders(rows, &users);
        let by_hand: Vec<_> =
            children.iter().map(|child| insert_child_by_hand(&mut store, child)).collect();
        let orders = insert_children(&database, children);
        assert_eq!(orders, by_hand, "both contestants number the orders alike");
        Self { users, orders, store, database, sqlite: OnceCell::new() }
    }

    /// The same rows in SQLite.
    pub fn sqlite(&self) -> &Lite {
        self.sqlite.get_or_init(|| Lite::holding(&self.database.read()))
    }
}

/// All tables, empty.
pub fn database() -> Database {
    Database::builder().models::<User>().in_memory().expect("the models fit together")
}

/// Inserts the rows one after the other.
pub fn fill_by_hand(store: &mut Store, rows: &[NewUser]) -> Vec<Id<User>> {
    rows.iter()
        .map(|row| store.insert_user(row.clone()).expect("generated rows are valid"))
        .collect()
}

/// Inserts the rows one after the other, in one transaction.
pub fn fill(database: &Database, rows: &[NewUser]) -> Vec<Id<User>> {
    database
        .write(|tx| rows.iter().map(|row| tx.insert(row.clone())).collect())
        .expect("generated rows are valid")
}

fn insert_child_by_hand(store: &mut Store, child: &NewOrder) -> Id<Order> {
    store.insert_order(child.clone()).expect("generated orders have a parent")
}

fn insert_children(database: &Database, children: Vec<NewOrder>) -> Vec<Id<Order>> {
    database
        .write(|tx| children.into_iter().map(|child| tx.insert(child)).collect())
        .expect("generated orders have a parent")
}
