//! What a reader keeps of its speed while another thread writes to the very table that it reads.
//!
//! The base is the same reader beside a thread that only computes: two busy cores of a shared
//! machine are slower than one, whatever the second does, and that is not the store's doing.

use super::{Digest, repeat};
use crate::measure::{Contest, Figure, Lap};
use crate::model::User;
use crate::stage::{self, People, Stage};
use bondstone::Database;
use bondstone::Id;
use std::hint::black_box;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// A snapshot serves this many lookups.
const LOOKUPS: usize = 100;

/// Lookups by id, with a fresh snapshot every hundred of them.
pub fn reader_beside_writer(stage: &Stage) -> Contest<'_> {
    let ids = &stage.people().ids;
    let writes = stage.random(11).picks(ids, stage.reads());
    let reader = Rc::new(Reader::new(stage));
    let same = Rc::clone(&reader);
    Contest::new(move || {
        let database = &reader.database;
        let write = |step: usize| {
            let id = writes[step % writes.len()];
            let written = database.write(|tx| tx.update(id, |row| row.balance += 1).map(drop));
            written.expect("the row exists");
        };
        beside(write, || reader.lap())
    })
    .against("computing_thread", move || beside(compute, || same.lap()))
    .for_figure(Figure::Kept)
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
            batches.map(|batch| self.read(batch)).digest()
        })
    }

    /// Two fields that the writer leaves alone, so that the sum does not depend on who came first.
    fn read(&self, batch: &[Id<User>]) -> u64 {
        let snap = self.database.read();
        let rows = batch.iter().filter_map(|&id| snap.get(id));
        rows.map(|row| row.code.wrapping_add(u64::from(row.age))).digest()
    }
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
