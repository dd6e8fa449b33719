//! One history, against the engine and the oracle at once.

mod memory;
mod statements;
mod transaction;

use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use bondstone::prelude::*;

use crate::ask::{Asked, bound};
use crate::counters::{Counters, Event};
use crate::datum::{Datum, time};
use crate::operations::{Operation, Query, SnapshotStep};
use crate::oracle::Oracle;
use crate::state::State;
use crate::ways::{ORDERED, RELATIONS, UNIQUES, Way};
use crate::world::{Country, Person, Session};

use memory::Known;

/// The engine and the oracle disagree.
#[derive(Clone, Debug)]
pub struct Divergence {
    /// The operation's place in the history.
    pub operation: usize,
    /// The statement, or the question.
    pub what: String,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "operation {}: {}", self.operation, self.what)
    }
}

impl std::error::Error for Divergence {}

/// Most snapshots that are held at once.
const SNAPSHOTS: usize = 8;

/// Plays a history; what it met.
///
/// # Errors
/// The first answer in which engine and oracle differ.
pub fn run(operations: &[Operation]) -> Result<Counters, Divergence> {
    let mut run = Run::new();
    for (place, operation) in operations.iter().enumerate() {
        let played = run.play(operation);
        played.map_err(|what| Divergence { operation: place, what })?;
    }
    let ended = run.end();
    ended.map_err(|what| Divergence { operation: operations.len(), what })?;
    Ok(run.counters)
}

/// A history being played.
struct Run {
    db: Database,
    clock: Arc<AtomicI64>,
    oracle: Oracle,
    counters: Counters,
    snapshots: Vec<Held>,
    known: Known,
    commits: u64,
    /// What the open transaction did to each row, for the counters.
    deeds: HashMap<(crate::specification::Table, Datum), Deeds>,
    depth: usize,
    in_transaction: bool,
}

/// What a transaction did to a row.
#[derive(Clone, Copy, Default)]
struct Deeds {
    inserted: bool,
    updated: bool,
    deleted: bool,
}

/// A snapshot that is held.
struct Held {
    snapshot: Snapshot,
    state: Rc<State>,
    /// The commits before it.
    taken: u64,
    cloned: bool,
    original_gone: bool,
    /// Names the original and its clones.
    family: u64,
}

impl Run {
    fn new() -> Self {
        let clock = Arc::new(AtomicI64::new(0));
        let uuids = AtomicU64::new(0);
        let now = Arc::clone(&clock);
        let db = Database::builder()
            .models::<(Person, Country, Session)>()
            .clock(move || time(now.load(Ordering::Relaxed)))
            .uuids(move |_| {
                Uuid::from_u128(u128::from(uuids.fetch_add(1, Ordering::Relaxed) + 1) << 64)
            })
            .in_memory()
            .expect("the world's models fit together");
        Self {
            db,
            clock,
            oracle: Oracle::default(),
            counters: Counters::default(),
            snapshots: Vec::new(),
            known: Known::default(),
            commits: 0,
            deeds: HashMap::new(),
            depth: 0,
            in_transaction: false,
        }
    }

    fn play(&mut self, operation: &Operation) -> Result<(), String> {
        match operation {
            Operation::Transaction(writes, ending) => self.transaction(writes, *ending),
            Operation::Snapshot(step) => {
                let committed = Rc::new(self.oracle.state.clone());
                self.step(step, &committed)
            }
            Operation::Check => self.check(),
        }
    }

    fn check(&mut self) -> Result<(), String> {
        match self.db.check() {
            Ok(faults) if faults.is_empty() => Ok(()),
            other => Err(format!("check: {other:?}")),
        }
    }

    /// All snapshots are read once more and dropped, and then nothing is left behind.
    fn end(&mut self) -> Result<(), String> {
        self.check()?;
        let pinned = self.db.pinned().map_err(|error| error.to_string())?;
        let unpinned = self.snapshots.is_empty();
        self.counters.event_if(Event::Pinned, pinned.superseded > 0 && !unpinned);
        for held in std::mem::take(&mut self.snapshots) {
            Asked { view: &held.snapshot, state: &held.state }.everything()?;
        }
        self.check()?;
        let pinned = self.db.pinned().map_err(|error| error.to_string())?;
        if pinned != bondstone::Backlog::default() {
            return Err(format!("without snapshots, {pinned:?} is pinned"));
        }
        let snapshot = self.db.read();
        Asked { view: &snapshot, state: &self.oracle.state }.everything()?;
        self.known.check(&snapshot, &self.oracle.state, &mut self.counters)
    }

