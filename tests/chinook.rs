//! The example `chinook` on its real data: what is known of the data is found by walking relations, and every damaged row
//! is refused by name, with nothing left behind.
//!
//! The data is looked for in the directory that `BONDSTONE_CHINOOK` names, else beside the workspace. Where it is in
//! neither place the tests say so, and pass.

#[path = "../crates/bondstone/examples/chinook/damage.rs"]
mod damage;
#[path = "../crates/bondstone/examples/chinook/facts.rs"]
mod facts;
#[path = "../crates/bondstone/examples/chinook/files.rs"]
mod files;
#[path = "../crates/bondstone/examples/chinook/line.rs"]
mod line;
#[path = "../crates/bondstone/examples/chinook/load.rs"]
mod load;
#[path = "../crates/bondstone/examples/chinook/models.rs"]
mod models;
#[path = "../crates/bondstone/examples/support/page.rs"]
mod page;
#[path = "../crates/bondstone/examples/chinook/questions.rs"]
mod questions;
#[path = "../crates/bondstone/examples/chinook/report.rs"]
mod report;

use std::io::Write;
use std::path::PathBuf;
use std::{env, io};

use bondstone::prelude::*;
use bondstone::reflect::ValueBuf;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use facts::Facts;
use files::Files;
use load::load;
use models::{
    Album, Artist, Customer, Employee, Genre, Invoice, InvoiceLine, MediaType, Playlist,
    PlaylistTrack, Track,
};
use page::Page;

/// The data, where it is present.
fn files(test: &str) -> Option<Files> {
    let named = env::var_os("BONDSTONE_CHINOOK").map(PathBuf::from);
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/chinook/csv");
    let directory = named.clone().unwrap_or_else(|| PathBuf::from(beside));
    if named.is_none() && !directory.is_dir() {
        // Not by `eprintln!`, which is heard only when a test fails.
        let message = format!(
            "chinook::{test} SKIPPED: no data in {}; name its directory in BONDSTONE_CHINOOK\n",
            directory.display()
        );
        io::stderr().write_all(message.as_bytes()).expect("stderr can be written");
        return None;
    }
    Some(Files::read(&directory).expect("the data can be read"))
}

fn loaded(test: &str) -> Option<(Files, Database)> {
    let files = files(test)?;
    let db = models::database().expect("the models fit together");
    load(&db, &files).expect("the data breaks no rule");
    Some((files, db))
}

fn day(year: i16, month: i8, day: i8) -> Date {
    Date::new(year, month, day).expect("a day of the calendar")
}

fn nulls<M: Model, V>(db: &View, column: impl Fn(&M) -> &Option<V>) -> usize {
    db.iter::<M>().filter(|row| column(row).is_none()).count()
}

#[test]
fn everything_is_loaded() {
    let Some((_, db)) = loaded("everything_is_loaded") else { return };
    let snapshot = db.read();
    let counts = [
        snapshot.count::<Genre>(),
        snapshot.count::<MediaType>(),
        snapshot.count::<Artist>(),
        snapshot.count::<Album>(),
        snapshot.count::<Track>(),
        snapshot.count::<Employee>(),
        snapshot.count::<Customer>(),
        snapshot.count::<Invoice>(),
        snapshot.count::<InvoiceLine>(),
        snapshot.count::<Playlist>(),
        snapshot.count::<PlaylistTrack>(),
    ];
    assert_eq!(counts, [25, 5, 275, 347, 3_503, 8, 59, 412, 2_240, 18, 8_715]);
    assert_eq!(damage::rows(&snapshot), 15_607);
    assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
}

#[test]
fn the_known_facts_are_found() {
    let Some((_, db)) = loaded("the_known_facts_are_found") else { return };
    let known = Facts {
        turnover: dec!(2328.60),
        wrong_totals: 0,
        several_at_once: 0,
        other_prices: 0,
        never_sold: 1_519,
        without_album: 71,
        without_track: 0,
        empty_playlists: 4,
        days: Some((day(2021, 1, 1), day(2025, 12, 22))),
        largest: Some(1_059_546_140),
    };
    assert_eq!(Facts::of(&db.read()), known);
}

