//! One case: a history, and queries of what it leaves behind, each answered twice.

use super::counters::Counters;
use super::engine;
use super::history::{Sight, Stage, Step};
use super::naive::Naive;
use super::question::{Answer, Ask};

/// A history, and queries.
#[derive(Clone, Debug)]
pub struct Case {
    /// What happens before.
    pub history: Vec<Step>,
    /// What is asked, and where.
    pub asks: Vec<(Sight, Ask)>,
}

/// What another engine answers to the same.
pub type Other<'a> = &'a mut dyn FnMut(&Naive, &Ask) -> Answer;

/// Runs a case.
///
/// # Errors
/// An answer differs.
pub fn run(case: &Case) -> Result<Counters, String> {
    compare(case, None)
}

/// Runs a case in another engine, too.
///
/// # Errors
/// An answer differs.
pub fn run_beside(case: &Case, other: Other<'_>) -> Result<Counters, String> {
    compare(case, Some(other))
}

fn compare(case: &Case, mut other: Option<Other<'_>>) -> Result<Counters, String> {
    let mut counters = Counters::default();
    let stage = Stage::after(&case.history);
    for (sight, ask) in &case.asks {
        let naive = stage.rows(*sight);
        counters.ask(*sight, ask, &naive);
        for (run, answer) in engine::answers(ask, stage.view(*sight), stage.database()) {
            counters.run(&run);
            judge(&format!("bondstone, {run:?},"), &naive, ask, &answer)?;
        }
        if let Some(other) = &mut other {
            judge("the other engine", &naive, ask, &other(&naive, ask))?;
        }
    }
    Ok(counters)
}

fn judge(who: &str, naive: &Naive, ask: &Ask, answer: &Answer) -> Result<(), String> {
    naive
        .judge(ask, answer)
        .map_err(|reason| format!("{who} answers {answer:?} to {ask:#?}\n{reason}\n{naive:?}"))
}
