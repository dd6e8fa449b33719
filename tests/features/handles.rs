//! Places of rows, and tables of the program's own that hang on them.

use bondstone::prelude::*;
use slotmap::SecondaryMap;

use crate::{Result, database};

#[derive(Clone, Debug, Model)]
#[table("users")]
struct User {
    #[key]
    id: Id<User>,
    name: String,
}

#[test]
fn x18_side_tables_hang_on_handles() -> Result {
    let db = database::<User>();
    let new = |name: &str| NewUser { name: name.into() };
    let ann = db.write(|tx| tx.insert(new("Ann")))?;
    let handle = db.read().handle(ann).expect("it is there");
    let mut scores: SecondaryMap<Handle<User>, f64> = SecondaryMap::new();
    scores.insert(handle, 0.5);

    db.write(|tx| tx.update(ann, |user| user.name = "Anna".into()).map(drop))?;
    let snap = db.read();
    assert_eq!(snap.by_handle(handle).map(|user| user.name.as_str()), Some("Anna"));
    assert_eq!(snap.handle(ann).and_then(|handle| scores.get(handle)), Some(&0.5));

    drop(snap);
    db.write(|tx| tx.delete(ann).map(drop))?;
    assert!(db.check()?.is_empty(), "what is superseded is cleared away");
    let bob = db.write(|tx| tx.insert(new("Bob")))?;
    let snap = db.read();
    assert!(snap.by_handle(handle).is_none(), "it never comes to mean another row");
    assert!(snap.handle(bob).is_some_and(|handle| scores.get(handle).is_none()));
    assert_eq!(size_of::<Option<Handle<User>>>(), 8);
    Ok(())
}
