//! Prepared queries: the same as built anew with the values, whatever these are and however the tables have grown.

use std::sync::atomic::{AtomicUsize, Ordering};

use bondstone::prelude::*;
use bondstone_tests::dice::Dice;

use crate::models::{Group, Member, NAMES, Note, database, disturb, fill};

fn ids(mut ids: Vec<Id<Member>>) -> Vec<Id<Member>> {
    ids.sort();
    ids
}

#[test]
fn a_unique_column_is_looked_up() {
    let mut dice = Dice(5);
    let db = database();
    fill(&db, &mut dice, 60);
    let by_email = db.prepare::<Member, (Option<String>,)>(|query, (email,)| {
        query.filter(Member::EMAIL.eq(email) & Member::LEVEL.lt(4))
    });
    let snap = db.read();
    for member in snap.iter::<Member>() {
        let email = (member.email.clone(),);
        let rows = snap.iter::<Member>().filter(|row| row.email == member.email && row.level < 4);
        let expected = ids(rows.map(|row| row.id).collect());
        assert_eq!(ids(by_email.run(&snap, &email).ids()), expected, "null is no unique value");
        assert_eq!(by_email.run(&snap, &email).count(), expected.len());
        assert_eq!(by_email.run(&snap, &email).exists(), !expected.is_empty());
        assert_eq!(by_email.run(&snap, &email).first().is_some(), !expected.is_empty());
        assert_eq!(by_email.run(&snap, email).one().is_ok(), expected.len() == 1);
    }
    let nobody = (Some("nobody".to_owned()),);
    assert!(by_email.run(&snap, &nobody).all().is_empty());
    let by_id = db.prepare::<Member, (Id<Member>,)>(|query, (id,)| query.filter(Member::ID.eq(id)));
    for id in snap.iter::<Member>().map(|member| member.id) {
        assert_eq!(by_id.run(&snap, (id,)).one().unwrap().id, id);
    }
}

#[test]
fn limits_and_closures_hold_on_the_short_way_too() {
    let db = database();
    fill(&db, &mut Dice(5), 10);
    let snap = db.read();
    let id = Id::<Member>::from_u64(3).unwrap();
    let none = db
        .prepare::<Member, (Id<Member>,)>(|query, (id,)| query.filter(Member::ID.eq(id)).limit(0));
    let second = db
        .prepare::<Member, (Id<Member>,)>(|query, (id,)| query.filter(Member::ID.eq(id)).offset(1));
    let refused = db.prepare::<Member, (Id<Member>,)>(|query, (id,)| {
        query.filter(Member::ID.eq(id)).filter_fn(|_| false)
    });
    for prepared in [none, second, refused] {
        assert!(prepared.run(&snap, (id,)).first().is_none());
        assert_eq!(prepared.run(&snap, (id,)).count(), 0);
        assert!(prepared.run(&snap, (id,)).all().is_empty());
    }
}

