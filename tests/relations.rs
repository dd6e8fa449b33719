//! Traversal: both ways, and from anywhere.

use bondstone::prelude::*;

/// Someone.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("people")]
#[has_many(posts: Post, replies: Reply, children: Person, tags: Tag via Mark)]
#[has_many(sent: Letter by sender, received: Letter by receiver, friends: Person via Letter(sender, receiver))]
#[has_one(passport: Passport)]
struct Person {
    #[key]
    id: Id<Person>,
    name: String,
    parent: Option<Id<Person>>,
}

/// What someone wrote.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("posts")]
#[has_many(replies: Reply)]
struct Post {
    #[key]
    id: Id<Post>,
    #[on_delete(cascade)]
    author: Id<Person>,
    text: String,
}

/// What someone answered, or nobody in particular.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("replies")]
struct Reply {
    #[key]
    id: Id<Reply>,
    #[on_delete(cascade)]
    post: Id<Post>,
    #[on_delete(set_null)]
    author: Option<Id<Person>>,
}

/// A word; its text is the key.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("tags")]
#[has_many(people: Person via Mark)]
struct Tag {
    #[key]
    word: String,
}

/// A word for a person.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("marks")]
struct Mark {
    #[key]
    #[on_delete(cascade)]
    person: Id<Person>,
    #[key]
    #[on_delete(cascade)]
    tag: Id<Tag>,
}

/// From one person to another.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("letters")]
struct Letter {
    #[key]
    id: Id<Letter>,
    sender: Id<Person>,
    receiver: Id<Person>,
}

/// One for each person at most.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("passports")]
struct Passport {
    #[key]
    number: i64,
    #[unique]
    #[on_delete(cascade)]
    holder: Id<Person>,
}

/// Ann, with two posts, a child, two tags, a passport; and Bob, her child.
fn world() -> (Database, Id<Person>, Id<Person>) {
    let db = Database::builder().models::<Person>().in_memory().expect("the models fit together");
    let (ann, bob) = db
        .write(|tx| {
            let ann = tx.insert(NewPerson { name: "ann".into(), parent: None })?;
            let bob = tx.insert(NewPerson { name: "bob".into(), parent: Some(ann) })?;
            let first = tx.insert(NewPost { author: ann, text: "first".into() })?;
            tx.insert(NewPost { author: ann, text: "second".into() })?;
            tx.insert(NewReply { post: first, author: Some(bob) })?;
            tx.insert(NewReply { post: first, author: None })?;
            for word in ["kind", "tall", "late"] {
                tx.insert(NewTag { word: word.into() })?;
            }
            tx.insert(NewMark { person: ann, tag: Id::new("kind") })?;
            tx.insert(NewMark { person: ann, tag: Id::new("tall") })?;
            tx.insert(NewMark { person: bob, tag: Id::new("tall") })?;
            tx.insert(NewLetter { sender: ann, receiver: bob })?;
            tx.insert(NewLetter { sender: bob, receiver: bob })?;
            tx.insert(NewPassport { number: 7, holder: ann })?;
            Ok((ann, bob))
        })
        .expect("everything fits");
    (db, ann, bob)
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort();
    items
}

#[test]
fn from_a_parent_to_its_children_and_back() {
    let (db, ann, bob) = world();
    let snap = db.read();
    let texts = sorted(snap[ann].posts(&snap).iter().map(|post| post.text.as_str()));
    assert_eq!(texts, ["first", "second"]);
    for post in snap[ann].posts(&snap) {
        assert!(std::ptr::eq(post.author(&snap), &snap[ann]));
        assert_eq!(Post::AUTHOR.of(post, &snap), Some(&snap[ann]));
    }
    let posts = snap[ann].posts(&snap);
    assert_eq!((posts.count(), posts.all().len(), posts.is_empty()), (2, 2, false));
    assert!(posts.first().is_some());
    assert_eq!((&posts).into_iter().count(), 2);
    assert!(snap[bob].posts(&snap).is_empty());
    assert_eq!(snap[bob].posts(&snap).first(), None);
}

