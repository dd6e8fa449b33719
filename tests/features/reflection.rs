//! Models as data, rows by name, and a database as text.

use std::net::IpAddr;

use bondstone::prelude::*;
use bondstone::reflect::ValueRef;
use bondstone::{AsText, json};

use crate::{Result, database};

/// Who orders.
#[derive(Clone, Debug, Model)]
#[table("users")]
#[has_many(orders: Order)]
struct User {
    #[key]
    id: Id<User>,
    /// Where mail goes.
    #[unique]
    #[max_len(100)]
    email: String,
    #[mixin(given)]
    visited: Visited,
}

/// Columns of two kinds: one that is given, one that is filled.
#[derive(Clone, Debug, PartialEq, Mixin)]
struct Visited {
    #[codec(AsText)]
    visited_from: IpAddr,
    #[default(1)]
    visits: u32,
}

#[derive(Clone, Debug, Model)]
#[table("orders")]
#[check(some: self.quantity > 0)]
struct Order {
    #[key]
    id: Id<Order>,
    #[on_delete(cascade)]
    user_id: Id<User>,
    #[default(1)]
    quantity: u32,
}

#[derive(Clone, Debug, Model)]
#[singleton]
struct Settings {
    #[default("light")]
    theme: String,
}

fn shop() -> Result<(Database, Id<User>)> {
    let db = database::<(User, Settings)>();
    let ann = db.write(|tx| {
        let visited = NewVisited { visited_from: IpAddr::from([10, 0, 0, 7]) };
        let ann = tx.insert_with(NewUser { email: "ann@x.org".into(), visited }, |ann| {
            ann.visited.visits = 5;
        })?;
        tx.insert(NewOrder { user_id: ann })?;
        tx.update_the::<Settings>(|settings| settings.theme = "dark".into())?;
        Ok(ann)
    })?;
    Ok((db, ann))
}

#[test]
fn x19_models_are_data_rows_are_read_by_name_and_a_database_is_text() -> Result {
    let (db, ann) = shop()?;
    let [users, orders, _] = db.schema().tables() else { panic!("there are three tables") };
    let email = users.column("email").ok_or("there is none")?;
    assert_eq!((users.doc, email.doc, email.unique), ("Who orders.", "Where mail goes.", true));
    let to_user = orders.foreign_key("user_id").map(|key| (key.target, key.on_delete));
    assert_eq!(to_user, Some(("users", bondstone::Action::Cascade)));
    let diagram = db.schema().to_mermaid();
    assert!(diagram.starts_with("erDiagram\n"), "{diagram}");
    assert!(diagram.contains(r#""users" ||--o{ "orders" : "orders""#), "{diagram}");
    assert!(db.schema().to_graphviz().starts_with("digraph"));

    let snap = db.read();
    let row = snap.table("users")?.row(1)?;
    assert!(matches!(row.value("email")?, ValueRef::Text("ann@x.org")));
    assert_eq!(row.get("visits")?.to_string(), "5");
    db.write(|tx| tx.update_in("users", 1, [("visits", 6.into())]))?;
    assert_eq!(db.read()[ann].visited.visits, 6);

    let text = json::export(&db.read())?;
    let copy = database::<(User, Settings)>();
    copy.write(|tx| json::import(tx, &text)?.all())?;
    assert_eq!(json::export(&copy.read())?, text);
    assert_eq!(copy.read().the::<Settings>().theme, "dark");
    assert_eq!(copy.read()[ann].visited, db.read()[ann].visited);
    let bad = r#"{ "orders": [{ "user_id": 9 }, { "user_id": 1, "quantity": 0 }] }"#;
    let imported = copy.write(|tx| json::import(tx, bad))?;
    assert_eq!(imported.refused().len(), 2, "{imported}");
    Ok(())
}
