//! Deletes and rekeys: who is called, in which order, and what a veto in the middle leaves.

use bondstone::prelude::*;

use super::*;

/// Ann with two orders of two lines each.
fn orders(db: &Database) -> Id<User> {
    let ann = ann(db);
    db.write(|tx| {
        for quantity in [1, 2] {
            let order = tx.insert(order(ann, quantity))?;
            tx.insert_all([NewLine { order }, NewLine { order }])?;
        }
        Ok(())
    })
    .expect("no rule is broken");
    ann
}

fn rows(db: &Database) -> (usize, usize, usize) {
    let snap = db.read();
    (snap.count::<User>(), snap.count::<Order>(), snap.count::<Line>())
}

#[test]
fn before_from_the_root_outwards_and_after_children_first() {
    let db = database();
    let ann = orders(&db);
    let calls = Calls::default();
    calls.watch::<User>(&db);
    calls.watch::<Order>(&db);
    calls.watch::<Line>(&db);
    db.write(|tx| tx.delete(ann).map(drop)).expect("nobody refuses");
    let calls = calls.take();
    let (before, after) = calls.split_at(7);
    assert_eq!(before[0], "before_delete users#1");
    assert_eq!(before[1..3], ["before_delete orders#1", "before_delete orders#2"]);
    assert!(before[3..].iter().all(|call| call.starts_with("before_delete lines#")), "{before:?}");
    assert_eq!(after[6], "after_delete users#1");
    let place = |call: &str| after.iter().position(|other| other == call);
    for (line, order) in [(1, 1), (2, 1), (3, 2), (4, 2)] {
        let line = place(&format!("after_delete lines#{line}"));
        assert!(line.is_some() && line < place(&format!("after_delete orders#{order}")));
    }
    assert_eq!(rows(&db), (0, 0, 0));
    assert_whole(&db);
}

#[test]
fn a_veto_in_the_middle_undoes_all_and_says_the_way() {
    for kind in ["before", "after"] {
        let db = database();
        let ann = orders(&db);
        db.hooks(|h| {
            h.before_delete(|order: &Order, tx| note(tx, format!("{} goes", order.id)));
            let veto = |line: &Line| {
                if line.id.get() == 3 { Err(Error::from("this line stays")) } else { Ok(()) }
            };
            if kind == "before" {
                h.before_delete(move |line: &Line, _| veto(line));
            } else {
                h.after_delete(move |line: &Line, _| veto(line));
            }
        });
        let refused = db.write(|tx| {
            let refused = tx.delete(ann).map(drop).unwrap_err();
            assert_eq!(tx.count::<Note>(), 0, "what hooks wrote is gone");
            assert_eq!(tx[ann].orders(tx).count(), 2);
            Ok(refused)
        });
        let refused = refused.expect("the transaction goes on");
        let veto = refused.veto().expect("a hook refused");
        assert_eq!(veto.row(), Some("lines#3"));
        if kind == "before" {
            assert_eq!(veto.path(), ["users#1", "orders#2", "lines#3"]);
            let text = refused.to_string();
            assert!(text.ends_with("this line stays; path users#1 → orders#2 → lines#3"), "{text}");
        }
        assert_eq!(rows(&db), (1, 2, 4));
        assert_whole(&db);
    }
}

#[test]
fn a_refusal_comes_before_any_hook() {
    let db = database();
    db.write(|tx| {
        let nail = tx.insert(Product { code: "nail".into(), price: 1 })?;
        tx.insert(Part { product: nail, place: 1 })
    })
    .expect("new");
    let calls = Calls::default();
    calls.watch::<Product>(&db);
    let refused = db.write(|tx| tx.delete(Id::<Product>::new("nail")).map(drop));
    assert!(matches!(refused, Err(Error::Restricted(_))), "parts restrict");
    assert_eq!(calls.take(), Vec::<String>::new());
}

#[test]
fn rows_that_let_go_are_updated() {
    let db = database();
    let ann = orders(&db);
    let nail = Id::<Product>::new("nail");
    db.write(|tx| {
        tx.insert(Product { code: "nail".into(), price: 1 })?;
        let lines: Vec<Id<Line>> = tx.query::<Line>().order_by_key().limit(2).ids();
        tx.update_all(lines, |line: &mut Line| line.product = Some(nail.clone()))
    })
    .expect("no rule is broken");
    let calls = Calls::default();
    calls.watch::<Product>(&db);
    calls.watch::<Line>(&db);
    let here = calls.clone();
    db.hooks(|h| {
        h.on_set(Line::PRODUCT, move |_, change| {
            here.add(format!("{:?} → {:?}", change.old.flatten().is_some(), change.new.is_some()));
            Ok(())
        })
    });
    db.write(|tx| tx.delete(nail).map(drop)).expect("lines let go");
    let expected = [
        "before_delete products#\"nail\"",
        "true → false",
        "before_update lines#1",
        "true → false",
        "before_update lines#2",
        "after_delete products#\"nail\"",
        "after_update lines#1",
        "after_update lines#2",
    ];
    assert_eq!(calls.take(), expected);
    assert_eq!(db.read().query().filter(Line::PRODUCT.eq(None)).count(), 4);

    // And a veto of a row that lets go says the way, too.
    db.write(|tx| {
        let nail = tx.insert(Product { code: "nail".into(), price: 1 })?;
        tx.update_where(Line::ID.eq(Id::from_u64(4).expect("above 0")), |line| {
            line.product = Some(nail.clone());
        })
    })
    .expect("no rule is broken");
    db.hooks(|h| h.before_update(|_: &mut Line, _: &Line, _| Err("lines stay".into())));
    let refused = db.write(|tx| tx.delete(Id::<Product>::new("nail")).map(drop));
    let refused = refused.unwrap_err();
    let path = refused.veto().map(|veto| veto.path().len());
    assert_eq!(path, Some(2), "{refused}");
    assert!(db.read().contains(ann));
    assert_whole(&db);
}

