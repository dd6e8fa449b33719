//! A writer and readers, where each reader knows what it must see: versions that agree in all keys and versions that do not, in
//! every mixture, beside walks that pause.
//!
//! The writer keeps a naive copy of the tables and, before each commit, files it under the commit's version. A reader finds
//! the copy of its snapshot's version and compares everything: rows, unique keys, ids and rows of every range, relations,
//! counts; and what is *not* there. Views and walks are taken up early and used late, while the tables grow and shrink.
//!
//! Longer: `BONDSTONE_SECONDS=60 cargo test -p bondstone-tests --test beside`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bondstone::prelude::*;
use bondstone::{Key, Ranged, RangedIds, TableView};
use bondstone_tests::dice::Dice;

/// Ordered against its number, by an `Ord` of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Value)]
struct Against(i64, u8);

impl PartialOrd for Against {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Against {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (Reverse(self.0), self.1).cmp(&(Reverse(other.0), other.1))
    }
}

impl Key for Against {}

/// An owner, whose name is the key and may change.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("owners")]
#[has_many(cells: Cell)]
struct Owner {
    #[key]
    name: String,
    #[index]
    rank: i64,
}

/// A row with an index of every kind, and columns that are in none.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("cells")]
#[unique(pair: number, text)]
#[index(both: number, text)]
struct Cell {
    #[key]
    id: Id<Cell>,
    #[index]
    number: i64,
    #[unique]
    only: Option<i64>,
    #[index]
    text: String,
    #[index]
    against: Against,
    #[index(hash)]
    bucket: i64,
    /// Changed by every update, and indexed.
    #[on_insert(0)]
    #[on_update(self.stamp / 3 + 1)]
    #[index]
    stamp: i64,
    note: i64,
    #[on_delete(set_null)]
    #[on_update(cascade)]
    owner: Option<Id<Owner>>,
}

/// A row that only ever changes in a column without an index, but for its place.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("plains")]
struct Plain {
    #[key]
    id: Id<Plain>,
    #[index]
    number: i64,
    note: i64,
    #[on_delete(cascade)]
    cell: Option<Id<Cell>>,
}

/// What the tables hold.
#[derive(Clone, Default)]
struct State {
    owners: BTreeMap<String, Owner>,
    cells: BTreeMap<u64, Cell>,
    plains: BTreeMap<u64, Plain>,
}

/// States by version.
#[derive(Default)]
struct Filed(Mutex<BTreeMap<u64, Arc<State>>>);

impl Filed {
    fn file(&self, version: u64, state: &State) {
        let mut states = self.0.lock().expect("nobody panics with it");
        states.insert(version, Arc::new(state.clone()));
        while states.len() > 4000 {
            states.pop_first();
        }
    }

    /// Rollbacks and clearing away take numbers as well, and change nothing.
    fn at(&self, version: u64) -> Option<Arc<State>> {
        let states = self.0.lock().expect("nobody panics with it");
        states.range(..=version).next_back().map(|(_, state)| Arc::clone(state))
    }
}

/// Few enough that they meet.
fn small(dice: &mut Dice) -> i64 {
    dice.roll(7) as i64
}

/// The ids that cells have.
const CELLS: u64 = 30;

/// A model whose keys are numbers.
trait Numbered: Model + PartialEq {
    fn number(&self) -> u64;
}

impl Numbered for Cell {
    fn number(&self) -> u64 {
        self.id.get()
    }
}

impl Numbered for Plain {
    fn number(&self) -> u64 {
        self.id.get()
    }
}

fn cell(number: u64) -> Id<Cell> {
    Id::from_u64(number).expect("above 0")
}

fn plain(number: u64) -> Id<Plain> {
    Id::from_u64(number).expect("above 0")
}

fn new_cell(dice: &mut Dice, id: u64, owner: Option<String>) -> Cell {
    Cell {
        id: cell(id),
        number: small(dice),
        only: (dice.roll(3) > 0).then(|| dice.roll(20) as i64),
        text: "x".repeat(dice.roll(4) as usize * 9) + &dice.roll(3).to_string(),
        against: Against(small(dice), dice.roll(2) as u8),
        bucket: small(dice) % 3,
        stamp: small(dice),
        note: small(dice),
        owner: owner.map(Id::new),
    }
}

