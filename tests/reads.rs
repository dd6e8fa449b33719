//! What views promise, one promise each, as a user would meet them.

use std::ops::Bound;

use bondstone::prelude::*;
use slotmap::SecondaryMap;

/// A town.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("towns")]
#[unique(spot: east, north)]
struct Town {
    #[key]
    id: Id<Town>,
    #[index]
    name: String,
    #[unique]
    code: Option<String>,
    #[index]
    people: i64,
    east: i64,
    north: i64,
}

/// A model that no database here has.
#[derive(Clone, Debug, Model)]
struct Stranger {
    #[key]
    id: Id<Stranger>,
}

fn town(name: &str, people: i64) -> NewTown {
    let code = (people % 2 == 0).then(|| name.to_uppercase());
    NewTown { name: name.into(), code, people, east: people, north: -people }
}

fn database(towns: &[(&str, i64)]) -> (Database, Vec<Id<Town>>) {
    let db = Database::builder().models::<Town>().in_memory().expect("the model is fine");
    let ids = db
        .write(|tx| tx.insert_all(towns.iter().map(|(name, people)| town(name, *people))))
        .expect("nothing refuses");
    (db, ids)
}

fn names<'a>(towns: impl Iterator<Item = &'a Town>) -> Vec<&'a str> {
    towns.map(|town| town.name.as_str()).collect()
}

const TOWNS: [(&str, i64); 6] =
    [("stonewall", 40), ("stone", 7), ("", 12), ("stonewalk", 9), ("a\0b", 3), ("ärmel", 100)];

#[test]
fn a_row_by_its_key() {
    let (db, ids) = database(&TOWNS);
    let snap = db.read();
    assert_eq!(snap[ids[1]].name, "stone");
    assert!(snap.contains(ids[1]));
    let nobody = Id::from_u64(77).expect("above 0");
    assert_eq!((snap.get(nobody), snap.contains(nobody), snap.handle(nobody)), (None, false, None));
    let many = snap.get_many(&[ids[5], nobody, ids[0], ids[5]]);
    let many: Vec<Option<i64>> = many.into_iter().map(|town| Some(town?.people)).collect();
    assert_eq!(many, [Some(100), None, Some(40), Some(100)]);
    assert!(snap.get_many::<Town>(&[]).is_empty());
}

#[test]
#[should_panic(expected = "towns#77 does not exist in version")]
fn indexing_names_what_is_not_there() {
    let (db, _) = database(&TOWNS);
    let _ = &db.read()[Id::<Town>::from_u64(77).expect("above 0")];
}

#[test]
#[should_panic(expected = "`Stranger` is not a model of this database")]
fn a_model_that_was_not_registered_is_named() {
    let (db, _) = database(&TOWNS);
    let _ = db.read().count::<Stranger>();
}

#[test]
fn a_row_by_what_is_unique() {
    let (db, ids) = database(&TOWNS);
    let snap = db.read();
    assert_eq!(snap.find(Town::CODE, "STONEWALL").map(|town| town.id), Some(ids[0]));
    assert_eq!(snap.find(Town::CODE, "STONEWALL".to_owned()).map(|town| town.id), Some(ids[0]));
    assert_eq!(snap.find(Town::CODE, "STONE"), None);
    assert_eq!(snap.find(Town::CODE, None::<String>), None, "nothing is equal to null");
    assert_eq!(snap.find(Town::SPOT, (100, -100)).map(|town| town.id), Some(ids[5]));
    assert_eq!(snap.find(Town::SPOT, (100, 100)), None);
    db.write(|tx| {
        tx.update(ids[0], |town| town.code = Some("X".into()))?;
        assert_eq!(tx.find(Town::CODE, "STONEWALL"), None);
        assert_eq!(tx.find(Town::CODE, "X").map(|town| town.id), Some(ids[0]));
        // Free again within the same transaction.
        tx.update(ids[1], |town| town.code = Some("STONEWALL".into())).map(drop)
    })
    .expect("nothing refuses");
    assert_eq!(snap.find(Town::CODE, "STONEWALL").map(|town| town.id), Some(ids[0]));
    assert_eq!(db.read().find(Town::CODE, "STONEWALL").map(|town| town.id), Some(ids[1]));
}

