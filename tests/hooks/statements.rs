//! Single calls and bulk calls: what hooks get, what they may, in which order they are called.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bondstone::HookKey;
use bondstone::prelude::*;

use super::*;

#[test]
fn the_order_inside_a_statement() {
    let db = database();
    let calls = Calls::default();
    // Registered against the order of the fields.
    db.hooks(|h| {
        for place in ["first", "second"] {
            let calls = calls.clone();
            h.on_set(User::AGE, move |_, change| {
                calls.add(format!("{place} age {:?} → {}", change.old, change.new));
                Ok(())
            });
        }
        let here = calls.clone();
        h.on_set(User::EMAIL, move |user, change| {
            here.add(format!("email {:?} → {}", change.old, change.new));
            user.email = change.new.to_lowercase();
            Ok(())
        });
    });
    calls.watch::<User>(&db);

    let ann = db.write(|tx| tx.insert(user("ANN"))).expect("she is the first");
    assert_eq!(
        calls.take(),
        [
            "email None → ANN",
            "first age None → 0",
            "second age None → 0",
            "before_insert users#1",
            "after_insert users#1"
        ]
    );
    db.write(|tx| tx.update(ann, |user| user.age = 1).map(drop)).expect("a birthday");
    assert_eq!(
        calls.take(),
        [
            "first age Some(0) → 1",
            "second age Some(0) → 1",
            "before_update users#1",
            "after_update users#1"
        ]
    );
    db.write(|tx| tx.update(ann, |user| user.email = "ANNE".into()).map(drop)).expect("it is free");
    assert_eq!(db.read()[ann].email, "anne", "the index has what the hook made of it");
    assert!(db.read().find(User::EMAIL, "anne").is_some());
    assert_eq!(calls.take()[0], "email Some(\"ann\") → ANNE");
    db.write(|tx| tx.delete(ann).map(drop)).expect("nobody refers to her");
    assert_eq!(calls.take(), ["before_delete users#1", "after_delete users#1"]);
    assert_whole(&db);
}

#[test]
fn an_update_that_changes_nothing_calls_nobody() {
    let db = database();
    let ann = ann(&db);
    let calls = Calls::default();
    calls.watch::<User>(&db);
    let version = db.version();
    db.write(|tx| {
        tx.update(ann, |_| {})?;
        tx.update_where(User::AGE.eq(0), |_| {})?;
        Ok(())
    })
    .expect("nothing is done");
    assert_eq!((calls.take(), db.version()), (vec![], version));
}

#[test]
fn what_on_update_fills_is_there_before_hooks_and_only_once() {
    let db = database();
    let ann = ann(&db);
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    db.hooks(|h| {
        h.on_set(User::CHANGES, move |_, change| {
            count.fetch_add(1, Ordering::Relaxed);
            assert_eq!((change.old, change.new), (Some(0), 1));
            Ok(())
        });
        h.before_update(|new: &mut User, old: &User, _| {
            assert_eq!((old.changes, new.changes), (0, 1));
            new.age += 1;
            Ok(())
        });
    });
    db.write(|tx| tx.update(ann, |user| user.age = 1).map(drop)).expect("a birthday");
    let snap = db.read();
    assert_eq!((snap[ann].age, snap[ann].changes, seen.load(Ordering::Relaxed)), (2, 1, 1));
}

#[test]
fn a_hook_may_take_a_change_back() {
    let db = database();
    let ann = ann(&db);
    let calls = Calls::default();
    db.hooks(|h| {
        h.before_update(|new: &mut User, old: &User, _| {
            *new = old.clone();
            Ok(())
        });
        let calls = calls.clone();
        h.after_update(move |_: &User, _: &User, _| Ok(calls.add("after")));
    });
    let version = db.version();
    db.write(|tx| {
        assert_eq!(tx.update(ann, |user| user.age = 1)?.age, 0);
        assert_eq!(tx.update_where(User::AGE.eq(0), |user| user.age = 1)?, 0);
        Ok(())
    })
    .expect("nothing is left of it");
    assert_eq!((calls.take(), db.version()), (vec![], version), "nothing was written");
}

