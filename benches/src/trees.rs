//! redb: rows in copy-on-write trees of pages, in one file.
//!
//! A table is a tree of ids and packed rows. redb has no indexes and no rules, so what a program
//! would have to keep beside that it is spared.

use crate::byhand::Store;
use crate::model::Order;
use crate::packed::Packed;
use crate::record::{EachTable, Record, each_table};
use bondstone::{Id, View};
use redb::{
    Database, Durability, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition,
    WriteTransaction,
};
use std::path::Path;

/// A file of trees. Nothing here can fail but by a mistake in this package, or of the disk; then it
/// ends with a panic.
pub struct Trees(Database);

fn tree_of<R: Record>() -> TableDefinition<'static, u64, &'static [u8]> {
    TableDefinition::new(R::DEFINITION.name)
}

impl Trees {
    /// All rows of ours, in a new file, which is compact.
    pub fn holding(view: &View, path: &Path) -> Self {
        struct Filling<'a>(&'a View, &'a WriteTransaction, Vec<u8>);
        impl EachTable for Filling<'_> {
            fn table<R: Record>(&mut self) {
                let Self(view, transaction, bytes) = self;
                let mut tree = transaction.open_table(tree_of::<R>()).expect(WORKS);
                for row in view.iter::<R>() {
                    bytes.clear();
                    row.pack(bytes);
                    tree.insert(row.id().get(), bytes.as_slice()).expect(WORKS);
                }
            }
        }
        let mut database = Database::create(path).expect(WORKS);
        let transaction = database.begin_write().expect(WORKS);
        each_table(&mut Filling(view, &transaction, Vec::new()));
        transaction.commit().expect(WORKS);
        database.compact().expect(WORKS);
        Self(database)
    }

    /// Those in a file.
    pub fn open(path: &Path) -> Self {
        Self(Database::open(path).expect(WORKS))
    }

    /// All rows, in a hand-written store.
    pub fn load(&self) -> Store {
        struct Loading(Store, redb::ReadTransaction);
        impl EachTable for Loading {
            fn table<R: Record>(&mut self) {
                let Self(store, transaction) = self;
                let tree = transaction.open_table(tree_of::<R>()).expect(WORKS);
                R::reserve(store, tree.len().expect(WORKS) as usize);
                for entry in tree.iter().expect(WORKS) {
                    let (_, row) = entry.expect(WORKS);
                    let row = R::unpack(&mut row.value());
                    row.restore(store).expect("rows that were valid are valid");
                }
            }
        }
        let mut loading = Loading(Store::default(), self.0.begin_read().expect(WORKS));
        each_table(&mut loading);
        loading.0
    }

    /// Lets an order be worth one more, in a transaction of its own.
    pub fn raise_amount(&self, id: Id<Order>, durability: Durability) {
        let mut transaction = self.0.begin_write().expect(WORKS);
        transaction.set_durability(durability).expect(WORKS);
        {
            let mut tree = transaction.open_table(tree_of::<Order>()).expect(WORKS);
            let mut row = {
                let row = tree.get(id.get()).expect(WORKS).expect("the order exists");
                Order::unpack(&mut row.value())
            };
            row.amount += 1;
            let mut bytes = Vec::new();
            row.pack(&mut bytes);
            tree.insert(id.get(), bytes.as_slice()).expect(WORKS);
        }
        transaction.commit().expect(WORKS);
    }

    /// All orders.
    pub fn orders(&self) -> Vec<Order> {
        let transaction = self.0.begin_read().expect(WORKS);
        let tree = transaction.open_table(tree_of::<Order>()).expect(WORKS);
        let order = |entry: Result<(_, redb::AccessGuard<'_, &[u8]>), _>| {
            Order::unpack(&mut entry.expect(WORKS).1.value())
        };
        tree.iter().expect(WORKS).map(order).collect()
    }
}

const WORKS: &str = "redb works";
