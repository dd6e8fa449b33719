//! Models as data.

use bondstone::prelude::*;

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

#[test]
fn x19_models_are_data_and_are_drawn() -> Result {
    let db = database::<User>();
    let [users, orders] = db.schema().tables() else { panic!("there are two tables") };
    let email = users.column("email").ok_or("there is none")?;
    assert_eq!((users.doc, email.doc, email.unique), ("Who orders.", "Where mail goes.", true));
    let quantity = orders.column("quantity").and_then(|quantity| quantity.default);
    assert_eq!((quantity, orders.checks[0].text), (Some("1"), "self.quantity > 0"));
    let to_user = orders.foreign_key("user_id").map(|key| (key.target, key.on_delete));
    assert_eq!(to_user, Some(("users", bondstone::Action::Cascade)));

    let diagram = db.schema().to_mermaid();
    assert!(diagram.starts_with("erDiagram\n"), "{diagram}");
    assert!(diagram.contains("users ||--o{ orders : orders"), "{diagram}");
    assert!(db.schema().to_graphviz().starts_with("digraph"));
    Ok(())
}
