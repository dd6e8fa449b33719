//! What changes a table. Every lap starts from contestants of its own, except that updates go on
//! where the last lap ended; both have then seen the same updates.

use super::{BY_HAND, Digest, SQLITE, two_of_user};
use crate::byhand::{Locked, OnDelete, Store};
use crate::measure::{Contest, Lap, timed};
use crate::model::{NewUser, User};
use crate::sqlite::{Lite, word};
use crate::stage::{self, People, Stage};
use bondstone::Database;
use bondstone::Id;
use rusqlite::Row;

/// The most writes of a lap that starts from a full table.
const WRITES: usize = 100_000;

/// Fills an empty table; each row is a transaction. The base has none.
pub fn insert_commit_each(stage: &Stage) -> Contest<'_> {
    Contest::new(|| {
        filling(stage, |database: &mut Database, rows: Vec<NewUser>| {
            for row in rows {
                database.write(|tx| tx.insert(row)).expect("generated rows are valid");
            }
        })
    })
    .against(BY_HAND, || {
        filling(stage, |store: &mut Store, rows| {
            for row in rows {
                store.insert_user(row).expect("generated rows are valid");
            }
        })
    })
}

/// Fills an empty table at once: ours in one transaction, the base after making room for all rows.
pub fn insert_bulk(stage: &Stage) -> Contest<'_> {
    Contest::new(|| {
        filling(stage, |database: &mut Database, rows: Vec<NewUser>| {
            database.write(|tx| tx.insert_all(rows)).expect("generated rows are valid");
        })
    })
    .against(BY_HAND, || {
        filling(stage, |store: &mut Store, rows| {
            store.insert_users(rows).expect("generated rows are valid")
        })
    })
    .against_slow(SQLITE, || {
        filling(stage, |lite: &mut Lite, rows: Vec<NewUser>| lite.insert_users(&rows))
    })
}

/// Changes a column that is in no index; each change is a transaction.
pub fn update(stage: &Stage) -> Contest<'_> {
    let People { data, ids, .. } = stage.people();
    let ours = stage.random(8).picks(ids, WRITES);
    let theirs = ours.clone();
    let (store, database) = full(data);
    let store = Locked::new(store);
    let sqlite = Lite::holding(&database.read());
    let numbers: Vec<_> = ours.iter().map(|id| id.get() as i64).collect();
    let change = |row: &mut User| row.balance += 1;
    Contest::new(move || {
        let updates = || {
            for &id in &ours {
                database.write(|tx| tx.update(id, change).map(drop)).expect("the row exists");
            }
        };
        let (cost, ()) = timed(updates);
        Lap { cost, operations: WRITES, checksum: database.state() }
    })
    .against("locked", move || {
        let updates = || {
            for &id in &theirs {
                store.write(|statements| statements.update(id, change)).expect("the row exists");
            }
        };
        let (cost, ()) = timed(updates);
        Lap { cost, operations: WRITES, checksum: store.read().state() }
    })
    .against_slow(SQLITE, move || {
        let mut update = sqlite.prepare("UPDATE users SET balance = balance + 1 WHERE id = ?1");
        let (cost, ()) = timed(|| numbers.iter().for_each(|id| update.run([id])));
        Lap { cost, operations: WRITES, checksum: sqlite.state() }
    })
}

/// Deletes up to half of the rows, none of which has children; each is a transaction.
pub fn delete(stage: &Stage) -> Contest<'_> {
    Contest::new(|| {
        on_full(
            stage,
            |database, data| stage::fill(database, data),
            |database: &mut Database, id| {
                database.write(|tx| tx.delete(id).map(drop)).expect("nothing refers to the row");
            },
        )
    })
    .against(BY_HAND, || {
        on_full(stage, stage::fill_by_hand, |store: &mut Store, id| {
            store.delete_user(id, OnDelete::Restrict).expect("nothing refers to the row");
        })
    })
}

