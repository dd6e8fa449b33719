//! What an import promises: whole rows, in any order, each refused for a reason of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bondstone::prelude::*;
use bondstone::{Roots, json};

#[derive(Clone, Debug, Model)]
#[table("employees")]
struct Employee {
    #[key]
    id: Id<Employee>,
    department_id: Id<Department>,
    #[unique]
    #[default(None)]
    badge: Option<String>,
}

#[derive(Clone, Debug, Model)]
#[table("departments")]
struct Department {
    #[key]
    id: Id<Department>,
    head_id: Option<Id<Employee>>,
}

/// Two who need each other, both of them.
#[derive(Clone, Debug, Model)]
#[table("keys")]
struct Key {
    #[key]
    id: Id<Key>,
    lock_id: Id<Lock>,
}

#[derive(Clone, Debug, Model)]
#[table("locks")]
struct Lock {
    #[key]
    id: Id<Lock>,
    key_id: Id<Key>,
}

/// A page that was changed often, and knows what comes after it.
#[derive(Clone, Debug, Model)]
#[table("pages")]
#[check(linked: self.next.is_some())]
struct Page {
    #[key]
    name: String,
    #[immutable]
    next: Option<Id<Page>>,
    #[on_insert(tx.now())]
    #[on_update(tx.now())]
    changed: Timestamp,
    #[default]
    text: String,
    #[version]
    revision: u64,
}

#[derive(Clone, Debug, PartialEq, Model)]
#[singleton]
#[table("settings")]
struct Settings {
    #[immutable]
    #[on_insert(tx.now())]
    installed: Timestamp,
    #[default("light")]
    #[max_len(8)]
    theme: String,
    #[version]
    revision: u64,
}

#[derive(Clone, Debug, Model)]
#[table("links")]
struct Link {
    #[key]
    name: String,
    next: Option<Id<Link>>,
}

fn database<R: Roots>(second: i64) -> Database {
    let now = move || Timestamp::from_second(second).unwrap();
    Database::builder().models::<R>().clock(now).in_memory().expect("the models fit")
}

/// A database that has the same in it, by way of a text.
fn copy<R: Roots>(db: &Database) -> Result<Database, Error> {
    let text = json::export(&db.read())?;
    let copy = database::<R>(2_000_000);
    copy.write(|tx| json::import(tx, &text)?.all())?;
    assert_eq!(json::export(&copy.read())?, text);
    assert_eq!(copy.check()?, Vec::<String>::new());
    Ok(copy)
}

fn imported(db: &Database, text: &str) -> Result<(usize, Vec<String>), Error> {
    let imported = db.write(|tx| json::import(tx, text))?;
    assert_eq!(db.check()?, Vec::<String>::new());
    Ok((imported.rows(), imported.refused().iter().map(ToString::to_string).collect()))
}

#[test]
fn a_circle_of_tables_may_be_registered_from_either_end() -> Result<(), Error> {
    fn both<R: Roots>() -> Result<(), Error> {
        let db = database::<R>(0);
        db.write(|tx| {
            let id = tx.insert(NewDepartment { head_id: None })?;
            let head = tx.insert(NewEmployee { department_id: id })?;
            tx.update(id, |department| department.head_id = Some(head)).map(drop)
        })?;
        copy::<R>(&db).map(drop)
    }
    both::<Employee>()?;
    both::<Department>()
}

#[test]
fn rows_may_need_each_other() -> Result<(), Error> {
    let db = database::<Key>(0);
    db.write(|tx| {
        tx.deferred(|tx| {
            let (key, lock) = (Id::from_u64(1).unwrap(), Id::from_u64(9).unwrap());
            tx.insert(Key { id: key, lock_id: lock })?;
            tx.insert(Lock { id: lock, key_id: key }).map(drop)
        })
    })?;
    copy::<Key>(&db).map(drop)
}

