//! Hybrids: methods that are columns.

use bondstone::prelude::*;
use bondstone::{Computed, Derived};

#[derive(Clone, Debug, Model)]
#[table("people")]
#[has_many(pets: Pet)]
struct Person {
    #[key]
    id: Id<Person>,
    first: String,
    last: String,
}

impl Person {
    /// First and last name.
    #[hybrid]
    fn full_name(&self) -> String {
        format!("{} {}", self.first, self.last)
    }

    #[hybrid(private)]
    fn initials(&self) -> Option<char> {
        self.first.chars().next()
    }

    #[hybrid]
    fn pet_count(&self, db: &View) -> usize {
        self.pets(db).count()
    }
}

#[derive(Clone, Debug, Model)]
#[table("pets")]
struct Pet {
    #[key]
    id: Id<Pet>,
    person_id: Id<Person>,
}

#[test]
fn a_hybrid_is_a_method_and_a_constant() -> Result<(), Error> {
    let db = Database::builder().models::<Person>().in_memory()?;
    let ann = db.write(|tx| {
        let ann = tx.insert(NewPerson { first: "Ann".into(), last: "Lee".into() })?;
        tx.insert(NewPet { person_id: ann })?;
        Ok(ann)
    })?;
    let snap = db.read();
    let name: Computed<Person, String> = Person::FULL_NAME;
    assert_eq!(name.compute(&snap[ann]), snap[ann].full_name());
    assert_eq!((name.name(), name.is_private()), ("full_name", false));
    assert_eq!(Person::INITIALS.compute(&snap[ann]), Some('A'));
    assert!(Person::INITIALS.is_private());
    let pets: Derived<Person, usize> = Person::PET_COUNT;
    assert_eq!((pets.name(), pets.compute(&snap[ann], &snap)), ("pet_count", 1));
    assert_eq!(format!("{name:?} {pets:?}"), "Computed(full_name) Derived(pet_count)");
    Ok(())
}
