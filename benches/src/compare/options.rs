//! The command line of `compare`.

use super::{Row, rows};
use crate::measure::Rounds;
use crate::stage::LEAST_ROWS;
use std::path::PathBuf;
use thiserror::Error;

/// How `compare` is called.
pub const USAGE: &str = "\
usage: compare [--rows N,N,...] [--json FILE] [--only ROW,ROW,...] [--rounds N]

  --rows    sizes of the tables, at least 1000 (default: 1000,100000,1000000)
  --json    also write the figures to this file
  --only    measure these rows of the comparison only
  --rounds  exactly so many rounds (default: as many as fit into a second)";

/// What to measure.
pub struct Options {
    /// Sizes of the tables.
    pub sizes: Vec<usize>,
    /// Where to write JSON.
    pub json: Option<PathBuf>,
    /// The rows of the comparison.
    pub rows: Vec<Row>,
    /// How often.
    pub rounds: Rounds,
}

/// What is wrong with a command line.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Misuse {
    /// Not an option.
    #[error("unknown option {0}")]
    Option(String),
    /// Nothing follows an option.
    #[error("{0} needs a value")]
    Missing(String),
    /// Not a number, or too low a one.
    #[error("{0} is not a number of at least {1}")]
    Number(String, usize),
    /// Not a row of the comparison.
    #[error("there is no row {0}; there are: {1}")]
    Row(String, String),
}

impl Options {
    /// Reads the arguments that follow the program's name.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, Misuse> {
        let sizes = vec![1_000, 100_000, 1_000_000];
        let mut options =
            Self { sizes, json: None, rows: rows().collect(), rounds: Rounds::default() };
        while let Some(option) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| Misuse::Missing(option.clone()));
            match option.as_str() {
                "--rows" => options.sizes = list(&value()?, |text| number(text, LEAST_ROWS))?,
                "--json" => options.json = Some(value()?.into()),
                "--only" => options.rows = list(&value()?, row)?,
                "--rounds" => options.rounds = Rounds::exactly(number(&value()?, 1)?),
                _ => return Err(Misuse::Option(option)),
            }
        }
        Ok(options)
    }
}

fn list<T>(text: &str, item: impl Fn(&str) -> Result<T, Misuse>) -> Result<Vec<T>, Misuse> {
    text.split(',').map(item).collect()
}

fn number(text: &str, least: usize) -> Result<usize, Misuse> {
    let number = text.parse().ok().filter(|&number| number >= least);
    number.ok_or_else(|| Misuse::Number(text.into(), least))
}

fn row(name: &str) -> Result<Row, Misuse> {
    let names = || rows().map(|row| row.name).collect::<Vec<_>>().join(", ");
    rows().find(|row| row.name == name).ok_or_else(|| Misuse::Row(name.into(), names()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, Misuse> {
        Options::parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn nothing_asked_is_everything() {
        let options = parse("").unwrap();
        assert_eq!((options.sizes, options.json), (vec![1_000, 100_000, 1_000_000], None));
        assert_eq!(options.rows.len(), rows().count());
    }

    #[test]
    fn every_option_is_heard() {
        let options =
            parse("--rows 1000,5000 --json out.json --only miss,scan --rounds 3").unwrap();
        assert_eq!((options.sizes, options.json), (vec![1_000, 5_000], Some("out.json".into())));
        assert!(options.rows.iter().map(|row| row.name).eq(["miss", "scan"]));
        assert_eq!(format!("{:?}", options.rounds), format!("{:?}", Rounds::exactly(3)));
    }

    #[test]
    fn nonsense_is_named() {
        let misuse = |line| parse(line).err().unwrap();
        assert_eq!(misuse("--fast"), Misuse::Option("--fast".into()));
        assert_eq!(misuse("--json"), Misuse::Missing("--json".into()));
        assert_eq!(misuse("--rows 1000,999"), Misuse::Number("999".into(), 1_000));
        assert_eq!(misuse("--rounds 0"), Misuse::Number("0".into(), 1));
        assert!(
            misuse("--only scan,scam")
                .to_string()
                .starts_with("there is no row scam; there are: get_by_id, ")
        );
    }
}
