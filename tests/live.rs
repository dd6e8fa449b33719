//! What live queries promise: every delta is the difference between two results.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use bondstone::prelude::*;
use bondstone::{Delta, Live};
use bondstone_tests::dice::Dice;

/// Someone who orders.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("users")]
#[has_many(orders: Order)]
struct User {
    #[key]
    id: Id<User>,
    name: String,
    #[index]
    age: u32,
}

impl User {
    #[hybrid]
    fn is_grown(&self) -> bool {
        self.age >= 3
    }

    #[hybrid]
    fn ordered(&self, db: &View) -> u32 {
        self.orders(db).into_iter().map(|order| order.quantity).sum()
    }
}

/// What is ordered.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("orders")]
struct Order {
    #[key]
    id: Id<Order>,
    #[on_delete(cascade)]
    user: Id<User>,
    quantity: u32,
}

/// What nobody asks for.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("other")]
struct Other {
    #[key]
    id: Id<Other>,
}

/// What is sold; known by a name that may change.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("products")]
struct Product {
    #[key]
    name: String,
    floor: f64,
}

/// A price tag; known by a code that may change.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("items")]
struct Item {
    #[key]
    code: String,
    #[on_delete(cascade)]
    product: Id<Product>,
    price: f64,
    top: Option<f64>,
}

/// So many change sets a feed holds.
const CAPACITY: usize = 4;

fn database() -> Database {
    let builder = Database::builder().models::<(User, Other, Item)>();
    builder.feed_capacity(CAPACITY).in_memory().expect("the models fit together")
}

fn user(name: &str, age: u32) -> NewUser {
    NewUser { name: name.into(), age }
}

#[test]
fn rows_enter_change_and_leave() {
    let db = database();
    let ann = db.write(|tx| tx.insert(user("ann", 5))).expect("new");
    let mut grown = db.live::<User>(|q| q.filter(User::IS_GROWN)).expect("none is open");
    assert_eq!(grown.rows().map(|user| user.id).collect::<Vec<_>>(), [ann]);
    let bob = db.write(|tx| tx.insert(user("bob", 1))).expect("new");
    db.write(|tx| tx.insert(NewOther {})).expect("new");
    assert!(grown.try_recv().is_none(), "neither is in the result");
    let age = |id: Id<User>, age| {
        db.write(|tx| tx.update(id, |user| user.age = age).map(drop)).expect("there")
    };
    age(bob, 3);
    let delta = grown.recv().expect("the database is there");
    assert_eq!((delta.seq, delta.enter.len(), delta.enter[0].id), (db.version(), 1, bob));
    age(bob, 4);
    let delta = grown.recv().expect("the database is there");
    assert_eq!((delta.change[0].before.age, delta.change[0].after.age), (3, 4));
    age(bob, 2);
    let delta = grown.recv().expect("the database is there");
    assert_eq!(delta.leave[0].age, 4, "as it was in the result");
    db.write(|tx| tx.delete(ann).map(drop)).expect("nobody refers to her");
    assert_eq!(grown.recv().expect("the database is there").leave[0].id, ann);
    assert_eq!(grown.rows().count(), 0);
    assert!(grown.get(&bob).is_none() && grown.seq() == db.version());
    drop(db);
    assert!(grown.recv().is_none());
}