#[test]
fn hooks_are_removed_by_their_keys() {
    let db = database();
    let calls = Calls::default();
    let register = |name: &'static str| -> HookKey {
        let calls = calls.clone();
        db.hooks(|h| h.after_insert(move |_: &User, _| Ok(calls.add(name))))
    };
    let (first, second, third) = (register("first"), register("second"), register("third"));
    ann(&db);
    assert_eq!(calls.take(), ["first", "second", "third"]);
    assert!(db.remove_hook(second));
    assert!(!db.remove_hook(second), "it is gone already");
    db.write(|tx| tx.insert(user("bob"))).expect("he is new");
    assert_eq!(calls.take(), ["first", "third"]);
    assert!(db.remove_hook(first) && db.remove_hook(third));
    db.write(|tx| tx.insert(user("cid"))).expect("he is new");
    assert_eq!(calls.take(), Vec::<String>::new());
}

#[test]
fn a_transaction_uses_the_hooks_it_began_with() {
    let db = database();
    let calls = Calls::default();
    let (here, inner) = (db.clone(), calls.clone());
    let key = db.hooks(|h| {
        h.after_insert(move |_: &User, _| {
            let calls = inner.clone();
            // A hook that registers another.
            here.hooks(|h| h.after_insert(move |_: &User, _| Ok(calls.add("later"))));
            Ok(inner.add("first"))
        })
    });
    db.write(|tx| {
        assert!(db.remove_hook(key), "removed while it is in use");
        tx.insert_all([user("ann"), user("bob")])
    })
    .expect("they are new");
    assert_eq!(calls.take(), ["first", "first"]);
    db.write(|tx| tx.insert(user("cid"))).expect("he is new");
    assert_eq!(calls.take(), ["later", "later"], "each was registered once");
}

#[test]
fn a_veto_undoes_the_statement_with_all_that_hooks_wrote() {
    let db = database();
    let ann = ann(&db);
    db.hooks(|h| {
        h.before_insert(|user: &mut User, tx| {
            note(tx, "before")?;
            if user.email == "eve" { Err("not her".into()) } else { Ok(()) }
        });
        h.after_update(|_: &User, new: &User, tx| {
            note(tx, "after")?;
            if new.age > 100 { Err("too old".into()) } else { Ok(()) }
        });
        h.on_set(User::AGE, |_, change| if change.new == 13 { Err("no".into()) } else { Ok(()) });
        h.before_delete(|_: &User, tx| {
            note(tx, "delete")?;
            Err("users stay".into())
        });
    });
    db.write(|tx| {
        let eve = tx.insert(user("eve")).unwrap_err();
        assert_eq!(eve.to_string(), "refused by `before_insert` of users#2: not her");
        let old = tx.update(ann, |user| user.age = 101).unwrap_err();
        assert_eq!(old.to_string(), "refused by `after_update` of users#1: too old");
        assert_eq!(tx[ann].age, 0, "it was written already, and is taken back");
        let thirteen = tx.update(ann, |user| user.age = 13).unwrap_err();
        assert_eq!(thirteen.veto().map(|veto| veto.kind().name()), Some("on_set"));
        let stays = tx.delete(ann).unwrap_err();
        assert_eq!(stays.to_string(), "refused by `before_delete` of users#1: users stay");
        assert_eq!(tx.count::<Note>(), 0, "what hooks wrote is gone too");
        tx.insert(user("bob"))
    })
    .expect("the transaction goes on");
    assert_eq!(notes(&db), ["before"]);
    assert_eq!(db.read().count::<User>(), 2);
    assert_whole(&db);
}

#[test]
fn a_veto_undoes_bulk_calls() {
    let db = database();
    let users = db.write(|tx| tx.insert_all(["ann", "bob", "cid"].map(user))).expect("new");
    db.hooks(|h| {
        h.before_insert(
            |user: &mut User, _| {
                if user.email == "no" { Err("not this one".into()) } else { Ok(()) }
            },
        );
        h.before_update(|new: &mut User, _: &User, tx| {
            note(tx, format!("before {}", new.id))?;
            if new.email == "cid" && new.age == 1 { Err("not cid".into()) } else { Ok(()) }
        });
        h.after_update(|old: &User, new: &User, _| {
            if new.age == 2 && old.email == "bob" { Err("not bob".into()) } else { Ok(()) }
        });
        h.after_delete(
            |user: &User, _| {
                if user.email == "bob" { Err("not bob".into()) } else { Ok(()) }
            },
        );
    });
    db.write(|tx| {
        assert!(tx.insert_all(["dan", "no", "eve"].map(user)).is_err());
        let cid = tx.update_where(User::AGE.eq(0), |user| user.age = 1).unwrap_err();
        assert_eq!(cid.veto().and_then(|veto| veto.row()), Some("users#3"));
        assert!(tx.update_all(users.clone(), |user: &mut User| user.age = 2).is_err());
        assert!(tx.delete_all(users.clone()).is_err());
        assert_eq!(tx.query().filter(User::AGE.eq(0)).count(), 3, "all or none");
        assert_eq!(tx.count::<Note>(), 0);
        assert_eq!(tx.update_where(User::AGE.eq(0), |user| user.age = 3)?, 3);
        Ok(())
    })
    .expect("the transaction goes on");
    assert_eq!(notes(&db), ["before users#1", "before users#2", "before users#3"]);
    assert_whole(&db);
}

