//! Files of every version of the format: what was written once is read for ever.
//!
//! ```text
//! tests/golden/1/torn/          the files of a database, and its rows as text: `rows.txt`
//! ```
//!
//! Each directory of each version is opened, by today's program, and its rows are compared. Those of the newest version are also
//! written anew, with the same seed: a byte that differs is another format, and wants another number. `BONDSTONE_GOLDEN=write`
//! writes them, for a new version.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use bondstone::Level;
use bondstone::files::log;
use bondstone::prelude::*;
use bondstone::vfs::sim::SimDisk;

use crate::story::{nth, program};

#[derive(Clone, Debug, Model)]
#[table("people")]
#[has_many(pets: Pet)]
#[check(grown: self.age >= 18)]
struct Person {
    #[key]
    id: Id<Person>,
    #[unique]
    name: String,
    #[index]
    age: i32,
    boss_id: Option<Id<Person>>,
}

#[derive(Clone, Debug, Model)]
#[table("pets")]
#[unique(by_owner_and_name: owner_id, name)]
struct Pet {
    #[key]
    tag: u32,
    #[on_delete(cascade)]
    owner_id: Id<Person>,
    name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
enum Color {
    Red,
    Green,
}

#[derive(Clone, Debug, PartialEq, Value)]
enum Shape {
    Dot,
    Circle { radius: f64 },
    Lines(Vec<(i16, i16)>, Option<Color>),
}

#[derive(Clone, Debug, PartialEq, Value)]
struct Spot {
    x: i32,
    label: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Value)]
enum Json {
    Null,
    Text(String),
    List(Vec<Json>),
}

/// A column of every type.
#[derive(Clone, Debug, Model)]
#[table("columns")]
struct Columns {
    #[key]
    first: u16,
    #[key]
    second: String,
    boolean: bool,
    bytes: (u8, i8, u16, i16),
    words: (u32, i32, u64, i64),
    large: (u128, i128),
    floats: (f32, f64),
    letter: char,
    option: Option<u32>,
    list: Vec<String>,
    array: [u8; 3],
    set: BTreeSet<i64>,
    map: BTreeMap<String, u8>,
    decimal: Decimal,
    timestamp: Timestamp,
    date: Date,
    uuid: Uuid,
    color: Color,
    shape: Shape,
    spot: Spot,
    json: Json,
}

fn columns(number: u16) -> Columns {
    let low = number == 0;
    let text = |text: &str| if low { String::new() } else { text.to_owned() };
    Columns {
        first: number,
        second: text("key ä"),
        boolean: low,
        bytes: if low { (0, i8::MIN, 0, i16::MIN) } else { (u8::MAX, -1, u16::MAX, -1) },
        words: if low { (0, i32::MIN, 0, i64::MIN) } else { (u32::MAX, -1, u64::MAX, -1) },
        large: if low { (0, i128::MIN) } else { (u128::MAX, -1) },
        floats: if low { (-0.0, f64::MIN_POSITIVE) } else { (1.5, f64::INFINITY) },
        letter: if low { '\0' } else { '€' },
        option: (!low).then_some(7),
        list: vec![text("a"); usize::from(number)],
        array: [1, 2, number as u8],
        set: if low { BTreeSet::new() } else { [-1, 5].into() },
        map: if low { BTreeMap::new() } else { [("k".to_owned(), 1)].into() },
        decimal: if low { Decimal::ZERO } else { Decimal::new(-12_345, 2) },
        timestamp: Timestamp::from_second(i64::from(number) * 1_000_000_000)
            .expect("it is in range"),
        date: Date::constant(2024, 2, 29),
        uuid: Uuid::from_u128(u128::from(number) << 100),
        color: if low { Color::Red } else { Color::Green },
        shape: match number {
            0 => Shape::Dot,
            1 => Shape::Circle { radius: 2.5 },
            _ => Shape::Lines(vec![(1, -1)], Some(Color::Green)),
        },
        spot: Spot { x: -5, label: (!low).then(|| "here".to_owned()) },
        json: if low {
            Json::Null
        } else {
            Json::List(vec![Json::Text("x".into()), Json::List(vec![])])
        },
    }
}

fn open(disk: &SimDisk) -> Database {
    let program = program::<(Person, Columns)>().log_segment(1_500);
    program.open_in(disk.clone()).expect("the disk is well")
}

fn rows(db: &Database) -> String {
    let snap = db.read();
    let mut rows = Vec::new();
    rows.extend(snap.query::<Person>().order_by_key().into_iter().map(|row| format!("{row:?}\n")));
    rows.extend(snap.query::<Pet>().order_by_key().into_iter().map(|row| format!("{row:?}\n")));
    rows.extend(snap.query::<Columns>().order_by_key().into_iter().map(|row| format!("{row:?}\n")));
    rows.concat()
}

fn people(db: &Database, names: &[&str]) {
    for name in names {
        let written = db.write(|tx| {
            let boss_id = tx.query::<Person>().order_by_key().first().map(|boss| boss.id);
            let id = tx.insert(NewPerson { name: (*name).into(), age: 30, boss_id })?;
            tx.insert(Pet { tag: id.get() as u32 * 10, owner_id: id, name: None }).map(drop)
        });
        written.expect("nothing refuses");
    }
}