#[test]
fn other_rows_and_limits_count() {
    let db = database();
    let [ann, bob] =
        ["ann", "bob"].map(|name| db.write(|tx| tx.insert(user(name, 5))).expect("new"));
    let mut busy = db
        .live::<User>(|q| q.filter(User::ORDERS.any(Order::QUANTITY.gt(2))))
        .expect("none is open");
    let mut best = db
        .live::<User>(|q| q.order_by((User::ORDERED.desc(), User::NAME.asc())).limit(1))
        .expect("none is open");
    let mut youngest =
        db.live::<User>(|q| q.order_by(User::AGE.asc()).limit(1)).expect("none is open");
    assert_eq!(best.rows().next().map(|user| user.id), Some(ann));
    let order = db.write(|tx| tx.insert(NewOrder { user: bob, quantity: 3 })).expect("new");
    assert_eq!(busy.recv().expect("there").enter[0].id, bob);
    let delta = best.recv().expect("there");
    assert_eq!((delta.enter[0].id, delta.leave[0].id), (bob, ann));
    assert!(youngest.try_recv().is_none(), "its table has not changed");
    db.write(|tx| tx.delete(order).map(drop)).expect("nobody refers to it");
    assert_eq!(busy.recv().expect("there").leave[0].id, bob);
    assert_eq!(best.recv().expect("there").enter[0].id, ann);
    db.write(|tx| tx.update(bob, |user| user.age = 1).map(drop)).expect("it is there");
    assert_eq!(youngest.recv().expect("there").enter[0].id, bob);
}

/// A result, by key.
type Rows<M> = BTreeMap<Id<M>, M>;

/// Takes a delta to a result, which it is the exact difference of.
fn apply<M: Model + PartialEq>(rows: &mut Rows<M>, delta: Delta<M>) {
    assert!(!delta.is_empty());
    for row in delta.enter {
        assert_eq!(rows.insert(row.id(), row), None, "it was not there");
    }
    for change in delta.change {
        assert_ne!(change.before, change.after);
        let before = rows.insert(change.after.id(), change.after);
        assert_eq!(before, Some(change.before));
    }
    for row in delta.leave {
        assert_eq!(rows.remove(&row.id()), Some(row));
    }
}

/// A query that is asked for, and what its deltas must be.
struct Asked<M: Model> {
    ask: Ask<M>,
    kind: Kind,
}

type Ask<M> = fn(Query<'_, M>) -> Query<'_, M>;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// A delta for each commit that makes a difference.
    Each,
    /// The difference of several commits may come in one.
    Several,
    /// As before; and rows have an order.
    Ordered,
}

const fn each<M: Model>(ask: Ask<M>) -> Asked<M> {
    Asked { ask, kind: Kind::Each }
}

const fn several<M: Model>(ask: Ask<M>) -> Asked<M> {
    Asked { ask, kind: Kind::Several }
}

const fn ordered<M: Model>(ask: Ask<M>) -> Asked<M> {
    Asked { ask, kind: Kind::Ordered }
}

fn of_users() -> Vec<Asked<User>> {
    vec![
        each(|q| q),
        each(|q| q.filter(User::AGE.ge(3))),
        each(|q| q.filter(User::AGE.within(1..4))),
        each(|q| q.filter(!User::IS_GROWN.is_true() & User::NAME.starts_with("a"))),
        each(|q| q.filter(User::AGE.gt(1)).filter_fn(|user| user.name.len() > 2)),
        several(|q| q.filter(User::ORDERS.any(Order::QUANTITY.ge(2)))),
        several(|q| q.filter(User::ORDERS.size().eq(1))),
        several(|q| q.filter(User::ORDERED.gt(3))),
        ordered(|q| q.order_by((User::AGE.desc(), User::NAME.asc())).limit(3)),
        ordered(|q| q.order_by_key().offset(2)),
        ordered(|q| {
            q.filter(User::AGE.lt(4)).order_by((User::ORDERED.asc(), User::ID.asc())).limit(2)
        }),
    ]
}

fn of_items() -> Vec<Asked<Item>> {
    vec![
        each(|q| q),
        each(|q| q.filter(Item::PRICE.ge(1.5))),
        each(|q| q.filter(Item::PRICE.within(0.5..2.0))),
        each(|q| q.filter(Item::PRICE.within(..=Item::TOP))),
        each(|q| q.filter(Item::PRODUCT.eq(product(1)))),
        each(|q| q.filter(Item::CODE.within("item 2".to_owned()..="item 4".to_owned()))),
        several(|q| q.filter(Item::PRICE.within(Item::PRODUCT.to(Product::FLOOR)..))),
        several(|q| q.filter(Item::PRICE.within(..Item::PRODUCT.to(Product::FLOOR)))),
        several(|q| q.filter(Item::PRICE.ge(Item::PRODUCT.to(Product::FLOOR)))),
        ordered(|q| q.order_by_key_desc().limit(3)),
        ordered(|q| q.filter(Item::TOP.is_none()).order_by(Item::CODE.asc())),
    ]
}

