//! From parents to their ten children, and from children to their parent.

use super::{BY_HAND, Digest, SQLITE, each, repeat, two_of_order, two_of_pair, two_of_user};
use crate::measure::Contest;
use crate::model::{Order, User};
use crate::stage::{CHILDREN, Shop, Stage};
use bondstone::Related;
use std::hint::black_box;

/// The children of random parents whose rows are at hand; both contestants read the id there. One
/// operation is a parent.
pub fn children_of_parent(stage: &Stage) -> Contest<'_> {
    let shop @ Shop { store, database, users, .. } = stage.shop();
    let ours = stage.random(6).picks(users, stage.reads() / CHILDREN);
    let theirs = ours.clone();
    let numbers: Vec<_> = ours.iter().map(|id| id.get() as i64).collect();
    let mut select =
        shop.sqlite().prepare("SELECT sum(amount + quantity) FROM orders WHERE user_id = ?1");
    Contest::new(move || {
        let snap = database.read();
        let parents: Vec<_> = ours.iter().filter_map(|&id| snap.get(id)).collect();
        each(&parents, |user| user.orders(&snap).iter().map(two_of_order).digest())
    })
    .against(BY_HAND, move || {
        let parents: Vec<_> = theirs.iter().filter_map(|&id| store.user(id)).collect();
        each(&parents, |user| store.orders_of(user.id).map(two_of_order).digest())
    })
    .against_slow(SQLITE, move || each(&numbers, |id| select.word([id])))
}

/// All parents with all their children. One operation is a child.
pub fn full_join(stage: &Stage) -> Contest<'_> {
    let shop @ Shop { store, database, orders, .. } = stage.shop();
    let walks = stage.walks() / 2;
    let mut select = shop
        .sqlite()
        .prepare("SELECT sum(o.amount * u.age) FROM users u JOIN orders o ON o.user_id = u.id");
    Contest::new(move || {
        let snap = database.read();
        repeat(walks, orders.len(), || {
            let families = black_box(&snap).with_children(User::ORDERS);
            let pairs = |(user, orders): (&User, Related<'_, Order>)| {
                orders.iter().map(|order| two_of_pair(order, user)).digest()
            };
            families.map(pairs).digest()
        })
    })
    .against(BY_HAND, move || {
        repeat(walks, orders.len(), || {
            let pairs = |user: &User| {
                store.orders_of(user.id).map(|order| two_of_pair(order, user)).digest()
            };
            black_box(store).users().map(pairs).digest()
        })
    })
    .against_slow(SQLITE, move || repeat(walks, orders.len(), || select.word([])))
}

/// All children, each with its parent. One operation is a child.
pub fn parent_of_child_walk(stage: &Stage) -> Contest<'_> {
    let shop @ Shop { store, database, orders, .. } = stage.shop();
    let walks = stage.walks() / 2;
    let mut select = shop
        .sqlite()
        .prepare("SELECT sum(u.balance + u.age) FROM orders o JOIN users u ON u.id = o.user_id");
    Contest::new(move || {
        let snap = database.read();
        repeat(walks, orders.len(), || {
            let families = black_box(&snap).with_parent(Order::USER_ID);
            families.map(|(_, user)| user.map_or(0, two_of_user)).digest()
        })
    })
    .against(BY_HAND, move || {
        let parent = |order: &Order| store.user(order.user_id).map_or(0, two_of_user);
        repeat(walks, orders.len(), || black_box(store).orders().map(parent).digest())
    })
    .against_slow(SQLITE, move || repeat(walks, orders.len(), || select.word([])))
}

/// The parents of random children whose rows are at hand.
pub fn parent_of_child_ref(stage: &Stage) -> Contest<'_> {
    let Shop { store, database, orders, .. } = stage.shop();
    let ours = stage.random(7).picks(orders, stage.reads());
    let theirs = ours.clone();
    Contest::new(move || {
        let snap = database.read();
        let children: Vec<_> = ours.iter().filter_map(|&id| snap.get(id)).collect();
        each(&children, |order| two_of_user(order.user(&snap)))
    })
    .against(BY_HAND, move || {
        let children: Vec<_> = theirs.iter().filter_map(|&id| store.order(id)).collect();
        each(&children, |order| store.user(order.user_id).map_or(0, two_of_user))
    })
}
