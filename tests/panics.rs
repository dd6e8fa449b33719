//! Panics in the user's code, at every call that there is.
//!
//! A script of transactions runs with a fuse that blows at the n-th call of `Clone`, `PartialEq`, `Ord`, `Hash` or `Drop` of
//! a column's type, of a check, of a hybrid, or of a closure; for n from 1 until the script comes through. Each time the transaction
//! leaves no trace, the panic goes on to the caller, a snapshot stays as it was, and the next transaction works. Rows whose
//! entries could not be removed may be lost as memory, but not as truth: `check` passes.

use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use bondstone::Key;
use bondstone::prelude::*;
use slotmap::Key as _;

thread_local! {
    /// Calls until the fuse blows; 0 is off.
    static FUSE: Cell<u64> = const { Cell::new(0) };
    /// What blew it.
    static BLOWN: Cell<Option<Call>> = const { Cell::new(None) };
}

thread_local! {
    /// Once the fuse has blown, every comparison panics.
    static STUCK: Cell<bool> = const { Cell::new(false) };
}

/// What the user's code is called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Call {
    Clone,
    Equal,
    Order,
    Hash,
    Drop,
    Check,
    Hybrid,
    Closure,
}

/// What the panic carries.
struct Blown;

/// Burns a step. A panic while another one is under way would abort the process, as everywhere in Rust.
fn burn(call: Call) {
    if std::thread::panicking() {
        return;
    }
    match FUSE.get() {
        _ if STUCK.get() && call != Call::Order => {}
        0 => {}
        1 => {
            FUSE.set(u64::from(STUCK.get()));
            BLOWN.set(Some(call));
            resume_unwind(Box::new(Blown));
        }
        left => FUSE.set(left - 1),
    }
}

/// A number whose every trait is the user's.
#[derive(Debug, Value)]
struct Glass(i64);

impl Clone for Glass {
    fn clone(&self) -> Self {
        burn(Call::Clone);
        Self(self.0)
    }
}

impl PartialEq for Glass {
    fn eq(&self, other: &Self) -> bool {
        burn(Call::Equal);
        self.0 == other.0
    }
}

impl Eq for Glass {}

impl PartialOrd for Glass {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Glass {
    fn cmp(&self, other: &Self) -> Ordering {
        burn(Call::Order);
        self.0.cmp(&other.0)
    }
}

impl Hash for Glass {
    fn hash<H: Hasher>(&self, state: &mut H) {
        burn(Call::Hash);
        self.0.hash(state);
    }
}

impl Drop for Glass {
    fn drop(&mut self) {
        burn(Call::Drop);
    }
}

impl Key for Glass {}

/// A row of glass, with every kind of index over it.
#[derive(Clone, Debug, Model)]
#[table("vases")]
#[check(sound: sound(&self.height))]
#[unique(place: shelf, height)]
#[unique(SEAL)]
#[index(RIM)]
#[index(hash, WEIGHT)]
#[has_many(shards: Shard, copies: Vase)]
struct Vase {
    #[key]
    code: Glass,
    #[unique]
    stamp: Glass,
    #[index]
    height: Glass,
    #[index(hash)]
    shelf: Glass,
    #[on_delete(cascade)]
    original: Option<Id<Vase>>,
}

impl Vase {
    /// Where there is one: the stamp.
    #[hybrid(unique)]
    fn seal(&self) -> Option<Glass> {
        burn(Call::Hybrid);
        (self.code.0 % 2 == 0).then(|| Glass(self.stamp.0))
    }

    #[hybrid]
    fn rim(&self) -> Glass {
        burn(Call::Hybrid);
        Glass(self.height.0 / 2)
    }

