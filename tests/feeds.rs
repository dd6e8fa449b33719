//! What feeds promise: every commit, in order, once; or how many were lost.

use std::collections::BTreeMap;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use bondstone::prelude::*;
use bondstone::vfs::sim::{Fault, SimDisk, Times};
use bondstone::{Builder, ChangeSet, Feed, Lagged, Level, Plural};
use bondstone_tests::dice::Dice;

/// Someone who orders; known by a name that may change.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("users")]
#[has_many(orders: Order)]
struct User {
    #[key]
    name: String,
    age: u32,
    #[unique]
    seat: Option<u32>,
}

/// What is ordered.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("orders")]
struct Order {
    #[key]
    id: Id<Order>,
    #[on_delete(cascade)]
    user: Id<User>,
    quantity: u32,
}

fn builder() -> Builder {
    Database::builder().models::<User>().background(false)
}

fn database() -> Database {
    builder().in_memory().expect("the models fit together")
}

fn name(number: u64) -> Id<User> {
    Id::new(format!("user {number}"))
}

fn insert(db: &Database, number: u64) -> Result<Id<User>, Error> {
    db.write(|tx| tx.insert(User { name: name(number).key().clone(), age: 0, seat: None }))
}

fn grow(db: &Database, number: u64) {
    db.write(|tx| tx.update(name(number), |user| user.age += 1).map(drop)).expect("it is there");
}

/// Change sets that wait in a feed.
fn waiting(feed: &Feed) -> Vec<Arc<ChangeSet>> {
    std::iter::from_fn(|| feed.try_recv()).map(|told| told.expect("nothing is lost")).collect()
}

/// A copy of a database that knows nothing but what a feed says.
#[derive(Debug, Default, PartialEq)]
struct Replica {
    users: BTreeMap<Id<User>, User>,
    orders: BTreeMap<Id<Order>, Order>,
}

impl Replica {
    fn of(view: &View) -> Self {
        Self {
            users: view.iter::<User>().map(|user| (user.id(), user.clone())).collect(),
            orders: view.iter::<Order>().map(|order| (order.id, order.clone())).collect(),
        }
    }

    fn apply(&mut self, changes: &ChangeSet) {
        changes.of().for_each(|change| apply(&mut self.users, &change));
        changes.of().for_each(|change| apply(&mut self.orders, &change));
    }
}

/// Changes a row, which is as the change says that it was.
fn apply<M: Model + PartialEq>(rows: &mut BTreeMap<Id<M>, M>, change: &Change<'_, M>) {
    let id = change.id();
    let before = match change.after() {
        Some(row) => rows.insert(id, row.clone()),
        None => rows.remove(&id),
    };
    assert_eq!(before.as_ref(), change.before());
}

#[test]
fn each_commit_once_and_in_order() {
    let db = database();
    insert(&db, 1).expect("new");
    let feed = db.changes().expect("no transaction is open");
    insert(&db, 2).expect("new");
    db.write(|_| Ok(())).expect("nothing is done");
    assert!(insert(&db, 2).is_err(), "refused");
    grow(&db, 1);
    db.write(|tx| {
        tx.update(name(1), |user| user.age += 1)?;
        tx.update(name(1), |user| user.age -= 1).map(drop)
    })
    .expect("back and forth");
    let told = waiting(&feed);
    assert_eq!(told.len(), 2, "what changed nothing is not told");
    assert!(
        matches!(told[0].of::<User>().next(), Some(Change::Inserted { after }) if after.id() == name(2))
    );
    assert!(
        matches!(told[1].of::<User>().next(), Some(Change::Updated { before, after }) if before.age + 1 == after.age)
    );
    assert!(told[0].seq() < told[1].seq());
    assert_eq!(told[1].tables().collect::<Vec<_>>(), [("users", 1)]);
}

#[test]
fn change_sets_outlive_rows_feed_and_database() {
    let db = database();
    let feed = db.changes().expect("no transaction is open");
    insert(&db, 1).expect("new");
    let told = feed.recv().expect("it is there").expect("nothing is lost");
    drop(feed);
    db.write(|tx| tx.delete(name(1)).map(drop)).expect("nobody refers to it");
    drop(db);
    assert_eq!(
        told.of::<User>().next().and_then(|change| change.after().map(|user| user.age)),
        Some(0)
    );
}