/// Some statement or other, in both; refused ones leave both as they were.
fn step(tx: &mut Tx, state: &mut State, dice: &mut Dice) {
    let id = dice.roll(CELLS) + 1;
    let name = format!("owner {}", dice.roll(4));
    let some_owner = (dice.roll(3) > 0).then(|| format!("owner {}", dice.roll(4)));
    match dice.roll(20) {
        // Nothing that is in an index.
        0..=3 => {
            let note = small(dice);
            if tx.update(plain(id), |row| row.note = note).is_ok() {
                state.plains.get_mut(&id).expect("both").note = note;
            }
        }
        // A key there and back.
        4 | 5 => {
            let number = small(dice) % 2;
            if tx.update(plain(id), |row| row.number = number).is_ok() {
                state.plains.get_mut(&id).expect("both").number = number;
            }
        }
        6..=10 => {
            let mut other = new_cell(dice, id, some_owner);
            let which = dice.roll(8);
            let changed = tx.update(cell(id), |row| match which {
                0 => row.number = other.number,
                1 => row.only = other.only,
                2 => row.text.clone_from(&other.text),
                3 => row.against = other.against.clone(),
                4 => row.bucket = other.bucket,
                5 => row.note = other.note,
                6 => row.owner.clone_from(&other.owner),
                _ => {
                    other.stamp = row.stamp;
                    *row = other;
                }
            });
            if let Ok(row) = changed {
                state.cells.insert(id, row.clone());
            }
        }
        11 | 12 => {
            let row = new_cell(dice, id, some_owner);
            if tx.insert(row).is_ok() {
                state.cells.insert(id, tx[cell(id)].clone());
            }
        }
        13 => {
            let parent = (dice.roll(2) == 0).then(|| dice.roll(CELLS) + 1).map(cell);
            let row = Plain { id: plain(id), number: small(dice), note: 0, cell: parent };
            if tx.insert(row.clone()).is_ok() {
                state.plains.insert(id, row);
            }
        }
        14 => {
            if tx.delete(cell(id)).is_ok() {
                state.cells.remove(&id);
                state.plains.retain(|_, row| row.cell != Some(cell(id)));
            }
        }
        15 => {
            if tx.delete(plain(id)).is_ok() {
                state.plains.remove(&id);
            }
        }
        16 => {
            let row = Owner { name: name.clone(), rank: small(dice) };
            if tx.insert(row.clone()).is_ok() {
                state.owners.insert(name, row);
            }
        }
        17 => {
            if tx.delete(Id::<Owner>::new(name.as_str())).is_ok() {
                state.owners.remove(&name);
                follow(tx, state);
            }
        }
        18 => {
            let to = format!("owner {}", dice.roll(4));
            if tx.rekey(Id::<Owner>::new(name.as_str()), Id::new(to.as_str())).is_ok() {
                if let Some(row) = state.owners.remove(&name) {
                    state.owners.insert(to.clone(), Owner { name: to, ..row });
                }
                follow(tx, state);
            }
        }
        // Many new numbers at once, and gone again: tables grow.
        _ => {
            let first = 1000 + dice.roll(40) * 100;
            let count = dice.roll(60);
            for id in first..first + count {
                let row = Plain { id: plain(id), number: small(dice), note: 0, cell: None };
                if tx.insert(row.clone()).is_ok() {
                    state.plains.insert(id, row);
                } else if tx.delete(plain(id)).is_ok() {
                    state.plains.remove(&id);
                }
            }
        }
    }
}

/// Cells that let go or followed have a new stamp: what they are otherwise, is tested elsewhere.
fn follow(tx: &Tx, state: &mut State) {
    for (id, row) in &mut state.cells {
        *row = tx[cell(*id)].clone();
        assert!(row.owner.as_ref().is_none_or(|owner| tx.get(owner.clone()).is_some()));
    }
}

fn write(db: &Database, filed: &Filed, seed: u64, until: Instant) -> u64 {
    let (mut dice, mut state, mut commits) = (Dice(seed), State::default(), 0);
    while Instant::now() < until {
        let mut tx = db.begin().expect("the only writer");
        let before = state.clone();
        for _ in 0..dice.roll(6) {
            if dice.roll(3) > 0 {
                step(&mut tx, &mut state, &mut dice);
                continue;
            }
            let kept = state.clone();
            let part = tx.savepoint(|tx| {
                for _ in 0..dice.roll(5) {
                    step(tx, &mut state, &mut dice);
                }
                if dice.roll(2) == 0 { Err(()) } else { Ok(()) }
            });
            if part.is_err() {
                state = kept;
            }
        }
        if dice.roll(4) == 0 {
            compare(&tx, &state);
        }
        if dice.roll(5) == 0 {
            tx.rollback();
            state = before;
            continue;
        }
        filed.file(tx.version(), &state);
        tx.commit().expect("in memory");
        commits += 1;
        if dice.roll(50) == 0 {
            assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
        }
    }
    commits
}

