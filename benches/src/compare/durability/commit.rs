//! Commits of one small row each: an order that becomes worth one more.
//!
//! All sides do the same changes to the same orders, in any order, and end with the same orders.

use super::{Filed, KEPT, REDB, filed, place};
use crate::compare::{Digest, SQLITE, two_of_order};
use crate::measure::{Contest, Lap};
use crate::model::Order;
use crate::scratch::{Held, bytes_within};
use crate::sqlite::{Lite, Synchronous};
use crate::stage::{Shop, Stage};
use crate::trees::Trees;
use bondstone::{Database, Id, Level, View};
use parking_lot::Mutex;
use redb::Durability;
use std::fs::File;
use std::io::Write;
use std::thread;

/// Commits of a lap that wait for the disk, by each thread.
const SYNCED: usize = 100;

/// A commit that is in memory when it returns. Beside the same of a database without files, and beside
/// redb's commits without durability.
pub fn commit_memory(stage: &Stage) -> Contest<'_> {
    let Shop { database, .. } = stage.shop();
    let keys = keys(stage, commits(stage));
    let ours = filed(stage, database);
    let without_files = Shop::new(stage.rows()).database;
    let trees = trees(stage);
    let (same, others) = (keys.clone(), keys.clone());
    Contest::new(move || of_ours(&ours, &keys, 1, Level::Memory))
        .against("without_files", move || of_ours(&without_files, &same, 1, Level::Memory))
        .against_slow(REDB, move || of_redb(&trees, &others, 1, Durability::None))
}

/// A commit that the operating system has when it returns. Beside a commit in memory followed by one
/// `write` of the bytes that the log gets; and beside SQLite that never waits for the disk.
pub fn commit_buffered(stage: &Stage) -> Contest<'_> {
    let Shop { database, .. } = stage.shop();
    let keys = keys(stage, commits(stage));
    let (ours, memory) = (filed(stage, database), filed(stage, database));
    let file = Appended::new(stage, &memory);
    let (same, others) = (keys.clone(), keys.clone());
    let lite = lite(stage, Synchronous::Off);
    Contest::new(move || of_ours(&ours, &keys, 1, Level::Buffered))
        .against("memory_and_write", move || {
            let raise = |id| {
                raise_amount(&memory, id, Level::Memory);
                file.write();
            };
            lap(&same, 1, raise, || state_of(&memory.read()))
        })
        .against_slow(SQLITE, move || of_sqlite(&lite, &others, 1))
}

/// Commits of one thread, each on the medium when it returns.
pub fn commit_sync_1_thread(stage: &Stage) -> Contest<'_> {
    commit_sync(stage, 1)
}

/// The same of four threads.
pub fn commit_sync_4_threads(stage: &Stage) -> Contest<'_> {
    commit_sync(stage, 4)
}

/// The same of sixteen threads.
pub fn commit_sync_16_threads(stage: &Stage) -> Contest<'_> {
    commit_sync(stage, 16)
}

/// Beside one `write` and one sync of the same bytes for each commit; where there are several
/// threads, beside one that does all; and beside SQLite and redb.
fn commit_sync(stage: &Stage, threads: usize) -> Contest<'_> {
    let Shop { database, .. } = stage.shop();
    let keys = keys(stage, SYNCED * threads);
    let (ours, single) = (filed(stage, database), filed(stage, database));
    let file = Appended::new(stage, &ours);
    let (lite, trees) = (lite(stage, Synchronous::Full), trees(stage));
    let [by_one, by_hand, by_lite, by_trees] = std::array::from_fn(|_| keys.clone());
    let mut orders = Amounts::of(&database.read());
    let contest = Contest::new(move || of_ours(&ours, &keys, threads, Level::Sync));
    let contest = contest.against("write_and_sync", move || {
        let cost = Lap::timed(by_hand.len(), || {
            for id in &by_hand {
                orders.raise(*id);
                file.write();
                file.sync();
            }
            0
        });
        Lap { checksum: state(orders.0.iter()), ..cost }
    });
    let contest = if threads == 1 {
        contest
    } else {
        contest.against("one_thread", move || of_ours(&single, &by_one, 1, Level::Sync))
    };
    contest
        .against_slow(SQLITE, move || of_sqlite(&lite, &by_lite, threads))
        .against_slow(REDB, move || of_redb(&trees, &by_trees, threads, Durability::Immediate))
}

