//! What transactions promise, one promise each, as a user would meet them.

use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bondstone::prelude::*;
use bondstone::{Backlog, dec};

/// Someone who orders.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("users")]
#[has_many(orders: Order, notes: Note)]
struct User {
    #[key]
    id: Id<User>,
    #[unique]
    #[max_len(8)]
    email: String,
    #[private]
    #[max_len(8)]
    secret: String,
    #[immutable]
    #[on_insert(tx.now())]
    made_at: Timestamp,
    #[on_insert(tx.now())]
    #[on_update(tx.now())]
    seen_at: Timestamp,
}

/// What is ordered.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("orders")]
#[unique(line: user, product)]
#[check(some: self.quantity > 0)]
#[check(secretive: self.code != self.quantity)]
#[has_many(notes: Note)]
struct Order {
    #[key]
    id: Id<Order>,
    #[on_delete(cascade)]
    user: Id<User>,
    product: i64,
    #[default(1)]
    quantity: i64,
    #[decimal(5, 2)]
    #[default(Decimal::ZERO)]
    price: Decimal,
    #[private]
    #[default(-1)]
    code: i64,
}

/// What is written about an order.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("notes")]
struct Note {
    #[key]
    id: Id<Note>,
    #[on_update(restrict)]
    order: Id<Order>,
    #[on_delete(set_default)]
    #[default(Id::from_u64(1).expect("above 0"))]
    about: Id<User>,
}

fn database() -> Database {
    Database::builder().models::<User>().in_memory().expect("the models fit together")
}

fn user(email: &str) -> NewUser {
    NewUser { email: email.into(), secret: "hush".into() }
}

fn order(user: Id<User>, product: i64) -> NewOrder {
    NewOrder { user, product }
}

fn ann(db: &Database) -> Id<User> {
    db.write(|tx| tx.insert(user("ann"))).expect("she is the first")
}

fn assert_whole(db: &Database) {
    assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
}

#[test]
fn a_refused_statement_leaves_the_transaction_usable() {
    let db = database();
    let ann = ann(&db);
    db.write(|tx| {
        assert!(tx.insert(user("ann")).unwrap_err().violates(User::EMAIL));
        assert!(tx.insert(user("far too long")).unwrap_err().violates(User::EMAIL));
        assert!(tx.insert_all([order(ann, 1), order(ann, 2), order(ann, 1)]).is_err());
        assert_eq!(tx.count::<Order>(), 0, "all of them or none");
        let first = tx.insert(order(ann, 1))?;
        assert!(tx.update(first, |order| order.quantity = 0).is_err());
        assert!(tx.try_update(first, |_| Err("not today".into())).is_err());
        assert_eq!(tx[first].quantity, 1);
        tx.insert(user("bob")).map(drop)
    })
    .expect("the accepted ones are kept");
    let snap = db.read();
    assert_eq!((snap.count::<User>(), snap.count::<Order>()), (2, 1));
    assert_whole(&db);
}

#[test]
fn numbers_are_never_used_twice() {
    let db = database();
    let first = ann(&db).get();
    let refused: Result<(), Error> = db.write(|tx| {
        tx.insert(user("bob"))?;
        Err("no".into())
    });
    assert!(refused.is_err());
    let third = db.write(|tx| {
        assert!(tx.insert(user("ann")).is_err(), "a row that was not written uses no number");
        tx.insert(user("cid"))
    });
    assert_eq!(third.expect("cid is new").get(), first + 2);
    let row = |number, email: &str| User {
        id: Id::from_u64(number).expect("above 0"),
        email: email.into(),
        secret: String::new(),
        made_at: Timestamp::UNIX_EPOCH,
        seen_at: Timestamp::UNIX_EPOCH,
    };
    db.write(|tx| tx.insert(row(1000, "dan"))).expect("an explicit number is honoured");
    assert_eq!(db.write(|tx| tx.insert(user("eve"))).expect("eve is new").get(), 1001);
    assert!(matches!(
        db.write(|tx| tx.insert(row((1 << 48) + 1, "fay"))),
        Err(Error::KeyRange("users"))
    ));
    db.write(|tx| tx.insert(row(1 << 48, "fay"))).expect("the last number there is");
    assert!(matches!(db.write(|tx| tx.insert(user("gus"))), Err(Error::KeyRange("users"))));
    assert_whole(&db);
}

