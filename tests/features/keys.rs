//! Primary keys of each kind, unique columns, and indexes.

use bondstone::PlanKind;
use bondstone::prelude::*;

use crate::{Result, database};

#[derive(Clone, Debug, PartialEq, Model)]
#[table("users")]
struct User {
    #[key]
    id: Id<User>,
    #[unique]
    email: Option<String>,
    #[index]
    age: u32,
    #[index(hash)]
    city: String,
}

fn user(email: Option<&str>, age: u32) -> NewUser {
    NewUser { email: email.map(Into::into), age, city: "Ulm".into() }
}

#[derive(Clone, Debug, Model)]
#[table("countries")]
struct Country {
    #[key]
    code: String,
    name: String,
}

#[derive(Clone, Debug, Model)]
#[table("cities")]
struct City {
    #[key]
    id: Id<City>,
    country: Id<Country>,
}

#[test]
fn s07_a_primary_key_is_unique_and_changed_only_by_rekey() -> Result {
    let db = database::<City>();
    db.write(|tx| {
        let code = tx.insert(NewCountry { code: "NL".into(), name: "Holland".into() })?;
        let city = tx.insert(NewCity { country: code.clone() })?;
        let twin = NewCountry { code: "NL".into(), name: "Netherlands".into() };
        assert!(tx.insert(twin).unwrap_err().violates("countries_pkey"));
        let changed = tx.update(code.clone(), |country| country.code = "HO".into());
        assert!(matches!(changed, Err(Error::KeyChanged(_))));

        let new = Id::<Country>::new("HO");
        tx.rekey(code.clone(), new.clone())?;
        assert!(!tx.contains(code));
        assert_eq!(tx[new.clone()].name, "Holland");
        assert_eq!(tx[city].country, new, "what refers to it follows");
        Ok(())
    })
}

#[test]
fn s09_a_unique_column_is_enforced_and_found_by() -> Result {
    let db = database::<User>();
    let ann = db.write(|tx| tx.insert(user(Some("ann@x.org"), 40)))?;
    let taken = db.write(|tx| tx.insert(user(Some("ann@x.org"), 20))).unwrap_err();
    assert!(taken.violates(User::EMAIL));
    db.write(|tx| tx.insert_all([user(None, 20), user(None, 20)]).map(drop))?; // nulls are distinct
    let snap = db.read();
    assert_eq!(snap.find(User::EMAIL, "ann@x.org").map(|user| user.id), Some(ann));
    assert!(snap.find(User::EMAIL, "bob@x.org").is_none());
    Ok(())
}

#[test]
fn s10_an_index_is_ordered_or_by_hash_and_queries_use_it() -> Result {
    let db = database::<User>();
    db.write(|tx| tx.insert_all((0..100).map(|n| user(None, (n * 37) % 100))).map(drop))?;
    let snap = db.read();
    let ages: Vec<u32> = snap.range(User::AGE, 90..95).map(|user| user.age).collect();
    assert_eq!(ages, [90, 91, 92, 93, 94], "in order");
    let plan = |condition: Pred<User>| snap.query().filter(condition).explain().to_string();
    let by_age = plan(User::AGE.within(90..95));
    assert!(by_age.contains("index users_age_idx"), "{by_age}");
    let by_city = plan(User::CITY.eq("Bonn"));
    assert!(by_city.contains("index users_city_idx"), "{by_city}");
    let scan = snap.query().filter(User::EMAIL.is_none()).explain();
    assert!(scan.kinds().any(|kind| kind == PlanKind::Scan), "no index has that: {scan}");
    Ok(())
}

#[test]
fn s20_the_engine_numbers_rows_and_gives_no_number_twice() -> Result {
    let db = database::<User>();
    let ids = db.write(|tx| tx.insert_all([user(None, 1), user(None, 2)]))?;
    assert_eq!(ids.iter().map(|id| id.get()).collect::<Vec<_>>(), [1, 2]);
    db.write(|tx| tx.delete(ids[1]).map(drop))?;
    let rolled_back = db.write(|tx| {
        assert_eq!(tx.insert(user(None, 3))?.get(), 3);
        Err::<(), _>("changed my mind".into())
    });
    assert!(rolled_back.is_err());
    assert_eq!(db.write(|tx| tx.insert(user(None, 4)))?.get(), 4);
    assert_eq!(size_of::<Option<Id<User>>>(), 8);
    Ok(())
}

#[derive(Clone, Debug, Model)]
#[table("sessions")]
struct Session {
    #[key(uuid)]
    id: Id<Session>,
}

#[derive(Clone, Debug, Model)]
#[table("vouchers")]
struct Voucher {
    #[key(uuid_v4)]
    id: Id<Voucher>,
}

#[test]
fn s21_a_key_is_a_uuid_in_order_of_time_or_at_random() -> Result {
    let db = database::<(Session, Voucher)>();
    let (sessions, voucher) = db.write(|tx| {
        let sessions = tx.insert_all((0..50).map(|_| NewSession {}))?;
        Ok((sessions, tx.insert(NewVoucher {})?))
    })?;
    assert!(sessions.is_sorted(), "each is later than the one before");
    assert_eq!(sessions[0].key().get_version_num(), 7);
    assert_eq!(voucher.key().get_version_num(), 4);
    assert!(db.read().contains(sessions[49]));
    Ok(())
}

#[test]
fn s22_a_column_that_identifies_is_a_natural_key() -> Result {
    let db = database::<City>();
    let norway: Id<Country> =
        db.write(|tx| tx.insert(NewCountry { code: "NO".into(), name: "Norway".into() }))?;
    assert_eq!(norway.key(), "NO");
    assert_eq!(norway.to_string(), r#"countries#"NO""#);
    let city = db.write(|tx| tx.insert(NewCity { country: norway.clone() }))?;
    let snap = db.read();
    assert_eq!(snap[city].country(&snap).name, "Norway");
    assert_eq!(snap[Id::<Country>::new("NO")].name, "Norway");
    Ok(())
}

#[derive(Clone, Debug, Model)]
#[table("students")]
struct Student {
    #[key]
    id: Id<Student>,
}

#[derive(Clone, Debug, Model)]
#[table("courses")]
struct Course {
    #[key]
    id: Id<Course>,
}

#[derive(Clone, Debug, Model)]
#[table("enrollments")]
struct Enrollment {
    #[key]
    student_id: Id<Student>,
    #[key]
    course_id: Id<Course>,
    grade: Option<char>,
}

#[test]
fn s23_several_fields_are_one_composite_key() -> Result {
    let db = database::<Enrollment>();
    let (ann, art) = db.write(|tx| {
        let (ann, bob) = (tx.insert(NewStudent {})?, tx.insert(NewStudent {})?);
        let (art, law) = (tx.insert(NewCourse {})?, tx.insert(NewCourse {})?);
        let new = |student_id, course_id| NewEnrollment { student_id, course_id, grade: None };
        tx.insert_all([new(ann, art), new(ann, law), new(bob, art)])?;
        assert!(tx.insert(new(ann, art)).unwrap_err().violates("enrollments_pkey"));
        Ok((ann, art))
    })?;
    let key = Id::<Enrollment>::new((ann, art));
    db.write(|tx| tx.update(key, |enrollment| enrollment.grade = Some('A')).map(drop))?;
    assert_eq!(db.read()[key].grade, Some('A'));
    Ok(())
}
