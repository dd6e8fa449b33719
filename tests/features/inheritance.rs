//! Kinds of one thing: an enum in one table, or a table for each kind.

use bondstone::prelude::*;

use crate::{Result, database};

#[derive(Clone, Debug, Model)]
#[table("people")]
#[has_one(employee: Employee)]
struct Person {
    #[key]
    id: Id<Person>,
    name: String,
}

/// A person, and what an employee has besides: its key is the person's.
#[derive(Clone, Debug, Model)]
#[table("employees")]
struct Employee {
    #[key]
    #[on_delete(cascade)]
    id: Id<Person>,
    #[decimal(10, 2)]
    salary: Decimal,
}

/// What people have in common with firms, and what each has of its own.
#[derive(Clone, Debug, Model)]
#[table("parties")]
struct Party {
    #[key]
    id: Id<Party>,
    name: String,
    #[index(tag, STAFF_SALARY)]
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Value, Variants)]
enum Kind {
    Staff { salary: u32, office: Option<String> },
    Customer { level: u8 },
    Guest,
}

#[test]
fn s55_an_enum_is_the_kinds_of_one_table_and_its_variant_discriminates() -> Result {
    let db = database::<Party>();
    let [ann, bob, eve] = db.write(|tx| {
        let mut party = |name: &str, kind| tx.insert(NewParty { name: name.into(), kind });
        let ann = party("Ann", Kind::Staff { salary: 5000, office: None })?;
        let bob = party("Bob", Kind::Customer { level: 3 })?;
        let eve = party("Eve", Kind::Staff { salary: 7000, office: Some("B7".into()) })?;
        (0..100).try_for_each(|_| party("guest", Kind::Guest).map(drop))?;
        Ok([ann, bob, eve])
    })?;
    let snap = db.read();
    assert_eq!(snap.query().filter(Party::KIND.is(KindTag::Customer)).ids(), [bob]);
    let staff = snap.query().filter(Party::KIND.is(KindTag::Staff));
    assert_eq!(staff.clone().count(), 2);
    assert!(staff.explain().to_string().contains("index parties_kind_tag_idx"));
    let well_paid = Party::KIND.case(Kind::STAFF_SALARY).gt(6000);
    assert_eq!(snap.query().filter(well_paid).ids(), [eve]);
    let Kind::Staff { salary, .. } = &snap[ann].kind else { panic!("she is staff") };
    assert_eq!(*salary, 5000);
    let of_staff = Party::KIND.case(Kind::STAFF_OFFICE).is_none();
    assert_eq!(snap.query().filter(of_staff).count(), 102, "null in the other variants");
    Ok(())
}

#[test]
fn s56_a_table_of_a_kind_shares_the_key_of_the_whole() -> Result {
    let db = database::<Person>();
    let [ann, bob] = db.write(|tx| {
        let ann = tx.insert(NewPerson { name: "Ann".into() })?;
        let bob = tx.insert(NewPerson { name: "Bob".into() })?;
        let employee: Id<Employee> = tx.insert(NewEmployee { id: ann, salary: dec!(5000) })?;
        assert_eq!(employee, Id::<Employee>::from(ann));
        let nobody = NewEmployee { id: Id::from_u64(9).expect("above 0"), salary: dec!(1) };
        assert!(tx.insert(nobody).unwrap_err().violates(Employee::ID));
        Ok([ann, bob])
    })?;
    let snap = db.read();
    let joined = snap.query::<Employee>().with(Employee::ID).all();
    let (employee, person) = joined[0];
    assert_eq!((joined.len(), employee.salary, person.name.as_str()), (1, dec!(5000), "Ann"));
    let salary = |person: Id<Person>| Some(snap[person].employee(&snap)?.salary);
    assert_eq!((salary(ann), salary(bob)), (Some(dec!(5000)), None));
    let well_paid = snap.query().filter(Person::EMPLOYEE.is(Employee::SALARY.gt(4000)));
    assert_eq!(well_paid.ids(), [ann]);
    db.write(|tx| tx.delete(ann).map(drop))?;
    assert_eq!(db.read().count::<Employee>(), 0, "one goes with the other");
    Ok(())
}
