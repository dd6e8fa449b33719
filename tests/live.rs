//! What live queries promise: every delta is the difference between two results.

use std::collections::BTreeMap;

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

fn database() -> Database {
    let builder = Database::builder().models::<(User, Other)>();
    builder.feed_capacity(4).in_memory().expect("the models fit together")
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

type Ask = fn(Query<'_, User>) -> Query<'_, User>;

const QUERIES: [Ask; 10] = [
    |q| q,
    |q| q.filter(User::AGE.ge(3)),
    |q| q.filter(!User::IS_GROWN.is_true() & User::NAME.starts_with("a")),
    |q| q.filter(User::AGE.gt(1)).filter_fn(|user| user.name.len() > 2),
    |q| q.filter(User::ORDERS.any(Order::QUANTITY.ge(2))),
    |q| q.filter(User::ORDERS.size().eq(1)),
    |q| q.filter(User::ORDERED.gt(3)),
    |q| q.order_by((User::AGE.desc(), User::NAME.asc())).limit(3),
    |q| q.order_by_key().offset(2),
    |q| q.filter(User::AGE.lt(4)).order_by((User::ORDERED.asc(), User::ID.asc())).limit(2),
];

/// Live queries, each with the result that its deltas give.
struct Followed(Vec<(Ask, Live<User>, Rows<User>)>);

impl Followed {
    fn new(db: &Database) -> Self {
        let follow = |ask: &Ask| {
            let live = db.live(*ask).expect("none is open");
            let rows = live.rows().map(|user| (user.id, user.clone())).collect();
            (*ask, live, rows)
        };
        Self(QUERIES.iter().map(follow).collect())
    }

    fn catch_up(&mut self, db: &Database, what: &str) {
        let snapshot = db.read();
        for (nth, (ask, live, rows)) in self.0.iter_mut().enumerate() {
            let mut seq = live.seq();
            while let Some(delta) = live.try_recv() {
                assert!(delta.seq > seq, "{what}, query {nth}");
                seq = delta.seq;
                apply(rows, delta);
            }
            let asked = ask(snapshot.query());
            let expected: Vec<&User> = asked.clone().all();
            let kept: Vec<&User> = live.rows().collect();
            // An order is kept where one was asked for.
            if nth >= 7 {
                assert_eq!(kept, expected, "{what}, query {nth}");
            }
            let expected: Rows<User> =
                expected.into_iter().map(|user| (user.id, user.clone())).collect();
            assert_eq!(*rows, expected, "{what}, query {nth}: deltas");
            assert_eq!(kept.len(), expected.len(), "{what}, query {nth}");
            assert!(kept.into_iter().all(|user| expected.get(&user.id) == Some(user)));
        }
    }
}

fn play(db: &Database, dice: &mut Dice) {
    let names = ["a", "ab", "abc", "b", "bcd"];
    let _ = db.write(|tx| {
        for _ in 0..1 + dice.roll(3) {
            let user = Id::<User>::from_u64(1 + dice.roll(12)).expect("above 0");
            let (age, name) = (dice.roll(6) as u32, names[dice.roll(5) as usize]);
            let outcome = match dice.roll(9) {
                0 | 1 => tx.insert(self::user(name, age)).map(drop),
                2 | 3 => tx.insert(NewOrder { user, quantity: age }).map(drop),
                4 => tx.delete(user).map(drop),
                5 => tx.update(user, |user| user.age = age).map(drop),
                6 => tx.update(user, |user| user.name = name.into()).map(drop),
                7 => tx.update_where(Order::QUANTITY.lt(age), |o| o.quantity += 1).map(drop),
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
        (0..5 + dice.roll(10)).for_each(|_| play(&db, &mut dice));
        let mut followed = Followed::new(&db);
        for round in 0..30 {
            // Now and then more than a feed holds.
            let commits = [1, 1, 2, 3, 9][dice.roll(5) as usize];
            (0..commits).for_each(|_| play(&db, &mut dice));
            followed.catch_up(&db, &format!("seed {seed}, round {round}"));
        }
    }
}
