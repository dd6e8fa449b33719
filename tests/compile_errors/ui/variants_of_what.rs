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
    AB { c: u8 },
    Ab { c: u8 },
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
}

#[derive(Clone, Debug, Model)]
struct Misspelt {
    #[key]
    id: Id<Misspelt>,
    #[index(tagged)]
    other: Option<Kind>,
}

fn main() {}
