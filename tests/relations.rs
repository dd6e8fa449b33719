//! Traversal: both ways, and from anywhere.

use bondstone::prelude::*;

/// Someone.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("people")]
#[has_many(posts: Post, replies: Reply, children: Person, tags: Tag via Mark, answered: Post via Reply)]
#[has_many(following: Follow by fan, followed: Follow by idol, idols: Person via Follow(fan, idol))]
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
#[has_many(replies: Reply, commenters: Person via Reply)]
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

/// One person follows another, or themselves: both halves of the key refer to the same model.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("follows")]
struct Follow {
    #[key]
    #[on_delete(cascade)]
    fan: Id<Person>,
    #[key]
    #[on_delete(cascade)]
    idol: Id<Person>,
}

/// A row that may be owned by one and follow another, which both take it with them.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("nodes")]
struct Node {
    #[key]
    id: Id<Node>,
    #[on_delete(cascade)]
    owner: Option<Id<Node>>,
    #[on_delete(cascade)]
    previous: Option<Id<Node>>,
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
    let db = Database::builder()
        .models::<(Person, Node)>()
        .in_memory()
        .expect("the models fit together");
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

#[test]
fn every_relation_to_many_is_a_query() {
    let (db, ann, bob) = world();
    let texts = |query: Query<'_, Post>| -> Vec<String> {
        query.into_iter().map(|post| post.text.clone()).collect()
    };
    db.write(|tx| {
        tx.insert(NewPost { author: ann, text: "third".into() })?;
        // Children, through a transaction that sees its own write.
        let posts = tx[ann].posts(tx);
        assert_eq!(texts(posts.order_by(Post::TEXT.desc())), ["third", "second", "first"]);
        assert_eq!(posts.filter(Post::TEXT.contains("ir")).count(), 2);
        assert_eq!(posts.filter_fn(|post| post.text.len() == 5).count(), 2);
        assert_eq!((posts.offset(1).count(), posts.limit(2).count()), (2, 2));
        assert_eq!(texts(posts.order_by(Post::TEXT.asc()).offset(1).limit(1)), ["second"]);
        assert!(posts.exists() && !tx[bob].posts(tx).exists());
        assert!(!posts.filter(Post::TEXT.eq("fourth")).exists());
        assert!(matches!(posts.one(), Err(Error::NotOne { several: true, .. })));
        assert!(matches!(tx[bob].posts(tx).one(), Err(Error::NotOne { several: false, .. })));
        assert_eq!(sorted(posts.ids().into_iter()).len(), 3);
        Ok(())
    })
    .expect("nothing refuses");
    let snap = db.read();
    // By way of an association, and by one of two keys.
    let tags = snap[ann].tags(&snap);
    let bobs = tags.filter(Tag::PEOPLE.any(Person::NAME.eq("bob"))).one();
    assert_eq!(bobs.map(|tag| tag.word.as_str()).ok(), Some("tall"));
    assert_eq!(tags.order_by(Tag::WORD.asc()).first().map(|tag| tag.word.as_str()), Some("kind"));
    assert_eq!(snap[bob].received(&snap).filter(Letter::SENDER.eq(ann)).count(), 1);
    // The only child of a parent, by its constant; from a clone, and from nobody.
    let clone = snap[ann].clone();
    assert_eq!(Person::PASSPORT.of(&clone, &snap).map(|passport| passport.number), Some(7));
    assert_eq!(Person::PASSPORT.of(&snap[bob], &snap), None);
    assert_eq!(texts(clone.posts(&snap).filter(Post::TEXT.starts_with("s"))), ["second"]);
    let nobody = Person { id: nobody_id(), ..clone };
    assert!(!nobody.posts(&snap).order_by(Post::TEXT.asc()).exists());
    assert_eq!(nobody.tags(&snap).filter(Pred::always()).count(), 0);
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

#[test]
fn a_link_that_leads_nowhere_does_not_count() {
    let (db, _, bob) = world();
    let before = db.read();
    let post = |db: &View, text: &str| {
        db.iter::<Post>().find(|post| post.text == text).map(|post| post.id).expect("it is there")
    };
    let (first, second) = (post(&before, "first"), post(&before, "second"));
    // The first has an answer of Bob's, and one of nobody in particular.
    assert_eq!(before[first].replies(&before).count(), 2);
    let commenters = before[first].commenters(&before);
    assert_eq!(
        (commenters.count(), commenters.all(), commenters.is_empty()),
        (1, vec![&before[bob]], false)
    );
    assert_eq!(before[bob].answered(&before).all(), [&before[first]]);
    let cat = db
        .write(|tx| {
            let cat = tx.insert(NewPerson { name: "cat".into(), parent: None })?;
            tx.insert(NewReply { post: second, author: Some(cat) })?;
            Ok(cat)
        })
        .expect("nothing refuses");
    let between = db.read();
    db.write(|tx| tx.delete(cat).map(drop)).expect("her answer lets go");
    let after = db.read();
    assert_eq!(after[second].replies(&after).count(), 1);
    let nobody = after[second].commenters(&after);
    assert_eq!((nobody.count(), nobody.first(), nobody.is_empty()), (0, None, true));
    assert_eq!(between[second].commenters(&between).all(), [&between[cat]]);
    assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
}

#[test]
fn a_rekey_reaches_a_row_by_both_halves_of_its_key() {
    let (db, ann, bob) = world();
    let anne = Id::from_u64(50).expect("above 0");
    let keys = |db: &View| sorted(db.iter::<Follow>().map(|row| (row.fan.get(), row.idol.get())));
    let pairs = [(ann, bob), (bob, ann), (ann, ann), (bob, bob)];
    db.write(|tx| tx.insert_all(pairs.map(|(fan, idol)| NewFollow { fan, idol })))
        .expect("new ones");
    let before = db.read();

    let error = db.write(|tx| tx.rekey(ann, bob)).unwrap_err();
    assert!(matches!(error, Error::Unique(_)), "{error}");
    assert_eq!(keys(&db.read()), [(1, 1), (1, 2), (2, 1), (2, 2)], "nothing has changed");

    db.write(|tx| {
        tx.rekey(ann, anne)?;
        // Three rows have another key, and so another life: each went and came.
        let changes = tx.changes();
        let changes: Vec<Change<'_, Follow>> = changes.of().collect();
        assert_eq!(changes.iter().filter(|change| change.after().is_none()).count(), 3);
        assert_eq!(changes.iter().filter(|change| change.before().is_none()).count(), 3);
        assert_eq!(changes.len(), 6);
        Ok(())
    })
    .expect("all of them follow");
    let after = db.read();
    assert_eq!(keys(&after), [(2, 2), (2, 50), (50, 2), (50, 50)]);
    assert_eq!(sorted(after[anne].idols(&after).iter().map(|idol| idol.id)), [bob, anne]);
    assert_eq!(
        (after[anne].following(&after).count(), after[anne].followed(&after).count()),
        (2, 2)
    );
    assert_eq!(keys(&before), [(1, 1), (1, 2), (2, 1), (2, 2)]);
    assert_eq!(sorted(before[ann].idols(&before).iter().map(|idol| idol.id)), [ann, bob]);

    db.write(|tx| tx.rekey(anne, ann)).expect("and back");
    assert_eq!(keys(&db.read()), [(1, 1), (1, 2), (2, 1), (2, 2)]);
    assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
}

/// A team, led by one of its own members, whose keys begin with the team's.
#[derive(Clone, Debug, PartialEq, Eq, Model)]
#[has_many(members: Member)]
struct Team {
    #[key]
    code: String,
    #[on_update(cascade)]
    lead: Option<Id<Member>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Model)]
