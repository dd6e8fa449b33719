//! `with`: rows with the rows they are related to.

use std::cmp::Reverse;
use std::fmt::Debug;

use bondstone::FetchKind;
use bondstone::prelude::*;

use crate::world::{Item, Order, Place, Tag, User, UserTag, in_each_view};

/// Rows by their keys, in the order of the keys: relatives come in no particular one.
fn sorted<M: Model>(mut rows: Vec<&M>) -> Vec<&M> {
    rows.sort_by_key(|row| row.id());
    rows
}

/// Do both hold the very same rows?
#[track_caller]
fn assert_same<M: Model>(found: &[&M], expected: &[&M]) {
    let ids = |rows: &[&M]| rows.iter().map(|row| row.id()).collect::<Vec<_>>();
    assert_eq!(ids(found), ids(expected));
    let is_same = |(left, right): (&&M, &&M)| std::ptr::eq(*left, *right);
    assert!(found.iter().zip(expected).all(is_same), "the rows are this view's own");
}

fn children<C: Model>(db: &View, is_child: impl Fn(&C) -> bool) -> Vec<&C> {
    sorted(db.iter::<C>().filter(|row| is_child(row)).collect())
}

#[test]
fn a_foreign_key_brings_its_parent() {
    in_each_view(|db| {
        let orders: Vec<(&Order, &User)> = db.query::<Order>().with(Order::USER_ID).all();
        assert_eq!(orders.len(), db.count::<Order>());
        for (order, user) in orders {
            assert_same(&[user], &[&db[order.user_id]]);
        }
        for (order, payer) in db.query().with(Order::PAYER_ID) {
            let payer: Option<&User> = payer;
            assert_same(payer.as_slice(), order.payer_id.map(|id| &db[id]).as_slice());
        }
        for (item, tag) in db.query().with(Item::TAG_ID) {
            let expected: Option<&Tag> = item.tag_id.clone().map(|id| &db[id]);
            assert_same(tag.as_slice(), expected.as_slice());
        }
    });
}

#[test]
fn a_path_brings_what_stands_at_its_end() {
    in_each_view(|db| {
        for (item, user) in db.query().with(Item::ORDER_ID.to(Order::USER_ID)) {
            let user: &User = user;
            assert_same(&[user], &[item.order(db).user(db)]);
        }
        for (order, boss) in db.query().with(Order::PAYER_ID.to(User::BOSS_ID)) {
            let expected = order.payer(db).and_then(|payer| payer.boss(db));
            assert_same(boss.as_slice(), expected.as_slice());
        }
        for (order, boss) in db.query().with(Order::USER_ID.to(User::BOSS_ID)) {
            assert_same(boss.as_slice(), order.user(db).boss(db).as_slice());
        }
        for (order, places) in db.query().with(Order::PAYER_ID.to(User::PLACES)) {
            let payer = order.payer_id;
            assert_same(&sorted(places), &children(db, |p: &Place| Some(p.user_id) == payer));
        }
    });
}

#[test]
fn a_relation_brings_all_it_leads_to() {
    in_each_view(|db| {
        for kind in FetchKind::ALL {
            for (user, orders) in db.query().with(User::ORDERS).force(kind) {
                assert_same(&sorted(orders), &children(db, |o: &Order| o.user_id == user.id));
            }
            for (user, paid) in db.query().with(User::PAID).force(kind) {
                assert_same(&sorted(paid), &children(db, |o: &Order| o.payer_id == Some(user.id)));
            }
            for (user, reports) in db.query().with(User::REPORTS).force(kind) {
                assert_same(&sorted(reports), &children(db, |u: &User| u.boss_id == Some(user.id)));
            }
            for (tag, items) in db.query().with(Tag::ITEMS).force(kind) {
                let is_item = |item: &Item| item.tag_id.as_ref() == Some(&tag.id());
                assert_same(&sorted(items), &children(db, is_item));
            }
        }
        for (user, profile) in db.query().with(User::PROFILE) {
            assert_same(profile.as_slice(), user.profile(db).as_slice());
        }
        for (user, tags) in db.query().with(User::TAGS) {
            let expected = db.iter::<UserTag>().filter(|link| link.user_id == user.id);
            let expected = expected.map(|link| link.tag(db)).collect();
            assert_same(&sorted(tags), &sorted(expected));
        }
        for (tag, users) in db.query().with(Tag::USERS) {
            let expected = db.iter::<UserTag>().filter(|link| link.tag_id == tag.id());
            let expected = expected.map(|link| link.user(db)).collect();
            assert_same(&sorted(users), &sorted(expected));
        }
    });
}

#[test]
fn relatives_are_filtered_ordered_and_cut_for_each_row() {
    in_each_view(|db| {
        for kind in FetchKind::ALL {
            let large = User::ORDERS
                .filter(Order::AMOUNT.gt(-3))
                .filter_fn(|order| order.amount != 2)
                .order_by((Order::AMOUNT.desc(), Order::ID.asc()))
                .offset(1)
                .limit(2);
            for (user, orders) in db.query().with(large).force(kind) {
                let mut expected = children(db, |order: &Order| {
                    order.user_id == user.id && order.amount > -3 && order.amount != 2
                });
                expected.sort_by_key(|order| (Reverse(order.amount), order.id));
                let expected: Vec<&Order> = expected.into_iter().skip(1).take(2).collect();
                assert_same(&orders, &expected);
            }
            // Without an order any will do, but not too many.
            let some = User::ORDERS.limit(2);
            for (user, orders) in db.query().with(some).force(kind) {
                let all = children(db, |order: &Order| order.user_id == user.id);
                assert_eq!(orders.len(), all.len().min(2));
                assert!(orders.iter().all(|order| order.user_id == user.id));
            }
            for (_, tags) in db.query::<User>().with(User::TAGS.filter(Tag::RANK.gt(0)).limit(1)) {
                assert!(tags.len() <= 1 && tags.iter().all(|tag| tag.rank > 0));
            }
        }
        for (_, orders) in db.query::<User>().with(User::ORDERS.limit(0)) {
            assert!(orders.is_empty());
        }
    });
}

