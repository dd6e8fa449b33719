//! Every rule of the hand-written store refuses what it should, lets the rest through, and leaves
//! nothing behind.

use super::*;
use crate::data;

fn user(name: &str, code: u64) -> NewUser {
    NewUser {
        username: name.into(),
        email: format!("{name}@example.org"),
        code,
        score: code as i64 * 10,
        age: 30,
        balance: 0,
        created: 0,
        flags: 0,
    }
}

fn order(user_id: Id<User>) -> NewOrder {
    NewOrder { user_id, amount: 5, quantity: 1, placed: 0 }
}

fn ann_and_bob() -> (Store, Id<User>, Id<User>) {
    let mut store = Store::default();
    let ann = store.insert_user(user("ann", 1)).unwrap();
    let bob = store.insert_user(user("bob", 2)).unwrap();
    (store, ann, bob)
}

/// Indexes and rows say the same, and nothing else is in the indexes.
fn assert_consistent(store: &Store) {
    for row in store.users() {
        let found = [
            store.user(row.id),
            store.user_by_username(&row.username),
            store.user_by_email(&row.email),
            store.user_by_code(row.code),
            store.user_at(store.user_key(row.id).unwrap()),
        ];
        assert!(found.into_iter().all(|found| std::ptr::eq(found.unwrap(), row)));
    }
    let (users, orders) = (&store.users, &store.orders);
    assert_eq!(users.sizes(), [store.users().count(); 5]);
    let ordered: Vec<_> =
        store.users_from_score(i64::MIN).map(|row| (row.score, row.id.get())).collect();
    assert!(ordered.is_sorted() && ordered.len() == users.len());
    let ids: Vec<_> = store.user_ids_from_score(i64::MIN).collect();
    assert!(ids.iter().eq(ordered.iter().map(|(_, id)| id)));
    let down = store.users_down_from_score(i64::MAX).map(|row| (row.score, row.id.get()));
    assert!(down.eq(ordered.iter().rev().copied()));
    for row in store.orders() {
        assert!(std::ptr::eq(store.order(row.id).unwrap(), row));
        assert_eq!(store.orders_of(row.user_id).filter(|other| other.id == row.id).count(), 1);
    }
    let listed: usize = store.users().map(|row| store.orders_of(row.id).count()).sum();
    assert_eq!([listed; 2], [store.orders().count(), orders.id_count()]);
}

#[test]
fn a_taken_value_is_refused_in_each_unique_column() {
    let (mut store, ..) = ann_and_bob();
    let cases = [
        (NewUser { username: "ann".into(), ..user("cyd", 3) }, "username"),
        (NewUser { email: "bob@example.org".into(), ..user("cyd", 3) }, "email"),
        (NewUser { code: 2, ..user("cyd", 3) }, "code"),
    ];
    for (new, column) in cases {
        assert_eq!(store.insert_user(new), Err(Refused::Taken(column)));
        assert_consistent(&store);
    }
    assert_eq!(store.user_count(), 2);
    let cyd = store.insert_user(NewUser { score: 10, ..user("cyd", 3) }).unwrap();
    assert_eq!(cyd.get(), 3, "a refused insert uses up no id, and equal scores are fine");
    assert_consistent(&store);
}

#[test]
fn checks_and_lengths_are_judged_at_their_borders() {
    let mut store = Store::default();
    assert_eq!(
        store.insert_user(NewUser { age: 200, ..user("a", 1) }),
        Err(Refused::Check("age_below_200"))
    );
    assert!(store.insert_user(NewUser { age: 199, ..user("a", 1) }).is_ok());
    let long = |count| NewUser { username: "é".repeat(count), ..user("b", 2) };
    assert_eq!(store.insert_user(long(51)), Err(Refused::TooLong("username")));
    assert!(store.insert_user(long(50)).is_ok(), "characters are counted, not bytes");
    let long = |count| NewUser { email: "x".repeat(count), ..user("c", 3) };
    assert_eq!(store.insert_user(long(101)), Err(Refused::TooLong("email")));
    assert!(store.insert_user(long(100)).is_ok());
    assert_consistent(&store);
}

#[test]
fn an_order_needs_a_user_and_a_quantity() {
    let (mut store, ann, bob) = ann_and_bob();
    store.delete_user(bob, OnDelete::Restrict).unwrap();
    assert_eq!(store.insert_order(order(bob)), Err(Refused::NoParent));
    let none = NewOrder { quantity: 0, ..order(ann) };
    assert_eq!(store.insert_order(none), Err(Refused::Check("quantity_above_0")));
    assert!(store.insert_order(order(ann)).is_ok());
    assert_consistent(&store);
}

#[test]
fn a_user_with_orders_stays_or_takes_them_along() {
    let (mut store, ann, bob) = ann_and_bob();
    let orders: Vec<_> = (0..6).map(|_| store.insert_order(order(ann)).unwrap()).collect();
    store.insert_order(order(bob)).unwrap();
    assert_eq!(store.delete_user(ann, OnDelete::Restrict), Err(Refused::Referred));
    assert!(store.user(ann).is_some());
    store.delete_order(orders[3]).unwrap();
    assert_consistent(&store);
    store.delete_user(ann, OnDelete::Cascade).unwrap();
    assert_consistent(&store);
    assert_eq!((store.user(ann).is_none(), store.orders().count()), (true, 1));
    assert_eq!(store.delete_user(ann, OnDelete::Cascade), Err(Refused::NotFound));
    assert_eq!(store.delete_order(orders[0]), Err(Refused::NotFound));
}

