//! Joins: pairs of rows that agree in a value, each kind of join against a nested loop.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;

use bondstone::prelude::*;
use bondstone::{JoinKind, Query};

use crate::world::{Item, Lead, Order, Place, Tag, User, in_each_view};

/// Which kinds of join were used, and how often.
type Reached = RefCell<HashMap<JoinKind, usize>>;

/// One side of a join: its query, its expression, and the value of the expression by hand.
struct By<'v, M: Model, E, V> {
    query: Box<dyn Fn() -> Query<'v, M> + 'v>,
    by: E,
    value: Box<dyn Fn(&'v M) -> Option<V> + 'v>,
}

fn by<'v, M: Model, E: Expression<M>, V>(
    query: impl Fn() -> Query<'v, M> + 'v,
    by: E,
    value: impl Fn(&'v M) -> Option<V> + 'v,
) -> By<'v, M, E, V> {
    By { query: Box::new(query), by, value: Box::new(value) }
}

/// The keys of pairs.
fn ids<'v, L: Model, R: Model>(
    pairs: impl IntoIterator<Item = (&'v L, Option<&'v R>)>,
) -> Vec<(Id<L>, Option<Id<R>>)> {
    pairs.into_iter().map(|(left, right)| (left.id(), right.map(R::id))).collect()
}

/// Compares joins of each kind with a nested loop: inner and outer, limited, with conditions on pairs.
#[track_caller]
fn compare<'v, L, R, A, B>(
    reached: &Reached,
    left: &By<'v, L, A, A::Value>,
    right: &By<'v, R, B, A::Value>,
) where
    L: Model,
    R: Model,
    A: Expression<L, Value: Eq + Hash + Debug>,
    B: Expression<R, Value = A::Value>,
{
    let (lefts, rights) = ((left.query)().all(), (right.query)().all());
    let partners = |row: &'v L| -> Vec<&'v R> {
        let Some(value) = (left.value)(row) else { return Vec::new() };
        rights
            .iter()
            .copied()
            .filter(|right_row| (right.value)(right_row).as_ref() == Some(&value))
            .collect()
    };
    let inner: Vec<(&L, Option<&R>)> = lefts
        .iter()
        .flat_map(|row| partners(row).into_iter().map(|other| (*row, Some(other))))
        .collect();
    let mut outer = inner.clone();
    outer.extend(lefts.iter().filter(|row| partners(row).is_empty()).map(|row| (*row, None)));
    let (mut inner, mut outer) = (ids(inner), ids(outer));
    inner.sort();
    outer.sort();

    for kind in JoinKind::ALL {
        let join = || {
            let side = (right.query)().on(right.by.clone());
            (left.query)().join(left.by.clone(), side).force(kind)
        };
        let left_join = || {
            let side = (right.query)().on(right.by.clone());
            (left.query)().left_join(left.by.clone(), side).force(kind)
        };
        if join().kind() != kind {
            // It is not possible here: counts decide, and may decide otherwise if fewer are wanted.
            assert_eq!(join().count(), inner.len());
            continue;
        }
        *reached.borrow_mut().entry(kind).or_default() += 1;
        let mut found = ids(join().all().into_iter().map(|(left, right)| (left, Some(right))));
        let first = join().first().map(|(left, right)| (left.id(), Some(right.id())));
        assert_eq!(first, found.first().cloned());
        let part =
            ids(join().offset(1).limit(3).into_iter().map(|(left, right)| (left, Some(right))));
        assert_eq!(part, found.iter().skip(1).take(3).cloned().collect::<Vec<_>>());
        found.sort();
        assert_eq!(found, inner, "{kind:?}");
        assert_eq!(join().count(), inner.len());
        assert_eq!(join().exists(), !inner.is_empty());

        let mut found = ids(left_join());
        found.sort();
        assert_eq!(found, outer, "{kind:?}");
        assert_eq!(left_join().count(), outer.len());
        let lone = left_join().filter_pairs(|_, right| right.is_none());
        let expected = outer.iter().filter(|(_, right)| right.is_none());
        assert_eq!(lone.count(), expected.count());
        let last = rights.last().map(|row| row.id());
        let some = join().filter_pairs(|_, right| Some(right.id()) == last).count();
        assert_eq!(some, inner.iter().filter(|(_, right)| *right == last).count());
    }
}

