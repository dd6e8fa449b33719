//! Hooks around a transaction's end.

use std::sync::{Arc, Mutex};

use bondstone::prelude::*;
use bondstone::vfs::sim::SimDisk;
use bondstone::{Builder, ChangeSet, HookKind, Rollback};

use super::*;

#[test]
fn before_commit_writes_once_or_refuses() {
    let db = database();
    db.hooks(|h| {
        h.before_commit(|tx| {
            let changes = tx.changes().of::<User>().count();
            if changes > 2 {
                return Err("too many".into());
            }
            note(tx, format!("{changes} users"))
        });
        h.before_commit(|tx| note(tx, format!("{} notes", tx.changes().of::<Note>().count())));
    });
    db.write(|tx| tx.insert_all([user("ann"), user("bob")])).expect("two are enough");
    assert_eq!(notes(&db), ["2 users", "1 notes"], "what it writes does not call it again");
    let refused = db.write(|tx| tx.insert_all(["a", "b", "c"].map(user))).unwrap_err();
    assert_eq!(refused.to_string(), "refused by `before_commit`: too many");
    assert_eq!(refused.veto().map(|veto| veto.kind()), Some(HookKind::BeforeCommit));
    assert_eq!(db.read().count::<User>(), 2);
    let tx = db.begin().expect("no transaction is open");
    tx.commit().expect("it is called for all commits");
    assert_eq!(notes(&db).len(), 4);
}

#[test]
fn after_commit_gets_what_changed_when_all_see_it() {
    let db = database();
    let seen: Arc<Mutex<Vec<Arc<ChangeSet>>>> = Arc::default();
    let list = Arc::clone(&seen);
    db.hooks(|h| {
        h.after_commit(move |changes, db| {
            assert!(db.version() >= changes.seq(), "it is published");
            // Another transaction may begin: no lock is held.
            for change in changes.of::<User>().filter(|change| change.before().is_none()) {
                let email = change.after().map(|user| user.email.clone()).unwrap_or_default();
                db.write(|tx| note(tx, email)).expect("no rule is broken");
            }
            list.lock().expect("nobody panics").push(Arc::clone(changes));
        })
    });
    let ann = ann(&db);
    db.write(|tx| {
        tx.update(ann, |user| user.age = 5)?;
        let bob = tx.insert(user("bob"))?;
        tx.delete(bob).map(drop)
    })
    .expect("no rule is broken");
    db.write(|tx| tx.delete(ann).map(drop)).expect("nobody refers to her");
    assert_eq!(notes(&db), ["ann"]);
    let seen = seen.lock().expect("nobody panics");
    // Inner ones end first.
    let tables: Vec<Vec<(&str, usize)>> = seen.iter().map(|set| set.tables().collect()).collect();
    let (users, notes) = (vec![("users", 1)], vec![("notes", 1)]);
    assert_eq!(tables, [notes, users.clone(), users.clone(), users]);
    assert!(seen[0].seq() > seen[1].seq(), "`seq` orders them");
    let update = seen[2].of::<User>().next().expect("one change");
    assert_eq!(update.changed(User::AGE), Some((&0, &5)));
    assert_eq!(update.changed(User::EMAIL), None);
    assert!(
        matches!(seen[3].of::<User>().next(), Some(Change::Deleted { before }) if before.age == 5)
    );
    assert!(seen[3].concerns::<User>() && !seen[3].concerns::<Note>());
    assert_eq!(seen[3].of::<Note>().count(), 0);
}

#[test]
fn what_changed_nothing_is_not_told() {
    let db = database();
    let ann = ann(&db);
    let calls = Calls::default();
    let here = calls.clone();
    db.hooks(|h| h.after_commit(move |_, _| here.add("commit")));
    db.write(|_| Ok(())).expect("nothing is done");
    db.write(|tx| {
        tx.update(ann, |user| user.email = "a".into())?;
        tx.delete(ann)?;
        tx.insert(User { id: ann, ..tx_user() }).map(drop)
    })
    .expect("back and forth");
    assert_eq!(calls.take(), Vec::<String>::new());
}

fn tx_user() -> User {
    User {
        id: Id::from_u64(1).expect("above 0"),
        email: "ann".into(),
        age: 0,
        changes: 0,
        invited_by: None,
    }
}

#[test]
fn rollbacks_are_told_with_their_reason() {
    let db = database();
    let seen: Arc<Mutex<Vec<Rollback>>> = Arc::default();
    let list = Arc::clone(&seen);
    db.hooks(|h| {
        h.after_rollback(move |why, db| {
            assert_eq!(db.read().count::<User>(), 0, "all is as before");
            db.begin().expect("the lock is free").commit().expect("nothing is written");
            list.lock().expect("nobody panics").push(why.clone());
        });
        h.before_commit(|tx| if tx.count::<User>() > 1 { Err("no".into()) } else { Ok(()) });
    });
    let refused: Result<(), Error> = db.write(|tx| {
        tx.insert(user("ann"))?;
        Err("changed my mind".into())
    });
    assert!(refused.is_err());
    struct Own;
    impl From<Error> for Own {
        fn from(_: Error) -> Self {
            Self
        }
    }
    assert!(db.transact::<(), Own>(|_| Err(Own)).is_err());
    let mut tx = db.begin().expect("no transaction is open");
    tx.insert(user("ann")).expect("she is new");
    drop(tx);
    db.begin().expect("no transaction is open").rollback();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        db.write(|tx| -> Result<(), Error> {
            tx.insert(user("ann"))?;
            std::panic::resume_unwind(Box::new(()))
        })
    }));
    assert!(panicked.is_err());
    assert!(db.write(|tx| tx.insert_all([user("ann"), user("bob")])).is_err());
    let seen = seen.lock().expect("nobody panics");
    assert_eq!(seen[0], Rollback::Error("changed my mind".into()));
    assert!(matches!(&seen[1], Rollback::Error(text) if text.ends_with("Own`")), "{:?}", seen[1]);
    assert_eq!(seen[2..5], [Rollback::Dropped, Rollback::Dropped, Rollback::Panicked]);
    assert_eq!(seen[5], Rollback::Error("refused by `before_commit`: no".into()));
    assert_eq!(seen.len(), 6, "commits are none");
}

