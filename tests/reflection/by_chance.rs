//! Rows by chance, of models with everything that one may have: what the schema allows is accepted, and met.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fmt::Debug;
use std::time::Duration;

use bondstone::Codec;
use bondstone::prelude::*;
use bondstone::proptest::{AnyNew, AnyRows, any_new, any_rows};
use bondstone::reflect::ValueBuf;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use crate::round_trip::Everything;

/// Longer than any text that somebody would write into a test.
const LONG: usize = 500;

/// A row with limits, a rule, parts of its own, and what the engine fills in.
#[derive(Clone, Debug, Model)]
#[table("parcels")]
#[check(heavier: self.gross >= self.net)]
struct Parcel {
    #[key(uuid)]
    id: Id<Parcel>,
    #[max_len(5)]
    code: String,
    #[max_len(LONG)]
    note: Option<String>,
    #[decimal(5, 2)]
    net: Decimal,
    #[decimal(7, 3)]
    gross: Decimal,
    #[decimal(3, 3)]
    share: Option<Decimal>,
    #[codec(Seconds)]
    travels: Duration,
    #[mixin(given)]
    place: Place,
    node: Node,
    odd: Ends,
    names: BTreeSet<String>,
    letters: BTreeSet<char>,
    days: BTreeSet<Date>,
    by_amount: BTreeMap<Decimal, u8>,
    by_flag: BTreeMap<bool, Option<Option<u8>>>,
    by_number: BTreeMap<u128, ()>,
    sender: Id<Party>,
    receiver: Option<Id<Party>>,
    #[version]
    revision: u64,
}

#[derive(Clone, Debug, PartialEq, Mixin)]
#[check(somewhere: !self.street.is_empty())]
struct Place {
    #[max_len(40)]
    street: String,
    house: u16,
    #[default("Here")]
    city: String,
}

/// Contains itself in a map and in a set: nothing ends it but that these may be empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Value)]
struct Node {
    children: BTreeMap<String, Node>,
    friends: BTreeSet<Node>,
}

/// Every variant may contain itself, one need not; another one always does.
#[derive(Clone, Debug, PartialEq, Value)]
enum Ends {
    Always(Box<Ends>),
    Perhaps(Vec<Ends>),
    Between(Box<Between>),
}

#[derive(Clone, Debug, PartialEq, Value)]
enum Between {
    Back(Ends),
    Twice(Ends, Box<Between>),
}

/// Stored as a number.
struct Seconds;

impl Codec<Duration> for Seconds {
    type Stored = u64;
    type Error = Infallible;

    fn encode(value: &Duration) -> u64 {
        value.as_secs()
    }

    fn decode(stored: u64) -> Result<Duration, Infallible> {
        Ok(Duration::from_secs(stored))
    }
}

/// Of two columns, one of which refers to its own table.
#[derive(Clone, Debug, Model)]
#[table("parties")]
struct Party {
    #[key]
    country: u8,
    #[key]
    #[max_len(6)]
    number: String,
    partner: Option<Id<Party>>,
}

#[derive(Clone, Debug, Model)]
#[singleton]
#[table("settings")]
struct Settings {
    #[default("light")]
    theme: String,
    #[default(None)]
    usual: Option<Id<Party>>,
}

