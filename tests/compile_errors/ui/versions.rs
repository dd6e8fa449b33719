//! A version is a `u64` that is the engine's; and what has none is not updated at one.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct Page {
    #[key]
    id: Id<Page>,
    #[version]
    #[default(1)]
    revision: u64,
    #[version]
    other: u32,
}

#[derive(Clone, Debug, Mixin)]
struct Versioned {
    #[version]
    revision: u64,
}

#[derive(Clone, Debug, Model)]
struct User {
    #[key]
    id: Id<User>,
    name: String,
}

fn wrong(tx: &mut Tx, user: Id<User>) -> Result<(), Error> {
    tx.update_at(user, 1, |user| user.name = "Ann".into())?;
    Ok(())
}

fn main() {}
