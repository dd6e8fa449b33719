//! Hooks that call each other, and hooks that write what is being written.

use bondstone::prelude::*;

use super::*;

#[test]
fn hooks_nest_so_deep_and_no_deeper() {
    let build = |depth: Option<usize>| {
        let builder = Database::builder().models::<Models>().hooks(|h| {
            h.after_insert(|note: &Note, tx| match note.text.len() {
                0 => Ok(()),
                length => super::note(tx, "x".repeat(length - 1)),
            })
        });
        let builder = match depth {
            Some(depth) => builder.hook_depth(depth),
            None => builder,
        };
        builder.in_memory().expect("the models fit together")
    };
    let insert = |db: &Database, nested: usize| db.write(|tx| note(tx, "x".repeat(nested)));
    let db = build(None);
    insert(&db, 31).expect("32 hooks, each in a statement of the one before");
    assert_eq!(db.read().count::<Note>(), 32);
    let Err(Error::HookDepth(chain)) = insert(&db, 32) else { panic!("one more is refused") };
    assert_eq!(chain, vec!["`after_insert` of notes"; 33]);
    assert_eq!(db.read().count::<Note>(), 32, "with all that came before");
    let db = build(Some(2));
    insert(&db, 1).expect("two hooks");
    assert!(matches!(insert(&db, 2), Err(Error::HookDepth(_))));
}

#[test]
fn hooks_make_so_many_statements_and_no_more() {
    let db = Database::builder()
        .models::<Models>()
        .hook_statements(10)
        .hooks(|h| {
            h.after_insert(|user: &User, tx| (0..user.email.len()).try_for_each(|_| note(tx, "n")))
        })
        .in_memory()
        .expect("the models fit together");
    db.write(|tx| {
        tx.insert(user("1234"))?;
        tx.insert(user("123456"))?;
        assert!(matches!(tx.insert(user("1")), Err(Error::HookDepth(_))), "they count together");
        // Those of the program itself do not count.
        (0..20).try_for_each(|_| note(tx, "n"))
    })
    .expect("the transaction goes on");
    assert_eq!(db.read().count::<Note>(), 30);
    db.write(|tx| tx.insert(user("12"))).expect("each transaction counts anew");
}

#[test]
fn no_hook_writes_what_is_being_written() {
    let db = database();
    let ann = ann(&db);
    let order = db.write(|tx| tx.insert(order(ann, 1))).expect("no rule is broken");
    db.hooks(|h| {
        h.before_update(|new: &mut User, _: &User, tx| match new.age {
            1 => tx.update(new.id, |user| user.age = 7).map(drop),
            2 => tx.delete(new.id).map(drop),
            3 => tx.update_where(User::AGE.ge(0), |user| user.age = 7).map(drop),
            // Another row; of a table that nobody listens to.
            4 => tx.update_where(Order::QUANTITY.gt(0), |order| order.quantity += 1).map(drop),
            _ => Ok(()),
        });
        h.before_delete(|user: &User, tx| match user.age {
            // It goes in the cascade, and its statement has not come so far.
            4 => tx.update_where(Order::QUANTITY.gt(0), |order| order.quantity = 7).map(drop),
            5 => tx.delete(user.id).map(drop),
            _ => Ok(()),
        });
    });
    db.write(|tx| {
        for age in [1, 2, 3] {
            let refused = tx.update(ann, |user| user.age = age).map(drop).unwrap_err();
            let Error::ReentrantWrite { row, hook } = &refused else { panic!("{refused}") };
            assert_eq!((row.as_str(), hook.as_str()), ("users#1", "`before_update` of users"));
            let refused = tx.update_where(User::AGE.eq(0), |user| user.age = age).unwrap_err();
            assert!(matches!(refused, Error::ReentrantWrite { .. }), "{refused}");
        }
        tx.update(ann, |user| user.age = 4)?;
        assert_eq!(tx[order].quantity, 2, "others may be written");
        let refused = tx.delete(ann).map(drop).unwrap_err();
        assert!(matches!(&refused, Error::ReentrantWrite { row, .. } if row == "orders#1"));
        tx.update(ann, |user| user.age = 5)?;
        assert!(matches!(tx.delete(ann).map(drop), Err(Error::ReentrantWrite { .. })));
        // Nothing stays busy.
        tx.update(ann, |user| user.age = 6)?;
        tx.update(order, |order| order.quantity = 3)?;
        tx.delete(ann).map(drop)
    })
    .expect("the transaction goes on");
    assert_whole(&db);
}

#[test]
fn a_rekey_does_not_move_what_is_being_written() {
    let db = database();
    db.write(|tx| {
        let nail = tx.insert(Product { code: "nail".into(), price: 1 })?;
        tx.insert(Part { product: nail, place: 1 })
    })
    .expect("new");
    let [nail, screw] = ["nail", "screw"].map(Id::<Product>::new);
    let (here, there) = (nail.clone(), screw.clone());
    db.hooks(|h| {
        h.before_update(move |_: &mut Product, old: &Product, tx| match old.price {
            1 => tx.rekey(here.clone(), there.clone()),
            _ => Ok(()),
        })
    });
    db.write(|tx| {
        let refused = tx.update(nail.clone(), |nail| nail.price = 2).map(drop).unwrap_err();
        assert!(matches!(refused, Error::ReentrantWrite { .. }), "{refused}");
        let refused = tx.rekey(nail.clone(), screw.clone()).unwrap_err();
        assert!(matches!(refused, Error::ReentrantWrite { .. }), "{refused}");
        Ok(())
    })
    .expect("the transaction goes on");
    assert_whole(&db);
}

#[test]
fn after_hooks_may_write_the_row() {
    let db = database();
    db.hooks(|h| {
        h.after_insert(|user: &User, tx| tx.update(user.id, |user| user.age = 18).map(drop));
    });
    let ann = ann(&db);
    assert_eq!(db.read()[ann].age, 18);
    assert_whole(&db);
}
