//! Many to many without naming the association: by its key, by an index, and by walking.

use std::collections::{BTreeMap, BTreeSet};

use bondstone::prelude::*;
use bondstone::{LinkChanges, ManyVia};
use bondstone_tests::dice::Dice;

#[derive(Clone, Debug, PartialEq, Model)]
#[table("posts")]
#[has_many(tags: Tag via PostTag, shelves: Shelf via Standing, readers: Person via Reading)]
#[has_many(labels: Label via Labelled, readings: Reading)]
struct Post {
    #[key]
    id: Id<Post>,
}

/// Linked by a key of both.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("tags")]
#[has_many(posts: Post via PostTag)]
struct Tag {
    #[key]
    word: String,
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("post_tags")]
#[check(allowed: self.tag.key() != "bad")]
struct PostTag {
    #[key]
    #[on_delete(cascade)]
    post: Id<Post>,
    #[key]
    #[on_delete(cascade)]
    tag: Id<Tag>,
    #[on_insert(tx.now())]
    since: Timestamp,
}

/// Linked by a number, with a unique index over both.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("shelves")]
#[has_many(posts: Post via Standing)]
struct Shelf {
    #[key]
    id: Id<Shelf>,
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("standings")]
#[unique(standing: shelf, post)]
#[has_many(seals: Seal)]
struct Standing {
    #[key]
    id: Id<Standing>,
    #[on_delete(cascade)]
    post: Id<Post>,
    #[on_delete(cascade)]
    shelf: Id<Shelf>,
}

/// Holds a link.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("seals")]
struct Seal {
    #[key]
    id: Id<Seal>,
    standing: Id<Standing>,
}

/// Linked as often as one likes, and perhaps to nothing.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("labels")]
#[has_many(posts: Post via Labelled)]
struct Label {
    #[key]
    id: Id<Label>,
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("labelled")]
struct Labelled {
    #[key]
    id: Id<Labelled>,
    post: Id<Post>,
    label: Option<Id<Label>>,
}

/// At most one idol for each: the key is one of the two.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("people")]
#[has_many(followees: Person via Follow(follower, followee), followers: Person via Follow(followee, follower))]
#[has_many(spouses: Person via Marriage(one, other), posts: Post via Reading, readings: Reading)]
struct Person {
    #[key]
    id: Id<Person>,
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("follows")]
struct Follow {
    #[key]
    #[on_delete(cascade)]
    follower: Id<Person>,
    #[key]
    #[on_delete(cascade)]
    followee: Id<Person>,
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("marriages")]
struct Marriage {
    #[key]
    one: Id<Person>,
    other: Id<Person>,
}

/// A link with something to say.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("readings")]
struct Reading {
    #[key]
    id: Id<Reading>,
    post: Id<Post>,
    reader: Id<Person>,
    stars: u32,
}

fn database() -> Database {
    Database::builder().models::<(Post, Person)>().in_memory().expect("the models fit together")
}

fn tag(word: &str) -> Id<Tag> {
    Id::new(word)
}

fn sound(db: &Database) {
    assert_eq!(db.check().unwrap(), Vec::<String>::new());
}

#[test]
fn by_the_key_of_both_from_both_sides() -> Result<(), Error> {
    let db = database();
    db.write(|tx| {
        let posts = tx.insert_all([NewPost {}, NewPost {}])?;
        tx.insert_all(["rust", "code"].map(|word| NewTag { word: word.into() }))?;
        assert!(tx.link(Post::TAGS, posts[0], tag("rust"))?);
        assert!(!tx.link(Post::TAGS, posts[0], tag("rust"))?);
        assert!(!tx.link(Tag::POSTS, tag("rust"), posts[0])?, "the same link from the other side");
        assert!(tx.link(Tag::POSTS, tag("code"), posts[0])?);
        assert!(tx.link(Post::TAGS, posts[1], tag("code"))?);
        assert_eq!(tx[posts[0]].tags(tx).count(), 2);
        assert_eq!(tx[tag("code")].posts(tx).ids().len(), 2);
        assert_eq!(tx.changes().of::<PostTag>().count(), 3, "links are rows as others");
        assert!(tx.unlink(Tag::POSTS, tag("code"), posts[1])?);
        assert!(!tx.unlink(Post::TAGS, posts[1], tag("code"))?);
        assert_eq!(tx.count::<PostTag>(), 2);
        Ok(())
    })?;
    sound(&db);
    Ok(())
}

