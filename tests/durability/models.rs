//! A few models with everything that is rebuilt when a database opens, and the state of a database as text.

use std::fmt::Write;

use bondstone::prelude::*;

#[derive(Clone, Debug, PartialEq, Model)]
#[table("accounts")]
#[has_many(entries: Entry)]
#[check(solvent: self.balance >= 0)]
pub struct Account {
    #[key]
    pub id: Id<Account>,
    #[unique]
    pub name: String,
    #[index]
    #[default(0)]
    pub balance: i64,
    #[default]
    pub note: Option<String>,
    pub boss_id: Option<Id<Account>>,
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("entries")]
pub struct Entry {
    #[key]
    pub id: Id<Entry>,
    #[on_delete(cascade)]
    pub account_id: Id<Account>,
    pub amount: i64,
    #[index(hash)]
    pub kind: Kind,
    #[on_delete(set_null)]
    pub label_id: Option<Id<Label>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
pub enum Kind {
    Plain,
    Named(String),
    Split { parts: Vec<u8>, rest: Option<i32> },
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("labels")]
#[unique(color_and_weight: color, weight)]
pub struct Label {
    #[key]
    pub text: String,
    pub color: u32,
    pub weight: i64,
    pub share: f64,
}

pub fn account(name: impl Into<String>) -> NewAccount {
    NewAccount { name: name.into(), boss_id: None }
}

/// All rows, in the order of their keys: equal texts are equal states.
pub fn state(db: &Database) -> String {
    state_of(&db.read())
}

/// The same, of any view.
pub fn state_of(snap: &View) -> String {
    let mut text = String::new();
    for row in snap.query::<Account>().order_by_key() {
        writeln!(text, "{row:?}").expect("a text takes everything");
    }
    for row in snap.query::<Entry>().order_by_key() {
        writeln!(text, "{row:?}").expect("a text takes everything");
    }
    for row in snap.query::<Label>().order_by_key() {
        writeln!(text, "{row:?}").expect("a text takes everything");
    }
    text
}

/// The number that the next account would get: what a key counter remembers.
pub fn next_account(db: &Database) -> u64 {
    let mut tx = db.begin().expect("no other is open");
    let id = tx.insert(account("nobody, and never committed")).expect("nothing refuses");
    id.get()
}
