//! What plans say of themselves.

use bondstone::PlanKind;
use bondstone::prelude::*;
use bondstone_tests::dice::Dice;

use crate::models::{Badge, Group, Member, Note, database, fill};

#[derive(Clone, Debug, Model)]
#[table("secrets")]
struct Secret {
    #[key]
    id: Id<Secret>,
    #[index]
    #[private]
    word: String,
    #[private]
    number: i64,
}

/// A plan without the estimates.
fn text<M: Model>(query: Query<'_, M>) -> String {
    let plan = query.explain().to_string();
    let lines = plan.lines().map(|line| line.split(" est. ").next().unwrap().trim_end());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn access_paths() {
    let db = database();
    fill(&db, &mut Dice(1), 1000);
    let snap = db.read();
    let says = |condition: Pred<Member>, expected: &str| {
        assert_eq!(text(snap.query().filter(condition)), expected);
    };
    says(Pred::always(), "members       scan");
    says(Pred::never(), "members       nothing: the conditions contradict each other");
    says(
        Member::EMAIL.eq("m5@x.org"),
        "members       index members_email_key: email = \"m5@x.org\"",
    );
    says(
        Member::RANK.eq(2) & Member::SCORE.gt(18) & Member::PLAIN.gt(3),
        "members       index by_rank: rank = 2, score > 18\n  filter      plain > 3",
    );
    says(
        Member::GROUP_ID.eq(Id::from_u64(3).unwrap()) & Member::RANK.eq(3) & Member::SCORE.eq(4),
        "members       index by_rank: rank = 3, score = 4\n  filter      group_id = 3",
    );
    says(
        Member::GROUP_ID.to(Group::NAME).eq("group 3"),
        "members       from groups (index groups_name_key): group_id.name = \"group 3\"",
    );
    says(
        Member::BADGES.any(Badge::CODE.eq("none")),
        "members       from badges (key): any of badges: code = \"none\"",
    );
    says(
        Member::SLUG.eq("slug 3") | Member::ID.in_([Id::from_u64(4).unwrap()]),
        "members       any of key, index members_slug_key: (id in (4) or slug = \"slug 3\")",
    );
    says(Member::PLAIN.gt(3), "members       scan\n  filter      plain > 3");
    // A calculation on a number of the row comes before a text that the row owns elsewhere.
    says(
        Member::NAME.contains("x") & (Member::PLAIN + 1).gt(3_i32),
        "members       scan\n  filter      (plain + 1) > 3\n  filter      name contains \"x\"",
    );
    let notes = snap.query().filter(Note::MEMBER_ID.eq(Id::from_u64(3).unwrap()));
    assert_eq!(text(notes), "notes         children by member_id: member_id = 3");
    let group = snap.iter::<Group>().next().unwrap();
    let many = group.members(&snap);
    assert_eq!(
        text(many.filter(Member::RANK.eq(3) & Member::SCORE.eq(4))),
        "members       index by_rank: rank = 3, score = 4\n  filter      group_id = 1"
    );
    assert_eq!(
        text(many.filter(Member::PLAIN.gt(3))),
        "members       children by group_id: group_id = 1\n  filter      plain > 3"
    );
    assert_eq!(text(many.query()), "members       related rows");
    let member = snap.iter::<Member>().find(|member| !member.notes(&snap).is_empty()).unwrap();
    let few = member.notes(&snap).filter(Note::TOPIC.gt(3)).order_by(Note::TOPIC.desc()).limit(2);
    assert_eq!(
        text(few),
        "notes         related rows\n  filter      topic > 3\n  order       topic desc: the first 2 are kept\n  limit       2"
    );
}

#[test]
fn ranges() {
    use std::ops::Bound::{Excluded, Included, Unbounded};
    let says = |range: (std::ops::Bound<u32>, std::ops::Bound<u32>), expected: &str| {
        let condition: Pred<Member> = Member::RANK.within(range);
        assert_eq!(format!("{condition:?}"), expected);
    };
    says((Included(3), Excluded(5)), "rank in 3..5");
    says((Included(3), Included(5)), "rank in 3..=5");
    says((Excluded(3), Included(5)), "rank in 3<..=5");
    says((Excluded(3), Unbounded), "rank in 3<..");
}

#[test]
fn one_query_has_one_plan() {
    let db = database();
    fill(&db, &mut Dice(1), 500);
    let snap = db.read();
    let query = || snap.query().filter(Member::RANK.in_(0..100_u32) & Member::NAME.in_(["a", "b"]));
    let (plan, rows) = (query().explain().to_string(), query().ids());
    for _ in 0..50 {
        assert_eq!(query().explain().to_string(), plan);
        assert_eq!(query().ids(), rows);
    }
}

#[test]
fn orders_limits_and_closures() {
    let db = database();
    fill(&db, &mut Dice(1), 1000);
    let snap = db.read();
    let query = || snap.query::<Member>();
    assert_eq!(
        text(query().order_by(Member::NAME.desc()).offset(3).limit(10)),
        "members       index members_name_idx\n  order       name desc: from the index backwards, no sort\n  \
         offset      3\n  limit       10"
    );
    assert_eq!(
        text(
            query().filter(Member::RANK.eq(2)).order_by((Member::RANK.asc(), Member::SCORE.asc()))
        ),
        "members       index by_rank: rank = 2\n  order       rank, score: from the index, no sort"
    );
    assert_eq!(
        text(query().filter_fn(|_| true).order_by_key().limit(1)),
        "members       key\n  filter      a closure\n  order       key: from the key, no sort\n  limit       1"
    );
    assert_eq!(
        text(query().filter(Member::PLAIN.eq(2)).order_by(Member::RANK.asc().nulls_last())),
        "members       scan\n  filter      plain = 2\n  order       rank nulls last: sorted"
    );
}

#[test]
fn estimates_and_what_there_really_is() {
    let db = database();
    fill(&db, &mut Dice(1), 1000);
    let snap = db.read();
    let query = || snap.query().filter(Member::LEVEL.eq(3) & Member::PLAIN.gt(3)).limit(7);
    let plan = query().explain();
    assert_eq!((plan.table(), plan.table_rows()), ("members", 1000));
    assert_eq!(plan.kinds().collect::<Vec<_>>(), [PlanKind::Hash]);
    let level = snap.query().filter(Member::LEVEL.eq(3)).count() as u64;
    assert_eq!(plan.lines()[0].estimated, Some(level), "hash indexes know");
    assert_eq!(plan.lines()[0].actual, None);

    let plan = query().profile();
    let actual: Vec<_> = plan.lines().iter().map(|line| (line.step, line.actual)).collect();
    let [(_, Some(read)), ("filter", Some(met)), ("limit", Some(out))] = actual[..] else {
        panic!("{actual:?}")
    };
    assert!(read <= level && met == 7 && out == 7, "{plan}");
    assert!(plan.lines()[0].time.is_some());
    assert!(plan.to_string().contains(" actual 7"), "{plan}");
}

#[test]
fn private_values_are_not_shown() {
    let db = Database::builder().models::<Secret>().in_memory().unwrap();
    db.write(|tx| tx.insert(NewSecret { word: "xyzzy".into(), number: 1 })).unwrap();
    let snap = db.read();
    for condition in [
        Secret::WORD.eq("xyzzy"),
        Secret::WORD.ne("xyzzy"),
        Secret::WORD.within("xyzzy"..),
        Secret::WORD.in_(["xyzzy"]),
        Secret::WORD.starts_with("xyzzy"),
        Secret::WORD.contains("xyzzy"),
    ] {
        let plan = snap.query().filter(condition.clone()).explain().to_string();
        assert!(plan.contains("word") && plan.contains("•••"), "{plan}");
        assert!(!plan.contains("xyzzy") && !format!("{condition:?}").contains("xyzzy"), "{plan}");
    }
    for condition in [
        (Secret::NUMBER + 1).eq(4711),
        (1 + Secret::NUMBER).lt(4711),
        (bondstone::Expression::<Secret>::cast::<i64>(2 * Secret::NUMBER)).gt(4711),
    ] {
        let plan = snap.query().filter(condition).explain().to_string();
        assert!(plan.contains("number") && !plan.contains("4711"), "{plan}");
    }
    let by_word =
        db.prepare::<Secret, (String,)>(|query, (word,)| query.filter(Secret::WORD.eq(word)));
    let plan = by_word.run(&snap, ("xyzzy".to_owned(),)).explain().to_string();
    assert!(plan.contains("word = •••"), "{plan}");
}
