//! What is there: the rows of each table, and whether everything that is derived from them agrees.

use bondstone::prelude::*;

use crate::Outcome;
use crate::orders::{CartItem, Order, OrderItem};
use crate::page::{Kind, Page, Table, grouped};
use crate::products::{Category, Product};
use crate::users::{Address, User};

/// Counts, weighs, and has the database compare its indexes and relations with the rows.
pub fn show(page: &mut Page, db: &Database) -> Outcome {
    let columns = [("table", Kind::Text), ("rows", Kind::Number), ("KiB", Kind::Number)];
    let memory = db.memory()?;
    let mut table = Table::new(&columns);
    for (name, rows) in counts(&db.read()) {
        let bytes = memory.iter().find(|(table, _)| *table == name).map_or(0, |(_, bytes)| *bytes);
        table.row(&[&name, &grouped(rows), &grouped(bytes / 1024)]);
    }
    page.table(&table)?;
    match db.check()?.as_slice() {
        [] => Ok(page.text("\nIndexes, relations and counts agree with the rows.")?),
        faults => Err(faults.join("\n").into()),
    }
}

/// How many rows each table has.
pub fn counts(db: &View) -> [(&'static str, usize); 7] {
    [
        count::<User>(db),
        count::<Address>(db),
        count::<Category>(db),
        count::<Product>(db),
        count::<CartItem>(db),
        count::<Order>(db),
        count::<OrderItem>(db),
    ]
}

fn count<M: Model>(db: &View) -> (&'static str, usize) {
    (M::DEFINITION.name, db.count::<M>())
}
