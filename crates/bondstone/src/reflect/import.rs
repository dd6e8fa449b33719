//! Rows from outside: in by the ordinary way, whatever their order, and each refused one reported.
//!
//! 1. The tables are ordered so that a table comes behind those that it refers to, as far as that is possible: most rows find
//!    their parents, and so do hooks that look for them.
//! 2. All rows are written in a scope that judges foreign keys in the end. If some of them refer to nothing
//!    then, these are refused, and the others are written again.
//! 3. A row that had the unique key of one that was refused later is in by now. What had been refused for the want of it is
//!    asked again.

use std::collections::HashMap;
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
    /// Its place among the rows of that table that were given, from 0.
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
    /// How many rows of each table there are.
    rows: HashMap<&'static str, usize>,
    waiting: Vec<Waiting>,
    done: Imported,
}

/// A row that is not in yet.
struct Waiting {
    known: &'static Known,
    position: usize,
    columns: Vec<Option<Parts>>,
    /// Was it refused before?
    was_refused: bool,
}

impl Import {
    /// Adds a row.
    pub(crate) fn add(&mut self, known: &'static Known, row: Result<Given>) {
        let position = self.rows.entry(known.table).or_default();
        let at = *position;
        *position += 1;
        match row.and_then(|row| super::write::columns(known, row)) {
            Ok(columns) => {
                self.waiting.push(Waiting { known, position: at, columns, was_refused: false });
            }
            Err(error) => self.refuse(known, at, error),
        }
    }

    /// Inserts them all. O(rows); the more often, the more rows take each other's unique keys and are then refused.
    pub(crate) fn run(mut self, tx: &mut Tx) -> Imported {
        let order = parents_first(tx);
        let place = |table: &str| order.iter().position(|other| *other == table);
        self.waiting.sort_by_cached_key(|row| (place(row.known.table), row.position));
        while self.round(tx) {}
        let tables = tx.schema().tables();
        let place = |table: &str| tables.iter().position(|other| other.name == table);
        self.done.refused.sort_by_cached_key(|row| (place(row.table), row.position));
        self.done
    }

    fn refuse(&mut self, known: &Known, position: usize, error: Error) {
        self.done.refused.push(RefusedRow { table: known.table, position, error });
    }

    /// Lets in what can be; true if some that were refused are to be asked again.
    fn round(&mut self, tx: &mut Tx) -> bool {
        let mut rows = std::mem::take(&mut self.waiting);
        let mut orphans = Vec::new();
        let refused = loop {
            let written = tx.write_all_given(&mut rows, |tx, row| {
                row.known.model.write_given(tx, &mut row.columns)
            });
            for (place, _) in &written.refused {
                rows[*place].was_refused = true;
            }
            if written.unsettled.is_empty() {
                break written.refused;
            }
            orphans.extend(take(&mut rows, written.unsettled));
        };
        for (row, error) in take(&mut rows, refused) {
            self.refuse(row.known, row.position, error);
        }
        self.done.rows += rows.len();
        let again = !orphans.is_empty() && rows.iter().any(|row| row.was_refused);
        for (row, error) in orphans {
            match again {
                true => self.waiting.push(Waiting { was_refused: false, ..row }),
                false => self.refuse(row.known, row.position, error),
            }
        }
        again
    }
}

/// Takes out the rows in these places, which ascend.
fn take<T>(rows: &mut Vec<Waiting>, places: Vec<(usize, T)>) -> Vec<(Waiting, T)> {
    let mut places = places.into_iter().peekable();
    let (mut taken, mut kept) = (Vec::new(), Vec::with_capacity(rows.len()));
    for (place, row) in std::mem::take(rows).into_iter().enumerate() {
        match places.next_if(|(taken, _)| *taken == place) {
            Some((_, with)) => taken.push((row, with)),
            None => kept.push(row),
        }
    }
    *rows = kept;
    taken
}

/// The tables, each behind those that it refers to, as far as that is possible: rather behind those to which it must.
fn parents_first(tx: &Tx) -> Vec<&'static str> {
    let mut left: Vec<_> = tx.schema().tables().iter().collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let is_ready = |table: &bondstone_schema::schema::TableSchema, nullable_too: bool| {
            let keys = table.foreign_keys.iter().filter(|key| nullable_too || !key.nullable);
            let mut targets = keys.map(|key| key.target).filter(|target| *target != table.name);
            targets.all(|target| !left.iter().any(|other| other.name == target))
        };
        let ready = |nullable_too| left.iter().position(|table| is_ready(table, nullable_too));
        // In a circle of required keys any of them may be the first.
        let next = ready(true).or_else(|| ready(false)).unwrap_or(0);
        order.push(left.remove(next).name);
    }
    order
}
