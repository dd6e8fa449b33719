//! Random conditions, orders and limits, compared with reading all rows, in states in which many rows have been rewritten.

use bondstone::Order;
use bondstone::prelude::*;
use bondstone_tests::dice::Dice;

use crate::models::{Badge, CITIES, Group, Member, NAMES, Note, database, disturb, fill, pick};

/// A condition, nested no deeper than `depth`.
fn condition(dice: &mut Dice, depth: u32) -> Pred<Member> {
    if depth > 0 && dice.roll(3) == 0 {
        let (left, right) = (condition(dice, depth - 1), condition(dice, depth - 1));
        return match dice.roll(5) {
            0 | 1 => left & right,
            2 | 3 => left | right,
            _ => !(left & right),
        };
    }
    let id = Id::from_u64(1 + dice.roll(150)).unwrap();
    let group = Id::from_u64(1 + dice.roll(9)).unwrap();
    let other = Id::from_u64(1 + dice.roll(9)).unwrap();
    let (small, number) = (dice.roll(7), dice.roll(40) as i64 - 20);
    let (rank, level) = ((small < 6).then_some(small as u32), small as u8);
    let (name, city) = (pick(dice, &NAMES), pick(dice, &CITIES));
    match dice.roll(32) {
        0 => Member::ID.eq(id),
        1 => Member::ID.gt(id),
        2 => Member::ID.le(id),
        3 => Member::EMAIL.eq(format!("m{}@x.org", dice.roll(99))),
        4 => Member::NAME.eq(name),
        5 => Member::NAME.starts_with(name),
        6 => Member::NAME.gt(name),
        7 => Member::NAME.within(name..pick(dice, &NAMES)),
        8 | 9 => Member::LEVEL.eq(level),
        10 => Member::LEVEL.in_([level, 2, 5]),
        11 => Member::RANK.eq(rank),
        12 => Member::RANK.lt(rank),
        13 => Member::RANK.ge(rank),
        14 => Member::RANK.in_([1, small as u32]),
        15 => Member::RANK.is_none(),
        16 => Member::SCORE.ge(number),
        17 => Member::SCORE.eq(number),
        18 => Member::CITY.eq(city),
        19 => Member::CITY.is_some(),
        20 => Member::CITY.starts_with(city),
        21 | 22 => Member::GROUP_ID.eq(group),
        23 => Member::GROUP_ID.in_([group, other]),
        24 => Member::GROUP_ID.to(Group::SIZE).eq(small as u32),
        25 => Member::GROUP_ID.is(Group::NAME.eq(format!("group {small}")) | Group::SIZE.eq(1)),
        26 => Member::NOTES.any(Note::TOPIC.eq(small as u32)),
        27 => Member::BADGES.any(Badge::WORTH.eq(small as u32)),
        28 => Member::INITIAL.eq(name.chars().next()),
        29 => Member::LENGTH.eq(small),
        30 => Member::SLUG.eq(format!("slug {}", dice.roll(99))),
        _ => Member::PLAIN.lt(number as i32),
    }
}

/// What a row is ordered by, for the comparison.
type Key = fn(&Member, &Member) -> std::cmp::Ordering;

fn order(dice: &mut Dice) -> (Vec<Order<Member>>, Key) {
    match dice.roll(7) {
        0 => (vec![Member::ID.desc()], |left, right| right.id.cmp(&left.id)),
        1 => (vec![Member::NAME.asc()], |left, right| left.name.cmp(&right.name)),
        2 => (vec![Member::RANK.asc(), Member::SCORE.asc()], |left, right| {
            (left.rank, left.score).cmp(&(right.rank, right.score))
        }),
        3 => (vec![Member::SCORE.desc()], |left, right| right.score.cmp(&left.score)),
        4 => (vec![Member::CITY.desc(), Member::NAME.desc()], |left, right| {
            (&right.city, &right.name).cmp(&(&left.city, &left.name))
        }),
        5 => (vec![Member::RANK.desc().nulls_first()], |left, right| {
            (left.rank.is_some(), right.rank).cmp(&(right.rank.is_some(), left.rank))
        }),
        _ => (Vec::new(), |_, _| std::cmp::Ordering::Equal),
    }
}

fn check(view: &View, dice: &mut Dice) {
    let condition = condition(dice, 3);
    let (order, compare) = order(dice);
    let (offset, limit) = (dice.roll(4) as usize, 1 + dice.roll(20) as usize);
    let limited = dice.roll(2) == 0;
    let query = || {
        let query = view.query().filter(condition.clone()).order_by(order.clone());
        if limited { query.offset(offset).limit(limit) } else { query }
    };
    let mut meant: Vec<&Member> =
        view.iter().filter(|row| condition.is_met_by(row, view)).collect();
    meant.sort_by(|left, right| compare(left, right));
    let (offset, limit) = if limited { (offset, limit) } else { (0, usize::MAX) };
    let expected: Vec<&Member> = meant.iter().copied().skip(offset).take(limit).collect();
    let plan = || format!("{condition:?}\n{}", query().explain());
    let rows = query().all();
    assert_eq!(rows.len(), expected.len(), "{}", plan());
    for (row, expected) in rows.iter().zip(expected) {
        assert!(compare(row, expected).is_eq(), "{}", plan());
        assert!(meant.iter().any(|meant| std::ptr::eq(*meant, *row)), "{}", plan());
    }
    let mut different: Vec<_> = rows.iter().map(|row| row.id).collect();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), rows.len(), "{}", plan());
    assert_eq!(query().count(), rows.len(), "{}", plan());
    assert_eq!(query().ids(), rows.iter().map(|row| row.id).collect::<Vec<_>>(), "{}", plan());
}

#[test]
fn random_queries_give_what_reading_all_rows_gives() {
    let mut dice = Dice(42);
    let db = database();
    fill(&db, &mut dice, 120);
    let mut old: Vec<Snapshot> = Vec::new();
    for round in 0..6 {
        let snap = db.read();
        (0..150).for_each(|_| check(&snap, &mut dice));
        if let Some(old) = old.last() {
            (0..80).for_each(|_| check(old, &mut dice));
        }
        let mut tx = db.begin().unwrap();
        disturb(&mut tx, &mut dice).unwrap();
        (0..80).for_each(|_| check(&tx, &mut dice));
        tx.commit().expect("in memory");
        if round % 2 == 0 {
            old.push(snap);
        }
    }
    assert_eq!(db.check().unwrap(), Vec::<String>::new());
}