struct Member {
    #[key]
    #[on_update(cascade)]
    team: Id<Team>,
    #[key]
    number: u32,
}

#[test]
fn a_rekey_goes_round_a_circle() {
    let db = Database::builder().models::<Team>().models::<Member>().in_memory().expect("valid");
    let (red, blue) = (Id::<Team>::new("red"), Id::<Team>::new("blue"));
    db.write(|tx| {
        tx.insert(NewTeam { code: "red".into(), lead: None })?;
        let lead = tx.insert(NewMember { team: red.clone(), number: 7 })?;
        tx.insert(NewMember { team: red.clone(), number: 8 })?;
        tx.update(red.clone(), |team| team.lead = Some(lead)).map(drop)
    })
    .expect("nothing refuses");
    let lead = |db: &View, team: &Id<Team>| db[team.clone()].lead(db).map(|member| member.id());

    // The team moves, so its members do, so the team refers to another lead: none of them can be written first.
    for (from, to) in [(&red, &blue), (&blue, &red)] {
        db.write(|tx| tx.rekey(from.clone(), to.clone())).expect("all of them follow");
        let after = db.read();
        assert_eq!(lead(&after, to), Some(Id::new((to.clone(), 7))));
        assert_eq!(after[to.clone()].members(&after).count(), 2);
        assert!(after.get(from.clone()).is_none());
        assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
    }

    // In a scope that judges at its end it is the scope that judges.
    let done = db.write(|tx| {
        tx.deferred(|tx| {
            tx.rekey(red.clone(), blue.clone())?;
            tx.update(blue.clone(), |team| team.lead = Some(Id::new((blue.clone(), 9)))).map(drop)
        })
    });
    let error = done.unwrap_err();
    assert!(error.violates("team_lead_fkey"), "{error}");
    assert_eq!(lead(&db.read(), &red), Some(Id::new((red, 7))), "nothing has changed");
}

