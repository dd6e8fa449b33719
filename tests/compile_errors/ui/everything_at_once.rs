//! All mistakes of a model are reported together.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[table("")]
#[index(by_nmae: nmae)]
#[check(positive)]
struct Person {
    #[unique]
    #[unique]
    name: Option<String>,
    #[on_delete(nothing)]
    parent: Option<Id<Person>>,
    #[default(0)]
    #[on_insert(1)]
    age: u8,
}

fn main() {}