#[test]
fn rows_that_hooks_add_go_too() {
    let db = database();
    let ann = orders(&db);
    let calls = Calls::default();
    calls.watch::<Order>(&db);
    db.hooks(|h| {
        h.before_delete(|user: &User, tx| tx.insert(order(user.id, 7)).map(drop));
        h.before_delete(|order: &Order, tx| {
            if order.quantity < 8 {
                tx.insert(super::order(order.user, order.quantity + 6)).map(drop)?;
            }
            Ok(())
        });
    });
    db.write(|tx| tx.delete(ann).map(drop)).expect("nobody refuses");
    assert_eq!(rows(&db), (0, 0, 0), "also those that came while hooks were called");
    let calls = calls.take();
    let before = calls.iter().filter(|call| call.starts_with("before_delete")).count();
    let after = calls.iter().filter(|call| call.starts_with("after_delete")).count();
    // Two there were, of 1 and 2; then 7 for the user; 7, 8 and 13 for these; and 13 for the second 7.
    assert_eq!((before, after), (7, 7), "each once: {calls:?}");
    assert_whole(&db);
}

#[test]
fn a_bulk_delete_is_one_cascade() {
    let db = database();
    orders(&db);
    let calls = Calls::default();
    calls.watch::<Order>(&db);
    calls.watch::<Line>(&db);
    assert_eq!(db.write(|tx| tx.delete_where(Order::QUANTITY.gt(0))).expect("all go"), 2);
    let calls = calls.take();
    assert_eq!(calls[..2], ["before_delete orders#1", "before_delete orders#2"]);
    assert_eq!(calls.len(), 12);
    assert_eq!(rows(&db), (1, 0, 0));
}

#[test]
fn a_report_has_what_hooks_added() {
    let db = database();
    let ann = ann(&db);
    db.hooks(|h| h.before_delete(|user: &User, tx| tx.insert(order(user.id, 7)).map(drop)));
    let report = db.write(|tx| tx.delete_reported(ann).map(|(_, report)| report.to_string()));
    assert_eq!(
        report.expect("nobody refuses"),
        "delete users#1\n  deletes   orders#1 (user, cascade)"
    );
}

#[test]
fn a_rekey_is_an_update_of_all_that_follow() {
    let db = database();
    let ann = ann(&db);
    let [nail, screw] = ["nail", "screw"].map(Id::<Product>::new);
    db.write(|tx| {
        tx.insert(Product { code: "nail".into(), price: 1 })?;
        tx.insert(Part { product: nail.clone(), place: 1 })?;
        let order = tx.insert(order(ann, 1))?;
        let line = tx.insert(NewLine { order })?;
        tx.update(line, |line| line.product = Some(nail.clone())).map(drop)
    })
    .expect("no rule is broken");
    let calls = Calls::default();
    calls.watch::<Product>(&db);
    calls.watch::<Line>(&db);
    let (here, late) = (calls.clone(), calls.clone());
    db.hooks(|h| {
        h.before_update(move |part: &mut Part, _: &Part, _| {
            if part.place == 2 {
                late.add("the late part");
            }
            Ok(())
        });
        h.on_set(Product::CODE, move |_, change| {
            here.add(format!("{:?} → {}", change.old, change.new));
            Ok(())
        });
        h.before_update(|new: &mut Product, old: &Product, tx| {
            new.price = 9;
            // It comes when those that follow are known, and follows all the same.
            let place = tx.count::<Part>() as u32 + 1;
            tx.insert(Part { product: old.id(), place }).map(drop)
        });
        h.after_update(|old: &Product, new: &Product, tx| {
            note(tx, format!("{} → {}", old.code, new.code))
        });
    });
    db.write(|tx| tx.rekey(nail.clone(), screw.clone())).expect("the key is free");
    let expected = [
        "Some(\"nail\") → screw",
        "before_update products#\"screw\"",
        "before_update lines#1",
        "the late part",
        "after_update products#\"screw\"",
        "after_update lines#1",
    ];
    assert_eq!(calls.take(), expected);
    let snap = db.read();
    assert_eq!((snap[screw.clone()].price, snap.count::<Part>()), (9, 2));
    assert!(snap.iter::<Part>().all(|part| part.product == screw));
    assert_eq!(notes(&db), ["nail → screw"]);
    assert_whole(&db);

    db.hooks(|h| h.before_update(|_: &mut Line, _: &Line, _| Err("lines stay".into())));
    let refused = db.write(|tx| tx.rekey(screw.clone(), nail.clone())).unwrap_err();
    assert!(refused.to_string().contains("lines stay; path products#"), "{refused}");
    assert_eq!(db.read().count::<Part>(), 2, "what the hook had inserted is gone");
    assert!(db.read().contains(screw));
    assert_whole(&db);
}

