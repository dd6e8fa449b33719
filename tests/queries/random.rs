//! Random queries, answered by bondstone, by plain loops, and by SQLite.
//!
//! `cargo test` asks five thousand of them, the same ones every time. More, and other ones:
//!
//! ```text
//! BONDSTONE_QUERIES=500000 BONDSTONE_SEED=7 cargo test -p bondstone-tests --test queries random
//! ```
//!
//! A failure prints the case, shrunk. The test also fails when something that queries are to meet was never met.

use std::cell::RefCell;

use bondstone_tests::queries::counters::Counters;
use bondstone_tests::queries::generate::case;
use bondstone_tests::queries::run::run_beside;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::mirror::Mirror;

const QUERIES: u32 = 5_000;
/// So many of each history.
const QUERIES_OF_A_CASE: u32 = 4;
/// Cases are independent, so each of these asks its share.
const THREADS: u32 = 2;

#[test]
fn random_queries_are_answered_alike() {
    let (queries, seed) = (setting("BONDSTONE_QUERIES", QUERIES), setting("BONDSTONE_SEED", 1));
    let cases = queries.div_ceil(THREADS * QUERIES_OF_A_CASE);
    let players: Vec<_> =
        (0..THREADS).map(|thread| std::thread::spawn(move || play(cases, seed, thread))).collect();
    let mut counters = Counters::default();
    for player in players {
        match player.join() {
            Ok(Ok(met)) => counters.add(&met),
            Ok(Err(failure)) => panic!("BONDSTONE_SEED={seed}: {failure}"),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    println!("{counters}");
    assert!(counters.queries >= u64::from(queries));
    // Fewer, as under a sanitizer, need not meet everything.
    let missing = if queries < QUERIES { Vec::new() } else { counters.missing() };
    assert_eq!(missing, Vec::<String>::new(), "never met in {queries} queries");
}

fn setting(name: &str, otherwise: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn play(cases: u32, seed: u32, thread: u32) -> Result<Counters, String> {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    bytes[4..8].copy_from_slice(&thread.to_le_bytes());
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let counters = RefCell::new(Counters::default());
    let mirror = RefCell::new(Mirror::new());
    let strategy = case(QUERIES_OF_A_CASE as usize);
    let played = TestRunner::new_with_rng(config, rng).run(&strategy, |case| {
        let mut mirror = mirror.borrow_mut();
        match run_beside(&case, &mut |naive, ask| mirror.answer(naive, ask)) {
            Ok(met) => counters.borrow_mut().add(&met),
            Err(difference) => return Err(TestCaseError::fail(difference)),
        }
        Ok(())
    });
    match played {
        Ok(()) => Ok(counters.into_inner()),
        Err(TestError::Fail(reason, case)) => Err(format!("{reason}\n{case:?}")),
        Err(TestError::Abort(reason)) => Err(reason.to_string()),
    }
}
