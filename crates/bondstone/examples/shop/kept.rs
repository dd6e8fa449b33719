//! A shop that is kept in a directory.

use std::path::Path;

use bondstone::Level;
use bondstone::prelude::*;

use crate::Outcome;
use crate::clock::Clock;
use crate::page::{Page, grouped, span, timed};
use crate::users::User;

/// The models, and the shop's own time.
pub fn builder(clock: &Clock) -> bondstone::Builder {
    let clock = clock.clone();
    // A killed program loses nothing; at `Sync`, the default, neither would a power cut, and each order would wait for the disk.
    Database::builder().models::<User>().clock(move || clock.tick()).level(Level::Buffered)
}

/// Opens the shop, and tells what was found.
pub fn open(page: &mut Page, directory: &Path, clock: &Clock) -> Outcome<Database> {
    let (db, time) = timed(|| builder(clock).open(directory));
    let db = db?;
    if let Some(opened) = db.opened() {
        page.section(&format!("The shop in {}", directory.display()))?;
        let (rows, commits) = (grouped(opened.rows()), grouped(opened.commits()));
        page.text(match opened.snapshot() {
            Some(_) => {
                format!("{rows} rows were found: a snapshot, and {commits} commits of the log.")
            }
            None => {
                format!("{rows} rows were found: no snapshot, and {commits} commits of the log.")
            }
        })?;
        if let Some(cut) = opened.cut() {
            page.text(format!(
                "The program was interrupted: {} bytes of an unfinished commit were cut off.",
                grouped(cut.bytes as usize)
            ))?;
        }
        page.time(format!("Opening took {}.", span(time)))?;
    }
    Ok(db)
}

/// Writes a snapshot and closes the shop.
pub fn close(page: &mut Page, db: Database) -> Outcome {
    page.section("The shop is kept")?;
    let (done, time) = timed(|| db.checkpoint());
    let done = done?;
    page.text(format!(
        "A snapshot of {} rows has {} bytes.",
        grouped(done.rows as usize),
        grouped(done.bytes as usize)
    ))?;
    page.time(format!("Writing it took {}.", span(time)))?;
    db.close()?;
    page.text("The log is sealed. The next run goes on from here.")?;
    Ok(())
}