    #[hybrid]
    fn weight(&self) -> i64 {
        burn(Call::Hybrid);
        self.height.0 + self.shelf.0
    }
}

/// A row that refers to one of glass.
#[derive(Clone, Debug, Model)]
#[table("shards")]
struct Shard {
    #[key]
    id: Id<Shard>,
    #[on_delete(cascade)]
    vase: Id<Vase>,
    #[index]
    size: Glass,
}

fn sound(height: &Glass) -> bool {
    burn(Call::Check);
    height.0 >= 0
}

fn vase(code: i64, original: Option<i64>) -> NewVase {
    NewVase {
        code: Glass(code),
        stamp: Glass(code * 10),
        height: Glass(code % 3),
        shelf: Glass(code),
        original: original.map(|code| Id::new(Glass(code))),
    }
}

fn id(code: i64) -> Id<Vase> {
    Id::new(Glass(code))
}

/// All that there is, as numbers.
type Picture = (BTreeSet<[i64; 5]>, BTreeSet<[i64; 3]>);

fn picture(view: &View) -> Picture {
    let original = |vase: &Vase| vase.original.as_ref().map_or(-1, |id| id.key().0);
    let vases = view
        .iter::<Vase>()
        .map(|vase| [vase.code.0, vase.stamp.0, vase.height.0, vase.shelf.0, original(vase)]);
    let shards = view.iter::<Shard>();
    let shards = shards.map(|shard| [shard.id.get() as i64, shard.vase.key().0, shard.size.0]);
    (vases.collect(), shards.collect())
}

type Step = fn(&Database) -> Result<(), Error>;

/// The transactions of the script, each as far as the fuse allows.
const SCRIPT: [Step; 8] = [
    |db| {
        db.write(|tx| {
            tx.insert_all((1..6).map(|code| vase(code, (code > 3).then_some(code - 3))))?;
            for size in 0..6 {
                tx.insert(NewShard { vase: id(size % 3 + 1), size: Glass(size % 2) })?;
            }
            Ok(())
        })
    },
    |db| {
        db.write(|tx| {
            tx.update(id(2), |vase| {
                burn(Call::Closure);
                vase.height = Glass(9);
                vase.stamp = Glass(21);
            })?;
            tx.update(id(2), |vase| vase.height = Glass(2)).map(drop)
        })
    },
    // Values come back that an older version has, and the transaction does not.
    |db| {
        let refused: Result<(), Error> = db.write(|tx| {
            tx.update(id(2), |vase| vase.stamp = Glass(20))?;
            tx.update(id(3), |vase| vase.height = Glass(7))?;
            tx.insert(vase(7, Some(2)))?;
            tx.delete(id(5))?;
            Err("no".into())
        });
        refused.or_else(|error| if error.to_string() == "no" { Ok(()) } else { Err(error) })
    },
    |db| {
        db.write(|tx| {
            tx.upsert(Vase::STAMP, vase(3, None), |vase| {
                burn(Call::Closure);
                vase.shelf = Glass(30);
            })?;
            tx.upsert(Vase::STAMP, vase(8, None), |_| {}).map(drop)
        })
    },
    |db| {
        db.write(|tx| {
            let _ = tx.savepoint(|tx| -> Result<(), Error> {
                tx.update(id(4), |vase| vase.height = Glass(5))?;
                tx.delete(id(3))?;
                Err("back".into())
            });
            tx.try_update(id(4), |vase| {
                burn(Call::Closure);
                vase.height = Glass(6);
                Ok(())
            })
            .map(drop)
        })
    },
    |db| db.write(|tx| tx.rekey(id(1), id(11))),
    |db| db.write(|tx| tx.delete(id(2)).map(drop)),
    |db| {
        db.write(|tx| {
            tx.insert(vase(2, None))?;
            assert!(tx.insert(vase(2, None)).is_err());
            assert!(tx.update(id(2), |vase| vase.height = Glass(-1)).is_err());
            Ok(())
        })
    },
];

fn database() -> Database {
    Database::builder().models::<Vase>().in_memory().expect("the models fit together")
}

/// Runs the script, until something panics; the transactions that came through.
fn play(db: &Database, snapshots: &mut Vec<Snapshot>) -> usize {
    for (place, transaction) in SCRIPT.iter().enumerate() {
        match catch_unwind(AssertUnwindSafe(|| transaction(db))) {
            Ok(Ok(())) => snapshots.push(db.read()),
            Ok(Err(error)) => panic!("transaction {place}: {error}"),
            Err(panic) => {
                assert!(panic.is::<Blown>(), "another panic in transaction {place}");
                return place;
            }
        }
        // Two stay; what older ones needed is reclaimed by the next transaction, with its calls of the user's code.
        if snapshots.len() > 2 {
            snapshots.remove(0);
        }
    }
    SCRIPT.len()
}

#[test]
fn a_panic_anywhere_leaves_no_trace() {
    let mut pictures = vec![picture(&database().read())];
    let db = database();
    for transaction in SCRIPT {
        transaction(&db).expect("the script is accepted");
        pictures.push(picture(&db.read()));
    }
    let mut calls = BTreeSet::new();
    let mut fuse = 0;
    loop {
        fuse += 1;
        let db = database();
        let mut snapshots = vec![db.read()];
        FUSE.set(fuse);
        BLOWN.set(None);
        let done = play(&db, &mut snapshots);
        // Reclaim catches the panics of `Drop`, and of keys that it computes again: the script goes on.
        let left = FUSE.replace(0);
        calls.extend(BLOWN.get());
        let what = || format!("fuse {fuse}, {:?}, {done} transactions", BLOWN.get());
        assert_eq!(picture(&db.read()), pictures[done], "{}", what());
        for (snapshot, expected) in snapshots.iter().rev().zip(pictures[..=done].iter().rev()) {
            assert_eq!(picture(snapshot), *expected, "an old snapshot: {}", what());
        }
        assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new(), "{}", what());
        go_on(&db, &what());
        drop(snapshots);
        assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new(), "{}", what());
        if left > 0 {
            break;
        }
    }
    println!("{fuse} calls");
    let all = [
        Call::Clone,
        Call::Equal,
        Call::Order,
        Call::Hash,
        Call::Drop,
        Call::Check,
        Call::Hybrid,
        Call::Closure,
    ];
    assert_eq!(calls, BTreeSet::from(all), "each kind of call has panicked");
    assert!(fuse > 500, "only {fuse} calls");
}

