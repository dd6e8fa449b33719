//! Rows of every type there is, by chance: what comes back by name, by JSON and by CSV is what was there.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use bondstone::prelude::*;
use bondstone::reflect::ValueBuf;
use bondstone::{AsText, csv, json};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::Value as Json;

#[derive(Clone, Debug, Model)]
#[table("everything")]
pub struct Everything {
    #[key]
    pub first: i16,
    #[key]
    pub second: String,
    pub boolean: bool,
    pub small: (u8, i8, u16, i16),
    pub words: (u32, i32, u64, i64),
    pub large: (u128, i128),
    pub floats: (f32, f64),
    pub letter: char,
    pub text: Option<String>,
    pub twice: Option<Option<u32>>,
    pub wrapped: Option<Wrapped>,
    pub list: Vec<String>,
    pub array: [u8; 3],
    pub nothing: [u8; 0],
    pub set: BTreeSet<i64>,
    pub map: BTreeMap<String, Option<u8>>,
    pub pairs: BTreeMap<(bool, i8), Vec<u8>>,
    pub decimal: Decimal,
    pub timestamp: Timestamp,
    pub date: Date,
    pub uuid: Uuid,
    pub shape: Shape,
    pub tree: Tree,
    pub initial: Option<char>,
    pub json: Json,
    pub some_json: Option<Json>,
    pub wrapped_json: Option<Any>,
    pub many_json: Vec<Option<Json>>,
    #[codec(AsText)]
    pub address: Coded,
    #[codec(AsText)]
    pub gateway: Option<Coded>,
    #[mixin(given)]
    pub place: Place,
    #[index(tag)]
    pub kind: Kind,
    pub next: Option<Id<Everything>>,
}

/// JSON in a type of its own.
#[derive(Clone, Debug, PartialEq, Value)]
pub struct Any(pub Json);

/// No value of the engine's: a codec stores it.
#[derive(Clone, Debug, PartialEq)]
pub struct Coded(String);

impl Coded {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Coded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Coded {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::new(text))
    }
}

#[derive(Clone, Debug, PartialEq, Mixin)]
pub struct Place {
    pub street: Option<String>,
    pub house: Option<Option<char>>,
    #[default("Here")]
    pub city: String,
}

#[derive(Clone, Debug, PartialEq, Value, Variants)]
pub enum Kind {
    Plain,
    Of { level: u8, json: Option<Json> },
    Pair(i8, String),
}

/// A value around one that may be null.
#[derive(Clone, Debug, PartialEq, Value)]
pub struct Wrapped(pub Option<i32>);

#[derive(Clone, Debug, PartialEq, Value)]
pub struct Spot {
    pub x: i32,
    pub label: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Value)]
pub enum Shape {
    Dot,
    Circle { radius: f64 },
    Lines(Vec<(i16, i16)>, Option<bool>),
    Spot(Spot),
    Named(String),
    Empty {},
}

#[derive(Clone, Debug, PartialEq, Value)]
pub enum Tree {
    Leaf(u8),
    Maybe(Option<Box<Tree>>),
    Branches(Vec<Tree>),
}

/// Texts that other formats take for something else.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-z]{1,6}",
        "[\"{\\[,\\n\\\\' ä0]{1,5}",
        Just("null".to_owned()),
        Just("\"\"".to_owned()),
        any::<String>(),
    ]
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Dot),
        any::<f64>().prop_map(|radius| Shape::Circle { radius: finite(radius) }),
        (any::<Vec<(i16, i16)>>(), any::<Option<bool>>())
            .prop_map(|(lines, open)| Shape::Lines(lines, open)),
        (any::<i32>(), proptest::option::of(words()))
            .prop_map(|(x, label)| Shape::Spot(Spot { x, label })),
        words().prop_map(Shape::Named),
        Just(Shape::Empty {}),
    ]
}

/// A `NaN` is not equal to itself.
fn finite(number: f64) -> f64 {
    if number.is_nan() { 0.5 } else { number }
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = any::<u8>().prop_map(Tree::Leaf);
    leaf.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            proptest::option::of(inner.clone()).prop_map(|tree| Tree::Maybe(tree.map(Box::new))),
            proptest::collection::vec(inner, 0..3).prop_map(Tree::Branches),
        ]
    })
}

