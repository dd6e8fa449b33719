//! A schema that reads like a program's, declared twice: as models and as DDL.

use bondstone::prelude::*;

use crate::both::Schema;
use crate::mirror::table;

/// A town; its code is the key.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("towns")]
#[check(positive: self.size >= 0)]
pub struct Town {
    #[key]
    #[max_len(4)]
    pub code: String,
    pub size: i64,
}

/// Someone, perhaps of a town, perhaps with a boss.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("people")]
#[check(settled: self.town.is_some() || self.age < 6)]
pub struct Person {
    #[key]
    pub id: Id<Person>,
    #[unique]
    #[max_len(4)]
    pub name: String,
    #[unique]
    pub nick: Option<String>,
    #[on_delete(set_null)]
    pub town: Option<Id<Town>>,
    #[on_delete(set_null)]
    pub boss: Option<Id<Person>>,
    pub age: i64,
}

/// A product, perhaps a part of another one, in circles too.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("products")]
#[check(priced: self.price > 0)]
pub struct Product {
    #[key]
    pub id: Id<Product>,
    #[on_delete(cascade)]
    pub part_of: Option<Id<Product>>,
    pub price: i64,
}

/// An order: at most one of a person from a town. Who pays cannot go before it.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("orders")]
#[unique(once: person, town)]
pub struct Order {
    #[key]
    pub id: Id<Order>,
    #[on_delete(cascade)]
    #[method(customer)]
    pub person: Id<Person>,
    #[method(payer_row)]
    pub payer: Option<Id<Person>>,
    #[on_delete(set_default)]
    #[default(Id::new("n1"))]
    pub town: Id<Town>,
}

/// A line of an order. Its product neither goes before it nor takes another key.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("lines")]
#[check(some: self.quantity > 0)]
pub struct Line {
    #[key]
    #[on_delete(cascade)]
    pub order: Id<Order>,
    #[key]
    pub number: i64,
    #[on_update(restrict)]
    pub product: Id<Product>,
    pub quantity: i64,
}

/// A seal on a line, which has a key of two parts.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("seals")]
pub struct Seal {
    #[key]
    #[on_delete(cascade)]
    pub line: Id<Line>,
    pub colour: i64,
}

/// Someone follows someone, perhaps themselves.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("follows")]
pub struct Follow {
    #[key]
    #[on_delete(cascade)]
    pub fan: Id<Person>,
    #[key]
    #[on_delete(cascade)]
    pub idol: Id<Person>,
    pub since: i64,
}

mirrored! {
    Town in "towns" ("code", "size") key 1 { code, size }
    Person in "people" ("id", "name", "nick", "town", "boss", "age") key 1 { id, name, nick, town, boss, age }
    Product in "products" ("id", "part_of", "price") key 1 { id, part_of, price }
    Order in "orders" ("id", "person", "payer", "town") key 1 { id, person, payer, town }
    Line in "lines" ("\"order\"", "number", "product", "quantity") key 2 { order, number, product, quantity }
    Seal in "seals" ("\"order\"", "number", "colour") key 2 { line, colour }
    Follow in "follows" ("fan", "idol", "since") key 2 { fan, idol, since }
}

pub fn schema() -> Schema {
    Schema {
        name: "shop",
        models: |builder| builder.models::<(Seal, Follow, Town, Person)>(),
        ddl: DDL,
        tables: vec![
            table::<Town>(),
            table::<Person>(),
            table::<Product>(),
            table::<Order>(),
            table::<Line>(),
            table::<Seal>(),
            table::<Follow>(),
        ],
    }
}

const DDL: &str = "
    CREATE TABLE towns (
        code TEXT NOT NULL PRIMARY KEY CHECK (length(code) <= 4),
        size INTEGER NOT NULL CHECK (size >= 0)
    ) STRICT;
    CREATE TABLE people (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE CHECK (length(name) <= 4),
        nick TEXT UNIQUE,
        town TEXT REFERENCES towns ON DELETE SET NULL ON UPDATE CASCADE,
        boss INTEGER REFERENCES people ON DELETE SET NULL ON UPDATE CASCADE,
        age INTEGER NOT NULL,
        CHECK (town IS NOT NULL OR age < 6)
    ) STRICT;
    CREATE TABLE products (
        id INTEGER PRIMARY KEY,
        part_of INTEGER REFERENCES products ON DELETE CASCADE ON UPDATE CASCADE,
        price INTEGER NOT NULL CHECK (price > 0)
    ) STRICT;
    CREATE TABLE orders (
        id INTEGER PRIMARY KEY,
        person INTEGER NOT NULL REFERENCES people ON DELETE CASCADE ON UPDATE CASCADE,
        payer INTEGER REFERENCES people ON DELETE NO ACTION ON UPDATE CASCADE,
        town TEXT NOT NULL DEFAULT 'n1' REFERENCES towns ON DELETE SET DEFAULT ON UPDATE CASCADE,
        UNIQUE (person, town)
    ) STRICT;
    CREATE TABLE lines (
        \"order\" INTEGER NOT NULL REFERENCES orders ON DELETE CASCADE ON UPDATE CASCADE,
        number INTEGER NOT NULL,
        product INTEGER NOT NULL REFERENCES products ON DELETE NO ACTION ON UPDATE NO ACTION,
        quantity INTEGER NOT NULL CHECK (quantity > 0),
        PRIMARY KEY (\"order\", number)
    ) STRICT;
    CREATE TABLE seals (
        \"order\" INTEGER NOT NULL,
        number INTEGER NOT NULL,
        colour INTEGER NOT NULL,
        PRIMARY KEY (\"order\", number),
        FOREIGN KEY (\"order\", number) REFERENCES lines ON DELETE CASCADE ON UPDATE CASCADE
    ) STRICT;
    CREATE TABLE follows (
        fan INTEGER NOT NULL REFERENCES people ON DELETE CASCADE ON UPDATE CASCADE,
        idol INTEGER NOT NULL REFERENCES people ON DELETE CASCADE ON UPDATE CASCADE,
        since INTEGER NOT NULL,
        PRIMARY KEY (fan, idol)
    ) STRICT;
";
