//! Queries of one table: what the planner adds to a call, groups, the first of an order.

use super::{BY_HAND, Digest, SQLITE, each, repeat, two_of_user};
use crate::measure::{Contest, Lap};
use crate::model::{Item, User};
use crate::sqlite::word;
use crate::stage::{Market, People, Stage};
use bondstone::prelude::*;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use std::hint::black_box;

/// Ours, by `snap.find`.
const FIND: &str = "find";

/// The row of a unique text, through the view. The base is the most direct call there is, with the
/// table in hand.
pub fn find(stage: &Stage) -> Contest<'_> {
    let database = &stage.people().database;
    let (ours, theirs) = (emails(stage), emails(stage));
    Contest::new(found(database, ours)).against("table_of", move || {
        let snap = database.read();
        let users = snap.table_of::<User>();
        each(&theirs, |email| users.find(User::EMAIL, email.as_str()).map_or(0, two_of_user))
    })
}

/// The row of a unique text by a query that is prepared once.
pub fn prepared_eq(stage: &Stage) -> Contest<'_> {
    let database = &stage.people().database;
    let ours: Vec<_> = emails(stage).into_iter().map(|email| (email,)).collect();
    let by_email =
        database.prepare::<User, (String,)>(|query, (email,)| query.filter(User::EMAIL.eq(email)));
    Contest::new(move || {
        let snap = database.read();
        each(&ours, |email| by_email.run(&snap, email).first().map_or(0, two_of_user))
    })
    .against(FIND, found(database, emails(stage)))
}

/// The row of a unique text by a query that is built and planned each time.
pub fn filter_eq(stage: &Stage) -> Contest<'_> {
    let database = &stage.people().database;
    let ours = emails(stage);
    Contest::new(move || {
        let snap = database.read();
        each(&ours, |email| {
            snap.query().filter(User::EMAIL.eq(email.as_str())).first().map_or(0, two_of_user)
        })
    })
    .against(FIND, found(database, emails(stage)))
}

/// A turn of `snap.find`.
fn found(database: &Database, emails: Vec<String>) -> impl FnMut() -> Lap {
    move || {
        let snap = database.read();
        each(&emails, |email| snap.find(User::EMAIL, email.as_str()).map_or(0, two_of_user))
    }
}

/// Addresses to look for; they lie in memory in the order in which they are looked for.
fn emails(stage: &Stage) -> Vec<String> {
    let data: Vec<_> = stage.people().data.iter().map(|row| &row.email).collect();
    stage.random(3).picks(&data, stage.reads()).into_iter().cloned().collect()
}

/// So many rows are wanted.
const TOP: usize = 10;
/// So many ages meet a condition: a tenth of all.
const AGES: u32 = 8;

/// Of the users of some ages and not above some score the ten with the highest: an index gives the
/// order, and about ten rows have to be looked at for each that is wanted. One operation is such a
/// query.
pub fn top_k_by_index(stage: &Stage) -> Contest<'_> {
    let people @ People { store, database, .. } = stage.people();
    let ours = tops(stage);
    let (theirs, sqlites) = (ours.clone(), ours.clone());
    let mut select = people.sqlite().prepare(
        "SELECT sum(two) FROM (
            SELECT balance + age AS two FROM users
            WHERE score <= ?1 AND age >= ?2 AND age < ?3
            ORDER BY score DESC LIMIT ?4
        )",
    );
    Contest::new(move || {
        let snap = database.read();
        each(&ours, |&(score, age)| {
            let users = snap
                .query()
                .filter(User::SCORE.le(score) & User::AGE.within(age..age + AGES))
                .order_by(User::SCORE.desc())
                .limit(TOP);
            users.into_iter().map(two_of_user).digest()
        })
    })
    .against(BY_HAND, move || {
        each(&theirs, |&(score, age)| {
            let users = store.users_down_from_score(score);
            let users = users.filter(|user| (age..age + AGES).contains(&user.age));
            users.take(TOP).map(two_of_user).digest()
        })
    })
    .against_slow(SQLITE, move || {
        each(&sqlites, |&(score, age)| {
            select.word([score, age.into(), (age + AGES).into(), TOP as i64])
        })
    })
}

/// Where to begin, and the first of the ages.
fn tops(stage: &Stage) -> Vec<(i64, u32)> {
    let scores: Vec<_> = stage.people().data.iter().map(|row| row.score).collect();
    let scores = stage.random(14).picks(&scores, stage.reads() / 100);
    let mut random = stage.random(15);
    scores.into_iter().map(|score| (score, 18 + random.below(72) as u32)).collect()
}

/// What one product's items have together.
#[derive(Default)]
struct Sold {
    items: u64,
    pieces: u64,
    highest: i64,
}

/// How many items each product is in, how many pieces that is, and the highest price, in the order
/// of the products. One operation is an item.
pub fn group_by(stage: &Stage) -> Contest<'_> {
    let market @ Market { store, database, items, products, .. } = stage.market();
    let walks = (200_000 / stage.rows()).max(1);
    let mut select = market.sqlite().prepare(
        "SELECT product_id, count(*), sum(quantity), max(price) FROM items
        GROUP BY product_id ORDER BY product_id",
    );
    Contest::new(move || {
        let snap = database.read();
        repeat(walks, *items, || {
            let groups = black_box(&snap).query().group_by(Item::PRODUCT_ID).aggregate((
                count(),
                Item::QUANTITY.sum(),
                Item::PRICE.max(),
            ));
            groups.into_iter().fold(0, |digest, (product, (items, pieces, highest))| {
                let highest = highest.map_or(0, |price| *price as u64);
                in_order(digest, [product.get(), items as u64, pieces, highest])
            })
        })
    })
    .against(BY_HAND, move || {
        repeat(walks, *items, || {
            let mut groups: HashMap<u64, Sold, RandomState> =
                HashMap::with_capacity_and_hasher(*products, RandomState::default());
            for item in black_box(store).items() {
                let sold = groups.entry(item.product_id.get()).or_default();
                sold.items += 1;
                sold.pieces += u64::from(item.quantity);
                sold.highest = sold.highest.max(item.price);
            }
            let mut groups: Vec<_> = groups.into_iter().collect();
            groups.sort_unstable_by_key(|(product, _)| *product);
            groups.into_iter().fold(0, |digest, (product, Sold { items, pieces, highest })| {
                in_order(digest, [product, items, pieces, highest as u64])
            })
        })
    })
    .against_slow(SQLITE, move || {
        repeat(walks, *items, || {
            let groups = select.rows([], |row| [0, 1, 2, 3].map(|column| word(row, column)));
            groups.into_iter().fold(0, in_order)
        })
    })
}

fn in_order(digest: u64, words: [u64; 4]) -> u64 {
    words.into_iter().fold(digest, |digest, word| digest.wrapping_mul(31).wrapping_add(word))
}
