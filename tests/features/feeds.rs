//! What changed, commit by commit; and queries that follow.

use std::collections::BTreeMap;

use bondstone::prelude::*;

use crate::{Result, database};

#[derive(Clone, Debug, PartialEq, Model)]
#[table("users")]
struct User {
    #[key]
    id: Id<User>,
    name: String,
    age: u32,
}

fn user(name: &str, age: u32) -> NewUser {
    NewUser { name: name.into(), age }
}

#[test]
fn x17_every_commit_is_told_in_order_with_what_it_changed() -> Result {
    let db = database::<User>();
    db.write(|tx| tx.insert(user("old", 70)))?;
    let (snap, feed) = db.read_and_follow()?;
    let mut copy: BTreeMap<Id<User>, User> =
        snap.iter::<User>().map(|user| (user.id, user.clone())).collect();

    let ann = db.write(|tx| tx.insert(user("Ann", 40)))?;
    db.write(|tx| {
        tx.update(ann, |user| user.age = 41)?;
        let bob = tx.insert(user("Bob", 7))?;
        tx.delete(bob).map(drop) // he came and went: nobody hears of him
    })?;
    db.write(|tx| tx.delete_where(User::NAME.eq("old")))?;

    let mut told = Vec::new();
    while let Some(changes) = feed.try_recv() {
        let changes = changes.expect("the feed was not full");
        for change in changes.of::<User>() {
            told.push((change.id(), change.changed(User::AGE).map(|(old, new)| (*old, *new))));
            match change.after() {
                Some(row) => copy.insert(change.id(), row.clone()),
                None => copy.remove(&change.id()),
            };
        }
    }
    let old = snap.iter::<User>().next().map(|user| user.id).ok_or("there is one")?;
    assert_eq!(told, [(ann, None), (ann, Some((40, 41))), (old, None)]);
    let now: BTreeMap<_, _> =
        db.read().iter::<User>().map(|user| (user.id, user.clone())).collect();
    assert_eq!(copy, now, "a copy that follows the feed is the database");
    Ok(())
}

#[test]
fn x20_a_live_query_tells_what_enters_changes_and_leaves() -> Result {
    let db = database::<User>();
    let ann = db.write(|tx| tx.insert(user("Ann", 17)))?;
    let mut adults = db.live::<User>(|users| users.filter(User::AGE.ge(18)))?;
    assert_eq!(adults.rows().count(), 0);

    db.write(|tx| tx.update(ann, |user| user.age = 18).map(drop))?;
    let birthday = adults.recv().ok_or("it ended")?;
    assert_eq!((birthday.enter.len(), birthday.enter[0].id), (1, ann));
    db.write(|tx| tx.insert(user("Kid", 3)))?; // makes no difference
    db.write(|tx| tx.update(ann, |user| user.age = 19).map(drop))?;
    let older = adults.recv().ok_or("it ended")?;
    assert_eq!((older.change[0].before.age, older.change[0].after.age), (18, 19));
    assert!(older.enter.is_empty() && older.leave.is_empty());
    assert_eq!(adults.rows().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["Ann"]);

    db.write(|tx| tx.delete(ann).map(drop))?;
    assert_eq!(adults.recv().ok_or("it ended")?.leave[0].id, ann);
    assert!(adults.try_recv().is_none());
    Ok(())
}
