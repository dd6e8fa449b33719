//! A model as a table: its rows as SQLite's values, and some to choose from.

use std::marker::PhantomData;

use bondstone::prelude::*;
use bondstone::{AutoKey, Key, New};
use bondstone_tests::dice::Dice;
use rusqlite::types::Value as Sql;

use crate::chance::Chance;

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

/// What a table is called, and its columns.
#[derive(Clone, Copy)]
pub struct Names {
    pub table: &'static str,
    pub columns: &'static [&'static str],
    /// How many of the columns are the key; they come first.
    pub key: usize,
}

/// A model and its table.
pub trait Mirrored: Plural + New<Model = Self> + Cells + Chance {
    const NAMES: Names;
}

/// The model of a table: its fields in the order of the columns, the key first.
macro_rules! mirrored {
    ($($model:ident in $table:literal ($($column:literal),+) key $key:literal { $($field:ident),+ })*) => {$(
        impl $crate::mirror::Cells for $model {
            fn put(&self, row: &mut $crate::mirror::Row) {
                $(self.$field.put(row);)+
            }

            fn take(row: &mut std::slice::Iter<'_, rusqlite::types::Value>) -> Self {
                Self { $($field: $crate::mirror::Cells::take(row)),+ }
            }
        }

        impl $crate::chance::Chance for $model {
            fn draw(dice: &mut bondstone_tests::dice::Dice) -> Self {
                Self { $($field: $crate::chance::Chance::draw(dice)),+ }
            }
        }

        impl $crate::mirror::Mirrored for $model {
            const NAMES: $crate::mirror::Names =
                $crate::mirror::Names { table: $table, columns: &[$($column),+], key: $key };
        }
    )*};
}

/// A table without its type: what is done to rows that are given as SQLite's values.
pub trait Table: Send + Sync {
    fn names(&self) -> Names;
    /// A row that may be refused.
    fn random(&self, dice: &mut Dice) -> Row;
    fn insert(&self, tx: &mut Tx, row: &[Sql]) -> Result<(), Error>;
    fn update(&self, tx: &mut Tx, key: &[Sql], column: usize, value: &Sql) -> Result<(), Error>;
    /// Deletes a row; how many rows it touches: those that go, and those that let go, by each foreign key.
    fn delete(&self, tx: &mut Tx, key: &[Sql]) -> Result<u64, Error>;
    fn rekey(&self, tx: &mut Tx, key: &[Sql], new: &[Sql]) -> Result<(), Error>;
    fn rows(&self, view: &View) -> Vec<Row>;
}

/// The table of a model.
pub fn table<M: Mirrored>() -> Box<dyn Table>
where
    M::Key: Cells,
{
    Box::new(Of::<M>(PhantomData))
}

struct Of<M>(PhantomData<fn() -> M>);

impl<M: Mirrored> Table for Of<M>
where
    M::Key: Cells,
{
    fn names(&self) -> Names {
        M::NAMES
    }

    fn random(&self, dice: &mut Dice) -> Row {
        values_of(&M::draw(dice))
    }

    fn insert(&self, tx: &mut Tx, row: &[Sql]) -> Result<(), Error> {
        tx.insert(M::of(row)).map(drop)
    }

    fn update(&self, tx: &mut Tx, key: &[Sql], column: usize, value: &Sql) -> Result<(), Error> {
        let updated = tx.update(Id::<M>::of(key), |row| {
            let mut values = values_of(row);
            values[column] = value.clone();
            *row = M::of(&values);
        });
        updated.map(drop)
    }

    fn delete(&self, tx: &mut Tx, key: &[Sql]) -> Result<u64, Error> {
        let (_, report) = tx.delete_reported(Id::<M>::of(key))?;
        Ok(1 + (report.deletes().len() + report.unlinks().len()) as u64)
    }

    fn rekey(&self, tx: &mut Tx, key: &[Sql], new: &[Sql]) -> Result<(), Error> {
        tx.rekey(Id::<M>::of(key), Id::<M>::of(new)).map(drop)
    }

    fn rows(&self, view: &View) -> Vec<Row> {
        view.iter::<M>().map(values_of).collect()
    }
}

/// All values of a row.
fn values_of(row: &impl Cells) -> Row {
    let mut values = Vec::new();
    row.put(&mut values);
    values
}

/// The statement that inserts a row.
pub fn insert(Names { table, columns, .. }: Names) -> String {
    let places = vec!["?"; columns.len()].join(", ");
    format!("INSERT INTO {table} ({}) VALUES ({places})", columns.join(", "))
}

/// `a = ? AND b = ?`, with what stands between them.
pub fn assignments(columns: &[&str], between: &str) -> String {
    let each: Vec<String> = columns.iter().map(|column| format!("{column} = ?")).collect();
    each.join(between)
}