#[test]
fn handles_of_rows_that_are_gone() {
    let db = database();
    insert(&db, 1).expect("new");
    let feed = db.changes().expect("no transaction is open");
    let handle = db.read().handle(name(1)).expect("it is there");
    grow(&db, 1);
    db.write(|tx| tx.rekey(name(1), name(2))).expect("the name is free");
    let renamed = db.read().handle(name(2)).expect("it is there");
    db.write(|tx| tx.delete(name(2)).map(drop)).expect("nobody refers to it");
    let told = waiting(&feed);
    let handles = |nth: usize| -> Vec<_> {
        told[nth].with_handles::<User>().map(|(handle, change)| (handle, change.id())).collect()
    };
    assert_eq!(handles(0), [(handle, name(1))]);
    assert_eq!(handles(1), [(handle, name(1)), (renamed, name(2))]);
    assert_eq!(handles(2), [(renamed, name(2))]);
}

#[test]
fn a_full_feed_tells_what_it_lost() {
    let db = builder().feed_capacity(3).in_memory().expect("the models fit together");
    insert(&db, 1).expect("new");
    let feed = db.changes().expect("no transaction is open");
    let beside = db.changes().expect("no transaction is open");
    let seqs: Vec<u64> = (0..10)
        .map(|_| {
            grow(&db, 1);
            let _ = beside.recv().expect("the database is there").expect("this one keeps up");
            db.version()
        })
        .collect();
    for seq in &seqs[..3] {
        assert_eq!(feed.recv().expect("it is there").expect("before the loss").seq(), *seq);
    }
    // Before the note is read it grows.
    let lost = Lagged { from: seqs[3], to: seqs[9] };
    assert_eq!(feed.recv().expect("it is there").unwrap_err(), lost);
    assert!(lost.to_string().contains("are lost"));
    assert!(feed.try_recv().is_none());
    // After it was read all is as ever.
    grow(&db, 1);
    assert_eq!(feed.recv().expect("it is there").expect("after the loss").seq(), db.version());
    // Where some were read, but not the note, the note comes in its place.
    (0..5).for_each(|_| grow(&db, 1));
    let first = feed.recv().expect("it is there").expect("before the loss").seq();
    grow(&db, 1);
    let told: Vec<_> = std::iter::from_fn(|| feed.try_recv()).collect();
    assert!(told[0].is_ok() && told[1].is_ok());
    let lagged = told[2].as_ref().expect_err("the fourth is lost");
    assert_eq!((lagged.from, lagged.to), (first + 3, first + 5));
    assert_eq!(told.len(), 3);
}

#[test]
fn a_note_that_is_thrown_away_was_read() {
    let db = builder().feed_capacity(1).in_memory().expect("the models fit together");
    insert(&db, 1).expect("new");
    let feed = db.changes().expect("no transaction is open");
    (0..3).for_each(|_| grow(&db, 1));
    drop(feed.receiver().recv());
    drop(feed.receiver().recv());
    grow(&db, 1);
    let told = feed.try_recv().expect("what is lost no more is told again");
    assert_eq!(told.expect("nothing is lost").seq(), db.version());
}

#[test]
fn nothing_is_copied_while_nobody_listens() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static CLONES: AtomicUsize = AtomicUsize::new(0);

    #[derive(Debug, PartialEq, Value)]
    struct Counted(u32);
    impl Clone for Counted {
        fn clone(&self) -> Self {
            CLONES.fetch_add(1, Ordering::Relaxed);
            Self(self.0)
        }
    }
    #[derive(Clone, Debug, Model)]
    #[table("counted")]
    struct Row {
        #[key]
        id: Id<Row>,
        value: Counted,
    }
    let db = Database::builder().models::<Row>().in_memory().expect("one model");
    let clones = || {
        db.write(|tx| tx.insert(NewRow { value: Counted(1) })).expect("new");
        CLONES.swap(0, Ordering::Relaxed)
    };
    assert_eq!(clones(), 0);
    let feed = db.changes().expect("no transaction is open");
    assert_eq!(clones(), 1);
    drop(feed);
    assert_eq!(clones(), 0, "dropping it unsubscribes");
    let key = db.hooks(|h| h.after_commit(|_, _| {}));
    assert_eq!(clones(), 1);
    db.remove_hook(key);
    assert_eq!(clones(), 0);
}

