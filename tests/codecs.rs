//! Columns of foreign types, by codecs; and values that keep a rule of their own.

use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;
use std::sync::Mutex;

use bondstone::prelude::*;
use bondstone::vfs::sim::SimDisk;
use bondstone::{AsText, Builder, Codec};
use serde_json::{Value as Json, json};

/// A foreign type that can be changed behind a reference.
#[derive(Debug, Default)]
struct Counter(Mutex<Vec<u64>>);

impl Counter {
    fn with(numbers: &[u64]) -> Self {
        Self(Mutex::new(numbers.to_vec()))
    }

    fn push(&self, number: u64) {
        self.0.lock().unwrap().push(number);
    }

    fn numbers(&self) -> Vec<u64> {
        self.0.lock().unwrap().clone()
    }
}

impl Clone for Counter {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.numbers()))
    }
}

impl PartialEq for Counter {
    fn eq(&self, other: &Self) -> bool {
        self.numbers() == other.numbers()
    }
}

/// Stores the numbers.
struct Numbers;

impl Codec<Counter> for Numbers {
    type Stored = Vec<u64>;
    type Error = Infallible;

    fn encode(value: &Counter) -> Vec<u64> {
        value.numbers()
    }

    fn decode(stored: Vec<u64>) -> Result<Counter, Infallible> {
        Ok(Counter(Mutex::new(stored)))
    }
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("hosts")]
struct Host {
    #[key]
    id: Id<Host>,
    name: String,
    #[codec(AsText)]
    #[unique]
    address: IpAddr,
    #[codec(AsText)]
    #[index]
    gateway: Option<IpAddr>,
    #[codec(Numbers)]
    #[default(Counter::with(&[1]))]
    seen: Counter,
}

fn host(name: &str, address: &str) -> NewHost {
    NewHost { name: name.into(), address: address.parse().unwrap(), gateway: None }
}

fn hosts() -> Builder {
    Database::builder().models::<Host>().background(false)
}

#[test]
fn s52_a_foreign_type_is_a_column_by_its_codec() -> Result<(), Error> {
    let db = hosts().in_memory()?;
    let (one, two) = db.write(|tx| {
        let one = tx.insert(host("one", "10.0.0.1"))?;
        let two =
            tx.insert_with(host("two", "10.0.0.2"), |two| two.gateway = Some(tx_gateway()))?;
        let same = tx.insert(host("same", "10.0.0.1")).unwrap_err();
        assert!(same.violates(Host::ADDRESS) && same.violates("hosts_address_key"), "{same}");
        assert!(same.to_string().contains("\"10.0.0.1\""), "{same}");
        Ok((one, two))
    })?;
    let snap = db.read();
    assert_eq!(snap.find(Host::ADDRESS, "10.0.0.2").map(|host| host.id), Some(two));
    assert_eq!(snap.query().filter(Host::ADDRESS.starts_with("10.")).count(), 2);
    assert_eq!(snap.query().filter(Host::GATEWAY.is_none()).ids(), [one]);
    let by_gateway = snap.query().filter(Host::GATEWAY.eq("10.0.0.254"));
    assert_eq!(by_gateway.ids(), [two]);
    assert_eq!(snap[one].seen.numbers(), [1], "the default");
    assert_eq!(snap.query().filter(Host::SEEN.eq(vec![1])).count(), 2);
    db.write(|tx| {
        tx.update(one, |host| host.address = "10.0.0.9".parse().unwrap())?;
        assert!(tx.find(Host::ADDRESS, "10.0.0.1").is_none());
        Ok(())
    })?;
    assert_eq!(db.check()?, Vec::<String>::new());
    Ok(())
}

fn tx_gateway() -> IpAddr {
    "10.0.0.254".parse().unwrap()
}

#[test]
fn foreign_types_are_kept_in_files() -> Result<(), Error> {
    let disk = SimDisk::new(1);
    let db = hosts().open_in(disk.clone())?;
    let one = db.write(|tx| tx.insert(host("one", "10.0.0.1")))?;
    db.checkpoint()?;
    db.write(|tx| {
        tx.update(one, |host| {
            host.seen.push(7);
            host.gateway = Some(tx_gateway());
        })?;
        tx.insert(host("two", "::1"))
    })?;
    let before: Vec<Host> = db.read().iter::<Host>().cloned().collect();
    db.close()?;
    let db = hosts().open_in(disk)?;
    let after: Vec<Host> = db.read().iter::<Host>().cloned().collect();
    assert_eq!(before, after);
    assert_eq!(after[0].seen.numbers(), [1, 7]);
    assert_eq!(db.read().find(Host::ADDRESS, "::1").map(|host| host.name.as_str()), Some("two"));
    Ok(())
}