#[test]
fn whatever_the_values() {
    let mut dice = Dice(11);
    let db = database();
    fill(&db, &mut dice, 200);
    type Values = (Option<u32>, i64, Option<Id<Group>>, String);
    let prepared = [
        db.prepare::<Member, Values>(|query, (rank, score, ..)| {
            query.filter(Member::RANK.eq(rank) & Member::SCORE.ge(score))
        }),
        db.prepare::<Member, Values>(|query, (rank, score, ..)| {
            query.filter(Member::RANK.le(rank) | Member::SCORE.eq(score))
        }),
        db.prepare::<Member, Values>(|query, (.., group, name)| {
            query
                .filter(Member::GROUP_ID.eq(group) & Member::NAME.ge(name))
                .order_by(Member::NAME.desc())
        }),
        db.prepare::<Member, Values>(|query, (.., group, _)| {
            query.filter(Member::GROUP_ID.eq(group)).order_by(Member::RANK.asc()).limit(3)
        }),
        db.prepare::<Member, Values>(|query, (rank, ..)| {
            query.filter(
                Member::GROUP_ID.to(Group::SIZE).eq(rank) & Member::NOTES.any(Note::TOPIC.eq(rank)),
            )
        }),
    ];
    for round in 0..4 {
        let snap = db.read();
        let groups: Vec<Id<Group>> = snap.iter::<Group>().map(|group| group.id).collect();
        for _ in 0..40 {
            let (rank, score) = (dice.roll(6) as u32, dice.roll(30) as i64 - 15);
            let group = groups[dice.roll(groups.len() as u64) as usize];
            let name = NAMES[dice.roll(NAMES.len() as u64) as usize];
            let rank = (dice.roll(4) > 0).then_some(rank);
            let group = (dice.roll(4) > 0).then_some(group);
            let values = (rank, score, group, name.to_owned());
            let anew = [
                snap.query().filter(Member::RANK.eq(rank) & Member::SCORE.ge(score)),
                snap.query().filter(Member::RANK.le(rank) | Member::SCORE.eq(score)),
                snap.query().filter(Member::GROUP_ID.eq(group) & Member::NAME.ge(name)),
                snap.query()
                    .filter(Member::GROUP_ID.eq(group))
                    .order_by(Member::RANK.asc())
                    .limit(3),
                snap.query().filter(
                    Member::GROUP_ID.to(Group::SIZE).eq(rank)
                        & Member::NOTES.any(Note::TOPIC.eq(rank)),
                ),
            ];
            for (nth, (prepared, anew)) in prepared.iter().zip(anew).enumerate() {
                let expected = ids(anew.ids());
                if nth != 3 {
                    assert_eq!(
                        ids(prepared.run(&snap, &values).ids()),
                        expected,
                        "{nth} {values:?}"
                    );
                }
                assert_eq!(
                    prepared.run(&snap, &values).count(),
                    expected.len(),
                    "{nth} {values:?}"
                );
                assert_eq!(prepared.run(&snap, &values).all().len(), expected.len());
                assert_eq!(prepared.run(&snap, &values).exists(), !expected.is_empty());
                assert_eq!(prepared.run(&snap, values.clone()).query().count(), expected.len());
            }
            let rows = prepared[2].run(&snap, &values).all();
            assert!(rows.is_sorted_by(|left, right| left.name >= right.name));
        }
        drop(snap);
        if round == 0 {
            fill_more(&db, &mut dice);
        }
        db.write(|tx| disturb(tx, &mut dice)).unwrap();
    }
}

#[test]
fn a_first_run_that_contradicts_itself_is_no_plan_for_others() {
    let db = database();
    fill(&db, &mut Dice(3), 60);
    let snap = db.read();
    let all = |condition: Pred<Member>| ids(snap.query().filter(condition).ids());
    let (empty, wide) = ((Some(4), Some(2)), (Some(1), Some(4)));
    type Values = (Option<u32>, Option<u32>);
    let prepared = [
        (
            db.prepare::<Member, Values>(|query, (low, high)| {
                query.filter(Member::RANK.within(low..high))
            }),
            empty,
            Member::RANK.within(1..4),
        ),
        (
            db.prepare::<Member, Values>(|query, (low, _)| query.filter(Member::RANK.ge(low))),
            (None, None),
            Member::RANK.ge(1),
        ),
        (
            db.prepare::<Member, Values>(|query, (low, high)| {
                let both = Member::RANK.gt(low) & Member::RANK.lt(3);
                query.filter(both | Member::RANK.eq(high))
            }),
            (None, Some(4)),
            Member::RANK.eq(2) | Member::RANK.eq(4),
        ),
        (
            db.prepare::<Member, Values>(|query, (low, high)| {
                query.filter(Member::NOTES.any(Note::TOPIC.within(low..=high)))
            }),
            empty,
            Member::NOTES.any(Note::TOPIC.within(1..=4)),
        ),
        (
            db.prepare::<Member, Values>(|query, (low, high)| {
                let size = Member::GROUP_ID.to(Group::SIZE).within(low..high);
                query.filter(size & Member::SCORE.gt(-9))
            }),
            empty,
            Member::GROUP_ID.to(Group::SIZE).within(1..4) & Member::SCORE.gt(-9),
        ),
    ];
    for (nth, (prepared, first, meant)) in prepared.into_iter().enumerate() {
        for values in [first, wide, first, wide] {
            let anew = ids(prepared.run(&snap, values).query().ids());
            assert_eq!(ids(prepared.run(&snap, values).ids()), anew, "{nth} {values:?}");
            assert_eq!(prepared.run(&snap, values).count(), anew.len(), "{nth} {values:?}");
            assert_eq!(prepared.run(&snap, values).exists(), !anew.is_empty(), "{nth} {values:?}");
        }
        assert_eq!(ids(prepared.run(&snap, wide).ids()), all(meant), "{nth}");
    }
}