#[test]
fn a_key_that_is_null_leads_nowhere() {
    let (db, _, bob) = world();
    let snap = db.read();
    let authors =
        sorted(snap.iter::<Reply>().map(|reply| reply.author(&snap).map(|person| person.id)));
    assert_eq!(authors, [None, Some(bob)]);
    assert_eq!(snap[bob].replies(&snap).count(), 1);
}

#[test]
fn a_hierarchy_is_no_special_case() {
    let (db, ann, bob) = world();
    let snap = db.read();
    assert_eq!(snap[bob].parent(&snap), Some(&snap[ann]));
    assert_eq!(snap[ann].parent(&snap), None);
    assert_eq!(snap[ann].children(&snap).all(), [&snap[bob]]);
    // Even someone who is their own parent.
    db.write(|tx| tx.update(ann, |person| person.parent = Some(ann)).map(drop))
        .expect("nobody forbids it");
    let snap = db.read();
    assert_eq!(snap[ann].parent(&snap), Some(&snap[ann]));
    assert_eq!(sorted(snap[ann].children(&snap).iter().map(|person| person.id)), [ann, bob]);
}

#[test]
fn many_to_many_both_ways() {
    let (db, ann, bob) = world();
    let snap = db.read();
    let words = sorted(snap[ann].tags(&snap).iter().map(|tag| tag.word.as_str()));
    assert_eq!(words, ["kind", "tall"]);
    let tag = |word: &str| &snap[Id::<Tag>::new(word)];
    assert_eq!(sorted(tag("tall").people(&snap).iter().map(|person| person.id)), [ann, bob]);
    assert_eq!(tag("tall").people(&snap).count(), 2);
    assert!(tag("late").people(&snap).is_empty());
    // The one who goes takes the links along, not what they lead to.
    db.write(|tx| tx.delete(Id::<Tag>::new("tall")).map(drop)).expect("marks cascade");
    let snap = db.read();
    assert_eq!((snap.count::<Mark>(), snap.count::<Person>()), (1, 2));
}

#[test]
fn two_keys_to_one_model_are_told_apart() {
    let (db, ann, bob) = world();
    let snap = db.read();
    assert_eq!((snap[ann].sent(&snap).count(), snap[ann].received(&snap).count()), (1, 0));
    assert_eq!((snap[bob].sent(&snap).count(), snap[bob].received(&snap).count()), (1, 2));
    assert_eq!(snap[ann].friends(&snap).all(), [&snap[bob]]);
    assert_eq!(Letter::RECEIVER.inverse().of(&snap[bob], &snap).count(), 2);
}

#[test]
fn one_to_one() {
    let (db, ann, bob) = world();
    let snap = db.read();
    let passport = snap[ann].passport(&snap).expect("ann has one");
    assert_eq!((passport.number, passport.holder(&snap).id), (7, ann));
    assert_eq!(snap[bob].passport(&snap), None);
    let error = db.write(|tx| tx.insert(NewPassport { number: 8, holder: ann })).unwrap_err();
    assert!(error.violates(Passport::HOLDER), "{error}");
}

#[test]
fn from_a_clone_and_from_another_view() {
    let (db, ann, bob) = world();
    let before = db.read();
    let clone = before[ann].clone();
    db.write(|tx| {
        tx.insert(NewPost { author: ann, text: "third".into() })?;
        tx.update(ann, |person| person.name = "Anne".into())?;
        tx.delete(bob).map(drop)
    })
    .expect_err("letters refer to bob");
    db.write(|tx| {
        tx.insert(NewPost { author: ann, text: "third".into() })?;
        tx.update(ann, |person| person.name = "Anne".into()).map(drop)
    })
    .expect("nothing refuses");
    let after = db.read();
    // What is found belongs to the view, not to the row.
    assert_eq!((clone.posts(&before).count(), clone.posts(&after).count()), (2, 3));
    assert_eq!((before[ann].posts(&after).count(), after[ann].posts(&before).count()), (3, 2));
    assert!(clone.posts(&after).iter().all(|post| post.author(&after).name == "Anne"));
    assert!(clone.posts(&before).iter().all(|post| post.author(&before).name == "ann"));
    drop((before, after));
    assert_eq!(clone.posts(&db.read()).count(), 3);
}

