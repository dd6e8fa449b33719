//! Foreign keys and the relations that they make, one to one and one to many, from both ends.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bondstone::prelude::*;
use bondstone::{Fk, Many, PlanKind};

use crate::{Result, database};

#[derive(Clone, Debug, Model)]
#[table("users")]
#[has_many(posts: Post, sent: Message by sender_id, received: Message by receiver_id)]
#[has_one(profile: Profile)]
struct User {
    #[key]
    id: Id<User>,
    name: String,
}

#[derive(Clone, Debug, Model)]
#[table("posts")]
struct Post {
    #[key]
    id: Id<Post>,
    title: String,
    author: Id<User>,
    category_id: Option<Id<Category>>,
}

/// Its own parent and child.
#[derive(Clone, Debug, Model)]
#[table("categories")]
#[has_many(children: Category)]
struct Category {
    #[key]
    id: Id<Category>,
    name: String,
    parent_id: Option<Id<Category>>,
}

/// At most one for a user, since the foreign key is unique.
#[derive(Clone, Debug, Model)]
#[table("profiles")]
struct Profile {
    #[key]
    id: Id<Profile>,
    #[unique]
    user_id: Id<User>,
    motto: String,
}

/// Two keys to one model.
#[derive(Clone, Debug, Model)]
#[table("messages")]
struct Message {
    #[key]
    id: Id<Message>,
    sender_id: Id<User>,
    receiver_id: Id<User>,
}

/// Ann and Bob.
fn two_users() -> Result<(Database, Id<User>, Id<User>)> {
    let db = database::<User>();
    let ids =
        db.write(|tx| tx.insert_all(["Ann", "Bob"].map(|name| NewUser { name: name.into() })))?;
    Ok((db, ids[0], ids[1]))
}

fn post(title: &str, author: Id<User>) -> NewPost {
    NewPost { title: title.into(), author, category_id: None }
}

#[test]
fn s24_an_id_is_a_foreign_key_enforced_and_indexed() -> Result {
    let (db, ann, bob) = two_users()?;
    let nobody = Id::from_u64(99).expect("above 0");
    let dangling = db.write(|tx| tx.insert(post("lost", nobody))).unwrap_err();
    assert!(dangling.violates(Post::AUTHOR) && matches!(dangling, Error::ForeignKey(_)));
    db.write(|tx| tx.insert_all((0..50).map(|n| post(&format!("post {n}"), ann))).map(drop))?;
    let snap = db.read();
    let plan = snap.query().filter(Post::AUTHOR.eq(bob)).explain();
    assert!(plan.kinds().any(|kind| kind != PlanKind::Scan), "{plan}");
    assert!(plan.kinds().all(|kind| kind != PlanKind::Scan), "{plan}");
    Ok(())
}

#[test]
fn s25_an_optional_id_is_a_foreign_key_that_may_be_null() -> Result {
    let (db, ann, _) = two_users()?;
    db.write(|tx| {
        let id = tx.insert(post("plain", ann))?;
        assert!(tx[id].category(tx).is_none());
        let news = tx.insert(NewCategory { name: "news".into(), parent_id: None })?;
        tx.update(id, |post| post.category_id = Some(news))?;
        assert_eq!(tx[id].category(tx).map(|category| category.name.as_str()), Some("news"));
        let nowhere = tx.update(id, |post| post.category_id = Id::from_u64(99)).unwrap_err();
        assert!(nowhere.violates(Post::CATEGORY_ID), "what is not null refers to a row");
        Ok(())
    })
}

