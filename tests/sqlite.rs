//! The same statements in bondstone and in SQLite: each is accepted by both or refused by both, by the same sort of rule, and
//! afterwards the tables are equal.
//!
//! The schema is declared twice, as models and as DDL, and the statements are random, some thousands, in transactions and
//! savepoints of which some are taken back. Where the two engines mean different things by the same words, this is how they
//! are compared:
//!
//! | point | SQLite | here |
//! |---|---|---|
//! | `RESTRICT` | refuses at once, though the row that refers would go too | our `restrict` is compared with `NO ACTION`, which is judged when the statement ends, like ours |
//! | several rules broken by one delete or rekey | names the one that its actions break on the way; `NO ACTION` comes last | ours names the row that refuses first: any pair of rules will do then |
//! | one insert or update | checks, unique keys, foreign keys, in this order | the same |
//! | a text that is too long | `CHECK (length(…) <= …)` | `max_len`, compared as a check |
//! | a row that is not there | nothing is done, which is no error | `NotFound` |
//! | a key that refers to a composite one | two columns | one column, which is an id of two parts |
//!
//! `BONDSTONE_SEED=7 BONDSTONE_STATEMENTS=1000000` plays others, or more.

#[path = "sqlite/chance.rs"]
mod chance;
#[path = "sqlite/mirror.rs"]
mod mirror;
#[path = "sqlite/models.rs"]
mod models;

use bondstone::prelude::*;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, ErrorCode, ffi, params_from_iter};

use bondstone_tests::dice::Dice;
use mirror::{Mirrored, Row, insert, is_key, values_of};
use models::{DDL, Follow, Line, Order, Person, Product, Seal, Town};

/// Runs code with the model of the table at a place.
macro_rules! with_model {
    ($place:expr, $model:ident => $body:expr) => {
        with_model!(@ $place, $model => $body;
            0 Town, 1 Person, 2 Product, 3 Order, 4 Line, 5 Seal, _ Follow)
    };
    (@ $place:expr, $model:ident => $body:expr; $($number:tt $table:ident),*) => {
        match $place {
            $($number => {
                type $model = $table;
                $body
            })*
        }
    };
}

const TABLES: usize = 7;

/// What became of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
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
enum Kind {
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

/// The engine and SQLite, in the same state.
struct Both {
    db: Database,
    sqlite: Connection,
    dice: Dice,
    met: std::collections::BTreeMap<(Kind, Verdict), u32>,
    /// Refused by both, but by different rules.
    otherwise: u32,
}

impl Both {
    fn new(seed: u64) -> Self {
        let sqlite = Connection::open_in_memory().expect("SQLite opens");
        sqlite.execute_batch(DDL).expect("the DDL is right");
        let models = Database::builder().models::<(Seal, Follow, Town, Person)>();
        let db = models.in_memory().expect("the models fit together");
        Self { db, sqlite, dice: Dice(seed), met: Default::default(), otherwise: 0 }
    }

    /// Some statements in a transaction, which is committed or not.
    fn transaction(&mut self) {
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
        with_model!(self.dice.roll(TABLES as u64), M => self.statement_on::<M>(tx));
    }

