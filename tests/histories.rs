//! Random histories, engine and oracle side by side.
//!
//! `cargo test` plays a thousand of about 200 statements each, the same ones every time. More, and other ones:
//!
//! ```text
//! BONDSTONE_HISTORIES=100000 BONDSTONE_SEED=7 cargo test -p bondstone-tests --test histories
//! ```
//!
//! A failure prints the history, shrunk, and the difference; the seed repeats it. The test also fails when something that
//! histories are to meet was never met: a test of a rare event that does not happen is no test.

use bondstone_tests::counters::{Counters, KINDS, MATRIX, REASONS};
use bondstone_tests::generate::{history, opening};
use bondstone_tests::run::run;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

const HISTORIES: u32 = 1000;
const STATEMENTS: usize = 200;
/// Histories are independent, so each of these plays its share.
const THREADS: u32 = 2;

#[test]
fn every_answer_agrees() {
    let (histories, seed) =
        (setting("BONDSTONE_HISTORIES", HISTORIES), setting("BONDSTONE_SEED", 1));
    let players: Vec<_> = (0..THREADS)
        .map(|thread| std::thread::spawn(move || play(histories.div_ceil(THREADS), seed, thread)))
        .collect();
    let mut counters = Counters::default();
    for player in players {
        match player.join() {
            Ok(Ok(met)) => counters.add(&met),
            Ok(Err(failure)) => panic!("BONDSTONE_SEED={seed}: {failure}"),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    println!("{counters}");
    assert_eq!(counters.impossible(), Vec::<String>::new(), "the matrix says that this cannot be");
    // Fewer, as under a sanitizer, need not meet everything.
    let missing = if histories < HISTORIES { Vec::new() } else { counters.missing() };
    assert_eq!(missing, Vec::<String>::new(), "never met in {histories} histories");
}

#[test]
fn the_matrix_has_a_reason_for_each_pair_that_cannot_be() {
    for (place, (rule, marks)) in MATRIX.iter().enumerate() {
        assert!(MATRIX[..place].iter().all(|(other, _)| other != rule), "{rule:?} is there twice");
        let marks: Vec<char> = marks.chars().filter(|mark| *mark != ' ').collect();
        assert_eq!(marks.len(), KINDS.len(), "{rule:?}");
        for mark in marks.into_iter().filter(|mark| *mark != '.') {
            assert!(REASONS.iter().any(|(reason, _)| *reason == mark), "{rule:?}: {mark}");
        }
    }
}

#[test]
fn the_opening_is_accepted() {
    let met = run(&opening()).expect("engine and oracle agree");
    assert!(met.statements > 10 && met.refused() == 0, "{met}");
}

fn setting(name: &str, otherwise: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn play(histories: u32, seed: u32, thread: u32) -> Result<Counters, String> {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    bytes[4..8].copy_from_slice(&thread.to_le_bytes());
    let config = Config {
        cases: histories,
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let counters = std::cell::RefCell::new(Counters::default());
    let played = TestRunner::new_with_rng(config, rng).run(&history(STATEMENTS), |operations| {
        match run(&operations) {
            Ok(met) => counters.borrow_mut().add(&met),
            Err(divergence) => return Err(TestCaseError::fail(divergence.to_string())),
        }
        Ok(())
    });
    match played {
        Ok(()) => Ok(counters.into_inner()),
        Err(TestError::Fail(reason, history)) => Err(format!("{reason}\n{history:?}")),
        Err(TestError::Abort(reason)) => Err(reason.to_string()),
    }
}
