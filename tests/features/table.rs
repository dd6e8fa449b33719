//! The table in `docs/features.md` and the tests of this binary name each other, both ways.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is a matter of words: there is nothing to run.
const DOCUMENTED: [&str; 4] = ["S41", "S64", "S65", "S76"];

/// A row: its number, what it says, and its last cell.
struct Row {
    number: String,
    text: String,
    proof: String,
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

fn page(name: &str) -> String {
    let path = docs().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn rows() -> Vec<Row> {
    let is_number = |cell: &str| {
        let digits = cell.strip_prefix(['S', 'X']).unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let row = |line: &str| {
        let (number, text) = line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | ")?;
        let (text, proof) = text.rsplit_once(" | ")?;
        let row = Row { number: number.into(), text: text.into(), proof: proof.into() };
        is_number(number).then_some(row)
    };
    page("features.md").lines().filter_map(row).collect()
}

/// The numbers, from S1 to X20.
fn numbers() -> impl Iterator<Item = String> {
    let those = |letter: char, last: u32| (1..=last).map(move |n| format!("{letter}{n}"));
    those('S', 76).chain(those('X', 20))
}

/// `S7` of `keys::s07_a_primary_key`; none of a test that is called otherwise.
fn number_of(test: &str) -> Option<String> {
    let name = test.rsplit("::").next()?;
    let (letter, rest) = (name.chars().next()?, name.get(1..3)?);
    let is_numbered = matches!(letter, 's' | 'x') && name.get(3..4) == Some("_");
    let number: u32 = rest.parse().ok().filter(|_| is_numbered)?;
    Some(format!("{}{number}", letter.to_ascii_uppercase()))
}

/// The numbered tests of this binary, as it lists them itself.
fn tests() -> BTreeMap<String, String> {
    let binary = std::env::current_exe().expect("this test runs in a file");
    let listed = Command::new(binary).args(["--list", "--format", "terse"]).output();
    let listed = String::from_utf8(listed.expect("it runs").stdout).expect("it prints text");
    let mut tests = BTreeMap::new();
    for test in listed.lines().filter_map(|line| line.strip_suffix(": test")) {
        if let Some(number) = number_of(test) {
            let other = tests.insert(number, test.to_owned());
            assert_eq!(other, None, "{test} has the number of another test");
        }
    }
    tests
}

#[test]
fn there_is_a_row_for_each_number_in_order() {
    let found: Vec<String> = rows().into_iter().map(|row| row.number).collect();
    assert_eq!(found, numbers().collect::<Vec<_>>());
}

#[test]
fn each_row_has_its_test_and_each_test_its_row() {
    let proved = |row: &Row| {
        Some((row.number.clone(), row.proof.strip_prefix('`')?.strip_suffix('`')?.to_owned()))
    };
    let rows: BTreeMap<String, String> = rows().iter().filter_map(proved).collect();
    assert_eq!(rows, tests());
}

#[test]
fn what_has_no_test_is_known() {
    let rows = rows();
    let documented = rows.iter().filter(|row| row.proof == "documented");
    assert_eq!(documented.map(|row| row.number.as_str()).collect::<Vec<_>>(), DOCUMENTED);
    assert_eq!(tests().len() + DOCUMENTED.len(), numbers().count());
}

#[test]
fn each_link_leads_to_a_heading() {
    for row in rows() {
        for link in row.text.split("](").skip(1) {
            let (link, _) = link.split_once(')').expect("a link ends");
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let headings = page(file);
            let mut headings = headings.lines().filter(|line| line.starts_with('#')).map(anchor_of);
            assert!(
                anchor.is_empty() || headings.any(|heading| heading == anchor),
                "{}: {link}",
                row.number
            );
        }
    }
}

/// What a heading is called in links.
fn anchor_of(heading: &str) -> String {
    let title = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    title.chars().filter(kept).collect::<String>().replace(' ', "-")
}

#[test]
fn a_newcomer_finds_the_table() {
    assert!(page("README.md").contains("(features.md)"));
    assert!(page("../README.md").contains("(docs/features.md)"));
}
