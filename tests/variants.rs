//! Inheritance: enums with data in a column, and models that share the key of another.

use bondstone::prelude::*;

#[derive(Clone, Debug, PartialEq, Value)]
struct Employee {
    salary: u32,
    office: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Value, Variants)]
enum Kind {
    Employee(Employee),
    Customer { level: u8, city: Option<String> },
    Pair(u8, String),
    Guest,
}

#[derive(Clone, Debug, Model)]
#[table("parties")]
struct Party {
    #[key]
    id: Id<Party>,
    name: String,
    #[index(tag, CUSTOMER_LEVEL, CUSTOMER_CITY)]
    kind: Kind,
    #[index(tag)]
    before: Option<Kind>,
    /// Without an index.
    #[private]
    #[default(None)]
    next: Option<Kind>,
}

impl Party {
    /// What only employees have.
    #[hybrid]
    fn salary(&self) -> Option<u32> {
        Kind::EMPLOYEE.get(&self.kind).map(|employee| employee.salary)
    }
}

#[derive(Clone, Debug, Model)]
#[table("visits")]
struct Visit {
    #[key]
    id: Id<Visit>,
    party_id: Id<Party>,
}

fn employee(salary: u32) -> Kind {
    Kind::Employee(Employee { salary, office: None })
}

fn customer(level: u8, city: &str) -> Kind {
    Kind::Customer { level, city: (!city.is_empty()).then(|| city.to_owned()) }
}

fn parties() -> Result<Database, Error> {
    let db = Database::builder().models::<(Party, Visit)>().in_memory()?;
    db.write(|tx| {
        let kinds = [
            ("ann", employee(5000), None),
            ("bob", customer(3, "Rome"), Some(employee(1000))),
            ("cid", customer(7, ""), Some(Kind::Guest)),
            ("dan", Kind::Pair(1, "one".into()), Some(customer(1, "Oslo"))),
            ("eve", Kind::Guest, Some(Kind::Guest)),
        ];
        for (name, kind, before) in kinds {
            let party_id = tx.insert(NewParty { name: name.into(), kind, before })?;
            tx.insert(NewVisit { party_id })?;
        }
        Ok(())
    })?;
    Ok(db)
}

fn named(db: &View, condition: Pred<Party>) -> Vec<&str> {
    let found = db.query::<Party>().filter(condition).order_by_key();
    found.into_iter().map(|party| party.name.as_str()).collect()
}

#[test]
fn s55_the_variant_is_the_discriminator() -> Result<(), Error> {
    let db = parties()?;
    let snap = db.read();
    assert_eq!(named(&snap, Party::KIND.is(KindTag::Employee)), ["ann"]);
    assert_eq!(named(&snap, Party::KIND.is(KindTag::Customer)), ["bob", "cid"]);
    assert_eq!(named(&snap, !Party::KIND.is(KindTag::Customer)), ["ann", "dan", "eve"]);
    assert_eq!(named(&snap, Party::BEFORE.is(KindTag::Guest)), ["cid", "eve"]);
    assert_eq!(named(&snap, Party::BEFORE.tag().is_none()), ["ann"]);
    let several = Party::KIND.tag().in_([KindTag::Pair, KindTag::Guest]);
    assert_eq!(named(&snap, several), ["dan", "eve"]);
    let counts = snap.query::<Party>().group_by(Party::KIND.tag()).aggregate(count());
    let counts: Vec<(KindTag, u64)> =
        counts.into_iter().map(|(tag, count)| (tag, count as u64)).collect();
    use KindTag::{Customer, Employee, Guest, Pair};
    assert_eq!(counts, [(Employee, 1), (Customer, 2), (Pair, 1), (Guest, 1)]);
    let of_visits = snap.query().filter(Visit::PARTY_ID.to(Party::KIND.tag()).eq(Guest)).count();
    assert_eq!(of_visits, 1);
    assert_eq!(Variants::tag(&employee(1)), KindTag::Employee);
    Ok(())
}

#[test]
fn a_field_of_one_variant_is_null_in_the_others() -> Result<(), Error> {
    let db = parties()?;
    let snap = db.read();
    let level = || Party::KIND.case(Kind::CUSTOMER_LEVEL);
    assert_eq!(named(&snap, level().gt(3)), ["cid"]);
    assert_eq!(named(&snap, level().is_none()), ["ann", "dan", "eve"]);
    assert_eq!(named(&snap, Party::KIND.case(Kind::CUSTOMER_CITY).eq("Rome")), ["bob"]);
    assert_eq!(named(&snap, Party::KIND.case(Kind::CUSTOMER_CITY).is_some()), ["bob"]);
    assert_eq!(named(&snap, Party::KIND.case(Kind::PAIR_1).starts_with("o")), ["dan"]);
    assert_eq!(named(&snap, Party::BEFORE.case(Kind::CUSTOMER_CITY).eq("Oslo")), ["dan"]);
    let ann = Employee { salary: 5000, office: None };
    assert_eq!(named(&snap, Party::KIND.case(Kind::EMPLOYEE).eq(ann)), ["ann"]);
    assert_eq!(named(&snap, Party::SALARY.gt(100)), ["ann"]);
    let by_level = snap.query::<Party>().order_by((level().desc(), Party::NAME.asc())).limit(3);
    let names: Vec<_> = by_level.into_iter().map(|party| party.name.as_str()).collect();
    assert_eq!(names, ["cid", "bob", "ann"]);
    Ok(())
}

