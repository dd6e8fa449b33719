//! Verdicts as a table for people and as JSON for programs.
//!
//! JSON has one object for each row, size and base: `contestant` is the base, `median_ns` the
//! base's own median per operation (bytes for `bytes_per_row` and `bytes_on_disk`), and `ratio`
//! bondstone's figure divided by the base's. Only for the rows with `beside` in their names a higher
//! ratio is the better one: it is the share of its throughput that a reader or writer keeps.

use crate::measure::Verdict;
use std::fmt::{self, Write};

/// One line: a verdict, and where it belongs.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// What was done.
    pub row: &'static str,
    /// To how many rows.
    pub rows: usize,
    /// What came out.
    pub verdict: Verdict,
}

/// The heading of the table.
pub const HEADING: &str = "row                           rows  base                  base  bondstone    ratio  middle half";

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row, rows, verdict: Verdict { base, theirs, ours, ratios } } = self;
        let (theirs, ours) = (figure(*theirs), figure(*ours));
        write!(
            f,
            "{row:<24} {rows:>9}  {base:<16} {theirs:>9}  {ours:>9}  {:>7}",
            figure(ratios.median)
        )?;
        write!(f, "  {} to {}", figure(ratios.low), figure(ratios.high))
    }
}

/// Three digits that matter.
fn figure(value: f64) -> String {
    match value.abs() {
        size if size < 0.1 => format!("{value:.4}"),
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// All lines as a JSON array, one object a line.
pub fn json(lines: &[Line]) -> String {
    let objects: Vec<_> = lines.iter().map(object).collect();
    if objects.is_empty() { "[]\n".into() } else { format!("[\n{}\n]\n", objects.join(",\n")) }
}

fn object(Line { row, rows, verdict }: &Line) -> String {
    let members = [
        ("row", text(row)),
        ("rows", rows.to_string()),
        ("contestant", text(verdict.base)),
        ("median_ns", number(verdict.theirs)),
        ("ratio", number(verdict.ratios.median)),
    ];
    let members = members.map(|(name, value)| format!("{}: {value}", text(name)));
    format!("  {{{}}}", members.join(", "))
}

/// JSON knows neither infinity nor what is not a number.
fn number(value: f64) -> String {
    if value.is_finite() { format!("{value:.5}") } else { "null".into() }
}

fn text(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control < ' ' => write!(quoted, "\\u{:04x}", control as u32).unwrap_or(()),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Spread;

    fn line(theirs: f64, ratio: f64) -> Line {
        let ratios = Spread { low: 0.25, median: ratio, high: 12.34 };
        Line {
            row: "scan",
            rows: 1000,
            verdict: Verdict { base: "by_hand", theirs, ours: 1.5, ratios },
        }
    }

    #[test]
    fn json_is_an_array_of_objects() {
        assert_eq!(json(&[]), "[]\n");
        let expected = r#"[
  {"row": "scan", "rows": 1000, "contestant": "by_hand", "median_ns": 4.25000, "ratio": 0.50000},
  {"row": "scan", "rows": 1000, "contestant": "by_hand", "median_ns": 0.00000, "ratio": null}
]
"#;
        assert_eq!(json(&[line(4.25, 0.5), line(0.0, f64::INFINITY)]), expected);
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(text("a\"b\\c\n"), r#""a\"b\\c\u000a""#);
    }

    #[test]
    fn the_table_has_columns() {
        let printed = line(1234.5, 0.0123).to_string();
        let words: Vec<_> = printed.split_whitespace().collect();
        assert_eq!(
            words,
            ["scan", "1000", "by_hand", "1234", "1.50", "0.0123", "0.25", "to", "12.3"]
        );
        let end = |text: &str, word: &str| text.find(word).map(|at| at + word.len());
        assert_eq!(end(HEADING, " rows"), end(&printed, "1000"));
        assert_eq!(end(HEADING, " ratio"), end(&printed, "0.0123"));
    }
}
