//! The people of a firm: kinds in one table, a table that extends another, types with a rule of their own, and methods that
//! queries can use.
//!
//! ```sh
//! cargo run --example staff
//! ```

use std::io::{self, Write};

use bondstone::prelude::*;

/// What comes of a part of the program.
type Outcome = Result<(), Box<dyn std::error::Error>>;

/// An address that has an @: there is no other way to make one, nor can a file hold another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
#[value(try_from)]
struct Email(String);

impl TryFrom<String> for Email {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once('@') {
            Some((name, host)) if !name.is_empty() && host.contains('.') => {
                Ok(Self(text.to_ascii_lowercase()))
            }
            _ => Err(format!("`{text}` is no address")),
        }
    }
}

/// What somebody is, and what goes with it: no contractor has a salary.
#[derive(Clone, Debug, PartialEq, Value, Variants)]
enum Role {
    Engineer { salary: u32, language: String },
    Seller { salary: u32, region: String },
    Contractor { day_rate: u32 },
}

#[derive(Clone, Debug, Model)]
#[table("people")]
#[has_many(reports: Person)]
#[has_one(badge: Badge)]
#[index(FULL_NAME)]
struct Person {
    #[key]
    id: Id<Person>,
    first_name: String,
    last_name: String,
    #[unique]
    email: Email,
    #[index(tag)]
    role: Role,
    #[acyclic]
    #[on_delete(set_null)]
    boss_id: Option<Id<Person>>,
}

/// What only some have: its key is the person's, and it goes with the person.
#[derive(Clone, Debug, Model)]
#[table("badges")]
struct Badge {
    #[key]
    #[on_delete(cascade)]
    id: Id<Person>,
    #[unique]
    number: u32,
}

impl Person {
    /// In an index, as a column would be.
    #[hybrid]
    fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    /// What a year costs.
    #[hybrid]
    fn cost(&self) -> u64 {
        match &self.role {
            Role::Engineer { salary, .. } | Role::Seller { salary, .. } => u64::from(*salary) * 12,
            Role::Contractor { day_rate } => u64::from(*day_rate) * 220,
        }
    }

    /// What a year costs of all who work for somebody, at any depth.
    #[hybrid]
    fn cost_below(&self, db: &View) -> u64 {
        Self::BOSS_ID.descendants(self, db).map(Self::cost).sum()
    }
}

fn main() -> Outcome {
    show(&mut io::stdout().lock())
}

fn show(out: &mut dyn Write) -> Outcome {
    let db = Database::builder().models::<Person>().in_memory()?;
    let ann = hire(&db)?;
    ask(out, &db.read(), ann)?;
    refuse(out, &db, ann)
}

fn hire(db: &Database) -> Result<Id<Person>, Error> {
    db.write(|tx| {
        let mut person = |first: &str, last: &str, role, boss_id| {
            let email = Email::try_from(format!("{first}@firm.org"))?;
            let (first_name, last_name) = (first.to_owned(), last.to_owned());
            tx.insert(NewPerson { first_name, last_name, email, role, boss_id })
        };
        let engineer =
            |salary, language: &str| Role::Engineer { salary, language: language.into() };
        let ann = person("Ann", "Lee", engineer(9_000, "Rust"), None)?;
        let bob = person("Bob", "May", engineer(7_000, "Rust"), Some(ann))?;
        let cleo = person("Cleo", "Day", Role::Contractor { day_rate: 600 }, Some(bob))?;
        let region = "north".to_owned();
        person("Dan", "Fox", Role::Seller { salary: 5_000, region }, Some(ann))?;
        tx.insert(NewBadge { id: ann, number: 1 })?;
        tx.insert(NewBadge { id: cleo, number: 7 })?;
        Ok(ann)
    })
}

fn ask(out: &mut dyn Write, db: &View, ann: Id<Person>) -> Outcome {
    writeln!(out, "By kind:")?;
    let kinds = db.query::<Person>().group_by(Person::ROLE.tag()).aggregate(count());
    for (kind, people) in kinds {
        writeln!(out, "  {kind:?}: {people}")?;
    }
    let mut names = |title: &str, query: Query<'_, Person>| {
        let names: Vec<String> = query.into_iter().map(Person::full_name).collect();
        writeln!(out, "{title}: {}", names.join(", "))
    };
    let people = || db.query::<Person>().order_by(Person::FULL_NAME.asc());
    names("Engineers", people().filter(Person::ROLE.is(RoleTag::Engineer)))?;
    names(
        "Who writes Rust",
        people().filter(Person::ROLE.case(Role::ENGINEER_LANGUAGE).eq("Rust")),
    )?;
    names("Who costs more than 80,000 a year", people().filter(Person::COST.gt(80_000)))?;
    names("Who has others' work to pay for", people().filter(Person::COST_BELOW.gt(0)))?;
    writeln!(out, "Below Ann a year costs {}", db[ann].cost_below(db))?;
    for (badge, person) in db.query::<Badge>().with(Badge::ID) {
        writeln!(out, "Badge {} is {}'s", badge.number, person.full_name())?;
    }
    Ok(())
}

fn refuse(out: &mut dyn Write, db: &Database, ann: Id<Person>) -> Outcome {
    writeln!(out, "Refused:")?;
    let cleo = db
        .read()
        .query::<Person>()
        .filter(Person::FULL_NAME.eq("Cleo Day"))
        .first()
        .map(|it| it.id);
    let refused = [
        db.write(|tx| tx.update(ann, |ann| ann.boss_id = cleo).map(drop)),
        db.write(|tx| {
            let email = Email::try_from("ANN@firm.org".to_owned())?;
            tx.try_update(cleo.ok_or("nobody")?, |cleo| {
                cleo.email = email;
                Ok(())
            })
            .map(drop)
        }),
        Email::try_from("somewhere".to_owned())
            .map(drop)
            .map_err(|text| Error::from(text.as_str())),
    ];
    for error in refused.into_iter().filter_map(Result::err) {
        writeln!(out, "  {error}")?;
    }
    Ok(())
}

#[cfg(test)]
fn printed() -> String {
    let mut out = Vec::new();
    show(&mut out).expect("the program runs to its end");
    String::from_utf8(out).expect("it prints text")
}

#[test]
fn it_shows_what_it_says() {
    let shown = "By kind:
  Engineer: 2
  Seller: 1
  Contractor: 1
Engineers: Ann Lee, Bob May
Who writes Rust: Ann Lee, Bob May
Who costs more than 80,000 a year: Ann Lee, Bob May, Cleo Day
Who has others' work to pay for: Ann Lee, Bob May
Below Ann a year costs 276000
Badge 1 is Ann Lee's
Badge 7 is Cleo Day's
Refused:
  foreign key `people_boss_id_fkey` violated: people#1 would be its own ancestor; \
path people#1 → people#3 → people#2 → people#1
  unique constraint `people_email_key` violated: people.email = Email { 0: \"ann@firm.org\" } is already used by people#1
  `somewhere` is no address
";
    assert_eq!(printed(), shown);
}
