//! What each condition says of a row: of values, of nulls, of related rows.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[table("people")]
#[has_many(dogs: Dog by owner, walks: Dog by walker, clubs: Club via Member)]
#[has_one(badge: Badge)]
struct Person {
    #[key]
    id: Id<Person>,
    name: String,
    nick: Option<String>,
    age: u32,
    fee: Decimal,
    height: Option<f64>,
    chief: Option<Id<Person>>,
}

impl Person {
    #[hybrid]
    fn initial(&self) -> Option<char> {
        self.name.chars().next()
    }

    #[hybrid]
    fn is_grown(&self) -> bool {
        self.age >= 18
    }

    #[hybrid]
    fn dog_weight(&self, db: &View) -> u64 {
        self.dogs(db).into_iter().map(|dog| u64::from(dog.weight)).sum()
    }
}

#[derive(Clone, Debug, Model)]
#[table("dogs")]
struct Dog {
    #[key]
    id: Id<Dog>,
    #[method(its_owner)]
    owner: Id<Person>,
    walker: Option<Id<Person>>,
    weight: u32,
    good: bool,
}

#[derive(Clone, Debug, Model)]
#[table("badges")]
struct Badge {
    #[key]
    id: Id<Badge>,
    #[unique]
    person_id: Id<Person>,
    number: i64,
}

#[derive(Clone, Debug, Model)]
#[table("clubs")]
struct Club {
    #[key]
    id: Id<Club>,
    title: String,
}

#[derive(Clone, Debug, Model)]
#[table("members")]
struct Member {
    #[key]
    person_id: Id<Person>,
    #[key]
    club_id: Id<Club>,
}

fn filled() -> Result<Database, Error> {
    let db = Database::builder().models::<Person>().in_memory()?;
    db.write(|tx| {
        let person = |name: &str, age, fee, height, chief| NewPerson {
            name: name.into(),
            nick: (age % 2 == 0).then(|| name.to_lowercase().chars().take(1).collect()),
            age,
            fee,
            height,
            chief,
        };
        let ann = tx.insert(person("Ann", 40, dec!(10), Some(1.7), None))?;
        let bob = tx.insert(person("Bob", 17, dec!(10.5), None, Some(ann)))?;
        let eve = tx.insert(person("Ève", 18, dec!(0), Some(1.5), Some(bob)))?;
        for (owner, walker, weight, good) in
            [(ann, Some(bob), 9, true), (ann, None, 30, false), (bob, Some(bob), 12, true)]
        {
            tx.insert(NewDog { owner, walker, weight, good })?;
        }
        tx.insert(NewBadge { person_id: eve, number: 7 })?;
        let chess = tx.insert(NewClub { title: "chess".into() })?;
        let chorus = tx.insert(NewClub { title: "chorus".into() })?;
        for (person_id, club_id) in [(ann, chess), (ann, chorus), (eve, chorus)] {
            tx.insert(NewMember { person_id, club_id })?;
        }
        Ok(())
    })?;
    Ok(db)
}

/// The first letters of those who meet a condition, and of those who do not.
#[track_caller]
fn meets(condition: Pred<Person>, expected: &str) {
    let db = filled().unwrap();
    let snap = db.read();
    let names = |condition: Pred<Person>| -> String {
        let people = snap.query().filter(condition).order_by(Person::ID.asc());
        people.into_iter().filter_map(|person| person.name.chars().next()).collect()
    };
    assert_eq!(names(condition.clone()), expected, "{condition:?}");
    let others: String = "ABÈ".chars().filter(|name| !expected.contains(*name)).collect();
    assert_eq!(names(!condition.clone()), others, "not {condition:?}");
    for person in snap.iter::<Person>() {
        let is_named = person.name.starts_with(|first| expected.contains(first));
        assert_eq!(condition.is_met_by(person, &snap), is_named, "{condition:?}");
    }
}

