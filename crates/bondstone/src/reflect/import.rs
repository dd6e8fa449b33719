//! Rows from outside: in by the ordinary way, parents first, and each refused one reported.
//!
//! 1. The tables are ordered so that a table comes behind those that it refers to.
//! 2. Rows are inserted. One whose parent is not there waits, and is tried again, now from the other end, as long as that helps: a
//!    table that refers to itself may be in any order.
//! 3. What still waits may refer to each other in a circle. These rows are inserted without their nullable foreign keys, and get
//!    them when all are there. Rows of a circle that cannot be closed are taken out, and the others are tried again.

use std::fmt;

use super::catalog::Known;
use super::parts::Parts;
use super::value::ValueBuf;
use crate::error::{Error, Result};
use crate::transaction::Tx;

/// What came of an import. Rows that were refused left no trace; whether the others stay decides whoever commits.
///
/// ```text
/// 2 inserted, 1 refused
///   users[1]: unique constraint `users_email_key` violated: users.email = "ann@x.org" is already used by users#1
/// ```
#[derive(Debug, Default)]
pub struct Imported {
    rows: usize,
    refused: Vec<RefusedRow>,
}

/// A row that was refused.
#[derive(Debug)]
#[non_exhaustive]
pub struct RefusedRow {
    /// The table it was for.
    pub table: &'static str,
    /// Its place among the rows of that table, from 0.
    pub position: usize,
    /// Why.
    pub error: Error,
}

impl Imported {
    /// How many rows are in.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// The rows that are not, in the order of the tables and of the rows in them.
    #[must_use]
    pub fn refused(&self) -> &[RefusedRow] {
        &self.refused
    }

    /// How many rows are in, if all are.
    ///
    /// # Errors
    /// Some were refused: all of them, a line for each. Returned from the closure of a `write`, it undoes the import.
    pub fn all(self) -> Result<usize> {
        if self.refused.is_empty() { Ok(self.rows) } else { Err(Error::user(self.to_string())) }
    }
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} inserted, {} refused", self.rows, self.refused.len())?;
        self.refused.iter().try_for_each(|refused| write!(f, "\n  {refused}"))
    }
}

impl fmt::Display for RefusedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]: {}", self.table, self.position, self.error)
    }
}

/// Names and values of a row.
pub(crate) type Given = Vec<(String, ValueBuf)>;

/// Rows to be imported.
#[derive(Default)]
pub(crate) struct Import {
    waiting: Vec<Waiting>,
    done: Imported,
}

/// A row that is not in yet.
struct Waiting {
    known: &'static Known,
    position: usize,
    columns: Vec<Option<Parts>>,
    /// Why it was not let in the last time.
    error: Option<Error>,
}

impl Import {
    /// Adds a row.
    pub(crate) fn add(&mut self, known: &'static Known, position: usize, row: Result<Given>) {
        match row.and_then(|row| super::write::columns(known, row)) {
            Ok(columns) => {
                self.waiting.push(Waiting { known, position, columns, error: None });
            }
            Err(error) => self.refuse(known, position, error),
        }
    }

    /// Inserts them all.
    pub(crate) fn run(mut self, tx: &mut Tx) -> Imported {
        let order = parents_first(tx);
        let place = |known: &Known| order.iter().position(|table| *table == known.table);
        self.waiting.sort_by_key(|row| (place(row.known), row.position));
        self.insert_as_long_as_that_helps(tx);
        self.close_circles(tx);
        for Waiting { known, position, error, .. } in std::mem::take(&mut self.waiting) {
            // Each row that is left was refused once at least.
            self.refuse(known, position, error.unwrap_or(Error::Shape(String::new())));
        }
        self.done
            .refused
            .sort_by_key(|row| (order.iter().position(|table| *table == row.table), row.position));
        self.done
    }

    fn refuse(&mut self, known: &Known, position: usize, error: Error) {
        self.done.refused.push(RefusedRow { table: known.table, position, error });
    }

    fn insert_as_long_as_that_helps(&mut self, tx: &mut Tx) {
        loop {
            let before = self.waiting.len();
            for mut row in std::mem::take(&mut self.waiting) {
                match row.known.model.insert(tx, &row.columns) {
                    Ok(_) => self.done.rows += 1,
                    Err(error @ Error::ForeignKey(_)) => {
                        row.error = Some(error);
                        self.waiting.push(row);
                    }
                    Err(error) => self.refuse(row.known, row.position, error),
                }
            }
            if self.waiting.len() == before || self.waiting.is_empty() {
                return;
            }
            self.waiting.reverse();
        }
    }

    fn close_circles(&mut self, tx: &mut Tx) {
        while !self.waiting.is_empty() {
            let mut failed = Vec::new();
            let waiting = &self.waiting;
            let closed = tx.savepoint(|tx| {
                failed = try_circles(tx, waiting);
                if failed.is_empty() { Ok(()) } else { Err(Error::Shape(String::new())) }
            });
            if closed.is_ok() {
                self.done.rows += self.waiting.len();
                self.waiting.clear();
                return;
            }
            // From the last one on, so that the places of the others stay.
            for (place, error) in failed.into_iter().rev() {
                let row = self.waiting.remove(place);
                self.refuse(row.known, row.position, error);
            }
        }
    }
}

/// Inserts rows without their nullable foreign keys, and sets these afterwards. Those for which that fails, by their places.
fn try_circles(tx: &mut Tx, rows: &[Waiting]) -> Vec<(usize, Error)> {
    let (mut failed, mut inserted) = (Vec::new(), Vec::new());
    for (place, row) in rows.iter().enumerate() {
        let nullable = nullable_foreign_keys(tx, row.known);
        let is_later = |column: usize| nullable.contains(&row.known.columns[column].name);
        let columns = row.columns.iter().enumerate();
        let (mut first, mut later) = (Vec::new(), Vec::new());
        for (column, parts) in columns {
            let (now, then) =
                if is_later(column) { (None, parts) } else { (parts.as_ref(), &None) };
            first.push(now.cloned());
            later.push(then.clone());
        }
        match row.known.model.insert(tx, &first) {
            Ok(key) => inserted.push((place, key, later)),
            Err(error) => failed.push((place, error)),
        }
    }
    for (place, key, later) in inserted {
        let known = rows[place].known;
        let set = known.key_parts(&key).and_then(|key| known.model.update(tx, &key, later));
        failed.extend(set.err().map(|error| (place, error)));
    }
    failed.sort_by_key(|(place, _)| *place);
    failed
}

fn nullable_foreign_keys(tx: &Tx, known: &Known) -> Vec<&'static str> {
    let table = tx.schema().table(known.table);
    let keys = table.into_iter().flat_map(|table| &table.foreign_keys);
    keys.filter(|key| key.nullable).map(|key| key.column).collect()
}

/// The tables, each behind those that it refers to, as far as that is possible.
fn parents_first(tx: &Tx) -> Vec<&'static str> {
    let mut left: Vec<_> = tx.schema().tables().iter().collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let is_ready = |table: &&bondstone_schema::schema::TableSchema| {
            table.foreign_keys.iter().all(|key| {
                key.target == table.name || !left.iter().any(|other| other.name == key.target)
            })
        };
        // In a circle any of them may be the first.
        let next = left.iter().position(is_ready).unwrap_or(0);
        order.push(left.remove(next).name);
    }
    order
}
