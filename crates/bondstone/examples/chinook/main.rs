//! Chinook: real data, eleven tables and 15,607 rows, loaded with every rule enforced, walked, and refused when damaged.
//!
//! ```text
//! cargo run --release --example chinook -- DIR [--no-times]
//! ```
//!
//! `DIR` holds a CSV file for each table, as exported from <https://github.com/lerocha/chinook-database>.
//!
//! | module | noun |
//! |---|---|
//! | `models` | the tables |
//! | `files`, `line` | the files, and what stands in a line |
//! | `load` | all of it, in one transaction |
//! | `facts`, `report` | what can be told by walking relations |
//! | `questions` | ten questions, each a query |
//! | `damage` | rows that are refused |
//! | `page` | what is printed |

mod damage;
mod facts;
mod files;
mod line;
mod load;
mod models;
#[path = "../support/page.rs"]
mod page;
mod questions;
mod report;

use std::path::Path;
use std::process::ExitCode;
use std::{env, io};

use files::Files;
use page::Page;

fn main() -> ExitCode {
    let mut arguments: Vec<String> = env::args().skip(1).collect();
    let given = arguments.len();
    arguments.retain(|argument| argument != "--no-times");
    let times = arguments.len() == given;
    let [directory] = arguments.as_slice() else {
        eprintln!("usage: chinook DIR [--no-times]");
        return ExitCode::from(2);
    };
    match run(Path::new(directory), times) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chinook: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(directory: &Path, times: bool) -> Result<(), Box<dyn std::error::Error>> {
    let out = &mut io::stdout();
    let page = &mut Page::new(out, times);
    let files = Files::read(directory)?;
    let db = models::database()?;

    page.section("Loaded, in one transaction")?;
    report::loaded(page, &load::load(&db, &files)?)?;
    report::show(page, &db.read())?;
    page.section("Ten questions, each a query")?;
    questions::show(page, &db.read())?;
    page.section("Damaged rows are refused, and nothing stays of what came before them")?;
    damage::show(page, &files)
}
