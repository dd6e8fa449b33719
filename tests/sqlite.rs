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

use bondstone::prelude::*;
use bondstone::{AutoKey, Key, New};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, ErrorCode, ffi, params_from_iter};

/// A town; its code is the key.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("towns")]
#[check(positive: self.size >= 0)]
struct Town {
    #[key]
    #[max_len(2)]
    code: String,
    size: i64,
}

/// Someone, perhaps of a town, perhaps with a boss.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("people")]
#[check(settled: self.town.is_some() || self.age < 60)]
struct Person {
    #[key]
    id: Id<Person>,
    #[unique]
    #[max_len(4)]
    name: String,
    #[unique]
    nick: Option<String>,
    #[on_delete(set_null)]
    town: Option<Id<Town>>,
    #[on_delete(set_null)]
    boss: Option<Id<Person>>,
    age: i64,
}

/// A product, perhaps a part of another one, in circles too.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("products")]
#[check(priced: self.price > 0)]
struct Product {
    #[key]
    id: Id<Product>,
    #[on_delete(cascade)]
    part_of: Option<Id<Product>>,
    price: i64,
}

/// An order: at most one of a person from a town. Who pays cannot go before it.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("orders")]
#[unique(once: person, town)]
struct Order {
    #[key]
    id: Id<Order>,
    #[on_delete(cascade)]
    #[method(customer)]
    person: Id<Person>,
    #[method(payer_row)]
    payer: Option<Id<Person>>,
    #[on_delete(set_default)]
    #[default(Id::new("AA"))]
    town: Id<Town>,
}

/// A line of an order. Its product neither goes before it nor takes another key.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("lines")]
#[check(some: self.quantity > 0)]
struct Line {
    #[key]
    #[on_delete(cascade)]
    order: Id<Order>,
    #[key]
    number: i64,
    #[on_update(restrict)]
    product: Id<Product>,
    quantity: i64,
}

/// A seal on a line, which has a key of two parts.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("seals")]
struct Seal {
    #[key]
    #[on_delete(cascade)]
    line: Id<Line>,
    colour: i64,
}

/// Someone follows someone, perhaps themselves.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("follows")]
struct Follow {
    #[key]
    #[on_delete(cascade)]
    fan: Id<Person>,
    #[key]
    #[on_delete(cascade)]
    idol: Id<Person>,
    since: i64,
}