#[test]
fn savepoints_nest() {
    let db = database();
    let ann = ann(&db);
    db.write(|tx| {
        tx.savepoint(|tx| -> Result<(), Error> {
            tx.insert(order(ann, 1))?;
            let inner = tx.savepoint(|tx| {
                tx.insert(order(ann, 2))?;
                tx.update(ann, |user| user.email = "anne".into())?;
                Err::<(), Error>("inner".into())
            });
            assert_eq!(inner.unwrap_err().to_string(), "inner");
            assert_eq!((tx.count::<Order>(), tx[ann].email.as_str()), (1, "ann"));
            Ok(())
        })?;
        let outer = tx.savepoint(|tx| {
            tx.savepoint(|tx| tx.delete(ann).map(drop))?;
            assert_eq!(tx.count::<Order>(), 0, "orders cascade");
            Err::<(), Error>("outer".into())
        });
        assert!(outer.is_err());
        assert_eq!((tx.count::<User>(), tx.count::<Order>()), (1, 1));
        Ok(())
    })
    .expect("nothing is left to refuse");
    assert_whole(&db);
}

#[test]
fn however_it_ends_but_by_commit_there_is_no_trace() {
    let db = database();
    let ann = ann(&db);
    let before = db.read()[ann].clone();
    let spoil = |tx: &mut Tx| -> Result<(), Error> {
        tx.update(ann, |user| user.email = "spoilt".into())?;
        tx.insert(user("bob")).map(drop)
    };
    let mut tx = db.begin().expect("no other is open");
    spoil(&mut tx).expect("nothing refuses");
    tx.rollback();
    let mut tx = db.begin().expect("no other is open");
    spoil(&mut tx).expect("nothing refuses");
    drop(tx);
    let failed: Result<(), Error> = db.write(|tx| {
        spoil(tx)?;
        Err("no".into())
    });
    assert_eq!(failed.unwrap_err().to_string(), "no");
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        db.write(|tx| -> Result<(), Error> {
            spoil(tx)?;
            std::panic::resume_unwind(Box::new(7))
        })
    }));
    assert!(panicked.is_err_and(|panic| panic.downcast_ref() == Some(&7)));
    let snap = db.read();
    assert_eq!((snap.get(ann), snap.count::<User>()), (Some(&before), 1));
    assert_whole(&db);
}

#[test]
fn errors_of_the_users_own() {
    #[derive(Debug)]
    enum Failure {
        Mine,
        Theirs,
    }
    impl From<Error> for Failure {
        fn from(_: Error) -> Self {
            Self::Theirs
        }
    }
    let db = database();
    let mine = db.transact::<(), Failure>(|tx| {
        tx.insert(user("ann"))?;
        Err(Failure::Mine)
    });
    assert!(matches!(mine, Err(Failure::Mine)));
    let theirs = db.transact::<_, Failure>(|tx| Ok(tx.insert(user("far too long"))?));
    assert!(matches!(theirs, Err(Failure::Theirs)));
    assert_eq!(db.read().count::<User>(), 0);
}

#[test]
fn a_transaction_in_a_transaction_is_refused_and_does_not_wait() {
    let db = database();
    db.write(|_| {
        assert!(matches!(db.begin().map(drop), Err(Error::Reentrant)));
        assert!(matches!(db.write(|_| Ok(())), Err(Error::Reentrant)));
        assert!(matches!(db.check(), Err(Error::Reentrant)));
        assert!(matches!(db.pinned(), Err(Error::Reentrant)));
        assert_eq!(db.read().count::<User>(), 0, "reading is another matter");
        Ok(())
    })
    .expect("the outer one goes on");
    assert!(db.begin().is_ok());
}