#[test]
fn tags_and_fields_of_variants_are_indexed() -> Result<(), Error> {
    let db = parties()?;
    db.write(|tx| {
        for number in 0..1000_u32 {
            let kind = if number % 100 == 0 {
                customer((number / 100) as u8 + 10, "Bonn")
            } else {
                Kind::Guest
            };
            let before = (number % 50 == 0).then(|| employee(number));
            tx.insert(NewParty { name: format!("party {number}"), kind, before })?;
        }
        Ok(())
    })?;
    let snap = db.read();
    let explained =
        |condition: Pred<Party>| snap.query::<Party>().filter(condition).explain().to_string();
    let uses = |condition: Pred<Party>, index: &str, rows: usize| {
        let plan = explained(condition.clone());
        assert!(plan.contains(&format!("index {index}")), "{plan}");
        assert_eq!(named(&snap, condition).len(), rows);
    };
    uses(Party::KIND.is(KindTag::Customer), "parties_kind_tag_idx", 12);
    uses(Party::BEFORE.is(KindTag::Employee), "parties_before_tag_idx", 21);
    uses(
        Party::KIND.case(Kind::CUSTOMER_LEVEL).within(11..14),
        "parties_kind_customer_level_idx",
        3,
    );
    uses(Party::KIND.case(Kind::CUSTOMER_CITY).eq("Rome"), "parties_kind_customer_city_idx", 1);
    let plan = explained(Party::NEXT.is(KindTag::Guest));
    assert!(!plan.contains("index"), "{plan}");
    let changed = snap.find_first(Party::KIND.is(KindTag::Employee));
    db.write(|tx| tx.update(changed, |ann| ann.kind = Kind::Guest).map(drop))?;
    assert_eq!(named(&db.read(), Party::KIND.is(KindTag::Employee)), [""; 0]);
    assert_eq!(db.check()?, Vec::<String>::new());
    Ok(())
}

trait First {
    fn find_first(&self, condition: Pred<Party>) -> Id<Party>;
}

impl First for View {
    fn find_first(&self, condition: Pred<Party>) -> Id<Party> {
        self.query::<Party>().filter(condition).first().unwrap().id
    }
}

// Joined inheritance: the child's key is the parent's.

#[derive(Clone, Debug, Model)]
#[table("people")]
#[has_one(worker: Worker)]
struct Person {
    #[key]
    id: Id<Person>,
    name: String,
}

#[derive(Clone, Debug, Model)]
#[table("workers")]
struct Worker {
    #[key]
    #[on_delete(cascade)]
    id: Id<Person>,
    wage: u32,
}

#[test]
fn s56_a_child_model_shares_the_key_of_its_parent() -> Result<(), Error> {
    let db = Database::builder().models::<Person>().in_memory()?;
    let (ann, bob) = db.write(|tx| {
        let ann = tx.insert(NewPerson { name: "Ann".into() })?;
        let bob = tx.insert(NewPerson { name: "Bob".into() })?;
        tx.insert(NewWorker { id: ann, wage: 50 })?;
        let again = tx.insert(NewWorker { id: ann, wage: 60 }).unwrap_err();
        assert!(matches!(again, Error::Unique(_)), "{again}");
        Ok((ann, bob))
    })?;
    let snap = db.read();
    let worker: Id<Worker> = Id::<Worker>::from(ann);
    assert_eq!((snap[worker].wage, snap[worker].person(&snap).name.as_str()), (50, "Ann"));
    assert_eq!(snap[ann].worker(&snap).map(|worker| worker.wage), Some(50));
    assert!(snap.get(Id::<Worker>::from(bob)).is_none());
    let pairs = snap.query::<Worker>().with(Worker::ID).all();
    assert_eq!(
        pairs
            .iter()
            .map(|(worker, person)| (worker.wage, person.name.as_str()))
            .collect::<Vec<_>>(),
        [(50, "Ann")]
    );
    let well_paid =
        snap.query().filter(Worker::WAGE.gt(40) & Worker::ID.is(Person::NAME.eq("Ann")));
    assert_eq!(well_paid.ids(), [worker]);
    db.write(|tx| tx.delete(ann).map(drop))?;
    assert!(db.read().get(worker).is_none(), "it went along");
    Ok(())
}
