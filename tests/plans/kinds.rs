//! Each kind of plan, forced on queries that it suits, in every sort of view.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use bondstone::prelude::*;
use bondstone::{Order, PlanKind};
use bondstone_tests::dice::Dice;

use crate::models::{Award, Badge, Group, Member, NAMES, NewNote, Note, database, disturb, fill};

/// A query, and how its order is told of two rows.
struct Asked {
    condition: Pred<Member>,
    order: Vec<Order<Member>>,
    compare: fn(&Member, &Member) -> Ordering,
    by_key: Option<bool>,
    limit: Option<usize>,
    offset: usize,
}

impl Asked {
    fn of(condition: Pred<Member>) -> Self {
        let compare = |_: &Member, _: &Member| Ordering::Equal;
        Self { condition, order: Vec::new(), compare, by_key: None, limit: None, offset: 0 }
    }

    fn order(
        mut self,
        order: Vec<Order<Member>>,
        compare: fn(&Member, &Member) -> Ordering,
    ) -> Self {
        (self.order, self.compare) = (order, compare);
        self
    }

    fn by_key(mut self, descending: bool) -> Self {
        self.by_key = Some(descending);
        self.compare = match descending {
            false => |left, right| left.id.cmp(&right.id),
            true => |left, right| right.id.cmp(&left.id),
        };
        self
    }

    fn limit(mut self, offset: usize, limit: usize) -> Self {
        (self.offset, self.limit) = (offset, Some(limit));
        self
    }

    fn query<'v>(&self, view: &'v View) -> Query<'v, Member> {
        let mut query = view.query().filter(self.condition.clone()).order_by(self.order.clone());
        match self.by_key {
            Some(false) => query = query.order_by_key(),
            Some(true) => query = query.order_by_key_desc(),
            None => {}
        }
        if let Some(limit) = self.limit {
            query = query.offset(self.offset).limit(limit);
        }
        query
    }

    /// All rows that are meant, by reading all rows and asking one by one.
    fn meant<'v>(&self, view: &'v View) -> Vec<&'v Member> {
        let mut rows: Vec<&Member> =
            view.iter().filter(|row| self.condition.is_met_by(row, view)).collect();
        rows.sort_by(|left, right| (self.compare)(left, right));
        rows
    }

    /// Asks for everything, by a plan of this kind if one is given; false if there is none.
    fn check(&self, view: &View, kind: Option<PlanKind>) -> bool {
        let query = || {
            let query = self.query(view);
            match kind {
                Some(kind) => query.force(kind),
                None => Some(query),
            }
        };
        let Some(forced) = query() else { return false };
        let about = format!("{:?} by {kind:?}", self.condition);
        let meant = self.meant(view);
        let wanted = self.limit.unwrap_or(usize::MAX);
        let expected: Vec<&Member> = meant.iter().copied().skip(self.offset).take(wanted).collect();
        let rows = forced.all();
        assert_eq!(rows.len(), expected.len(), "{about}");
        for (row, expected) in rows.iter().zip(&expected) {
            // Rows that agree in the order may come in any.
            assert_eq!((self.compare)(row, expected), Ordering::Equal, "{about}");
            assert!(meant.iter().any(|meant| std::ptr::eq(*meant, *row)), "{about}");
        }
        let different: BTreeSet<_> = rows.iter().map(|row| row.id).collect();
        assert_eq!(different.len(), rows.len(), "no row comes twice: {about}");
        let again = || query().unwrap();
        assert_eq!(again().count(), rows.len(), "{about}");
        assert_eq!(again().exists(), !rows.is_empty(), "{about}");
        assert_eq!(again().ids(), rows.iter().map(|row| row.id).collect::<Vec<_>>(), "{about}");
        assert_eq!(again().into_iter().fold(0, |count, _| count + 1), rows.len(), "{about}");
        let first = again().first().map(|row| row.id);
        assert_eq!(first.is_some(), !rows.is_empty(), "{about}");
        true
    }
}

fn id(number: u64) -> Id<Member> {
    Id::from_u64(number).unwrap()
}

fn group(number: u64) -> Id<Group> {
    Id::from_u64(number).unwrap()
}

fn by_rank(left: &Member, right: &Member) -> Ordering {
    (left.rank, left.score).cmp(&(right.rank, right.score))
}