/// The foreign keys: table, column, the table that it refers to.
const REFERENCES: [(&str, &str, &str); 11] = [
    ("Album", "ArtistId", "Artist"),
    ("Track", "AlbumId", "Album"),
    ("Track", "MediaTypeId", "MediaType"),
    ("Track", "GenreId", "Genre"),
    ("Employee", "ReportsTo", "Employee"),
    ("Customer", "SupportRepId", "Employee"),
    ("Invoice", "CustomerId", "Customer"),
    ("InvoiceLine", "InvoiceId", "Invoice"),
    ("InvoiceLine", "TrackId", "Track"),
    ("PlaylistTrack", "PlaylistId", "Playlist"),
    ("PlaylistTrack", "TrackId", "Track"),
];

/// The columns of a table's key.
fn key_of(table: &str) -> Vec<String> {
    match table {
        "PlaylistTrack" => vec!["PlaylistId".into(), "TrackId".into()],
        table => vec![format!("{table}Id")],
    }
}

/// The files once more, in SQLite: all cells as texts, empty ones as nulls; with the same keys.
fn in_sqlite(files: &Files) -> Connection {
    let sqlite = Connection::open_in_memory().expect("SQLite opens");
    for table in files::TABLES {
        let mut reader = csv::Reader::from_reader(files.text(table).as_bytes());
        let header = reader.headers().expect("the file has a header").clone();
        let columns = header.iter().collect::<Vec<_>>().join(", ");
        let places = vec!["nullif(?, '')"; header.len()].join(", ");
        let mut keys = format!("PRIMARY KEY ({})", key_of(table).join(", "));
        let mut indexes = String::new();
        for (_, column, target) in REFERENCES.iter().filter(|(child, ..)| *child == table) {
            keys += &format!(", FOREIGN KEY ({column}) REFERENCES {target} ({target}Id)");
            indexes += &format!("CREATE INDEX {table}_{column} ON {table} ({column});");
        }
        let create = format!("BEGIN; CREATE TABLE {table} ({columns}, {keys}); {indexes}");
        sqlite.execute_batch(&create).expect("it is new");
        let insert = format!("INSERT INTO {table} VALUES ({places})");
        let mut insert = sqlite.prepare(&insert).expect("the statement is right");
        for record in reader.records() {
            let record = record.expect("the file is well-formed");
            insert.execute(rusqlite::params_from_iter(record.iter())).expect("nothing is refused");
        }
        sqlite.execute_batch("COMMIT").expect("nothing is refused");
    }
    sqlite
}

