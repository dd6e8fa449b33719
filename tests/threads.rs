//! A writer and readers, with real threads, for two seconds: what the single-threaded oracle cannot see.
//!
//! Money moves between accounts, accounts are closed and opened again, transactions are rolled back; the sum never changes.
//! Each reader checks, in every snapshot that it takes, that the state is whole by each way of looking at it, and that
//! versions never go back. Longer: `BONDSTONE_SECONDS=60 cargo test -p bondstone-tests --test threads`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bondstone::prelude::*;
use bondstone_tests::dice::Dice;
use slotmap::Key;

/// More threads than cores, so that readers are interrupted anywhere and go on when the writer has long moved on.
const READERS: usize = 3;
const WALKERS: usize = 5;
const ACCOUNTS: u64 = 40;
const OWNERS: u64 = 5;
const TOTAL: i64 = 100_000;

/// Someone with accounts.
#[derive(Clone, Debug, Model)]
#[table("owners")]
#[has_many(accounts: Purse)]
struct Owner {
    #[key]
    id: Id<Owner>,
    #[unique]
    name: String,
}

/// An amount of money, written twice: in a number, and in a text that moves when the number does.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("purses")]
struct Purse {
    #[key]
    id: Id<Purse>,
    #[index]
    amount: i64,
    #[unique]
    text: String,
    #[index(hash)]
    parity: bool,
    owner: Id<Owner>,
}

fn text_of(id: Id<Purse>, amount: i64) -> String {
    format!("{} holds {amount}", id.get())
}

impl Purse {
    fn put(&mut self, amount: i64) {
        self.amount = amount;
        self.text = text_of(self.id, amount);
        self.parity = amount % 2 == 0;
    }
}

fn purse(number: u64) -> Id<Purse> {
    Id::from_u64(number % ACCOUNTS + 1).expect("above 0")
}

fn owner(number: u64) -> Id<Owner> {
    Id::from_u64(number % OWNERS + 1).expect("above 0")
}

fn open(tx: &mut Tx, id: Id<Purse>, amount: i64) -> Result<(), Error> {
    let mut row =
        Purse { id, amount: 0, text: String::new(), parity: true, owner: owner(id.get()) };
    row.put(amount);
    tx.insert(row).map(drop)
}

/// Moves money between two accounts, opening and closing them as it goes.
fn transfer(tx: &mut Tx, dice: &mut Dice) -> Result<(), Error> {
    let (from, to) = (purse(dice.roll(ACCOUNTS)), purse(dice.roll(ACCOUNTS)));
    let held = |tx: &Tx, id| tx.get(id).map_or(0, |purse: &Purse| purse.amount);
    let everything = dice.roll(4) == 0;
    let amount = if everything { held(tx, from) } else { held(tx, from).min(7) };
    if from == to || amount == 0 {
        return Ok(());
    }
    if everything {
        tx.delete(from)?;
    } else {
        let new_owner = owner(dice.roll(OWNERS));
        tx.update(from, |purse| {
            purse.put(purse.amount - amount);
            purse.owner = new_owner;
        })?;
    }
    match tx.get(to) {
        Some(_) => tx.update(to, |purse| purse.put(purse.amount + amount)).map(drop),
        None => open(tx, to, amount),
    }
}

/// Everything that must be so in one state.
fn examine(snapshot: &Snapshot) -> (i64, usize) {
    let purses: Vec<&Purse> = snapshot.iter().collect();
    let sum: i64 = purses.iter().map(|purse| purse.amount).sum();
    assert_eq!(sum, TOTAL, "a state that is not whole");
    assert_eq!(snapshot.count::<Purse>(), purses.len());
    for purse in &purses {
        assert_eq!(purse.text, text_of(purse.id, purse.amount), "half a row");
        // Perhaps at another place: a row may move while it is looked at.
        let same = |found: Option<&Purse>| found == Some(*purse);
        assert!(same(snapshot.get(purse.id)));
        assert!(same(snapshot.find(Purse::TEXT, purse.text.as_str())));
        assert!(snapshot.get(purse.owner).is_some(), "an owner who is not there");
        let handle = snapshot.handle(purse.id).expect("it is there");
        assert!(same(snapshot.by_handle(handle)));
    }
    let ordered: Vec<i64> =
        snapshot.range(Purse::AMOUNT, i64::MIN..).map(|purse| purse.amount).collect();
    assert_eq!(ordered.len(), purses.len(), "an ordered index that misses rows, or has them twice");
    assert!(ordered.is_sorted());
    let mut children = 0;
    for owner in snapshot.iter::<Owner>() {
        let accounts = owner.accounts(snapshot);
        assert_eq!(accounts.count(), accounts.iter().count());
        children += accounts.count();
    }
    assert_eq!(children, purses.len(), "a relation that misses rows, or has them twice");
    (sum, purses.len())
}