#[test]
fn s27_a_row_has_many_others() -> Result {
    let (db, ann, bob) = two_users()?;
    db.write(|tx| tx.insert_all([post("one", ann), post("two", ann)]).map(drop))?;
    let snap = db.read();
    let titles = snap[ann].posts(&snap).into_iter().map(|post| post.title.as_str());
    assert_eq!(titles.collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(snap[bob].posts(&snap).count(), 0);
    let posts: Many<User, Post> = User::POSTS;
    assert_eq!(posts.of(&snap[ann], &snap).count(), 2, "by the constant as well");
    Ok(())
}

#[test]
fn s28_a_row_has_the_one_that_it_refers_to() -> Result {
    let (db, ann, _) = two_users()?;
    let post = db.write(|tx| tx.insert(post("one", ann)))?;
    let snap = db.read();
    let author: &User = snap[post].author(&snap);
    assert_eq!(author.name, "Ann");

    // A row that is not of this view, by the method and by the constant.
    let stranger = Post { author: Id::from_u64(99).expect("above 0"), ..snap[post].clone() };
    let asked = catch_unwind(AssertUnwindSafe(|| stranger.author(&snap).name.clone()));
    let message = *asked.unwrap_err().downcast::<String>().expect("a message");
    assert_eq!(
        message,
        "posts#1 is not of this view: users#99 does not exist in version 3, to which it refers by `author`"
    );
    assert!(Post::AUTHOR.of(&stranger, &snap).is_none());
    Ok(())
}

#[test]
fn s33_a_row_has_one_other() -> Result {
    let (db, ann, bob) = two_users()?;
    let profile = |motto: &str| NewProfile { user_id: ann, motto: motto.into() };
    db.write(|tx| tx.insert(profile("onwards")))?;
    let second = db.write(|tx| tx.insert(profile("upwards"))).unwrap_err();
    assert!(second.violates("profiles_user_id_key"), "{second}");
    let snap = db.read();
    let motto = |user: Id<User>| Some(snap[user].profile(&snap)?.motto.as_str());
    assert_eq!((motto(ann), motto(bob)), (Some("onwards"), None));
    Ok(())
}

#[test]
fn s34_a_model_refers_to_itself() -> Result {
    let (db, ..) = two_users()?;
    let (all, books) = db.write(|tx| {
        let all = tx.insert(NewCategory { name: "all".into(), parent_id: None })?;
        let books = tx.insert(NewCategory { name: "books".into(), parent_id: Some(all) })?;
        tx.insert(NewCategory { name: "tools".into(), parent_id: Some(all) })?;
        Ok((all, books))
    })?;
    let snap = db.read();
    assert_eq!(snap[books].parent(&snap).map(|parent| parent.id), Some(all));
    assert!(snap[all].parent(&snap).is_none());
    assert_eq!(snap[all].children(&snap).count(), 2);
    Ok(())
}

#[test]
fn s35_of_two_keys_to_one_model_each_relation_names_its_own() -> Result {
    let (db, ann, bob) = two_users()?;
    let message = db.write(|tx| tx.insert(NewMessage { sender_id: ann, receiver_id: bob }))?;
    let snap = db.read();
    assert_eq!(snap[ann].sent(&snap).ids(), [message]);
    assert_eq!(snap[bob].received(&snap).ids(), [message]);
    assert!(snap[ann].received(&snap).is_empty() && snap[bob].sent(&snap).is_empty());
    let (from, to) = (snap[message].sender(&snap), snap[message].receiver(&snap));
    assert_eq!((from.id, to.id), (ann, bob));
    Ok(())
}

#[test]
fn s42_the_key_of_the_child_alone_leads_both_ways() -> Result {
    let (db, ..) = two_users()?;
    let (all, books) = db.write(|tx| {
        let all = tx.insert(NewCategory { name: "all".into(), parent_id: None })?;
        Ok((all, tx.insert(NewCategory { name: "books".into(), parent_id: Some(all) })?))
    })?;
    let book = db.write(|tx| {
        let ann = tx.iter::<User>().next().map(|user| user.id).expect("there are two");
        tx.insert(NewPost { category_id: Some(books), ..post("a book", ann) })
    })?;
    let snap = db.read();
    // `Category` says nothing of posts.
    let posts: Many<Category, Post> = Post::CATEGORY_ID.inverse();
    assert_eq!(posts.of(&snap[books], &snap).ids(), [book]);
    assert!(posts.of(&snap[all], &snap).is_empty());
    assert_eq!(snap.query().filter(posts.any(Post::TITLE.eq("a book"))).ids(), [books]);
    Ok(())
}

#[test]
fn s43_both_sides_of_a_relation_tell_the_same() -> Result {
    let (db, ann, bob) = two_users()?;
    let post = db.write(|tx| tx.insert(post("one", ann)))?;
    db.write(|tx| tx.update(post, |post| post.author = bob).map(drop))?;
    let snap = db.read();
    // Changed on one side, it is changed on the other.
    assert_eq!(snap[post].author(&snap).posts(&snap).ids(), [post]);
    assert!(snap[ann].posts(&snap).is_empty());
    let _: Fk<Post, User> = Post::AUTHOR;
    let relations = &db.schema().tables()[0].relations;
    assert!(relations.iter().any(|posts| (posts.name, posts.target) == ("posts", "posts")));
    Ok(())
}

#[test]
fn s68_a_child_is_added_by_its_parents_id() -> Result {
    let (db, ann, _) = two_users()?;
    let before = db.read();
    db.write(|tx| {
        let post = tx.insert(post("one", ann))?;
        assert_eq!(tx[ann].posts(tx).ids(), [post], "there at once");
        Ok(())
    })?;
    assert_eq!(before[ann].posts(&before).count(), 0);
    assert_eq!(db.read()[ann].posts(&db.read()).count(), 1);
    Ok(())
}