/// What the report tells, asked in SQL of the same files.
#[test]
fn sqlite_tells_the_same() {
    let Some((files, db)) = loaded("sqlite_tells_the_same") else { return };
    let (sqlite, db) = (in_sqlite(&files), db.read());
    let ask = |sql: &str| -> Vec<(String, i64)> {
        let mut query = sqlite.prepare(sql).expect("the query is right");
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.and_then(Iterator::collect).expect("SQLite answers")
    };
    let number = |sql: &str| ask(&format!("SELECT '', ({sql})"))[0].1;
    let count = |sql: &str| usize::try_from(number(sql)).expect("a count");
    let cents = |column: &str| format!("CAST(round(100 * {column}) AS INTEGER)");

    let facts = Facts::of(&db);
    let turnover = number(&format!("SELECT sum({}) FROM Invoice", cents("Total")));
    assert_eq!(facts.turnover, Decimal::new(turnover, 2));
    let none = |table: &str, key: &str, child: &str| {
        let children = format!("SELECT {key} FROM {child} WHERE {key} IS NOT NULL");
        count(&format!("SELECT count(*) FROM {table} WHERE {key} NOT IN ({children})"))
    };
    assert_eq!(facts.never_sold, none("Track", "TrackId", "InvoiceLine"));
    assert_eq!(facts.without_album, none("Artist", "ArtistId", "Album"));
    assert_eq!(facts.without_track, none("Album", "AlbumId", "Track"));
    assert_eq!(facts.empty_playlists, none("Playlist", "PlaylistId", "PlaylistTrack"));
    assert_eq!(
        facts.several_at_once,
        count("SELECT count(*) FROM InvoiceLine WHERE Quantity <> '1'")
    );
    let prices = "SELECT count(*) FROM InvoiceLine JOIN Track USING (TrackId)
        WHERE InvoiceLine.UnitPrice <> Track.UnitPrice";
    assert_eq!(facts.other_prices, count(prices));
    let largest = number("SELECT max(CAST(Bytes AS INTEGER)) FROM Track");
    assert_eq!(facts.largest, u64::try_from(largest).ok());

    // Whole relations, and not only their numbers.
    let told = |told: Vec<(String, usize)>| -> Vec<(String, i64)> {
        let mut told: Vec<_> = told.into_iter().map(|(name, count)| (name, count as i64)).collect();
        told.sort();
        told
    };
    let albums =
        db.iter().map(|artist: &Artist| (artist.id.get().to_string(), artist.albums(&db).count()));
    let sql = "SELECT ArtistId, (SELECT count(*) FROM Album WHERE Album.ArtistId = Artist.ArtistId)
        FROM Artist ORDER BY ArtistId";
    assert_eq!(told(albums.collect()), ask(sql));
    let lists =
        db.iter().map(|track: &Track| (track.id.get().to_string(), track.playlists(&db).count()));
    let sql = "SELECT TrackId, count(PlaylistId) FROM Track LEFT JOIN PlaylistTrack USING (TrackId)
        GROUP BY TrackId ORDER BY TrackId";
    assert_eq!(told(lists.collect()), ask(sql));
    let spent = |customer: &Customer| {
        let spent: Decimal = customer.invoices(&db).iter().map(|invoice| invoice.sum(&db)).sum();
        let cents = (spent * dec!(100)).normalize().to_string();
        (customer.id.get().to_string(), cents.parse().expect("whole cents"))
    };
    let sql = format!(
        "SELECT CustomerId, sum(Quantity * {}) FROM Invoice JOIN InvoiceLine USING (InvoiceId)
        GROUP BY CustomerId ORDER BY CustomerId",
        cents("InvoiceLine.UnitPrice")
    );
    assert_eq!(told(db.iter().map(spent).collect()), ask(&sql));
    let below = db.iter().map(|it: &Employee| (it.id.get().to_string(), it.reports(&db).count()));
    let sql = "SELECT EmployeeId, (SELECT count(*) FROM Employee AS below
        WHERE below.ReportsTo = Employee.EmployeeId) FROM Employee ORDER BY EmployeeId";
    assert_eq!(told(below.collect()), ask(sql));
}

/// The ten questions, asked in SQL of the same files.
#[test]
fn sqlite_answers_the_questions_alike() {
    let Some((files, db)) = loaded("sqlite_answers_the_questions_alike") else { return };
    let (sqlite, db) = (in_sqlite(&files), db.read());
    let sql: Vec<&str> = include_str!("chinook/questions.sql").split("\n\n").collect();
    assert_eq!(sql.len(), questions::QUESTIONS.len());
    for (question, sql) in questions::QUESTIONS.iter().zip(sql) {
        assert!(sql.contains(question.text), "{sql} is asked for: {}", question.text);
        let ours = question.ask(&db).expect("nothing overflows");
        assert!(!ours.is_empty(), "{}", question.text);
        let mut query = sqlite.prepare(sql).expect("the query is right");
        let columns = query.column_count();
        let cell = |row: &Row<'_>, column| row.get_ref(column).map(text);
        let rows = query.query_map([], |row| (0..columns).map(|it| cell(row, it)).collect());
        let theirs: Vec<Vec<String>> = rows.and_then(Iterator::collect).expect("SQLite answers");
        assert_eq!(ours, theirs, "{}", question.text);
    }
}