prop_compose! {
    fn numbers()(
        boolean: bool, small: (u8, i8, u16, i16), words: (u32, i32, u64, i64),
        large: (u128, i128), narrow: f32, wide: f64, letter: char, twice: Option<Option<u32>>,
        wrapped: Option<Option<i32>>, array: [u8; 3], set: BTreeSet<i64>,
    ) -> Everything {
        Everything {
            first: 0, second: String::new(), boolean, small, words, large,
            floats: (if narrow.is_nan() { -0.0 } else { narrow }, finite(wide)),
            letter, twice, wrapped: wrapped.map(Wrapped), array, nothing: [], set,
            text: None, list: Vec::new(), map: BTreeMap::new(), pairs: BTreeMap::new(),
            decimal: Decimal::ZERO, timestamp: Timestamp::UNIX_EPOCH,
            date: Date::constant(2026, 11, 23), uuid: Uuid::nil(), shape: Shape::Dot,
            tree: Tree::Leaf(0), initial: None, json: Json::Null, some_json: None,
            wrapped_json: None, many_json: Vec::new(), address: Coded::new(""), gateway: None,
            place: Place { street: None, house: None, city: String::new() }, kind: Kind::Plain,
            next: None,
        }
    }
}

/// JSON, above all what is taken for something else.
fn any_json() -> impl Strategy<Value = Json> {
    let plain = prop_oneof![
        3 => Just(Json::Null),
        1 => any::<bool>().prop_map(Json::from),
        1 => any::<u64>().prop_map(Json::from),
        1 => any::<i64>().prop_map(Json::from),
        1 => any::<f64>().prop_map(|number| Json::from(finite(number))),
        3 => words().prop_map(Json::from),
    ];
    plain.prop_recursive(4, 16, 3, |inside| {
        let fields = proptest::collection::btree_map(words(), inside.clone(), 0..3);
        prop_oneof![
            inside.clone().prop_map(|one| Json::from(vec![one])),
            proptest::collection::vec(inside, 0..3).prop_map(Json::from),
            fields.prop_map(Json::from_iter),
        ]
    })
}

/// A letter, above all a quote.
fn letter() -> impl Strategy<Value = char> {
    prop_oneof![Just('"'), Just('\\'), Just('\n'), any::<char>()]
}

prop_compose! {
    fn open_ended()(
        initial in proptest::option::of(letter()),
        json in any_json(),
        some_json in proptest::option::of(any_json()),
        wrapped_json in proptest::option::of(any_json().prop_map(Any)),
        many_json in proptest::collection::vec(proptest::option::of(any_json()), 0..3),
        address in words().prop_map(Coded::new),
        gateway in proptest::option::of(words().prop_map(Coded::new)),
        (street, city) in (proptest::option::of(words()), words()),
        house in proptest::option::of(proptest::option::of(letter())),
        kind in prop_oneof![
            Just(Kind::Plain),
            (any::<u8>(), proptest::option::of(any_json()))
                .prop_map(|(level, json)| Kind::Of { level, json }),
            (any::<i8>(), words()).prop_map(|(number, text)| Kind::Pair(number, text)),
        ],
        numbers in numbers(),
    ) -> Everything {
        let place = Place { street, house, city };
        Everything {
            initial, json, some_json, wrapped_json, many_json, address, gateway, place, kind,
            ..numbers
        }
    }
}

prop_compose! {
    fn row()(
        numbers in open_ended(),
        text in proptest::option::of(words()),
        list in proptest::collection::vec(words(), 0..3),
        map in proptest::collection::btree_map(words(), any::<Option<u8>>(), 0..3),
        pairs: BTreeMap<(bool, i8), Vec<u8>>,
        (mantissa, scale) in (any::<i64>(), 0..10_u32),
        second in -377_705_116_800_i64..253_402_207_200,
        (month, day) in (1..=12_i8, 1..=28_i8),
        uuid: u128,
        shape in shape(),
        tree in tree(),
    ) -> Everything {
        Everything {
            text, list, map, pairs, shape, tree,
            decimal: Decimal::new(mantissa, scale),
            timestamp: Timestamp::from_second(second).unwrap_or(Timestamp::MIN),
            date: Date::constant(2000, month, day),
            uuid: Uuid::from_u128(uuid),
            ..numbers
        }
    }
}

fn empty() -> Database {
    Database::builder().models::<Everything>().in_memory().expect("the model fits")
}

