//! Writing many rows as one statement: all or nothing, judged when all is written.

use std::collections::{BTreeMap, HashSet};

use bondstone::prelude::*;
use bondstone_tests::dice::Dice;

/// A place in a queue, if any: nobody shares one.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("jobs")]
#[unique(line: queue, number)]
#[check(short: self.effort < 100)]
#[has_many(parts: Part, needed_by: Need by of)]
struct Job {
    #[key]
    id: Id<Job>,
    #[unique]
    position: Option<i64>,
    #[default(0)]
    queue: i64,
    #[default(self.position.unwrap_or(-1))]
    number: i64,
    #[default(1)]
    effort: i64,
    #[default]
    #[max_len(5)]
    note: String,
    #[default(0)]
    #[on_update(self.changes + 1)]
    changes: u32,
    #[default]
    #[acyclic]
    after: Option<Id<Job>>,
}

/// Goes with its job.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("parts")]
#[has_many(needs: Need by part)]
struct Part {
    #[key]
    id: Id<Part>,
    #[on_delete(cascade)]
    job: Id<Job>,
}

/// Holds a job, and goes with a part.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("needs")]
struct Need {
    #[key]
    id: Id<Need>,
    of: Id<Job>,
    #[on_delete(cascade)]
    part: Option<Id<Part>>,
}

/// A database with jobs at these positions.
fn jobs(positions: impl IntoIterator<Item = i64>) -> (Database, Vec<Id<Job>>) {
    let db = Database::builder().models::<Job>().in_memory().unwrap();
    let jobs = positions.into_iter().map(|position| NewJob { position: Some(position) });
    let ids = db.write(|tx| tx.insert_all(jobs)).unwrap();
    (db, ids)
}

fn positions(db: &View) -> Vec<Option<i64>> {
    db.iter::<Job>().map(|job| job.position).collect()
}

/// Indexes and counts agree with the rows.
fn sound(db: &Database) {
    assert_eq!(db.check().unwrap(), Vec::<String>::new());
}

#[test]
fn a_unique_column_moves_up_and_down_and_round() -> Result<(), Error> {
    let (db, ids) = jobs(0..5);
    db.write(|tx| {
        let up = |job: &mut Job| job.position = job.position.map(|position| position + 1);
        assert_eq!(tx.update_where(Pred::always(), up)?, 5);
        assert_eq!(positions(tx), [1, 2, 3, 4, 5].map(Some));
        let down = |job: &mut Job| job.position = job.position.map(|position| position - 1);
        assert_eq!(tx.update_where(Job::POSITION.gt(0), down)?, 5);
        let round = |job: &mut Job| job.position = job.position.map(|position| (position + 1) % 5);
        assert_eq!(tx.update_where(Pred::always(), round)?, 5);
        assert_eq!(positions(tx), [1, 2, 3, 4, 0].map(Some));
        Ok(())
    })?;
    let snap = db.read();
    for (id, position) in ids.iter().zip([1, 2, 3, 4, 0]) {
        assert_eq!(snap.find(Job::POSITION, position).map(|job| job.id), Some(*id));
    }
    drop(snap);
    sound(&db);
    Ok(())
}

#[test]
fn two_rows_that_end_with_one_key_are_refused_and_nothing_is_left() -> Result<(), Error> {
    let (db, _) = jobs(0..4);
    let before = positions(&db.read());
    db.write(|tx| {
        // Both are rewritten.
        let refused = tx.update_where(Job::POSITION.lt(2), |job| job.position = Some(9));
        let refused = refused.unwrap_err();
        assert!(refused.violates(Job::POSITION));
        let text = "unique constraint `jobs_position_key` violated: jobs.position = 9 is already used by jobs#1";
        assert_eq!(refused.to_string(), text);
        assert_eq!(refused.violation().and_then(bondstone::Violation::row), Some("jobs#2"));
        // One of them is not: it stands at 3.
        let up = |job: &mut Job| job.position = job.position.map(|position| position + 1);
        let refused = tx.update_where(Job::POSITION.lt(3), up).unwrap_err();
        assert!(refused.to_string().ends_with("jobs.position = 3 is already used by jobs#4"));
        assert_eq!(positions(tx), before);
        assert!(tx.changes().is_empty());
        assert_eq!(tx.find(Job::POSITION, 3).map(|job| job.id.get()), Some(4));
        Ok(())
    })?;
    sound(&db);
    Ok(())
}

#[test]
fn a_swap_in_a_key_of_two_columns() -> Result<(), Error> {
    let (db, ids) = jobs(0..2);
    db.write(|tx| {
        tx.update_all(ids.clone(), |job| job.number = 1 - job.number)?;
        assert_eq!(tx.find(Job::LINE, (0, 1)).map(|job| job.id), Some(ids[0]));
        assert_eq!(tx.find(Job::LINE, (0, 0)).map(|job| job.id), Some(ids[1]));
        let refused = tx.update_all(ids.clone(), |job| job.number = 7).unwrap_err();
        assert!(refused.violates(Job::LINE));
        assert!(tx.find(Job::LINE, (0, 7)).is_none());
        Ok(())
    })?;
    sound(&db);
    Ok(())
}