    // ---- snapshots

    fn step(&mut self, step: &SnapshotStep, committed: &Rc<State>) -> Result<(), String> {
        let place = |choice: u8| usize::from(choice) % self.snapshots.len().max(1);
        self.counters.event_if(Event::SnapshotAmid, self.in_transaction);
        match step {
            SnapshotStep::Open => {
                if self.snapshots.len() == SNAPSHOTS {
                    // Not the oldest: that one is to become old.
                    self.release(SNAPSHOTS / 2)?;
                }
                self.snapshots.push(Held {
                    snapshot: self.db.read(),
                    state: Rc::clone(committed),
                    taken: self.commits,
                    cloned: false,
                    original_gone: false,
                    family: self.known.name(),
                });
            }
            SnapshotStep::Clone(choice) => {
                if let Some(held) = self.snapshots.get(place(*choice))
                    && self.snapshots.len() < SNAPSHOTS
                {
                    let copy = Held {
                        snapshot: held.snapshot.clone(),
                        state: Rc::clone(&held.state),
                        cloned: true,
                        ..*held
                    };
                    self.snapshots.push(copy);
                }
            }
            SnapshotStep::Ask(choice, query) => {
                if let Some(held) = self.snapshots.get(place(*choice)) {
                    let age = self.commits - held.taken;
                    self.counters.event_if(Event::SnapshotOld, age > 50);
                    let outlived = held.cloned && held.original_gone;
                    self.counters.event_if(Event::CloneOutlived, outlived);
                    let asked = Asked { view: &held.snapshot, state: &held.state };
                    let now = &self.oracle.state;
                    ask(asked, now, query, &self.known, &mut self.counters)?;
                }
            }
            SnapshotStep::Drop(choice) => {
                if !self.snapshots.is_empty() {
                    self.release(place(*choice))?;
                }
            }
        }
        Ok(())
    }

    /// Drops a snapshot, after a last look.
    fn release(&mut self, place: usize) -> Result<(), String> {
        let held = self.snapshots.remove(place);
        Asked { view: &held.snapshot, state: &held.state }.rows()?;
        if !held.cloned {
            let family = self.snapshots.iter_mut().filter(|other| other.family == held.family);
            family.for_each(|other| other.original_gone = true);
        }
        Ok(())
    }
}

/// Asks a view. `now` is the newest state that there is.
fn ask(
    asked: Asked<'_>,
    now: &State,
    query: &Query,
    known: &Known,
    counters: &mut Counters,
) -> Result<(), String> {
    let state = asked.state;
    match query {
        Query::Get(table, choice) => asked.get(*table, &state.choose_key(*table, *choice)),
        Query::GetMany(table, choices) => {
            let keys: Vec<Datum> =
                choices.iter().map(|choice| state.choose_key(*table, *choice)).collect();
            asked.get_many(*table, &keys)
        }
        Query::All(table) => asked.all(*table),
        Query::Find(choice, choices) => {
            let unique = &UNIQUES[usize::from(*choice) % UNIQUES.len()];
            asked.find(unique, &state.choose_row(unique.table, choices))
        }
        Query::Range(choice, kinds, low, high) => {
            let ordered = &ORDERED[usize::from(*choice) % ORDERED.len()];
            let column = &ordered.table.specification().columns[ordered.column];
            let (low, high) = (state.choose(column, *low), state.choose(column, *high));
            asked.range(ordered, bound(*kinds, &low), bound(kinds / 3, &high))
        }
        Query::Walk(choice, row, nowhere) => {
            let relation = &RELATIONS[usize::from(*choice) % RELATIONS.len()];
            let key = state.choose_key(relation.from, *row);
            match state.values(relation.from, &key) {
                Some(values) if !nowhere => asked.walk(relation, values),
                _ => {
                    counters.event_if(
                        Event::WalkedFromNowhere,
                        !matches!(relation.way, Way::Parent(_)),
                    );
                    asked.walk(relation, &state.choose_row(relation.from, &[*row; 12]))
                }
            }
        }
        Query::Join(choice) => asked.join(&RELATIONS[usize::from(*choice) % RELATIONS.len()]),
        Query::Handle(high, low) => {
            let place = usize::from(*high) * 256 + usize::from(*low);
            known.ask(asked, now, place, counters)
        }
        // A transaction answers it itself.
        Query::Preview(..) => Ok(()),
        Query::Everything => asked.everything(),
    }
}