/// Each row has a key of its own, and refers to another one, be it itself.
fn filled(rows: Vec<Everything>) -> Database {
    let db = empty();
    let count = rows.len() as i16;
    let key = |place: i16| (place - 1, format!("key {place}"));
    let filled = db.write(|tx| {
        for (place, row) in rows.into_iter().enumerate() {
            let (first, second) = key(place as i16);
            tx.insert(Everything { first, second, ..row })?;
        }
        for place in 0..count {
            let next = Id::<Everything>::new(key((place * 7 + 3) % count));
            tx.update(Id::<Everything>::new(key(place)), |row| row.next = Some(next))?;
        }
        Ok(())
    });
    filled.expect("nothing refuses");
    db
}

fn state(db: &Database) -> Vec<String> {
    let snap = db.read();
    snap.query::<Everything>().order_by_key().into_iter().map(|row| format!("{row:?}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_comes_back_is_what_was_there(rows in proptest::collection::vec(row(), 1..6)) {
        let db = filled(rows);
        let text = json::export(&db.read()).unwrap();
        let by_json = empty();
        by_json.write(|tx| json::import(tx, &text)?.all()).unwrap();
        prop_assert_eq!(state(&by_json), state(&db), "{}", text);

        let mut bytes = Vec::new();
        csv::export(db.read().table("everything").unwrap(), &mut bytes).unwrap();
        let by_csv = empty();
        by_csv.write(|tx| csv::import(tx, "everything", &bytes[..])?.all()).unwrap();
        prop_assert_eq!(state(&by_csv), state(&db), "{}", String::from_utf8_lossy(&bytes));

        // By name: every row is replaced by itself, value by value.
        let before = state(&db);
        let snap = db.read();
        db.write(|tx| {
            for row in snap.table("everything")? {
                tx.update_in("everything", row.key(), row.values()?)?;
                for (name, value) in row.values()? {
                    if name != "next" {
                        assert_eq!(tx.table("everything")?.row(row.key())?.get(name)?, value);
                    }
                }
            }
            Ok(())
        }).unwrap();
        prop_assert_eq!(state(&db), before);
        prop_assert_eq!(db.check().unwrap(), Vec::<String>::new());
    }
}

#[test]
fn numbers_that_json_does_not_have_are_texts() {
    let row = |first: i16, wide: f64| Everything {
        first,
        floats: (f32::MAX, wide),
        large: (u128::MAX, i128::MIN),
        ..sample()
    };
    let db = empty();
    db.write(|tx| {
        for (first, wide) in [(1, f64::NAN), (2, f64::INFINITY), (3, f64::NEG_INFINITY), (4, -0.0)]
        {
            tx.insert(row(first, wide))?;
        }
        Ok(())
    })
    .unwrap();
    let text = json::export(&db.read()).unwrap();
    for part in
        ["NaN", "\"inf\"", "\"-inf\"", "-0.0", "\"340282366920938463463374607431768211455\""]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let copy = empty();
    copy.write(|tx| json::import(tx, &text)?.all()).unwrap();
    assert_eq!(state(&copy), state(&db));
}

#[test]
fn digits_are_never_lost_in_silence() {
    let db = empty();
    let with = |floats: ValueBuf| {
        let mut values = json_of(&sample());
        let place = values.iter().position(|(name, _)| name == "floats").expect("it is there");
        values[place].1 = floats;
        db.write(|tx| tx.insert_into("everything", values)).map_err(|error| error.to_string())
    };
    let both = |narrow: f64, wide: ValueBuf| ValueBuf::List(vec![narrow.into(), wide]);
    assert!(with(both(0.1, 1.into())).unwrap_err().contains("is no f32"));
    assert!(with(both(0.5, ((1_i64 << 60) + 1).into())).unwrap_err().contains("is no f64"));
    assert!(with(both(0.5, 7.into())).is_ok());
}

fn sample() -> Everything {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    row().new_tree(&mut runner).expect("nothing is filtered").current()
}

fn json_of(row: &Everything) -> Vec<(String, ValueBuf)> {
    let db = empty();
    db.write(|tx| tx.insert(row.clone()).map(drop)).expect("nothing refuses");
    let snap = db.read();
    let row = snap.table("everything").expect("it is there").rows().next().expect("it is there");
    let values = row.values().expect("they can be read");
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
