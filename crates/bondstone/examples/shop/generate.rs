//! The shop before it opens: categories, products, users and a year of orders, all decided by a seed.

mod words;

use std::ops::Range;
use std::time::Duration;

use bondstone::Result;
use bondstone::prelude::*;
use jiff::SignedDuration;

use crate::clock::{OPENING, YEAR};
use crate::orders::placing::{add_to_cart, shipping_fee};
use crate::orders::{CartItem, NewOrder, NewOrderItem, Order, OrderStatus};
use crate::page::timed;
use crate::products::{Category, NewCategory, NewProduct, Product};
use crate::progress::Progress;
use crate::random::Random;
use crate::users::{Address, NewAddress, NewUser, User};
use words::{DEPARTMENTS, FIRST_NAMES, LAST_NAMES, MATERIALS, STREETS, TOWNS};

/// How much one transaction generates.
const BATCH: usize = 1_000;
/// Before midsummer everything was cheaper, by a twentieth.
const PRICE_RISE: Timestamp = Timestamp::constant(1_750_464_000, 0);

/// How large the shop is.
#[derive(Clone, Copy)]
pub struct Size {
    /// Orders of the past year.
    pub orders: usize,
}

impl Size {
    /// A tenth as many users as orders.
    pub fn users(self) -> usize {
        (self.orders / 10).max(20)
    }

    /// A fiftieth as many products as orders.
    pub fn products(self) -> usize {
        (self.orders / 50).max(40)
    }
}

/// A part of the work, and how long it took.
pub struct Step {
    /// In words.
    pub what: &'static str,
    /// Rows written.
    pub rows: usize,
    /// Time taken.
    pub time: Duration,
}

/// Fills a shop: an empty one, or one whose filling was interrupted, from there on.
pub fn fill(db: &Database, size: Size, random: &mut Random) -> Result<Vec<Step>> {
    let progress = Progress::new(2 * size.users() + size.products() + size.orders);
    let mut generator = Generator { db, random, progress, steps: Vec::new() };
    let found = db.read();
    let departments = found.query().filter(Category::PARENT_ID.is_none()).count();
    generator.step("categories", departments..DEPARTMENTS.len(), |tx, _, number| {
        department(tx, number)
    })?;
    let leaves = leaves(&db.read());
    generator.step(
        "products",
        found.count::<Product>()..size.products(),
        |tx, random, number| product(tx, random, number, &leaves).map(|_| 1),
    )?;
    generator.step(
        "users and addresses",
        found.count::<User>()..size.users(),
        |tx, random, number| user(tx, random, number).map(|addresses| 1 + addresses),
    )?;
    let people = db.read();
    let users = people.query::<User>().order_by_key().ids();
    let products = people.query::<Product>().order_by_key().ids();
    generator.step(
        "orders and items",
        found.count::<Order>()..size.orders,
        |tx, random, number| {
            let ago = YEAR * (size.orders - number) as i32 / size.orders as i32;
            let buyer = users[random.skewed(users.len())];
            Ok(1 + order(tx, random, OPENING - ago, buyer, &products)?)
        },
    )?;
    // Carts come last: where there are some, the shop has opened already.
    let customers = if found.count::<CartItem>() == 0 { size.users() } else { 0 };
    generator.step("cart items", 0..customers, |tx, random, number| {
        cart(tx, random, users[number], &products)
    })?;
    Ok(generator.steps)
}

/// The categories that have products, and what a thing in each is called.
fn leaves(db: &View) -> Vec<(Id<Category>, &'static str)> {
    let things = DEPARTMENTS.into_iter().flat_map(|(_, categories)| categories);
    let leaf = |(name, thing)| {
        db.query().filter(Category::NAME.eq(name)).first().map(|category| (category.id, thing))
    };
    things.filter_map(leaf).collect()
}

struct Generator<'a> {
    db: &'a Database,
    random: &'a mut Random,
    progress: Progress,
    steps: Vec<Step>,
}

impl Generator<'_> {
    /// Calls `make` for each of `numbers`, in transactions of [`BATCH`]; it says how many rows it wrote.
    fn step(
        &mut self,
        what: &'static str,
        numbers: Range<usize>,
        mut make: impl FnMut(&mut Tx, &mut Random, usize) -> Result<usize>,
    ) -> Result<()> {
        let (rows, time) = timed(|| {
            let end = numbers.end;
            let batches = numbers.step_by(BATCH).map(|start| start..end.min(start + BATCH));
            batches.map(|batch| self.batch(batch, &mut make)).sum::<Result<usize>>()
        });
        self.steps.push(Step { what, rows: rows?, time });
        Ok(())
    }

    fn batch(
        &mut self,
        batch: Range<usize>,
        make: &mut impl FnMut(&mut Tx, &mut Random, usize) -> Result<usize>,
    ) -> Result<usize> {
        self.progress.advance(batch.len());
        self.db.write(|tx| {
            let rows = batch.map(|number| make(tx, self.random, number));
            rows.sum::<Result<usize>>()
        })
    }
}

