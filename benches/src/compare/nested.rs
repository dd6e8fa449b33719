//! Queries that follow relations: users with orders with items, items to products to categories.

use super::{BY_HAND, Digest, SQLITE, each, repeat, two_of_pair};
use crate::measure::Contest;
use crate::model::{Category, Item, Order, Product, User};
use crate::sqlite::word;
use crate::stage::{Market, Stage};
use bondstone::prelude::*;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use std::hint::black_box;

/// So many parents are asked for at once.
const PAGE: usize = 100;
/// A quarter of all orders are of more.
const LARGE: i64 = 75_000;
/// Ours, where each row that is handed out keeps its relatives in vectors.
const VECTORS: &str = "vectors";

/// A hundred users from some place in the order of scores, which are random parents, with those of
/// their orders that meet a condition. One operation is such a page. The second base is ours, too,
/// asking each parent for itself.
pub fn children_filtered(stage: &Stage) -> Contest<'_> {
    let market @ Market { store, database, .. } = stage.market();
    let starts = starts(stage);
    let (ours, theirs, singles) = (starts.clone(), starts.clone(), starts.clone());
    let mut select = market.sqlite().prepare(
        "SELECT sum(o.amount * u.age)
        FROM (SELECT id, age FROM users WHERE score >= ?1 ORDER BY score LIMIT ?2) u
        CROSS JOIN orders o ON o.user_id = u.id
        WHERE o.amount > ?3",
    );
    Contest::new(move || {
        let snap = database.read();
        each(&ours, |&from| {
            let large = User::ORDERS.filter(Order::AMOUNT.gt(LARGE));
            let mut users = page(&snap, from).with(large).into_iter();
            let mut digest = 0_u64;
            while let Some((user, orders)) = users.lend() {
                digest = digest.wrapping_add(orders.map(|order| two_of_pair(order, user)).digest());
            }
            digest
        })
    })
    .against(BY_HAND, move || {
        each(&theirs, |&from| {
            let large = |user: &User| {
                let orders = store.orders_of(user.id).filter(|order| order.amount > LARGE);
                orders.map(|order| two_of_pair(order, user)).digest()
            };
            store.users_from_score(from).take(PAGE).map(large).digest()
        })
    })
    .against("parent_by_parent", move || {
        let snap = database.read();
        each(&singles, |&from| {
            let large = Order::AMOUNT.gt(LARGE);
            let of_user = |user: &User| {
                let orders = user.orders(&snap).filter(large.clone());
                orders.into_iter().map(|order| two_of_pair(order, user)).digest()
            };
            page(&snap, from).into_iter().map(of_user).digest()
        })
    })
    .against_slow(SQLITE, move || each(&starts, |&from| select.word([from, PAGE as i64, LARGE])))
}

/// A page of users, from this score on.
fn page(db: &View, from: i64) -> Query<'_, User> {
    db.query().filter(User::SCORE.ge(from)).order_by(User::SCORE.asc()).limit(PAGE)
}

/// Random scores with at least a page of users above each.
fn starts(stage: &Stage) -> Vec<i64> {
    let mut scores: Vec<_> = stage.market().store.users().map(|row| row.score).collect();
    scores.sort_unstable();
    scores.truncate(scores.len() - PAGE);
    stage.random(13).picks(&scores, stage.reads() / 200)
}

/// All users with all their orders with all their items, which is the order in which everybody
/// reaches them (in SQLite's dialect `CROSS JOIN` says so). One operation is an item.
pub fn with_nested(stage: &Stage) -> Contest<'_> {
    let market @ Market { store, database, items, .. } = stage.market();
    let walks = market_walks(stage);
    let mut select = market.sqlite().prepare(
        "SELECT sum((i.price + o.amount) * u.age)
        FROM users u
        CROSS JOIN orders o ON o.user_id = u.id
        CROSS JOIN items i ON i.order_id = o.id",
    );
    Contest::new(move || {
        let snap = database.read();
        repeat(walks, *items, || {
            let nested = User::ORDERS.with(Order::ITEMS);
            let mut users = black_box(&snap).query::<User>().with(nested).into_iter();
            let mut digest = 0_u64;
            while let Some((user, orders)) = users.lend() {
                for (order, items) in orders {
                    let items = items.map(|item| one_of_each(item, order, user));
                    digest = digest.wrapping_add(items.digest());
                }
            }
            digest
        })
    })
    .against(BY_HAND, move || {
        repeat(walks, *items, || {
            let of_order = |order: &Order, user: &User| {
                store.items_of(order.id).map(|item| one_of_each(item, order, user)).digest()
            };
            let of_user =
                |user: &User| store.orders_of(user.id).map(|order| of_order(order, user)).digest();
            black_box(store).users().map(of_user).digest()
        })
    })
    .against(VECTORS, move || {
        let snap = database.read();
        repeat(walks, *items, || {
            let mut digest = 0_u64;
            for (user, orders) in
                black_box(&snap).query::<User>().with(User::ORDERS.with(Order::ITEMS))
            {
                for (order, items) in orders {
                    let items = items.into_iter().map(|item| one_of_each(item, order, user));
                    digest = digest.wrapping_add(items.digest());
                }
            }
            digest
        })
    })
    .against_slow(SQLITE, move || repeat(walks, *items, || select.word([])))
}

