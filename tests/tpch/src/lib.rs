//! TPC-H, the benchmark for decision support: eight tables of a wholesale supplier, the same rows in bondstone and in
//! SQLite, and ten of its 22 queries.
//!
//! | module | noun |
//! |---|---|
//! | [`models`] | the tables, as an owner would declare them |
//! | [`rows`] | what stands in them, from the generator `tpchgen` |
//! | [`mirror`] | the same tables in SQLite |
//! | [`sql`] | the queries as SQL |
//! | [`queries`] | the queries as bondstone's |
//! | [`answers`] | what the queries answer |
//!
//! **Money is an integer**: cents in the tables. A discount and a tax are whole percents, so a discounted price is exact in
//! hundredths of a cent, `price * (100 - discount)`, and a charge in ten-thousandths. Sums are therefore equal to the last
//! digit or wrong; only averages and quotients are floats.
//!
//! **Both sides are indexed alike**, and as the standard permits: on primary keys, foreign keys and dates. SQLite has seen
//! the rows before it plans (`ANALYZE`).
//!
//! This is a package of its own, since tests and benchmarks share it while the tests' `tiny` sizes must not reach the
//! benchmarks.

pub mod answers;
pub mod mirror;
pub mod models;
pub mod queries;
pub mod rows;
pub mod sql;

use bondstone::prelude::*;
use rusqlite::Connection;
use tpchgen::distribution::Distributions;
use tpchgen::text::TextPool;

use models::{Customer, LineItem, Nation, Order, Part, PartSupp, Region, Supplier};
use rows::Generated;

/// How much text the generator makes first, to cut comments from. The standard's 300 MB are not worth their time, since none
/// of the ten queries searches comments: these are other ones. Every other column is the standard's.
const TEXTS: i32 = 1 << 20;

/// Runs a function once for each table, parents first.
macro_rules! for_each_table {
    ($table:ident($($argument:expr),*)) => {{
        $table::<Region>($($argument),*)?;
        $table::<Nation>($($argument),*)?;
        $table::<Supplier>($($argument),*)?;
        $table::<Part>($($argument),*)?;
        $table::<PartSupp>($($argument),*)?;
        $table::<Customer>($($argument),*)?;
        $table::<Order>($($argument),*)?;
        $table::<LineItem>($($argument),*)?;
    }};
}
pub(crate) use for_each_table;

/// The data at one scale, which can be had as often as one likes.
///
/// ```
/// use bondstone_tpch::{Tpch, models::LineItem, sql};
///
/// let tpch = Tpch::at(0.01);
/// let db = tpch.database()?;
/// assert_eq!(db.read().count::<LineItem>(), 60_175);
///
/// let sqlite = tpch.sqlite()?;
/// assert_eq!(sql::q1(&sqlite)?.len(), 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Tpch {
    scale: f64,
    texts: TextPool,
}

impl Tpch {
    /// The data at a scale factor: 1 means 6 million lines of orders. A hundredth, a tenth, or any from 1 on: the
    /// standard's way to choose four suppliers for a part may choose one twice where there are few.
    #[must_use]
    pub fn at(scale: f64) -> Self {
        Self { scale, texts: TextPool::new(TEXTS, Distributions::static_default()) }
    }

    /// All rows, loaded in one transaction.
    ///
    /// # Errors
    /// A row that breaks a rule: at other scales than those, two offers of a supplier for one part.
    pub fn database(&self) -> Result<Database, Error> {
        let db = Database::builder().models::<LineItem>().in_memory()?;
        db.write(|tx| {
            for_each_table!(insert(tx, self));
            Ok(())
        })?;
        Ok(db)
    }

    /// The same rows in SQLite, in memory.
    ///
    /// # Errors
    /// As for [`database`](Self::database), in SQLite's words.
    pub fn sqlite(&self) -> rusqlite::Result<Connection> {
        mirror::load(self)
    }
}

fn insert<R: Generated>(tx: &mut Tx, tpch: &Tpch) -> Result<(), Error> {
    tx.insert_all(R::rows(tpch)).map(drop)
}
