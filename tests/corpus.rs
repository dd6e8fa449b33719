//! Replays what the fuzzer keeps: `fuzz/corpus/operations`, where each file is a history that met something new.
//!
//! A find is kept for ever: copy the input that the fuzzer reports (`fuzz/artifacts/operations/…`) there. To let the corpus
//! grow without the fuzzer, by so many inputs: `BONDSTONE_GROW=50 cargo test -p bondstone-tests --test corpus`.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use bondstone_tests::corpus::{grow, meets};
use bondstone_tests::counters::{EVENTS, Event};

const FEWEST: usize = 200;

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/operations")
}

/// The inputs, in the order of their names.
fn inputs() -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(directory()).expect("the corpus is part of the repository");
    let mut inputs: Vec<(String, Vec<u8>)> = files
        .map(|file| {
            let file = file.expect("the directory can be read");
            let name = file.file_name().to_string_lossy().into_owned();
            (name, fs::read(file.path()).expect("the file can be read"))
        })
        .collect();
    inputs.sort();
    inputs
}

fn grow_by(count: usize) {
    let mut corpus: Vec<Vec<u8>> = inputs().into_iter().map(|(_, input)| input).collect();
    let known = corpus.len();
    if let Err((input, divergence)) = grow(&mut corpus, known + count, known as u64 + 1) {
        panic!("{divergence}\n{input:?}");
    }
    for (place, input) in corpus.iter().enumerate().skip(known) {
        fs::write(directory().join(format!("{place:04}")), input).expect("the file can be written");
    }
}

#[test]
fn every_input_agrees() {
    if let Some(count) = std::env::var("BONDSTONE_GROW").ok().and_then(|text| text.parse().ok()) {
        grow_by(count);
    }
    let inputs = inputs();
    assert!(inputs.len() >= FEWEST, "{} inputs in {}", inputs.len(), directory().display());
    let distinct: BTreeSet<&[u8]> = inputs.iter().map(|(_, input)| input.as_slice()).collect();
    assert_eq!(distinct.len(), inputs.len(), "an input is there twice");
    let mut met = BTreeSet::new();
    for (name, input) in &inputs {
        match meets(input) {
            Ok(things) => met.extend(things),
            Err(divergence) => panic!("{name}: {divergence}"),
        }
    }
    let missed: Vec<&Event> =
        EVENTS.iter().filter(|event| !met.contains(&format!("{event:?}"))).collect();
    println!("{} inputs meet {} things, but not {missed:?}", inputs.len(), met.len());
}