/// As models are called: `media_type`.
fn model_name(table: &str) -> String {
    let mut name = String::new();
    for letter in table.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// The keys of a table's rows.
fn keys(sqlite: &Connection, table: &str) -> Vec<Vec<String>> {
    let columns = key_of(table);
    let sql = format!("SELECT {} FROM {table} ORDER BY rowid", columns.join(", "));
    let mut select = sqlite.prepare(&sql).expect("the statement is right");
    let key = |row: &Row<'_>| (0..columns.len()).map(|column| row.get(column)).collect();
    let keys = select.query_map([], key).expect("SQLite answers");
    keys.collect::<Result<_, _>>().expect("SQLite answers")
}

/// Deletes a row in both; whether it is gone.
fn delete_in_both(tx: &mut Tx, sqlite: &Connection, table: &str, key: &[String]) -> bool {
    let by_name = match key {
        [number] => number.as_str().into(),
        several => ValueBuf::List(several.iter().map(|part| part.as_str().into()).collect()),
    };
    let ours = match tx.delete_from(&model_name(table), by_name) {
        Ok(()) => true,
        Err(Error::Restricted(_)) => false,
        Err(other) => panic!("{table} {key:?}: {other}"),
    };
    let is_key: Vec<String> = key_of(table).iter().map(|column| format!("{column} = ?")).collect();
    let sql = format!("DELETE FROM {table} WHERE {}", is_key.join(" AND "));
    let mut delete = sqlite.prepare_cached(&sql).expect("the statement is right");
    let theirs = match delete.execute(rusqlite::params_from_iter(key)) {
        Ok(rows) => rows == 1,
        Err(rusqlite::Error::SqliteFailure(error, _)) => {
            assert_eq!(error.extended_code, rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY);
            false
        }
        Err(other) => panic!("{table} {key:?}: {other}"),
    };
    assert_eq!(ours, theirs, "{table} {key:?}");
    ours
}

/// Each row by itself, with all others there; then all of them, children first, for good.
#[test]
fn sqlite_lets_the_same_rows_go() {
    let Some((files, db)) = loaded("sqlite_lets_the_same_rows_go") else { return };
    let sqlite = in_sqlite(&files);
    sqlite.execute_batch("PRAGMA foreign_keys = ON").expect("it is right");
    let (mut gone, mut kept) = (0, 0);
    for table in files::TABLES {
        for key in keys(&sqlite, table) {
            sqlite.execute_batch("BEGIN").expect("nothing is open");
            let mut tx = db.begin().expect("no transaction is open");
            match delete_in_both(&mut tx, &sqlite, table, &key) {
                true => gone += 1,
                false => kept += 1,
            }
            tx.rollback();
            sqlite.execute_batch("ROLLBACK").expect("it is open");
        }
    }
    assert_eq!(gone + kept, 15_607);
    assert!(gone > 10_000 && kept > 1_000, "{gone} go, {kept} do not");
    assert_eq!(damage::rows(&db.read()), 15_607, "all of it was taken back");
    sqlite.execute_batch("BEGIN").expect("nothing is open");
    let mut tx = db.begin().expect("no transaction is open");
    for table in files::TABLES.iter().rev() {
        for key in keys(&sqlite, table).iter().rev() {
            assert!(delete_in_both(&mut tx, &sqlite, table, key), "{table} {key:?}");
        }
    }
    tx.commit().expect("in memory");
    assert_eq!(damage::rows(&db.read()), 0);
    assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
}

fn text(cell: ValueRef<'_>) -> String {
    match cell {
        ValueRef::Null => "—".into(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned(),
    }
}

#[test]
fn employees_form_their_tree() {
    let Some((_, db)) = loaded("employees_form_their_tree") else { return };
    let db = db.read();
    let below = |number: u64| {
        let employee = Id::<Employee>::from_u64(number).expect("not 0");
        let mut reports: Vec<u64> =
            db[employee].reports(&db).iter().map(|it| it.id.get()).collect();
        reports.sort_unstable();
        reports
    };
    let tree: Vec<Vec<u64>> = (1..=8).map(below).collect();
    let none = Vec::new;
    let known = [vec![2, 6], vec![3, 4, 5], none(), none(), none(), vec![7, 8], none(), none()];
    assert_eq!(tree, known);
}

#[test]
fn empty_cells_are_nulls_and_spaces_are_kept() {
    let Some((_, db)) = loaded("empty_cells_are_nulls_and_spaces_are_kept") else { return };
    let db = &db.read();
    let found = [
        nulls(db, |track: &Track| &track.composer),
        nulls(db, |customer: &Customer| &customer.company),
        nulls(db, |customer: &Customer| &customer.state),
        nulls(db, |customer: &Customer| &customer.postal_code),
        nulls(db, |customer: &Customer| &customer.phone),
        nulls(db, |customer: &Customer| &customer.fax),
        nulls(db, |invoice: &Invoice| &invoice.billing_state),
        nulls(db, |invoice: &Invoice| &invoice.billing_postal_code),
        nulls(db, |employee: &Employee| &employee.reports_to),
    ];
    assert_eq!(found, [977, 49, 29, 4, 1, 47, 202, 28, 1]);
    let spaced = |town: &Option<String>| town.as_ref().is_some_and(|town| town.trim() != town);
    assert_eq!(db.iter().filter(|customer: &&Customer| spaced(&customer.city)).count(), 1);
    assert_eq!(db.iter().filter(|invoice: &&Invoice| spaced(&invoice.billing_city)).count(), 7);
}

#[test]
fn a_damaged_row_is_named_and_nothing_stays() {
    let Some(files) = files("a_damaged_row_is_named_and_nothing_stays") else { return };
    let db = models::database().expect("the models fit together");
    for damage in damage::damages() {
        let damaged = files.damaged(&damage).expect("the copy is well-formed");
        let error = load(&db, &damaged).map(drop).expect_err(damage.breaks);
        let message = error.to_string();
        let place = format!("{}.csv, line {}", damage.table, damage.line);
        assert_eq!(error.place(), place, "{message}");
        assert_eq!(error.constraint(), damage.breaks, "{message}");
        assert!(error.value().contains(&damage.value), "{message}");
        for part in [&place, damage.breaks, damage.value.as_str()] {
            assert!(message.contains(part), "{part} is not in: {message}");
        }
        assert_eq!(damage::rows(&db.read()), 0, "{message}");
        assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new(), "{message}");
    }
    load(&db, &files).expect("the same database takes the undamaged data");
    assert_eq!(damage::rows(&db.read()), 15_607);
}

#[test]
fn the_data_is_loaded_once() {
    let Some((files, db)) = loaded("the_data_is_loaded_once") else { return };
    let error = load(&db, &files).map(drop).expect_err("every key is taken");
    assert_eq!(
        (error.place(), error.constraint()),
        ("Genre.csv, line 2".into(), "genre_pkey".into())
    );
    assert_eq!(damage::rows(&db.read()), 15_607);
}

#[test]
fn the_report_is_printed() {
    let Some((files, db)) = loaded("the_report_is_printed") else { return };
    let print = || {
        let mut out = Vec::new();
        let page = &mut Page::new(&mut out, false);
        let tables = load(&models::database().expect("it opens"), &files).expect("it loads");
        report::loaded(page, &tables).expect("memory takes everything");
        report::show(page, &db.read()).expect("memory takes everything");
        questions::show(page, &db.read()).expect("memory takes everything");
        damage::show(page, &files).expect("every damage is refused");
        String::from_utf8(out).expect("a report is text")
    };
    let report = print();
    for line in
        ["Iron Maiden", "  │  ├─ Jane Peacock", "2,328.60", "album_artist_id_fkey", "15,607"]
    {
        assert!(report.contains(line), "{line} is not in:\n{report}");
    }
    assert_eq!(report, print());
}
