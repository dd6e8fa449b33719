//! Rules: what is new is checked against all rows, what is gone is not.

use bondstone::prelude::*;

use crate::story::{Old, Version, program};

mod old {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("people")]
    pub struct Person {
        #[key]
        pub number: u64,
        pub name: String,
        pub age: i32,
        pub boss: Option<u64>,
    }
}

fn person(number: u64, name: &str, age: i32, boss: Option<u64>) -> old::Person {
    old::Person { number, name: name.into(), age, boss }
}

const OLD: Old = Old {
    program: program::<old::Person>,
    first: |tx| {
        tx.insert(person(1, "ann", 30, None))?;
        tx.insert(person(2, "bob", 40, Some(1))).map(drop)
    },
    second: |tx| {
        tx.update(Id::<old::Person>::new(2u64), |person| person.age = 41)?;
        tx.insert(person(3, "eve", 50, Some(2))).map(drop)
    },
};

/// As `OLD`, with rows that break every rule there is.
const BROKEN: Old = Old {
    second: |tx| {
        tx.insert(person(3, "ann", -1, Some(77)))?;
        tx.insert(person(4, "a very long name", 5, Some(78))).map(drop)
    },
    ..OLD
};

mod ruled {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("people")]
    #[check(grown: self.age >= 18)]
    pub struct Person {
        #[key]
        pub number: u64,
        #[unique]
        #[max_len(5)]
        pub name: String,
        #[index]
        pub age: i32,
        #[converted_from(Option<u64>, boss_of)]
        pub boss: Option<Id<Person>>,
    }

    fn boss_of(number: Option<u64>) -> Option<Id<Person>> {
        number.map(Id::new)
    }
}

const RULED: Version = Version {
    program: program::<ruled::Person>,
    rows: |db| {
        let snap = db.read();
        let people = snap.query::<ruled::Person>().order_by_key();
        let boss =
            |person: &ruled::Person| person.boss.map_or("-", |boss| &*snap[boss].name).to_owned();
        people
            .into_iter()
            .map(|person| format!("{} {} {}", person.name, person.age, boss(person)))
            .collect()
    },
};

const UNRULED: Version = Version {
    program: program::<free::Person>,
    rows: |db| {
        let people = db.read();
        let people = people.query::<free::Person>().order_by_key();
        people.into_iter().map(|person| format!("{} {}", person.name, person.age)).collect()
    },
};

mod free {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("people")]
    pub struct Person {
        #[key]
        pub number: u64,
        pub name: String,
        pub age: i32,
        pub boss: Option<Id<Person>>,
    }
}

#[test]
fn added_rules_hold_for_all_rows() {
    let told = ["index `", "check `", "foreign key `", "column `boss`: changed"];
    // Everything is by the new schema; the program after it need not convert any more.
    OLD.becomes(RULED, RULED, &["ann 30 -", "bob 41 ann", "eve 50 bob"], &told);
}

#[test]
fn rows_that_break_added_rules_are_named() {
    BROKEN.is_refused(RULED.program, &["people#3", "people#4", "grown", "name", "boss"]);
}

mod unique {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("people")]
    pub struct Person {
        #[key]
        pub number: u64,
        #[unique]
        pub name: String,
        pub age: i32,
        pub boss: Option<u64>,
    }
}

#[test]
fn each_added_rule_is_checked_by_itself() {
    BROKEN.is_refused(program::<unique::Person>, &["people#3", "people#1", "name"]);
    BROKEN.is_refused(program::<limited::Person>, &["people#4", "name", "5"]);
}

mod limited {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("people")]
    pub struct Person {
        #[key]
        pub number: u64,
        #[max_len(5)]
        pub name: String,
        pub age: i32,
        pub boss: Option<u64>,
    }
}

/// Nobody may be his own boss's boss from now on.
mod rooted {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("people")]
    pub struct Person {
        #[key]
        pub number: u64,
        pub name: String,
        pub age: i32,
        #[acyclic]
        pub boss: Option<Id<Person>>,
    }
}