#[test]
fn ranges_in_the_order_of_a_column() {
    let (db, _) = database(&TOWNS);
    let snap = db.read();
    let text = |text: &str| text.to_owned();
    let all = ["", "a\0b", "stone", "stonewalk", "stonewall", "ärmel"];
    assert_eq!(names(snap.range(Town::NAME, text("")..)), all);
    assert_eq!(names(snap.range(Town::NAME, text("stone")..text("stonewall"))), all[2..4]);
    assert_eq!(names(snap.range(Town::NAME, text("stone")..=text("stonewall"))), all[2..5]);
    assert_eq!(names(snap.range(Town::NAME, text("stonewalk")..text("stonewalk"))), [""; 0]);
    let between = (Bound::Excluded(text("stone")), Bound::Unbounded);
    assert_eq!(names(snap.range(Town::NAME, between)), all[3..]);
    // The wrong way round there is nothing, and no panic.
    #[expect(clippy::reversed_empty_ranges, reason = "that is what is tested")]
    let backwards = snap.range(Town::PEOPLE, 10..3);
    assert_eq!(backwards.count(), 0);
    let people: Vec<i64> = snap.range(Town::PEOPLE, 7..=40).map(|town| town.people).collect();
    assert_eq!(people, [7, 9, 12, 40]);
    // Without an index it is slower, and the same.
    let north: Vec<i64> = snap.range(Town::NORTH, ..=-12).map(|town| town.north).collect();
    assert_eq!(north, [-100, -40, -12]);
}

#[test]
fn a_range_meets_each_row_once_whatever_keys_it_had() {
    let (db, ids) = database(&TOWNS);
    let old = db.read();
    for round in 0..20 {
        for (place, id) in ids.iter().enumerate() {
            let people = (round * 7 + place as i64 * 3) % 11;
            let name =
                ["stonewall", "stonewalker", "a", "stone", "xxxxxxxxxx"][people as usize % 5];
            db.write(|tx| {
                tx.update(*id, |town| {
                    town.people = people;
                    town.name = format!("{name}{place}");
                })
                .map(drop)
            })
            .expect("nothing refuses");
        }
        let snap = db.read();
        assert_eq!(snap.range(Town::PEOPLE, i64::MIN..).count(), ids.len());
        assert_eq!(snap.range(Town::NAME, String::new()..).count(), ids.len());
        let expected = snap.iter::<Town>().filter(|town| (2..8).contains(&town.people)).count();
        assert_eq!(snap.range(Town::PEOPLE, 2..8).count(), expected);
        assert_eq!(old.range(Town::NAME, "stone".to_owned()..="stonf".to_owned()).count(), 3);
    }
    drop(old);
    assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
}

/// A grade whose order is its own: the better one comes first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Value)]
struct Grade(String);

impl PartialOrd for Grade {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Grade {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        COMPARISONS.set(COMPARISONS.get() + 1);
        other.0.cmp(&self.0)
    }
}

