//! TPC-H at one scale, in bondstone and in SQLite.

use bondstone::Database;
use bondstone_tpch::Tpch;
use bondstone_tpch::models::LineItem;
use rusqlite::Connection;

/// Both contestants of TPC-H, filled with the same rows.
pub struct Warehouse {
    lines: usize,
    /// Ours.
    pub database: Database,
    /// The base.
    pub sqlite: Connection,
}

impl Warehouse {
    /// The scale at which `compare` measures: 600,000 lines of 150,000 orders.
    pub const SCALE: f64 = 0.1;

    /// Generates and loads the rows of this scale factor.
    pub fn new(scale: f64) -> Self {
        let tpch = Tpch::at(scale);
        let database = tpch.database().expect("generated rows are valid");
        let sqlite = tpch.sqlite().expect("generated rows are valid");
        Self { lines: database.read().count::<LineItem>(), database, sqlite }
    }

    /// How many lines there are.
    pub fn lines(&self) -> usize {
        self.lines
    }
}