#[test]
fn a_user_whose_last_order_goes_may_go() {
    let (mut store, ann, _) = ann_and_bob();
    let order = store.insert_order(order(ann)).unwrap();
    store.delete_order(order).unwrap();
    assert_eq!(store.delete_user(ann, OnDelete::Restrict), Ok(()));
    assert_consistent(&store);
}

#[test]
fn an_item_needs_an_order_a_product_and_a_quantity_and_holds_its_order() {
    let (mut store, ann, _) = ann_and_bob();
    let order_id = store.insert_order(order(ann)).unwrap();
    let absent = Id::from_u64(77).unwrap();
    let product = |category_id| NewProduct { category_id, name: "tea".into(), price: 5, stock: 1 };
    assert_eq!(store.insert_product(product(Id::from_u64(1).unwrap())), Err(Refused::NoParent));
    let category_id = store.insert_category(NewCategory { name: "food".into() }).unwrap();
    let product_id = store.insert_product(product(category_id)).unwrap();
    let item = NewItem { order_id, product_id, quantity: 2, price: 5 };

    for (new, reason) in [
        (NewItem { order_id: Id::from_u64(77).unwrap(), ..item.clone() }, Refused::NoParent),
        (NewItem { product_id: absent, ..item.clone() }, Refused::NoParent),
        (NewItem { quantity: 0, ..item.clone() }, Refused::Check("quantity_above_0")),
    ] {
        assert_eq!(store.insert_item(new), Err(reason));
    }
    assert_eq!((store.items().count(), store.items_of(order_id).count()), (0, 0));

    let id = store.insert_item(item).unwrap();
    assert!(store.items_of(order_id).map(|item| item.id).eq([id]));
    assert_eq!(store.delete_order(order_id), Err(Refused::Referred));
    assert_eq!(store.delete_user(ann, OnDelete::Cascade), Err(Refused::Referred));
    let found = store.product(product_id).and_then(|product| store.category(product.category_id));
    assert_eq!(found.map(|category| category.name.as_str()), Some("food"));
    assert_consistent(&store);
}

#[test]
fn what_was_deleted_is_free_again() {
    let (mut store, ann, _) = ann_and_bob();
    let key = store.user_key(ann).unwrap();
    store.delete_user(ann, OnDelete::Restrict).unwrap();
    assert_ne!(store.insert_user(user("ann", 1)), Ok(ann), "ids are not given twice");
    assert!(store.user_at(key).is_none(), "the old place does not lead to the new row");
    assert_consistent(&store);
}

#[test]
fn an_update_moves_index_entries_or_changes_nothing() {
    let (store, ann, bob) = ann_and_bob();
    let store = Locked::new(store);
    let rename = |row: &mut User| {
        row.username = "zoe".into();
        row.email = "zoe@example.org".into();
        row.code = 9;
        row.score = -1;
    };
    store.write(|statements| statements.update(ann, rename)).unwrap();
    assert_consistent(&store.read());
    assert!(store.read().user_by_username("ann").is_none());
    assert_eq!(store.read().user_ids_from_score(-1).next(), Some(ann.get()));

    type Change = fn(&mut User);
    let refused: [(Change, Refused); 6] = [
        (|row| row.username = "zoe".into(), Refused::Taken("username")),
        (|row| row.email = "zoe@example.org".into(), Refused::Taken("email")),
        (|row| (row.score, row.code) = (7, 9), Refused::Taken("code")),
        (|row| row.age = 200, Refused::Check("age_below_200")),
        (|row| row.username = "x".repeat(51), Refused::TooLong("username")),
        (|row| row.id = Id::from_u64(77).unwrap(), Refused::IdChanged),
    ];
    for (change, reason) in refused {
        assert_eq!(store.write(|statements| statements.update(bob, change)), Err(reason));
        assert_consistent(&store.read());
        assert_eq!(store.read().user(bob).map(|row| (row.score, row.age)), Some((20, 30)));
    }
}

#[test]
fn a_refused_statement_undoes_those_before_it() {
    let (store, ann, bob) = ann_and_bob();
    let store = Locked::new(store);
    let outcome = store.write(|statements| {
        statements.update(ann, |row| (row.balance, row.code) = (1, 100))?;
        statements.update(ann, |row| (row.balance, row.code) = (2, 200))?;
        statements.update(bob, |row| row.code = 200)
    });
    assert_eq!(outcome, Err(Refused::Taken("code")));
    assert_consistent(&store.read());
    assert_eq!(store.read().user(ann).map(|row| (row.balance, row.code)), Some((0, 1)));
    store.write(|statements| statements.update(ann, |row| row.balance = 3)).unwrap();
    assert!(store.write(|statements| statements.update(bob, |row| row.age = 999)).is_err());
    assert_eq!(
        store.read().user(ann).map(|row| row.balance),
        Some(3),
        "a kept write is not undone later"
    );
}

#[test]
fn many_rows_in_bulk_and_one_by_one_are_the_same() {
    let rows = data::users(2_000);
    let (mut bulk, mut single) = (Store::default(), Store::default());
    bulk.insert_users(rows.clone()).unwrap();
    rows.into_iter().for_each(|row| assert!(single.insert_user(row).is_ok()));
    assert_consistent(&bulk);
    let text = |store: &Store| format!("{:?}", store.users().collect::<Vec<_>>());
    assert_eq!(text(&bulk), text(&single));
    let duplicate =
        bulk.users().next().map(|row| NewUser { code: row.code, ..user("new", 0) }).unwrap();
    assert_eq!(bulk.insert_users(vec![duplicate]), Err(Refused::Taken("code")));
}
