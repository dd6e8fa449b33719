//! What compiling costs: a hundred models of ten fields, beside the same structs without the derive.
//!
//! ```sh
//! cargo run --release -p bondstone-benches --bin compile_time
//! ```
//!
//! Writes two small crates into the target folder, compiles what they depend on, and then measures the processor time of
//! compiling each of them alone: `cargo check`, a dev build with a database that is opened over all models, and one more for an
//! edit. With `--budget` it fails where the budget is exceeded. Linux only: the time is that of all child processes, as
//! `/proc/self/stat` knows it.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// How many models.
const MODELS: usize = 100;

/// Seconds of processor time that `cargo check`, and a dev build, may take.
const BUDGET: [(&str, f64); 2] = [("check", 4.0), ("build", 10.0)];

type Done<T> = Result<T, Box<dyn Error>>;

fn main() -> Done<()> {
    let is_strict = env::args().any(|argument| argument == "--budget");
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no workspace")?;
    let folder = workspace.join("target/compile_time");
    let derived = write_crate(&folder, "derived", workspace, &source(true))?;
    let plain = write_crate(&folder, "plain", workspace, &source(false))?;
    println!("seconds of processor time for {MODELS} models of ten fields");
    println!("{:8} {:>8} {:>8}", "", "models", "structs");
    for (command, budget) in BUDGET {
        let (with, without) = (measured(&derived, command)?, measured(&plain, command)?);
        println!("{command:8} {with:>8.2} {without:>8.2}   (budget {budget})");
        if is_strict && with > budget {
            return Err(format!("`cargo {command}` takes {with:.1} s, more than {budget}").into());
        }
    }
    Ok(())
}

/// The processor time of compiling the crate alone: what it depends on is compiled before.
fn measured(project: &Path, command: &str) -> Done<f64> {
    let cargo = || -> Done<()> {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        let done =
            cargo.arg(command).args(["--quiet", "--offline"]).current_dir(project).status()?;
        if done.success() { Ok(()) } else { Err(format!("`cargo {command}` failed").into()) }
    };
    cargo()?;
    // What is compiled again is all of it: nothing of the last time is kept.
    let source = project.join("src/main.rs");
    fs::write(&source, fs::read_to_string(&source)? + "\n")?;
    let before = children_seconds()?;
    cargo()?;
    Ok(children_seconds()? - before)
}

/// Processor time of all children that have ended, user and system.
fn children_seconds() -> Done<f64> {
    /// Of `/proc`, on every Linux that Rust runs on.
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name stands in parentheses, and may hold anything.
    let (_, fields) = stat.rsplit_once(") ").ok_or("a line of another form")?;
    let ticks = fields.split(' ').skip(13).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / TICKS_PER_SECOND)
}

fn write_crate(folder: &Path, name: &str, workspace: &Path, source: &str) -> Done<PathBuf> {
    let project = folder.join(name);
    fs::create_dir_all(project.join("src"))?;
    let bondstone = workspace.join("crates/bondstone");
    let manifest = format!(
        "[workspace]\n[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
         [dependencies]\nbondstone = {{ path = {bondstone:?} }}\n\
         [profile.dev]\nincremental = false\ndebug = \"line-tables-only\"\n"
    );
    fs::write(project.join("Cargo.toml"), manifest)?;
    fs::write(project.join("src/main.rs"), source)?;
    // The versions that the workspace has, so that nothing is fetched.
    fs::copy(workspace.join("Cargo.lock"), project.join("Cargo.lock"))?;
    Ok(project)
}

/// The program: models in a chain, each with two foreign keys, a list of children, a check, and indexes of each kind.
fn source(derived: bool) -> String {
    let mut source = "#![allow(dead_code)]\n\n".to_owned();
    if derived {
        source.push_str("use bondstone::prelude::*;\n\n");
    }
    let attribute = |text: &str| if derived { format!("#[{text}]") } else { String::new() };
    for nth in 0..MODELS {
        let parent = nth.saturating_sub(1);
        let mut line = |text: String| writeln!(source, "{text}").expect("a text takes everything");
        let derives = if derived { ", Model" } else { "" };
        line(format!("#[derive(Clone, Debug{derives})]"));
        if nth + 1 < MODELS {
            line(attribute(&format!("has_many(children: M{} by parent)", nth + 1)));
        }
        line(attribute("check(some: self.amount >= 0)"));
        line(attribute("index(by_kind: kind, amount)"));
        line(format!("pub struct M{nth} {{"));
        let id = |of: usize| if derived { format!("Id<M{of}>") } else { "u64".to_owned() };
        line(format!("    {} pub id: {},", attribute("key"), id(nth)));
        line(format!("    pub parent: Option<{}>,", id(parent)));
        line(format!("    pub other: Option<{}>,", id(nth / 2)));
        line(format!("    {} {} pub name: String,", attribute("unique"), attribute("max_len(50)")));
        line(format!("    {} pub code: u32,", attribute("index")));
        line(format!("    {} pub kind: u8,", attribute("default(1)")));
        line("    pub amount: i64,\n    pub share: f64,\n    pub note: Option<String>,\n    pub done: bool,\n}\n".into());
    }
    source.push_str(if derived {
        "fn main() -> Result<(), Error> {\n    let db = Database::builder().models::<M0>().in_memory()?;\n    println!(\"{db:?}\");\n    Ok(())\n}\n"
    } else {
        "fn main() {}\n"
    });
    source
}
