//! A small world with nulls, duplicates, natural keys, self references, and rows that changed.

use bondstone::prelude::*;
use bondstone_tests::dice::Dice;

#[derive(Clone, Debug, Model)]
#[table("users")]
#[has_many(orders: Order by user_id, paid: Order by payer_id, reports: User)]
#[has_many(tags: Tag via UserTag, places: Place)]
#[has_one(profile: Profile)]
pub struct User {
    #[key]
    pub id: Id<User>,
    #[index]
    pub name: String,
    #[index]
    pub age: Option<u8>,
    #[unique]
    pub email: Option<String>,
    #[index(hash)]
    pub city: Option<String>,
    pub weight: i32,
    #[on_delete(set_null)]
    pub boss_id: Option<Id<User>>,
}

impl User {
    #[hybrid]
    pub fn initial(&self) -> Option<char> {
        self.name.chars().next()
    }
}

#[derive(Clone, Debug, Model)]
#[table("profiles")]
pub struct Profile {
    #[key]
    pub id: Id<Profile>,
    #[unique]
    #[on_delete(cascade)]
    pub user_id: Id<User>,
    pub level: u8,
}

#[derive(Clone, Debug, Model)]
#[table("places")]
pub struct Place {
    #[key]
    pub id: Id<Place>,
    #[on_delete(cascade)]
    pub user_id: Id<User>,
    pub city: String,
}

#[derive(Clone, Debug, Model)]
#[table("orders")]
#[has_many(items: Item)]
#[index(by_payer: payer_id, amount)]
pub struct Order {
    #[key]
    pub id: Id<Order>,
    #[on_delete(cascade)]
    pub user_id: Id<User>,
    #[on_delete(set_null)]
    pub payer_id: Option<Id<User>>,
    #[index]
    pub amount: i64,
}

#[derive(Clone, Debug, Model)]
#[table("items")]
pub struct Item {
    #[key]
    pub id: Id<Item>,
    #[on_delete(cascade)]
    pub order_id: Id<Order>,
    pub tag_id: Option<Id<Tag>>,
    pub quantity: u32,
}

/// Its keys are texts.
#[derive(Clone, Debug, Model)]
#[table("tags")]
#[has_many(users: User via UserTag, items: Item)]
pub struct Tag {
    #[key]
    pub name: String,
    pub rank: u32,
}

#[derive(Clone, Debug, Model)]
#[table("user_tags")]
pub struct UserTag {
    #[key]
    #[on_delete(cascade)]
    pub user_id: Id<User>,
    #[key]
    #[on_delete(cascade)]
    pub tag_id: Id<Tag>,
}

/// Related to nobody.
#[derive(Clone, Debug, Model)]
#[table("leads")]
#[index(by_score: score, age)]
pub struct Lead {
    #[key]
    pub id: Id<Lead>,
    pub email: Option<String>,
    #[index]
    pub age: Option<u8>,
    pub score: i64,
    pub initial: Option<char>,
}

const TAGS: [&str; 5] = ["", "a", "ab", "b", "tag\0"];

fn database() -> Database {
    Database::builder().models::<(User, Lead)>().in_memory().unwrap()
}

/// Something or, one time in `often`, nothing.
fn perhaps<T>(dice: &mut Dice, often: u64, make: impl FnOnce(&mut Dice) -> T) -> Option<T> {
    (dice.roll(often) > 0).then(|| make(dice))
}

fn pick<T: Clone>(dice: &mut Dice, from: &[T]) -> T {
    from[dice.roll(from.len() as u64) as usize].clone()
}