/// The database works as ever.
fn go_on(db: &Database, what: &str) {
    let before = picture(&db.read());
    db.write(|tx| {
        tx.insert(vase(100, None))?;
        tx.insert(NewShard { vase: id(100), size: Glass(1) })?;
        tx.update(id(100), |vase| vase.height = Glass(50))?;
        tx.rekey(id(100), id(101))?;
        tx.delete(id(101))?;
        Ok(())
    })
    .unwrap_or_else(|error| panic!("{what}: {error}"));
    let snapshot = db.read();
    assert_eq!(picture(&snapshot), before, "{what}");
    for vase in snapshot.iter::<Vase>() {
        assert!(snapshot.get(vase.id()).is_some_and(|found| std::ptr::eq(found, vase)), "{what}");
        let found = snapshot.find(Vase::STAMP, &vase.stamp);
        assert!(found.is_some_and(|found| std::ptr::eq(found, vase)), "{what}");
        if let Some(seal) = vase.seal() {
            let found = snapshot.find(Vase::SEAL, seal);
            assert!(found.is_some_and(|found| std::ptr::eq(found, vase)), "{what}");
        }
        let shards = snapshot.iter::<Shard>().filter(|shard| shard.vase == vase.id()).count();
        assert_eq!(vase.shards(&snapshot).count(), shards, "{what}");
    }
    assert_eq!(snapshot.range(Vase::HEIGHT, Glass(i64::MIN)..).count(), before.0.len(), "{what}");
    assert_eq!(snapshot.range(Vase::RIM, Glass(i64::MIN)..).count(), before.0.len(), "{what}");
}

/// A value that panics as the database goes may be lost, and others with it; that is all.
#[test]
fn a_panic_while_the_database_goes_is_only_memory() {
    let mut fuse = 0;
    loop {
        fuse += 1;
        let db = database();
        let snapshot = db.read();
        play(&db, &mut Vec::new());
        FUSE.set(fuse);
        let dropped = catch_unwind(AssertUnwindSafe(|| {
            drop(db);
            drop(snapshot);
        }));
        assert!(dropped.is_ok() || BLOWN.get() == Some(Call::Drop));
        if FUSE.replace(0) > 0 {
            break;
        }
    }
    assert!(fuse > 10, "only {fuse} calls");
}

#[test]
fn a_panic_in_a_savepoint_ends_the_transaction() {
    let db = database();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        db.write(|tx| {
            tx.insert(vase(1, None))?;
            tx.savepoint(|tx| -> Result<(), Error> {
                tx.insert(vase(2, None))?;
                resume_unwind(Box::new(Blown))
            })
        })
    }));
    assert!(panicked.is_err_and(|panic| panic.is::<Blown>()));
    assert_eq!(db.read().count::<Vase>(), 0);
    assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
    // One that is caught inside the transaction takes back its savepoint alone.
    db.write(|tx| {
        tx.insert(vase(1, None))?;
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            tx.savepoint(|tx| -> Result<(), Error> {
                tx.insert(vase(2, None))?;
                resume_unwind(Box::new(Blown))
            })
        }));
        assert!(panicked.is_err());
        assert!(tx.get(id(1)).is_some());
        assert!(tx.get(id(2)).is_none());
        tx.insert(vase(2, Some(1))).map(drop)
    })
    .expect("the transaction goes on");
    assert_eq!(db.read().count::<Vase>(), 2);
}

/// A row with two keys in the order of the user.
#[derive(Clone, Debug, Model)]
#[table("panes")]
struct Pane {
    #[key]
    id: Id<Pane>,
    #[index]
    width: Glass,
    #[index]
    depth: Glass,
}

/// An entry that was made before its row, and cannot be taken back, since the user's `Ord` panics again: its slot is nobody's.
#[test]
fn an_entry_that_stays_behind_costs_its_slot() {
    let pane = |size| NewPane { width: Glass(size), depth: Glass(size) };
    let slot_of = |db: &Database, id| {
        db.read().handle::<Pane>(id).map(|handle| handle.data().as_ffi() as u32)
    };
    let mut lost = 0;
    for fuse in 1.. {
        let db = Database::builder().models::<Pane>().in_memory().expect("one model");
        db.write(|tx| tx.insert_all([pane(1), pane(2)])).expect("nothing is in the way");
        FUSE.set(fuse);
        STUCK.set(true);
        let outcome = catch_unwind(AssertUnwindSafe(|| db.write(|tx| tx.insert(pane(3)))));
        FUSE.set(0);
        STUCK.set(false);
        let id = db.write(|tx| tx.insert(pane(4))).expect("the database goes on");
        assert_eq!(db.read()[id].width, Glass(4));
        assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
        if outcome.is_ok() {
            break;
        }
        lost += u32::from(slot_of(&db, id) == Some(3));
    }
    assert!(lost > 0, "no entry stayed behind");
}