/// Live queries, each with the result that its deltas give, and the results there were.
struct Followed<M: Model>(Vec<(Asked<M>, Live<M>, Rows<M>, BTreeMap<u64, Rows<M>>)>);

fn by_key<'a, M: Model>(rows: impl IntoIterator<Item = &'a M>) -> Rows<M> {
    rows.into_iter().map(|row| (row.id(), row.clone())).collect()
}

impl<M: Model + PartialEq + std::fmt::Debug> Followed<M> {
    fn new(db: &Database, asked: Vec<Asked<M>>) -> Self {
        let follow = |asked: Asked<M>| {
            let live = db.live(asked.ask).expect("none is open");
            let rows = by_key(live.rows());
            (asked, live, rows, BTreeMap::new())
        };
        Self(asked.into_iter().map(follow).collect())
    }

    /// Remembers what the queries give now.
    fn remember(&mut self, view: &View) {
        for (asked, _, _, results) in &mut self.0 {
            let rows = || by_key((asked.ask)(view.query()));
            results.entry(view.version()).or_insert_with(rows);
        }
    }

    fn catch_up(&mut self, view: &View, commits: usize, what: &str) {
        for (nth, (asked, live, rows, results)) in self.0.iter_mut().enumerate() {
            let what = format!("{what}, query {nth}");
            let misses_none = asked.kind == Kind::Each && commits <= CAPACITY;
            let is_unchanged = |rows: &Rows<M>, versions: std::ops::Range<u64>| {
                results.range(versions).all(|(_, result)| result == rows)
            };
            let mut seq = live.seq();
            while let Some(delta) = live.try_recv() {
                assert!(delta.seq > seq, "{what}");
                assert!(
                    !misses_none || is_unchanged(rows, seq + 1..delta.seq),
                    "{what}: a delta is missing"
                );
                seq = delta.seq;
                apply(rows, delta);
                assert_eq!(*rows, results[&seq], "{what}: at {seq}");
            }
            assert!(
                !misses_none || is_unchanged(rows, seq + 1..u64::MAX),
                "{what}: a delta is missing"
            );
            let expected: Vec<&M> = (asked.ask)(view.query()).all();
            let kept: Vec<&M> = live.rows().collect();
            if asked.kind == Kind::Ordered {
                assert_eq!(kept, expected, "{what}");
            }
            assert_eq!(*rows, by_key(expected.iter().copied()), "{what}: deltas");
            assert_eq!(kept.len(), expected.len(), "{what}");
            assert_eq!(by_key(kept), *rows, "{what}: rows");
        }
    }
}

fn product(number: u64) -> Id<Product> {
    Id::new(format!("product {number}"))
}

fn item(number: u64) -> Id<Item> {
    Id::new(format!("item {number}"))
}