#[test]
fn rows_come_back_as_they_were_and_not_as_if_they_had_been_changed() -> Result<(), Error> {
    let db = database::<(Page, Settings)>(1_000_000);
    db.write(|tx| {
        tx.deferred(|tx| {
            for (name, next) in [("a", "b"), ("b", "c"), ("c", "a")] {
                let next = Some(Id::new(next.to_owned()));
                tx.insert_with(NewPage { name: name.into(), next }, |_| {})?;
            }
            Ok::<(), Error>(())
        })?;
        for round in 0..7 {
            tx.update(Id::<Page>::new("b".to_owned()), |page| page.text = format!("{round}"))?;
            tx.update_the::<Settings>(|settings| settings.theme = format!("dark {round}"))?;
        }
        Ok(())
    })?;
    assert_eq!(db.read()[Id::<Page>::new("b".to_owned())].revision, 8);
    let copy = copy::<(Page, Settings)>(&db)?;
    assert_eq!(copy.read()[Id::<Page>::new("b".to_owned())].revision, 8);
    assert_eq!(copy.read().the::<Settings>(), db.read().the::<Settings>());
    // What is there from the beginning keeps what is not given.
    let (rows, refused) =
        imported(&copy, r#"{"settings": [{"theme": "blue"}, {"theme": "much too long"}]}"#)?;
    assert_eq!((rows, refused.len()), (1, 1), "{refused:?}");
    assert!(
        refused[0].starts_with("settings[1]: settings.theme is 13 characters long"),
        "{refused:?}"
    );
    let snap = copy.read();
    assert_eq!((snap.the::<Settings>().theme.as_str(), snap.count::<Settings>()), ("blue", 1));
    assert_eq!(snap.the::<Settings>().installed, Timestamp::from_second(1_000_000).unwrap());
    // And the engine counts on from what was imported.
    drop(snap);
    copy.write(|tx| tx.update_the::<Settings>(|settings| settings.theme = "red".into()).map(drop))?;
    assert_eq!(copy.read().the::<Settings>().revision, 9);
    Ok(())
}

#[test]
fn hooks_hear_of_the_row_of_a_singleton() -> Result<(), Error> {
    let db = database::<Settings>(0);
    let heard = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&heard);
    db.hooks(|hooks| {
        hooks.before_update::<Settings>(move |settings, _, _| {
            counter.fetch_add(1, Ordering::Relaxed);
            if settings.theme == "pink" { Err("not pink".into()) } else { Ok(()) }
        })
    });
    let text = |theme: &str| {
        format!(
            r#"{{"settings": [{{"theme": "{theme}", "installed": "1999-01-01T00:00:00Z", "revision": 5}}]}}"#
        )
    };
    assert_eq!(imported(&db, &text("dark"))?.0, 1);
    let (rows, refused) = imported(&db, &text("pink"))?;
    assert!(rows == 0 && refused[0].contains("not pink"), "{refused:?}");
    assert_eq!(heard.load(Ordering::Relaxed), 2);
    let snap = db.read();
    assert_eq!(
        (snap.the::<Settings>().theme.as_str(), snap.the::<Settings>().revision),
        ("dark", 5)
    );
    Ok(())
}