/// Queries of every sort.
fn asked() -> Vec<Asked> {
    let mut conditions = vec![
        Pred::always(),
        Pred::never(),
        Member::ID.eq(id(7)),
        Member::ID.eq(id(999_999)),
        Member::ID.in_([id(3), id(3), id(9), id(999_999)]),
        Member::ID.gt(id(5)) & Member::ID.le(id(12)),
        Member::ID.within(id(5)..id(5)),
        Member::EMAIL.eq("m5@x.org"),
        Member::EMAIL.eq("m5@x.org") & Member::FLAG.eq(true),
        Member::EMAIL.eq(None::<String>),
        Member::EMAIL.in_(["m5@x.org", "m6@x.org", "nobody"]),
        Member::SLUG.eq("slug 4"),
        Member::LENGTH.eq(2),
        Member::LENGTH.in_([0, 1, 7]),
        Member::INITIAL.eq('b'),
        Member::INITIAL.is_none(),
        Member::INITIAL.gt('a'),
        Member::LEVEL.eq(3),
        Member::LEVEL.eq(77),
        Member::LEVEL.in_([1, 2, 2, 99]),
        Member::LEVEL.eq(3) & Member::GROUP_ID.eq(group(2)),
        Member::LEVEL.in_([1, 2])
            & Member::GROUP_ID.in_([group(2), group(3)])
            & Member::NAME.ge("a"),
        Member::LEVEL.eq(3) | Member::GROUP_ID.eq(group(2)) | Member::LEVEL.eq(3),
        Member::LEVEL.eq(3)
            | Member::NAME.starts_with("a") & Member::FLAG.is_true()
            | Member::ID.eq(id(1)),
        Member::LEVEL.eq(3) | Member::PLAIN.eq(3),
        !(Member::LEVEL.ne(3) & Member::GROUP_ID.ne(group(2))),
        Member::NAME.within("a".."b"),
        Member::NAME.within("b".."a"),
        Member::NAME.within("a".to_owned()..="a\0b".to_owned()),
        Member::NAME.gt("ab") & Member::NAME.lt("b") & Member::NAME.ne("abc"),
        Member::NAME.is_none(),
        Member::GROUP_ID.eq(group(2)),
        Member::GROUP_ID.eq(group(77)),
        Member::GROUP_ID.eq(None::<Id<Group>>),
        Member::GROUP_ID.in_([group(1), group(2), group(77)]),
        Member::GROUP_ID.is_some() & Member::LEVEL.lt(2),
        Member::RANK.eq(2),
        Member::RANK.eq(None::<u32>),
        Member::RANK.is_some(),
        Member::RANK.eq(2) & Member::SCORE.within(-5..5),
        Member::RANK.eq(2) & Member::SCORE.gt(0) & Member::SCORE.le(9),
        Member::RANK.eq(None::<u32>) & Member::SCORE.lt(0),
        Member::RANK.in_([1, 3]) & Member::SCORE.ge(10),
        Member::RANK.gt(1) & Member::SCORE.eq(3),
        Member::RANK.le(1),
        Member::RANK.lt(None::<u32>),
        Member::CITY.eq("Bonn") & Member::NAME.starts_with("a"),
        Member::CITY.eq(None::<String>) & Member::NAME.starts_with("b"),
        Member::CITY.starts_with("Bonn"),
        Member::CITY.eq("Bonn") & Member::NAME.eq("b"),
        Member::CITY.gt("Bonn"),
        Member::CITY.le("Bonn"),
        Member::GROUP_ID.is(Group::NAME.eq("group 3")),
        Member::GROUP_ID.is(Group::SIZE.gt(5)),
        Member::GROUP_ID.to(Group::NAME).eq("group 3"),
        Member::GROUP_ID.to(Group::NAME).in_(["group 3", "group 4"]),
        Member::GROUP_ID.to(Group::SIZE).lt(2),
        Member::GROUP_ID.to(Group::NAME).contains("3"),
        Member::GROUP_ID.to(Group::NAME).is_none(),
        Member::GROUP_ID.to(Group::NAME).eq(None::<String>),
        Member::NOTES.any(Note::TOPIC.eq(4)),
        Member::NOTES.any(Note::STARS.ge(3) & Note::TOPIC.lt(7)),
        Member::NOTES.any(Pred::always()),
        Member::NOTES.none(Note::TOPIC.eq(4)),
        Member::NOTES.any(Note::MEMBER_ID.to(Member::GROUP_ID).to(Group::SIZE).eq(4)),
        Member::BADGES.any(Badge::CODE.eq("badge 2")),
        Member::BADGES.any(Badge::WORTH.eq(1)),
        Member::PLAIN.gt(3) & Member::FLAG.eq(false),
        Member::EMAIL.eq("m5@x.org") & Member::LEVEL.in_(Vec::<u8>::new()),
    ];
    conditions.extend(NAMES.map(|name| Member::NAME.starts_with(name)));
    conditions.extend(NAMES.map(|name| Member::NAME.eq(name)));
    conditions.extend(NAMES.map(|name| Member::CITY.eq("Bonn") & Member::NAME.starts_with(name)));
    let mut asked: Vec<Asked> = conditions.iter().cloned().map(Asked::of).collect();
    for condition in conditions.iter().step_by(3) {
        let of = || Asked::of(condition.clone());
        let rank = || vec![Member::RANK.asc(), Member::SCORE.asc()];
        let rank_desc = || vec![Member::RANK.desc(), Member::SCORE.desc()];
        asked.push(of().order(rank(), by_rank));
        asked.push(of().order(rank(), by_rank).limit(2, 5));
        asked.push(of().order(rank_desc(), |left, right| by_rank(right, left)).limit(0, 7));
        asked.push(
            of().order(vec![Member::NAME.desc()], |left, right| right.name.cmp(&left.name))
                .limit(1, 3),
        );
        asked.push(of().order(vec![Member::RANK.asc().nulls_last()], |left, right| {
            (left.rank.is_none(), left.rank).cmp(&(right.rank.is_none(), right.rank))
        }));
        let by_path = |left: &Member, right: &Member| left.group_id.cmp(&right.group_id);
        let path = Member::GROUP_ID.to(Group::NAME).asc();
        asked.push(of().order(vec![path], by_path).limit(0, 4));
        asked.push(of().by_key(false));
        asked.push(of().by_key(true).limit(3, 6));
        asked.push(of().limit(1, 4));
        asked.push(of().limit(0, 0));
    }
    let city = Member::CITY.eq("Bonn");
    let by_name = |left: &Member, right: &Member| left.name.cmp(&right.name);
    asked.push(Asked::of(city.clone()).order(vec![Member::NAME.asc()], by_name).limit(0, 3));
    let order = vec![Member::CITY.desc(), Member::NAME.asc()];
    asked.push(Asked::of(city).order(order, by_name).limit(0, 3));
    asked
}

