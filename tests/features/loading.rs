//! When related rows are fetched: one after the other as they are asked for, or together with their query.

use bondstone::FetchKind;
use bondstone::prelude::*;

use crate::{Result, database};

#[derive(Clone, Debug, PartialEq, Model)]
#[table("users")]
#[has_many(posts: Post)]
struct User {
    #[key]
    id: Id<User>,
    name: String,
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("posts")]
struct Post {
    #[key]
    id: Id<Post>,
    #[on_delete(cascade)]
    author: Id<User>,
    day: u32,
}

/// Ann with posts of the days 1 to 3, Bob with one of day 9, and Eve without any.
fn blog() -> Result<(Database, [Id<User>; 3])> {
    let db = database::<User>();
    let users = db.write(|tx| {
        let users =
            tx.insert_all(["Ann", "Bob", "Eve"].map(|name| NewUser { name: name.into() }))?;
        let posts = [(0, 1), (0, 2), (0, 3), (1, 9)];
        tx.insert_all(posts.map(|(user, day)| NewPost { author: users[user], day }))?;
        Ok([users[0], users[1], users[2]])
    })?;
    Ok((db, users))
}

fn days(posts: &[&Post]) -> Vec<u32> {
    posts.iter().map(|post| post.day).collect()
}

#[test]
fn s36_a_relation_is_walked_when_it_is_asked_and_nothing_is_kept_in_the_row() -> Result {
    let (db, [ann, ..]) = blog()?;
    let row = db.read()[ann].clone();
    assert_eq!(size_of::<User>(), size_of::<Id<User>>() + size_of::<String>());
    let before = db.read();
    db.write(|tx| tx.insert(NewPost { author: ann, day: 4 }))?;
    // One row, asked in two views.
    assert_eq!(row.posts(&before).count(), 3);
    assert_eq!(row.posts(&db.read()).count(), 4);
    Ok(())
}

#[test]
fn s37_rows_come_with_the_one_that_they_refer_to() -> Result {
    let (db, [ann, bob, _]) = blog()?;
    let snap = db.read();
    let joined: Vec<(&Post, &User)> =
        snap.query().order_by(Post::DAY.asc()).with(Post::AUTHOR).all();
    let found: Vec<(u32, Id<User>)> =
        joined.iter().map(|(post, user)| (post.day, user.id)).collect();
    assert_eq!(found, [(1, ann), (2, ann), (3, ann), (9, bob)]);
    Ok(())
}

#[test]
fn s38_rows_come_with_the_many_that_refer_to_them() -> Result {
    let (db, [ann, bob, eve]) = blog()?;
    let snap = db.read();
    let all: Vec<(&User, Vec<&Post>)> = snap.query().with(User::POSTS).all();
    let found: Vec<_> = all.iter().map(|(user, posts)| (user.id, days(posts))).collect();
    assert_eq!(found, [(ann, vec![1, 2, 3]), (bob, vec![9]), (eve, vec![])]);
    // Only those of the rows that the query has.
    let some = snap.query().filter(User::NAME.eq("Bob")).with(User::POSTS).all();
    assert_eq!((some.len(), days(&some[0].1)), (1, vec![9]));
    Ok(())
}

#[test]
fn s39_how_they_are_fetched_is_the_planners_choice_and_changes_nothing() -> Result {
    let (db, [ann, ..]) = blog()?;
    let snap = db.read();
    let recent = || snap.query::<User>().with(User::POSTS.filter(Post::DAY.ge(2)));
    let chosen = recent().all();
    assert_eq!((chosen[0].0.id, days(&chosen[0].1)), (ann, vec![2, 3]));
    for kind in FetchKind::ALL {
        assert_eq!(recent().force(kind).all(), chosen, "{kind:?}");
    }
    Ok(())
}

#[test]
fn s40_a_relation_is_a_query() -> Result {
    let (db, [ann, ..]) = blog()?;
    let snap = db.read();
    let posts = snap[ann].posts(&snap);
    let recent = posts.filter(Post::DAY.gt(1)).order_by(Post::DAY.desc()).all();
    assert_eq!(days(&recent), [3, 2]);
    assert_eq!(posts.order_by(Post::DAY.asc()).limit(1).first().map(|post| post.day), Some(1));
    assert_eq!(posts.query().sum(Post::DAY), 6);
    Ok(())
}