thread_local! {
    static COMPARISONS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[derive(Clone, Debug, Model)]
#[table("exams")]
struct Exam {
    #[key]
    id: Id<Exam>,
    #[index]
    grade: Grade,
}

#[test]
fn a_range_in_an_order_of_the_users_own_walks_the_index() {
    let db = Database::builder().models::<Exam>().in_memory().expect("the model is fine");
    let grade = |number: usize| Grade(format!("{number:04}"));
    let exams = (0..1000).map(|number| NewExam { grade: grade(number * 7 % 1000) });
    db.write(|tx| tx.insert_all(exams)).expect("nothing refuses");
    let first = Id::<Exam>::from_u64(1).expect("above 0");
    db.write(|tx| tx.update(first, |exam| exam.grade = grade(501)).map(drop))
        .expect("nothing refuses");
    let snap = db.read();
    COMPARISONS.set(0);
    let found: Vec<&str> =
        snap.range(Exam::GRADE, grade(502)..grade(498)).map(|exam| &*exam.grade.0).collect();
    assert_eq!(found, ["0502", "0501", "0501", "0500", "0499"]);
    let compared = COMPARISONS.get();
    assert!(compared < 100, "{compared} comparisons are those of a sort");
    assert_eq!(snap.range(Exam::GRADE, grade(3)..=grade(3)).ids().count(), 1);
    assert_eq!(snap.range(Exam::GRADE, grade(0)..).count(), 0, "of those, 0 was changed");
    assert_eq!(snap.range(Exam::GRADE, grade(2000)..).count(), 1000);
}

/// Ids alone are those of the rows, in every order, from every place on.
fn ids_are_those_of_rows(view: &View) {
    for low in [i64::MIN, 0, 3, 9] {
        let rows: Vec<_> = view.range(Town::PEOPLE, low..).map(|town| town.id).collect();
        assert_eq!(view.range(Town::PEOPLE, low..).ids().collect::<Vec<_>>(), rows);
        let mut begun = view.range(Town::PEOPLE, low..);
        assert_eq!(begun.next().map(|town| town.id), rows.first().copied());
        assert!(begun.ids().eq(rows.into_iter().skip(1)), "the rest, in order");
        let rows: Vec<_> = view.range(Town::NORTH, low..).map(|town| town.id).collect();
        assert_eq!(view.range(Town::NORTH, low..).ids().collect::<Vec<_>>(), rows);
    }
    let name = String::new();
    let rows = view.range(Town::NAME, name.clone()..).map(|town| town.id);
    assert!(view.range(Town::NAME, name..).ids().eq(rows));
}

#[test]
fn ids_of_a_range_are_those_of_its_rows() {
    let towns: Vec<(String, i64)> =
        (0..120).map(|place| (format!("town {}", place * 7 % 120), place * 11 % 120)).collect();
    let towns: Vec<(&str, i64)> =
        towns.iter().map(|(name, people)| (name.as_str(), *people)).collect();
    let (db, mut ids) = database(&towns);
    fn may_go_to_other_threads<T: Send + Sync>(_: &T) {}
    let mut snapshots = vec![db.read()];
    may_go_to_other_threads(&snapshots[0].range(Town::PEOPLE, 0..));
    may_go_to_other_threads(&snapshots[0].range(Town::PEOPLE, 0..).ids());
    let mut next = 1000;
    for round in 0..40_i64 {
        db.write(|tx| {
            for step in 0..7 {
                let place = (round * 37 + step * 101) as usize % ids.len();
                next += 1;
                let fresh = town(&format!("fresh {next}"), next);
                match step {
                    // Another key, another value without a key, a row that goes and one that takes its slot later.
                    0 | 1 => drop(tx.update(ids[place], |town| town.people = next)?),
                    2 => drop(tx.update(ids[place], |town| town.name += "!")?),
                    3 => {
                        tx.delete(ids.swap_remove(place))?;
                    }
                    // A key that does not fit beside the row.
                    5 if round > 30 => {
                        let id = Id::from_u64((1 << 32) + next as u64).expect("above 0");
                        let NewTown { name, code, people, east, north } = fresh;
                        ids.push(tx.insert(Town { id, name, code, people, east, north })?);
                    }
                    4 | 5 => ids.push(tx.insert(fresh)?),
                    _ => {
                        let undone = tx.savepoint(|tx| {
                            tx.update(ids[place], |town| town.people = -next)?;
                            tx.insert(town("undone", next + 10_000))?;
                            ids_are_those_of_rows(tx);
                            tx.delete(ids[place])?;
                            Err::<(), Error>("changed my mind".into())
                        });
                        undone.expect_err("all of it is undone");
                    }
                }
                ids_are_those_of_rows(tx);
            }
            Ok(())
        })
        .expect("nothing refuses");
        snapshots.push(db.read());
        // Some are held for long, most go at once, so that slots are reused.
        snapshots
            .retain(|snap| snap.version() % 9 == 0 || snap.version() + 2 > db.read().version());
        snapshots.iter().for_each(|snap| ids_are_those_of_rows(snap));
    }
    assert_eq!(db.read().range(Town::PEOPLE, i64::MIN..).ids().count(), ids.len());
    drop(snapshots);
    assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
    ids_are_those_of_rows(&db.read());
}

#[test]
fn a_snapshot_stays_as_it_was() {
    let (db, ids) = database(&TOWNS);
    let before = db.read();
    let stone = &before[ids[1]];
    db.write(|tx| {
        tx.update(ids[1], |town| town.name = "rubble".into())?;
        tx.delete(ids[0])?;
        tx.insert(town("new", 5)).map(drop)
    })
    .expect("nothing refuses");
    for number in 0..100 {
        db.write(|tx| tx.update(ids[1], |town| town.people = number).map(drop)).expect("fine");
    }
    // A reference lives as long as its snapshot.
    assert_eq!((stone.name.as_str(), stone.people, before.count::<Town>()), ("stone", 7, 6));
    assert!(before.contains(ids[0]));
    assert_eq!(db.read()[ids[1]].people, 99);
    let copy = before.clone();
    assert_eq!(db.oldest_snapshot_age(), Some(101));
    drop(before);
    assert_eq!((copy[ids[1]].name.as_str(), copy.version()), ("stone", copy.clone().version()));
    assert!(db.pinned().expect("no transaction is open").superseded > 0);
    drop(copy);
    assert_eq!(db.oldest_snapshot_age(), None);
    assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new());
    assert_eq!(db.pinned().expect("no transaction is open"), bondstone::Backlog::default());
}