/// Runs `check` on views of every sort: of what is old, new, and not committed.
fn on_views(check: impl Fn(&View)) {
    let mut dice = Dice(7);
    let db = database();
    fill(&db, &mut dice, 300);
    check(&db.read());
    let old = db.read();
    let mut kept = Vec::new();
    for _ in 0..4 {
        db.write(|tx| disturb(tx, &mut dice)).unwrap();
        kept.push(db.read());
    }
    check(&old);
    check(&kept[1]);
    let mut tx = db.begin().unwrap();
    disturb(&mut tx, &mut dice).unwrap();
    check(&tx);
    check(&kept[3]);
    let nothing: Result<(), Error> = tx.deferred(|tx| {
        leave_open(tx)?;
        check(tx);
        Err("not to be kept".into())
    });
    assert_eq!(nothing.unwrap_err().to_string(), "not to be kept");
    drop(tx);
    drop((old, kept));
    db.write(|tx| tx.insert(crate::models::NewGroup { name: "new".into(), size: 1 })).unwrap();
    check(&db.read());
    assert_eq!(db.check().unwrap(), Vec::<String>::new());
}

/// Writes what must not stay: rows with one unique key, rows that come before their parents.
fn leave_open(tx: &mut Tx) -> Result<(), Error> {
    let members: Vec<Id<Member>> = tx.iter::<Member>().map(|member| member.id).collect();
    for (nth, member) in members.into_iter().enumerate() {
        tx.update(member, |row| match nth % 5 {
            0 => row.email = Some("m5@x.org".into()),
            1 => row.group_id = Some(group(77)),
            _ => {}
        })?;
    }
    tx.insert(Group { id: group(77), name: "the last".into(), size: 4 })?;
    let stranger = NewNote { member_id: id(999_999), topic: 4, stars: None };
    tx.insert(stranger).map(drop)
}

