//! The command line of `compare`.

use super::{Row, TPCH, rows};
use crate::measure::Rounds;
use crate::stage::{LEAST_ROWS, Warehouse};
use std::path::PathBuf;
use thiserror::Error;

/// How `compare` is called.
pub const USAGE: &str = "\
usage: compare [--rows N,N,...] [--json FILE] [--only ROW,ROW,...] [--rounds N] [--dir DIR]

  --rows    sizes of the tables, at least 1000 (default: 1000,100000,1000000);
            the queries of TPC-H have a size of their own
  --json    also write the figures to this file
  --only    measure these rows of the comparison only
  --rounds  exactly so many rounds (default: as many as fit into a second)
  --dir     where files are made that are measured, and removed afterwards
            (default: the directory for temporary files)";

/// What to measure.
pub struct Options {
    /// Sizes of the tables.
    pub sizes: Vec<usize>,
    /// Where to write JSON.
    pub json: Option<PathBuf>,
    /// The rows of the comparison that are measured at each size.
    pub rows: Vec<Row>,
    /// Those that have a size of their own.
    pub tpch: Vec<Row<Warehouse>>,
    /// How often.
    pub rounds: Rounds,
    /// Where files are made.
    pub directory: PathBuf,
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
        let mut options = Self {
            sizes: vec![1_000, 100_000, 1_000_000],
            json: None,
            rows: rows().collect(),
            tpch: TPCH.to_vec(),
            rounds: Rounds::default(),
            directory: std::env::temp_dir(),
        };
        while let Some(option) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| Misuse::Missing(option.clone()));
            match option.as_str() {
                "--rows" => options.sizes = list(&value()?, |text| number(text, LEAST_ROWS))?,
                "--json" => options.json = Some(value()?.into()),
                "--only" => (options.rows, options.tpch) = only(&list(&value()?, known)?),
                "--dir" => options.directory = value()?.into(),
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

/// The name, if there is a row that has it.
fn known(name: &str) -> Result<String, Misuse> {
    let names = || rows().map(|row| row.name).chain(TPCH.iter().map(|row| row.name));
    let unknown = || Misuse::Row(name.into(), names().collect::<Vec<_>>().join(", "));
    names().find(|known| *known == name).map(String::from).ok_or_else(unknown)
}

/// The rows of these names, in the order of the names.
fn only(names: &[String]) -> (Vec<Row>, Vec<Row<Warehouse>>) {
    let sized = names.iter().filter_map(|name| rows().find(|row| row.name == name));
    let tpch = names.iter().filter_map(|name| TPCH.iter().find(|row| row.name == name));
    (sized.collect(), tpch.copied().collect())
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
        assert_eq!((options.rows.len(), options.tpch.len()), (rows().count(), TPCH.len()));
    }

    #[test]
    fn every_option_is_heard() {
        let options =
            parse("--rows 1000,5000 --json out.json --only miss,tpch_q6,scan --rounds 3 --dir /x")
                .unwrap();
        assert_eq!(options.directory, PathBuf::from("/x"));
        assert_eq!((options.sizes, options.json), (vec![1_000, 5_000], Some("out.json".into())));
        assert!(options.rows.iter().map(|row| row.name).eq(["miss", "scan"]));
        assert!(options.tpch.iter().map(|row| row.name).eq(["tpch_q6"]));
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