fn play(db: &Database, dice: &mut Dice) {
    let names = ["a", "ab", "abc", "b", "bcd"];
    let prices = [0.0, 0.5, 1.0, 1.5, 2.0, f64::INFINITY];
    let _ = db.write(|tx| {
        for _ in 0..1 + dice.roll(3) {
            let user = Id::<User>::from_u64(1 + dice.roll(12)).expect("above 0");
            let (age, name) = (dice.roll(6) as u32, names[dice.roll(5) as usize]);
            let (product, other) = (product(dice.roll(4)), product(dice.roll(4)));
            let (item, another) = (item(dice.roll(6)), item(dice.roll(6)));
            let (price, top) = (prices[dice.roll(6) as usize], prices[dice.roll(6) as usize]);
            let top = (top > 0.0).then_some(top);
            let outcome = match dice.roll(17) {
                0 | 1 => tx.insert(self::user(name, age)).map(drop),
                2 | 3 => tx.insert(NewOrder { user, quantity: age }).map(drop),
                4 => tx.delete(user).map(drop),
                5 => tx.update(user, |user| user.age = age).map(drop),
                6 => tx.update(user, |user| user.name = name.into()).map(drop),
                7 => tx.update_where(Order::QUANTITY.lt(age), |o| o.quantity += 1).map(drop),
                8 => tx.insert(Product { name: product.key().clone(), floor: price }).map(drop),
                9 => tx.update(product, |product| product.floor = price).map(drop),
                10 => tx.rekey(product, other),
                11 | 12 => {
                    tx.insert(Item { code: item.key().clone(), product, price, top }).map(drop)
                }
                13 => tx.update(item, |item| (item.price, item.top) = (price, top)).map(drop),
                14 => tx.rekey(item, another),
                15 => match dice.roll(3) {
                    0 => tx.delete(product).map(drop),
                    _ => tx.delete(item).map(drop),
                },
                _ => tx.insert(NewOther {}).map(drop),
            };
            if outcome.is_err() && dice.roll(10) == 0 {
                outcome?;
            }
        }
        Ok(())
    });
}

#[test]
fn a_live_query_is_the_query_run_again() {
    for seed in 0..25 {
        let mut dice = Dice(seed);
        let db = database();
        (0..8 + dice.roll(10)).for_each(|_| play(&db, &mut dice));
        let mut users = Followed::new(&db, of_users());
        let mut items = Followed::new(&db, of_items());
        for round in 0..30 {
            // Now and then more than a feed holds.
            let commits = [1, 1, 2, 3, 9][dice.roll(5) as usize];
            for _ in 0..commits {
                play(&db, &mut dice);
                users.remember(&db.read());
                items.remember(&db.read());
            }
            let what = format!("seed {seed}, round {round}");
            users.catch_up(&db.read(), commits, &format!("{what}, users"));
            items.catch_up(&db.read(), commits, &format!("{what}, items"));
        }
    }
}

/// A range may end where a row of another table says.
#[test]
fn bounds_in_other_rows_count() {
    let db = database();
    let price = |number| Item {
        code: item(number).key().clone(),
        product: product(1),
        price: number as f64,
        top: None,
    };
    db.write(|tx| {
        tx.insert(Product { name: product(1).key().clone(), floor: 2.0 })?;
        tx.insert_all((1..4).map(price)).map(drop)
    })
    .expect("new");
    let mut enough = db
        .live::<Item>(|q| q.filter(Item::PRICE.within(Item::PRODUCT.to(Product::FLOOR)..)))
        .expect("none is open");
    assert_eq!(enough.rows().count(), 2);
    db.write(|tx| tx.update(product(1), |product| product.floor = 3.0).map(drop)).expect("there");
    let delta = enough.try_recv().expect("one is too cheap now");
    assert_eq!(delta.leave.iter().map(|item| item.price).collect::<Vec<_>>(), [2.0]);
}

/// Whoever waits for a difference for so long gets back by then, beside a writer who makes none without end.
#[test]
fn waiting_ends_in_time() {
    let db = database();
    let mut grown = db.live::<User>(|q| q.filter(User::AGE.gt(100))).expect("none is open");
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                db.write(|tx| tx.insert(NewOther {})).expect("new");
                thread::sleep(Duration::from_millis(1));
            }
        });
        let begun = Instant::now();
        let time = Duration::from_millis(40);
        let (done, watched) = mpsc::channel();
        let grown = &mut grown;
        scope.spawn(move || {
            let delta = grown.recv_timeout(time);
            done.send(delta.is_none()).expect("somebody waits");
        });
        let told = watched.recv_timeout(Duration::from_secs(20));
        is_over.store(true, Ordering::Relaxed);
        assert_eq!(told, Ok(true), "it came back, with nothing");
        assert!(begun.elapsed() >= time);
    });
    db.write(|tx| tx.insert(user("ann", 101))).expect("new");
    assert!(grown.recv_timeout(Duration::ZERO).is_some(), "what is there already is in time");
}