    fn statement_on<M: Mirrored>(&mut self, tx: &mut Tx) {
        let kind = match self.dice.roll(16) {
            0..7 => Kind::Insert,
            7..11 => Kind::Update,
            11..13 => Kind::Delete,
            _ => Kind::Rekey,
        };
        let (row, other) = (M::random(&mut self.dice), M::random(&mut self.dice));
        let column = M::KEY + self.dice.roll((M::COLUMNS.len() - M::KEY) as u64) as usize;
        let (values, others) = (values_of(&row), values_of(&other));
        let (key, rest) = values.split_at(M::KEY);
        let said = format!("{kind:?} {} {values:?} {} {others:?}", M::TABLE, M::COLUMNS[column]);
        let (ours, theirs) = match kind {
            Kind::Insert => (ours(tx.insert(row)), self.execute(&insert::<M>(), &[key, rest])),
            Kind::Update => {
                let answer = tx.update(M::id_of(key), |row| {
                    let mut values = values_of(row);
                    values[column] = others[column].clone();
                    *row = M::of(&values);
                });
                let set = format!("SET {} = ?", M::COLUMNS[column]);
                let sql = format!("UPDATE {} {set} WHERE {}", M::TABLE, is_key::<M>());
                (ours(answer.map(drop)), self.execute(&sql, &[&others[column..=column], key]))
            }
            Kind::Delete => {
                let sql = format!("DELETE FROM {} WHERE {}", M::TABLE, is_key::<M>());
                (ours(tx.delete(M::id_of(key)).map(drop)), self.execute(&sql, &[key]))
            }
            Kind::Rekey => {
                let new = &others[..M::KEY];
                let set: Vec<String> =
                    M::COLUMNS[..M::KEY].iter().map(|column| format!("{column} = ?")).collect();
                let (table, set) = (M::TABLE, set.join(", "));
                let sql = format!("UPDATE {table} SET {set} WHERE {}", is_key::<M>());
                (ours(tx.rekey(M::id_of(key), M::id_of(new))), self.execute(&sql, &[new, key]))
            }
        };
        assert!(kind.allows(ours, theirs), "{said}\n  ours {ours:?}, SQLite's {theirs:?}");
        *self.met.entry((kind, ours)).or_default() += 1;
        self.otherwise += u32::from(ours != theirs);
    }

    fn execute(&self, sql: &str, values: &[&[Sql]]) -> Verdict {
        let mut statement = self.sqlite.prepare(sql).expect("the statement is right");
        theirs(statement.execute(params_from_iter(values.iter().flat_map(|values| values.iter()))))
    }

    /// All tables are equal, and SQLite finds nothing wrong with its own.
    fn compare(&self, view: &View) {
        for place in 0..TABLES {
            with_model!(place, M => self.compare_table::<M>(view));
        }
        let mut check = self.sqlite.prepare("PRAGMA foreign_key_check").expect("it is right");
        assert!(!check.exists([]).expect("SQLite answers"), "SQLite breaks a foreign key");
    }

    fn compare_table<M: Mirrored>(&self, view: &View) {
        let sql = format!("SELECT {} FROM {}", M::COLUMNS.join(", "), M::TABLE);
        let mut select = self.sqlite.prepare(&sql).expect("the statement is right");
        let row = |row: &rusqlite::Row<'_>| (0..M::COLUMNS.len()).map(|at| row.get(at)).collect();
        let rows = select.query_map([], row).expect("SQLite answers");
        let theirs: Vec<Row> = rows.collect::<Result<_, _>>().expect("SQLite answers");
        let ours = view.iter::<M>().map(values_of).collect();
        assert_eq!(sorted(ours), sorted(theirs), "rows of {}", M::TABLE);
    }
}

fn sorted(rows: Vec<Row>) -> Vec<String> {
    let mut rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
    rows.sort_unstable();
    rows
}

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn accepted_and_refused_alike() {
    let (seed, statements) =
        (setting("BONDSTONE_SEED", 1), setting("BONDSTONE_STATEMENTS", 40_000));
    let mut both = Both::new(seed);
    while both.met.values().map(|count| u64::from(*count)).sum::<u64>() < statements {
        both.transaction();
    }
    println!("{:#?}\nrefused otherwise: {}", both.met, both.otherwise);
    for kind in [Kind::Insert, Kind::Update, Kind::Delete, Kind::Rekey] {
        for verdict in [Verdict::Done, Verdict::Check, Verdict::Unique, Verdict::ForeignKey] {
            assert!(both.met.contains_key(&(kind, verdict)), "{kind:?}, {verdict:?}: never met");
        }
    }
}