#[test]
fn a_snapshot_outlives_the_database_and_goes_to_other_threads() {
    let (db, ids) = database(&TOWNS);
    let snap = db.read();
    drop(db);
    let name = std::thread::spawn(move || snap[ids[5]].name.clone());
    assert_eq!(name.join().expect("it does not panic"), "ärmel");
}

#[test]
fn a_forgotten_snapshot_is_only_memory() {
    let (db, ids) = database(&TOWNS);
    std::mem::forget(db.read());
    for number in 0..50 {
        db.write(|tx| tx.update(ids[0], |town| town.people = number).map(drop)).expect("fine");
    }
    assert_eq!(db.oldest_snapshot_age(), Some(50), "and it can be seen");
    assert_eq!(db.read()[ids[0]].people, 49);
}

#[test]
fn handles_hang_tables_on_rows() {
    let (db, ids) = database(&TOWNS);
    let snap = db.read();
    let mut mayors: SecondaryMap<Handle<Town>, &str> = SecondaryMap::new();
    for (id, mayor) in ids.iter().zip(["ann", "bob", "cid"]) {
        mayors.insert(snap.handle(*id).expect("it is there"), mayor);
    }
    let handle = snap.handle(ids[1]).expect("it is there");
    db.write(|tx| tx.update(ids[1], |town| town.name = "rubble".into()).map(drop)).expect("fine");
    let now = db.read();
    assert_eq!(now.handle(ids[1]), Some(handle), "an update keeps it");
    assert_eq!(now.by_handle(handle).map(|town| town.name.as_str()), Some("rubble"));
    assert_eq!(snap.by_handle(handle).map(|town| town.name.as_str()), Some("stone"));
    assert_eq!(mayors.get(handle), Some(&"bob"));
    db.write(|tx| tx.delete(ids[1]).map(drop)).expect("fine");
    assert_eq!((db.read().by_handle(handle), snap.by_handle(handle)), (None, snap.get(ids[1])));
    assert_eq!(db.read().by_handle(Handle::<Town>::default()), None);
    assert_eq!(size_of::<Option<Id<Town>>>(), 8);
}

#[test]
fn counts_and_walks_agree_at_every_age() {
    let (db, ids) = database(&TOWNS);
    let mut snaps = vec![db.read()];
    for id in &ids {
        db.write(|tx| tx.delete(*id).map(drop)).expect("fine");
        snaps.push(db.read());
    }
    for (gone, snap) in snaps.iter().enumerate() {
        assert_eq!(snap.count::<Town>(), ids.len() - gone);
        assert_eq!(snap.iter::<Town>().count(), ids.len() - gone);
        assert_eq!(snap.iter::<Town>().fold(0, |count, _| count + 1), ids.len() - gone);
    }
}

#[test]
fn a_table_looked_up_once_answers_like_the_view_while_it_grows() {
    let (db, ids) = database(&TOWNS);
    let snap = db.read();
    let (towns, handle) = (snap.table_of::<Town>(), snap.handle(ids[0]).expect("it exists"));
    // Chunks, pages and the directories of both come and go behind it: sizes are small here.
    let later = db
        .write(|tx| {
            let later = tx.insert_all(
                (0..200).map(|number| town(&format!("later {number}"), 200 + number)),
            )?;
            tx.update(ids[1], |town| town.people = 8)?;
            tx.delete(ids[2])?;
            Ok(later)
        })
        .expect("nothing refuses");
    let late_handle = db.read().handle(later[0]).expect("it exists");

    assert_eq!(ids.iter().map(|id| towns[*id].people).collect::<Vec<_>>(), [40, 7, 12, 9, 3, 100]);
    assert!(later.iter().all(|id| towns.get(*id).is_none() && !towns.contains(*id)));
    assert_eq!(towns.by_handle(handle).map(|town| town.id), Some(ids[0]));
    assert!(towns.by_handle(late_handle).is_none(), "a row of a later state");
    assert!(towns.by_handle(Handle::default()).is_none());
    assert_eq!(towns.find(Town::SPOT, (12, -12)).map(|town| town.id), Some(ids[2]));
    assert_eq!((towns.count(), towns.iter().count(), towns.into_iter().count()), (6, 6, 6));

    db.write(|tx| {
        let bird = tx.insert(town("bird", 1))?;
        let towns = tx.table_of::<Town>();
        assert_eq!((towns[bird].people, towns.count()), (1, 206), "a transaction's own rows");
        Ok(())
    })
    .expect("nothing refuses");
}

#[test]
#[should_panic(expected = "towns#77 does not exist in version")]
fn indexing_a_table_names_what_is_not_there() {
    let (db, _) = database(&TOWNS);
    let _ = &db.read().table_of::<Town>()[Id::<Town>::from_u64(77).expect("above 0")];
}
