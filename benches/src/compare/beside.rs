//! What a reader keeps of its speed while another thread writes to the very table that it reads, or
//! writes a checkpoint of it; and what a writer keeps beside a checkpoint.
//!
//! The base is the same beside a thread that only computes: two busy cores of a shared machine are
//! slower than one, whatever the second does, and that is not the store's doing.

use super::durability::{Filed, filed};
use super::{Digest, repeat};
use crate::measure::{Contest, Figure, Lap};
use crate::model::User;
use crate::stage::{self, Market, People, Stage};
use bondstone::{Database, Id, Level};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// A thread that keeps a core busy and leaves the store alone.
const COMPUTING: &str = "computing_thread";

/// A snapshot serves this many lookups.
const LOOKUPS: usize = 100;

/// Lookups by id, with a fresh snapshot every hundred of them.
pub fn reader_beside_writer(stage: &Stage) -> Contest<'_> {
    let ids = &stage.people().ids;
    let writes = stage.random(11).picks(ids, stage.reads());
    let reader = Arc::new(Reader::new(stage));
    let same = Arc::clone(&reader);
    Contest::new(move || {
        let database = &reader.database;
        let write = |step: usize| {
            let id = writes[step % writes.len()];
            let written = database.write(|tx| tx.update(id, |row| row.balance += 1).map(drop));
            written.expect("the row exists");
        };
        beside(write, || reader.lap())
    })
    .against(COMPUTING, move || beside(compute, || same.lap()))
    .for_figure(Figure::Kept)
}

/// Laps beside checkpoints last as long as some of them.
const PASSES: usize = 8;

/// Lookups by id, with a fresh snapshot every hundred of them, while one checkpoint of the database
/// follows the other.
pub fn checkpoint_beside_reader(stage: &Stage) -> Contest<'_> {
    let (ours, keys) = (Arc::new(filed(stage, &stage.market().database)), users(stage, 15));
    let (same, other) = (Arc::clone(&ours), keys.clone());
    let reader = |filed: &Filed, keys: &[Id<User>]| {
        repeat(PASSES, keys.len(), || keys.chunks(LOOKUPS).map(|batch| read(filed, batch)).digest())
    };
    Contest::new(move || beside(|_| checkpoint(&ours), || reader(&ours, &keys)))
        .against(COMPUTING, move || beside(compute, || reader(&same, &other)))
        .for_figure(Figure::Kept)
}

/// Updates of random users, each in a commit that the operating system has when it returns, while one
/// checkpoint of the database follows the other.
pub fn checkpoint_beside_writer(stage: &Stage) -> Contest<'_> {
    let (ours, keys) = (Arc::new(filed(stage, &stage.market().database)), users(stage, 16));
    let (same, other) = (Arc::clone(&ours), keys.clone());
    let writer = |filed: &Filed, keys: &[Id<User>]| {
        let raise = |row: &mut User| row.balance += 1;
        repeat(1, keys.len(), || {
            for id in keys {
                let raised = filed.write_at(Level::Buffered, |tx| tx.update(*id, raise).map(drop));
                raised.expect("the row exists");
            }
            0
        })
    };
    Contest::new(move || beside(|_| checkpoint(&ours), || writer(&ours, &keys)))
        .against(COMPUTING, move || beside(compute, || writer(&same, &other)))
        .for_figure(Figure::Kept)
}

fn checkpoint(filed: &Filed) {
    filed.checkpoint().expect("the disk keeps what it is given");
}

/// Random users of the market.
fn users(stage: &Stage, purpose: u64) -> Vec<Id<User>> {
    let Market { store, .. } = stage.market();
    let ids: Vec<_> = store.users().map(|row| row.id).collect();
    stage.random(purpose).picks(&ids, stage.reads())
}

/// A database of its own, and what to look up in it.
struct Reader {
    database: Database,
    keys: Vec<Id<User>>,
    passes: usize,
}

impl Reader {
    /// Small tables are read several times over, so that the writer gets far within a lap.
    fn new(stage: &Stage) -> Self {
        let People { data, ids, .. } = stage.people();
        let database = stage::database();
        stage::fill(&database, data);
        let keys = stage.random(12).picks(ids, stage.reads());
        let passes = (20_000 / stage.rows()).max(1);
        Self { database, keys, passes }
    }

    fn lap(&self) -> Lap {
        repeat(self.passes, self.keys.len(), || {
            let batches = self.keys.chunks(LOOKUPS);
            batches.map(|batch| read(&self.database, batch)).digest()
        })
    }
}

/// Two fields that the writer leaves alone, so that the sum does not depend on who came first.
fn read(database: &Database, batch: &[Id<User>]) -> u64 {
    let snap = database.read();
    let rows = batch.iter().filter_map(|&id| snap.get(id));
    rows.map(|row| row.code.wrapping_add(u64::from(row.age))).digest()
}

/// About as long as one write, and without memory that others could miss.
fn compute(step: usize) {
    black_box((0..500).fold(step, |word, round| word.rotate_left(5) ^ black_box(round)));
}

/// Runs `reader` while another thread repeats `companion`.
fn beside(companion: impl Fn(usize) + Sync, reader: impl FnOnce() -> Lap) -> Lap {
    let (started, ended) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut step = 0;
            while !ended.load(Ordering::Relaxed) {
                companion(step);
                step += 1;
                started.store(true, Ordering::Relaxed);
            }
        });
        let _end = SetWhenDropped(&ended);
        while !started.load(Ordering::Relaxed) {
            thread::yield_now();
        }
        reader()
    })
}

/// Ends the companion even if the reader panics; the scope would wait for it for ever.
struct SetWhenDropped<'a>(&'a AtomicBool);

impl Drop for SetWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn the_companion_works_before_and_during_the_reading_and_ends_with_it() {
        let steps = AtomicUsize::new(0);
        let lap = beside(
            |_| {
                steps.fetch_add(1, Ordering::Relaxed);
            },
            || {
                let before = steps.load(Ordering::Relaxed);
                assert!(before > 0);
                while steps.load(Ordering::Relaxed) < before + 100 {
                    thread::yield_now();
                }
                Lap { cost: 1.0, operations: 1, checksum: 0 }
            },
        );
        assert_eq!(lap.operations, 1);
        let after = steps.load(Ordering::Relaxed);
        thread::sleep(std::time::Duration::from_millis(2));
        assert_eq!(steps.load(Ordering::Relaxed), after);
    }
}