#[test]
fn rows_are_fixed_before_the_first_is_changed() -> Result<(), Error> {
    let (db, _) = jobs(0..3);
    db.write(|tx| {
        // Were the condition asked again after a change, this would go on.
        let changed = tx.update_where(Job::POSITION.eq(0), |job| job.position = Some(-1))?;
        assert_eq!(changed, 1);
        let mut met = 0;
        let counted = tx.update_where(Job::EFFORT.lt(50), |job| {
            met += 1;
            job.effort += 1;
        })?;
        assert_eq!((counted, met), (3, 3));
        Ok(())
    })
}

#[test]
fn a_row_left_as_it_was_is_not_written() -> Result<(), Error> {
    let (db, ids) = jobs(0..3);
    db.write(|tx| {
        let changed = tx.update_where(Pred::always(), |job: &mut Job| {
            if job.position == Some(1) {
                job.note = "me".into();
            }
        })?;
        assert_eq!(changed, 1);
        let changes = tx.changes();
        let changed: Vec<Id<Job>> = changes.of::<Job>().map(|change| change.id()).collect();
        assert_eq!(changed, [ids[1]]);
        assert_eq!(tx[ids[1]].changes, 1, "`on_update` has run");
        assert_eq!(tx[ids[0]].changes, 0);
        Ok(())
    })
}

#[test]
fn every_rule_of_an_update_holds_for_all_rows() -> Result<(), Error> {
    let (db, ids) = jobs(0..3);
    db.write(|tx| {
        let refused = tx.update_where(Job::POSITION.ge(0), |job| {
            job.effort = if job.position == Some(2) { 100 } else { 2 };
        });
        assert_eq!(
            refused.unwrap_err().to_string(),
            "check constraint `short` on `jobs` violated by jobs#3: effort = 100"
        );
        let long = tx.update_where(Job::POSITION.eq(1), |job| job.note = "too long".into());
        assert!(matches!(long, Err(Error::TooLong(_))));
        let moved = tx.update_all(ids.clone(), |job| job.id = Id::from_u64(77).unwrap());
        assert!(matches!(moved, Err(Error::KeyChanged(_))));
        let orphaned = tx.update_all(ids.clone(), |job| job.after = Id::from_u64(99));
        assert!(matches!(orphaned, Err(Error::ForeignKey(_))));
        let own = tx.try_update_where(Job::POSITION.ge(0), |job| match job.position {
            Some(1) => Err("no".into()),
            _ => {
                job.effort = 2;
                Ok(())
            }
        });
        assert_eq!(own.unwrap_err().to_string(), "no");
        let unknown = tx.update_all([ids[0], Id::from_u64(99).unwrap()], |job| job.effort = 2);
        assert!(matches!(unknown, Err(Error::NotFound(_))));
        assert!(tx.changes().is_empty(), "all or nothing");
        Ok(())
    })?;
    sound(&db);
    Ok(())
}

#[test]
fn a_row_named_twice_is_changed_once() -> Result<(), Error> {
    let (db, ids) = jobs(0..2);
    db.write(|tx| {
        let twice = [ids[0], ids[1], ids[0]];
        assert_eq!(tx.update_all(twice, |job| job.effort += 1)?, 2);
        assert_eq!(tx[ids[0]].effort, 2);
        assert_eq!(tx.delete_all(twice)?, 2);
        assert_eq!(tx.count::<Job>(), 0);
        Ok(())
    })?;
    sound(&db);
    Ok(())
}

#[test]
fn a_query_says_which_rows_in_which_order() -> Result<(), Error> {
    let (db, _) = jobs([5, 3, 8, 1]);
    db.write(|tx| {
        let mut next = 0;
        tx.update_all(tx.query().order_by(Job::POSITION.asc()).ids(), |job: &mut Job| {
            job.position = Some(next);
            next += 1;
        })?;
        assert_eq!(positions(tx), [2, 1, 3, 0].map(Some));
        tx.delete_all(tx.query().order_by(Job::POSITION.desc()).limit(2).ids())?;
        assert_eq!(positions(tx), [1, 0].map(Some));
        Ok(())
    })
}

