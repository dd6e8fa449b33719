//! Transactions: their statements, savepoints and endings.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::atomic::Ordering;

use bondstone::prelude::*;

use super::{Run, ask};
use crate::ask::{Asked, expect};
use crate::counters::Event;
use crate::datum::{Datum, Values};
use crate::fixture::Fixture;
use crate::operations::{Ending, Query, Write};
use crate::oracle::Oracle;
use crate::oracle::Plan;
use crate::specification::{TABLES, Table};
use crate::state::State;
use crate::with_model;

/// Why a closure stops.
enum Stop {
    /// It was to.
    Wanted,
    /// The engine refused what it must not.
    Engine(Error),
    /// Engine and oracle differ.
    Diverged(String),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

/// What a panic carries that was wanted.
struct Wanted;

impl Run {
    pub(super) fn transaction(&mut self, writes: &[Write], ending: Ending) -> Result<(), String> {
        let before = self.oracle.clone();
        let committed = Rc::new(before.state.clone());
        self.oracle.now = i64::try_from(self.commits).unwrap_or_default() + 100;
        self.clock.store(self.oracle.now, Ordering::Relaxed);
        self.deeds.clear();
        self.in_transaction = true;
        let db = self.db.clone();
        let ended = match ending {
            Ending::Commit | Ending::Error | Ending::Panic => {
                self.by_closure(&db, writes, ending, &committed)
            }
            Ending::Rollback | Ending::Drop => self.by_hand(&db, writes, ending, &committed),
        };
        self.in_transaction = false;
        ended?;
        if ending == Ending::Commit {
            self.commits += 1;
        } else {
            self.count_undone(&before.state);
            self.oracle.state = before.state;
        }
        let snapshot = self.db.read();
        let asked = Asked { view: &snapshot, state: &self.oracle.state };
        if self.commits.is_multiple_of(4) { asked.everything() } else { asked.rows() }
    }

    fn by_closure(
        &mut self,
        db: &Database,
        writes: &[Write],
        ending: Ending,
        committed: &Rc<State>,
    ) -> Result<(), String> {
        let work = |tx: &mut Tx| -> Result<(), Stop> {
            self.play_all(tx, writes, committed).map_err(Stop::Diverged)?;
            self.compare_changes(tx, committed).map_err(Stop::Diverged)?;
            match ending {
                Ending::Panic => resume_unwind(Box::new(Wanted)),
                Ending::Error => Err(Stop::Wanted),
                _ => Ok(()),
            }
        };
        let ended = catch_unwind(AssertUnwindSafe(|| db.transact(work)));
        let event = match (ended, ending) {
            (Ok(Ok(())), Ending::Commit) => Event::Committed,
            (Ok(Err(Stop::Wanted)), Ending::Error) => Event::Failed,
            (Err(panic), Ending::Panic) if panic.is::<Wanted>() => Event::Panicked,
            (Ok(Err(Stop::Diverged(what))), _) => return Err(what),
            (Ok(Err(Stop::Engine(error))), _) => return Err(format!("transaction: {error}")),
            (Err(panic), _) => return Err(format!("a panic: {}", text_of(panic.as_ref()))),
            _ => return Err("the transaction ended otherwise than it was to".to_owned()),
        };
        self.counters.event(event);
        Ok(())
    }

    fn by_hand(
        &mut self,
        db: &Database,
        writes: &[Write],
        ending: Ending,
        committed: &Rc<State>,
    ) -> Result<(), String> {
        let mut tx = db.begin().map_err(|error| error.to_string())?;
        self.play_all(&mut tx, writes, committed)?;
        self.compare_changes(&tx, committed)?;
        if ending == Ending::Drop {
            drop(tx);
            self.counters.event(Event::Dropped);
        } else {
            tx.rollback();
            self.counters.event(Event::RolledBack);
        }
        Ok(())
    }

    fn play_all(
        &mut self,
        tx: &mut Tx,
        writes: &[Write],
        committed: &Rc<State>,
    ) -> Result<(), String> {
        for write in writes {
            self.write(tx, write, committed).map_err(|what| format!("{what}\n  in {write:?}"))?;
        }
        Ok(())
    }

    fn write(&mut self, tx: &mut Tx, write: &Write, committed: &Rc<State>) -> Result<(), String> {
        match write {
            Write::Savepoint(writes, undone) => self.savepoint(tx, writes, *undone, committed),
            Write::Ask(Query::Preview(table, choice)) => self.preview(tx, *table, *choice),
            Write::Ask(query) => {
                let asked = Asked { view: tx, state: &self.oracle.state };
                ask(asked, &self.oracle.state, query, &self.known, &mut self.counters)
            }
            Write::Snapshot(step) => self.step(step, committed),
            statement => self.statement(tx, statement),
        }
    }