/// Every kind was used, and not only once.
fn assert_all_reached(reached: &Reached, kinds: &[JoinKind]) {
    for kind in kinds {
        assert!(reached.borrow().get(kind).copied().unwrap_or(0) > 10, "{kind:?} was not reached");
    }
}

#[test]
fn texts_that_may_be_null_join_by_unique_and_hash_indexes() {
    let reached = Reached::default();
    in_each_view(|db| {
        let users = by(|| db.query::<User>(), User::EMAIL, |user| user.email.clone());
        let leads = by(|| db.query::<Lead>(), Lead::EMAIL, |lead| lead.email.clone());
        compare(&reached, &users, &leads);
        compare(&reached, &leads, &users);
        let cities = by(|| db.query::<User>(), User::CITY, |user| user.city.clone());
        let places = by(|| db.query::<Place>(), Place::CITY, |place| Some(place.city.clone()));
        compare(&reached, &places, &cities);
        compare(&reached, &cities, &places);
        let tags = by(|| db.query::<Tag>(), Tag::NAME, |tag| Some(tag.name.clone()));
        compare(&reached, &places, &tags);
        compare(&reached, &tags, &places);
    });
    assert_all_reached(&reached, &[JoinKind::IndexLoop, JoinKind::Hash]);
}

#[test]
fn both_sides_in_the_order_of_an_index_are_merged() {
    let reached = Reached::default();
    in_each_view(|db| {
        let users = by(|| db.query::<User>(), User::AGE, |user| user.age);
        let leads = by(|| db.query::<Lead>(), Lead::AGE, |lead| lead.age);
        compare(&reached, &users, &leads);
        compare(&reached, &leads, &users);
        compare(&reached, &users, &users);
        // An index of which the column is the first of two.
        let orders = by(|| db.query::<Order>(), Order::AMOUNT, |order| Some(order.amount));
        let scores = by(|| db.query::<Lead>(), Lead::SCORE, |lead| Some(lead.score));
        compare(&reached, &orders, &scores);
        compare(&reached, &scores, &orders);
        let names = by(|| db.query::<User>(), User::NAME, |user| Some(user.name.clone()));
        let places = by(|| db.query::<Place>(), Place::CITY, |place| Some(place.city.clone()));
        compare(&reached, &names, &names);
        compare(&reached, &places, &names);
    });
    assert_all_reached(&reached, &JoinKind::ALL);
}

#[test]
fn keys_and_foreign_keys_join_like_columns() {
    let reached = Reached::default();
    in_each_view(|db| {
        let users = by(|| db.query::<User>(), User::ID, |user| Some(user.id));
        let payers = by(|| db.query::<Order>(), Order::PAYER_ID, |order| order.payer_id);
        let owners = by(|| db.query::<Order>(), Order::USER_ID, |order| Some(order.user_id));
        let reports = by(|| db.query::<User>(), User::BOSS_ID, |user| user.boss_id);
        compare(&reached, &users, &payers);
        compare(&reached, &payers, &users);
        compare(&reached, &payers, &owners);
        compare(&reached, &reports, &users);
        compare(&reached, &users, &reports);
        let tagged = by(|| db.query::<Item>(), Item::TAG_ID, |item| item.tag_id.clone());
        compare(&reached, &tagged, &tagged);
    });
    assert_all_reached(&reached, &[JoinKind::IndexLoop, JoinKind::Hash]);
}

#[test]
fn paths_hybrids_and_calculations_join_like_columns() {
    let reached = Reached::default();
    in_each_view(|db| {
        let ages = by(
            || db.query::<Order>(),
            Order::PAYER_ID.to(User::AGE),
            |order| order.payer(db).and_then(|payer| payer.age),
        );
        let leads = by(|| db.query::<Lead>(), Lead::AGE, |lead| lead.age);
        compare(&reached, &ages, &leads);
        compare(&reached, &leads, &ages);
        let initials = by(|| db.query::<User>(), User::INITIAL, User::initial);
        let letters = by(|| db.query::<Lead>(), Lead::INITIAL, |lead| lead.initial);
        compare(&reached, &initials, &letters);
        compare(&reached, &letters, &initials);
        let weights = by(
            || db.query::<User>(),
            User::WEIGHT.cast::<i64>() + 1_i64,
            |user| Some(i64::from(user.weight) + 1),
        );
        let scores = by(|| db.query::<Lead>(), Lead::SCORE, |lead| Some(lead.score));
        compare(&reached, &weights, &scores);
        compare(&reached, &scores, &weights);
    });
    assert_all_reached(&reached, &[JoinKind::IndexLoop, JoinKind::Hash]);
}