/// A database whose hooks write a note of every commit, that of a note included.
fn endless(describe: impl FnOnce(Builder) -> Builder, notes: usize) -> (Database, Refusals) {
    let refusals = Refusals::default();
    let list = Arc::clone(&refusals);
    let builder = describe(Database::builder().models::<Models>());
    let builder = builder.hooks(|h| {
        h.after_commit(move |_, db| {
            for _ in 0..notes {
                if let Err(refused) = db.write(|tx| note(tx, "a commit")) {
                    list.lock().expect("nobody panics").push(refused);
                }
            }
        })
    });
    (builder.in_memory().expect("the models fit together"), refusals)
}

type Refusals = Arc<Mutex<Vec<Error>>>;

#[test]
fn hooks_that_set_each_other_off_after_commits_end() {
    let (db, refusals) = endless(|builder| builder, 1);
    ann(&db);
    assert_eq!(db.read().count::<Note>(), 31, "each in a hook after the commit of the one before");
    let refused = refusals.lock().expect("nobody panics").pop().expect("the last is refused");
    let Error::HookDepth(chain) = refused else { panic!("{refused}") };
    assert_eq!(chain, vec!["`after_commit`"; 32]);
    ann_again(&db);
    assert_eq!(db.read().count::<Note>(), 62, "each time anew");

    let (db, _) = endless(|builder| builder.hook_depth(3), 1);
    ann(&db);
    assert_eq!(db.read().count::<Note>(), 2);
    // Not deep, but of each commit follow two.
    let (db, _) = endless(|builder| builder.hook_statements(100), 2);
    ann(&db);
    assert_eq!(db.read().count::<Note>(), 100);
}

fn ann_again(db: &Database) {
    db.write(|tx| tx.insert(user("ann too")).map(drop)).expect("she is new");
}

#[test]
fn hooks_that_set_each_other_off_after_rollbacks_end() {
    let db = database();
    let calls = Calls::default();
    let list = calls.clone();
    db.hooks(|h| {
        h.after_rollback(move |why, db| {
            list.add(why.to_string());
            let again: Result<(), Error> = db.write(|_| Err("once more".into()));
            list.add(again.unwrap_err().to_string());
        })
    });
    assert!(db.write(|_| -> Result<(), Error> { Err("no".into()) }).is_err());
    let calls = calls.take();
    assert_eq!(calls.len(), 64, "a transaction that does not begin is not rolled back either");
    assert_eq!((calls[0].as_str(), calls[1].as_str()), ("no", "once more"));
    assert!(calls[32].contains("after_rollback"), "{}", calls[32]);
}

#[test]
fn hooks_of_two_databases_that_set_each_other_off_end() {
    let (left, right) = (database(), database());
    for (db, other) in [(&left, &right), (&right, &left)] {
        let other = other.downgrade();
        db.hooks(|h| {
            h.after_commit(move |_, _| {
                let other = other.upgrade().expect("it is there");
                let _ = other.write(|tx| note(tx, "a commit there"));
            })
        });
    }
    ann(&left);
    assert_eq!((left.read().count::<Note>(), right.read().count::<Note>()), (15, 16));
}

#[test]
fn statements_in_the_transaction_of_a_hook_after_a_commit_are_the_programs_own() {
    let db = Database::builder().models::<Models>().hook_statements(2).in_memory();
    let db = db.expect("the models fit together");
    db.hooks(|h| {
        h.after_commit(|changes, db| {
            if changes.concerns::<User>() {
                let many = |tx: &mut Tx| (0..10).try_for_each(|_| note(tx, "n"));
                db.write(many).expect("it is one transaction");
            }
        })
    });
    ann(&db);
    assert_eq!(db.read().count::<Note>(), 10);
}

#[test]
fn a_database_goes_though_its_hooks_know_it() {
    let disk = SimDisk::new(1);
    let open = || {
        let builder = Database::builder().models::<Models>().background(false);
        builder.open_in(disk.clone()).expect("nobody has it open")
    };
    for opened in 0..3 {
        let db = open();
        assert_eq!(db.read().count::<Note>(), opened);
        let weak = db.downgrade();
        db.hooks(|h| {
            h.before_commit(move |tx| match weak.upgrade() {
                Some(db) if db.read().count::<User>() < tx.count::<User>() => Ok(()),
                _ => Err("a user less".into()),
            });
            h.after_commit(|changes, db| {
                if changes.concerns::<User>() {
                    // It would be refused, as no user comes by it.
                    assert!(db.write(|tx| note(tx, "a commit")).is_err());
                }
            });
        });
        let new = |tx: &mut Tx| {
            note(tx, "opened")?;
            tx.insert(user(&opened.to_string()))
        };
        db.write(new).expect("a user more");
        let weak = db.downgrade();
        drop(db);
        assert!(weak.upgrade().is_none());
    }
    open().close().expect("nothing fails");
}
