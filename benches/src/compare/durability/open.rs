//! From files to a store that answers.

use super::{DUMP, KEPT, REDB, builder, closed, filed, place};
use crate::byhand::Store;
use crate::compare::SQLITE;
use crate::dump;
use crate::measure::{Contest, Lap, timed};
use crate::model::User;
use crate::record::{rows_of, state_of_store, state_of_view};
use crate::scratch::Scratch;
use crate::sqlite::{Lite, Synchronous};
use crate::stage::{Market, People, Stage};
use crate::trees::Trees;
use bondstone::Level;

/// Ours, on as many threads as the machine has.
const ALL_CORES: &str = "all_cores";

/// Opens a database of users, orders, items, products and categories, on one thread: every index and
/// relation map is built, every rule checked. The others read their files into the hand-written
/// store, by inserts that check the same rules; only the files of ours have checksums that are
/// compared. One operation is a row.
pub fn open(stage: &Stage) -> Contest<'_> {
    let Market { store, database, .. } = stage.market();
    let ours = closed(filed(stage, database));
    let same = closed(filed(stage, database));
    let [lite, dump, trees] = std::array::from_fn(|_| stage.scratch());
    drop(Lite::holding_in(&lite.join("file"), &database.read()));
    drop(Trees::holding(&database.read(), &trees.join("file")));
    dump::write(store, &dump.join("file")).expect(KEPT);
    let rows = rows_of(store);
    Contest::new(move || opened(&ours, rows, 1))
        .against(ALL_CORES, move || opened(&same, rows, all_threads()))
        .against_slow(SQLITE, move || {
            loaded(rows, || Lite::open(&lite.join("file"), Synchronous::Full).load())
        })
        .against_slow(DUMP, move || loaded(rows, || dump::load(&dump.join("file")).expect(KEPT)))
        .against_slow(REDB, move || loaded(rows, || Trees::open(&trees.join("file")).load()))
}

fn all_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn opened(directory: &Scratch, rows: usize, threads: usize) -> Lap {
    let builder = builder().threads(threads);
    let (cost, database) = timed(|| builder.open(place(directory)).expect(KEPT));
    let checksum = state_of_view(&database.read());
    database.close().expect(KEPT);
    Lap { cost, operations: rows, checksum }
}

fn loaded(rows: usize, load: impl FnOnce() -> Store) -> Lap {
    let (cost, store) = timed(load);
    Lap { cost, operations: rows, checksum: state_of_store(&store) }
}

/// Opens a database that has no snapshot but a log: each user was inserted in a commit of its own, and
/// later changed in another. The hand-written store reads a journal of rows. One operation is a
/// commit.
pub fn replay(stage: &Stage) -> Contest<'_> {
    let People { data, ids, .. } = stage.people();
    let (logged, journals) = (stage.scratch(), stage.scratch());
    let database = builder().level(Level::Memory).open(place(&logged)).expect(KEPT);
    for row in data {
        database.write(|tx| tx.insert(row.clone())).expect("generated rows are valid");
    }
    let (before, raise) = (database.read(), |row: &mut User| row.balance += 1);
    for id in ids {
        database.write(|tx| tx.update(*id, raise).map(drop)).expect("the row exists");
    }
    let after = database.read();
    let entries = before.iter::<User>().chain(after.iter::<User>());
    dump::write_journal(&journals.join("journal"), entries).expect(KEPT);
    drop((before, after));
    database.close().expect(KEPT);
    let commits = 2 * data.len();
    Contest::new(move || opened(&logged, commits, 1)).against(DUMP, move || {
        loaded(commits, || dump::replay(&journals.join("journal")).expect(KEPT))
    })
}
