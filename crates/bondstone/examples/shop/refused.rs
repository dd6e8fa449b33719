//! Every kind of write that the database refuses, and what it says.

use bondstone::prelude::*;
use bondstone::{AutoKey, Result};

use crate::Outcome;
use crate::inventory::counts;
use crate::orders::placing::{add_to_cart, place_order};
use crate::orders::{NewCartItem, NewOrder, NewOrderItem};
use crate::page::{Page, grouped};
use crate::products::{Category, NewProduct, Product};
use crate::users::{Address, NewAddress, NewUser, User};

/// A write that must not succeed: the rule, what is tried, and the try.
type Attempt = (&'static str, &'static str, fn(&mut Tx) -> Result<()>);

const ATTEMPTS: [Attempt; 15] = [
    ("unique", "a second account with the same e-mail", same_email),
    ("composite unique", "a second line with the same product in one cart", same_line),
    ("primary key", "a row with a key that is taken", same_key),
    ("check", "a product for nothing", for_nothing),
    ("too long", "a username of 51 characters", long_name),
    ("too long, private", "a password hash of 129 characters", long_hash),
    ("decimal places", "half a cent", half_a_cent),
    ("decimal digits", "a price with nine digits before the point", nine_digits),
    ("foreign key", "an item of an order that does not exist", of_no_order),
    ("restrict", "deleting a category that others are part of", with_children),
    ("restrict, path", "deleting a user whose address another one's order went to", with_presents),
    ("immutable", "making an account older than it is", older_account),
    ("key changed", "giving a row another key by an update", other_key),
    ("not found", "updating a product that does not exist", of_nothing),
    ("closure error", "ordering more than there is in stock", too_many),
];

/// Tries them all.
pub fn show(page: &mut Page, db: &Database) -> Outcome {
    let before = counts(&db.read());
    for (rule, what, work) in ATTEMPTS {
        refused(page, rule, what, db.write(work))?;
    }
    let nested = db.write(|_| db.write(|_| Ok(())));
    refused(page, "nesting", "a transaction inside a transaction", nested)?;
    if counts(&db.read()) != before {
        return Err("a refused write has left a trace".into());
    }
    let rows: usize = before.iter().map(|(_, rows)| rows).sum();
    let (writes, rows) = (ATTEMPTS.len() + 1, grouped(rows));
    page.text(format!("\n{writes} writes refused; the database has {rows} rows, as before."))?;
    Ok(())
}

fn refused(page: &mut Page, rule: &str, what: &str, result: Result<()>) -> Outcome {
    let Err(error) = result else {
        return Err(format!("{what} was accepted, against the rule `{rule}`").into());
    };
    page.text(format!("\n{rule:<19}{what}"))?;
    page.text(format!("{:<19}▸ {error}", ""))?;
    Ok(())
}

fn any<M: Model>(db: &View) -> Result<&M> {
    db.iter().next().ok_or_else(|| Error::from("the table is empty"))
}

fn nowhere<M: Model<Key = AutoKey>>() -> Result<Id<M>> {
    Id::from_u64(999_999_999).ok_or_else(|| Error::from("0 is no key"))
}

fn a_user(name: &str) -> NewUser {
    NewUser {
        username: name.to_owned(),
        email: format!("{name}@example.org"),
        password_hash: "0".repeat(64),
        first_name: None,
        last_name: None,
    }
}

fn a_product(price: Decimal) -> NewProduct {
    NewProduct { name: "Walnut Desk".to_owned(), description: None, price, category_id: None }
}

fn same_email(tx: &mut Tx) -> Result<()> {
    let email = any::<User>(tx)?.email.clone();
    tx.insert(NewUser { email, ..a_user("another") })?;
    Ok(())
}

fn same_line(tx: &mut Tx) -> Result<()> {
    let (user_id, product_id) = (any::<User>(tx)?.id, any::<Product>(tx)?.id);
    add_to_cart(tx, user_id, product_id)?;
    tx.insert(NewCartItem { user_id, product_id })?;
    Ok(())
}

fn same_key(tx: &mut Tx) -> Result<()> {
    let category = Category { name: "Antiques".to_owned(), ..any::<Category>(tx)?.clone() };
    tx.insert(category)?;
    Ok(())
}

fn for_nothing(tx: &mut Tx) -> Result<()> {
    tx.insert(a_product(dec!(0.00)))?;
    Ok(())
}

fn long_name(tx: &mut Tx) -> Result<()> {
    tx.insert(a_user(&"é".repeat(51)))?;
    Ok(())
}

fn long_hash(tx: &mut Tx) -> Result<()> {
    tx.insert(NewUser { password_hash: "0".repeat(129), ..a_user("another") })?;
    Ok(())
}

fn half_a_cent(tx: &mut Tx) -> Result<()> {
    tx.insert(a_product(dec!(1.505)))?;
    Ok(())
}

fn nine_digits(tx: &mut Tx) -> Result<()> {
    tx.insert(a_product(dec!(123456789.00)))?;
    Ok(())
}

fn of_no_order(tx: &mut Tx) -> Result<()> {
    let product_id = any::<Product>(tx)?.id;
    let order_id = nowhere()?;
    tx.insert(NewOrderItem { order_id, product_id, quantity: 1, price: dec!(9.99) })?;
    Ok(())
}

fn with_children(tx: &mut Tx) -> Result<()> {
    let root = any::<Category>(tx)?.id;
    tx.delete(root)?;
    Ok(())
}

/// The user would go, and with the user the address; but somebody else's order went there.
fn with_presents(tx: &mut Tx) -> Result<()> {
    let giver = any::<User>(tx)?.id;
    let receiver = tx.insert(a_user("bea"))?;
    let home: Address = any::<Address>(tx)?.clone();
    let address_id = tx.insert(NewAddress {
        user_id: receiver,
        street: home.street,
        city: home.city,
        state: home.state,
        zip_code: home.zip_code,
        country: home.country,
    })?;
    tx.insert(NewOrder { user_id: giver, address_id })?;
    tx.delete(receiver)?;
    Ok(())
}

fn older_account(tx: &mut Tx) -> Result<()> {
    let user = any::<User>(tx)?.id;
    tx.update(user, |user| user.created_at = Timestamp::UNIX_EPOCH)?;
    Ok(())
}

fn other_key(tx: &mut Tx) -> Result<()> {
    let (product, other) = (any::<Product>(tx)?.id, nowhere()?);
    tx.update(product, |product| product.id = other)?;
    Ok(())
}

fn of_nothing(tx: &mut Tx) -> Result<()> {
    tx.update(nowhere::<Product>()?, |product| product.stock = 1)?;
    Ok(())
}

fn too_many(tx: &mut Tx) -> Result<()> {
    let (user, product) = (tx.insert(a_user("bea"))?, any::<Product>(tx)?.id);
    let address = any::<Address>(tx)?.id;
    add_to_cart(tx, user, product)?;
    let line = tx[user].cart_items(tx).first().map(|line| line.id).ok_or("an empty cart")?;
    tx.update(line, |line| line.quantity = 1_000)?;
    place_order(tx, user, address)?;
    Ok(())
}
