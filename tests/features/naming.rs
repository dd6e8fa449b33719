//! Structs as tables, and what they are called.

use bondstone::prelude::*;

use crate::{Result, at, database};

#[derive(Clone, Debug, PartialEq, Model, serde::Serialize, serde::Deserialize)]
#[table("users")]
struct User {
    #[key]
    id: Id<User>,
    username: String,
    email: String,
    #[default(true)]
    is_active: bool,
}

impl User {
    fn greeting(&self) -> String {
        format!("Hello, {}", self.username)
    }
}

/// No `#[table]`: it is called after the struct.
#[derive(Clone, Debug, Model)]
struct OrderLine {
    #[key]
    id: Id<OrderLine>,
    #[unique]
    product: String,
}

fn ann() -> NewUser {
    NewUser { username: "ann".into(), email: "ann@x.org".into() }
}

#[test]
fn s01_a_struct_is_a_model_and_has_a_table_of_its_own() -> Result {
    let db = database::<(User, OrderLine)>();
    let ann = db.write(|tx| tx.insert(ann()))?;
    let snap = db.read();
    let user: &User = &snap[ann];
    assert_eq!(user.greeting(), "Hello, ann", "what is read is the struct, methods and all");
    assert_eq!(*user, user.clone());
    assert_eq!((snap.count::<User>(), snap.count::<OrderLine>()), (1, 0));
    Ok(())
}

#[test]
fn s02_a_table_has_the_name_that_it_is_given_or_that_of_the_struct() -> Result {
    let db = database::<(User, OrderLine)>();
    let names: Vec<&str> = db.schema().tables().iter().map(|table| table.name).collect();
    assert_eq!(names, ["users", "order_line"]);
    db.write(|tx| {
        let new = || NewOrderLine { product: "lamp".into() };
        assert_eq!(tx.insert(new())?.to_string(), "order_line#1");
        let taken = tx.insert(new()).unwrap_err();
        assert!(taken.violates("order_line_product_key"));
        assert!(taken.to_string().contains("order_line.product = \"lamp\""), "{taken}");
        assert_eq!(tx.insert(ann())?.to_string(), "users#1");
        Ok(())
    })
}

#[test]
fn s04_a_new_row_is_written_as_the_fields_without_a_default() -> Result {
    let db = database::<User>();
    let new = ann();
    let NewUser { username, email } = &new; // all of its fields: with one more this would not compile
    assert_eq!((username.as_str(), email.as_str()), ("ann", "ann@x.org"));
    let ann = db.write(|tx| tx.insert(new))?;
    let row = User { id: ann, username: "ann".into(), email: "ann@x.org".into(), is_active: true };
    assert_eq!(db.read()[ann], row, "the others are filled in");
    Ok(())
}

#[test]
fn s05_a_row_prints_as_its_debug_says_and_an_id_with_its_table() -> Result {
    let db = database::<User>();
    let seven = User {
        id: Id::from_u64(7).expect("above 0"),
        username: "ann".into(),
        email: "ann@x.org".into(),
        is_active: true,
    };
    let id = db.write(|tx| tx.insert(seven))?;
    assert_eq!(id.to_string(), "users#7");
    let printed = format!("{:?}", db.read()[id]);
    assert!(printed.starts_with("User { id: users#7, username: \"ann\""), "{printed}");
    Ok(())
}

/// As it goes over the wire: times, decimals and ids among it.
#[derive(Clone, Debug, PartialEq, Model, serde::Serialize, serde::Deserialize)]
#[table("receipts")]
struct Receipt {
    #[key]
    id: Id<Receipt>,
    user: Id<User>,
    #[decimal(8, 2)]
    total: Decimal,
    note: Option<String>,
    issued: Date,
    paid_at: Timestamp,
}

#[test]
fn s06_a_row_is_serialized_by_a_derive_of_its_own() -> Result {
    let db = database::<Receipt>();
    let id = db.write(|tx| {
        let user = tx.insert(ann())?;
        let (issued, paid_at) = (Date::constant(2026, 5, 1), at(1_700_000_000));
        tx.insert(NewReceipt { user, total: dec!(19.9), note: None, issued, paid_at })
    })?;
    let snap = db.read();
    let json = serde_json::to_value(&snap[id]).map_err(Error::user)?;
    let expected = serde_json::json!({
        "id": 1, "user": 1, "total": "19.90", "note": null,
        "issued": "2026-05-01", "paid_at": "2023-11-14T22:13:20Z",
    });
    assert_eq!(json, expected);
    let back: Receipt = serde_json::from_value(json).map_err(Error::user)?;
    assert_eq!(back, snap[id]);
    Ok(())
}