#[test]
fn another_thread_waits_for_its_turn() {
    let db = database();
    let tx = db.begin().expect("no other is open");
    let other = std::thread::spawn({
        let db = db.clone();
        move || db.write(|tx| tx.insert(user("bob")))
    });
    std::thread::sleep(std::time::Duration::from_millis(20));
    assert!(!other.is_finished());
    tx.commit().expect("in memory");
    assert!(other.join().expect("it does not panic").is_ok());
}

#[test]
fn a_commit_has_a_version_that_snapshots_reach() {
    let db = database();
    let mut tx = db.begin().expect("no other is open");
    tx.insert(user("ann")).expect("she is the first");
    let commit = tx.commit().expect("in memory");
    assert_eq!((commit.version(), db.version()), (db.read().version(), commit.version()));
    // One that did nothing made no version; the last one is good enough for it.
    let nothing = db.begin().expect("no other is open").commit().expect("in memory");
    assert!(nothing.version() <= db.read().version());
    // Nor did one that took back all it did, but what it took back is cleared away.
    db.write(|tx| {
        let _ = tx.savepoint(|tx| {
            tx.insert(user("bob"))?;
            Err::<(), Error>("no".into())
        });
        Ok(())
    })
    .expect("the savepoint failed, not the transaction");
    assert_whole(&db);
    assert_eq!(db.pinned().expect("no transaction is open"), Backlog::default());
}

#[test]
fn one_time_for_a_transaction() {
    let now = Arc::new(AtomicI64::new(100));
    let clock = Arc::clone(&now);
    let db = Database::builder()
        .models::<User>()
        .clock(move || {
            let seconds = clock.fetch_add(1, Ordering::Relaxed);
            Timestamp::from_second(seconds).expect("within range")
        })
        .in_memory()
        .expect("the models fit together");
    let (ann, bob) = db
        .write(|tx| Ok((tx.insert(user("ann"))?, tx.insert(user("bob"))?)))
        .expect("both are new");
    let snap = db.read();
    assert_eq!((snap[ann].made_at.as_second(), snap[bob].seen_at.as_second()), (100, 100));
    db.write(|tx| {
        tx.update(ann, |_| {})?;
        tx.update(bob, |user| user.email = "bo".into())?;
        assert_eq!(tx.now().as_second(), 101);
        Ok(())
    })
    .expect("nothing refuses");
    let snap = db.read();
    let seen = |id: Id<User>| snap[id].seen_at.as_second();
    assert_eq!((seen(ann), seen(bob)), (100, 101), "an update that changes nothing is none");
    let later = Timestamp::from_second(7).expect("within range");
    db.write(|tx| tx.update(bob, |user| user.seen_at = later).map(drop)).expect("it may be set");
    assert_eq!(db.read()[bob].seen_at, later);
    let error = db.write(|tx| tx.update(bob, |user| user.made_at = later).map(drop)).unwrap_err();
    assert!(matches!(error, Error::Immutable(_)), "{error}");
}

#[test]
fn upsert_inserts_or_updates() {
    let db = database();
    let ann = ann(&db);
    let add = |tx: &mut Tx| tx.upsert(Order::LINE, order(ann, 7), |order| order.quantity += 1);
    let (first, second) = db.write(|tx| Ok((add(tx)?, add(tx)?))).expect("nothing refuses");
    assert_eq!((first, second), (Upserted::Inserted(first.id()), Upserted::Updated(first.id())));
    assert_eq!(db.read()[first.id()].quantity, 2);
    let next = db.write(|tx| tx.insert(order(ann, 8))).expect("another product");
    assert_eq!(next.get(), first.id().get() + 1, "an update uses no number");
}

#[test]
fn insert_with_changes_what_was_filled() {
    let db = database();
    let ann = ann(&db);
    let id = db
        .write(|tx| {
            tx.insert_with(order(ann, 1), |order| {
                order.quantity = 5;
                order.price = dec!(1.5);
            })
        })
        .expect("nothing refuses");
    let snap = db.read();
    assert_eq!((snap[id].quantity, snap[id].price.to_string().as_str()), (5, "1.50"));
}