/// A department and the categories in it.
fn department(tx: &mut Tx, number: usize) -> Result<usize> {
    let (name, categories) = DEPARTMENTS[number];
    let new = |name: &str, parent_id| NewCategory {
        name: name.to_owned(),
        description: Some(format!("Everything about {}", name.to_lowercase())),
        parent_id,
    };
    let department = tx.insert(new(name, None))?;
    for (name, _) in categories {
        tx.insert(new(name, Some(department)))?;
    }
    Ok(1 + categories.len())
}

fn product(
    tx: &mut Tx,
    random: &mut Random,
    number: usize,
    leaves: &[(Id<Category>, &str)],
) -> Result<Id<Product>> {
    let (category, thing) = random.pick(leaves);
    let material = random.pick(&MATERIALS);
    let cents = 199 + random.skewed(40_000) as i64;
    let new = NewProduct {
        name: format!("{material} {thing} No. {}", number + 1),
        description: random.once_in(2).then(|| format!("Made of {}", material.to_lowercase())),
        price: Decimal::new(cents, 2),
        category_id: Some(*category),
    };
    let stock = random.below(100) as u32;
    tx.insert_with(new, |product| product.stock = stock)
}

/// A user; with how many addresses.
fn user(tx: &mut Tx, random: &mut Random, number: usize) -> Result<usize> {
    let (first, last) = (*random.pick(&FIRST_NAMES), *random.pick(&LAST_NAMES));
    let username = format!("{}.{}", first.to_lowercase(), number + 1);
    let named = !random.once_in(12);
    let joined = OPENING - YEAR - SignedDuration::from_hours(24 * random.below(700) as i64);
    let new = NewUser {
        email: format!("{username}@example.com"),
        username,
        password_hash: format!("{:016x}{:016x}", random.next(), random.next()),
        first_name: named.then(|| first.to_owned()),
        last_name: named.then(|| last.to_owned()),
    };
    let user = tx.insert_with(new, |user| user.created_at = joined)?;
    let addresses = 1 + random.below(2);
    for place in 0..addresses {
        let new = address(random, user);
        tx.insert_with(new, |address| address.is_default = place == 0)?;
    }
    Ok(addresses)
}

fn address(random: &mut Random, user_id: Id<User>) -> NewAddress {
    let (city, state, country) = *random.pick(&TOWNS);
    NewAddress {
        user_id,
        street: format!("{} {}", 1 + random.below(120), random.pick(&STREETS)),
        city: city.to_owned(),
        state: state.to_owned(),
        zip_code: format!("{:05}", random.below(100_000)),
        country: country.to_owned(),
    }
}

/// An order of the past, and how many items. Stock is what is left after the past, so nothing is taken from it.
fn order(
    tx: &mut Tx,
    random: &mut Random,
    date: Timestamp,
    buyer: Id<User>,
    products: &[Id<Product>],
) -> Result<usize> {
    let addresses: Vec<Id<Address>> = tx[buyer].addresses(tx).iter().map(|it| it.id).collect();
    let chosen: Vec<(Id<Product>, u32)> = (0..1 + random.below(4))
        .map(|_| (products[random.skewed(products.len())], 1 + random.skewed(4) as u32))
        .collect();
    let price_then = |product: &Product| match date < PRICE_RISE {
        true => (product.price * dec!(0.95)).round_dp(2),
        false => product.price,
    };
    let subtotal = chosen.iter().map(|(id, count)| price_then(&tx[*id]) * Decimal::from(*count));
    let fee = shipping_fee(subtotal.sum());
    let recent = OPENING.duration_since(date) < SignedDuration::from_hours(7 * 24);
    let status = match random.below(20) {
        0 => OrderStatus::Cancelled,
        1..=4 if recent => OrderStatus::Pending,
        5..=12 if recent => OrderStatus::Paid,
        _ => OrderStatus::Shipped,
    };
    let new = NewOrder { user_id: buyer, address_id: *random.pick(&addresses) };
    let order_id = tx.insert_with(new, |order| {
        (order.order_date, order.status, order.shipping_fee) = (date, status, fee);
    })?;
    for &(product_id, quantity) in &chosen {
        let price = price_then(&tx[product_id]);
        tx.insert(NewOrderItem { order_id, product_id, quantity, price })?;
    }
    Ok(chosen.len())
}

/// Something in every third cart.
fn cart(
    tx: &mut Tx,
    random: &mut Random,
    user: Id<User>,
    products: &[Id<Product>],
) -> Result<usize> {
    if !random.once_in(3) {
        return Ok(0);
    }
    for _ in 0..1 + random.below(3) {
        add_to_cart(tx, user, products[random.skewed(products.len())])?;
    }
    Ok(tx[user].cart_items(tx).count())
}
