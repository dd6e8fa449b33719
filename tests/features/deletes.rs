//! What happens to the rows that refer to one that goes, or whose key changes.

use bondstone::prelude::*;

use crate::{Result, database};

#[derive(Clone, Debug, Model)]
#[table("users")]
#[has_many(addresses: Address, orders: Order)]
struct User {
    #[key]
    name: String,
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("addresses")]
#[has_many(orders: Order)]
struct Address {
    #[key]
    id: Id<Address>,
    #[on_delete(cascade)]
    user_id: Id<User>,
}

#[derive(Clone, Debug, Model)]
#[table("orders")]
struct Order {
    #[key]
    id: Id<Order>,
    #[on_update(restrict)]
    user_id: Id<User>,
    address_id: Id<Address>,
}

/// A post outlives its editor, and falls to the house when its author goes.
#[derive(Clone, Debug, Model)]
#[table("posts")]
struct Post {
    #[key]
    id: Id<Post>,
    #[on_delete(set_default)]
    #[default(Id::new("house"))]
    author: Id<User>,
    #[on_delete(set_null)]
    #[on_update(set_null)]
    editor: Option<Id<User>>,
}

/// Two users with an address each; and the second has ordered.
fn town() -> Result<(Database, [Id<User>; 2])> {
    let db = database::<(Order, Post)>();
    let users = db.write(|tx| {
        let mut user = |name: &str| tx.insert(NewUser { name: name.into() });
        let (ann, bob) = (user("ann")?, user("bob")?);
        user("house")?;
        tx.insert(NewAddress { user_id: ann.clone() })?;
        let address_id = tx.insert(NewAddress { user_id: bob.clone() })?;
        tx.insert(NewOrder { user_id: bob.clone(), address_id })?;
        Ok([ann, bob])
    })?;
    Ok((db, users))
}

#[test]
fn s26_a_foreign_key_says_what_happens_when_its_parent_goes_or_is_rekeyed() -> Result {
    let (db, [ann, bob]) = town()?;
    db.write(|tx| {
        assert!(matches!(tx.delete(bob.clone()), Err(Error::Restricted(_))));
        let post = tx.insert_with(NewPost { editor: Some(ann.clone()) }, |post| {
            post.author = ann.clone();
        })?;

        let anna = Id::<User>::new("anna");
        tx.rekey(ann, anna.clone())?;
        let address = tx[anna.clone()].addresses(tx).one()?.id;
        assert_eq!((&tx[post].author, &tx[post].editor), (&anna, &None), "cascade, set_null");
        assert!(tx.rekey(bob, Id::new("rob")).unwrap_err().violates("orders_user_id_fkey"));

        tx.update(post, |post| post.editor = Some(anna.clone()))?;
        tx.delete(anna)?;
        assert!(!tx.contains(address), "cascade");
        assert_eq!((tx[post].author.key().as_str(), &tx[post].editor), ("house", &None));
        Ok(())
    })
}

#[test]
fn x10_a_delete_is_planned_and_reported() -> Result {
    let (db, [ann, bob]) = town()?;
    let snap = db.read();
    let plan = db.preview_delete(&snap, bob.clone())?;
    assert_eq!(plan.refusals().len(), 2);
    assert_eq!(
        plan.to_string().lines().last().map(str::trim),
        Some(
            r#"refused   users#"bob" → addresses#2 ← orders#1 (orders_address_id_fkey, restrict)"#
        )
    );
    let refused = db.write(|tx| tx.delete(bob).map(drop)).unwrap_err();
    assert!(refused.violation().is_some_and(|violation| !violation.path().is_empty()));

    db.write(|tx| {
        let (gone, plan) = tx.delete_reported(ann)?;
        assert_eq!(gone.name, "ann", "the row as it was");
        let text = "delete users#\"ann\"\n  deletes   addresses#1 (user_id, cascade)";
        assert_eq!(plan.to_string(), text);
        Ok(())
    })?;
    assert_eq!(db.read().count::<Address>(), 1);
    Ok(())
}