#[test]
fn decimals_keep_their_scale() {
    let db = database();
    let ann = ann(&db);
    let id = db.write(|tx| tx.insert(order(ann, 1))).expect("nothing refuses");
    let price = |db: &Database| db.read()[id].price.to_string();
    for (given, kept) in [(dec!(1.5), "1.50"), (dec!(1.500), "1.50"), (dec!(999.99), "999.99")] {
        db.write(|tx| {
            tx.update(id, |order| {
                order.price = given;
                order.product += 1;
            })
            .map(drop)
        })
        .expect("nothing refuses");
        assert_eq!(price(&db), kept);
    }
    for (given, text) in [
        (dec!(1.505), "orders.price = 1.505 has 3 decimal places, decimal(5, 2) allows 2"),
        (
            dec!(1000),
            "orders.price = 1000 has more digits before the point than decimal(5, 2) allows",
        ),
    ] {
        let error =
            db.write(|tx| tx.update(id, |order| order.price = given).map(drop)).unwrap_err();
        assert_eq!(error.to_string(), text);
    }
    assert_eq!(price(&db), "999.99");
}

#[test]
fn errors_say_what_and_where() {
    let db = database();
    let ann = ann(&db);
    let text = |work: fn(&mut Tx, Id<User>) -> Result<(), Error>| {
        db.write(|tx| {
            let text = work(tx, ann).unwrap_err().to_string();
            Err::<(), Error>(text.into())
        })
        .unwrap_err()
        .to_string()
    };
    assert_eq!(
        text(|tx, _| tx.insert(user("ann")).map(drop)),
        r#"unique constraint `users_email_key` violated: users.email = "ann" is already used by users#1"#
    );
    assert_eq!(
        text(|tx, _| tx.insert(user("much too long")).map(drop)),
        "users.email is 13 characters long, the maximum is 8"
    );
    assert_eq!(
        text(|tx, ann| tx.insert_with(order(ann, 1), |order| order.quantity = 0).map(drop)),
        "check constraint `some` on `orders` violated by orders#1: quantity = 0"
    );
    assert_eq!(
        text(|tx, ann| tx.insert_with(order(ann, 1), |order| order.code = 1).map(drop)),
        "check constraint `secretive` on `orders` violated by orders#1: quantity = 1, code = •••"
    );
    assert_eq!(
        text(|tx, _| tx.insert(order(Id::from_u64(9).expect("above 0"), 1)).map(drop)),
        "foreign key `orders_user_fkey` violated: orders.user = 9 does not exist in `users`"
    );
    assert_eq!(
        text(|tx, ann| {
            let order = tx.insert(order(ann, 1))?;
            tx.insert(NewNote { order })?;
            tx.delete(ann).map(drop)
        }),
        "cannot delete orders#1: still referenced by notes#1 (`notes_order_fkey`, on_delete = restrict); \
         path users#1 → orders#1 ← notes#1"
    );
    assert_eq!(
        text(|tx, ann| {
            tx.update(ann, |user| user.id = Id::from_u64(5).expect("above 0")).map(drop)
        }),
        "an update cannot change the primary key of users#1: use `rekey`"
    );
    assert_eq!(
        text(|tx, _| tx.delete(Id::<Order>::from_u64(3).expect("above 0")).map(drop)),
        "orders#3 does not exist"
    );
}

#[test]
fn a_delete_says_beforehand_what_it_will_do() {
    let db = database();
    let (ann, bob) = (ann(&db), db.write(|tx| tx.insert(user("bob"))).expect("bob is new"));
    db.write(|tx| {
        let first = tx.insert(order(bob, 1))?;
        tx.insert_with(NewNote { order: first }, |note| note.about = bob)?;
        let plan = tx.preview_delete(bob)?;
        assert_eq!(
            plan.to_string(),
            "delete users#2\n  deletes   orders#1 (user, cascade)\n  unlinks   notes#1 (about, set_default)\
             \n  refused   users#2 → orders#1 ← notes#1 (notes_order_fkey, restrict)"
        );
        assert!(tx.delete(bob).is_err());
        assert_eq!(tx.count::<Order>(), 1, "asking and refusing change nothing");
        let note = tx.iter::<Note>().next().map(|note| note.id).expect("there is one");
        let other = tx.insert(order(ann, 2))?;
        tx.update(note, |note| note.order = other)?;
        let (gone, plan) = tx.delete_reported(bob)?;
        assert_eq!((gone.email.as_str(), plan.deletes().len(), plan.unlinks().len()), ("bob", 1, 1));
        assert_eq!(tx[note].about, ann);
        Ok(())
    })
    .expect("nobody refuses any more");
    assert_whole(&db);
}

