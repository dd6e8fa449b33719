//! Rows and choices that are the same in every run: the n-th row is a pure function of n, and
//! choices come from a seeded generator. Numbers are scattered by bijections, so unique columns are
//! unique without a set that proves it.

use crate::model::{
    Category, NewCategory, NewItem, NewOrder, NewProduct, NewUser, Order, Product, User,
};
use bondstone::Id;

const SEED: u64 = 0x5bd1_e995_b0d5_70e5;
const FIRST_NAMES: [&str; 8] =
    ["ann", "bashir", "chiara", "dmitri", "esperanza", "fatoumata", "gil", "hyun-woo"];
const HOSTS: [&str; 4] = ["example.org", "mail.example.com", "post.example.net", "x.example"];

/// The users of a table of this size, in the order in which they are inserted: no column but
/// `created` ascends.
pub fn users(rows: usize) -> Vec<NewUser> {
    (0..rows as u64).map(user).collect()
}

fn user(number: u64) -> NewUser {
    let mut random = Random::new(number);
    let name = FIRST_NAMES[random.below(FIRST_NAMES.len())];
    let username = format!("{name}.{:08x}", scatter_short(number as u32));
    NewUser {
        email: format!("{username}@{}", HOSTS[random.below(HOSTS.len())]),
        username,
        code: present_code(number),
        score: scatter(number.rotate_left(17) ^ SEED) as i64,
        age: 18 + random.below(80) as u32,
        balance: random.below(1_000_000) as i64 - 200_000,
        created: 1_700_000_000 + number,
        flags: random.below(16) as u32,
    }
}

/// As many orders as asked for, dealt evenly to the users and in random order, so that no user's
/// orders are neighbours.
pub fn orders(rows: usize, users: &[Id<User>]) -> Vec<NewOrder> {
    let mut owners: Vec<_> = users.iter().copied().cycle().take(rows).collect();
    let mut random = Random::new(SEED);
    random.shuffle(&mut owners);
    (1_700_000_000..)
        .zip(owners)
        .map(|(placed, user_id)| NewOrder {
            user_id,
            amount: random.below(100_000) as i64,
            quantity: 1 + random.below(9) as u32,
            placed,
        })
        .collect()
}

/// Shelves.
pub fn categories(count: usize) -> Vec<NewCategory> {
    (0..count).map(|number| NewCategory { name: format!("category {number:04}") }).collect()
}

/// Products, each on some shelf.
pub fn products(count: usize, categories: &[Id<Category>]) -> Vec<NewProduct> {
    let mut random = Random::new(SEED ^ 1);
    let product = |number: usize| NewProduct {
        category_id: random.pick(categories),
        name: format!("product {:08x}", scatter_short(number as u32)),
        price: 100 + random.below(100_000) as i64,
        stock: random.below(500) as u32,
    };
    (0..count).map(product).collect()
}

/// An order, and its one to three items once its id is known.
pub struct Basket {
    /// The order.
    pub order: NewOrder,
    contents: Vec<(Id<Product>, u32, i64)>,
}

impl Basket {
    /// The items of the order.
    pub fn items(self, order_id: Id<Order>) -> impl Iterator<Item = NewItem> {
        let item =
            move |(product_id, quantity, price)| NewItem { order_id, product_id, quantity, price };
        self.contents.into_iter().map(item)
    }
}

/// Orders of random users, who may have ordered often or never.
pub fn baskets(
    count: usize,
    users: &[Id<User>],
    products: &[Id<Product>],
) -> impl Iterator<Item = Basket> {
    let mut random = Random::new(SEED ^ 2);
    (0..count as u64).map(move |number| {
        let item = |random: &mut Random| {
            let quantity = 1 + random.below(5) as u32;
            (random.pick(products), quantity, 100 + random.below(100_000) as i64)
        };
        Basket {
            order: NewOrder {
                user_id: random.pick(users),
                amount: random.below(100_000) as i64,
                quantity: 1 + random.below(9) as u32,
                placed: 1_700_000_000 + number,
            },
            contents: (0..1 + random.below(3)).map(|_| item(&mut random)).collect(),
        }
    })
}