#[test]
fn what_an_insert_would_refuse_is_refused() -> Result<(), Error> {
    let db = database();
    db.write(|tx| {
        let post = tx.insert(NewPost {})?;
        let unknown = tx.link(Post::TAGS, post, tag("none")).unwrap_err();
        assert!(unknown.violates(PostTag::TAG));
        let nobody = Id::from_u64(99).unwrap();
        tx.insert(NewTag { word: "bad".into() })?;
        assert!(tx.link(Post::TAGS, nobody, tag("bad")).unwrap_err().violates("allowed"));
        assert!(tx.link(Post::TAGS, post, tag("bad")).unwrap_err().violates("allowed"));
        assert!(!tx.unlink(Post::TAGS, nobody, tag("none"))?, "they are not linked");
        assert!(matches!(tx.set_links(Post::TAGS, nobody, []), Err(Error::NotFound(_))));
        let refused = tx.set_links(Post::TAGS, post, [tag("none")]).unwrap_err();
        assert!(refused.violates(PostTag::TAG));
        assert_eq!(tx.count::<PostTag>(), 0);
        Ok(())
    })?;
    sound(&db);
    Ok(())
}

#[test]
fn by_an_index_over_both_and_held_by_another_row() -> Result<(), Error> {
    let db = database();
    db.write(|tx| {
        let post = tx.insert(NewPost {})?;
        let shelves = tx.insert_all([NewShelf {}, NewShelf {}, NewShelf {}])?;
        assert!(tx.link(Post::SHELVES, post, shelves[0])?);
        assert!(!tx.link(Shelf::POSTS, shelves[0], post)?);
        let standing = tx.find(Standing::STANDING, (shelves[0], post)).unwrap().id;
        tx.insert(NewSeal { standing })?;
        assert!(matches!(tx.unlink(Post::SHELVES, post, shelves[0]), Err(Error::Restricted(_))));
        // All or nothing: the second link is not there either.
        let refused = tx.set_links(Post::SHELVES, post, [shelves[1]]);
        assert!(matches!(refused, Err(Error::Restricted(_))));
        assert_eq!(tx[post].shelves(tx).ids(), [shelves[0]]);
        let done = tx.set_links(Post::SHELVES, post, shelves.clone())?;
        assert_eq!(done, LinkChanges { added: 2, removed: 0 });
        assert_eq!(tx[post].shelves(tx).count(), 3);
        assert!(
            tx.find(Standing::STANDING, (shelves[0], post)).is_some_and(|row| row.id == standing)
        );
        Ok(())
    })?;
    sound(&db);
    Ok(())
}

#[test]
fn by_walking_where_nothing_is_unique() -> Result<(), Error> {
    let db = database();
    db.write(|tx| {
        let posts = tx.insert_all([NewPost {}, NewPost {}, NewPost {}])?;
        let labels = tx.insert_all([NewLabel {}, NewLabel {}])?;
        assert!(tx.link(Post::LABELS, posts[0], labels[0])?);
        assert!(!tx.link(Label::POSTS, labels[0], posts[0])?);
        // Twice, by hand; and to nothing.
        tx.insert(NewLabelled { post: posts[0], label: Some(labels[0]) })?;
        tx.insert(NewLabelled { post: posts[0], label: None })?;
        for post in &posts {
            tx.link(Label::POSTS, labels[1], *post)?;
        }
        let done = tx.set_links(Post::LABELS, posts[0], [labels[0], labels[0]])?;
        assert_eq!(done, LinkChanges { added: 0, removed: 1 });
        assert!(tx.unlink(Post::LABELS, posts[0], labels[0])?);
        assert!(tx[posts[0]].labels(tx).is_empty());
        let left = tx.query().filter(Labelled::POST.eq(posts[0])).one()?;
        assert_eq!(left.label, None, "what links to nothing stays");
        Ok(())
    })?;
    sound(&db);
    Ok(())
}

