//! Panics in each hook: before the commit they are as any panic in a transaction, after it they end where they are.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};

use bondstone::prelude::*;
use bondstone::{HookKey, HookKind, Hooks};

use super::*;

type Register = fn(&mut Hooks<'_>) -> HookKey;

/// Nothing is printed for these.
fn panic() -> ! {
    resume_unwind(Box::new("a hook's"))
}

const HOOKS: [(HookKind, Register); 8] = [
    (HookKind::OnSet, |h| h.on_set(User::AGE, |_, _| panic())),
    (HookKind::BeforeInsert, |h| h.before_insert(|_: &mut User, _| panic())),
    (HookKind::BeforeUpdate, |h| h.before_update(|_: &mut User, _: &User, _| panic())),
    (HookKind::BeforeDelete, |h| h.before_delete(|_: &User, _| panic())),
    (HookKind::AfterInsert, |h| h.after_insert(|_: &User, _| panic())),
    (HookKind::AfterUpdate, |h| h.after_update(|_: &User, _: &User, _| panic())),
    (HookKind::AfterDelete, |h| h.after_delete(|_: &User, _| panic())),
    (HookKind::BeforeCommit, |h| h.before_commit(|_| panic())),
];

/// Inserts, updates and deletes.
fn work(tx: &mut Tx, ann: Id<User>) -> Result<(), Error> {
    let bob = tx.insert(user("bob"))?;
    tx.insert(order(bob, 1))?;
    tx.update_where(User::AGE.eq(0), |user| user.age = 1)?;
    tx.update(ann, |user| user.age = 2)?;
    tx.delete(bob).map(drop)
}

#[test]
fn a_panic_in_a_hook_leaves_no_trace_and_goes_on() {
    for (kind, register) in HOOKS {
        let db = database();
        let ann = ann(&db);
        let before = db.read();
        let key = db.hooks(|h| {
            register(h);
            h.after_rollback(|_, _| {})
        });
        let panicked = catch_unwind(AssertUnwindSafe(|| db.write(|tx| work(tx, ann))));
        let payload = panicked.expect_err(kind.name());
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"a hook's"), "{kind}");
        assert_eq!(db.read().iter::<User>().collect::<Vec<_>>(), [&before[ann]], "{kind}");
        assert_whole(&db);
        assert!(db.remove_hook(key));
        // A program that catches it inside the transaction has taken back the statement.
        let caught = db.write(|tx| {
            let caught = catch_unwind(AssertUnwindSafe(|| work(tx, ann)));
            if kind != HookKind::BeforeCommit {
                assert!(caught.is_err(), "{kind}");
            }
            // Nothing is busy any more, and nothing nested.
            tx.insert(NewNote { text: "on".into() })?;
            Err::<(), _>(Error::from("not to be kept"))
        });
        assert!(caught.is_err());
        assert_whole(&db);
    }
}

#[test]
fn a_row_is_not_busy_after_a_panic_that_was_caught() {
    // Were the hook still under way, the next would be nested too deeply.
    let builder = Database::builder().models::<Models>().hook_depth(1);
    let db = builder.in_memory().expect("the models fit together");
    let ann = ann(&db);
    db.hooks(|h| {
        h.before_update(|new: &mut User, _: &User, _| if new.age == 1 { panic() } else { Ok(()) })
    });
    db.write(|tx| {
        let caught =
            catch_unwind(AssertUnwindSafe(|| tx.update(ann, |user| user.age = 1).map(drop)));
        assert!(caught.is_err());
        tx.update(ann, |user| user.age = 2).map(drop)
    })
    .expect("the row can be written");
    assert_eq!(db.read()[ann].age, 2);
}

#[test]
fn a_panic_when_all_is_done_ends_there() {
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let list = Arc::clone(&told);
    let calls = Calls::default();
    let (commits, rollbacks) = (calls.clone(), calls.clone());
    let db = Database::builder()
        .models::<Models>()
        .on_hook_panic(move |panic| {
            list.lock().expect("nobody panics").push(panic.to_string());
            // Nor does this one go further.
            resume_unwind(Box::new(()));
        })
        .hooks(|h| {
            h.after_commit(|_, _| panic());
            h.after_commit(move |_, _| commits.add("commit"));
            h.after_rollback(|_, _| panic());
            h.after_rollback(move |why, _| rollbacks.add(why.to_string()));
        })
        .in_memory()
        .expect("the models fit together");
    ann(&db);
    let refused: Result<(), Error> = db.write(|_| Err("no".into()));
    assert!(refused.is_err());
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        db.write(|_| -> Result<(), Error> { resume_unwind(Box::new(5)) })
    }));
    assert_eq!(panicked.expect_err("it goes on").downcast_ref(), Some(&5));
    assert_eq!(calls.take(), ["commit", "no", "the transaction panicked"], "others still run");
    let (commit, rollback) = (
        "a hook panicked in `after_commit`: a hook's".to_owned(),
        "a hook panicked in `after_rollback`: a hook's".to_owned(),
    );
    assert_eq!(*told.lock().expect("nobody panics"), [commit, rollback.clone(), rollback]);
    assert_whole(&db);
}