    fn savepoint(
        &mut self,
        tx: &mut Tx,
        writes: &[Write],
        undone: bool,
        committed: &Rc<State>,
    ) -> Result<(), String> {
        let before = self.oracle.clone();
        let deeds = self.deeds.clone();
        self.depth += 1;
        self.counters.event_if(Event::SavepointNested, self.depth > 1);
        let ended = tx.savepoint(|tx| -> Result<(), Stop> {
            self.play_all(tx, writes, committed).map_err(Stop::Diverged)?;
            if undone { Err(Stop::Wanted) } else { Ok(()) }
        });
        self.depth -= 1;
        match ended {
            Ok(()) => self.counters.event(Event::SavepointKept),
            Err(Stop::Wanted) => {
                let mixed = writes.iter().any(|write| matches!(write, Write::Savepoint(_, false)));
                self.counters.event_if(Event::SavepointMixed, mixed);
                self.counters.event(Event::SavepointUndone);
                self.count_undone(&before.state);
                self.oracle.state = before.state;
                self.deeds = deeds;
            }
            Err(Stop::Diverged(what)) => return Err(what),
            Err(Stop::Engine(error)) => return Err(format!("savepoint: {error}")),
        }
        let asked = Asked { view: tx, state: &self.oracle.state };
        asked.rows()
    }

    /// What a delete would do, without doing it.
    fn preview(&mut self, tx: &Tx, table: Table, choice: u8) -> Result<(), String> {
        let key = self.oracle.state.choose_key(table, choice);
        let plan = Plan::of(&self.oracle.state, table, &key);
        let expected = self.oracle.state.row(table, &key).map(|_| named(&plan));
        let found = with_model!(table, M => tx.preview_delete(M::id_of(&key)));
        let found = found.ok().map(|found| report_of(&found, &plan));
        expect(|| format!("preview of {}", table.name_row(&key)), &expected, &found)
    }

    /// The change set is the difference of the states before and after.
    fn compare_changes(&mut self, tx: &Tx, before: &State) -> Result<(), String> {
        let mut written = false;
        for (table, key) in self.deeds.iter().filter(|(_, deeds)| deeds.updated).map(|(row, _)| row)
        {
            let (old, new) = (before.values(*table, key), self.oracle.state.values(*table, key));
            self.counters.event_if(Event::NetNothing, old.is_some() && old == new);
        }
        for table in TABLES {
            let expected = difference(before, &self.oracle, table);
            let found = with_model!(table, M => net_changes::<M>(tx))?;
            expect(|| format!("changes of {table:?}"), &expected, &found)?;
            written |= !expected.is_empty();
        }
        expect(|| "the change set is empty".to_owned(), &!written, &tx.changes().is_empty())
    }
}

/// What a panic says.
fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// Before and after, of each row that differs.
type Differences = BTreeMap<Datum, (Option<Values>, Option<Values>)>;

fn difference(before: &State, oracle: &Oracle, table: Table) -> Differences {
    let keys = before.rows(table).keys().chain(oracle.state.rows(table).keys());
    keys.map(|key| {
        let before = before.values(table, key).cloned();
        (key.clone(), (before, oracle.state.values(table, key).cloned()))
    })
    .filter(|(_, (before, after))| before != after)
    .collect()
}

/// The change set of a model. It is net: no key is there twice.
fn net_changes<M: Fixture>(tx: &Tx) -> Result<Differences, String> {
    let mut changes = Differences::new();
    for change in tx.changes().of::<M>() {
        let key = M::key_of(&change.id());
        let (before, after) = (change.before(), change.after());
        let rows = (before.map(Fixture::values), after.map(Fixture::values));
        if changes.insert(key.clone(), rows).is_some() {
            return Err(format!("the change set names {} twice", M::TABLE.name_row(&key)));
        }
    }
    Ok(changes)
}

/// What a plan says, or what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    steps: Steps,
    /// Two rows that go in another order than promised.
    misplaced: Option<(String, String)>,
}

/// The rows of a plan by name: those that go, those that let go, those that refuse.
type Steps = [Vec<(String, String)>; 3];

pub(super) fn named(plan: &Plan) -> Report {
    let mut goes: Vec<_> =
        plan.deletes[1..].iter().map(|(table, key)| (table.name_row(key), String::new())).collect();
    goes.sort();
    let links = |links: &[(Table, Datum, &'static crate::specification::Reference)]| {
        let name = |(table, key, reference): &(Table, Datum, &crate::specification::Reference)| {
            (table.name_row(key), reference.name.to_owned())
        };
        let mut links: Vec<_> = links.iter().map(name).collect();
        links.sort();
        links
    };
    Report { steps: [goes, links(&plan.unlinks), links(&plan.refusals)], misplaced: None }
}

pub(super) fn report_of(plan: &bondstone::DeletePlan, known: &Plan) -> Report {
    // By which of several references a row was found is the engine's choice.
    let sorted = |steps: &[bondstone::PlanStep], constraint: bool| {
        let name = |step: &bondstone::PlanStep| {
            let by = if constraint { step.constraint() } else { "" };
            (step.row().to_owned(), by.to_owned())
        };
        let mut steps: Vec<_> = steps.iter().map(name).collect();
        steps.sort();
        steps
    };
    let order: Vec<&str> = plan.deletes().iter().map(bondstone::PlanStep::row).collect();
    Report {
        steps: [
            sorted(plan.deletes(), false),
            sorted(plan.unlinks(), true),
            sorted(plan.refusals(), true),
        ],
        misplaced: known.misplaced(&order),
    }
}