#[test]
fn a_bulk_update_is_judged_whole_and_told_afterwards() {
    let db = database();
    let users = db.write(|tx| tx.insert_all(["a", "b", "c"].map(user))).expect("new");
    let calls = Calls::default();
    let (before, after) = (calls.clone(), calls.clone());
    db.hooks(|h| {
        h.before_update(move |new: &mut User, _: &User, tx| {
            let emails = tx.query::<User>().order_by_key().select(User::EMAIL).all();
            before.add(format!("{} {}", new.email, emails.concat_of()));
            Ok(())
        });
        h.after_update(move |old: &User, new: &User, tx| {
            let emails = tx.query::<User>().order_by_key().select(User::EMAIL).all();
            after.add(format!("{}{} {}", old.email, new.email, emails.concat_of()));
            Ok(())
        });
    });
    // The rows exchange a unique key, in a circle.
    let mut next = ["b", "c", "a"].into_iter();
    db.write(|tx| {
        tx.update_all(users, |user: &mut User| user.email = next.next().unwrap_or_default().into())
    })
    .expect("no two end with one address");
    let expected = ["b abc", "c abc", "a abc", "ab bca", "bc bca", "ca bca"];
    assert_eq!(calls.take(), expected);
}

trait ConcatOf {
    fn concat_of(self) -> String;
}

impl ConcatOf for Vec<&String> {
    fn concat_of(self) -> String {
        self.into_iter().map(String::as_str).collect()
    }
}

#[test]
fn copies_are_made_before_the_first_is_told() {
    let db = database();
    db.write(|tx| tx.insert_all(["a", "b"].map(user))).expect("new");
    let calls = Calls::default();
    let told = calls.clone();
    db.hooks(|h| {
        h.after_update(move |_: &User, new: &User, tx| {
            told.add(format!("{} {}", new.email, new.age));
            if new.email == "a" && new.age == 1 {
                tx.update_where(User::EMAIL.eq("b"), |user| user.age = 9)?;
            }
            Ok(())
        });
    });
    db.write(|tx| tx.update_where(User::AGE.eq(0), |user| user.age = 1))
        .expect("no rule is broken");
    assert_eq!(calls.take(), ["a 1", "b 9", "b 1"]);
}

#[test]
fn hooks_see_rows_of_the_same_model_inserted_by_hooks() {
    let db = database();
    db.hooks(|h| {
        h.before_insert(|user: &mut User, tx| {
            // Whoever is invited by somebody needs him.
            let Some(host) = user.email.strip_prefix("guest of ") else { return Ok(()) };
            user.invited_by = Some(tx.insert(super::user(host))?);
            Ok(())
        })
    });
    let guest = db.write(|tx| tx.insert(user("guest of guest of ann"))).expect("all are new");
    let snap = db.read();
    let host = snap[guest].invited_by.expect("the hook has set it");
    let ann = snap[host].invited_by.expect("the hook has set it");
    assert_eq!(guest.get(), 1, "the first number was its own, whoever came between");
    assert_eq!((host.get(), ann.get(), snap[ann].email.as_str()), (2, 3, "ann"));
    assert_whole(&db);
}