/// What is broken in a scope that judges at its end, no plan may hide: neither rows that have one unique key, nor those whose parent
/// is missing.
#[test]
fn in_a_deferred_scope_every_kind_gives_what_reading_all_rows_gives() {
    let db = database();
    fill(&db, &mut Dice(9), 300);
    let by_email = db.prepare::<Member, (String,)>(|q, (email,)| q.filter(Member::EMAIL.eq(email)));
    let by_group = db.prepare::<Member, (Id<Group>,)>(|q, (id,)| q.filter(Member::GROUP_ID.eq(id)));
    let conditions = || {
        [
            Member::EMAIL.eq("m5@x.org"),
            Member::EMAIL.eq("m5@x.org") & Member::LEVEL.lt(4),
            Member::GROUP_ID.eq(group(77)),
            Member::GROUP_ID.in_([group(2), group(77)]),
            Member::GROUP_ID.in_([group(2), group(77)]) & Member::EMAIL.eq("m5@x.org"),
            Member::GROUP_ID.eq(group(77)) | Member::EMAIL.eq("m5@x.org"),
            Member::GROUP_ID.is(Group::NAME.eq("group 3")),
            Member::GROUP_ID.to(Group::NAME).eq("group 3"),
            Member::NOTES.any(Note::TOPIC.eq(4)),
            Member::BADGES.any(Badge::CODE.eq("badge 2")),
        ]
    };
    let check = |view: &View| {
        for asked in conditions().map(Asked::of) {
            assert!(asked.check(view, None));
            for kind in PlanKind::ALL {
                asked.check(view, Some(kind));
            }
        }
        let count = |is_meant: &dyn Fn(&Member) -> bool| {
            view.iter::<Member>().filter(|row| is_meant(row)).count()
        };
        let email = ("m5@x.org".to_owned(),);
        let same = count(&|row| row.email.as_deref() == Some("m5@x.org"));
        assert_eq!(by_email.run(view, &email).count(), same);
        assert_eq!(by_email.run(view, &email).one().is_ok(), same == 1);
        let theirs = count(&|row| row.group_id == Some(group(77)));
        assert_eq!(by_group.run(view, (group(77),)).all().len(), theirs);
        let twins = |kind| {
            let pairs = view.query::<Member>().join(Member::GROUP_ID, Member::GROUP_ID);
            pairs.filter_pairs(|left, right| left.id < right.id).force(kind).count()
        };
        let [first, others @ ..] = bondstone::JoinKind::ALL.map(twins);
        assert!(others.iter().all(|other| *other == first), "{first} {others:?}");
    };
    let mut tx = db.begin().unwrap();
    check(&tx);
    let gone: Result<(), Error> = tx.deferred(|tx| {
        let twin = tx.find(Group::NAME, "group 5").unwrap().id;
        tx.update(twin, |row| row.name = "group 3".into())?;
        for number in 40..200 {
            tx.update(id(number), |row| row.group_id = Some(group(77)))?;
        }
        check(tx);
        leave_open(tx)?;
        check(tx);
        let open = tx.update_where(Member::GROUP_ID.eq(group(77)), |row| row.plain = 1000)?;
        assert_eq!(open, tx.query().filter(Member::PLAIN.eq(1000)).count());
        // What an inner scope leaves as it is found stays open.
        tx.deferred(|_| Ok::<(), Error>(()))?;
        check(tx);
        let taken_back: Result<(), Error> = tx.deferred(|_| Err("nothing was written".into()));
        assert!(taken_back.is_err());
        check(tx);
        Err("not to be kept".into())
    });
    assert!(gone.is_err());
    check(&tx);
    let by_postings = tx.query().filter(Member::GROUP_ID.eq(group(2))).force(PlanKind::Postings);
    assert!(by_postings.is_some(), "nothing is open any more");
}

#[test]
fn every_kind_gives_what_reading_all_rows_gives() {
    let asked = asked();
    let mut reached = BTreeSet::new();
    let reached = std::cell::RefCell::new(&mut reached);
    on_views(|view| {
        for asked in &asked {
            for kind in PlanKind::ALL {
                if asked.check(view, Some(kind)) {
                    reached.borrow_mut().insert(kind);
                }
            }
        }
        let group = view.iter::<Group>().nth(2).unwrap();
        for kind in PlanKind::ALL {
            let members =
                group.members(view).filter(Member::LEVEL.gt(1)).order_by(Member::SCORE.asc());
            let Some(members) = members.force(kind) else { continue };
            reached.borrow_mut().insert(kind);
            let scores: Vec<i64> = members.into_iter().map(|member| member.score).collect();
            let all = view.iter::<Member>();
            let meant = all.filter(|row| row.group_id == Some(group.id) && row.level > 1);
            let mut expected: Vec<i64> = meant.map(|member| member.score).collect();
            expected.sort_unstable();
            assert_eq!(scores, expected);
        }
    });
    let reached = reached.into_inner();
    let missed: Vec<_> = PlanKind::ALL.into_iter().filter(|kind| !reached.contains(kind)).collect();
    assert_eq!(missed, [PlanKind::Walk], "members are no hierarchy");
}

