//! A singleton's row is neither inserted nor deleted; and there is no such thing as *the* user.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[singleton]
struct Config {
    #[default("light")]
    theme: String,
}

#[derive(Clone, Debug, Model)]
struct User {
    #[key]
    id: Id<User>,
}

fn wrong(tx: &mut Tx) -> Result<(), Error> {
    tx.insert(Config { theme: "dark".into() })?;
    tx.delete_where(Config::THEME.eq("dark"))?;
    let id = tx.the::<Config>().id();
    tx.delete(id)?;
    tx.the::<User>();
    Ok(())
}

fn main() {}