/// The rows that go with node 1, in their order, and what the change set says went.
fn nodes_that_go(db: &Database) -> Vec<u64> {
    db.write(|tx| {
        let root = Id::<Node>::from_u64(1).expect("above 0");
        let planned = tx.preview_delete(root)?;
        let (_, done) = tx.delete_reported(root)?;
        assert_eq!(planned, done);
        let order: Vec<u64> = done
            .deletes()
            .iter()
            .map(|step| step.row().trim_start_matches("nodes#").parse().expect("a number"))
            .collect();
        let written: Vec<u64> = tx.changes().of::<Node>().map(|change| change.id().get()).collect();
        assert_eq!([&order[..], &[1]].concat(), written, "what is planned is done, in this order");
        Ok::<_, Error>(order)
    })
    .expect("nobody refuses")
}

fn node(owner: u64, previous: u64) -> NewNode {
    NewNode { owner: Id::from_u64(owner), previous: Id::from_u64(previous) }
}

#[test]
fn a_diamond_goes_once_and_from_the_bottom() {
    // 2 and 3 refer to 1, and 4 to both of them; or to 3 and 2.
    for bottom in [node(2, 3), node(3, 2)] {
        let (db, ..) = world();
        let rows = [node(0, 0), node(1, 0), node(1, 0), bottom];
        db.write(|tx| tx.insert_all(rows)).expect("each refers to those before it");
        let order = nodes_that_go(&db);
        assert_eq!((order[0], sorted(order.iter().copied())), (4, vec![2, 3, 4]));
        assert_eq!(db.read().count::<Node>(), 0);
        assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
    }
}

#[test]
fn above_a_circle_children_come_first_too() {
    let (db, ..) = world();
    db.write(|tx| {
        // 2 and 4 refer to each other. 4 also refers to 5, which refers to nothing of the circle, and is found after it.
        tx.insert_all([node(0, 0), node(1, 0), node(1, 0), node(0, 2), node(3, 0)])?;
        let [two, four, five] =
            [2, 4, 5].map(|number| Id::<Node>::from_u64(number).expect("above 0"));
        tx.update(two, |row| row.previous = Some(four))?;
        tx.update(four, |row| row.owner = Some(five)).map(drop)
    })
    .expect("each refers to a row that is there");
    let order = nodes_that_go(&db);
    let place = |number: u64| order.iter().position(|row| *row == number).expect("it goes");
    assert_eq!(sorted(order.iter().copied()), [2, 3, 4, 5]);
    assert!(place(4) < place(5) && place(5) < place(3), "{order:?}");
}
