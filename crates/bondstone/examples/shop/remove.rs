//! Deleting: what goes along, what lets go, what refuses; and how to know before.

use bondstone::Result;
use bondstone::prelude::*;

use crate::Outcome;
use crate::orders::placing::add_to_cart;
use crate::orders::{CartItem, Order, OrderItem};
use crate::page::{Page, grouped};
use crate::products::{Category, NewCategory, NewProduct, Product};
use crate::users::{Address, NewAddress, NewUser, User};

/// Deletes in each way.
pub fn show(page: &mut Page, db: &Database) -> Outcome {
    let wanda = db.write(window_shopper)?;
    let before = db.read();
    page.text("\nCascade: a user who never ordered goes with address and cart.")?;
    delete(page, db, wanda)?;
    fewer::<Address>(page, &before, &db.read())?;
    fewer::<CartItem>(page, &before, &db.read())?;

    let order = order_with(2, &before)?;
    page.text("\nCascade: an order goes with its items; what they refer to stays.")?;
    delete(page, db, order)?;
    fewer::<OrderItem>(page, &before, &db.read())?;

    let (clearance, lamp) = db.write(clearance)?;
    page.text("\nSet null: a category goes, its products stay and are in none.")?;
    delete(page, db, clearance)?;
    let snapshot = db.read();
    let Product { name, category_id, .. } = &snapshot[lamp];
    page.text(format!("  “{name}” is still there, its category is {category_id:?}."))?;

    page.text("\nRestrict: nothing goes as long as one row refuses.")?;
    let user = snapshot[order_with(1, &snapshot)?].user_id;
    let tx = db.begin()?;
    let refusals = tx.preview_delete(user)?.refusals().len();
    tx.rollback();
    let refused = db.write(|tx| tx.delete(user).map(drop));
    let Err(error) = refused else { return Err("a customer was deleted".into()) };
    page.text(format!("  {refusals} rows would refuse to let {user} go; the first:"))?;
    page.text(format!("  ▸ {error}"))?;
    Ok(())
}

/// Says what deleting a row will do, and does it.
fn delete<M: Plural>(page: &mut Page, db: &Database, id: Id<M>) -> Outcome {
    let mut tx = db.begin()?;
    let preview = tx.preview_delete(id.clone())?;
    let (_, done) = tx.delete_reported(id)?;
    if preview != done {
        return Err("the preview has promised something else".into());
    }
    for line in done.to_string().lines() {
        page.text(format!("  {line}"))?;
    }
    tx.commit()?;
    Ok(())
}

fn window_shopper(tx: &mut Tx) -> Result<Id<User>> {
    // A kept shop may have been interrupted before she was gone.
    if let Some(wanda) = tx.find(User::USERNAME, "wanda") {
        return Ok(wanda.id);
    }
    let user = tx.insert(NewUser {
        username: "wanda".to_owned(),
        email: "wanda@example.org".to_owned(),
        password_hash: "0".repeat(64),
        first_name: Some("Wanda".to_owned()),
        last_name: Some("Windsor".to_owned()),
    })?;
    tx.insert(NewAddress {
        user_id: user,
        street: "1 Window Row".to_owned(),
        city: "Leeds".to_owned(),
        state: "Yorkshire".to_owned(),
        zip_code: "LS1 1AA".to_owned(),
        country: "England".to_owned(),
    })?;
    let wanted: Vec<_> = tx.iter::<Product>().take(3).map(|product| product.id).collect();
    for product in wanted {
        add_to_cart(tx, user, product)?;
    }
    Ok(user)
}

/// A category, and one of the two products in it.
fn clearance(tx: &mut Tx) -> Result<(Id<Category>, Id<Product>)> {
    let category = tx.insert(NewCategory {
        name: "Clearance".to_owned(),
        description: None,
        parent_id: None,
    })?;
    let new = |name: &str| NewProduct {
        name: name.to_owned(),
        description: None,
        price: dec!(5),
        category_id: Some(category),
    };
    tx.insert(new("Crooked Shelf"))?;
    Ok((category, tx.insert(new("Lamp without a Shade"))?))
}

/// An order with so many items.
fn order_with(items: usize, db: &View) -> Result<Id<Order>> {
    let found = db.iter::<Order>().find(|order| order.items(db).count() == items);
    found.map(|order| order.id).ok_or_else(|| format!("no order has {items} items").into())
}

/// How many rows a table had, and has.
fn fewer<M: Model>(page: &mut Page, before: &View, after: &View) -> Outcome {
    let (name, before, after) = (M::DEFINITION.name, before.count::<M>(), after.count::<M>());
    page.text(format!("  {name}: {} → {}", grouped(before), grouped(after)))?;
    Ok(())
}