/// Takes snapshots until told to stop; how many.
fn read(db: &Database, stop: &AtomicBool, acknowledged: &AtomicU64) -> u64 {
    let mut kept: Vec<(Snapshot, Vec<(u64, i64)>)> = Vec::new();
    let (mut version, mut snapshots) = (0, 0);
    let contents = |snapshot: &Snapshot| -> Vec<(u64, i64)> {
        snapshot.iter::<Purse>().map(|purse| (purse.id.get(), purse.amount)).collect()
    };
    while !stop.load(Ordering::Relaxed) {
        let least = acknowledged.load(Ordering::Acquire);
        let snapshot = db.read();
        assert!(snapshot.version() >= version, "versions went back");
        assert!(snapshot.version() >= least, "an acknowledged commit is not there");
        version = snapshot.version();
        examine(&snapshot);
        snapshots += 1;
        // Some are kept for a while, and are then as they were.
        if snapshots % 8 == 0 {
            let seen = contents(&snapshot);
            kept.push((snapshot.clone(), seen));
        }
        if kept.len() > 3 {
            let (old, mut seen) = kept.remove(0);
            examine(&old);
            let mut again = contents(&old);
            seen.sort_unstable();
            again.sort_unstable();
            assert_eq!(seen, again, "a snapshot has changed");
        }
    }
    snapshots
}

/// Only adds up, as fast as it can: most of its time it is between two loads of some row's header.
fn walk(db: &Database, stop: &AtomicBool) -> u64 {
    let mut snapshots = 0;
    while !stop.load(Ordering::Relaxed) {
        let snapshot = db.read();
        for _ in 0..20 {
            let sum = |sum, purse: &Purse| sum + purse.amount;
            assert_eq!(snapshot.iter::<Purse>().fold(0, sum), TOTAL, "a state that is not whole");
        }
        snapshots += 1;
    }
    snapshots
}

/// Commits and rolls back until told to stop; the slots that were used more than once.
fn write(db: &Database, stop: &AtomicBool, acknowledged: &AtomicU64) -> (u64, usize) {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut generations: HashMap<u32, u32> = HashMap::new();
    let (mut commits, mut reused) = (0, 0);
    while !stop.load(Ordering::Relaxed) {
        let steps = dice.roll(4) + 1;
        let fails = dice.roll(5) == 0;
        let mut tx = db.begin().expect("the only writer");
        for _ in 0..steps {
            transfer(&mut tx, &mut dice).expect("transfers break no rule");
        }
        if fails {
            tx.rollback();
            continue;
        }
        let commit = tx.commit().expect("in memory");
        acknowledged.store(commit.version(), Ordering::Release);
        commits += 1;
        let snapshot = db.read();
        for purse in snapshot.iter::<Purse>() {
            let handle = snapshot.handle(purse.id).map_or(0, |handle| handle.data().as_ffi());
            let (slot, generation) = (handle as u32, (handle >> 32) as u32);
            let before = generations.insert(slot, generation);
            reused += usize::from(before.is_some_and(|before| before != generation));
        }
    }
    (commits, reused)
}

#[test]
fn readers_see_whole_states_beside_a_writer() {
    let db = Database::builder().models::<Owner>().in_memory().expect("the models fit together");
    db.write(|tx| {
        for number in 1..=OWNERS {
            tx.insert(NewOwner { name: format!("owner {number}") })?;
        }
        open(tx, purse(0), TOTAL)
    })
    .expect("an empty database takes them");
    let seconds = std::env::var("BONDSTONE_SECONDS").ok().and_then(|text| text.parse().ok());
    let until = Instant::now() + Duration::from_secs(seconds.unwrap_or(2));
    let (stop, acknowledged) = (AtomicBool::new(false), AtomicU64::new(0));
    let (snapshots, (commits, reused)) = std::thread::scope(|scope| {
        let readers = (0..READERS).map(|_| scope.spawn(|| read(&db, &stop, &acknowledged)));
        let walkers = (0..WALKERS).map(|_| scope.spawn(|| walk(&db, &stop)));
        let readers: Vec<_> = readers.chain(walkers).collect();
        let writer = scope.spawn(|| write(&db, &stop, &acknowledged));
        while Instant::now() < until && !writer.is_finished() {
            std::thread::sleep(Duration::from_millis(20));
        }
        stop.store(true, Ordering::Relaxed);
        let snapshots: u64 =
            readers.into_iter().map(|reader| reader.join().expect("a reader failed")).sum();
        (snapshots, writer.join().expect("the writer failed"))
    });
    println!("{commits} commits, {snapshots} snapshots, {reused} slots reused");
    assert!(reused > 0, "no slot was reused: nothing was proved about it");
    assert!(snapshots > 100 && commits > 100, "{snapshots} snapshots of {commits} commits");
    assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
    let backlog = db.pinned().expect("no transaction is open");
    assert_eq!(backlog, bondstone::Backlog::default(), "nothing waits without snapshots");
}