#[derive(Clone, Debug, Model)]
#[table("words")]
struct Word {
    #[key]
    id: Id<Word>,
    #[index]
    text: Option<String>,
}

/// So many rows were judged.
static JUDGED: AtomicUsize = AtomicUsize::new(0);

impl Word {
    #[hybrid]
    fn is_judged(&self) -> bool {
        JUDGED.fetch_add(1, Ordering::Relaxed);
        true
    }
}

#[test]
fn what_does_not_fit_the_plan_is_planned_anew_whatever_is_asked_for() {
    let db = Database::builder().models::<Word>().in_memory().unwrap();
    db.write(|tx| tx.insert_all((0..200).map(|number| NewWord { text: Some(number.to_string()) })))
        .unwrap();
    let snap = db.read();
    let prepared = db.prepare::<Word, (Option<String>,)>(|query, (least,)| {
        query.filter(Word::IS_JUDGED.is_true() & Word::TEXT.ge(least))
    });
    let run = |least: Option<&str>| prepared.run(&snap, (least.map(String::from),));
    let judged = || JUDGED.swap(0, Ordering::Relaxed);
    assert_eq!((run(Some("99")).count(), run(Some("99")).all().len()), (1, 1));
    assert!(run(Some("99")).exists());
    assert_eq!(judged(), 3, "an index leads to the row");
    assert_eq!((run(None).count(), run(None).all().len()), (0, 0));
    assert!(!run(None).exists());
    assert_eq!(judged(), 0, "nothing is less or greater than null");
}