#[inline]
fn one_of_each(item: &Item, order: &Order, user: &User) -> u64 {
    (item.price as u64).wrapping_add(order.amount as u64).wrapping_mul(u64::from(user.age))
}

/// How often a lap repeats a walk over all items.
fn market_walks(stage: &Stage) -> usize {
    (200_000 / stage.rows()).max(1)
}

/// The revenue by category, over items, products and categories. One operation is an item.
///
/// The base follows both keys of each item, as it is asked to. The second base knows that a
/// category has one name: it sums up by the product's key, and looks for names at the end.
pub fn join_two_hops(stage: &Stage) -> Contest<'_> {
    let market @ Market { store, database, items, .. } = stage.market();
    let walks = market_walks(stage);
    let mut select = market.sqlite().prepare(
        "SELECT c.name, r.revenue
        FROM (
            SELECT p.category_id, sum(i.price * i.quantity) AS revenue
            FROM items i JOIN products p ON p.id = i.product_id
            GROUP BY p.category_id
        ) r JOIN categories c ON c.id = r.category_id",
    );
    Contest::new(move || {
        let snap = database.read();
        repeat(walks, *items, || {
            let name = Item::PRODUCT_ID.to(Product::CATEGORY_ID).to(Category::NAME);
            let revenue = Item::PRICE * Item::QUANTITY.cast::<i64>();
            let groups = black_box(&snap).query().group_by(name).aggregate(revenue.sum());
            groups.into_iter().map(|(name, revenue)| earned(name, revenue as u64)).digest()
        })
    })
    .against(BY_HAND, move || {
        repeat(walks, *items, || {
            let mut revenues: HashMap<&str, i64, RandomState> = HashMap::default();
            for item in black_box(store).items() {
                let product = store.product(item.product_id);
                let category = product.and_then(|product| store.category(product.category_id));
                if let Some(category) = category {
                    *revenues.entry(&category.name).or_default() += revenue(item);
                }
            }
            revenues.into_iter().map(|(name, revenue)| earned(name, revenue as u64)).digest()
        })
    })
    .against("by_hand_names_last", move || {
        repeat(walks, *items, || {
            let mut revenues: HashMap<Id<Category>, i64, RandomState> = HashMap::default();
            for item in black_box(store).items() {
                if let Some(product) = store.product(item.product_id) {
                    *revenues.entry(product.category_id).or_default() += revenue(item);
                }
            }
            let named = |(id, revenue)| {
                store.category(id).map_or(0, |category| earned(&category.name, revenue as u64))
            };
            revenues.into_iter().map(named).digest()
        })
    })
    .against_slow(SQLITE, move || {
        repeat(walks, *items, || {
            let read = |row: &rusqlite::Row<'_>| {
                earned(
                    row.get_ref(0).and_then(|name| Ok(name.as_str()?)).expect("a name"),
                    word(row, 1),
                )
            };
            select.rows([], read).into_iter().digest()
        })
    })
}

#[inline]
fn revenue(item: &Item) -> i64 {
    item.price * i64::from(item.quantity)
}

/// A digest of a name and what was earned under it.
fn earned(name: &str, revenue: u64) -> u64 {
    let name =
        name.bytes().fold(0_u64, |word, byte| word.wrapping_mul(31).wrapping_add(byte.into()));
    (name | 1).wrapping_mul(revenue)
}
