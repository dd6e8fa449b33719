//! SQLite, in memory or in a file: what a program would use instead of a store of its own.
//!
//! Written so that it is at its best: keys are its row numbers, indexes are those of the models, it
//! has seen the rows before it plans (`ANALYZE`), a statement is prepared once, and sums are made in
//! SQL, since that is faster than handing over rows. It keeps the same rules as the models.
//!
//! Nothing here can fail but by a mistake in this package, which then ends with a panic.

mod file;
mod rows;

use crate::model::NewUser;
use crate::record::{EachTable, Record, each_table};
use bondstone::View;
use rusqlite::{Connection, Params, Row, Statement};

pub use file::Synchronous;
pub use rows::Stored;

/// A database of the five tables.
pub struct Lite(Connection);

/// A statement of a database.
pub struct Prepared<'c>(Statement<'c>);

impl Lite {
    /// The tables with their indexes, and no rows.
    pub fn empty() -> Self {
        let lite = Self::without_indexes();
        lite.run(include_str!("../sql/indexes.sql"));
        lite
    }

    /// All rows of ours. The indexes come after the rows, which is faster, and the statistics last.
    pub fn holding(view: &View) -> Self {
        let lite = Self::without_indexes();
        lite.fill(view);
        lite
    }

    fn without_indexes() -> Self {
        let lite = Self(Connection::open_in_memory().expect("SQLite opens"));
        lite.run(include_str!("../sql/settings.sql"));
        lite.run(include_str!("../sql/schema.sql"));
        lite
    }

    fn fill(&self, view: &View) {
        struct Filling<'a>(&'a Lite, &'a View);
        impl EachTable for Filling<'_> {
            fn table<R: Record>(&mut self) {
                let mut insert = self.0.prepare(R::INSERT);
                self.1.iter::<R>().for_each(|row| row.insert_by(&mut insert));
            }
        }
        self.run("BEGIN");
        each_table(&mut Filling(self, view));
        self.run("COMMIT");
        self.run(include_str!("../sql/indexes.sql"));
        self.run("ANALYZE");
    }

    /// Adds users, all of them in one transaction, and gives them ids.
    pub fn insert_users(&self, users: &[NewUser]) {
        let mut insert = self.prepare(rows::INSERT_NEW_USER);
        self.run("BEGIN");
        users.iter().for_each(|user| rows::insert_user(&mut insert, user));
        self.run("COMMIT");
    }

    /// Prepares a statement.
    pub fn prepare(&self, statement: &str) -> Prepared<'_> {
        Prepared(self.0.prepare(statement).expect("SQLite understands the statement"))
    }

    fn run(&self, statements: &str) {
        self.0.execute_batch(statements).expect("SQLite runs the statements");
    }
}

impl Prepared<'_> {
    /// Changes rows.
    pub fn run(&mut self, parameters: impl Params) {
        self.0.execute(parameters).expect("SQLite runs the statement");
    }

    /// The number that the statement selects, as a word. It is 0 where there is no row, and where
    /// nothing is summed up.
    pub fn word(&mut self, parameters: impl Params) -> u64 {
        let mut rows = self.0.query(parameters).expect("SQLite runs the statement");
        let row = rows.next().expect("SQLite answers");
        row.map_or(0, |row| word(row, 0))
    }

    /// What `read` makes of each row that the statement selects.
    pub fn rows<T>(&mut self, parameters: impl Params, read: impl Fn(&Row<'_>) -> T) -> Vec<T> {
        let rows = self.0.query_map(parameters, |row| Ok(read(row)));
        rows.and_then(Iterator::collect).expect("SQLite answers")
    }
}

/// What stands in a column: an integer or null, which is 0.
pub fn word(row: &Row<'_>, column: usize) -> u64 {
    row.get::<_, Option<i64>>(column).expect("an integer").unwrap_or(0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data;
    use crate::model::{Category, Item, Order, Product, User};
    use crate::stage::{LEAST_ROWS, Stage};

    fn count(lite: &Lite, table: &str) -> u64 {
        lite.prepare(&format!("SELECT count(*) FROM {table}")).word([])
    }

    #[test]
    fn sqlite_has_the_rows_and_no_key_dangles() {
        let stage = Stage::new(LEAST_ROWS);
        let market = stage.market();
        let (snap, lite) = (market.database.read(), market.sqlite());
        assert_eq!(count(lite, "users"), snap.count::<User>() as u64);
        assert_eq!(count(lite, "orders"), snap.count::<Order>() as u64);
        assert_eq!(count(lite, "items"), snap.count::<Item>() as u64);
        assert_eq!(count(lite, "products"), snap.count::<Product>() as u64);
        assert_eq!(count(lite, "categories"), snap.count::<Category>() as u64);
        assert!(lite.prepare("PRAGMA foreign_key_check").rows([], |_| ()).is_empty());
    }

    #[test]
    fn users_get_the_ids_that_others_give_them() {
        let lite = Lite::empty();
        lite.insert_users(&data::users(100));
        let ids =
            lite.prepare("SELECT id FROM users ORDER BY created").rows([], |row| word(row, 0));
        assert!(ids.into_iter().eq(1..=100));
        assert_eq!(lite.prepare("SELECT id FROM users WHERE id = ?1").word([101]), 0);
    }
}
