//! A model as a table: its rows as SQLite's values, and some to choose from.

use bondstone::prelude::*;
use bondstone::{AutoKey, Key, New};
use bondstone_tests::dice::Dice;
use rusqlite::types::Value as Sql;

use crate::chance;
use crate::models::{Follow, Line, Order, Person, Product, Seal, Town};

/// The values of a row, column by column; an id of two parts takes two.
pub type Row = Vec<Sql>;

/// What stands in one or more columns.
pub trait Cells: Sized {
    fn put(&self, row: &mut Row);
    fn take(row: &mut std::slice::Iter<'_, Sql>) -> Self;

    fn of(row: &[Sql]) -> Self {
        Self::take(&mut row.iter())
    }
}

impl Cells for i64 {
    fn put(&self, row: &mut Row) {
        row.push(Sql::Integer(*self));
    }

    fn take(row: &mut std::slice::Iter<'_, Sql>) -> Self {
        match row.next() {
            Some(Sql::Integer(number)) => *number,
            other => panic!("a number is expected, not {other:?}"),
        }
    }
}

impl Cells for String {
    fn put(&self, row: &mut Row) {
        row.push(Sql::Text(self.clone()));
    }

    fn take(row: &mut std::slice::Iter<'_, Sql>) -> Self {
        match row.next() {
            Some(Sql::Text(text)) => text.clone(),
            other => panic!("a text is expected, not {other:?}"),
        }
    }
}

impl Cells for AutoKey {
    fn put(&self, row: &mut Row) {
        row.push(Sql::Integer(self.get() as i64));
    }

    fn take(row: &mut std::slice::Iter<'_, Sql>) -> Self {
        Self::new(i64::take(row) as u64).expect("ids begin at 1")
    }
}

impl<A: Cells + Key, B: Cells + Key> Cells for (A, B) {
    fn put(&self, row: &mut Row) {
        self.0.put(row);
        self.1.put(row);
    }

    fn take(row: &mut std::slice::Iter<'_, Sql>) -> Self {
        (A::take(row), B::take(row))
    }
}

impl<M: Model> Cells for Id<M>
where
    M::Key: Cells,
{
    fn put(&self, row: &mut Row) {
        self.key().put(row);
    }

    fn take(row: &mut std::slice::Iter<'_, Sql>) -> Self {
        Self::new(M::Key::take(row))
    }
}

/// Of one column.
impl<T: Cells> Cells for Option<T> {
    fn put(&self, row: &mut Row) {
        match self {
            Some(value) => value.put(row),
            None => row.push(Sql::Null),
        }
    }

    fn take(row: &mut std::slice::Iter<'_, Sql>) -> Self {
        match row.as_slice().first() {
            Some(Sql::Null) => {
                row.next();
                None
            }
            _ => Some(T::take(row)),
        }
    }
}

/// A model and its table.
pub trait Mirrored: Plural + New<Model = Self> + Cells {
    const TABLE: &'static str;
    const COLUMNS: &'static [&'static str];
    /// How many of the columns are the key; they come first.
    const KEY: usize;

    /// A row that may be refused.
    fn random(dice: &mut Dice) -> Self;
    fn id_of(key: &[Sql]) -> Id<Self>;
}

macro_rules! mirrored {
    ($($model:ident in $table:literal ($($column:literal),+) key $key:literal { $($field:ident: $value:expr),+ })*) => {$(
        impl Cells for $model {
            fn put(&self, row: &mut Row) {
                $(self.$field.put(row);)+
            }

            fn take(row: &mut std::slice::Iter<'_, Sql>) -> Self {
                Self { $($field: Cells::take(row)),+ }
            }
        }

        impl Mirrored for $model {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [&'static str] = &[$($column),+];
            const KEY: usize = $key;

            fn random(dice: &mut Dice) -> Self {
                Self { $($field: $value(dice)),+ }
            }

            fn id_of(key: &[Sql]) -> Id<Self> {
                Cells::of(key)
            }
        }
    )*};
}

mirrored! {
    Town in "towns" ("code", "size") key 1 { code: chance::code, size: chance::small }
    Person in "people" ("id", "name", "nick", "town", "boss", "age") key 1 {
        id: chance::id, name: chance::name,
        nick: chance::maybe(chance::name),
        town: chance::maybe(chance::town),
        boss: chance::maybe(chance::id),
        age: chance::age
    }
    Product in "products" ("id", "part_of", "price") key 1 {
        id: chance::id, part_of: chance::maybe(chance::id), price: chance::small
    }
    Order in "orders" ("id", "person", "payer", "town") key 1 {
        id: chance::id, person: chance::id, payer: chance::maybe(chance::id), town: chance::town
    }
    Line in "lines" ("\"order\"", "number", "product", "quantity") key 2 {
        order: chance::id, number: chance::small, product: chance::id, quantity: chance::small
    }
    Seal in "seals" ("\"order\"", "number", "colour") key 2 {
        line: chance::line, colour: chance::small
    }
    Follow in "follows" ("fan", "idol", "since") key 2 {
        fan: chance::id, idol: chance::id, since: chance::small
    }
}

/// All values of a row.
pub fn values_of(row: &impl Cells) -> Row {
    let mut values = Vec::new();
    row.put(&mut values);
    values
}

/// The statement that inserts a row.
pub fn insert<M: Mirrored>() -> String {
    let places = vec!["?"; M::COLUMNS.len()].join(", ");
    format!("INSERT INTO {} ({}) VALUES ({places})", M::TABLE, M::COLUMNS.join(", "))
}

/// The condition that a row has a key.
pub fn is_key<M: Mirrored>() -> String {
    let columns: Vec<String> =
        M::COLUMNS[..M::KEY].iter().map(|column| format!("{column} = ?")).collect();
    columns.join(" AND ")
}