#[test]
fn a_default_that_goes_itself_is_no_way_out() {
    let db = database();
    let (ann, bob) = (ann(&db), db.write(|tx| tx.insert(user("bob"))).expect("bob is new"));
    db.write(|tx| {
        let order = tx.insert(order(bob, 1))?;
        tx.insert(NewNote { order })
    })
    .expect("it is about ann");
    let error = db.write(|tx| tx.delete(ann).map(drop)).unwrap_err();
    assert!(error.violates(Note::ABOUT), "{error}");
    assert_eq!(error.violation().map(|violation| violation.path().len()), Some(2));
    assert_whole(&db);
}

#[test]
fn rekeys_take_those_along_that_may_follow() {
    let db = database();
    let ann = ann(&db);
    let anne = Id::from_u64(50).expect("above 0");
    let first = db.write(|tx| tx.insert(order(ann, 1))).expect("nothing refuses");
    let before = db.read();
    let handle = before.handle(ann).expect("she is there");
    db.write(|tx| tx.rekey(ann, anne)).expect("orders follow");
    let snap = db.read();
    assert_eq!((snap.get(ann), snap[first].user), (None, anne));
    assert_eq!((snap[first].user(&snap).email.as_str(), before[first].user), ("ann", ann));
    assert_eq!((snap.by_handle(handle), before.by_handle(handle)), (None, before.get(ann)));
    assert_eq!(db.write(|tx| tx.insert(user("bob"))).expect("bob is new").get(), 51);
    db.write(|tx| tx.insert_with(NewNote { order: first }, |note| note.about = anne))
        .expect("nothing refuses");
    let error = db.write(|tx| tx.rekey(first, Id::from_u64(9).expect("above 0"))).unwrap_err();
    assert!(error.violates(Note::ORDER), "{error}");
    assert!(db.write(|tx| tx.rekey(anne, Id::from_u64(51).expect("above 0"))).is_err());
    assert_whole(&db);
}

#[test]
fn a_preview_is_of_its_own_database() {
    let (db, other) = (database(), database());
    let ann = ann(&db);
    assert!(db.preview_delete(&db.read(), ann).is_ok());
    let refused = other.preview_delete(&db.read(), ann).unwrap_err();
    assert_eq!(refused.to_string(), "the view is of another database");
}

#[test]
fn a_write_of_nothing_makes_no_version() {
    let db = database();
    let ann = ann(&db);
    let version = db.version();
    assert!(db.write(|tx| tx.insert(user("ann"))).is_err());
    let refused =
        db.write(|tx| tx.update(ann, |user| user.email = "far too long".into()).map(drop));
    assert!(refused.is_err());
    db.write(|tx| tx.insert_all(None::<NewUser>).map(drop)).expect("no rows break no rule");
    assert_eq!(db.version(), version);
}

#[test]
fn the_change_set_is_net() {
    let db = database();
    let ann = ann(&db);
    db.write(|tx| {
        let bob = tx.insert(user("bob"))?;
        tx.update(ann, |user| user.email = "anne".into())?;
        let changes = tx.changes();
        let users: Vec<Change<'_, User>> = changes.of().collect();
        assert_eq!(users.len(), 2);
        assert!(!changes.is_empty());
        assert!(matches!(users[0], Change::Inserted { after } if after.id == bob));
        let (old, new) = users[1].changed(User::EMAIL).expect("it was changed");
        assert_eq!((users[1].id(), old.as_str(), new.as_str()), (ann, "ann", "anne"));
        assert_eq!(users[1].handle(tx), tx.handle(ann));
        tx.delete(bob)?;
        let seen_at = tx.iter::<User>().next().expect("ann").made_at;
        tx.update(ann, |user| {
            user.email = "ann".into();
            user.seen_at = seen_at;
        })?;
        assert_eq!(tx.changes().of::<User>().count(), 0, "back and forth vanishes");
        assert!(tx.changes().is_empty(), "what came and went is no change");
        tx.delete(ann)?;
        let changes = tx.changes();
        let gone: Vec<Id<User>> = changes.of::<User>().map(|change| change.id()).collect();
        assert_eq!(gone, [ann]);
        Ok(())
    })
    .expect("nothing refuses");
}