#[test]
fn values_are_compared() {
    meets(Person::NAME.eq("Ann"), "A");
    meets(Person::NAME.ne("Ann"), "BÈ");
    meets(Person::AGE.lt(18), "B");
    meets(Person::AGE.le(18), "BÈ");
    meets(Person::AGE.gt(18), "A");
    meets(Person::AGE.ge(18), "AÈ");
    meets(Person::FEE.gt(10), "B");
    meets(Person::FEE.eq(dec!(10.00)), "A");
    meets(Person::AGE.within(17..18), "B");
    meets(Person::AGE.within(18..=40), "AÈ");
    meets(Person::AGE.within(..18), "B");
    meets(Person::AGE.in_([17, 40, 40, 3]), "AB");
    meets(Person::AGE.in_([0; 0]), "");
    meets(Person::IS_GROWN.into(), "AÈ");
    meets(Person::INITIAL.eq('B'), "B");
    meets(Pred::always(), "ABÈ");
    meets(Pred::never(), "");
}

#[test]
fn a_null_is_a_value_to_equality_and_nothing_to_order() {
    meets(Person::NICK.is_none(), "B");
    meets(Person::NICK.is_some(), "AÈ");
    meets(Person::NICK.eq(None), "B");
    meets(Person::NICK.eq("a"), "A");
    meets(Person::NICK.ne("a"), "BÈ");
    meets(Person::NICK.lt("ÿ"), "AÈ");
    meets(Person::NICK.lt(None), "");
    meets(Person::NICK.within("a".."b"), "A");
    meets(Person::NICK.in_(["a", "z"]), "A");
    meets(Person::HEIGHT.lt(1.6), "È");
    meets(Person::HEIGHT.within(1.5..), "AÈ");
    meets(Person::CHIEF.is_none(), "A");
}

#[test]
fn texts_begin_contain_and_end() {
    meets(Person::NAME.starts_with("A"), "A");
    meets(Person::NAME.contains("v"), "È");
    meets(Person::NAME.ends_with("b"), "B");
    meets(Person::NAME.eq_ignoring_case("ÈVE"), "È");
    meets(Person::NAME.starts_with_ignoring_case("è"), "È");
    meets(Person::NAME.contains_ignoring_case("NN"), "A");
    meets(Person::NAME.ends_with_ignoring_case("OB"), "B");
    meets(Person::NICK.starts_with(""), "AÈ");
}

#[test]
fn conditions_combine() {
    meets(Person::AGE.gt(17) & Person::FEE.gt(5), "A");
    meets(Person::AGE.gt(18) | Person::AGE.lt(18), "AB");
    meets(!(Person::AGE.gt(18) | Person::AGE.lt(18)), "È");
    meets(Person::AGE.gt(17) & (Person::FEE.gt(5) | Person::NAME.contains("v")), "AÈ");
}

#[test]
fn columns_are_compared_with_columns_and_calculated_with() {
    meets((Person::AGE + 1).eq(19), "È");
    meets((100 - Person::AGE).lt(70), "A");
    meets((Person::AGE - 20).is_none(), "BÈ");
    meets((Person::AGE / 0).is_none(), "ABÈ");
    meets(Person::FEE.lt(Person::FEE), "");
    meets((Person::AGE.cast::<i64>() * 2_i64).gt(50), "A");
    meets((Person::AGE + Person::AGE).eq(80), "A");
    meets((Person::HEIGHT * 2.0).gt(3.2), "A");
    meets(Person::AGE.cast::<u8>().ge(18), "AÈ");
    meets(Person::AGE.cast::<f64>().gt(17.5), "AÈ");
}

#[test]
fn paths_lead_through_foreign_keys() {
    meets(Person::CHIEF.to(Person::AGE).gt(17), "B");
    meets(Person::CHIEF.to(Person::CHIEF).to(Person::NAME).eq("Ann"), "È");
    meets(Person::CHIEF.to(Person::CHIEF).is_none(), "AB");
    meets(Person::CHIEF.to(Person::NICK).eq("a"), "B");
    meets(Person::CHIEF.to(Person::AGE).gt(Person::AGE), "B");
    meets(Person::CHIEF.to(Person::IS_GROWN).is_true(), "B");
    meets((Person::CHIEF.to(Person::AGE) - Person::AGE).gt(20), "B");
}