/// Money that goes from one to another: of both or of neither.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("transfers")]
#[check(both: self.from.is_some() == self.to.is_some())]
struct Transfer {
    #[key]
    id: Id<Transfer>,
    #[on_delete(set_null)]
    from: Option<Id<Account>>,
    #[on_delete(set_null)]
    to: Option<Id<Account>>,
    #[default(0)]
    #[on_update(self.changes + 1)]
    changes: u32,
    #[version]
    version: u64,
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("accounts")]
struct Account {
    #[key]
    id: Id<Account>,
}

#[test]
fn a_row_lets_go_of_all_at_once_with_and_without_hooks() {
    let hear_nothing = |_: &Database| {};
    let hear_commits = |db: &Database| {
        db.hooks(|h| h.after_commit(|_, _| {}));
    };
    let hear_rows = |db: &Database| {
        db.hooks(|h| h.before_update(|_: &mut Transfer, _: &Transfer, _| Ok(())));
    };
    let hear_others = |db: &Database| {
        db.hooks(|h| h.after_insert(|_: &Account, _| Ok(())));
    };
    let listeners: [&dyn Fn(&Database); 4] =
        [&hear_nothing, &hear_commits, &hear_rows, &hear_others];
    for (place, listen) in listeners.into_iter().enumerate() {
        let db = Database::builder().models::<Transfer>().in_memory().expect("they fit together");
        listen(&db);
        db.write(|tx| {
            let accounts = tx.insert_all([(); 3].map(|()| NewAccount {}))?;
            let (one, other, third) = (Some(accounts[0]), Some(accounts[1]), Some(accounts[2]));
            let own = tx.insert(NewTransfer { from: one, to: one })?;
            let back = tx.insert(NewTransfer { from: other, to: one })?;
            let stays = tx.insert(NewTransfer { from: third, to: other })?;
            assert!(tx.delete(accounts[1]).unwrap_err().violates("both"), "{place}: one side only");
            assert!(tx.delete(accounts[0]).unwrap_err().violates("both"), "{place}: of `back`");
            tx.delete(back)?;
            tx.delete(accounts[0])?;
            let row = &tx[own];
            assert_eq!((row.from, row.to, row.changes, row.version), (None, None, 1, 2), "{place}");
            tx.delete_all([accounts[1], accounts[2]])?;
            assert_eq!((tx[stays].from, tx[stays].to, tx[stays].version), (None, None, 2));
            Ok(())
        })
        .expect("nobody refuses");
        assert_whole(&db);
    }
}

#[test]
fn letting_many_go_takes_as_long_as_they_are() {
    let rows = 40_000;
    let took = |listen: bool| {
        let db = database();
        if listen {
            db.hooks(|h| h.before_delete(|_: &Product, _| Ok(())));
        }
        let ann = ann(&db);
        let nail = db.write(|tx| {
            let order = tx.insert(order(ann, 1))?;
            let nail = tx.insert(Product { code: "nail".into(), price: 1 })?;
            let product = Some(nail.clone());
            for _ in 0..rows {
                tx.insert_with(NewLine { order }, |line| line.product = product.clone())?;
            }
            Ok(nail)
        });
        let nail = nail.expect("no rule is broken");
        let began = std::time::Instant::now();
        db.write(|tx| tx.delete(nail).map(drop)).expect("nobody refuses");
        began.elapsed()
    };
    let (alone, heard) = (took(false), took(true));
    // Were all looked at for each, it would be some hundred times as long.
    assert!(heard < 25 * alone, "{heard:?} with a hook, {alone:?} without");
}

#[test]
fn a_hook_does_not_keep_a_reference_to_what_goes() {
    let db = database();
    let ann = ann(&db);
    let nail = Id::<Product>::new("nail");
    let line = db.write(|tx| {
        let order = tx.insert(order(ann, 1))?;
        tx.insert(Product { code: "nail".into(), price: 1 })?;
        tx.insert_with(NewLine { order }, |line| line.product = Some(nail.clone()))
    });
    let line = line.expect("no rule is broken");
    db.hooks(|h| {
        h.before_update(|new: &mut Line, old: &Line, _| {
            new.product = old.product.clone();
            Ok(())
        })
    });
    db.write(|tx| {
        let refused = tx.delete(nail.clone()).map(drop).unwrap_err();
        assert!(refused.violates(Line::PRODUCT), "{refused}");
        let refused = tx.rekey(nail.clone(), Id::new("screw")).unwrap_err();
        assert!(refused.violates(Line::PRODUCT), "{refused}");
        assert_eq!(tx[line].product.as_ref(), Some(&nail));
        Ok(())
    })
    .expect("the transaction goes on");
    assert_whole(&db);
}
