//! Primary keys of another type, or over other columns.
//!
//! A log puts and removes rows by the key that they had then.

use bondstone::prelude::*;

use crate::story::{Old, Version, nth, program};
use crate::version;

mod old {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("parts")]
    #[has_many(bolts: Bolt)]
    pub struct Part {
        #[key]
        pub code: u16,
        pub serial: u64,
        pub name: String,
    }

    #[derive(Clone, Debug, Model)]
    #[table("bolts")]
    pub struct Bolt {
        #[key]
        pub id: Id<Bolt>,
        pub part: Id<Part>,
    }
}

fn part(code: u16, serial: u64, name: &str) -> old::Part {
    old::Part { code, serial, name: name.into() }
}

const OLD: Old = Old {
    program: program::<old::Part>,
    first: |tx| {
        tx.insert(part(1, 300, "nut"))?;
        tx.insert(part(2, 200, "cog"))?;
        tx.insert(part(300, 100, "rod")).map(drop)
    },
    second: |tx| {
        let cog = nth::<old::Part>(tx, 1);
        tx.delete(cog)?;
        let nut = nth::<old::Part>(tx, 0);
        tx.update(nut, |part| part.serial = 2)?;
        // The serial of another, deleted one; and of the one that has changed.
        let bar = tx.insert(part(4, 200, "bar"))?;
        tx.insert(part(5, 300, "cap"))?;
        tx.insert(old::NewBolt { part: bar }).map(drop)
    },
};

mod wider {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("parts")]
    #[has_many(bolts: Bolt)]
    pub struct Part {
        #[key]
        pub code: u64,
        pub serial: u64,
        pub name: String,
    }

    #[derive(Clone, Debug, Model)]
    #[table("bolts")]
    pub struct Bolt {
        #[key]
        pub id: Id<Bolt>,
        pub part: Id<Part>,
    }
}

#[test]
fn a_wider_key_is_found_by_itself_with_those_that_refer_to_it() {
    let wider = Version {
        program: program::<wider::Part>,
        rows: |db| {
            let snap = db.read();
            let parts = snap.query::<wider::Part>().order_by_key().into_iter();
            let parts = parts.map(|part| format!("{} {} {}", part.code, part.serial, part.name));
            let bolts = snap.query::<wider::Bolt>().order_by_key().into_iter();
            parts.chain(bolts.map(|bolt| format!("of {}", snap[bolt.part].name))).collect()
        },
    };
    let rows = ["1 2 nut", "4 200 bar", "5 300 cap", "300 100 rod", "of bar"];
    OLD.becomes(wider, wider, &rows, &["column `code`: changed", "column `part`: changed"]);
}

mod other {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("parts")]
    pub struct Part {
        pub code: u16,
        #[key]
        pub serial: u64,
        pub name: String,
    }
}

#[test]
fn another_column_becomes_the_key() {
    let other = version!(other::Part, part => "{} {}", part.serial, part.name);
    OLD.becomes(
        other,
        other,
        &["2 nut", "100 rod", "200 bar", "300 cap"],
        &["key `serial`: changed, it was over code"],
    );
}

#[test]
fn rows_that_have_the_new_key_twice_are_named() {
    let twice = Old { second: |tx| tx.insert(part(9, 200, "again")).map(drop), ..OLD };
    twice.is_refused(program::<other::Part>, &["`parts` stored with the key 9", "parts", "200"]);
}

mod words {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("parts")]
    pub struct Part {
        #[key]
        #[converted_from(u16, word)]
        pub code: String,
        pub name: String,
    }

    fn word(code: u16) -> String {
        format!("p{}", code % 100)
    }
}

#[test]
fn a_function_makes_the_key() {
    let words = version!(words::Part, part => "{} {}", part.code, part.name);
    // 300 becomes `p0`, and 1, 4, 5 what they were.
    OLD.becomes(
        words,
        words,
        &["p0 rod", "p1 nut", "p4 bar", "p5 cap"],
        &["column `code`: changed"],
    );
    let clash = Old { second: |tx| tx.insert(part(401, 0, "clash")).map(drop), ..OLD };
    clash.is_refused(program::<words::Part>, &["stored with the key 401", "p1"]);
}