const DDL: &str = "
    PRAGMA foreign_keys = ON;
    CREATE TABLE towns (
        code TEXT NOT NULL PRIMARY KEY CHECK (length(code) <= 2),
        size INTEGER NOT NULL CHECK (size >= 0)
    ) STRICT;
    CREATE TABLE people (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE CHECK (length(name) <= 4),
        nick TEXT UNIQUE,
        town TEXT REFERENCES towns ON DELETE SET NULL ON UPDATE CASCADE,
        boss INTEGER REFERENCES people ON DELETE SET NULL ON UPDATE CASCADE,
        age INTEGER NOT NULL,
        CHECK (town IS NOT NULL OR age < 60)
    ) STRICT;
    CREATE TABLE products (
        id INTEGER PRIMARY KEY,
        part_of INTEGER REFERENCES products ON DELETE CASCADE ON UPDATE CASCADE,
        price INTEGER NOT NULL CHECK (price > 0)
    ) STRICT;
    CREATE TABLE orders (
        id INTEGER PRIMARY KEY,
        person INTEGER NOT NULL REFERENCES people ON DELETE CASCADE ON UPDATE CASCADE,
        payer INTEGER REFERENCES people ON DELETE NO ACTION ON UPDATE CASCADE,
        town TEXT NOT NULL DEFAULT 'AA' REFERENCES towns ON DELETE SET DEFAULT ON UPDATE CASCADE,
        UNIQUE (person, town)
    ) STRICT;
    CREATE TABLE lines (
        \"order\" INTEGER NOT NULL REFERENCES orders ON DELETE CASCADE ON UPDATE CASCADE,
        number INTEGER NOT NULL,
        product INTEGER NOT NULL REFERENCES products ON DELETE NO ACTION ON UPDATE NO ACTION,
        quantity INTEGER NOT NULL CHECK (quantity > 0),
        PRIMARY KEY (\"order\", number)
    ) STRICT;
    CREATE TABLE seals (
        \"order\" INTEGER NOT NULL,
        number INTEGER NOT NULL,
        colour INTEGER NOT NULL,
        PRIMARY KEY (\"order\", number),
        FOREIGN KEY (\"order\", number) REFERENCES lines ON DELETE CASCADE ON UPDATE CASCADE
    ) STRICT;
    CREATE TABLE follows (
        fan INTEGER NOT NULL REFERENCES people ON DELETE CASCADE ON UPDATE CASCADE,
        idol INTEGER NOT NULL REFERENCES people ON DELETE CASCADE ON UPDATE CASCADE,
        since INTEGER NOT NULL,
        PRIMARY KEY (fan, idol)
    ) STRICT;
";

// ---- a model as a table

/// The values of a row, column by column; an id of two parts takes two.
type Row = Vec<Sql>;

/// What stands in one or more columns.
trait Cells: Sized {
    fn put(&self, row: &mut Row);
    fn take(row: &mut std::slice::Iter<'_, Sql>) -> Self;

    fn of(row: &[Sql]) -> Self {
        Self::take(&mut row.iter())
    }
}

impl Cells for i64 {
    fn put(&self, row: &mut Row) {
        row.push(Sql::Integer(*self));
    }

    fn take(row: &mut std::slice::Iter<'_, Sql>) -> Self {
        match row.next() {
            Some(Sql::Integer(number)) => *number,
            other => panic!("a number is expected, not {other:?}"),
        }
    }
}

impl Cells for String {
    fn put(&self, row: &mut Row) {
        row.push(Sql::Text(self.clone()));
    }

    fn take(row: &mut std::slice::Iter<'_, Sql>) -> Self {
        match row.next() {
            Some(Sql::Text(text)) => text.clone(),
            other => panic!("a text is expected, not {other:?}"),
        }
    }
}

impl Cells for AutoKey {
    fn put(&self, row: &mut Row) {
        row.push(Sql::Integer(self.get() as i64));
    }

    fn take(row: &mut std::slice::Iter<'_, Sql>) -> Self {
        Self::new(i64::take(row) as u64).expect("ids begin at 1")
    }
}

impl<A: Cells + Key, B: Cells + Key> Cells for (A, B) {
    fn put(&self, row: &mut Row) {
        self.0.put(row);
        self.1.put(row);
    }

    fn take(row: &mut std::slice::Iter<'_, Sql>) -> Self {
        (A::take(row), B::take(row))
    }
}

impl<M: Model> Cells for Id<M>
where
    M::Key: Cells,
{
    fn put(&self, row: &mut Row) {
        self.key().put(row);
    }

    fn take(row: &mut std::slice::Iter<'_, Sql>) -> Self {
        Self::new(M::Key::take(row))
    }
}

/// Of one column.
impl<T: Cells> Cells for Option<T> {
    fn put(&self, row: &mut Row) {
        match self {
            Some(value) => value.put(row),
            None => row.push(Sql::Null),
        }
    }

    fn take(row: &mut std::slice::Iter<'_, Sql>) -> Self {
        match row.as_slice().first() {
            Some(Sql::Null) => {
                row.next();
                None
            }
            _ => Some(T::take(row)),
        }
    }
}

/// A model and its table.
trait Mirrored: Entity + New<Model = Self> + Cells {
    const TABLE: &'static str;
    const COLUMNS: &'static [&'static str];
    /// How many of the columns are the key; they come first.
    const KEY: usize;

    /// A row that may be refused.
    fn random(dice: &mut Dice) -> Self;
    fn id_of(key: &[Sql]) -> Id<Self>;
}

macro_rules! mirrored {
    ($($model:ident in $table:literal ($($column:literal),+) key $key:literal { $($field:ident: $value:expr),+ })*) => {$(
        impl Cells for $model {
            fn put(&self, row: &mut Row) {
                $(self.$field.put(row);)+
            }

            fn take(row: &mut std::slice::Iter<'_, Sql>) -> Self {
                Self { $($field: Cells::take(row)),+ }
            }
        }

        impl Mirrored for $model {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [&'static str] = &[$($column),+];
            const KEY: usize = $key;

            fn random(dice: &mut Dice) -> Self {
                Self { $($field: $value(dice)),+ }
            }

            fn id_of(key: &[Sql]) -> Id<Self> {
                Cells::of(key)
            }
        }
    )*};
}

mirrored! {
    Town in "towns" ("code", "size") key 1 { code: Dice::code, size: Dice::small }
    Person in "people" ("id", "name", "nick", "town", "boss", "age") key 1 {
        id: Dice::id, name: Dice::name,
        nick: (|dice: &mut Dice| dice.maybe(Dice::name)),
        town: (|dice: &mut Dice| dice.maybe(Dice::town)),
        boss: (|dice: &mut Dice| dice.maybe(Dice::id)),
        age: (|dice: &mut Dice| dice.roll(80) as i64)
    }
    Product in "products" ("id", "part_of", "price") key 1 {
        id: Dice::id, part_of: (|dice: &mut Dice| dice.maybe(Dice::id)), price: Dice::small
    }
    Order in "orders" ("id", "person", "payer", "town") key 1 {
        id: Dice::id, person: Dice::id, payer: (|dice: &mut Dice| dice.maybe(Dice::id)), town: Dice::town
    }
    Line in "lines" ("\"order\"", "number", "product", "quantity") key 2 {
        order: Dice::id, number: Dice::small, product: Dice::id, quantity: Dice::small
    }
    Seal in "seals" ("\"order\"", "number", "colour") key 2 {
        line: (|dice: &mut Dice| Id::new((dice.id(), dice.small()))), colour: Dice::small
    }
    Follow in "follows" ("fan", "idol", "since") key 2 {
        fan: Dice::id, idol: Dice::id, since: Dice::small
    }
}

/// Runs code with the model of the table at a place.
macro_rules! with_model {
    ($place:expr, $model:ident => $body:expr) => {
        match $place {
            0 => {
                type $model = Town;
                $body
            }
            1 => {
                type $model = Person;
                $body
            }
            2 => {
                type $model = Product;
                $body
            }
            3 => {
                type $model = Order;
                $body
            }
            4 => {
                type $model = Line;
                $body
            }
            5 => {
                type $model = Seal;
                $body
            }
            _ => {
                type $model = Follow;
                $body
            }
        }
    };
}

const TABLES: usize = 7;

// ---- chance

/// Numbers that need not be good, and are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.roll(3) > 0).then(|| value(self))
    }

    fn small(&mut self) -> i64 {
        self.roll(9) as i64 - i64::from(self.roll(6) == 0)
    }

    fn id<M: Model<Key = AutoKey>>(&mut self) -> Id<M> {
        Id::from_u64(self.roll(8) + 1).expect("ids begin at 1")
    }

    /// Perhaps too long.
    fn name(&mut self) -> String {
        if self.roll(20) == 0 { "longer".to_owned() } else { format!("n{}", self.roll(12)) }
    }

    /// Perhaps too long.
    fn code(&mut self) -> String {
        ["AA", "AB", "AC", "ÄÖ", "B", "AAA", "AA"][self.roll(7) as usize].to_owned()
    }

    fn town(&mut self) -> Id<Town> {
        Id::new(self.code())
    }
}

// ---- both sides

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
            tx.commit();
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

fn values_of(row: &impl Cells) -> Row {
    let mut values = Vec::new();
    row.put(&mut values);
    values
}

fn sorted(rows: Vec<Row>) -> Vec<String> {
    let mut rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
    rows.sort_unstable();
    rows
}

fn insert<M: Mirrored>() -> String {
    let places = vec!["?"; M::COLUMNS.len()].join(", ");
    format!("INSERT INTO {} ({}) VALUES ({places})", M::TABLE, M::COLUMNS.join(", "))
}

fn is_key<M: Mirrored>() -> String {
    let columns: Vec<String> =
        M::COLUMNS[..M::KEY].iter().map(|column| format!("{column} = ?")).collect();
    columns.join(" AND ")
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
