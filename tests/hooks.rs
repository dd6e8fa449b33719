//! What hooks promise, one promise each, as a user would meet them.
//!
//! Most tests write down what is called, in one list for the database, and compare it with what the documentation says.

#![allow(clippy::unit_arg, reason = "a hook that only writes down that it was called")]
#![allow(missing_docs, reason = "the models of a test")]

#[path = "hooks/cascades.rs"]
mod cascades;
#[path = "hooks/commits.rs"]
mod commits;
#[path = "hooks/limits.rs"]
mod limits;
#[path = "hooks/loading.rs"]
mod loading;
#[path = "hooks/panics.rs"]
mod panics;
#[path = "hooks/statements.rs"]
mod statements;

use std::sync::{Arc, Mutex};

use bondstone::prelude::*;

/// Someone who orders.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("users")]
#[has_many(orders: Order, tags: Tag via UserTag)]
pub struct User {
    #[key]
    pub id: Id<User>,
    #[unique]
    pub email: String,
    #[default(0)]
    #[index]
    pub age: u32,
    #[default(0)]
    #[on_update(self.changes + 1)]
    pub changes: u32,
    #[acyclic]
    #[default(None)]
    pub invited_by: Option<Id<User>>,
}

/// What is ordered.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("orders")]
#[check(some: self.quantity > 0)]
#[has_many(lines: Line)]
pub struct Order {
    #[key]
    pub id: Id<Order>,
    #[on_delete(cascade)]
    pub user: Id<User>,
    pub quantity: u32,
}

/// A part of an order.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("lines")]
pub struct Line {
    #[key]
    pub id: Id<Line>,
    #[on_delete(cascade)]
    pub order: Id<Order>,
    #[on_delete(set_null)]
    #[default(None)]
    pub product: Option<Id<Product>>,
}

/// What an order may be of; known by a code that may change.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("products")]
#[has_many(lines: Line, parts: Part)]
pub struct Product {
    #[key]
    pub code: String,
    pub price: u32,
}

/// A part of a product, which is known by it.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("parts")]
pub struct Part {
    #[key]
    pub product: Id<Product>,
    #[key]
    pub place: u32,
}

/// A word.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("tags")]
pub struct Tag {
    #[key]
    pub id: Id<Tag>,
}

/// A word for a user.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("user_tags")]
pub struct UserTag {
    #[key]
    #[on_delete(cascade)]
    pub user: Id<User>,
    #[key]
    pub tag: Id<Tag>,
}

/// What is written down by hooks.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("notes")]
pub struct Note {
    #[key]
    pub id: Id<Note>,
    pub text: String,
}

pub type Models = (User, Product, Note);

pub fn database() -> Database {
    Database::builder().models::<Models>().in_memory().expect("the models fit together")
}

pub fn user(email: &str) -> NewUser {
    NewUser { email: email.into() }
}

pub fn order(user: Id<User>, quantity: u32) -> NewOrder {
    NewOrder { user, quantity }
}

pub fn note(tx: &mut Tx, text: impl Into<String>) -> Result<(), Error> {
    tx.insert(NewNote { text: text.into() }).map(drop)
}

pub fn notes(db: &Database) -> Vec<String> {
    db.read()
        .query()
        .order_by_key()
        .all()
        .into_iter()
        .map(|note: &Note| note.text.clone())
        .collect()
}

pub fn ann(db: &Database) -> Id<User> {
    db.write(|tx| tx.insert(user("ann"))).expect("she is the first")
}

/// What was called, in order.
#[derive(Clone, Default)]
pub struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    pub fn add(&self, call: impl Into<String>) {
        self.0.lock().expect("nobody panics here").push(call.into());
    }

    /// What was called since this was asked last.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("nobody panics here"))
    }

    /// Registers hooks for all that may happen to rows of a model.
    pub fn watch<M: Entity>(&self, db: &Database) {
        let name = |kind: &'static str| {
            let calls = self.clone();
            move |row: &M| calls.add(format!("{kind} {}", row.id()))
        };
        let (before_insert, before_update, before_delete) =
            (name("before_insert"), name("before_update"), name("before_delete"));
        let (after_insert, after_update, after_delete) =
            (name("after_insert"), name("after_update"), name("after_delete"));
        db.hooks(|h| {
            h.before_insert(move |row: &mut M, _| Ok(before_insert(row)));
            h.before_update(move |row: &mut M, _: &M, _| Ok(before_update(row)));
            h.before_delete(move |row: &M, _| Ok(before_delete(row)));
            h.after_insert(move |row: &M, _| Ok(after_insert(row)));
            h.after_update(move |_: &M, row: &M, _| Ok(after_update(row)));
            h.after_delete(move |row: &M, _| Ok(after_delete(row)));
        });
    }
}

/// Nothing is wrong with the database, and nothing but these rows is in it.
pub fn assert_whole(db: &Database) {
    assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
}
