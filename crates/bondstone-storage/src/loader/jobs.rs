//! What there is to make of loaded rows, piece by piece, on several threads.

use std::any::Any;
use std::cmp::Reverse;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::{Broken, Fault, Faults};
use crate::handle::Slot;
use crate::postings::Postings;
use crate::table::{Entries, Table, TableList, Tables};

/// An index or a relation map to be made.
#[derive(Clone, Copy)]
struct Job {
    table: usize,
    place: usize,
    makes: Makes,
}

#[derive(Clone, Copy)]
enum Makes {
    Index,
    Relation,
}

/// An index or a relation map, on its way into its table.
pub(super) struct Derived {
    job: Job,
    made: Made,
}

enum Made {
    Index(Entries),
    Relation(Postings),
}

impl Derived {
    pub(super) fn put_into(self, tables: &mut TableList) {
        let Job { table, place, .. } = self.job;
        let Some(Some(table)) = tables.get_mut(table) else { return };
        match self.made {
            Made::Index(entries) => table.indexes[place].entries = entries,
            Made::Relation(children) => table.foreign_keys[place].children = children,
        }
    }
}

/// The faults that one job found.
pub(crate) struct Findings {
    table: usize,
    shown: Vec<Fault>,
    count: usize,
}

impl Findings {
    pub(crate) fn report(&mut self, broken: Broken, slot: Slot) {
        self.count += 1;
        if self.shown.len() < Faults::SHOWN {
            self.shown.push(Fault { table: self.table, broken, slot });
        }
    }
}

/// What came of the jobs of one thread, each with its place among all.
type Outcomes = Vec<(usize, Derived, Findings)>;

/// A panic of the user's code.
type Thrown = Box<dyn Any + Send>;

/// Makes everything that is derived from rows; what was made, the faults to be shown, and the number of all.
pub(super) fn run(tables: &mut Tables, threads: usize) -> (Vec<Derived>, Vec<Fault>, usize) {
    let mut outcomes = outcomes(tables, threads).unwrap_or_else(|thrown| resume_unwind(thrown));
    // The same rows give the same faults, whichever thread met them.
    outcomes.sort_unstable_by_key(|(number, ..)| *number);
    let (mut made, mut shown, mut count) = (Vec::with_capacity(outcomes.len()), Vec::new(), 0);
    for (_, derived, findings) in outcomes {
        made.push(derived);
        shown.extend(findings.shown);
        count += findings.count;
    }
    (made, shown, count)
}

/// Does all jobs. The tables are ours alone: parents' slots are written beside whoever reads values.
fn outcomes(tables: &mut Tables, threads: usize) -> Result<Outcomes, Thrown> {
    let tables = &*tables;
    let jobs = jobs(tables);
    let next = AtomicUsize::new(0);
    let work = || work(tables, &jobs, &next);
    thread::scope(|scope| {
        // Where the system has no thread to give, those that there are do everything.
        let spawn = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
        let helpers: Vec<_> = (1..threads.min(jobs.len())).map_while(spawn).collect();
        let mut outcomes = work();
        for helper in helpers {
            let more = helper.join().unwrap_or_else(Err);
            outcomes = outcomes.and_then(|mut outcomes| {
                outcomes.extend(more?);
                Ok(outcomes)
            });
        }
        outcomes
    })
}

/// All jobs, those of large tables first: what is begun last should end soon.
fn jobs(tables: &Tables) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    for table in tables.iter() {
        let job = |makes| move |place| Job { table: table.number, place, makes };
        jobs.extend((0..table.foreign_keys.len()).map(job(Makes::Relation)));
        jobs.extend((0..table.indexes.len()).map(job(Makes::Index)));
    }
    let rows = |job: &Job| tables.get(job.table).map_or(0, |table| table.arena.rows());
    jobs.sort_by_key(|job| Reverse(rows(job)));
    jobs
}

/// Does one job after another until none is left, or the user's code panics.
fn work(tables: &Tables, jobs: &[Job], next: &AtomicUsize) -> Result<Outcomes, Thrown> {
    let mut outcomes = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let Some(job) = jobs.get(number) else { return Ok(outcomes) };
        let Some(table) = tables.get(job.table) else { continue };
        let mut findings = Findings { table: job.table, shown: Vec::new(), count: 0 };
        let make = AssertUnwindSafe(|| make(tables, table, *job, &mut findings));
        match catch_unwind(make) {
            Ok(made) => outcomes.push((number, Derived { job: *job, made }, findings)),
            Err(thrown) => {
                // What the others would make yet is of no use.
                next.store(jobs.len(), Ordering::Relaxed);
                return Err(thrown);
            }
        }
    }
}

fn make(tables: &Tables, table: &Table, job: Job, findings: &mut Findings) -> Made {
    match job.makes {
        Makes::Index => Made::Index(table.index_rows(tables, job.place, findings)),
        Makes::Relation => {
            // SAFETY: there is one such job for these slots, and nobody else has the tables (see `outcomes`).
            Made::Relation(unsafe { table.relate_rows(tables, job.place, findings) })
        }
    }
}
