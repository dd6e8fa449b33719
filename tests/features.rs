//! One test for each capability that an ORM's tutorial shows, and for those beyond it, called by its number in `docs/features.md`:
//! `s07_…` for row S7, `x05_…` for row X5.
//!
//! A test uses the feature as a program would, and asserts what the feature means. What happens in corners is the matter of the
//! other test binaries. The table and the tests are compared, both ways, by `table`.

#![allow(dead_code, reason = "a model has columns that only the engine reads")]

use bondstone::prelude::*;
use bondstone::{Builder, Roots};
use std::sync::atomic::{AtomicI64, Ordering};

#[path = "features/blog.rs"]
mod blog;
#[path = "features/columns.rs"]
mod columns;
#[path = "features/constraints.rs"]
mod constraints;
#[path = "features/defaults.rs"]
mod defaults;
#[path = "features/deletes.rs"]
mod deletes;
#[path = "features/feeds.rs"]
mod feeds;
#[path = "features/handles.rs"]
mod handles;
#[path = "features/hierarchies.rs"]
mod hierarchies;
#[path = "features/hooks.rs"]
mod hooks;
#[path = "features/hybrids.rs"]
mod hybrids;
#[path = "features/inheritance.rs"]
mod inheritance;
#[path = "features/keys.rs"]
mod keys;
#[path = "features/links.rs"]
mod links;
#[path = "features/loading.rs"]
mod loading;
#[path = "features/mixins.rs"]
mod mixins;
#[path = "features/naming.rs"]
mod naming;
#[path = "features/queries.rs"]
mod queries;
#[path = "features/reflection.rs"]
mod reflection;
#[path = "features/relations.rs"]
mod relations;
#[path = "features/shop.rs"]
mod shop;
#[path = "features/table.rs"]
mod table;
#[path = "features/values.rs"]
mod values;
#[path = "features/writing.rs"]
mod writing;

type Result<T = ()> = std::result::Result<T, Error>;

/// An empty database in memory.
fn database<R: Roots>() -> Database {
    Database::builder().models::<R>().in_memory().expect("the models fit together")
}

/// A database whose clock shows one second more whenever it is asked, from 0 on.
fn ticking<R: Roots>() -> Builder {
    let seconds = AtomicI64::new(0);
    Database::builder().models::<R>().clock(move || at(seconds.fetch_add(1, Ordering::Relaxed)))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a second of this era")
}