#[test]
fn from_a_value_that_was_never_inserted() {
    let (db, ann, _) = world();
    let snap = db.read();
    let nobody =
        Person { id: Id::from_u64(99).expect("above 0"), name: "nobody".into(), parent: Some(ann) };
    assert!(nobody.posts(&snap).is_empty());
    assert_eq!((nobody.tags(&snap).count(), nobody.friends(&snap).count()), (0, 0));
    assert_eq!(nobody.passport(&snap), None);
    assert_eq!(nobody.parent(&snap), Some(&snap[ann]));
    // With a key that someone has, it is as good as a clone of them.
    let double = Person { id: ann, ..nobody };
    assert_eq!(double.posts(&snap).count(), 2);
    // A parent who is not there: the safe way says so.
    let orphan =
        Post { id: Id::from_u64(50).expect("above 0"), author: nobody_id(), text: String::new() };
    assert_eq!(Post::AUTHOR.of(&orphan, &snap), None);
}

fn nobody_id() -> Id<Person> {
    Id::from_u64(99).expect("above 0")
}

#[test]
#[should_panic(expected = "people#99 does not exist in version")]
fn a_required_parent_that_is_not_there_is_named() {
    let (db, ..) = world();
    let snap = db.read();
    let orphan =
        Post { id: Id::from_u64(50).expect("above 0"), author: nobody_id(), text: String::new() };
    let _ = orphan.author(&snap);
}

#[test]
fn through_a_transaction_that_sees_its_own_writes() {
    let (db, ann, bob) = world();
    let before = db.read();
    db.write(|tx| {
        let third = tx.insert(NewPost { author: bob, text: "third".into() })?;
        assert_eq!(tx[bob].posts(tx).all(), [&tx[third]]);
        tx.update(third, |post| post.author = ann)?;
        assert_eq!((tx[bob].posts(tx).count(), tx[ann].posts(tx).count()), (0, 3));
        tx.delete(third)?;
        assert_eq!(tx[ann].posts(tx).count(), 2);
        let _ = tx.savepoint(|tx| -> Result<(), Error> {
            for post in tx[ann].posts(tx).iter().map(|post| post.id).collect::<Vec<_>>() {
                tx.delete(post)?;
            }
            assert!(tx[ann].posts(tx).is_empty());
            Err("not really".into())
        });
        assert_eq!(tx[ann].posts(tx).count(), 2);
        tx.insert(NewMark { person: bob, tag: Id::new("late") })?;
        assert_eq!(tx[bob].tags(tx).count(), 2);
        assert_eq!(before[bob].tags(&before).count(), 1);
        Ok(())
    })
    .expect("nothing refuses");
    assert_eq!(before[ann].posts(&before).count(), 2);
    assert_eq!(db.read()[bob].tags(&db.read()).count(), 2);
}

#[test]
fn all_rows_with_their_relations_at_once() {
    let (db, ann, bob) = world();
    let snap = db.read();
    let pairs = snap.with_children(Person::POSTS).map(|(person, posts)| (person.id, posts.count()));
    assert_eq!(sorted(pairs), [(ann, 2), (bob, 0)]);
    let pairs = snap
        .with_parent(Post::AUTHOR)
        .map(|(post, person)| (post.id.get(), person.map(|it| it.id)));
    assert_eq!(sorted(pairs), [(1, Some(ann)), (2, Some(ann))]);
    let pairs = snap
        .with_parent(Reply::AUTHOR)
        .map(|(reply, person)| (reply.id.get(), person.map(|it| it.id)));
    assert_eq!(sorted(pairs), [(1, Some(bob)), (2, None)]);
}