/// Rows with what may change behind a reference are never in two places: readers and the engine see one.
#[test]
fn rows_that_cannot_be_moved_are_not() -> Result<(), Error> {
    let db = hosts().in_memory()?;
    let ids = db.write(|tx| {
        (0..200)
            .map(|n| tx.insert(host(&format!("host {n}"), &format!("10.0.1.{n}"))))
            .collect::<Result<Vec<_>, _>>()
    })?;
    for round in 0..20_u64 {
        db.write(|tx| {
            for id in &ids {
                tx.update(*id, |host| host.seen.push(round))?;
            }
            Ok(())
        })?;
        let another = || db.write(|tx| tx.update(ids[1], |host| host.name.push('x')).map(drop));
        another()?;
        another()?;
        // A reader holds on to a row whose older versions are gone: here the engine moves others into their slot.
        let snap = db.read();
        (0..5).try_for_each(|_| another())?;
        snap[ids[0]].seen.push(1000 + round);
        assert!(db.read()[ids[0]].seen.numbers().ends_with(&[1000 + round]));
    }
    let seen = db.read()[ids[0]].seen.numbers();
    assert_eq!(seen.len(), 1 + 2 * 20);
    assert_eq!(db.check()?, Vec::<String>::new());
    db.write(|tx| ids.iter().try_for_each(|id| tx.delete(*id).map(drop)))?;
    assert_eq!(db.read().count::<Host>(), 0);
    Ok(())
}

mod as_text {
    use super::*;

    #[derive(Clone, Debug, Model)]
    #[table("hosts")]
    pub struct Host {
        #[key]
        pub id: Id<Host>,
        pub name: String,
        pub address: String,
    }
}

#[test]
fn what_a_codec_refuses_is_refused_at_opening() -> Result<(), Error> {
    for (address, opens) in [("10.0.0.1", true), ("somewhere", false)] {
        let disk = SimDisk::new(1);
        let old = Database::builder().models::<as_text::Host>().background(false);
        let old = old.open_in(disk.clone())?;
        let new = as_text::NewHost { name: "one".into(), address: address.into() };
        old.write(|tx| tx.insert(new))?;
        old.checkpoint()?;
        old.close()?;
        match hosts().open_in(disk) {
            Ok(db) => {
                assert!(opens);
                let first = db.read().iter::<Host>().next().cloned().unwrap();
                assert_eq!((first.address.to_string(), first.gateway), (address.to_owned(), None));
                assert_eq!(first.seen.numbers(), [1], "an added column gets its default");
            }
            Err(error) => {
                assert!(!opens && error.to_string().contains("address"), "{error}");
                assert!(error.to_string().contains("cannot be decoded"), "{error}");
            }
        }
    }
    Ok(())
}

/// An address with one `@`, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
#[value(try_from)]
struct Email(String);

#[derive(Debug)]
struct NoEmail;

impl fmt::Display for NoEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an e-mail address has one @")
    }
}

impl TryFrom<String> for Email {
    type Error = NoEmail;

    fn try_from(text: String) -> Result<Self, NoEmail> {
        if text.matches('@').count() == 1 { Ok(Self(text.to_lowercase())) } else { Err(NoEmail) }
    }
}

#[derive(Clone, Debug, Model)]
#[table("hosts")]
struct Account {
    #[key]
    id: Id<Account>,
    #[unique]
    #[was("address")]
    email: Email,
    other: Option<Email>,
}