/// The tables grow by more than tenfold.
fn fill_more(db: &Database, dice: &mut Dice) {
    let of = |tx: &Tx| tx.iter::<Member>().map(|member| member.id).max().unwrap();
    db.write(|tx| {
        let last = of(tx).get();
        for number in 0..3000 {
            let id = Id::from_u64(last + 1 + number).unwrap();
            let name = NAMES[dice.roll(NAMES.len() as u64) as usize].to_owned();
            let (rank, score) = (Some(dice.roll(900) as u32), dice.roll(9) as i64);
            let row = Member {
                id,
                email: None,
                name,
                level: 1,
                rank,
                score,
                city: None,
                group_id: None,
                plain: 0,
                flag: false,
            };
            tx.insert(row)?;
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn the_plan_is_made_again_when_a_table_has_grown_tenfold() {
    let db = database();
    let by_rank =
        db.prepare::<Member, (u32,)>(|query, (rank,)| query.filter(Member::RANK.eq(rank)));
    let plan = |view: &View| by_rank.run(view, (3,)).explain().to_string();
    assert!(plan(&db.read()).contains("scan"), "planned for an empty table");
    fill(&db, &mut Dice(1), 400);
    let snap = db.read();
    let expected = snap.iter::<Member>().filter(|row| row.rank == Some(3)).count();
    assert_eq!(by_rank.run(&snap, (3,)).count(), expected);
    assert_eq!(by_rank.run(&snap, (3,)).all().len(), expected);
    assert!(plan(&snap).contains("index by_rank: rank = 3"), "{}", plan(&snap));
}

#[test]
fn what_is_explained_is_the_plan_that_is_kept() {
    let db = database();
    fill(&db, &mut Dice(1), 400);
    let snap = db.read();
    let within = db.prepare::<Member, (Option<u32>, u32)>(|query, (low, high)| {
        query.filter(Member::RANK.within(low..high))
    });
    let kept = |low, high| within.run(&snap, (low, high)).explain().lines()[0].text.clone();
    assert_eq!(kept(Some(3), 2), "nothing: the conditions contradict each other");
    assert_eq!(kept(Some(4), 5), "index by_rank: rank in 4..5");
    assert_eq!(kept(Some(0), 9), "index by_rank: rank in 0..9");
    let anew = within.run(&snap, (Some(0), 9)).query().explain();
    assert_eq!(anew.lines()[0].text, "scan", "it would be the best for these values alone");
    assert_eq!(kept(None, 9), "nothing: the conditions contradict each other");
}

/// Wherever the table stands among the conditions.
#[test]
fn a_table_of_another_model_counts_too() {
    type Build = fn(Query<'static, Member>) -> Query<'static, Member>;
    let builds: [Build; 2] = [
        |query| query.filter(Member::NOTES.any(Note::STARS.ge(1)) | Member::RANK.eq(3)),
        |query| query.filter(Member::NOTES.any(Note::STARS.ge(1)) & Member::LEVEL.eq(3)),
    ];
    for (nth, build) in builds.into_iter().enumerate() {
        let db = database();
        fill(&db, &mut Dice(1), 300);
        let query = db.prepare::<Member, ()>(|query, ()| build(query));
        let kept = |view: &View| query.run(view, ()).explain().lines()[0].text.clone();
        let anew = |view: &View| query.run(view, ()).query().explain().lines()[0].text.clone();
        let full = kept(&db.read());
        assert_eq!(full, anew(&db.read()), "{nth}");
        db.write(|tx| tx.delete_where::<Note>(Pred::always()).map(drop)).unwrap();
        let empty = kept(&db.read());
        assert_eq!(empty, anew(&db.read()), "{nth}");
        assert_ne!(empty, full, "{nth}");
    }
}

#[test]
fn a_transaction_and_threads_run_it() {
    let db = database();
    fill(&db, &mut Dice(1), 50);
    let by_level =
        db.prepare::<Member, (u8,)>(|query, (level,)| query.filter(Member::LEVEL.eq(level)));
    let before = by_level.run(&db.read(), (3,)).count();
    let mut tx = db.begin().unwrap();
    let one = tx.iter::<Member>().find(|row| row.level != 3).unwrap().id;
    tx.update(one, |row| row.level = 3).unwrap();
    assert_eq!(by_level.run(&tx, (3,)).count(), before + 1);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert_eq!(by_level.run(&db.read(), (3,)).all().len(), before));
        }
    });
}

#[test]
#[should_panic(expected = "a query that is being prepared has no rows yet: run it first")]
fn a_query_that_is_being_prepared_has_no_rows() {
    let db = database();
    db.prepare::<Member, ()>(|query, ()| {
        let _ = query.clone().count();
        query
    });
}

#[test]
fn any_kind_may_be_forced() {
    use bondstone::PlanKind;
    let db = database();
    fill(&db, &mut Dice(5), 200);
    let snap = db.read();
    let email = snap.iter::<Member>().find_map(|member| member.email.clone());
    let meant = snap.query().filter(Member::EMAIL.eq(email.clone())).ids();
    let ranked = ids(snap.query().filter(Member::RANK.eq(2)).ids());
    for kind in PlanKind::ALL {
        let by_email = db.prepare::<Member, (Option<String>,)>(|query, (email,)| {
            query.filter(Member::EMAIL.eq(email)).force(kind).expect("it is not known yet")
        });
        let by_rank = db.prepare::<Member, (u32,)>(|query, (rank,)| {
            query.filter(Member::RANK.eq(rank)).force(kind).expect("it is not known yet")
        });
        assert_eq!(by_email.run(&snap, (email.clone(),)).ids(), meant, "{kind:?}");
        assert_eq!(ids(by_rank.run(&snap, (2,)).ids()), ranked, "{kind:?}");
        let explained = by_email.run(&snap, (email.clone(),)).explain();
        let can = snap.query().filter(Member::EMAIL.eq(email.clone())).force(kind).is_some();
        assert!(!can || explained.kinds().any(|used| used == kind), "{kind:?}: {explained}");
    }
}