fn changes(db: &Database) {
    let changed = db.write(|tx| {
        let last = nth::<Person>(tx, 1);
        tx.delete(last)?;
        let first = nth::<Person>(tx, 0);
        tx.update(first, |person| person.age = 99).map(drop)
    });
    changed.expect("nothing refuses");
}

/// A directory's name, and what is written into it.
type Case = (&'static str, fn(&SimDisk));

const CASES: [Case; 6] = [
    ("log", |disk| {
        let db = open(disk);
        people(&db, &["ann", "bob", "eve"]);
        changes(&db);
        db.close().expect("the disk is well");
    }),
    ("snapshot", |disk| {
        let db = open(disk);
        people(&db, &["ann", "bob", "eve"]);
        changes(&db);
        db.checkpoint().expect("the disk is well");
        db.close().expect("the disk is well");
    }),
    ("both", |disk| {
        let db = open(disk);
        people(&db, &["ann", "bob", "eve"]);
        db.checkpoint().expect("the disk is well");
        changes(&db);
        people(&db, &["joe"]);
        drop(db);
    }),
    ("rotation", |disk| {
        let db = open(disk);
        people(&db, &["ann", "bob", "eve", "joe", "kim", "lee", "may", "ned", "oli", "pat"]);
        drop(db);
        assert!(disk.names().iter().filter(|name| name.starts_with("log-")).count() > 1);
    }),
    ("torn", |disk| {
        let db = open(disk);
        people(&db, &["ann"]);
        let unsafe_one = NewPerson { name: "lost".into(), age: 20, boss_id: None };
        db.write_at(Level::Buffered, |tx| tx.insert(unsafe_one).map(drop))
            .expect("nothing refuses");
        drop(db);
        let name =
            disk.names().into_iter().rfind(|name| name.starts_with("log-")).expect("there is one");
        let bytes = disk.bytes(&name).expect("it is there");
        disk.put(&name, &bytes[..bytes.len() - 5]);
    }),
    ("columns", |disk| {
        let db = open(disk);
        let insert =
            |number| db.write(|tx| tx.insert(columns(number)).map(drop)).expect("nothing refuses");
        insert(0);
        insert(1);
        db.checkpoint().expect("the disk is well");
        insert(2);
        db.close().expect("the disk is well");
    }),
];

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

fn newest() -> PathBuf {
    directory().join(log::FORMAT.to_string())
}

/// The files of a case, without the lock, which holds nothing.
fn files(disk: &SimDisk) -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<_, _> = disk.into();
    files.remove("lock");
    files
}

fn entries(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("it can be read").path()).collect();
    paths.sort();
    paths
}

fn file_name(path: &Path) -> String {
    path.file_name().expect("it has one").to_string_lossy().into_owned()
}

/// A case as it was written once: its files, and its rows as text.
fn read(case: &Path) -> (BTreeMap<String, Vec<u8>>, String) {
    let bytes = |path: &PathBuf| fs::read(path).expect("it can be read");
    let mut files: BTreeMap<String, Vec<u8>> =
        entries(case).iter().map(|path| (file_name(path), bytes(path))).collect();
    let rows = files.remove("rows.txt").expect("each case has its rows");
    (files, String::from_utf8(rows).expect("it is text"))
}

fn disk_of(files: &BTreeMap<String, Vec<u8>>) -> SimDisk {
    let disk = SimDisk::new(1);
    files.iter().for_each(|(name, bytes)| disk.put(name, bytes.clone()));
    disk
}

#[test]
fn files_of_every_version_open_as_they_did() {
    write_if_asked();
    let mut opened = 0;
    for version in entries(&directory()) {
        for case in entries(&version) {
            let (files, expected) = read(&case);
            let db = open(&disk_of(&files));
            assert_eq!(rows(&db), expected, "{}", case.display());
            assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
            let torn = db.opened().expect("from files").cut().is_some();
            assert_eq!(torn, file_name(&case) == "torn", "{}", case.display());
            opened += 1;
        }
    }
    assert!(opened >= CASES.len());
}

#[test]
fn other_bytes_are_another_format() {
    write_if_asked();
    for (name, write) in CASES {
        let disk = SimDisk::new(1);
        write(&disk);
        let (golden, _) = read(&newest().join(name));
        let written = files(&disk);
        assert!(written.keys().eq(golden.keys()), "{name}: {:?}", written.keys());
        for (file, bytes) in &golden {
            let same =
                written[file].iter().zip(bytes).take_while(|(one, other)| one == other).count();
            let (length, before) = (written[file].len(), bytes.len());
            assert!(
                same == length && same == before,
                "{name}/{file} differs at byte {same} ({length} bytes, it was {before}): a new format has a new number"
            );
        }
    }
}

fn write_if_asked() {
    if env::var_os("BONDSTONE_GOLDEN").is_none() {
        return;
    }
    for (name, write) in CASES {
        let disk = SimDisk::new(1);
        write(&disk);
        let case = newest().join(name);
        fs::create_dir_all(&case).expect("there is room");
        for (file, bytes) in files(&disk) {
            fs::write(case.join(file), bytes).expect("there is room");
        }
        let rows = rows(&open(&disk.copy()));
        fs::write(case.join("rows.txt"), rows).expect("there is room");
    }
}
