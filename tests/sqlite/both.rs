//! The engine and SQLite, side by side: each statement runs in both.

use std::collections::BTreeMap;

use bondstone::Builder;
use bondstone::prelude::*;
use bondstone_tests::dice::Dice;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, ErrorCode, ffi, params_from_iter};

use crate::mirror::{Names, Row, Table, assignments, insert};

/// What became of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Done,
    NotFound,
    Check,
    Unique,
    ForeignKey,
}

fn ours<T>(answer: Result<T, Error>) -> Verdict {
    match answer {
        Ok(_) => Verdict::Done,
        Err(Error::NotFound(_)) => Verdict::NotFound,
        Err(Error::Check(_) | Error::TooLong(_)) => Verdict::Check,
        Err(Error::Unique(_)) => Verdict::Unique,
        Err(Error::ForeignKey(_) | Error::Restricted(_)) => Verdict::ForeignKey,
        Err(other) => panic!("no statement of this test is refused so: {other}"),
    }
}

fn theirs(answer: rusqlite::Result<usize>) -> Verdict {
    match answer {
        Ok(0) => Verdict::NotFound,
        Ok(_) => Verdict::Done,
        Err(rusqlite::Error::SqliteFailure(error, message)) => {
            assert_eq!(error.code, ErrorCode::ConstraintViolation, "{message:?}");
            match error.extended_code {
                ffi::SQLITE_CONSTRAINT_CHECK => Verdict::Check,
                ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Verdict::ForeignKey,
                ffi::SQLITE_CONSTRAINT_UNIQUE
                | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                | ffi::SQLITE_CONSTRAINT_ROWID => Verdict::Unique,
                other => panic!("no statement of this test is refused so: {other} {message:?}"),
            }
        }
        Err(other) => panic!("{other}"),
    }
}

/// The kinds of statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Insert,
    Update,
    Delete,
    Rekey,
}

impl Kind {
    /// Does a pair of refusals by different rules agree? Only where several rows are concerned may several be broken, of
    /// which each engine names another.
    fn allows(self, ours: Verdict, theirs: Verdict) -> bool {
        let refused = |verdict| verdict > Verdict::NotFound;
        let concerns_others = matches!(self, Self::Delete | Self::Rekey);
        ours == theirs || concerns_others && refused(ours) && refused(theirs)
    }
}

/// A schema, declared twice: as models and as DDL.
pub struct Schema {
    pub name: &'static str,
    pub models: fn(Builder) -> Builder,
    pub ddl: &'static str,
    pub tables: Vec<Box<dyn Table>>,
}

/// A foreign key: columns of a row that are the key of another.
struct Reference {
    columns: Vec<usize>,
    parent: usize,
}

/// The foreign keys of a table, as SQLite knows them.
fn references(schema: &Schema, sqlite: &Connection, names: Names) -> Vec<Reference> {
    let mut found: BTreeMap<i64, Reference> = BTreeMap::new();
    let place = |row: &rusqlite::Row<'_>| {
        let (nth, parent, from): (i64, String, String) = (row.get(0)?, row.get(2)?, row.get(3)?);
        let mut tables = schema.tables.iter().map(|table| table.names().table);
        let parent = tables.position(|table| table == parent).expect("the parent is a table");
        let mut columns = names.columns.iter().map(|column| column.trim_matches('"'));
        let column = columns.position(|column| column == from);
        let reference = found.entry(nth).or_insert(Reference { columns: Vec::new(), parent });
        reference.columns.push(column.expect("it is one of the columns"));
        Ok(())
    };
    let mut list = sqlite
        .prepare(&format!("PRAGMA foreign_key_list({})", names.table))
        .expect("the statement is right");
    let read: rusqlite::Result<Vec<()>> = list.query_map([], place).and_then(Iterator::collect);
    read.expect("SQLite answers");
    found.into_values().collect()
}

/// How often each kind of statement met each verdict.
pub type Met = BTreeMap<(Kind, Verdict), u32>;