/// The same chance each time.
fn runner(cases: u32) -> TestRunner {
    let config = Config { failure_persistence: None, ..Config::with_cases(cases) };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn samples<T: Debug>(strategy: impl Strategy<Value = T>, cases: usize) -> Vec<T> {
    let mut runner = runner(1);
    let sample = |_| strategy.new_tree(&mut runner).expect("nothing is filtered").current();
    (0..cases).map(sample).collect()
}

/// Inserts so many rows of `M`, each of which must be accepted, into a database with `parties`; they are.
fn accepted<M: Clone + Plural>(cases: usize, parties: &[Party]) -> Vec<M> {
    let db = Database::builder().models::<(M, Party)>().in_memory().expect("the models fit");
    db.write(|tx| tx.insert_all(parties.iter().cloned())).expect("nothing refuses");
    let rows = samples(any_new::<M>(), cases).into_iter().map(|row| {
        let shown = format!("{row:?}");
        let mut tx = db.begin().expect("it begins");
        let id = tx.insert(row).unwrap_or_else(|error| panic!("{error}: {shown}"));
        tx[id].clone()
    });
    rows.collect()
}

fn party(country: u8, number: &str) -> Party {
    Party { country, number: number.into(), partner: None }
}

#[test]
fn what_the_schema_allows_is_accepted_for_every_type() {
    let rows = accepted::<Everything>(200, &[]);
    let met = |what: fn(&Everything) -> bool| rows.iter().filter(|row| what(row)).count() > 1;
    assert!(met(|row| row.small.3 < 0) && met(|row| row.words.3 < 0) && met(|row| row.large.1 < 0));
    assert!(met(|row| row.words.2 > u64::from(u32::MAX)) && met(|row| row.large.0 > 1 << 100));
    assert!(met(|row| row.words.2 <= 100), "small ones more often than not");
    assert!(met(|row| row.floats.0 != 0.0) && met(|row| row.floats.1 == 0.0));
    assert!(met(|row| row.boolean) && met(|row| !row.boolean));
    assert!(met(|row| row.text.is_none()) && met(|row| row.text.is_some()));
    assert!(met(|row| row.twice == Some(None)) && met(|row| matches!(row.twice, Some(Some(_)))));
    assert!(met(|row| row.set.len() > 2) && met(|row| row.map.len() > 2));
    assert!(met(|row| row.list.is_empty()) && met(|row| row.list.len() > 2));
    assert!(met(|row| row.array.iter().any(|item| *item > 0)));
    assert!(met(|row| row.next.is_none()), "there is no row to refer to");
    let kinds: BTreeSet<String> = rows
        .iter()
        .map(|row| format!("{:?}", row.shape))
        .map(|shape| shape.split([' ', '(']).next().unwrap_or_default().to_owned())
        .collect();
    let all = ["Circle", "Dot", "Empty", "Lines", "Named", "Spot"];
    assert_eq!(kinds.iter().map(String::as_str).collect::<Vec<_>>(), all);
}

#[test]
fn limits_are_reached_and_never_passed() {
    let parties = [party(1, "a"), party(2, "b")];
    let rows = accepted::<Parcel>(200, &parties);
    let length = |text: &str| text.chars().count();
    assert!(rows.iter().any(|row| length(&row.code) == 5));
    let notes = rows.iter().filter_map(|row| row.note.as_deref());
    assert!(notes.clone().any(|note| length(note) == LONG), "{:?}", notes.map(length).max());
    assert!(rows.iter().any(|row| row.net.is_sign_negative()));
    assert!(rows.iter().any(|row| row.gross > dec!(999)), "as many digits as there may be");
    assert!(rows.iter().any(|row| row.share.is_some_and(|share| share > dec!(0.9))));
    assert!(rows.iter().all(|row| row.gross >= row.net && !row.place.street.is_empty()));
}

#[test]
fn what_has_parts_has_them() {
    let parties = [party(1, "a"), party(2, "b")];
    let rows = accepted::<Parcel>(200, &parties);
    let met = |what: fn(&Parcel) -> bool| rows.iter().any(what);
    assert!(met(|row| row.travels > Duration::from_secs(1000)), "of a codec: what is stored");
    assert!(rows.iter().all(|row| row.place.city == "Here"), "defaults stay");
    assert!(rows.iter().all(|row| row.revision == 1), "the engine's number");
    assert!(met(|row| row.node.children.values().any(|child| !child.children.is_empty())));
    assert!(met(|row| !row.node.friends.is_empty()));
    assert!(
        met(|row| matches!(row.odd, Ends::Always(_)))
            && met(|row| row.odd != Ends::Perhaps(Vec::new()))
    );
    assert!(met(|row| row.names.len() > 2) && met(|row| row.letters.len() > 2));
    assert!(met(|row| row.days.len() > 2) && met(|row| row.by_amount.len() > 2));
    assert!(met(|row| row.by_flag.len() == 2) && met(|row| row.by_number.len() > 2));
    let senders: BTreeSet<u8> = rows.iter().map(|row| row.sender.key().0).collect();
    assert_eq!(senders, BTreeSet::from([1, 2]));
    assert!(met(|row| row.receiver.is_none()) && met(|row| row.receiver.is_some()));
}

/// A quote and a backslash are written with others before them where texts are shown, and so they ascend otherwise.
#[test]
fn texts_ascend_as_they_are_and_not_as_they_are_shown() {
    let rows = accepted::<Parcel>(400, &[party(1, "a")]);
    let differs = |names: &BTreeSet<String>| {
        let shown: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
        !shown.is_sorted()
    };
    assert!(rows.iter().any(|row| differs(&row.names)), "nothing of the kind was met");
}

#[test]
fn a_required_key_is_refused_where_there_is_nothing_to_refer_to() {
    let db = Database::builder().models::<Parcel>().in_memory().expect("the models fit");
    for row in samples(any_new::<Parcel>(), 5) {
        let error = db.write(|tx| tx.insert(row).map(drop)).unwrap_err();
        assert_eq!(error.to_string(), "`parties` has no row to refer to yet");
    }
}

#[test]
fn rows_of_a_whole_database_are_there_but_for_those_that_meet_a_key_twice() {
    let rows = samples(any_rows::<(Parcel, Settings, Everything)>(4..=6), 40);
    let (mut partners, mut receivers, mut next) = (0, 0, 0);
    for rows in rows {
        let db = rows.database();
        let snap = db.read();
        assert_eq!(db.check().expect("it can be checked"), Vec::<String>::new());
        assert!(snap.count::<Parcel>() >= 4, "{rows:?}");
        assert!(snap.count::<Party>() >= 1 && snap.count::<Everything>() >= 1);
        assert_eq!(snap.count::<Settings>(), 1);
        assert_eq!(snap.the::<Settings>().theme, "light");
        partners += snap.query::<Party>().filter(Party::PARTNER.is_some()).count();
        receivers += snap.query::<Parcel>().filter(Parcel::RECEIVER.is_some()).count();
        next += snap.query::<Everything>().filter(Everything::NEXT.is_some()).count();
    }
    assert!(partners > 20 && receivers > 40 && next > 20, "{partners}, {receivers}, {next}");
}

#[test]
fn the_same_rows_can_be_inserted_again() {
    for rows in samples(any_rows::<Parcel>(0..5), 10) {
        let state = |db: &Database| {
            let snap = db.read();
            let show = |name: &str| -> Vec<Vec<(&str, ValueBuf)>> {
                let table = snap.table(name).expect("it is there");
                table.rows().map(|row| row.values().expect("they can be read")).collect()
            };
            let without_keys = |mut row: Vec<(&'static str, ValueBuf)>| {
                row.retain(|(name, _)| *name != "id");
                format!("{row:?}")
            };
            let parcels: Vec<String> = {
                let table = snap.table("parcels").expect("it is there");
                table
                    .rows()
                    .map(|row| without_keys(row.values().expect("they can be read")))
                    .collect()
            };
            (show("parties"), parcels)
        };
        let (one, two) = (rows.database(), rows.clone().database());
        assert_eq!(format!("{:?}", state(&one)), format!("{:?}", state(&two)));
    }
}

/// What fails a property shrinks to the least that does.
#[test]
fn what_fails_shrinks() {
    let fails = |row: AnyNew<Parcel>| {
        let db = Database::builder().models::<Parcel>().in_memory().expect("the models fit");
        let parcel = db.write(|tx| {
            tx.insert(party(1, "a"))?;
            let id = tx.insert(row)?;
            Ok(tx[id].clone())
        });
        let parcel = parcel.map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert!(parcel.place.house < 17 || parcel.code.is_empty());
        Ok(())
    };
    let Err(TestError::Fail(_, least)) = runner(2000).run(&any_new::<Parcel>(), fails) else {
        panic!("nothing failed");
    };
    let shown = format!("{least:?}");
    for part in ["code: \"a\"", "house: 17", "note: null", "names: []", "sender: one of parties"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn of_a_database_what_does_not_matter_is_left_out() {
    let most = RefCell::new(0);
    let fails = |rows: AnyRows<Party>| {
        let count = rows.database().read().count::<Party>();
        let mut most = most.borrow_mut();
        *most = count.max(*most);
        prop_assert!(count < 3);
        Ok(())
    };
    let Err(TestError::Fail(_, least)) = runner(200).run(&any_rows::<Party>(0..30), fails) else {
        panic!("nothing failed");
    };
    assert_eq!(least.database().read().count::<Party>(), 3, "{least:?}");
    assert!(*most.borrow() > 3);
}