#[test]
fn a_hook_cannot_change_the_key() {
    let db = database();
    let ann = ann(&db);
    db.write(|tx| tx.insert(Product { code: "nail".into(), price: 1 })).expect("new");
    db.hooks(|h| {
        h.before_insert(|user: &mut User, _| {
            user.id = Id::from_u64(77).expect("above 0");
            Ok(())
        });
        h.on_set(Product::PRICE, |product, _| {
            product.code.push('!');
            Ok(())
        });
    });
    db.write(|tx| {
        let refused = tx.insert(user("bob")).unwrap_err();
        assert!(matches!(refused, Error::KeyChanged(_)));
        assert_eq!(refused.to_string(), "a hook cannot change the primary key of users#2");
        let nail = Id::<Product>::new("nail");
        let refused = tx.update(nail, |product| product.price = 2).map(drop).unwrap_err();
        assert!(refused.to_string().contains("a hook cannot change the primary key"));
        Ok(())
    })
    .expect("the transaction goes on");
    assert_eq!(db.read().iter::<User>().map(|user| user.id).collect::<Vec<_>>(), [ann]);
}

#[test]
fn rules_come_after_hooks() {
    let db = database();
    let ann = ann(&db);
    db.hooks(|h| {
        h.before_insert(|order: &mut Order, _| {
            order.quantity = order.quantity.max(1);
            Ok(())
        });
        h.on_set(Order::USER, |order, change| {
            order.quantity += u32::from(change.old.is_none());
            Ok(())
        });
    });
    let order = db.write(|tx| tx.insert(order(ann, 0))).expect("repaired before the check");
    assert_eq!(db.read()[order].quantity, 1);
    // And a rule that is broken by a hook is broken.
    db.hooks(|h| {
        h.before_update(|order: &mut Order, _: &Order, _| {
            order.quantity = 0;
            Ok(())
        })
    });
    let refused = db.write(|tx| tx.update(order, |order| order.quantity = 5).map(drop));
    assert!(refused.unwrap_err().violates("some"));
}

#[test]
fn upserts_look_up_before_hooks_and_call_those_of_what_they_do() {
    let db = database();
    let calls = Calls::default();
    calls.watch::<User>(&db);
    db.write(|tx| {
        let first = tx.upsert(User::EMAIL, user("ann"), |_| {})?;
        let second = tx.upsert(User::EMAIL, user("ann"), |user| user.age = 1)?;
        let bob = tx.upsert(User::EMAIL, user("bob"), |_| {})?.id();
        assert_eq!((first.id(), bob.get()), (second.id(), 2), "no number is used by an update");
        Ok(())
    })
    .expect("no rule is broken");
    let expected = [
        "before_insert users#1",
        "after_insert users#1",
        "before_update users#1",
        "after_update users#1",
        "before_insert users#2",
        "after_insert users#2",
    ];
    assert_eq!(calls.take(), expected);
}

#[test]
fn links_are_rows_as_others() {
    let db = database();
    let ann = ann(&db);
    let tags = db.write(|tx| tx.insert_all((0..2).map(|_| NewTag {}))).expect("new");
    let calls = Calls::default();
    calls.watch::<UserTag>(&db);
    db.write(|tx| {
        assert!(tx.link(User::TAGS, ann, tags[0])?);
        tx.set_links(User::TAGS, ann, [tags[1]])?;
        assert!(tx.unlink(User::TAGS, ann, tags[1])?);
        Ok(())
    })
    .expect("no rule is broken");
    let kinds: Vec<String> = calls.take();
    let kinds: Vec<&str> = kinds.iter().filter_map(|call| call.split(' ').next()).collect();
    let (insert, delete) = (["before_insert", "after_insert"], ["before_delete", "after_delete"]);
    assert_eq!(kinds, [insert, delete, insert, delete].concat());
}

#[test]
fn a_row_that_is_deleted_and_comes_back_is_handed_out_as_it_was() {
    let db = database();
    let ann = ann(&db);
    db.hooks(|h| {
        h.after_delete(|user: &User, tx| tx.insert(User { age: 99, ..user.clone() }).map(drop))
    });
    db.write(|tx| {
        assert_eq!(tx.delete(ann)?.age, 0);
        assert_eq!(tx[ann].age, 99);
        Ok(())
    })
    .expect("it is there again");
    assert_whole(&db);
}

#[test]
fn a_hook_that_deletes_the_row_of_its_own_update_refuses_it() {
    let db = database();
    let ann = ann(&db);
    db.hooks(|h| h.after_update(|_: &User, new: &User, tx| tx.delete(new.id).map(drop)));
    let refused = db.write(|tx| tx.update(ann, |user| user.age = 1).map(drop));
    assert!(matches!(refused, Err(Error::NotFound(_))), "a row was promised");
    assert_eq!(db.read()[ann].age, 0);
}