/// Each link before the next, behind it, and in no order at all; the last one's next is missing, or is not.
#[test]
fn a_long_chain_in_any_order_takes_two_attempts_for_each_row_at_most() -> Result<(), Error> {
    const LONG: usize = 3000;
    let rows = |order: &dyn Fn(usize) -> usize, last: &str| {
        let row = |place: usize| {
            let next =
                if place + 1 == LONG { last.to_owned() } else { format!("\"{}\"", place + 1) };
            format!(r#"{{"name": "{place}", "next": {next}}}"#)
        };
        let rows: Vec<String> = (0..LONG).map(|place| row(order(place))).collect();
        format!(r#"{{"links": [{}]}}"#, rows.join(","))
    };
    let orders: [&dyn Fn(usize) -> usize; 3] =
        [&|place| place, &|place| LONG - 1 - place, &|place| place * 1009 % LONG];
    for order in orders {
        for (last, expected) in [("null", LONG), ("\"0\"", LONG), ("\"x\"", 0)] {
            let db = database::<Link>(0);
            let attempts = Arc::new(AtomicUsize::new(0));
            let counter = Arc::clone(&attempts);
            db.hooks(|hooks| {
                hooks.before_insert::<Link>(move |_, _| {
                    counter.fetch_add(1, Ordering::Relaxed);
                    Ok(())
                })
            });
            let (rows, refused) = imported(&db, &rows(order, last))?;
            assert_eq!((rows, refused.len()), (expected, LONG - expected));
            assert!(attempts.load(Ordering::Relaxed) <= 2 * LONG);
            // One for a parent that nobody has, the others for each other.
            let missing = |name: &str| refused.iter().filter(|row| row.contains(name)).count();
            assert_eq!(missing("= \"x\" does not exist"), usize::from(expected == 0));
            assert_eq!(missing("does not exist in `links`"), LONG - expected);
        }
    }
    Ok(())
}

#[test]
fn a_row_that_is_refused_does_not_keep_others_from_its_unique_key() -> Result<(), Error> {
    let db = database::<Employee>(0);
    // Of the badge "a" the first is refused in the end; the second comes in, and with it who needs it.
    let text = r#"{
        "employees": [
            {"id": 1, "department_id": 99, "badge": "a"},
            {"id": 2, "department_id": 1, "badge": "a"},
            {"id": 3, "department_id": 2, "badge": "b"},
            {"id": 4, "department_id": 1, "badge": "a"}
        ],
        "departments": [{"id": 1, "head_id": null}, {"id": 2, "head_id": 2}, {"id": 3, "head_id": 1}]
    }"#;
    let (rows, refused) = imported(&db, text)?;
    assert_eq!(rows, 4, "{refused:#?}");
    let expected = [
        // It refers to nothing, either; this is what is found first now.
        "employees[0]: unique constraint `employees_badge_key` violated",
        "employees[3]: unique constraint `employees_badge_key` violated",
        "departments[2]: foreign key `departments_head_id_fkey` violated: departments.head_id = 1",
    ];
    assert_eq!(refused.len(), expected.len(), "{refused:#?}");
    for (refused, expected) in refused.iter().zip(expected) {
        assert!(refused.starts_with(expected), "{refused}");
    }
    Ok(())
}

#[test]
fn what_a_hook_writes_goes_with_the_row_for_which_it_did() -> Result<(), Error> {
    let db = database::<(Employee, Link)>(0);
    db.hooks(|hooks| {
        hooks.after_insert::<Employee>(|employee, tx| {
            let name = employee.id.get().to_string();
            // The second one's refers to nothing.
            let next = (employee.id.get() == 2).then(|| Id::new("nowhere".to_owned()));
            tx.insert(Link { name, next }).map(drop)
        })
    });
    let text = r#"{
        "employees": [
            {"id": 1, "department_id": 1}, {"id": 2, "department_id": 1}, {"id": 3, "department_id": 9}
        ],
        "departments": [{"id": 1, "head_id": null}]
    }"#;
    let (rows, refused) = imported(&db, text)?;
    assert_eq!((rows, refused.len()), (2, 2), "{refused:#?}");
    assert!(refused[0].starts_with("employees[1]: foreign key `links_next_fkey`"), "{refused:#?}");
    assert!(refused[1].starts_with("employees[2]: foreign key `employees_dep"), "{refused:#?}");
    let snap = db.read();
    assert_eq!(snap.iter::<Link>().map(|link| link.name.as_str()).collect::<Vec<_>>(), ["1"]);
    Ok(())
}

#[test]
fn every_circle_that_may_not_be_is_refused_at_once() -> Result<(), Error> {
    use crate::models::empty;
    let row = |id: usize, guardian: usize| {
        format!(r#"{{"id": {id}, "name": "m", "email": "{id}", "guardian_id": {guardian}}}"#)
    };
    // Circles of two, and one who hangs on each.
    let rows: Vec<String> = (0..200)
        .flat_map(|circle| {
            let first = 3 * circle + 1;
            [row(first, first + 1), row(first + 1, first), row(first + 2, first)]
        })
        .collect();
    let text = format!(r#"{{"members": [{}, {}]}}"#, rows.join(","), row(1000, 1000));
    let db = empty();
    let attempts = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&attempts);
    db.hooks(|hooks| {
        hooks.before_insert::<crate::models::Member>(move |_, _| {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok(())
        })
    });
    let (rows, refused) = imported(&db, &text)?;
    assert_eq!((rows, refused.len()), (0, 601));
    let round = refused.iter().filter(|row| row.contains("its own ancestor")).count();
    assert_eq!(round, 201, "one of each circle: {:#?}", &refused[..3]);
    assert_eq!(
        attempts.load(Ordering::Relaxed),
        602,
        "all of them once, and the one that is its own twice"
    );
    Ok(())
}
