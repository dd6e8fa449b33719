//! Hooks around a transaction's end.

use std::sync::{Arc, Mutex};

use bondstone::prelude::*;
use bondstone::{ChangeSet, HookKind, Rollback};

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
    let (list, here) = (Arc::clone(&seen), db.clone());
    db.hooks(|h| {
        h.after_commit(move |changes| {
            assert!(here.version() >= changes.seq(), "it is published");
            // Another transaction may begin: no lock is held.
            for change in changes.of::<User>().filter(|change| change.before().is_none()) {
                let email = change.after().map(|user| user.email.clone()).unwrap_or_default();
                here.write(|tx| note(tx, email)).expect("no rule is broken");
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
    db.hooks(|h| h.after_commit(move |_| here.add("commit")));
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
    let (list, here) = (Arc::clone(&seen), db.clone());
    db.hooks(|h| {
        h.after_rollback(move |why| {
            assert_eq!(here.read().count::<User>(), 0, "all is as before");
            here.begin().expect("the lock is free").commit().expect("nothing is written");
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
