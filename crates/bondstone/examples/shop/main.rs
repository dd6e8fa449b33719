//! A shop, from empty shelves to a day's work: models, constraints, relations, transactions and snapshots in one program.
//!
//! ```text
//! cargo run --release --example shop [-- ORDERS] [--seed N] [--no-times] [--dir DIR]
//! ```
//!
//! The same seed gives the same output, apart from the times; without them, letter by letter. With a directory the shop is kept
//! in it: another run goes on with what is there, be it that the one before was killed.
//!
//! | module | noun |
//! |---|---|
//! | `users`, `products`, `orders` | the models |
//! | `orders::placing` | from cart to order |
//! | `random`, `clock`, `generate` | a shop that a seed decides |
//! | `serve` | the shop at work |
//! | `refused` | what the database does not accept |
//! | `walk` | relations |
//! | `remove` | deletes |
//! | `beside` | a snapshot beside a writer |
//! | `kept` | a shop in a directory |
//! | `inventory` | what is there in the end |
//! | `page`, `progress` | what is printed |

mod beside;
mod clock;
mod generate;
mod inventory;
mod kept;
mod orders;
#[path = "../support/page.rs"]
mod page;
mod products;
mod progress;
mod random;
mod refused;
mod remove;
mod serve;
#[cfg(test)]
mod tests;
mod users;
mod walk;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clock::Clock;
use generate::Size;
use page::{Kind, Page, Table, each, grouped, span};
use random::Random;

/// What comes of a part of the program.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// What the command line says.
struct Options {
    orders: usize,
    seed: u64,
    times: bool,
    /// Where the shop is kept; in memory, if nowhere.
    directory: Option<PathBuf>,
}

const USAGE: &str = "usage: shop [ORDERS] [--seed N] [--no-times] [--dir DIR]";

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("shop: {message}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options, &mut io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("shop: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Outcome<Self> {
        let mut options = Self { orders: 100_000, seed: 42, times: true, directory: None };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--seed" => {
                    options.seed = arguments.next().ok_or("--seed needs a number")?.parse()?
                }
                "--no-times" => options.times = false,
                "--dir" => {
                    let directory = arguments.next().ok_or("--dir needs a directory")?;
                    options.directory = Some(directory.into());
                }
                size => {
                    let orders = size.replace('_', "").parse();
                    options.orders =
                        orders.map_err(|_| format!("`{size}` is no number of orders"))?;
                }
            }
        }
        if options.orders == 0 {
            return Err("a shop without orders has nothing to show".into());
        }
        Ok(options)
    }
}

/// Everything, from an empty shop on.
fn run(options: &Options, out: &mut dyn Write) -> Outcome {
    let page = &mut Page::new(out, options.times);
    let random = &mut Random::new(options.seed);
    let size = Size { orders: options.orders };
    let clock = Clock::before_history();
    let db = match &options.directory {
        Some(directory) => kept::open(page, directory, &clock)?,
        None => kept::builder(&clock).in_memory()?,
    };

    let title = format!("A shop with {} orders, seed {}", grouped(size.orders), options.seed);
    page.section(&title)?;
    generated(page, &generate::fill(&db, size, random)?)?;
    clock.open();

    page.section("Orders are placed: from cart to order, each in one transaction")?;
    serve::show(page, &db, (size.orders / 10).max(10), random)?;
    page.section("Writes are refused, and leave no trace")?;
    refused::show(page, &db)?;
    page.section("Relations are walked, from both ends")?;
    walk::show(page, &db.read())?;
    page.section("Rows are deleted, with what belongs to them")?;
    remove::show(page, &db)?;
    page.section("A snapshot stays as it was, while a writer goes on in another thread")?;
    beside::show(page, &db, (size.orders / 10).max(10), random)?;
    page.section("In the end")?;
    inventory::show(page, &db)?;
    if options.directory.is_some() { kept::close(page, db) } else { Ok(()) }
}

fn generated(page: &mut Page, steps: &[generate::Step]) -> Outcome {
    let columns = [
        ("generated", Kind::Text),
        ("rows", Kind::Number),
        ("time", Kind::Time),
        ("for each", Kind::Time),
    ];
    let mut table = Table::new(&columns);
    for step in steps {
        let times = (span(step.time), each(step.time, step.rows));
        table.row(&[&step.what, &grouped(step.rows), &times.0, &times.1]);
    }
    page.table(&table)?;
    Ok(())
}