/// A lap of ours.
fn of_ours(database: &Database, keys: &[Id<Order>], threads: usize, level: Level) -> Lap {
    let raise = |id| raise_amount(database, id, level);
    lap(keys, threads, raise, || state_of(&database.read()))
}

/// Lets an order be worth one more, in a transaction of its own.
fn raise_amount(database: &Database, id: Id<Order>, level: Level) {
    let raised = database.write_at(level, |tx| tx.update(id, |row| row.amount += 1).map(drop));
    raised.expect("the order exists");
}

/// A lap of SQLite, which takes one transaction at a time: whoever waits for another waits at a lock, which
/// is less than waiting in SQLite.
fn of_sqlite(lite: &Mutex<Lite>, keys: &[Id<Order>], threads: usize) -> Lap {
    let raise = |id| lite.lock().raise_amount(id);
    lap(keys, threads, raise, || state(lite.lock().orders().iter()))
}

/// A lap of redb, which takes one transaction at a time as well.
fn of_redb(trees: &Trees, keys: &[Id<Order>], threads: usize, durability: Durability) -> Lap {
    let raise = |id| trees.raise_amount(id, durability);
    lap(keys, threads, raise, || state(trees.orders().iter()))
}

/// Lets each of these orders be worth one more.
fn lap(
    keys: &[Id<Order>],
    threads: usize,
    raise: impl Fn(Id<Order>) + Sync,
    state: impl FnOnce() -> u64,
) -> Lap {
    let all = |keys: &[Id<Order>]| keys.iter().for_each(|id| raise(*id));
    let lap = Lap::timed(keys.len(), || {
        if threads == 1 {
            all(keys);
        } else {
            thread::scope(|scope| {
                for part in keys.chunks(keys.len().div_ceil(threads)) {
                    scope.spawn(|| all(part));
                }
            });
        }
        0
    });
    Lap { checksum: state(), ..lap }
}

/// Commits of a lap that wait for nothing.
fn commits(stage: &Stage) -> usize {
    stage.rows().clamp(10_000, 100_000)
}

/// So many random orders.
fn keys(stage: &Stage, count: usize) -> Vec<Id<Order>> {
    stage.random(14).picks(&stage.shop().orders, count)
}

fn lite(stage: &Stage, synchronous: Synchronous) -> Held<Mutex<Lite>> {
    stage.scratch().hold(|files| {
        drop(Lite::holding_in(&files.join("file"), &stage.shop().database.read()));
        Mutex::new(Lite::open(&files.join("file"), synchronous))
    })
}

fn trees(stage: &Stage) -> Held<Trees> {
    let rows = stage.shop().database.read();
    stage.scratch().hold(|files| Trees::holding(&rows, &files.join("trees")))
}

fn state_of(view: &View) -> u64 {
    state(view.iter::<Order>())
}

fn state<'o>(orders: impl Iterator<Item = &'o Order>) -> u64 {
    orders.map(|order| order.id.get().wrapping_mul(two_of_order(order) | 1)).digest()
}

/// Orders by their ids, which are consecutive: the least that a change can cost.
struct Amounts(Vec<Order>);

impl Amounts {
    fn of(view: &View) -> Self {
        let mut orders: Vec<Order> = view.iter().cloned().collect();
        orders.sort_by_key(|order| order.id.get());
        Self(orders)
    }

    fn raise(&mut self, id: Id<Order>) {
        self.0[id.get() as usize - 1].amount += 1;
    }
}

/// A file that gets the bytes of a commit.
struct Appended {
    file: Held<File>,
    bytes: Vec<u8>,
}

impl Appended {
    /// As many bytes as this database logs for a commit.
    fn new(stage: &Stage, database: &Filed) -> Self {
        let log = || bytes_within(&place(database.files()), "log-");
        let (before, first) = (log(), stage.shop().orders[0]);
        raise_amount(database, first, Level::Buffered);
        let bytes = vec![7; (log() - before) as usize];
        let lowered = database.write(|tx| tx.update(first, |row| row.amount -= 1).map(drop));
        lowered.expect("the order exists");
        let file = stage.scratch().hold(|files| File::create(files.join("log")).expect(KEPT));
        Self { file, bytes }
    }

    fn write(&self) {
        (&*self.file).write_all(&self.bytes).expect(KEPT);
    }

    fn sync(&self) {
        self.file.sync_data().expect(KEPT);
    }
}
