//! From parents to their ten children, and from children to their parent.

use super::{BY_HAND, Digest, each, repeat, two_of_order, two_of_user};
use crate::measure::Contest;
use crate::model::{Order, User};
use crate::stage::{CHILDREN, Shop, Stage};
use std::hint::black_box;

/// The children of random parents whose rows are at hand; both contestants read the id there. One
/// operation is a parent.
pub fn children_of_parent(stage: &Stage) -> Contest<'_> {
    let Shop { store, database, users, .. } = stage.shop();
    let ours = stage.random(6).picks(users, stage.reads() / CHILDREN);
    let theirs = ours.clone();
    Contest::new(move || {
        let snap = database.read();
        let parents: Vec<_> = ours.iter().filter_map(|&id| snap.get(id)).collect();
        each(&parents, |user| snap.orders_of(user).map(two_of_order).digest())
    })
    .against(BY_HAND, move || {
        let parents: Vec<_> = theirs.iter().filter_map(|&id| store.user(id)).collect();
        each(&parents, |user| store.orders_of(user.id).map(two_of_order).digest())
    })
}

/// All parents with all their children. One operation is a child.
pub fn full_join(stage: &Stage) -> Contest<'_> {
    let Shop { store, database, orders, .. } = stage.shop();
    let walks = stage.walks() / 2;
    Contest::new(move || {
        let snap = database.read();
        repeat(walks, orders.len(), || {
            let pairs = |user| snap.orders_of(user).map(|order| two_of_pair(order, user)).digest();
            black_box(&snap).users().map(pairs).digest()
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
}

/// A field of each, so that the parent takes part.
#[inline]
fn two_of_pair(order: &Order, user: &User) -> u64 {
    (order.amount as u64).wrapping_mul(user.code)
}

/// All children, each with its parent. One operation is a child.
pub fn parent_of_child_walk(stage: &Stage) -> Contest<'_> {
    let Shop { store, database, orders, .. } = stage.shop();
    let walks = stage.walks() / 2;
    Contest::new(move || {
        let snap = database.read();
        repeat(walks, orders.len(), || {
            black_box(&snap).orders_with_user().map(|(_, user)| two_of_user(user)).digest()
        })
    })
    .against(BY_HAND, move || {
        let parent = |order: &Order| store.user(order.user_id).map_or(0, two_of_user);
        repeat(walks, orders.len(), || black_box(store).orders().map(parent).digest())
    })
}

/// The parents of random children whose rows are at hand.
pub fn parent_of_child_ref(stage: &Stage) -> Contest<'_> {
    let Shop { store, database, orders, .. } = stage.shop();
    let ours = stage.random(7).picks(orders, stage.reads());
    let theirs = ours.clone();
    Contest::new(move || {
        let snap = database.read();
        let children: Vec<_> = ours.iter().filter_map(|&id| snap.get_order(id)).collect();
        each(&children, |order| snap.user_of(order).map_or(0, two_of_user))
    })
    .against(BY_HAND, move || {
        let children: Vec<_> = theirs.iter().filter_map(|&id| store.order(id)).collect();
        each(&children, |order| store.user(order.user_id).map_or(0, two_of_user))
    })
}
