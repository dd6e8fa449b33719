//! The same tables in SQLite: loaded from the same generator, not from our database, so that neither hides what the other
//! lost.
//!
//! Columns have the standard's names (`l_shipdate`) and stand in the order of the models' fields. A key is its number, a
//! date its ISO text, a letter a text.

use bondstone::prelude::*;
use bondstone::{AutoKey, Key};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};

use crate::models::{Customer, LineItem, Nation, Order, Part, PartSupp, Region, Supplier};
use crate::rows::Generated;
use crate::{Tpch, for_each_table};

/// A model whose rows can be shown as SQLite's.
pub trait Mirrored: Generated {
    /// The values of a row, column by column.
    fn values(&self) -> Vec<Sql>;
}

macro_rules! mirrored {
    ($($model:ident { $($field:ident),+ })*) => {$(
        impl Mirrored for $model {
            fn values(&self) -> Vec<Sql> {
                vec![$(self.$field.cell()),+]
            }
        }
    )*};
}

mirrored! {
    Region { key, name, comment }
    Nation { key, name, region, comment }
    Supplier { id, name, address, nation, phone, balance, comment }
    Part { id, name, manufacturer, brand, kind, size, container, retail_price, comment }
    PartSupp { part, supplier, available, cost, comment }
    Customer { id, name, address, nation, phone, balance, segment, comment }
    Order {
        id, customer, status, total_price, order_date, priority, clerk, ship_priority, comment
    }
    LineItem {
        order, number, part, supplier, quantity, price, discount, tax, return_flag, status,
        ship_date, commit_date, receipt_date, ship_instructions, ship_mode, comment
    }
}

/// What stands in one column.
trait Cell {
    fn cell(&self) -> Sql;
}

impl Cell for i64 {
    fn cell(&self) -> Sql {
        (*self).into()
    }
}

impl Cell for String {
    fn cell(&self) -> Sql {
        self.clone().into()
    }
}

impl Cell for char {
    fn cell(&self) -> Sql {
        self.to_string().into()
    }
}

impl Cell for Date {
    fn cell(&self) -> Sql {
        self.to_string().into()
    }
}

impl Cell for AutoKey {
    fn cell(&self) -> Sql {
        i64::try_from(self.get()).expect("the generator's keys are of this type").into()
    }
}

impl<M: Model<Key: Cell + Key>> Cell for Id<M> {
    fn cell(&self) -> Sql {
        self.key().cell()
    }
}

/// The indexes come after the rows, which is faster, and the statistics last.
pub(crate) fn load(tpch: &Tpch) -> rusqlite::Result<Connection> {
    let sqlite = Connection::open_in_memory()?;
    sqlite.execute_batch(include_str!("../sql/schema.sql"))?;
    sqlite.execute_batch("BEGIN")?;
    for_each_table!(insert(&sqlite, tpch));
    sqlite.execute_batch("COMMIT")?;
    sqlite.execute_batch(include_str!("../sql/indexes.sql"))?;
    Ok(sqlite)
}

fn insert<R: Mirrored>(sqlite: &Connection, tpch: &Tpch) -> rusqlite::Result<()> {
    let definition = R::DEFINITION;
    let places = vec!["?"; definition.columns.len()].join(", ");
    let mut insert =
        sqlite.prepare(&format!("INSERT INTO {} VALUES ({places})", definition.name))?;
    R::rows(tpch).try_for_each(|row| insert.execute(params_from_iter(row.values())).map(drop))
}