#[test]
fn hierarchies_are_judged_when_all_is_written() -> Result<(), Error> {
    let (db, ids) = jobs(0..4);
    let follows = |to: [Option<usize>; 4]| {
        let ids = ids.clone();
        move |job: &mut Job| {
            let place = ids.iter().position(|id| *id == job.id).unwrap();
            job.after = to[place].map(|place| ids[place]);
        }
    };
    db.write(|tx| {
        tx.update_all(ids.clone(), follows([None, Some(0), Some(1), Some(2)]))?;
        // Upside down: after each single write but the last there would be a cycle.
        tx.update_all(ids.clone(), follows([Some(1), Some(2), Some(3), None]))?;
        // A cycle that does not go through the first row.
        let refused = tx.update_all(ids.clone(), follows([Some(1), Some(2), Some(1), None]));
        let refused = refused.unwrap_err();
        assert!(matches!(refused, Error::Cycle(_)), "{refused}");
        assert_eq!(tx[ids[0]].after, Some(ids[1]));
        let refused = tx.update_where(Job::POSITION.eq(3), follows([None, None, None, Some(3)]));
        assert!(matches!(refused, Err(Error::Cycle(_))));
        Ok(())
    })?;
    sound(&db);
    Ok(())
}

#[test]
fn rows_that_go_together_refuse_nothing_to_each_other() -> Result<(), Error> {
    let (db, ids) = jobs(0..3);
    db.write(|tx| {
        let part = tx.insert(NewPart { job: ids[0] })?;
        // The need holds job 1, and goes with the part of job 0.
        let need = tx.insert(NewNeed { of: ids[1], part: Some(part) })?;
        assert!(matches!(tx.delete_where(Job::POSITION.eq(1)), Err(Error::Restricted(_))));
        assert!(tx.contains(ids[1]));
        assert_eq!(tx.delete_where(Job::POSITION.lt(2))?, 2);
        assert!(!tx.contains(part) && !tx.contains(need));
        assert_eq!(tx.count::<Job>(), 1);
        Ok(())
    })?;
    sound(&db);
    Ok(())
}

#[test]
fn a_refused_delete_names_the_way_and_deletes_nothing() -> Result<(), Error> {
    let (db, ids) = jobs(0..3);
    db.write(|tx| {
        tx.insert(NewPart { job: ids[0] })?;
        tx.insert(NewNeed { of: ids[2], part: None })?;
        let refused = tx.delete_where(Pred::<Job>::always()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "cannot delete jobs#3: still referenced by needs#1 (`needs_of_fkey`, on_delete = restrict); path jobs#3 ← needs#1"
        );
        assert_eq!((tx.count::<Job>(), tx.count::<Part>()), (3, 1));
        assert_eq!(tx.delete_where(Job::POSITION.eq(77))?, 0);
        assert_eq!(tx.delete_where(Pred::<Need>::always())?, 1);
        assert_eq!(tx.delete_where(Pred::<Job>::always())?, 3);
        assert_eq!(tx.count::<Part>(), 0);
        Ok(())
    })?;
    sound(&db);
    Ok(())
}

#[test]
fn a_savepoint_takes_a_bulk_update_back() -> Result<(), Error> {
    let (db, ids) = jobs(0..4);
    db.write(|tx| {
        let up = |job: &mut Job| job.position = job.position.map(|position| position + 1);
        let part = tx.savepoint(|tx| {
            tx.update_where(Pred::always(), up)?;
            tx.delete_all([ids[1]])?;
            Err::<(), Error>("no".into())
        });
        assert!(part.is_err());
        for (id, position) in ids.iter().zip(0..) {
            assert_eq!(tx.find(Job::POSITION, position).map(|job| job.id), Some(*id));
        }
        assert!(tx.find(Job::POSITION, 4).is_none());
        assert!(tx.changes().is_empty());
        Ok(())
    })?;
    sound(&db);
    Ok(())
}

/// The naive side: rows by key, every statement on a copy.
type Rows = BTreeMap<u64, Job>;

fn same_keys(rows: &Rows) -> bool {
    let mut lines = HashSet::new();
    let mut positions = HashSet::new();
    let is_first =
        |position: Option<i64>, seen: &mut HashSet<i64>| position.is_none_or(|p| seen.insert(p));
    !rows
        .values()
        .all(|job| lines.insert((job.queue, job.number)) && is_first(job.position, &mut positions))
}

fn breaks_a_rule(rows: &Rows) -> bool {
    let is_cyclic = |job: &Job| {
        let parent = |id: &Id<Job>| rows.get(&id.get()).and_then(|job| job.after);
        std::iter::successors(job.after, parent).take(rows.len()).any(|id| id == job.id)
    };
    let is_orphan = |job: &Job| job.after.is_some_and(|id| !rows.contains_key(&id.get()));
    let is_wrong = |job: &Job| job.effort >= 100 || job.note.chars().count() > 5;
    same_keys(rows) || rows.values().any(|job| is_cyclic(job) || is_orphan(job) || is_wrong(job))
}

