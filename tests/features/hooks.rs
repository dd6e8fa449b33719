//! What is called when something is written, loaded, committed or taken back.

use std::sync::{Arc, Mutex};

use bondstone::prelude::*;
use bondstone::vfs::sim::SimDisk;
use bondstone::{Builder, HookKey};

use crate::Result;

#[derive(Clone, Debug, PartialEq, Model)]
#[table("users")]
#[has_many(orders: Order)]
struct User {
    #[key]
    id: Id<User>,
    #[unique]
    email: String,
    #[default(0)]
    renamed: u32,
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("orders")]
struct Order {
    #[key]
    id: Id<Order>,
    #[on_delete(cascade)]
    user_id: Id<User>,
}

/// What hooks write down.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("audits")]
struct Audit {
    #[key]
    id: Id<Audit>,
    text: String,
}

fn builder() -> Builder {
    Database::builder().models::<(User, Audit)>()
}

fn user(email: &str) -> NewUser {
    NewUser { email: email.into() }
}

fn audit(tx: &mut Tx, text: impl Into<String>) -> Result {
    tx.insert(NewAudit { text: text.into() }).map(drop)
}

fn audits(db: &View) -> Vec<&str> {
    db.query::<Audit>().order_by_key().into_iter().map(|audit| audit.text.as_str()).collect()
}

#[test]
fn s59_a_hook_before_an_insert_changes_the_row_or_refuses_it() -> Result {
    let db = builder().hooks(|h| {
        h.before_insert(|user: &mut User, tx| {
            user.email.make_ascii_lowercase();
            if user.email.contains('@') {
                audit(tx, format!("welcome {}", user.email))
            } else {
                Err("an address has an @".into())
            }
        })
    });
    let db = db.in_memory()?;
    let ann = db.write(|tx| tx.insert(user("Ann@X.org")))?;
    let snap = db.read();
    assert_eq!(snap.find(User::EMAIL, "ann@x.org").map(|user| user.id), Some(ann));
    assert_eq!(audits(&snap), ["welcome ann@x.org"], "it writes in the same transaction");
    db.write(|tx| {
        let refused = tx.insert_all([user("bob@x.org"), user("eve")]).unwrap_err();
        assert!(refused.to_string().contains("an address has an @"), "{refused}");
        assert_eq!(audits(tx).len(), 1, "what hooks wrote for it is undone with it");
        Ok(())
    })?;
    assert_eq!(db.read().count::<User>(), 1);
    Ok(())
}

/// What a column was, and what it became.
type Renamed = (Option<String>, String);

#[test]
fn s60_a_hook_on_a_column_gets_the_old_value_and_the_new_one() -> Result {
    let seen: Arc<Mutex<Vec<Renamed>>> = Arc::default();
    let list = Arc::clone(&seen);
    let db = builder().hooks(|h| {
        h.on_set(User::EMAIL, move |user, change| {
            let change = (change.old, change.new);
            user.renamed += u32::from(change.0.is_some());
            list.lock().expect("nobody panics").push(change);
            Ok(())
        })
    });
    let db = db.in_memory()?;
    let ann = db.write(|tx| tx.insert(user("ann")))?;
    db.write(|tx| {
        tx.update(ann, |user| user.email = "anna".into())?;
        tx.update(ann, |user| user.renamed += 10).map(drop) // another column
    })?;
    let expected = [(None, "ann".to_owned()), (Some("ann".to_owned()), "anna".to_owned())];
    assert_eq!(*seen.lock().expect("nobody panics"), expected);
    assert_eq!(db.read()[ann].renamed, 11);
    Ok(())
}

#[test]
fn s61_a_row_is_met_when_it_is_inserted_updated_deleted_and_loaded() -> Result {
    let disk = SimDisk::new(1);
    let db = builder().background(false).hooks(|h| {
        h.after_insert(|user: &User, tx| audit(tx, format!("+ {}", user.email)));
        h.before_update(|new: &mut User, old: &User, tx| {
            new.renamed += 1;
            audit(tx, format!("{} → {}", old.email, new.email))
        });
        h.before_delete(|user: &User, tx| audit(tx, format!("{} goes", user.email)));
        h.after_delete(|order: &Order, tx| audit(tx, format!("- {}", order.id)))
    });
    let db = db.open_in(disk.clone())?;
    let bob = db.write(|tx| {
        let (ann, bob) = (tx.insert(user("ann"))?, tx.insert(user("BOB"))?);
        tx.insert(NewOrder { user_id: ann })?;
        tx.update(ann, |user| user.email = "anna".into())?;
        tx.delete(ann)?; // and her order with her
        Ok(bob)
    })?;
    assert_eq!(audits(&db.read()), ["+ ann", "+ BOB", "ann → anna", "anna goes", "- orders#1"]);
    db.close()?;

    let repairing = builder().background(false).hooks(|h| {
        h.on_load(|user: &mut User| {
            user.email.make_ascii_lowercase();
            Ok(())
        })
    });
    let db = repairing.open_in(disk)?;
    assert_eq!(db.read().find(User::EMAIL, "bob").map(|user| user.id), Some(bob));
    Ok(())
}

#[test]
fn x16_hooks_meet_the_end_of_transactions_and_are_removed_by_their_keys() -> Result {
    let db = builder().in_memory()?;
    let calls: Arc<Mutex<Vec<String>>> = Arc::default();
    let call = |list: &Arc<Mutex<Vec<String>>>, text: String| {
        list.lock().expect("nobody panics").push(text);
    };
    let (commits, rollbacks) = (Arc::clone(&calls), Arc::clone(&calls));
    let counting: HookKey = db.hooks(|h| {
        h.after_commit(move |changes, _| {
            call(&commits, format!("{} users", changes.of::<User>().count()));
        });
        h.after_rollback(move |why, _| call(&rollbacks, why.to_string()));
        h.before_commit(|tx| match tx.changes().of::<User>().count() {
            0..3 => Ok(()),
            users => Err(format!("{users} users are too many").into()),
        })
    });
    db.write(|tx| tx.insert_all([user("ann"), user("bob")]))?;
    let refused = db.write(|tx| tx.insert_all(["a", "b", "c"].map(user))).unwrap_err();
    assert!(refused.to_string().contains("3 users are too many"), "{refused}");
    assert!(db.remove_hook(counting));
    db.write(|tx| tx.insert_all(["a", "b", "c"].map(user)))?;
    assert!(!db.remove_hook(counting), "it is gone already");
    let calls = calls.lock().expect("nobody panics");
    assert_eq!(calls.len(), 3);
    assert_eq!((calls[0].as_str(), calls[2].as_str()), ("2 users", "3 users"));
    assert!(calls[1].contains("3 users are too many"), "{calls:?}");
    Ok(())
}