fn present_code(number: u64) -> u64 {
    scatter(number)
}

/// A code that no user has, another one for each number.
pub fn absent_code(number: usize) -> u64 {
    scatter((1 << 40) + number as u64)
}

/// SplitMix64's finaliser, a bijection of words.
fn scatter(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// The same for half words (the finaliser of MurmurHash3).
fn scatter_short(word: u32) -> u32 {
    let word = (word ^ (word >> 16)).wrapping_mul(0x85eb_ca6b);
    let word = (word ^ (word >> 13)).wrapping_mul(0xc2b2_ae35);
    word ^ (word >> 16)
}

/// SplitMix64: small, fast, and the same everywhere.
pub struct Random(u64);

impl Random {
    /// The sequence of this seed.
    pub fn new(seed: u64) -> Self {
        Self(scatter(seed ^ SEED))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        scatter(self.0)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    /// One of the items.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// All orders are equally likely (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// `count` of the items, some of them more than once.
    pub fn picks<T: Clone>(mut self, items: &[T], count: usize) -> Vec<T> {
        (0..count).map(|_| items[self.below(items.len())].clone()).collect()
    }

    /// `count` of the items, each at most once.
    pub fn sample<T: Clone>(mut self, items: &[T], count: usize) -> Vec<T> {
        let mut sample = items.to_vec();
        self.shuffle(&mut sample);
        sample.truncate(count);
        sample
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    #[test]
    fn unique_columns_are_unique_and_absent_codes_are_absent() {
        let rows = users(20_000);
        assert_eq!(rows.iter().map(|row| &row.username).collect::<HashSet<_>>().len(), rows.len());
        assert_eq!(rows.iter().map(|row| &row.email).collect::<HashSet<_>>().len(), rows.len());
        let codes: HashSet<_> = rows.iter().map(|row| row.code).collect();
        assert_eq!(codes.len(), rows.len());
        assert!((0..20_000).all(|number| !codes.contains(&absent_code(number))));
    }

    #[test]
    fn orders_are_dealt_evenly_and_scattered() {
        let parents: Vec<_> = (1..=100).filter_map(Id::from_u64).collect();
        let rows = orders(1_000, &parents);
        let mut counts = HashMap::new();
        rows.iter().for_each(|row| *counts.entry(row.user_id).or_insert(0) += 1);
        assert!(counts.len() == 100 && counts.values().all(|&count| count == 10));
        let neighbours = rows.windows(2).filter(|pair| pair[0].user_id == pair[1].user_id).count();
        assert!(neighbours < 50, "{neighbours} of 999 neighbours share a parent");
    }

    #[test]
    fn baskets_repeat_and_hold_one_to_three_items() {
        let users: Vec<_> = (1..=100).filter_map(Id::from_u64).collect();
        let products: Vec<_> = (1..=20).filter_map(Id::from_u64).collect();
        let fill = || {
            let order = Id::from_u64(1).unwrap();
            let items = |basket: Basket| (basket.order.user_id, basket.items(order).collect());
            baskets(1_000, &users, &products).map(items).collect::<Vec<(_, Vec<NewItem>)>>()
        };
        assert_eq!(format!("{:?}", fill()), format!("{:?}", fill()));
        let sizes: HashSet<_> = fill().iter().map(|(_, items)| items.len()).collect();
        assert_eq!(sizes, HashSet::from([1, 2, 3]));
        let often = fill().iter().filter(|(user, _)| *user == users[0]).count();
        assert!((1..40).contains(&often), "{often} of 1000 orders are of one of 100 users");
    }

    #[test]
    fn choices_repeat_and_reach_everything() {
        let items: Vec<_> = (0..50).collect();
        let picks = Random::new(7).picks(&items, 5_000);
        assert_eq!(picks, Random::new(7).picks(&items, 5_000));
        assert_ne!(picks, Random::new(8).picks(&items, 5_000));
        assert_eq!(picks.iter().collect::<HashSet<_>>().len(), 50);
        let sample = Random::new(7).sample(&items, 30);
        assert_eq!(sample.iter().collect::<HashSet<_>>().len(), 30);
    }
}