#[test]
fn it_ends_with_the_database_and_not_before_all_is_read() {
    let db = database();
    let feed = db.changes().expect("no transaction is open");
    insert(&db, 1).expect("new");
    assert!(feed.recv_timeout(Duration::from_millis(1)).is_some());
    assert!(feed.recv_timeout(Duration::from_millis(1)).is_none());
    insert(&db, 2).expect("new");
    drop(db);
    assert_eq!(feed.count(), 1);
}

#[test]
fn it_ends_when_the_database_is_closed_whoever_still_has_it() {
    let db = builder().open_in(SimDisk::new(1)).expect("it is empty");
    let feed = db.changes().expect("no transaction is open");
    let follower = db.clone();
    insert(&db, 1).expect("new");
    insert(&db, 2).expect("new");
    db.close().expect("nothing fails");
    assert_eq!(feed.count(), 2, "all that was committed, and the end");
    assert!(follower.changes().is_err(), "nothing will come");
}

#[test]
fn it_holds_as_many_as_it_is_told_however_many() {
    for capacity in [0, 1, usize::MAX - 1, usize::MAX] {
        let db = builder().feed_capacity(capacity).in_memory().expect("the models fit together");
        let feed = db.changes().expect("no transaction is open");
        for name in 0..3 {
            insert(&db, name).expect("new");
        }
        let received: Vec<bool> =
            std::iter::from_fn(|| feed.try_recv()).map(|r| r.is_ok()).collect();
        let expected: &[bool] = if capacity < 2 { &[true, false] } else { &[true; 3] };
        assert_eq!(received, expected, "{capacity}");
    }
}

#[test]
fn inside_a_transaction_nobody_can_be_sure() {
    let db = database();
    db.write(|_| {
        assert!(matches!(db.changes().map(drop), Err(Error::Reentrant)));
        Ok(())
    })
    .expect("nothing is done");
    // And nothing is copied for a feed that did not come to be.
    assert!(db.changes().is_ok());
}

/// Random transactions of all kinds, some of which are refused.
fn play(db: &Database, dice: &mut Dice) {
    let one = |dice: &mut Dice| name(dice.roll(8));
    let _ = db.write(|tx| {
        for _ in 0..1 + dice.roll(4) {
            let (user, other) = (one(dice), one(dice));
            let quantity = dice.roll(5) as u32;
            let outcome = match dice.roll(10) {
                0 | 1 => {
                    let seat = (quantity > 1).then(|| dice.roll(6) as u32);
                    let new = User { name: user.key().clone(), age: quantity, seat };
                    tx.insert(new).map(drop)
                }
                2 | 3 => tx.insert(NewOrder { user, quantity }).map(drop),
                4 => tx.delete(user).map(drop),
                5 => tx.rekey(user, other),
                6 => tx.update(user, |user| user.age = quantity).map(drop),
                7 => change_places(tx, &user, &other),
                8 => tx
                    .update_where(User::SEAT.is_some(), |u| u.seat = u.seat.map(|s| (s + 1) % 6))
                    .map(drop),
                _ => tx.update_where(Order::QUANTITY.lt(quantity), |o| o.quantity += 1).map(drop),
            };
            // A refused statement is no reason to end, mostly.
            if outcome.is_err() && dice.roll(10) == 0 {
                outcome?;
            }
        }
        Ok(())
    });
}

fn change_places(tx: &mut Tx, one: &Id<User>, other: &Id<User>) -> Result<(), Error> {
    let (Some(left), Some(right)) = (tx.get(one.clone()), tx.get(other.clone())) else {
        return Ok(());
    };
    let (left, right) = (left.seat, right.seat);
    tx.deferred(|tx| {
        tx.update(one.clone(), |user| user.seat = right)?;
        tx.update(other.clone(), |user| user.seat = left).map(drop)
    })
}