#[test]
fn relatives_bring_relatives_of_their_own() {
    in_each_view(|db| {
        for kind in FetchKind::ALL {
            let nested = (
                User::ORDERS.order_by(Order::ID.asc()).with(Order::ITEMS.order_by(Item::ID.asc())),
                User::PLACES.order_by(Place::ID.asc()),
                User::BOSS_ID.with(User::REPORTS.order_by(User::ID.asc())),
            );
            let mut met = 0;
            for (user, (orders, places, boss)) in db.query::<User>().with(nested).force(kind) {
                met += 1;
                let orders: Vec<(&Order, Vec<&Item>)> = orders;
                let rows: Vec<&Order> = orders.iter().map(|(order, _)| *order).collect();
                assert_same(&rows, &children(db, |order: &Order| order.user_id == user.id));
                for (order, items) in orders {
                    assert_same(&items, &children(db, |item: &Item| item.order_id == order.id));
                }
                assert_same(&places, &children(db, |place: &Place| place.user_id == user.id));
                let boss: Option<(&User, Vec<&User>)> = boss;
                assert_eq!(boss.as_ref().map(|(boss, _)| boss.id), user.boss_id);
                if let Some((boss, reports)) = boss {
                    assert_same(&reports, &children(db, |u: &User| u.boss_id == Some(boss.id)));
                }
            }
            assert_eq!(met, db.count::<User>());
        }
        for (item, (order, (user, tags))) in
            db.query::<Item>().with(Item::ORDER_ID.with(Order::USER_ID.with(User::TAGS)))
        {
            assert_eq!((item.order_id, order.user_id), (order.id, user.id));
            assert_same(&sorted(tags), &sorted(user.tags(db).all()));
        }
    });
}

#[test]
fn the_querys_conditions_order_and_limit_hold() {
    in_each_view(|db| {
        let grown =
            || db.query().filter(User::AGE.ge(2)).order_by((User::NAME.desc(), User::ID.asc()));
        let expected = grown().all();
        let rows = |rows: Vec<(&'_ User, Vec<&'_ Order>)>| -> Vec<Id<User>> {
            rows.iter().map(|(user, _)| user.id).collect()
        };
        let ids: Vec<Id<User>> = expected.iter().map(|user| user.id).collect();
        assert_eq!(rows(grown().with(User::ORDERS).all()), ids);
        let some = User::ORDERS.filter(Order::AMOUNT.gt(0));
        assert_eq!(rows(grown().with(some.clone()).all()), ids, "with a pass or without");
        let part: Vec<Id<User>> = ids.iter().copied().skip(1).take(3).collect();
        assert_eq!(rows(grown().offset(1).limit(3).with(some).all()), part);
        assert_eq!(
            grown().with(User::ORDERS).first().map(|(user, _)| user.id),
            ids.first().copied()
        );

        // A relation is a query too.
        for boss in db.iter::<User>().take(5) {
            let reports = boss.reports(db).filter(User::AGE.is_some()).with(User::BOSS_ID);
            for (report, found) in reports {
                assert_eq!(
                    (found.map(|boss| boss.id), report.boss_id),
                    (Some(boss.id), Some(boss.id))
                );
            }
        }
    });
}

fn text(parts: impl Iterator<Item = impl Debug>) -> String {
    format!("{:?}", parts.collect::<Vec<_>>())
}

#[test]
fn what_is_lent_is_what_is_given() {
    in_each_view(|db| {
        for kind in FetchKind::ALL {
            let mut given = db.query::<User>().with(User::ORDERS).force(kind).into_iter();
            let mut lent = db.query::<User>().with(User::ORDERS).force(kind).into_iter();
            while let Some((user, orders)) = lent.lend() {
                assert_eq!(
                    (orders.len(), orders.is_empty()),
                    (orders.rows().len(), orders.is_empty())
                );
                let (other, expected) = given.next().unwrap();
                assert_eq!(user.id, other.id);
                assert_same(orders.rows(), &expected);
                assert_same(&orders.collect::<Vec<_>>(), &expected);
            }
            assert!(given.next().is_none());

            let nested = || (User::ORDERS.with(Order::ITEMS), User::BOSS_ID);
            let mut given = db.query::<User>().with(nested()).force(kind).into_iter();
            let mut lent = db.query::<User>().with(nested()).force(kind).into_iter();
            while let Some((user, (orders, boss))) = lent.lend() {
                let (other, (expected, other_boss)) = given.next().unwrap();
                assert_eq!((user.id, boss.map(|u| u.id)), (other.id, other_boss.map(|u| u.id)));
                let orders = text(orders.map(|(o, items)| (o.id, text(items.map(|i| i.id)))));
                let expected = expected.into_iter();
                let expected = expected.map(|(o, items)| (o.id, text(items.iter().map(|i| i.id))));
                assert_eq!(orders, text(expected));
            }
            assert!(given.next().is_none());
        }
    });
}