#[test]
fn what_is_chosen_gives_what_reading_all_rows_gives() {
    let asked = asked();
    on_views(|view| asked.iter().for_each(|asked| assert!(asked.check(view, None))));
}

/// Counting needs no order, so there is no plan that sorts: what is done instead must not be asked of the whole table.
#[test]
fn a_forced_plan_that_the_ask_rules_out_stays_among_the_related_rows() {
    let db = database();
    fill(&db, &mut Dice(5), 200);
    let snap = db.read();
    let group = snap.iter::<Group>().nth(2).unwrap();
    let related = group.members(&snap).count();
    assert!(related > 0 && related < snap.count::<Member>());
    for kind in PlanKind::ALL {
        let forced = group.members(&snap).filter(Pred::always()).order_by(Member::PLAIN.asc());
        let Some(forced) = forced.force(kind) else { continue };
        assert_eq!(forced.clone().count(), related, "{kind:?}");
        assert!(forced.clone().exists(), "{kind:?}");
        assert_eq!(forced.ids().len(), related, "{kind:?}");
    }
}

/// Of many rows some are found sooner by other indexes; rows of other groups never come with them.
#[test]
fn of_many_related_rows_too() {
    let conditions = || {
        [
            Pred::always(),
            Member::RANK.eq(3),
            Member::NAME.ge("a") & Member::SCORE.lt(3),
            Member::NOTES.any(Note::TOPIC.eq(2)) | Member::LEVEL.eq(3),
            Member::ID.gt(id(100)),
        ]
    };
    on_views(|view| {
        for group in view.iter::<Group>() {
            let members = group.members(view);
            for condition in conditions() {
                let mut expected: Vec<Id<Member>> = members
                    .iter()
                    .filter(|member| condition.is_met_by(member, view))
                    .map(|member| member.id)
                    .collect();
                expected.sort();
                let query = members.filter(condition.clone());
                let sorted = query.clone().order_by((Member::NAME.asc(), Member::ID.asc()));
                let names = sorted.clone().limit(5).all();
                let anew = sorted.clone().force(PlanKind::Related).unwrap().limit(5).all();
                assert_eq!(names, anew);
                assert_eq!(sorted.page(5, None).unwrap().rows, anew);
                for kind in PlanKind::ALL {
                    let Some(query) = query.clone().force(kind) else { continue };
                    let mut found = query.clone().ids();
                    found.sort();
                    assert_eq!(found, expected, "{kind:?} {condition:?}");
                    assert_eq!(query.count(), expected.len(), "{kind:?} {condition:?}");
                }
            }
        }
    });
}

#[test]
fn natural_keys_of_one_and_of_several_columns() {
    let mut dice = Dice(3);
    let db = database();
    fill(&db, &mut dice, 100);
    let snap = db.read();
    let badge = |number: u32| Id::<Badge>::new(format!("badge {number}"));
    for award in snap.iter::<Award>() {
        let both = Award::MEMBER_ID.eq(award.member_id) & Award::BADGE_ID.eq(&award.badge_id);
        for kind in [PlanKind::Key, PlanKind::Postings, PlanKind::Scan] {
            let found = snap.query().filter(both.clone()).force(kind).unwrap().one().unwrap();
            assert!(std::ptr::eq(found, award), "{kind:?}");
        }
    }
    let some =
        Award::MEMBER_ID.in_([id(1), id(2), id(3)]) & Award::BADGE_ID.in_([badge(1), badge(2)]);
    let scanned = snap.query().filter(some.clone()).force(PlanKind::Scan).unwrap().count();
    assert_eq!(snap.query().filter(some).force(PlanKind::Key).unwrap().count(), scanned);
    assert_eq!(snap.query().filter(Badge::CODE.eq("badge 1")).one().unwrap().id(), badge(1));
    assert_eq!(snap.query::<Badge>().order_by_key().ids(), (0..6).map(badge).collect::<Vec<_>>());
}

/// A path names conditions by small numbers; one that has none is judged all the same.
#[test]
fn of_very_many_conditions_each_is_judged() {
    let db = database();
    fill(&db, &mut Dice(3), 20);
    let snap = db.read();
    let first = id(1);
    // The first one is answered by the key, and the last one would have its number, were that cut off.
    let others = (1..1 << 16).fold(Member::ID.ge(first), |all, _| all & Member::ID.ne(id(99)));
    let query = snap.query().filter(others & Member::ID.ne(first));
    let ranged = query.clone().force(PlanKind::KeyRange).unwrap();
    assert_eq!(ranged.filter_fn(|_| true).count(), 19);
    assert_eq!(query.count(), 19);
}
