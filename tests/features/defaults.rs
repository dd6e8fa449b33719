//! Who fills which field of a new row, and of a changed one.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU32, Ordering};

use bondstone::prelude::*;

use crate::{Result, at, database, ticking};

/// As many random bytes, in hexadecimal digits.
fn token_hex(bytes: usize) -> String {
    let random = std::iter::repeat_with(|| Uuid::new_v4().into_bytes()).flatten();
    random.take(bytes).map(|byte| format!("{byte:02x}")).collect()
}

/// How often it was asked.
fn next_ticket() -> u32 {
    static TICKETS: AtomicU32 = AtomicU32::new(1);
    TICKETS.fetch_add(1, Ordering::Relaxed)
}

#[derive(Clone, Debug, Model)]
#[table("accounts")]
struct Account {
    #[key]
    id: Id<Account>,
    name: String,
    #[default(true)]
    is_active: bool,
    #[default("user")]
    role: String,
    #[default(0)]
    logins: u32,
    #[default(0.0)]
    balance: f64,
    #[default(next_ticket())]
    ticket: u32,
    #[default(Timestamp::now())]
    opened_at: Timestamp,
    #[default(token_hex(32))]
    api_key: String,
    #[default]
    preferences: BTreeMap<String, String>,
}

fn account(name: &str) -> NewAccount {
    NewAccount { name: name.into() }
}

#[test]
fn s11_a_default_completes_a_new_row() -> Result {
    let db = database::<Account>();
    let ann = db.write(|tx| tx.insert(account("ann")))?;
    let ann = &db.read()[ann];
    assert_eq!((ann.is_active, ann.role.as_str()), (true, "user"));
    assert_eq!((ann.logins, ann.balance), (0, 0.0));
    Ok(())
}

#[test]
fn s12_a_default_is_evaluated_for_each_row() -> Result {
    let db = database::<Account>();
    let before = Timestamp::now();
    let ids = db.write(|tx| tx.insert_all(["ann", "bob", "eve"].map(account)))?;
    let snap = db.read();
    let tickets: HashSet<u32> = ids.iter().map(|id| snap[*id].ticket).collect();
    assert_eq!(tickets.len(), 3, "not once for all of them");
    assert!(ids.iter().all(|id| (before..=Timestamp::now()).contains(&snap[*id].opened_at)));
    Ok(())
}

#[test]
fn s13_a_default_is_any_expression() -> Result {
    let db = database::<Account>();
    let ids = db.write(|tx| tx.insert_all(["ann", "bob"].map(account)))?;
    let snap = db.read();
    let [ann, bob] = [&snap[ids[0]].api_key, &snap[ids[1]].api_key];
    assert_eq!((ann.len(), bob.len()), (64, 64));
    assert_ne!(ann, bob);
    Ok(())
}

#[test]
fn s53_a_default_collection_is_a_new_one_for_each_row() -> Result {
    let db = database::<Account>();
    let ids = db.write(|tx| tx.insert_all(["ann", "bob"].map(account)))?;
    let dark = ("theme".to_owned(), "dark".to_owned());
    db.write(|tx| tx.update(ids[0], |ann| ann.preferences.extend([dark])).map(drop))?;
    let snap = db.read();
    assert_eq!(snap[ids[0]].preferences["theme"], "dark");
    assert!(snap[ids[1]].preferences.is_empty(), "what is changed of one is not of the other");
    Ok(())
}

#[test]
fn x01_a_default_is_overridden_where_the_row_is_inserted() -> Result {
    let db = database::<Account>();
    let boss = db.write(|tx| {
        tx.insert_with(account("ann"), |ann| {
            assert_eq!(ann.role, "user", "it is complete by now");
            ann.role = "admin".into();
        })
    })?;
    assert_eq!(db.read()[boss].role, "admin");
    assert!(db.read()[boss].is_active, "the others are as they were");
    Ok(())
}

#[derive(Clone, Debug, Model)]
#[table("notes")]
struct Note {
    #[key]
    id: Id<Note>,
    text: String,
    #[on_insert(tx.now())]
    created_at: Timestamp,
    #[on_insert(tx.count::<Note>())]
    notes_before: usize,
    #[on_insert(tx.now())]
    #[on_update(tx.now())]
    updated_at: Timestamp,
}

fn note(text: &str) -> NewNote {
    NewNote { text: text.into() }
}

#[test]
fn s14_the_engine_fills_a_column_with_the_transaction_at_hand() -> Result {
    let db = ticking::<Note>().in_memory()?;
    let ids = db.write(|tx| tx.insert_all(["milk", "eggs"].map(note)))?;
    let later = db.write(|tx| tx.insert(note("tea")))?;
    let snap = db.read();
    let created = [ids[0], ids[1], later].map(|id| snap[id].created_at);
    assert_eq!(created, [at(0), at(0), at(1)], "one time for a transaction");
    assert_eq!(snap[later].notes_before, 2, "`tx` is a view of the database");
    Ok(())
}

#[test]
fn s15_an_update_fills_a_column_unless_it_has_changed_it() -> Result {
    let db = ticking::<Note>().in_memory()?;
    let note = db.write(|tx| tx.insert(note("milk")))?;
    let updated = |change: fn(&mut Note)| db.write(|tx| Ok(tx.update(note, change)?.updated_at));
    let filled = updated(|note| note.text = "oat milk".into())?;
    assert!(filled > db.read()[note].created_at);
    assert_eq!(updated(|_| {})?, filled, "nothing is changed, and nothing filled");
    let given = updated(|note| {
        note.text = "milk".into();
        note.updated_at = at(77);
    })?;
    assert_eq!(given, at(77));
    Ok(())
}