/// What a statement does to a row: drawn for all rows alike, so that both sides do the same.
fn change(dice: &mut Dice) -> impl Fn(&mut Job) + Clone + use<> {
    let (kind, by, modulus) = (dice.roll(9), dice.roll(5) as i64 - 2, dice.roll(6) as i64 + 3);
    let to = Id::from_u64(dice.roll(14) + 1);
    move |job: &mut Job| match kind {
        0 | 1 => job.position = job.position.map(|position| position + by),
        2 | 3 => job.position = job.position.map(|position| (position + by).rem_euclid(modulus)),
        4 => job.number = (job.number * by).rem_euclid(13),
        5 => (job.queue, job.number) = (job.number, job.queue),
        6 => job.position = job.position.map(|position| by * 20 - position),
        7 => job.after = to.filter(|id| id.get() > job.id.get() || by > 1),
        _ => {
            job.effort += by * 20;
            job.note.push('x');
        }
    }
}

fn changed(rows: &Rows, meets: impl Fn(&Job) -> bool, change: impl Fn(&mut Job)) -> (Rows, usize) {
    let mut after = rows.clone();
    let mut count = 0;
    for job in after.values_mut().filter(|job| meets(job)) {
        let before = job.clone();
        change(job);
        if *job != before {
            job.changes += 1;
            count += 1;
        }
    }
    (after, count)
}

fn compare(tx: &View, rows: &Rows) {
    let found: Rows = tx.iter::<Job>().map(|job| (job.id.get(), job.clone())).collect();
    assert_eq!(&found, rows);
    for position in -8..16 {
        let expected = rows.values().find(|job| job.position == Some(position));
        assert_eq!(tx.find(Job::POSITION, position), expected);
        let expected = rows.values().find(|job| (job.queue, job.number) == (0, position));
        assert_eq!(tx.find(Job::LINE, (0, position)), expected);
    }
}

/// One statement on both sides.
fn statement(tx: &mut Tx, rows: &mut Rows, dice: &mut Dice) -> Result<bool, Error> {
    let low = dice.roll(12) as i64 - 3;
    let high = low + dice.roll(12) as i64;
    let meets = |job: &Job| job.position.is_none_or(|position| (low..high).contains(&position));
    let condition = Job::POSITION.within(low..high) | Job::POSITION.is_none();
    let (after, outcome, expected) = match dice.roll(8) {
        0 => {
            let position = (dice.roll(4) > 0).then(|| dice.roll(12) as i64);
            let job = tx.insert(NewJob { position });
            let mut after = rows.clone();
            let id = job.as_ref().ok().copied();
            after.extend(id.and_then(|id| Some((id.get(), tx.get(id)?.clone()))));
            (after, job.map(|_| 1), 1)
        }
        1 => {
            let mut after = rows.clone();
            after.retain(|_, job| !meets(job));
            let gone = rows.len() - after.len();
            (after, tx.delete_where(condition), gone)
        }
        _ => {
            let change = change(dice);
            let (after, count) = changed(rows, meets, &change);
            (after, tx.update_where(condition, change), count)
        }
    };
    match outcome {
        Ok(count) => {
            assert_eq!(count, expected);
            assert!(!breaks_a_rule(&after), "it should have been refused: {after:?}");
            *rows = after;
            Ok(true)
        }
        Err(_) if after == *rows => Ok(false),
        Err(error) => {
            assert!(breaks_a_rule(&after), "{error} was no reason");
            Ok(false)
        }
    }
}

#[test]
fn at_random_it_does_what_a_naive_one_does() {
    let (mut accepted, mut refused) = (0, 0);
    for seed in 0..120 {
        let mut dice = Dice(seed);
        let (db, _) = jobs(0..8);
        let mut rows: Rows =
            db.read().iter().map(|job: &Job| (job.id.get(), job.clone())).collect();
        for _ in 0..6 {
            // Now and then an old snapshot looks on.
            let old = (dice.roll(2) == 0).then(|| (db.read(), rows.clone()));
            let mut tx = db.begin().unwrap();
            let mut inside = rows.clone();
            for _ in 0..4 {
                let before = inside.clone();
                let takes_back = dice.roll(4) == 0;
                let _ = tx.savepoint(|tx| {
                    let counted = if statement(tx, &mut inside, &mut dice)? {
                        &mut accepted
                    } else {
                        &mut refused
                    };
                    *counted += 1;
                    compare(tx, &inside);
                    if takes_back { Err(Error::from("no")) } else { Ok(()) }
                });
                if takes_back {
                    inside = before;
                }
                compare(&tx, &inside);
            }
            if dice.roll(3) > 0 {
                tx.commit().expect("in memory");
                rows = inside;
            } else {
                drop(tx);
            }
            compare(&db.read(), &rows);
            if let Some((snap, then)) = &old {
                compare(snap, then);
            }
            drop(old);
            sound(&db);
        }
    }
    assert!(accepted > 300 && refused > 300, "{accepted} accepted, {refused} refused");
}
