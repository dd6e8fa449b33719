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

#[test]
fn s56_a_table_of_a_kind_shares_the_key_of_the_whole() -> Result {
    let db = database::<Person>();
    let [ann, bob] = db.write(|tx| {
        let ann = tx.insert(NewPerson { name: "Ann".into() })?;
        let bob = tx.insert(NewPerson { name: "Bob".into() })?;
        let employee: Id<Employee> = tx.insert(NewEmployee { id: ann, salary: dec!(5000) })?;
        assert_eq!(employee, Id::new(ann));
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
