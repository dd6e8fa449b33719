//! Hooks for rows that are read from files.

use bondstone::prelude::*;
use bondstone::vfs::sim::SimDisk;
use bondstone::{Builder, Level};

use super::*;

fn builder() -> Builder {
    Database::builder().models::<Models>().background(false)
}

/// A database with four users: two in a snapshot, two in the log.
fn disk() -> SimDisk {
    let disk = SimDisk::new(1);
    let db = builder().open_in(disk.clone()).expect("it is empty");
    db.write(|tx| tx.insert_all([user("ANN"), user("bob")])).expect("new");
    db.checkpoint().expect("nothing fails");
    db.write(|tx| tx.insert_all([user("CID"), user("dan")])).expect("new");
    db.write_at(Level::Sync, |tx| tx.insert(order(Id::from_u64(1).expect("above 0"), 1)))
        .expect("no rule is broken");
    db.close().expect("nothing fails");
    disk
}

fn lower_case(calls: &Calls) -> Builder {
    let calls = calls.clone();
    builder().hooks(|h| {
        h.on_load(move |user: &mut User| {
            calls.add(user.email.clone());
            user.email.make_ascii_lowercase();
            Ok(())
        })
    })
}

fn emails(db: &Database) -> Vec<String> {
    let snap = db.read();
    snap.query::<User>().order_by_key().all().into_iter().map(|user| user.email.clone()).collect()
}

#[test]
fn rows_are_repaired_before_indexes_are_built() {
    let disk = disk();
    let calls = Calls::default();
    let db = lower_case(&calls).open_in(disk.clone()).expect("it is whole");
    let mut seen = calls.take();
    seen.sort();
    assert_eq!(seen, ["ANN", "CID", "bob", "dan"], "each once");
    assert_eq!(emails(&db), ["ann", "bob", "cid", "dan"]);
    let snap = db.read();
    assert!(snap.find(User::EMAIL, "cid").is_some() && snap.find(User::EMAIL, "CID").is_none());
    assert_eq!(snap.count::<Order>(), 1, "those who refer to it still do");
    assert!(db.write(|tx| tx.insert(user("ann"))).unwrap_err().violates(User::EMAIL));
    // The hooks for loading are over.
    db.write(|tx| tx.insert(user("EVE"))).expect("she is new");
    assert_eq!((calls.take(), emails(&db).pop()), (vec![], Some("EVE".to_owned())));
    assert_whole(&db);
    db.close().expect("nothing fails");
}

#[test]
fn what_was_repaired_is_kept_by_the_next_checkpoint() {
    let disk = disk();
    let calls = Calls::default();
    let db = lower_case(&calls).open_in(disk.clone()).expect("it is whole");
    db.close().expect("nothing fails");
    let db = builder().open_in(disk.clone()).expect("it is whole");
    assert_eq!(emails(&db)[0], "ANN", "files are as they were");
    db.close().expect("nothing fails");
    let db = lower_case(&calls).open_in(disk.clone()).expect("it is whole");
    db.checkpoint().expect("nothing fails");
    db.close().expect("nothing fails");
    let db = builder().open_in(disk.clone()).expect("it is whole");
    assert_eq!(emails(&db), ["ann", "bob", "cid", "dan"]);
    assert_whole(&db);
    db.close().expect("nothing fails");
}