#[test]
fn both_sides_may_be_queries() {
    let reached = Reached::default();
    in_each_view(|db| {
        let grown = || db.query().filter(User::AGE.ge(2)).filter_fn(|user| user.weight > -3);
        let users = by(grown, User::AGE, |user| user.age);
        let young = || db.query().filter(Lead::AGE.lt(4)).filter_fn(|lead| lead.score != 2);
        let leads = by(young, Lead::AGE, |lead| lead.age);
        compare(&reached, &users, &leads);
        compare(&reached, &leads, &users);
        let first =
            move || young().order_by((Lead::SCORE.desc(), Lead::ID.asc())).offset(1).limit(5);
        let some = by(first, Lead::AGE, |lead| lead.age);
        compare(&reached, &users, &some);
        compare(&reached, &some, &users);
        let Some(boss) = db.iter::<User>().next() else { return };
        let reports = by(|| boss.reports(db).query(), User::AGE, |user| user.age);
        compare(&reached, &reports, &leads);
        compare(&reached, &leads, &reports);
    });
    assert_all_reached(&reached, &JoinKind::ALL);
}

#[test]
fn pairs_come_in_the_order_of_the_left_query() {
    in_each_view(|db| {
        let users = || db.query::<User>().order_by((User::NAME.desc(), User::ID.asc()));
        let leads = || db.query::<Lead>().order_by((Lead::SCORE.desc(), Lead::ID.asc()));
        let expected: Vec<(Id<User>, Id<Lead>)> = users()
            .into_iter()
            .flat_map(|user| leads().into_iter().map(move |lead| (user, lead)))
            .filter(|(user, lead)| user.age.is_some() && user.age == lead.age)
            .map(|(user, lead)| (user.id, lead.id))
            .collect();
        for kind in JoinKind::ALL {
            let pairs = users().join(User::AGE, leads().on(Lead::AGE)).force(kind);
            let found: Vec<_> = pairs.into_iter().map(|(user, lead)| (user.id, lead.id)).collect();
            assert_eq!(found, expected);
            // Without an order on the right, the left's holds still.
            let pairs = users().left_join(User::AGE, Lead::AGE).force(kind);
            let mut found: Vec<_> = pairs.into_iter().map(|(user, _)| user.id).collect();
            found.dedup();
            assert_eq!(found, users().ids());
        }
    });
}

#[test]
fn counts_decide_how_partners_are_found() -> Result<(), Error> {
    let db = Database::builder().models::<(User, Lead)>().in_memory()?;
    db.write(|tx| {
        for number in 0..1000_u32 {
            let user = crate::world::NewUser {
                name: format!("n{number}"),
                age: Some((number % 100) as u8),
                email: Some(format!("e{number}")),
                city: None,
                weight: 0,
                boss_id: None,
            };
            tx.insert(user)?;
            let lead = crate::world::NewLead {
                email: Some(format!("e{number}")),
                age: Some((number % 100) as u8),
                score: 0,
                initial: None,
            };
            tx.insert(lead)?;
        }
        Ok(())
    })?;
    let snap = db.read();
    let few = snap.query::<Lead>().limit(3);
    assert_eq!(few.join(Lead::EMAIL, User::EMAIL).kind(), JoinKind::IndexLoop);
    let all = snap.query::<User>().join(User::EMAIL, Lead::EMAIL);
    assert_eq!(all.kind(), JoinKind::Hash, "there is no index on the right");
    assert_eq!(snap.query::<User>().join(User::AGE, Lead::AGE).kind(), JoinKind::Merge);
    let one = snap.query().filter(User::EMAIL.eq("e3")).join(User::AGE, Lead::AGE);
    assert_eq!(one.kind(), JoinKind::IndexLoop);
    assert_eq!(one.count(), 10);
    Ok(())
}
