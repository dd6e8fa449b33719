//! What the examples print: headings, lines, and tables whose columns are as wide as what stands in them.
//!
//! Times are the only thing that differs from run to run. They stand in columns and lines of their own, and a page without
//! times leaves these out: two runs with the same seed can then be compared letter by letter.

use std::fmt::Display;
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// Where an example prints to.
pub struct Page<'o> {
    out: &'o mut dyn Write,
    times: bool,
}

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text, to the left.
    Text,
    /// A number, to the right.
    Number,
    /// A time, or what is computed from one: to the right, and left out where times are.
    Time,
}

/// A table being filled.
pub struct Table {
    columns: Vec<(&'static str, Kind)>,
    rows: Vec<Vec<String>>,
}

impl<'o> Page<'o> {
    /// A page on `out`, with times or without.
    pub fn new(out: &'o mut dyn Write, times: bool) -> Self {
        Self { out, times }
    }

    /// The heading of a part.
    pub fn section(&mut self, title: &str) -> io::Result<()> {
        writeln!(self.out, "\n{title}\n{}", "═".repeat(title.chars().count()))
    }

    /// Lines of text, indented.
    pub fn text(&mut self, text: impl Display) -> io::Result<()> {
        for line in text.to_string().lines() {
            writeln!(self.out, "{}", format!("  {line}").trim_end())?;
        }
        Ok(())
    }

    /// A line that tells a time.
    pub fn time(&mut self, text: impl Display) -> io::Result<()> {
        if self.times { self.text(text) } else { Ok(()) }
    }

    /// A table, and an empty line before it.
    pub fn table(&mut self, table: &Table) -> io::Result<()> {
        let shown: Vec<usize> = (0..table.columns.len())
            .filter(|column| self.times || table.columns[*column].1 != Kind::Time)
            .collect();
        let widths: Vec<usize> = shown.iter().map(|column| table.width(*column)).collect();
        let heads: Vec<String> = table.columns.iter().map(|(head, _)| (*head).to_owned()).collect();
        let rule = "─".repeat(widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1));
        self.text("\n")?;
        self.text(table.line(&heads, &shown, &widths))?;
        self.text(rule)?;
        table.rows.iter().try_for_each(|row| self.text(table.line(row, &shown, &widths)))
    }
}

impl Table {
    /// A table with these columns.
    pub fn new(columns: &[(&'static str, Kind)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: &[&dyn Display]) {
        self.rows.push(cells.iter().map(ToString::to_string).collect());
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column)).map(String::as_str);
        let (head, kind) = self.columns[column];
        // Times get the same width in every run.
        let least = if kind == Kind::Time { 10 } else { 0 };
        cells.chain([head]).map(|cell| cell.chars().count()).fold(least, usize::max)
    }

    fn line(&self, cells: &[String], shown: &[usize], widths: &[usize]) -> String {
        let padded = shown.iter().zip(widths).map(|(column, width)| {
            let cell = cells.get(*column).map_or("", String::as_str);
            match self.columns[*column].1 {
                Kind::Text => format!("{cell:<width$}"),
                Kind::Number | Kind::Time => format!("{cell:>width$}"),
            }
        });
        padded.collect::<Vec<_>>().join("  ")
    }
}

/// A number with its digits in groups of three.
pub fn grouped(number: impl Display) -> String {
    let text = number.to_string();
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

/// A duration in the unit that reads best.
pub fn span(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds >= 1.0 => format!("{seconds:.2} s"),
        seconds if seconds >= 1e-3 => format!("{:.1} ms", seconds * 1e3),
        seconds if seconds >= 1e-6 => format!("{:.1} µs", seconds * 1e6),
        seconds => format!("{:.1} ns", seconds * 1e9),
    }
}

/// The time that each of `count` things took.
pub fn each(time: Duration, count: usize) -> String {
    let nanoseconds = time.as_nanos() as u64;
    match count as u64 {
        0 => "—".to_owned(),
        count if nanoseconds / count < 1_000 => {
            format!("{:.1} ns", nanoseconds as f64 / count as f64)
        }
        count => span(Duration::from_nanos(nanoseconds / count)),
    }
}

/// What `work` returns, and how long it took.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}