/// About so many users, and what belongs to them.
fn fill(tx: &mut Tx, dice: &mut Dice, users: u64) -> Result<(), Error> {
    for tag in TAGS {
        if !tx.contains(Id::<Tag>::new(tag.to_owned())) {
            tx.insert(NewTag { name: tag.into(), rank: dice.roll(3) as u32 })?;
        }
    }
    let mut everybody: Vec<Id<User>> = tx.iter::<User>().map(|user| user.id).collect();
    for _ in 0..users {
        let number = tx.count::<User>() as u64 + dice.roll(1 << 40);
        let often = if everybody.is_empty() { 1 } else { 3 };
        let boss_id = perhaps(dice, often, |dice| pick(dice, &everybody));
        let user = tx.insert(NewUser {
            name: format!("n{}", dice.roll(7)),
            age: perhaps(dice, 4, |dice| dice.roll(6) as u8),
            email: perhaps(dice, 3, |_| format!("e{number}")),
            city: perhaps(dice, 4, |dice| format!("c{}", dice.roll(4))),
            weight: dice.roll(9) as i32 - 4,
            boss_id,
        })?;
        everybody.push(user);
        if dice.roll(3) == 0 {
            tx.insert(NewProfile { user_id: user, level: dice.roll(4) as u8 })?;
        }
        for tag in TAGS {
            if dice.roll(4) == 0 {
                tx.insert(UserTag { user_id: user, tag_id: Id::new(tag.to_owned()) })?;
            }
        }
        for _ in 0..dice.roll(3) {
            let city = if dice.roll(3) == 0 {
                pick(dice, &TAGS).into()
            } else {
                format!("c{}", dice.roll(4))
            };
            tx.insert(NewPlace { user_id: user, city })?;
        }
    }
    for _ in 0..3 * users {
        let order = tx.insert(NewOrder {
            user_id: pick(dice, &everybody),
            payer_id: perhaps(dice, 2, |dice| pick(dice, &everybody)),
            amount: dice.roll(10) as i64 - 5,
        })?;
        for _ in 0..dice.roll(4) {
            let tag_id = perhaps(dice, 3, |dice| Id::new(pick(dice, &TAGS).to_owned()));
            tx.insert(NewItem { order_id: order, tag_id, quantity: dice.roll(5) as u32 })?;
        }
    }
    for _ in 0..users {
        let known: Vec<Option<String>> = tx.iter::<User>().map(|user| user.email.clone()).collect();
        tx.insert(NewLead {
            email: pick(dice, &known),
            age: perhaps(dice, 4, |dice| dice.roll(6) as u8),
            score: dice.roll(4) as i64,
            initial: perhaps(dice, 3, |_| 'n'),
        })?;
    }
    Ok(())
}

/// Changes and deletes about a quarter of what is there.
fn disturb(tx: &mut Tx, dice: &mut Dice) -> Result<(), Error> {
    let users: Vec<Id<User>> = tx.iter::<User>().map(|user| user.id).collect();
    for user in &users {
        match dice.roll(8) {
            0 => tx.delete(*user).map(|_| ())?,
            1 => {
                let age = perhaps(dice, 4, |dice| dice.roll(6) as u8);
                tx.update(*user, |user| {
                    user.age = age;
                    user.weight += 1;
                })?;
            }
            2 => drop(tx.update(*user, |user| user.email = None)?),
            _ => {}
        }
    }
    let users: Vec<Id<User>> = tx.iter::<User>().map(|user| user.id).collect();
    let orders: Vec<Id<Order>> = tx.iter::<Order>().map(|order| order.id).collect();
    for order in orders {
        match dice.roll(8) {
            0 => tx.delete(order).map(|_| ())?,
            1 if !users.is_empty() => {
                let user = pick(dice, &users);
                tx.update(order, |order| order.user_id = user)?;
            }
            2 => drop(tx.update(order, |order| order.payer_id = None)?),
            3 => drop(tx.update(order, |order| order.amount = -order.amount)?),
            _ => {}
        }
    }
    fill(tx, dice, 2)
}

/// Asks views of worlds of several sizes: an empty one, an old snapshot, the last one, and a transaction that has written.
pub fn in_each_view(ask: impl Fn(&View)) {
    for users in [0, 1, 7, 40, 150] {
        let db = database();
        let dice = &mut Dice(users + 1);
        ask(&db.read());
        if users == 0 {
            continue;
        }
        db.write(|tx| fill(tx, dice, users)).unwrap();
        let old = db.read();
        ask(&old);
        db.write(|tx| disturb(tx, dice)).unwrap();
        db.write(|tx| disturb(tx, dice)).unwrap();
        ask(&db.read());
        ask(&old);
        let mut tx = db.begin().unwrap();
        disturb(&mut tx, dice).unwrap();
        ask(&tx);
        drop(tx);
        ask(&db.read());
        db.check().unwrap();
    }
}