/// Tries to insert rows that are new but for the e-mail address.
pub fn refused_insert(stage: &Stage) -> Contest<'_> {
    let People { data, .. } = stage.people();
    let (mut store, database) = full(data);
    Contest::new(move || {
        let rows = duplicates(stage, data);
        let refused = |row: NewUser| u64::from(database.write(|tx| tx.insert(row)).is_err());
        let lap = Lap::timed(rows.len(), || rows.into_iter().map(refused).digest());
        Lap { checksum: lap.checksum ^ database.state(), ..lap }
    })
    .against(BY_HAND, move || {
        let rows = duplicates(stage, data);
        let refused = |row: NewUser| u64::from(store.insert_user(row).is_err());
        let lap = Lap::timed(rows.len(), || rows.into_iter().map(refused).digest());
        Lap { checksum: lap.checksum ^ store.state(), ..lap }
    })
}

/// Rows whose e-mail addresses are taken.
fn duplicates(stage: &Stage, data: &[NewUser]) -> Vec<NewUser> {
    let taken = stage.random(9).picks(data, WRITES / 2);
    let fresh = |(number, row): (usize, NewUser)| NewUser {
        username: format!("newcomer.{number:08x}"),
        code: crate::data::absent_code(number),
        ..row
    };
    taken.into_iter().enumerate().map(fresh).collect()
}

/// Contestants that the caller may change.
fn full(data: &[NewUser]) -> (Store, Database) {
    let (mut store, database) = (Store::default(), stage::database());
    stage::fill_by_hand(&mut store, data);
    stage::fill(&database, data);
    (store, database)
}

/// A contestant whose users can be digested.
trait Table {
    /// A contestant without rows.
    fn empty() -> Self;

    /// A digest of all rows.
    fn state(&self) -> u64;
}

impl Table for Store {
    fn empty() -> Self {
        Self::default()
    }

    fn state(&self) -> u64 {
        self.users().map(state_of).digest()
    }
}

impl Table for Database {
    fn empty() -> Self {
        stage::database()
    }

    fn state(&self) -> u64 {
        self.read().iter::<User>().map(state_of).digest()
    }
}

impl Table for Lite {
    fn empty() -> Self {
        Self::empty()
    }

    fn state(&self) -> u64 {
        let mut select = self.prepare("SELECT id, balance + age, code FROM users");
        let state = |row: &Row<'_>| state(word(row, 0), word(row, 1), word(row, 2));
        select.rows([], state).into_iter().digest()
    }
}

fn state_of(row: &User) -> u64 {
    state(row.id.get(), two_of_user(row), row.code)
}

fn state(id: u64, two: u64, code: u64) -> u64 {
    id.wrapping_mul(two | 1).wrapping_add(code)
}

/// A lap that fills empty tables: several of them where one would be over too soon for the clock.
fn filling<T: Table>(stage: &Stage, fill: impl Fn(&mut T, Vec<NewUser>)) -> Lap {
    let data = &stage.people().data;
    let mut empty: Vec<_> = (0..tables(stage)).map(|_| (T::empty(), data.clone())).collect();
    let (cost, full) = timed(|| {
        let filled = empty.drain(..).map(|(mut table, rows)| {
            fill(&mut table, rows);
            table
        });
        filled.collect::<Vec<_>>()
    });
    Lap {
        cost,
        operations: full.len() * data.len(),
        checksum: full.iter().map(Table::state).digest(),
    }
}

/// A lap that visits random rows of full tables, each at most once.
fn on_full<T: Table>(
    stage: &Stage,
    fill: impl Fn(&mut T, &[NewUser]) -> Vec<Id<User>>,
    visit: impl Fn(&mut T, Id<User>),
) -> Lap {
    let data = &stage.people().data;
    let mut full: Vec<_> = (0..tables(stage)).map(|_| T::empty()).collect();
    let mut ids = Vec::new();
    full.iter_mut().for_each(|table| ids = fill(table, data));
    let chosen = stage.random(10).sample(&ids, (data.len() / 2).min(WRITES));
    let (cost, ()) = timed(|| {
        for table in &mut full {
            chosen.iter().for_each(|&id| visit(table, id));
        }
    });
    Lap {
        cost,
        operations: full.len() * chosen.len(),
        checksum: full.iter().map(Table::state).digest(),
    }
}

fn tables(stage: &Stage) -> usize {
    (20_000 / stage.rows()).max(1)
}