/// `..`, for a range: of that alone the compiler does not know what it is a range of.
fn all<V>() -> (Bound<V>, Bound<V>) {
    (Bound::Unbounded, Bound::Unbounded)
}

/// Everything that can be asked of a view, beside the naive copy.
fn compare(view: &View, state: &State) {
    let cells = view.table_of::<Cell>();
    let plains = view.table_of::<Plain>();
    compare_tables(view, state, cells, plains);
    ranges(view, Cell::NUMBER, state.cells.values(), |row| row.number);
    ranges(view, Cell::TEXT, state.cells.values(), |row| row.text.clone());
    ranges(view, Cell::AGAINST, state.cells.values(), |row| row.against.clone());
    ranges(view, Cell::STAMP, state.cells.values(), |row| row.stamp);
    ranges(view, Plain::NUMBER, state.plains.values(), |row| row.number);
    let mut children = 0;
    for owner in state.owners.values() {
        let mine = state.cells.values().filter(|row| row.owner.as_ref() == Some(&owner.id()));
        let mine: BTreeSet<u64> = mine.map(|row| row.id.get()).collect();
        let found: Vec<u64> = owner.cells(view).iter().map(|row| row.id.get()).collect();
        assert_eq!(found.len(), mine.len());
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), mine);
        assert_eq!(owner.cells(view).count(), mine.len());
        assert_eq!(view.get(owner.id()), Some(owner));
        children += mine.len();
    }
    let with_parent = view.with_parent(Cell::OWNER);
    assert_eq!(with_parent.filter(|(_, owner)| owner.is_some()).count(), children);
    for (row, owner) in view.with_parent(Cell::OWNER) {
        assert_eq!(owner.map(Owner::id), row.owner);
    }
    assert_eq!(view.count::<Owner>(), state.owners.len());
}

fn compare_tables(view: &View, state: &State, cells: TableView<Cell>, plains: TableView<Plain>) {
    for id in (1..=CELLS).chain(1000..1010) {
        assert_eq!(cells.get(cell(id)), state.cells.get(&id), "{} {id}", view.version());
        assert_eq!(plains.get(plain(id)), state.plains.get(&id), "{} {id}", view.version());
    }
    assert_eq!(cells.count(), state.cells.len());
    assert_eq!(plains.count(), state.plains.len());
    assert_eq!(
        cells.iter().fold(0, |sum, row| sum + row.note),
        state.cells.values().map(|row| row.note).sum::<i64>()
    );
    let found: BTreeMap<u64, &Plain> = plains.iter().map(|row| (row.number(), row)).collect();
    assert!(found.values().copied().eq(state.plains.values()));
    for only in 0..20 {
        let row = state.cells.values().find(|row| row.only == Some(only));
        assert_eq!(cells.find(Cell::ONLY, only), row, "{} {only}", view.version());
    }
    for row in state.cells.values() {
        let pair = (row.number, row.text.as_str());
        assert_eq!(cells.find(Cell::PAIR, pair), Some(row));
        assert_eq!(cells.find(Cell::PAIR, (row.number + 100, row.text.as_str())), None);
    }
}

fn ranges<'a, M, V, U>(
    view: &View,
    column: bondstone::Column<M, V, U>,
    rows: impl Iterator<Item = &'a M>,
    key: impl Fn(&M) -> V,
) where
    M: Numbered,
    V: bondstone::Value + Ord + std::hash::Hash,
{
    let mut expected: Vec<(V, u64)> = rows.map(|row| (key(row), row.number())).collect();
    expected.sort();
    let mut rows: Vec<(V, u64)> =
        view.range(column, all::<V>()).map(|row: &M| (key(row), row.number())).collect();
    assert!(rows.is_sorted_by(|left, right| left.0 <= right.0));
    rows.sort();
    assert_eq!(rows, expected, "{}", view.version());
    let mut ids: Vec<u64> =
        view.range(column, all::<V>()).ids().map(|id| view[id.clone()].number()).collect();
    let mut expected: Vec<u64> = expected.into_iter().map(|(_, id)| id).collect();
    ids.sort_unstable();
    expected.sort_unstable();
    assert_eq!(ids, expected, "{}", view.version());
}