/// The engine and SQLite, in the same state.
pub struct Both<'a> {
    schema: &'a Schema,
    db: Database,
    sqlite: Connection,
    /// The foreign keys of each table.
    references: Vec<Vec<Reference>>,
    dice: Dice,
    pub met: Met,
    /// Refused by both, but by different rules.
    pub otherwise: u32,
    /// Deletes that touched other rows.
    pub touched: u64,
    /// Those in which SQLite touched one more than once: it let go, and went then.
    pub touched_twice: u64,
}

impl<'a> Both<'a> {
    pub fn new(schema: &'a Schema, seed: u64) -> Self {
        let sqlite = Connection::open_in_memory().expect("SQLite opens");
        sqlite.execute_batch("PRAGMA foreign_keys = ON").expect("it is right");
        sqlite.execute_batch(schema.ddl).expect("the DDL is right");
        let db = (schema.models)(Database::builder()).in_memory();
        let db = db.expect("the models fit together");
        let names = schema.tables.iter().map(|table| table.names());
        let references = names.map(|names| references(schema, &sqlite, names)).collect();
        let (dice, met) = (Dice(seed), Met::new());
        Self {
            schema,
            db,
            sqlite,
            references,
            dice,
            met,
            otherwise: 0,
            touched: 0,
            touched_twice: 0,
        }
    }

    /// Some statements in a transaction, which is committed or not.
    pub fn transaction(&mut self) {
        let db = self.db.clone();
        let mut tx = db.begin().expect("no transaction is open");
        self.run("BEGIN");
        for _ in 0..=self.dice.roll(12) {
            if self.dice.roll(10) == 0 {
                self.savepoint(&mut tx);
            } else {
                self.statement(&mut tx);
            }
        }
        if self.dice.roll(5) > 0 {
            tx.commit().expect("in memory");
            self.run("COMMIT");
        } else {
            tx.rollback();
            self.run("ROLLBACK");
        }
        self.compare(&db.read());
    }

    fn savepoint(&mut self, tx: &mut Tx) {
        self.run("SAVEPOINT here");
        let undone = self.dice.roll(2) == 0;
        let ended = tx.savepoint(|tx| -> Result<(), Error> {
            (0..=self.dice.roll(4)).for_each(|_| self.statement(tx));
            if undone { Err("not today".into()) } else { Ok(()) }
        });
        assert_eq!(ended.is_err(), undone);
        if undone {
            self.run("ROLLBACK TO here");
        }
        self.run("RELEASE here");
        self.compare(tx);
    }

    fn run(&self, sql: &str) {
        self.sqlite.execute_batch(sql).expect("transactions are not refused");
    }

    fn statement(&mut self, tx: &mut Tx) {
        let schema = self.schema;
        let place = self.dice.roll(schema.tables.len() as u64) as usize;
        let table = &schema.tables[place];
        let kind = match self.dice.roll(16) {
            0..7 => Kind::Insert,
            7..11 => Kind::Update,
            11..13 => Kind::Delete,
            _ => Kind::Rekey,
        };
        let Names { table: name, columns, key } = table.names();
        let (mut row, other) = (self.row(tx, place), self.row(tx, place));
        if kind != Kind::Insert && self.dice.roll(8) > 0 {
            row = self.existing(tx, place).unwrap_or(row);
        }
        if kind == Kind::Rekey && row[..key] == other[..key] {
            return;
        }
        let column = key + self.dice.roll((columns.len() - key) as u64) as usize;
        let said =
            format!("{}: {kind:?} {name} {row:?} {} {other:?}", schema.name, columns[column]);
        let (id, is_key) =
            (&row[..key], format!("{name} WHERE {}", assignments(&columns[..key], " AND ")));
        let (ours, theirs) = match kind {
            Kind::Insert => {
                (ours(table.insert(tx, &row)), self.execute(&insert(table.names()), &[&row]))
            }
            Kind::Update => {
                let sql = format!(
                    "UPDATE {name} SET {} = ? WHERE {}",
                    columns[column],
                    assignments(&columns[..key], " AND ")
                );
                let answer = table.update(tx, id, column, &other[column]);
                (ours(answer), self.execute(&sql, &[&other[column..=column], id]))
            }
            Kind::Delete => {
                let sql = format!("DELETE FROM {is_key}");
                let before = self.sqlite.total_changes();
                let (mine, theirs) = (table.delete(tx, id), self.execute(&sql, &[id]));
                if let Ok(touched) = mine {
                    let others = self.sqlite.total_changes() - before;
                    assert!(touched <= others, "{said}: {touched} rows, but {others} in SQLite");
                    self.touched += u64::from(touched > 1);
                    self.touched_twice += u64::from(touched < others);
                }
                (ours(mine), theirs)
            }
            Kind::Rekey => {
                let sql = format!(
                    "UPDATE {name} SET {} WHERE {}",
                    assignments(&columns[..key], ", "),
                    assignments(&columns[..key], " AND ")
                );
                (ours(table.rekey(tx, id, &other[..key])), self.execute(&sql, &[&other[..key], id]))
            }
        };
        assert!(kind.allows(ours, theirs), "{said}\n  ours {ours:?}, SQLite's {theirs:?}");
        *self.met.entry((kind, ours)).or_default() += 1;
        self.otherwise += u32::from(ours != theirs);
    }

