//! A snapshot beside a writer: one thread adds up the same state over and over while another one changes everything.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use bondstone::Result;
use bondstone::prelude::*;

use crate::Outcome;
use crate::orders::placing::{add_to_cart, place_order};
use crate::orders::{Order, OrderItem, OrderStatus};
use crate::page::{Kind, Page, Table, each, grouped, span, timed};
use crate::products::Product;
use crate::random::Random;
use crate::users::User;

/// Runs both, and compares what the reader saw.
pub fn show(page: &mut Page, db: &Database, commits: usize, random: &mut Random) -> Outcome {
    let snapshot = db.read();
    let before = Sums::of(&snapshot);
    let mut writer = Writer::new(db, random);
    let done = AtomicBool::new(false);
    let (reads, reading, writing) = thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let (result, time) = timed(|| (0..commits).try_for_each(|_| writer.commit()));
            done.store(true, Ordering::Release);
            result.map(|()| time)
        });
        let (reads, reading) = read_until(&done, &snapshot, before)?;
        let writing = writing.join().map_err(|_| "the writer has panicked")??;
        Outcome::Ok((reads, reading, writing))
    })?;
    compare(page, [before, Sums::of(&snapshot), Sums::of(&db.read())])?;
    let (behind, kept) = (db.oldest_snapshot_age().unwrap_or_default(), db.pinned()?.superseded);
    page.text(format!(
        "\nThe snapshot is {} versions behind; {} superseded rows are kept for it.",
        grouped(behind),
        grouped(kept),
    ))?;
    drop(snapshot);
    let (later, left) = cleared(db, &mut writer, kept)?;
    page.text(format!(
        "It goes, and each write clears some away: {} commits later {left} are left.",
        grouped(later),
    ))?;
    page.time(format!(
        "({} commits in {}, {} each; beside them the snapshot was added up {reads} times, {} each)",
        grouped(commits),
        span(writing),
        each(writing, commits),
        each(reading, reads),
    ))?;
    Ok(())
}

/// Writes until next to nothing is kept any more, or as often as there were rows kept: how often, and what is left.
fn cleared(db: &Database, writer: &mut Writer, kept: usize) -> Result<(usize, usize)> {
    let mut left = kept;
    for commits in 0..kept {
        left = db.pinned()?.superseded;
        if left < 10 {
            return Ok((commits, left));
        }
        writer.commit()?;
    }
    Ok((kept, left))
}

/// Adds the snapshot up until the writer is done, and once more: how often, and how long it took.
fn read_until(done: &AtomicBool, snapshot: &View, before: Sums) -> Outcome<(usize, Duration)> {
    let (mut reads, mut reading) = (0, Duration::ZERO);
    loop {
        let last = done.load(Ordering::Acquire);
        let (sums, time) = timed(|| Sums::of(snapshot));
        if sums != before {
            return Err("the snapshot has changed".into());
        }
        reads += 1;
        reading += time;
        if last {
            return Ok((reads, reading));
        }
    }
}

/// What a reader adds up.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Sums {
    orders: usize,
    shipped: usize,
    items: usize,
    revenue: Decimal,
    stock: u64,
}

impl Sums {
    fn of(db: &View) -> Self {
        let shipped = |order: &&Order| order.status == OrderStatus::Shipped;
        Self {
            orders: db.count::<Order>(),
            shipped: db.iter::<Order>().filter(shipped).count(),
            items: db.count::<OrderItem>(),
            revenue: db.iter::<OrderItem>().map(OrderItem::subtotal).sum(),
            stock: db.iter::<Product>().map(|product| u64::from(product.stock)).sum(),
        }
    }
}

fn compare(page: &mut Page, sums: [Sums; 3]) -> Outcome {
    let columns = [
        ("", Kind::Text),
        ("orders", Kind::Number),
        ("shipped", Kind::Number),
        ("items", Kind::Number),
        ("revenue", Kind::Number),
        ("in stock", Kind::Number),
    ];
    let names = ["the snapshot, before", "the snapshot, after", "the database, after"];
    let mut table = Table::new(&columns);
    for (name, sums) in names.iter().zip(sums) {
        table.row(&[
            name,
            &grouped(sums.orders),
            &grouped(sums.shipped),
            &grouped(sums.items),
            &grouped(sums.revenue),
            &grouped(sums.stock),
        ]);
    }
    page.table(&table)?;
    Ok(())
}

/// Somebody who changes everything: orders, ships, calls off, and refills the shelves.
struct Writer<'a> {
    db: &'a Database,
    random: &'a mut Random,
    users: Vec<Id<User>>,
    products: Vec<Id<Product>>,
    orders: Vec<Id<Order>>,
}

impl<'a> Writer<'a> {
    fn new(db: &'a Database, random: &'a mut Random) -> Self {
        let snapshot = db.read();
        Self {
            db,
            random,
            users: snapshot.iter().map(|user: &User| user.id).collect(),
            products: snapshot.iter().map(|product: &Product| product.id).collect(),
            orders: snapshot.iter().map(|order: &Order| order.id).collect(),
        }
    }

    /// One change, in a transaction of its own.
    fn commit(&mut self) -> Result<()> {
        let user = *self.random.pick(&self.users);
        let product = *self.random.pick(&self.products);
        let order = self.random.below(self.orders.len());
        match self.random.below(4) {
            0 => self.db.write(|tx| buy(tx, user, product)),
            1 => self.db.write(|tx| ship(tx, self.orders[order])),
            2 if self.orders.len() > 1 => {
                let order = self.orders.swap_remove(order);
                self.db.write(|tx| tx.delete(order).map(drop))
            }
            _ => self.db.write(|tx| refill(tx, product)),
        }
    }
}

/// A product goes into the cart, and the cart becomes an order; if anything is sold out, it stays in the cart.
fn buy(tx: &mut Tx, user: Id<User>, product: Id<Product>) -> Result<()> {
    add_to_cart(tx, user, product)?;
    let address = tx[user].addresses(tx).first().map(|address| address.id);
    let address = address.ok_or("a user without an address")?;
    match tx.savepoint(|tx| place_order(tx, user, address)) {
        Ok(_) | Err(Error::User(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

fn ship(tx: &mut Tx, order: Id<Order>) -> Result<()> {
    tx.update(order, |order| order.status = OrderStatus::Shipped)?;
    Ok(())
}

fn refill(tx: &mut Tx, product: Id<Product>) -> Result<()> {
    tx.update(product, |product| {
        product.stock += 20;
        product.price += dec!(0.10);
    })?;
    Ok(())
}
