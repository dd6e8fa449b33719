//! The ten queries as SQL, each in a file of its own, with the standard's validation parameters.
//!
//! They are the standard's words but for money, which is in integers here, and dates, which are computed beforehand. A
//! statement is prepared when it is first asked and kept by the connection.

use rusqlite::Connection;

use crate::answers::{
    Answer, Approximate, LargeOrder, LateLines, LateOrders, LocalVolume, Opportunity,
    PricingSummary, ReturningCustomer, UnshippedOrder,
};

fn rows<A: Answer>(sqlite: &Connection, query: &str) -> rusqlite::Result<Vec<A>> {
    sqlite.prepare_cached(query)?.query_map([], A::read)?.collect()
}

/// The pricing summary: what was shipped until 90 days before 1998-12-01.
pub fn q1(sqlite: &Connection) -> rusqlite::Result<Vec<PricingSummary>> {
    rows(sqlite, include_str!("../sql/q1.sql"))
}

/// Shipping priority: the ten most valuable orders of builders that were not shipped by 1995-03-15.
pub fn q3(sqlite: &Connection) -> rusqlite::Result<Vec<UnshippedOrder>> {
    rows(sqlite, include_str!("../sql/q3.sql"))
}

/// Order priority checking: orders of the third quarter of 1993 with a line that came late.
pub fn q4(sqlite: &Connection) -> rusqlite::Result<Vec<LateOrders>> {
    rows(sqlite, include_str!("../sql/q4.sql"))
}

/// Local supplier volume: Asia in 1994.
pub fn q5(sqlite: &Connection) -> rusqlite::Result<Vec<LocalVolume>> {
    rows(sqlite, include_str!("../sql/q5.sql"))
}

/// Forecasting revenue change: what discounts of about six percent on small quantities cost in 1994, in hundredths of a
/// cent.
pub fn q6(sqlite: &Connection) -> rusqlite::Result<i64> {
    sqlite.prepare_cached(include_str!("../sql/q6.sql"))?.query_one([], |row| row.get(0))
}

/// Returned item reporting: the twenty customers who cost most by what they returned of the fourth quarter of 1993.
pub fn q10(sqlite: &Connection) -> rusqlite::Result<Vec<ReturningCustomer>> {
    rows(sqlite, include_str!("../sql/q10.sql"))
}

/// Shipping modes and order priority: late lines of 1994, by mail and by ship.
pub fn q12(sqlite: &Connection) -> rusqlite::Result<Vec<LateLines>> {
    rows(sqlite, include_str!("../sql/q12.sql"))
}

/// Promotion effect: the share of promoted parts in the revenue of September 1995, in percent.
pub fn q14(sqlite: &Connection) -> rusqlite::Result<Approximate> {
    let percent = |row: &rusqlite::Row<'_>| row.get(0).map(Approximate);
    sqlite.prepare_cached(include_str!("../sql/q14.sql"))?.query_one([], percent)
}

/// Large volume customer: orders of more than 300 pieces, the dearest first.
pub fn q18(sqlite: &Connection) -> rusqlite::Result<Vec<LargeOrder>> {
    rows(sqlite, include_str!("../sql/q18.sql"))
}

/// Global sales opportunity: customers of seven countries with more than the average balance who never ordered.
pub fn q22(sqlite: &Connection) -> rusqlite::Result<Vec<Opportunity>> {
    rows(sqlite, include_str!("../sql/q22.sql"))
}
