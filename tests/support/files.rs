//! Files that somebody has changed on purpose: whatever comes, an error or a database that keeps all its rules.
//!
//! Any bytes are an [`Attack`]: which [base](bases), a valid directory, is taken; what is done to one of its files, piece by
//! [piece](pieces); and which numbers may lie afterwards. All other lengths and all checksums are made right again, so that
//! whoever reads the file comes to the decoder behind them. Then the directory is opened with the program's models.
//!
//! | module | noun |
//! |---|---|
//! | `models` | the models, and those of an older version of the program |
//! | [`bases`] | valid directories |
//! | [`pieces`] | a file as header, frames or blocks, and back |
//! | [`attack`] | what is done to the pieces |
//! | `rules` | what holds for all rows, written a second time by hand |

pub mod attack;
pub mod bases;
mod models;
pub mod pieces;
mod rules;

use bondstone::prelude::*;
use bondstone::vfs::sim::SimDisk;

pub use attack::Attack;
pub use bases::{Base, Target};

/// What came of an attack.
pub enum Outcome {
    /// The files were refused, and why.
    Refused(Error),
    /// The files were believed.
    Opened(Database),
}

/// Opens the directory that an attack leaves. `disk`: as [`Attack::disk`] gives it.
#[must_use]
pub fn open(disk: &SimDisk) -> Outcome {
    match bases::program().open_in(disk.clone()) {
        Ok(db) => Outcome::Opened(db),
        Err(error) => Outcome::Refused(error),
    }
}

/// Judges what came of an attack: what it met, in words without numbers.
///
/// # Errors
/// Rows that break a rule; an index that is not its rows'; rows that are other ones after closing and opening again.
pub fn judge(outcome: Outcome, disk: &SimDisk) -> Result<Vec<String>, String> {
    let db = match outcome {
        Outcome::Refused(error) => return Ok(vec![without_numbers(&error.to_string())]),
        Outcome::Opened(db) => db,
    };
    let faults = db.check().map_err(|error| error.to_string())?;
    if !faults.is_empty() {
        return Err(format!("indexes and rows differ: {}", faults.join("; ")));
    }
    rules::test(&db.read())?;
    let (rows, opened) = (models::rows(&db.read()), db.opened().map(ToString::to_string));
    // What was believed once is written, and read again.
    db.checkpoint().map_err(|error| format!("a checkpoint of what was opened: {error}"))?;
    db.close().map_err(|error| format!("closing what was opened: {error}"))?;
    let again = bases::program().open_in(disk.clone());
    let again = again.map_err(|error| format!("opening what was opened and closed: {error}"))?;
    if models::rows(&again.read()) != rows {
        return Err("other rows after closing and opening again".to_owned());
    }
    let changed = |row: &String| !bases::rows().contains(row);
    let mut met: Vec<String> =
        rows.iter().filter(|row| changed(row)).map(|row| without_numbers(row)).collect();
    met.extend(opened.map(|opened| without_numbers(&opened)));
    Ok(met)
}

/// A text without its numbers and quoted values: what kind of thing it says.
fn without_numbers(text: &str) -> String {
    let (mut kind, mut quoted) = (String::new(), false);
    for letter in text.chars() {
        quoted ^= letter == '"';
        if !quoted && !letter.is_ascii_digit() && kind.len() < 80 {
            kind.push(letter);
        }
    }
    kind
}