#[test]
fn s52_a_newtype_keeps_its_rule_in_files() -> Result<(), Error> {
    for (address, opens) in [("Ann@X.org", true), ("nowhere", false)] {
        let disk = SimDisk::new(1);
        /// A struct of one field is stored as that says.
        #[derive(Clone, Debug, PartialEq, Value)]
        struct Plain(String);
        #[derive(Clone, Debug, Model)]
        #[table("hosts")]
        struct Before {
            #[key]
            id: Id<Before>,
            address: Plain,
        }
        let old = Database::builder().models::<Before>().background(false).open_in(disk.clone())?;
        old.write(|tx| tx.insert(NewBefore { address: Plain(address.into()) }))?;
        old.close()?;
        let new = Database::builder().models::<Account>().background(false).open_in(disk);
        match new {
            Ok(db) => {
                assert!(opens);
                let email = Email::try_from("ann@x.org".to_owned()).unwrap();
                assert!(db.read().find(Account::EMAIL, &email).is_some());
            }
            Err(error) => {
                assert!(!opens && error.to_string().contains("one @"), "{error}");
            }
        }
    }
    Ok(())
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("events")]
struct Event {
    #[key]
    id: Id<Event>,
    data: Json,
    more: Option<Json>,
}

fn events() -> [Json; 3] {
    [
        json!({ "user": { "name": "Ann", "age": 41 }, "clicks": [3, 7.5, true], "empty": {} }),
        json!({ "user": null, "big": u64::MAX, "small": i64::MIN, "float": 1.0, "tiny": 1e-300 }),
        json!(["a", [], "\u{0}\u{ffff}"]),
    ]
}

#[test]
fn s52_json_is_a_column_with_paths() -> Result<(), Error> {
    let db = Database::builder().models::<Event>().in_memory()?;
    let [ann, null, list] = db.write(|tx| {
        let ids: Result<Vec<_>, _> =
            events().map(|data| tx.insert(NewEvent { data, more: None })).into_iter().collect();
        Ok(<[Id<Event>; 3]>::try_from(ids?).unwrap())
    })?;
    let snap = db.read();
    let found = |condition: Pred<Event>| snap.query().filter(condition).ids();
    assert_eq!(found(Event::DATA.at("/user/name").as_text().starts_with("A")), [ann]);
    assert_eq!(found(Event::DATA.at("/user/age").as_int().within(40..50)), [ann]);
    assert_eq!(found(Event::DATA.at("/clicks/1").as_float().gt(7.0)), [ann]);
    assert_eq!(found(Event::DATA.at("/clicks/2").as_bool().is_true()), [ann]);
    assert_eq!(found(Event::DATA.at("/user").eq(Json::Null)), [null], "null is a value");
    assert_eq!(found(Event::DATA.at("/user").is_none()), [list], "nothing is not");
    assert_eq!(found(Event::DATA.at("/user/name").as_int().is_some()), [ann; 0]);
    assert_eq!(found(Event::MORE.at("/x").is_some()), [ann; 0]);
    assert_eq!(found(Event::DATA.eq(events()[2].clone())), [list]);
    let names = snap.query::<Event>().select(Event::DATA.at("/user/name").as_text());
    let names: Vec<Option<String>> = names.into_iter().collect();
    assert_eq!(names, [Some("Ann".to_owned()), None, None]);
    Ok(())
}

#[test]
fn json_is_kept_in_files() -> Result<(), Error> {
    let disk = SimDisk::new(1);
    let open = || Database::builder().models::<Event>().background(false).open_in(disk.clone());
    let db = open()?;
    db.write(|tx| {
        events()
            .into_iter()
            .try_for_each(|data| tx.insert(NewEvent { more: Some(json!([data])), data }).map(drop))
    })?;
    db.checkpoint()?;
    db.write(|tx| tx.insert(NewEvent { data: Json::Null, more: Some(Json::Null) }))?;
    let before: Vec<Event> = db.read().iter::<Event>().cloned().collect();
    db.close()?;
    let after: Vec<Event> = open()?.read().iter::<Event>().cloned().collect();
    assert_eq!(before, after);
    assert_eq!(after[3].more, Some(Json::Null), "not `None`");
    Ok(())
}

#[test]
fn json_that_is_too_deep_is_refused_before_it_is_written() -> Result<(), Error> {
    let disk = SimDisk::new(1);
    let db = Database::builder().models::<Event>().background(false).open_in(disk)?;
    let deep = |levels| (0..levels).fold(Json::Null, |inside, _| json!([inside]));
    db.write(|tx| tx.insert(NewEvent { data: deep(100), more: None }))?;
    let refused = db.write(|tx| tx.insert(NewEvent { data: deep(1000), more: None }));
    assert!(refused.is_err());
    assert_eq!(db.read().count::<Event>(), 1);
    Ok(())
}