#[test]
fn between_rows_of_one_model_the_direction_counts() -> Result<(), Error> {
    let db = database();
    db.write(|tx| {
        let [ann, bob, eve] = [(); 3].map(|()| tx.insert(NewPerson {}).unwrap());
        assert!(tx.link(Person::FOLLOWEES, ann, bob)?);
        assert!(tx.link(Person::FOLLOWEES, bob, ann)?, "the other way is another link");
        assert!(!tx.link(Person::FOLLOWERS, bob, ann)?);
        assert!(tx.link(Person::FOLLOWERS, bob, eve)?);
        assert!(tx.contains(Id::<Follow>::new((eve, bob))));
        assert!(tx.link(Person::FOLLOWEES, ann, ann)?);
        let mut followers = tx[bob].followers(tx).ids();
        followers.sort();
        assert_eq!(followers, [ann, eve]);
        assert!(tx.unlink(Person::FOLLOWERS, ann, bob)?);
        assert!(tx.contains(Id::<Follow>::new((ann, bob))));
        assert!(!tx.contains(Id::<Follow>::new((bob, ann))));

        // The key is one of the two: at most one each.
        assert!(tx.link(Person::SPOUSES, ann, bob)?);
        assert!(!tx.link(Person::SPOUSES, ann, bob)?);
        assert!(matches!(tx.link(Person::SPOUSES, ann, eve), Err(Error::Unique(_))));
        assert!(!tx.unlink(Person::SPOUSES, ann, eve)?);
        let done = tx.set_links(Person::SPOUSES, ann, [eve])?;
        assert_eq!(done, LinkChanges { added: 1, removed: 1 });
        assert_eq!(tx[ann].spouses(tx).ids(), [eve]);
        Ok(())
    })?;
    sound(&db);
    Ok(())
}

#[test]
fn a_link_with_attributes_is_asked_about_and_unlinked() -> Result<(), Error> {
    let db = database();
    db.write(|tx| {
        let posts = tx.insert_all([NewPost {}, NewPost {}])?;
        let reader = tx.insert(NewPerson {})?;
        for (post, stars) in [(posts[0], 5), (posts[1], 2)] {
            tx.insert(NewReading { post, reader, stars })?;
        }
        let liked = tx.query().filter(Post::READINGS.any(Reading::STARS.gt(3)));
        assert_eq!(liked.ids(), [posts[0]]);
        let liked = tx[reader].readings(tx).filter(Reading::STARS.gt(3));
        assert_eq!(
            liked.into_iter().map(|reading| reading.post(tx).id).collect::<Vec<_>>(),
            [posts[0]]
        );
        assert!(tx.unlink(Person::POSTS, reader, posts[0])?);
        assert_eq!(tx[reader].posts(tx).ids(), [posts[1]]);
        Ok(())
    })?;
    sound(&db);
    Ok(())
}