/// Does in a database what was done in another. The rows of a change set are not in the order in which they were written, so keys are
/// judged when all of them are; who refers to others is deleted first.
fn follow(db: &Database, changes: &ChangeSet) -> Result<(), Error> {
    fn put<M: Plural + New<Model = M>>(tx: &mut Tx, changes: &ChangeSet) -> Result<(), Error> {
        for change in changes.of::<M>() {
            match change {
                Change::Inserted { after } => tx.insert(after.clone()).map(drop)?,
                Change::Updated { after, .. } => {
                    tx.update(after.id(), |row| *row = after.clone()).map(drop)?;
                }
                Change::Deleted { .. } => {}
            }
        }
        Ok(())
    }
    fn take<M: Plural>(tx: &mut Tx, changes: &ChangeSet) -> Result<(), Error> {
        let deleted = changes.of::<M>().filter(|change| change.after().is_none());
        for change in deleted {
            tx.delete(change.id())?;
        }
        Ok(())
    }
    db.write(|tx| {
        tx.deferred(|tx| {
            put::<User>(tx, changes)?;
            put::<Order>(tx, changes)?;
            take::<Order>(tx, changes)?;
            take::<User>(tx, changes)
        })
    })
}

#[test]
fn replaying_a_feed_gives_the_same_database() {
    for seed in 0..60 {
        let mut dice = Dice(seed);
        let (db, copy) = (database(), database());
        let from_the_beginning = db.changes().expect("no transaction is open");
        (0..dice.roll(20)).for_each(|_| play(&db, &mut dice));
        let (snapshot, feed) = db.read_and_follow().expect("no transaction is open");
        let mut replica = Replica::of(&snapshot);
        for _ in 0..40 {
            play(&db, &mut dice);
            if dice.roll(3) == 0 {
                waiting(&feed).iter().for_each(|changes| replica.apply(changes));
                assert_eq!(replica, Replica::of(&db.read()), "seed {seed}");
                for changes in waiting(&from_the_beginning) {
                    follow(&copy, &changes).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
                }
                assert_eq!(Replica::of(&copy.read()), replica, "seed {seed}");
            }
        }
        assert_eq!(copy.check().expect("nothing is open"), Vec::<String>::new(), "seed {seed}");
    }
}

#[test]
fn followers_beside_writers_miss_nothing() {
    let disk = SimDisk::new(1);
    let on_files = builder().feed_capacity(10_000).open_in(disk).expect("it is empty");
    let in_memory = builder().feed_capacity(10_000).in_memory().expect("the models fit together");
    for db in [on_files, in_memory] {
        let start = Barrier::new(5);
        thread::scope(|scope| {
            let writers: Vec<_> = (0..3)
                .map(|writer| {
                    let (db, start) = (db.clone(), &start);
                    scope.spawn(move || {
                        let mut dice = Dice(writer);
                        start.wait();
                        (0..150).for_each(|_| play(&db, &mut dice));
                    })
                })
                .collect();
            let followers: Vec<_> = (0..2)
                .map(|_| {
                    let (db, start) = (db.clone(), &start);
                    scope.spawn(move || {
                        start.wait();
                        let mut all = Vec::new();
                        for _ in 0..20 {
                            let (snapshot, feed) = db.read_and_follow().expect("none is open here");
                            all.push((Replica::of(&snapshot), snapshot.version(), feed));
                            thread::yield_now();
                        }
                        all
                    })
                })
                .collect();
            writers.into_iter().for_each(|writer| writer.join().expect("it does not panic"));
            for follower in followers {
                for (mut replica, mut version, feed) in follower.join().expect("it does not panic")
                {
                    for changes in waiting(&feed) {
                        assert!(changes.seq() > version, "in order, and not what the snapshot has");
                        version = changes.seq();
                        replica.apply(&changes);
                    }
                    assert_eq!(replica, Replica::of(&db.read()));
                }
            }
        });
    }
}

#[test]
fn what_is_not_published_is_not_told() {
    let mut ended = 0;
    for nth in 0..4 {
        let disk = SimDisk::new(1);
        let db = builder().open_in(disk.clone()).expect("it is empty");
        insert(&db, 1).expect("new");
        let feed = db.changes().expect("no transaction is open");
        db.write_at(Level::Memory, |tx| tx.update(name(1), |user| user.age = 5).map(drop))
            .expect("it is there");
        assert_eq!(waiting(&feed).len(), 1, "all before it is published, and so it is");
        // The commit writes and syncs: something of that fails.
        disk.fail_at(disk.operations() + nth, Fault::Io, Times::Once);
        let is_committed = insert(&db, 2).is_ok();
        assert_eq!(waiting(&feed).len(), usize::from(is_committed));
        disk.heal();
        ended += usize::from(db.changes().is_err());
    }
    assert!(ended > 0, "after a failed sync nothing will ever come, which is said");
}