/// Compares snapshots, some of them late, through views and walks that were begun early.
fn read(db: &Database, filed: &Filed, seed: u64, stop: &AtomicBool, compared: &AtomicU64) {
    let mut dice = Dice(seed);
    while !stop.load(Ordering::Relaxed) {
        let snapshots: Vec<Snapshot> = (0..=dice.roll(3))
            .map(|_| {
                let snapshot = db.read();
                std::thread::sleep(Duration::from_micros(dice.roll(300)));
                snapshot
            })
            .collect();
        let known: Vec<(&Snapshot, Arc<State>)> = snapshots
            .iter()
            .filter_map(|snapshot| Some((snapshot, filed.at(snapshot.version())?)))
            .collect();
        let views: Vec<_> = known
            .iter()
            .map(|(snapshot, _)| (snapshot.table_of::<Cell>(), snapshot.table_of::<Plain>()))
            .collect();
        let mut walks: Vec<(Ranged<Plain>, RangedIds<Plain>, Ranged<Cell>)> = known
            .iter()
            .map(|(snapshot, _)| {
                let ids = snapshot.range(Plain::NUMBER, all::<i64>()).ids();
                (
                    snapshot.range(Plain::NUMBER, all::<i64>()),
                    ids,
                    snapshot.range(Cell::STAMP, all::<i64>()),
                )
            })
            .collect();
        let mut met = vec![(Vec::new(), Vec::new(), Vec::new()); walks.len()];
        // All walks go on by turns.
        let mut going = true;
        while going {
            going = false;
            for (walk, met) in walks.iter_mut().zip(&mut met) {
                for _ in 0..=dice.roll(9) {
                    let next = walk.0.next().map(|row| met.0.push(row.id.get())).is_some();
                    let next = walk.1.next().map(|id| met.1.push(id.get())).is_some() || next;
                    let next = walk.2.next().map(|row| met.2.push(row.id.get())).is_some() || next;
                    going |= next;
                }
            }
            std::thread::yield_now();
        }
        for (((snapshot, state), (cells, plains)), mut met) in known.iter().zip(views).zip(met) {
            met.0.sort_unstable();
            met.1.sort_unstable();
            met.2.sort_unstable();
            assert!(met.0.iter().eq(state.plains.keys()), "{}", snapshot.version());
            assert!(met.1.iter().eq(state.plains.keys()), "{}", snapshot.version());
            assert!(met.2.iter().eq(state.cells.keys()), "{}", snapshot.version());
            compare_tables(snapshot, state, cells, plains);
            compare(snapshot, state);
            compared.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[test]
fn each_snapshot_is_the_state_of_its_version() {
    let db = Database::builder().models::<Owner>().models::<Plain>().in_memory();
    let db = db.expect("the models fit together");
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let until = Instant::now() + Duration::from_secs(number("BONDSTONE_SECONDS").unwrap_or(2));
    let seed = number("BONDSTONE_SEED").unwrap_or(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let (filed, stop, compared) = (Filed::default(), AtomicBool::new(false), AtomicU64::new(0));
    let commits = std::thread::scope(|scope| {
        let readers: Vec<_> = (1..=4)
            .map(|reader| {
                let (db, filed, stop, compared) = (&db, &filed, &stop, &compared);
                scope.spawn(move || read(db, filed, seed ^ (reader << 40), stop, compared))
            })
            .collect();
        let writer = scope.spawn(|| write(&db, &filed, seed, until));
        let commits = writer.join();
        stop.store(true, Ordering::Relaxed);
        readers.into_iter().for_each(|reader| reader.join().expect("a reader failed"));
        commits.expect("the writer failed")
    });
    let compared = compared.into_inner();
    println!("{commits} commits, {compared} snapshots compared");
    assert!(commits > 20 && compared > 20, "{commits} commits, {compared} snapshots compared");
    assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
    let backlog = db.pinned().expect("no transaction is open");
    assert_eq!(backlog, bondstone::Backlog::default(), "nothing waits without snapshots");
}