/// A decision that is taken from an older snapshot is the caller's risk; taken in the transaction it is safe.
#[test]
fn a_lost_update_and_how_not_to() {
    let db = database();
    let ann = ann(&db);
    let id = db.write(|tx| tx.insert(order(ann, 1))).expect("nothing refuses");
    let seen = db.read()[id].quantity;
    db.write(|tx| tx.update(id, |order| order.quantity += 10).map(drop)).expect("fine");
    db.write(|tx| tx.update(id, |order| order.quantity = seen + 1).map(drop)).expect("fine");
    assert_eq!(db.read()[id].quantity, 2, "the ten are lost");
    db.write(|tx| tx.update(id, |order| order.quantity += 10).map(drop)).expect("fine");
    assert_eq!(db.read()[id].quantity, 12);
}

#[test]
fn slots_retire_when_their_generations_are_used_up() {
    let db = database();
    let mut handles = Vec::new();
    for _ in 0..600 {
        let id = db.write(|tx| tx.insert(user("ann"))).expect("the one before has gone");
        let snap = db.read();
        handles.push((snap.handle(id).expect("it is there"), id));
        drop(snap);
        db.write(|tx| tx.delete(id).map(drop)).expect("nobody refers to it");
    }
    let snap = db.read();
    assert!(handles.iter().all(|(handle, _)| snap.by_handle(*handle).is_none()));
    let distinct: std::collections::HashSet<_> =
        handles.iter().map(|(handle, _)| *handle).collect();
    assert_eq!(distinct.len(), handles.len(), "a handle never comes to mean another row");
    drop(snap);
    assert_whole(&db);
}

thread_local! {
    /// How often a `Tag` was hashed, and compared, on this thread.
    static HASHED: Cell<u32> = const { Cell::new(0) };
    static COMPARED: Cell<u32> = const { Cell::new(0) };
}

/// A key that counts.
#[derive(Clone, Debug, Value)]
struct Tag(u64);

impl PartialEq for Tag {
    fn eq(&self, other: &Self) -> bool {
        COMPARED.set(COMPARED.get() + 1);
        self.0 == other.0
    }
}

impl Eq for Tag {}

impl Hash for Tag {
    fn hash<H: Hasher>(&self, state: &mut H) {
        HASHED.set(HASHED.get() + 1);
        self.0.hash(state);
    }
}

#[derive(Clone, Debug, Model)]
#[table("tagged")]
struct Tagged {
    #[key]
    id: Id<Tagged>,
    #[unique]
    tag: Tag,
    #[default(0)]
    note: u32,
}

#[test]
fn an_update_that_changes_no_key_computes_none_not_even_when_it_is_cleared_away() {
    let db = Database::builder().models::<Tagged>().in_memory().expect("the model is fine");
    let id = db.write(|tx| tx.insert(NewTagged { tag: Tag(1) })).expect("nothing refuses");
    HASHED.set(0);
    COMPARED.set(0);
    for _ in 0..20 {
        db.write(|tx| tx.update(id, |row| row.note += 1).map(drop)).expect("nothing refuses");
    }
    assert_eq!((HASHED.get(), COMPARED.get()), (0, 20), "once for each update: is it another?");
    db.write(|tx| tx.update(id, |row| row.tag = Tag(2)).map(drop)).expect("nothing refuses");
    assert!(HASHED.get() > 0);
    assert_eq!((db.read()[id].note, db.check().unwrap().len()), (20, 0));
}
