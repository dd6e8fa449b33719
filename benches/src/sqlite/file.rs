//! SQLite with a file.

use super::Lite;
use crate::byhand::Store;
use crate::model::Order;
use crate::record::{EachTable, Record, each_table};
use bondstone::{Id, View};
use rusqlite::Connection;
use std::path::Path;

/// When it waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronous {
    /// At each commit.
    Full,
    /// Never.
    Off,
}

impl Lite {
    /// All rows of ours, in a new file.
    pub fn holding_in(path: &Path, view: &View) -> Self {
        let lite = Self::open(path, Synchronous::Off);
        lite.run(include_str!("../../sql/schema.sql"));
        lite.fill(view);
        lite.run("PRAGMA wal_checkpoint(TRUNCATE)");
        lite
    }

    /// What is in a file.
    pub fn open(path: &Path, synchronous: Synchronous) -> Self {
        let lite = Self(Connection::open(path).expect("SQLite opens"));
        lite.run(include_str!("../../sql/settings.sql"));
        lite.run(include_str!("../../sql/file.sql"));
        if synchronous == Synchronous::Full {
            lite.run("PRAGMA synchronous = FULL");
        }
        lite
    }

    /// All rows, in a hand-written store.
    pub fn load(&self) -> Store {
        struct Loading<'l>(Store, &'l Lite);
        impl EachTable for Loading<'_> {
            fn table<R: Record>(&mut self) {
                let Self(store, lite) = self;
                let name = R::DEFINITION.name;
                let count = lite.prepare(&format!("SELECT count(*) FROM {name}")).word([]);
                R::reserve(store, count as usize);
                let mut select = lite.prepare(&format!("SELECT * FROM {name} ORDER BY id"));
                let mut rows = select.0.query([]).expect("SQLite runs the statement");
                while let Some(row) = rows.next().expect("SQLite answers") {
                    R::selected(row).restore(store).expect("rows that were valid are valid");
                }
            }
        }
        let mut loading = Loading(Store::default(), self);
        each_table(&mut loading);
        loading.0
    }

    /// How many rows there are in all tables.
    pub fn count(&self) -> u64 {
        struct Counting<'l>(u64, &'l Lite);
        impl EachTable for Counting<'_> {
            fn table<R: Record>(&mut self) {
                let count = format!("SELECT count(*) FROM {}", R::DEFINITION.name);
                self.0 += self.1.prepare(&count).word([]);
            }
        }
        let mut counting = Counting(0, self);
        each_table(&mut counting);
        counting.0
    }

    /// All orders.
    pub fn orders(&self) -> Vec<Order> {
        self.prepare("SELECT * FROM orders").rows([], super::Stored::selected)
    }

    /// Lets an order be worth one more, in a transaction of its own.
    pub fn raise_amount(&self, id: Id<Order>) {
        let statement = "UPDATE orders SET amount = amount + 1 WHERE id = ?1";
        // Prepared once.
        let mut update = self.0.prepare_cached(statement).expect("SQLite understands it");
        update.execute([id.get() as i64]).expect("SQLite runs the statement");
    }

    /// Writes a compact copy into a new file.
    pub fn vacuum_into(&self, path: &Path) {
        let path = path.to_str().expect("the directory's name is a text");
        self.prepare("VACUUM INTO ?1").run([path]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{state_of_store, state_of_view};
    use crate::scratch::Scratch;
    use crate::stage::{LEAST_ROWS, Stage};

    #[test]
    fn a_file_keeps_all_rows_and_so_does_its_copy() {
        let (stage, scratch) = (Stage::new(LEAST_ROWS), Scratch::within(&std::env::temp_dir()));
        let snap = stage.market().database.read();
        let (file, copy) = (scratch.join("file"), scratch.join("copy"));
        Lite::holding_in(&file, &snap).vacuum_into(&copy);
        for path in [file, copy] {
            let lite = Lite::open(&path, Synchronous::Full);
            assert_eq!(state_of_store(&lite.load()), state_of_view(&snap));
            assert!(lite.prepare("PRAGMA foreign_key_check").rows([], |_| ()).is_empty());
        }
    }
}
