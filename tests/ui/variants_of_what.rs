//! Variants are those of an enum with data.

use bondstone::prelude::*;

#[derive(Clone, Debug, PartialEq, Value, Variants)]
struct Employee {
    salary: u32,
}

#[derive(Clone, Debug, PartialEq, Value, Variants)]
enum Status {
    Draft,
    Published,
}

#[derive(Clone, Debug, PartialEq, Value, Variants)]
enum Meeting {
    A { b_c: u8 },
    AB { c: u8 },
}

#[derive(Clone, Debug, PartialEq, Value)]
enum Kind {
    Employee { salary: u32 },
    Guest,
}

#[derive(Clone, Debug, Model)]
struct Party {
    #[key]
    id: Id<Party>,
    #[index(tag)]
    kind: Kind,
    #[index(tagged)]
    other: Option<Kind>,
}

fn main() {}