    /// A row by chance, most of whose foreign keys lead somewhere.
    fn row(&mut self, view: &View, place: usize) -> Row {
        let table = &self.schema.tables[place];
        let mut row = table.random(&mut self.dice);
        for nth in 0..self.references[place].len() {
            let Reference { parent, ref columns } = self.references[place][nth];
            let columns = columns.clone();
            if row[columns[0]] == Sql::Null || self.dice.roll(5) == 0 {
                continue;
            }
            let to_itself = parent == place && self.dice.roll(3) == 0;
            let target = if to_itself { Some(row.clone()) } else { self.existing(view, parent) };
            for (column, value) in columns.into_iter().zip(target.into_iter().flatten()) {
                row[column] = value;
            }
        }
        row
    }

    /// A row that is there, if there is any.
    fn existing(&mut self, view: &View, place: usize) -> Option<Row> {
        let mut rows = self.schema.tables[place].rows(view);
        let nth = self.dice.roll(rows.len().max(1) as u64) as usize;
        (nth < rows.len()).then(|| rows.swap_remove(nth))
    }

    fn execute(&self, sql: &str, values: &[&[Sql]]) -> Verdict {
        let mut statement = self.sqlite.prepare(sql).expect("the statement is right");
        theirs(statement.execute(params_from_iter(values.iter().flat_map(|values| values.iter()))))
    }

    /// All tables are equal, and SQLite finds nothing wrong with its own.
    fn compare(&self, view: &View) {
        for table in &self.schema.tables {
            let Names { table: name, columns, .. } = table.names();
            let sql = format!("SELECT {} FROM {name}", columns.join(", "));
            let mut select = self.sqlite.prepare(&sql).expect("the statement is right");
            let row = |row: &rusqlite::Row<'_>| (0..columns.len()).map(|at| row.get(at)).collect();
            let rows = select.query_map([], row).expect("SQLite answers");
            let theirs: Vec<Row> = rows.collect::<Result<_, _>>().expect("SQLite answers");
            let ours = table.rows(view);
            assert_eq!(sorted(ours), sorted(theirs), "{}: rows of {name}", self.schema.name);
        }
        let mut check = self.sqlite.prepare("PRAGMA foreign_key_check").expect("it is right");
        assert!(!check.exists([]).expect("SQLite answers"), "SQLite breaks a foreign key");
    }

    /// Indexes, relations and counts are those of the rows.
    pub fn check(&self) {
        assert_eq!(self.db.check().expect("no transaction is open"), Vec::<String>::new());
    }
}

fn sorted(rows: Vec<Row>) -> Vec<String> {
    let mut rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
    rows.sort_unstable();
    rows
}
