//! Compares bondstone with the store that a good programmer writes by hand, and with SQLite; see
//! [`USAGE`].

use bondstone_benches::compare::options::{Options, USAGE};
use bondstone_benches::compare::{Row, Scene};
use bondstone_benches::report::{self, HEADING, Line};
use bondstone_benches::stage::{Stage, Warehouse};
use std::env;
use std::error::Error;
use std::process::ExitCode;

fn main() -> ExitCode {
    if env::args().any(|argument| argument == "--help" || argument == "-h") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let outcome = match Options::parse(env::args().skip(1)) {
        Ok(options) => compare(&options),
        Err(misuse) => Err(format!("{misuse}\n\n{USAGE}").into()),
    };
    outcome.map_or_else(
        |error| {
            eprintln!("compare: {error}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

/// Prints each line as soon as it is known; the file is written when all of them are.
fn compare(options: &Options) -> Result<(), Box<dyn Error>> {
    println!("{HEADING}");
    let mut lines = Vec::new();
    for &size in &options.sizes {
        let stage = Stage::new(size).with_files_in(options.directory.clone());
        lines.extend(measure(&options.rows, &stage, options)?);
    }
    if !options.tpch.is_empty() {
        lines.extend(measure(&options.tpch, &Warehouse::new(Warehouse::SCALE), options)?);
    }
    if let Some(path) = &options.json {
        std::fs::write(path, report::json(&lines))
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn measure<S: Scene>(rows: &[Row<S>], scene: &S, options: &Options) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    for row in rows {
        let found = row.lines(scene, &options.rounds);
        let found = found.map_err(|error| format!("{}: {error}", row.name))?;
        found.iter().for_each(|line| println!("{line}"));
        lines.extend(found);
    }
    Ok(lines)
}