#[test]
fn related_rows_are_asked() {
    meets(Person::DOGS.any(Dog::WEIGHT.gt(10)), "AB");
    meets(Person::DOGS.any(Dog::WEIGHT.gt(10) & Dog::GOOD.is_true()), "B");
    meets(Person::DOGS.all(Dog::GOOD), "BÈ");
    meets(Person::DOGS.none(Dog::GOOD), "È");
    meets(Person::DOGS.is_empty(), "È");
    meets(Person::DOGS.size().eq(2), "A");
    meets(Person::DOGS.size().gt(Person::WALKS.size()), "A");
    meets(Person::DOG_WEIGHT.ge(12), "AB");
    meets(Person::CHIEF.is(Person::DOGS.size().gt(1)), "B");
    meets(Person::CHIEF.to(Person::CHIEF).is(Pred::always()), "È");
    meets(Person::BADGE.is(Badge::NUMBER.eq(7)), "È");
    meets(!Person::BADGE.is(Pred::always()), "AB");
    meets(Person::CLUBS.any(Club::TITLE.eq("chorus")), "AÈ");
    meets(Person::CLUBS.all(Club::TITLE.eq("chorus")), "BÈ");
    meets(Person::CLUBS.size().ge(2), "A");
    meets(Person::WALKS.any(Dog::OWNER.is(Person::NAME.eq("Ann"))), "B");
    meets(Person::DOGS.any(Dog::WALKER.eq(Dog::OWNER)), "B");
}

#[test]
fn orders_limits_and_ends() -> Result<(), Error> {
    let db = filled()?;
    let snap = db.read();
    let names = |query: Query<'_, Person>| -> Vec<String> {
        query.into_iter().map(|person| person.name.clone()).collect()
    };
    let all = || snap.query::<Person>();
    assert_eq!(names(all().order_by(Person::AGE.asc())), ["Bob", "Ève", "Ann"]);
    assert_eq!(names(all().order_by(Person::NICK.asc())), ["Bob", "Ann", "Ève"]);
    assert_eq!(names(all().order_by(Person::NICK.desc())), ["Ève", "Ann", "Bob"]);
    assert_eq!(names(all().order_by(Person::NICK.asc().nulls_last())), ["Ann", "Ève", "Bob"]);
    assert_eq!(names(all().order_by(Person::NICK.desc().nulls_first())), ["Bob", "Ève", "Ann"]);
    let twice = (Person::IS_GROWN.asc(), Person::AGE.desc());
    assert_eq!(names(all().order_by(twice)), ["Bob", "Ann", "Ève"]);
    let thrice = all().order_by(Person::IS_GROWN.asc()).order_by(Person::AGE.desc());
    assert_eq!(names(thrice.clone()), ["Bob", "Ann", "Ève"]);
    assert_eq!(names(thrice.clone().limit(1).offset(1)), ["Ann"]);
    assert_eq!(names(thrice.offset(1).offset(1).limit(5)), ["Ève"]);
    assert_eq!(names(all().limit(0)), [""; 0]);
    assert_eq!(names(all().order_by(Person::DOGS.size().desc()).limit(1)), ["Ann"]);

    let ann = all().filter(Person::AGE.eq(40)).one()?;
    assert_eq!(ann.dogs(&snap).filter(Dog::GOOD).one()?.weight, 9);
    assert_eq!(ann.clubs(&snap).order_by(Club::TITLE.desc()).first().unwrap().title, "chorus");
    assert!(all().filter(Person::AGE.gt(0)).one().unwrap_err().to_string().ends_with("several"));
    assert!(!all().filter(Person::AGE.gt(40)).exists());
    assert_eq!(all().filter(Person::AGE.gt(17)).count(), 2);
    assert_eq!(all().filter_fn(|person| person.id == ann.id).ids(), [ann.id]);
    Ok(())
}