const CYCLE: Old = Old {
    program: program::<free::Person>,
    first: |tx| {
        for number in 1..=4 {
            tx.insert(free::Person { number, name: "x".into(), age: 1, boss: None })?;
        }
        Ok(())
    },
    second: |tx| {
        for (child, parent) in [(2_u64, 3_u64), (3, 4), (4, 2)] {
            tx.update(Id::<free::Person>::new(child), |person| {
                person.boss = Some(Id::new(parent));
            })?;
        }
        Ok(())
    },
};

#[test]
fn a_cycle_where_none_may_be_any_more_is_named() {
    CYCLE.is_refused(program::<rooted::Person>, &["boss", "people#2", "people#3", "people#4"]);
}

mod strict {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("people")]
    #[check(grown: self.age >= 18)]
    pub struct Person {
        #[key]
        pub number: u64,
        #[unique]
        #[max_len(5)]
        pub name: String,
        #[index]
        pub age: i32,
        pub boss: Option<Id<Person>>,
    }
}

#[test]
fn removed_rules_are_gone() {
    let strict = Old {
        program: program::<strict::Person>,
        first: |tx| {
            let ann =
                tx.insert(strict::Person { number: 1, name: "ann".into(), age: 30, boss: None })?;
            tx.insert(strict::Person { number: 2, name: "bob".into(), age: 40, boss: Some(ann) })
                .map(drop)
        },
        second: |tx| {
            tx.insert(strict::Person { number: 3, name: "eve".into(), age: 50, boss: None })
                .map(drop)
        },
    };
    strict.becomes(UNRULED, UNRULED, &["ann 30", "bob 40", "eve 50"], &["check `", "index `"]);
    let disk = strict.leave(crate::story::Left::Both);
    let db = (UNRULED.program)().open_in(disk).expect("rules are gone");
    let child = free::Person { number: 4, name: "ann".into(), age: 3, boss: None };
    db.write(|tx| tx.insert(child).map(drop)).expect("no rule is against it");
}

/// A foreign key that is gone lets its column be a plain number again.
mod detached {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("people")]
    pub struct Person {
        #[key]
        pub number: u64,
        pub name: String,
        pub age: i32,
        #[converted_from(Option<Id<Person>>, number_of)]
        pub boss: Option<u64>,
    }

    fn number_of(boss: Option<Id<Person>>) -> Option<u64> {
        boss.map(|boss| *boss.key())
    }
}

#[test]
fn a_foreign_key_becomes_a_number() {
    let bound = Old {
        program: program::<free::Person>,
        first: |tx| {
            tx.insert(free::Person { number: 1, name: "ann".into(), age: 1, boss: None }).map(drop)
        },
        second: |tx| {
            tx.insert(free::Person {
                number: 2,
                name: "bob".into(),
                age: 2,
                boss: Some(Id::new(1u64)),
            })
            .map(drop)
        },
    };
    let detached = crate::version!(detached::Person, person => "{} {:?}", person.name, person.boss);
    bound.becomes(detached, detached, &["ann None", "bob Some(1)"], &["foreign key `"]);
}

/// A decimal that was stored without a limit gets the scale that an insert would give it.
#[test]
fn a_new_scale_is_that_of_the_stored_rows_too() {
    mod priced {
        use super::*;
        #[derive(Clone, Debug, Model)]
        #[table("people")]
        pub struct Person {
            #[key]
            pub number: u64,
            #[decimal(6, 2)]
            #[converted_from(i32, Decimal::from)]
            #[was("age")]
            pub fee: Decimal,
            #[decimal(4, 1)]
            #[default(dec!(2))]
            pub share: Decimal,
        }
    }
    for left in crate::story::WAYS {
        let db = program::<priced::Person>().open_in(OLD.leave(left)).expect("all of it fits");
        let snap = db.read();
        let fees = snap.query::<priced::Person>().order_by_key().into_iter();
        let texts: Vec<_> = fees.map(|row| format!("{} {}", row.fee, row.share)).collect();
        assert_eq!(texts, ["30.00 2.0", "41.00 2.0", "50.00 2.0"], "{left:?}");
    }
}
