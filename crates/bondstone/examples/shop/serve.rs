//! The shop at work: customers fill their carts and place orders, each in a transaction of its own.

use std::time::Duration;

use bondstone::prelude::*;

use crate::Outcome;
use crate::orders::placing::{add_to_cart, place_order};
use crate::orders::{CartItem, Order, OrderItem};
use crate::page::{Kind, Page, Table, each, grouped, span, timed};
use crate::products::Product;
use crate::random::Random;
use crate::users::User;

/// How many customers came, and what became of it.
#[derive(Default)]
struct Day {
    put_into_carts: usize,
    filling: Duration,
    placed: Vec<Id<Order>>,
    placing: Duration,
    sold_out: usize,
    refusing: Duration,
    last_refusal: Option<Error>,
}

/// Serves so many customers, and tells about it.
pub fn show(page: &mut Page, db: &Database, customers: usize, random: &mut Random) -> Outcome {
    let (users, products) = ids(&db.read());
    let mut day = Day::default();
    for _ in 0..customers {
        let user = users[random.skewed(users.len())];
        let wanted: Vec<_> = (0..1 + random.below(3)).map(|_| *random.pick(&products)).collect();
        day.customer(db, user, &wanted)?;
    }
    day.print(page, db)?;
    one_of_them(page, db, users[0], &products)
}

fn ids(db: &View) -> (Vec<Id<User>>, Vec<Id<Product>>) {
    let in_stock = db.iter::<Product>().filter(|product| product.is_in_stock());
    (db.iter::<User>().map(|user| user.id).collect(), in_stock.map(|product| product.id).collect())
}

impl Day {
    fn customer(&mut self, db: &Database, user: Id<User>, wanted: &[Id<Product>]) -> Outcome {
        for product in wanted {
            let (line, time) = timed(|| db.write(|tx| add_to_cart(tx, user, *product)));
            line?;
            self.put_into_carts += 1;
            self.filling += time;
        }
        let db_before = db.read();
        let address = db_before[user].addresses(&db_before).first().ok_or("no address")?.id;
        match timed(|| db.write(|tx| place_order(tx, user, address))) {
            (Ok(order), time) => {
                self.placed.push(order);
                self.placing += time;
            }
            (Err(error @ Error::User(_)), time) => {
                self.sold_out += 1;
                self.refusing += time;
                self.last_refusal = Some(error);
            }
            (Err(error), _) => return Err(error.into()),
        }
        Ok(())
    }

    fn print(&self, page: &mut Page, db: &Database) -> Outcome {
        let columns = [
            ("", Kind::Text),
            ("transactions", Kind::Number),
            ("time", Kind::Time),
            ("for each", Kind::Time),
        ];
        let mut table = Table::new(&columns);
        for (what, count, time) in [
            ("put into a cart", self.put_into_carts, self.filling),
            ("cart made an order", self.placed.len(), self.placing),
            ("refused, sold out", self.sold_out, self.refusing),
        ] {
            table.row(&[&what, &grouped(count), &span(time), &each(time, count)]);
        }
        page.table(&table)?;
        let db = db.read();
        let revenue: Decimal = self.placed.iter().map(|order| db[*order].total(&db)).sum();
        page.text(format!("\nThe orders come to {} together.", grouped(revenue)))?;
        if let Some(refusal) = &self.last_refusal {
            page.text("The last refusal; cart and stock are as they were before it:")?;
            page.text(format!("  {refusal}"))?;
        }
        Ok(())
    }
}

/// One order, told by the change set of its transaction.
fn one_of_them(
    page: &mut Page,
    db: &Database,
    user: Id<User>,
    products: &[Id<Product>],
) -> Outcome {
    let mut tx = db.begin()?;
    let plenty = |product: &&Id<Product>| tx[**product].stock > 10;
    let chosen: Vec<_> = products.iter().filter(plenty).take(2).copied().collect();
    let old_lines: Vec<_> = tx[user].cart_items(&tx).iter().map(|line| line.id).collect();
    for line in old_lines {
        tx.delete(line)?;
    }
    for product in chosen {
        add_to_cart(&mut tx, user, product)?;
        add_to_cart(&mut tx, user, product)?;
    }
    let address = tx[user].addresses(&tx).first().ok_or("no address")?.id;
    tx.commit()?;

    let mut tx = db.begin()?;
    place_order(&mut tx, user, address)?;
    page.text("\nWhat one of them did, asked before its commit:")?;
    page.text(changes(&tx))?;
    tx.commit()?;
    Ok(())
}

fn changes(tx: &Tx) -> String {
    let changes = tx.changes();
    let mut lines = Vec::new();
    for change in changes.of::<Order>() {
        if let Some(order) = change.after() {
            let (user, town) = (order.user(tx).full_name(), &order.address(tx).city);
            lines.push(format!("+ {}: {user}, to {town}, {}", order.id, order.total(tx)));
        }
    }
    for change in changes.of::<OrderItem>() {
        if let Some(item) = change.after() {
            let name = &item.product(tx).name;
            lines.push(format!("+ {}: {} × {name} at {}", item.id, item.quantity, item.price));
        }
    }
    for change in changes.of::<Product>() {
        if let Some((before, after)) = change.changed(Product::STOCK) {
            lines.push(format!("~ {}: stock {before} → {after}", change.id()));
        }
    }
    for change in changes.of::<CartItem>() {
        lines.push(format!("- {}", change.id()));
    }
    lines.iter().map(|line| format!("  {line}\n")).collect()
}