/// Links of one kind, against a set of pairs.
fn at_random<T: Model, J: bondstone::Links<Post, T>>(
    seed: u64,
    relation: ManyVia<Post, T, J>,
    far: impl Fn(&mut Tx) -> Vec<Id<T>>,
) -> Result<(), Error> {
    let mut dice = Dice(seed);
    let db = database();
    let (posts, far) = db.write(|tx| Ok((tx.insert_all((0..3).map(|_| NewPost {}))?, far(tx))))?;
    let mut linked: BTreeMap<Id<Post>, BTreeSet<Id<T>>> = BTreeMap::new();
    for _ in 0..60 {
        let post = posts[dice.roll(3) as usize];
        let other = far[dice.roll(far.len() as u64) as usize].clone();
        let others: BTreeSet<Id<T>> = far.iter().filter(|_| dice.roll(2) == 0).cloned().collect();
        let kind = dice.roll(6);
        let inside = linked.clone();
        let of = linked.entry(post).or_default();
        let outcome = db.write(|tx| {
            match kind {
                0 | 1 => assert_eq!(tx.link(relation, post, other.clone())?, of.insert(other)),
                2 | 3 => assert_eq!(tx.unlink(relation, post, other.clone())?, of.remove(&other)),
                _ => {
                    let done = tx.set_links(relation, post, others.iter().cloned())?;
                    assert_eq!(done.added, others.difference(of).count());
                    assert_eq!(done.removed, of.difference(&others).count());
                    *of = others;
                }
            }
            if dice.roll(5) == 0 { Err("no".into()) } else { Ok(()) }
        });
        if outcome.is_err() {
            linked = inside;
        }
        let snap = db.read();
        for post in &posts {
            let mut found = relation.of(&snap[*post], &snap).ids();
            found.sort();
            let expected: Vec<Id<T>> = linked.get(post).into_iter().flatten().cloned().collect();
            assert_eq!(found, expected);
        }
        drop(snap);
        sound(&db);
    }
    Ok(())
}

#[test]
fn at_random_links_are_a_set_of_pairs() -> Result<(), Error> {
    for seed in 0..8 {
        at_random(seed, Post::TAGS, |tx| {
            tx.insert_all(["a", "b", "c", "d"].map(|word| NewTag { word: word.into() })).unwrap()
        })?;
        at_random(seed, Post::SHELVES, |tx| tx.insert_all((0..4).map(|_| NewShelf {})).unwrap())?;
        at_random(seed, Post::LABELS, |tx| tx.insert_all((0..4).map(|_| NewLabel {})).unwrap())?;
    }
    Ok(())
}

/// In a scope that judges at its end links come before the rows that they join, and are nobody's children until it ends.
#[test]
fn in_a_scope_a_link_is_the_same_before_and_after_its_rows_come() -> Result<(), Error> {
    let db = database();
    db.write(|tx| {
        tx.deferred(|tx| {
            let post = tx.insert(NewPost {})?;
            let tag = Id::<Tag>::new("late");
            let shelf = Id::from_u64(70).unwrap();
            let label = Id::from_u64(71).unwrap();
            for round in 0..2 {
                let is_first = round == 0;
                assert_eq!(tx.link(Post::TAGS, post, tag.clone())?, is_first, "by a key of both");
                assert!(!tx.link(Tag::POSTS, tag.clone(), post)?);
                assert_eq!(tx.link(Shelf::POSTS, shelf, post)?, is_first, "by a unique index");
                assert!(!tx.link(Post::SHELVES, post, shelf)?);
                assert_eq!(tx.link(Post::LABELS, post, label)?, is_first, "by walking");
                assert!(!tx.link(Label::POSTS, label, post)?);
                if is_first {
                    tx.insert(Tag { word: "late".into() })?;
                    tx.insert(Shelf { id: shelf })?;
                    tx.insert(Label { id: label })?;
                }
            }
            assert!(tx.unlink(Tag::POSTS, tag.clone(), post)?);
            assert!(!tx.unlink(Post::TAGS, post, tag.clone())?);
            tx.link(Tag::POSTS, tag, post).map(drop)
        })
    })?;
    let snap = db.read();
    let counts = [snap.count::<PostTag>(), snap.count::<Standing>(), snap.count::<Labelled>()];
    assert_eq!(counts, [1, 1, 1]);
    let post = snap.iter::<Post>().next().unwrap();
    assert_eq!((post.tags(&snap).count(), post.shelves(&snap).count()), (1, 1));
    assert_eq!(db.check()?, Vec::<String>::new());
    Ok(())
}