#[test]
fn violations_are_found_behind_a_veto() {
    let db = database();
    ann(&db);
    db.hooks(|h| {
        h.after_insert(|note: &Note, tx| tx.insert(user(&note.text)).map(drop));
    });
    let refused = db.write(|tx| note(tx, "ann")).unwrap_err();
    assert!(refused.violates(User::EMAIL));
    let veto = refused.veto().expect("it came by a hook");
    assert_eq!((veto.table(), veto.row()), (Some("notes"), Some("notes#1")));
    assert!(matches!(veto.error(), Error::Unique(_)));
    assert!(std::error::Error::source(&refused).is_some());
}

#[test]
fn a_hook_for_a_model_that_is_none_of_the_databases() {
    let register = |h: &mut bondstone::Hooks<'_>| h.before_delete(|_: &Product, _| Ok(()));
    let builder = Database::builder().models::<Note>().hooks(|h| register(h));
    let refused = builder.in_memory().map(drop).unwrap_err().to_string();
    assert!(refused.contains("`Product`, which is not a model of this database"), "{refused}");
    // Models may be described after their hooks.
    let builder = Database::builder().hooks(|h| register(h)).models::<Product>();
    assert!(builder.in_memory().is_ok());
    let db = Database::builder().models::<Note>().in_memory().expect("one model");
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| db.hooks(register)));
    assert!(panicked.is_err());
}

#[test]
fn what_hooks_undo_is_no_update_though_the_engine_has_filled_its_part() {
    let db = database();
    let ann = ann(&db);
    let calls = Calls::default();
    db.hooks(|h| {
        h.on_set(User::EMAIL, |user, change| {
            user.email = change.new.to_lowercase();
            Ok(())
        });
        let calls = calls.clone();
        h.after_update(move |_: &User, _: &User, _| Ok(calls.add("after")));
    });
    let version = db.version();
    db.write(|tx| {
        assert_eq!(tx.update(ann, |user| user.email = "ANN".into())?.changes, 0);
        let upper = |user: &mut User| user.email = user.email.to_uppercase();
        assert_eq!(tx.update_where(User::EMAIL.eq("ann"), upper)?, 0);
        assert!(tx.changes().is_empty());
        Ok(())
    })
    .expect("nothing is done");
    assert_eq!((calls.take(), db.version()), (vec![], version));
    // Not all is undone.
    let both = |user: &mut User| {
        user.email = "ANN".into();
        user.age = 7;
    };
    db.write(|tx| {
        let user = tx.update(ann, both)?;
        assert_eq!((user.email.as_str(), user.age, user.changes), ("ann", 7, 1));
        Ok(())
    })
    .expect("no rule is broken");
    assert_eq!(calls.take(), ["after"]);
}

#[test]
fn who_listens_elsewhere_costs_no_copies() {
    static CLONES: AtomicUsize = AtomicUsize::new(0);

    #[derive(Debug, PartialEq, Value)]
    struct Counted(u32);
    impl Clone for Counted {
        fn clone(&self) -> Self {
            CLONES.fetch_add(1, Ordering::Relaxed);
            Self(self.0)
        }
    }
    #[derive(Clone, Debug, Model)]
    #[table("counted")]
    struct Row {
        #[key]
        id: Id<Row>,
        value: Counted,
        #[on_delete(set_null)]
        user: Option<Id<User>>,
    }
    let clones_of = |listen: &dyn Fn(&Database)| {
        let db = Database::builder().models::<Row>().in_memory().expect("they fit together");
        listen(&db);
        let user = ann(&db);
        CLONES.store(0, Ordering::Relaxed);
        db.write(|tx| {
            let row = tx.insert(NewRow { value: Counted(1), user: Some(user) })?;
            tx.update(row, |row| row.value.0 += 1)?;
            tx.update_all([row], |row: &mut Row| row.value.0 += 1)?;
            tx.delete(user)?;
            tx.delete(row).map(drop)
        })
        .expect("no rule is broken");
        CLONES.load(Ordering::Relaxed)
    };
    let alone = clones_of(&|_| {});
    assert_eq!(alone, 3, "an update and letting go take one each");
    let ends = clones_of(&|db| {
        db.hooks(|h| h.after_rollback(|_, _| {}));
    });
    let other = clones_of(&|db| {
        db.hooks(|h| h.after_insert(|_: &User, _| Ok(())));
    });
    // In a cascade a hook may come between, so a row that lets go is kept as it was.
    assert_eq!((ends, other), (alone, alone + 1));
}