#[test]
fn what_a_hook_refuses_is_not_opened() {
    let disk = disk();
    let refusing =
        || {
            builder().hooks(|h| {
                h.on_load(|user: &mut User| {
                    if user.email == "bob" { Err("nobody knows bob".into()) } else { Ok(()) }
                });
            })
        };
    let refused = refusing().open_in(disk.clone()).map(drop).unwrap_err();
    let Error::Refused(lines) = &refused else { panic!("{refused}") };
    assert_eq!(*lines, ["users#2: refused by `on_load`: nobody knows bob"]);
    let rekeying = builder().hooks(|h| {
        h.on_load(|order: &mut Order| {
            order.id = Id::from_u64(9).expect("above 0");
            Ok(())
        })
    });
    let refused = rekeying.open_in(disk.clone()).map(drop).unwrap_err().to_string();
    assert!(refused.contains("a hook cannot change the primary key of orders#1"), "{refused}");
    // A rule that the repaired row breaks is broken.
    let doubling = builder().hooks(|h| {
        h.on_load(|user: &mut User| {
            user.email = "one".into();
            Ok(())
        })
    });
    assert!(matches!(doubling.open_in(disk.clone()).map(drop), Err(Error::Refused(_))));
    let plan = refusing().plan_migration_in(disk.clone()).expect("files are whole");
    assert!(!plan.is_possible(), "it is told beforehand");
    let db = builder().open_in(disk.clone()).expect("files are as they were");
    assert_eq!(emails(&db), ["ANN", "bob", "CID", "dan"]);
    db.close().expect("nothing fails");
}

#[test]
fn a_panic_while_loading_leaves_files_as_they_were() {
    let disk = disk();
    let panicking = builder().hooks(|h| {
        h.on_load(|_: &mut User| std::panic::resume_unwind(Box::new(())));
    });
    let opened = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        panicking.open_in(disk.clone()).map(drop)
    }));
    assert!(opened.is_err());
    let db = builder().open_in(disk.clone()).expect("it is not locked");
    assert_eq!(emails(&db).len(), 4);
    db.close().expect("nothing fails");
}

#[test]
fn replay_calls_no_other_hook() {
    let disk = disk();
    let calls = Calls::default();
    let (set, inserted, commits) = (calls.clone(), calls.clone(), calls.clone());
    let builder = builder().hooks(|h| {
        h.on_set(User::EMAIL, move |_, _| Ok(set.add("set")));
        h.before_insert(move |_: &mut User, _| Ok(inserted.add("insert")));
        h.after_commit(move |_, _| commits.add("commit"));
    });
    let db = builder.open_in(disk.clone()).expect("it is whole");
    assert_eq!(calls.take(), Vec::<String>::new());
    db.write(|tx| tx.insert(user("eve"))).expect("she is new");
    assert_eq!(calls.take(), ["set", "insert", "commit"]);
    db.close().expect("nothing fails");
}

#[test]
fn in_memory_there_is_nothing_to_load_and_the_hooks_are_over() {
    let mut key = None;
    let builder = builder().hooks(|h| key = Some(h.on_load(|_: &mut User| Ok(()))));
    let db = builder.in_memory().expect("the models fit together");
    assert!(!db.remove_hook(key.expect("it was registered")), "it is gone already");
}

/// The one row of a singleton is there when a database is open, like any that is read from files.
#[test]
fn opening_tells_hooks_nothing_of_what_is_there() {
    #[derive(Clone, Debug, Model)]
    #[singleton]
    #[table("settings")]
    struct Settings {
        #[default("light")]
        theme: String,
    }
    let disk = SimDisk::new(1);
    let calls = Calls::default();
    let builder = || {
        let builder = Database::builder().models::<Settings>().background(false);
        let (set, insert, commit) = (calls.clone(), calls.clone(), calls.clone());
        let (committed, rolled_back) = (calls.clone(), calls.clone());
        builder.hooks(|h| {
            h.on_set(Settings::THEME, move |_, _| Ok(set.add("set")));
            h.before_insert(move |_: &mut Settings, _| Ok(insert.add("insert")));
            h.before_commit(move |_| Ok(commit.add("commit")));
            h.after_commit(move |_, _| committed.add("committed"));
            h.after_rollback(move |_, _| rolled_back.add("rolled back"));
        })
    };
    drop(builder().in_memory().expect("the models fit together"));
    for _ in 0..2 {
        let db = builder().open_in(disk.clone()).expect("it is whole");
        assert_eq!(db.read().the::<Settings>().theme, "light");
        db.close().expect("nothing fails");
    }
    assert_eq!(calls.take(), Vec::<String>::new());
}
