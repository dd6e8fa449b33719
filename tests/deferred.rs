//! Scopes that judge unique keys and foreign keys at their end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use bondstone::prelude::*;
use bondstone::vfs::sim::SimDisk;

#[derive(Clone, Debug, PartialEq, Model)]
#[table("people")]
#[unique(place: town, seat)]
#[has_many(houses: House)]
struct Person {
    #[key]
    id: Id<Person>,
    #[unique]
    name: String,
    #[default(0)]
    town: u32,
    #[default(None)]
    seat: Option<u32>,
    /// Everybody has a house, and every house an owner.
    house_id: Id<House>,
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("houses")]
#[check(has_rooms: self.rooms > 0)]
struct House {
    #[key]
    id: Id<House>,
    #[default(1)]
    rooms: u32,
    person_id: Id<Person>,
    #[acyclic]
    #[default(None)]
    beside: Option<Id<House>>,
}

fn id<M: Entity<Key = bondstone::AutoKey>>(number: u64) -> Id<M> {
    Id::from_u64(number).unwrap()
}

/// A house beside that of its owner.
fn shed(number: u64, owner: u64) -> House {
    House { id: id(number), rooms: 1, person_id: id(owner), beside: None }
}

fn couple(tx: &mut Tx, name: &str, number: u64) -> Result<(), Error> {
    let (person, house) = (id(number), id(number));
    tx.insert(Person { id: person, name: name.into(), town: 0, seat: None, house_id: house })?;
    tx.insert(House { id: house, rooms: 1, person_id: person, beside: None }).map(drop)
}

fn town(names: &[&str]) -> Result<Database, Error> {
    let db = Database::builder().models::<Person>().in_memory()?;
    db.write(|tx| {
        tx.deferred(|tx| (1..).zip(names).try_for_each(|(number, name)| couple(tx, name, number)))
    })?;
    Ok(db)
}

fn name(db: &View, number: u64) -> &str {
    &db[id::<Person>(number)].name
}

#[test]
fn rows_that_need_each_other_are_inserted() -> Result<(), Error> {
    let alone = Database::builder().models::<Person>().in_memory()?;
    let refused = alone.write(|tx| couple(tx, "ann", 1)).unwrap_err();
    assert!(refused.violates(Person::HOUSE_ID), "{refused}");

    let db = town(&["ann", "bob"])?;
    let snap = db.read();
    let ann = &snap[id::<Person>(1)];
    assert_eq!(ann.house(&snap).person(&snap).name, "ann");
    assert_eq!(ann.houses(&snap).ids(), [id(1)], "its children are found by their parent");
    assert_eq!(snap.query().filter(Person::HOUSE_ID.is(House::ROOMS.eq(1))).count(), 2);
    assert_eq!(db.check()?, Vec::<String>::new());
    Ok(())
}

#[test]
fn unique_keys_are_swapped_step_by_step() -> Result<(), Error> {
    let db = town(&["ann", "bob", "cid"])?;
    let rename = |tx: &mut Tx, number, name: &str| {
        tx.update(id::<Person>(number), |person| person.name = name.into()).map(drop)
    };
    db.write(|tx| {
        assert!(rename(tx, 1, "bob").is_err(), "alone it is refused");
        tx.deferred(|tx| {
            rename(tx, 1, "bob")?;
            rename(tx, 2, "cid")?;
            rename(tx, 3, "ann")
        })?;
        let in_place = |tx: &mut Tx, number, seat| {
            tx.update(id::<Person>(number), |person| person.seat = Some(seat)).map(drop)
        };
        in_place(tx, 1, 10)?;
        in_place(tx, 2, 20)?;
        tx.deferred(|tx| {
            in_place(tx, 1, 20)?;
            in_place(tx, 2, 10)
        })
    })?;
    let snap = db.read();
    assert_eq!([1, 2, 3].map(|number| name(&snap, number)), ["bob", "cid", "ann"]);
    assert_eq!(snap.find(Person::NAME, "ann").map(|person| person.id), Some(id(3)));
    assert_eq!(snap.find(Person::PLACE, (0, 10)).map(|person| person.id), Some(id(2)));
    assert_eq!(db.check()?, Vec::<String>::new());
    Ok(())
}

#[test]
fn what_does_not_hold_in_the_end_is_taken_back() -> Result<(), Error> {
    let db = town(&["ann", "bob"])?;
    let before: Vec<Person> = db.read().iter::<Person>().cloned().collect();
    db.write(|tx| {
        let twice = tx.deferred(|tx| {
            tx.update(id::<Person>(1), |person| person.name = "bob".into())?;
            couple(tx, "cid", 3)
        });
        let twice = twice.unwrap_err();
        assert!(twice.violates(Person::NAME), "{twice}");
        assert!(twice.to_string().contains("\"bob\""), "{twice}");
        let same = tx.deferred(|tx| {
            couple(tx, "dan", 4)?;
            couple(tx, "dan", 5)
        });
        assert!(same.unwrap_err().violates(Person::NAME));
        let nowhere = tx.deferred(|tx| {
            tx.insert(NewHouse { person_id: id(9) })?;
            tx.update(id::<Person>(1), |person| person.town = 7).map(drop)
        });
        let nowhere: Error = nowhere.unwrap_err();
        assert!(nowhere.violates(House::PERSON_ID), "{nowhere}");
        let gone =
            tx.deferred(|tx| tx.update(id::<House>(1), |house| house.person_id = id(9)).map(drop));
        assert!(gone.unwrap_err().violates(House::PERSON_ID));
        let own = tx.deferred(|tx| {
            couple(tx, "eve", 6)?;
            Err::<(), Error>("changed my mind".into())
        });
        assert_eq!(own.unwrap_err().to_string(), "changed my mind");
        let check = tx.deferred(|tx| tx.update(id::<House>(1), |house| house.rooms = 0).map(drop));
        assert!(check.unwrap_err().violates("has_rooms"), "checks are judged at once");
        let panic = catch_unwind(AssertUnwindSafe(|| {
            tx.deferred(|tx| -> Result<(), Error> {
                couple(tx, "fay", 7)?;
                panic!("a bug")
            })
        }));
        assert!(panic.is_err());
        let judged = tx.update(id::<Person>(1), |person| person.name = "bob".into());
        assert!(judged.is_err(), "behind the scope everything is judged at once");
        assert!(couple(tx, "gus", 8).is_err());
        Ok(())
    })?;
    let after: Vec<Person> = db.read().iter::<Person>().cloned().collect();
    assert_eq!(before, after);
    assert_eq!(db.read().count::<House>(), 2);
    assert_eq!(db.check()?, Vec::<String>::new());
    Ok(())
}

#[test]
fn what_was_put_right_breaks_nothing() -> Result<(), Error> {
    let db = town(&["ann", "bob"])?;
    db.write(|tx| {
        tx.deferred(|tx| {
            // A row that refers to nobody, and goes again; one that is undone; one that finds another parent.
            let lost = tx.insert(NewHouse { person_id: id(9) })?;
            tx.delete(lost)?;
            let undone = tx.savepoint(|tx| {
                tx.update(id::<Person>(1), |person| person.name = "bob".into())?;
                tx.insert(NewHouse { person_id: id(9) })?;
                Err::<(), Error>("no".into())
            });
            assert!(undone.is_err());
            let found = tx.insert(NewHouse { person_id: id(9) })?;
            tx.update(found, |house| house.person_id = id(2))?;
            tx.update(id::<Person>(1), |person| person.name = "bob".into())?;
            tx.update(id::<Person>(1), |person| person.name = "ann".into()).map(drop)
        })
    })?;
    let snap = db.read();
    assert_eq!((name(&snap, 1), name(&snap, 2)), ("ann", "bob"));
    assert_eq!(snap[id::<Person>(2)].houses(&snap).count(), 2);
    assert_eq!(db.check()?, Vec::<String>::new());
    Ok(())
}

#[test]
fn hierarchies_stay_without_cycles() -> Result<(), Error> {
    let db = town(&["ann"])?;
    let beside = |number, other| House {
        id: id(number),
        rooms: 1,
        person_id: id(1),
        beside: Some(id(other)),
    };
    db.write(|tx| {
        let round = tx.deferred(|tx| {
            tx.insert(beside(10, 11))?;
            tx.insert(beside(11, 12))?;
            tx.insert(beside(12, 10)).map(drop)
        });
        let round: Error = round.unwrap_err();
        assert!(matches!(round, Error::Cycle(_)), "{round}");
        tx.deferred(|tx| {
            tx.insert(beside(10, 11))?;
            tx.insert(beside(11, 12))?;
            tx.insert(beside(12, 1)).map(drop)
        })
    })?;
    let snap = db.read();
    let above = House::BESIDE.ancestors(&snap[id::<House>(10)], &snap);
    assert_eq!(above.map(|house| house.id.get()).collect::<Vec<_>>(), [11, 12, 1]);
    assert_eq!(db.check()?, Vec::<String>::new());
    Ok(())
}

#[test]
fn scopes_nest_and_bulk_calls_take_part() -> Result<(), Error> {
    let db = town(&["ann", "bob"])?;
    db.write(|tx| {
        tx.deferred(|tx| {
            tx.update(id::<Person>(1), |person| person.name = "bob".into())?;
            // The inner scope settles its own.
            let inner = tx.deferred(|tx| tx.insert(NewHouse { person_id: id(9) }).map(drop));
            let inner: Error = inner.unwrap_err();
            assert!(inner.violates(House::PERSON_ID));
            tx.deferred(|tx| couple(tx, "cid", 3))?;
            tx.update_where(Person::NAME.eq("cid"), |person| person.town = 1)?;
            tx.update_all([id::<Person>(2)], |person| person.name = "ann".into())?;
            tx.insert_all([shed(40, 4)])?;
            couple(tx, "dan", 4)
        })
    })?;
    let snap = db.read();
    assert_eq!([1, 2, 3, 4].map(|number| name(&snap, number)), ["bob", "ann", "cid", "dan"]);
    assert_eq!(snap[id::<Person>(4)].houses(&snap).count(), 2);
    assert_eq!(db.check()?, Vec::<String>::new());
    Ok(())
}

#[test]
fn the_end_of_a_scope_is_what_is_kept_in_files() -> Result<(), Error> {
    let disk = SimDisk::new(1);
    let open = || Database::builder().models::<Person>().background(false).open_in(disk.clone());
    let db = open()?;
    db.write(|tx| tx.deferred(|tx| couple(tx, "ann", 1)))?;
    db.write(|tx| {
        tx.deferred(|tx| {
            couple(tx, "bob", 2)?;
            tx.update(id::<Person>(1), |person| person.name = "bob".into())?;
            tx.update(id::<Person>(2), |person| person.name = "ann".into()).map(drop)
        })
    })?;
    db.close()?;
    let db = open()?;
    let snap = db.read();
    assert_eq!((name(&snap, 1), name(&snap, 2)), ("bob", "ann"));
    assert_eq!(snap[id::<Person>(2)].houses(&snap).ids(), [id(2)]);
    assert_eq!(db.check()?, Vec::<String>::new());
    Ok(())
}

/// Snapshots see nothing of what is open, nor of the rows as they were written first.
#[test]
fn snapshots_see_the_end_alone() -> Result<(), Error> {
    let db = town(&["ann", "bob"])?;
    let before = db.read();
    db.write(|tx| {
        tx.deferred(|tx| {
            tx.update(id::<Person>(1), |person| person.name = "bob".into())?;
            let during = db.read();
            assert_eq!(during.find(Person::NAME, "bob").map(|person| person.id), Some(id(2)));
            tx.insert(shed(30, 3))?;
            couple(tx, "cid", 3)?;
            assert_eq!(tx[id::<Person>(3)].houses(tx).count(), 1, "the other has no parent yet");
            tx.update(id::<Person>(2), |person| person.name = "ann".into()).map(drop)
        })
    })?;
    assert_eq!(before.find(Person::NAME, "ann").map(|person| person.id), Some(id(1)));
    assert_eq!((before.count::<House>(), db.read().count::<House>()), (2, 4));
    assert_eq!(db.read()[id::<Person>(3)].houses(&db.read()).count(), 2);
    Ok(())
}

/// Parts of a transaction that leave another in its place.
#[derive(Clone, Copy, Debug)]
enum Part {
    Deferred,
    Savepoint,
}

/// How such a part ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Well,
    Refused,
    Panic,
}

#[test]
fn a_transaction_that_is_swapped_for_another_is_not_committed_half() -> Result<(), Error> {
    for part in [Part::Deferred, Part::Savepoint] {
        for end in [End::Well, End::Refused, End::Panic] {
            let (db, other) = (town(&["ann"])?, town(&["bob"])?);
            let (mut tx, mut stray) = (db.begin()?, other.begin()?);
            stray.update(id::<Person>(1), |bob| bob.town = 7)?;
            let swap = |tx: &mut Tx| {
                tx.update(id::<Person>(1), |ann| ann.town = 5)?;
                if matches!(part, Part::Deferred) {
                    tx.insert(NewHouse { person_id: id(9) })?;
                }
                std::mem::swap(tx, &mut stray);
                match end {
                    End::Well => Ok::<(), Error>(()),
                    End::Refused => Err("no".into()),
                    End::Panic => panic!("a bug"),
                }
            };
            let swapped = catch_unwind(AssertUnwindSafe(|| match part {
                Part::Deferred => tx.deferred(swap),
                Part::Savepoint => tx.savepoint(swap),
            }));
            assert!(swapped.is_err(), "{part:?} {end:?}");
            // What is in its place now is as whole as before.
            assert_eq!(tx[id::<Person>(1)].town, 7, "{part:?} {end:?}");
            tx.commit()?;
            let refused = stray.commit().unwrap_err();
            assert!(refused.to_string().contains("has not ended"), "{refused}");
            assert_eq!(db.read()[id::<Person>(1)].town, 0);
            assert_eq!(other.read()[id::<Person>(1)].town, 7);
            for db in [db, other] {
                assert_eq!(db.check()?, Vec::<String>::new());
                db.write(|tx| tx.deferred(|tx| couple(tx, "eve", 9)))?;
            }
        }
    }
    Ok(())
}

#[test]
fn a_hook_does_not_swap_its_transaction_for_another() -> Result<(), Error> {
    let (db, other) = (town(&["ann"])?, town(&["bob"])?);
    let there = other.clone();
    db.hooks(|h| {
        h.before_insert(move |_: &mut House, tx| {
            let mut stray = there.begin()?;
            std::mem::swap(tx, &mut stray);
            Ok(())
        })
    });
    let swapped = catch_unwind(AssertUnwindSafe(|| {
        db.write(|tx| tx.insert(NewHouse { person_id: id(1) }).map(drop))
    }));
    assert!(swapped.is_err());
    for db in [db, other] {
        assert_eq!(db.read().count::<House>(), 1);
        assert_eq!(db.check()?, Vec::<String>::new());
        db.write(|tx| tx.update(id::<House>(1), |house| house.rooms = 2).map(drop))?;
    }
    Ok(())
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("seats")]
struct Seat {
    #[key]
    name: String,
    #[unique]
    number: u32,
    #[default(None)]
    behind: Option<Id<Seat>>,
    #[version]
    revision: u64,
}

fn seat(name: &str, number: u32) -> NewSeat {
    NewSeat { name: name.into(), number }
}

#[test]
fn in_a_scope_versions_rekeys_and_hooks_are_as_ever() -> Result<(), Error> {
    let db = Database::builder().models::<Seat>().in_memory()?;
    let calls: Arc<Mutex<Vec<String>>> = Arc::default();
    let list = Arc::clone(&calls);
    db.hooks(|h| {
        h.on_set(Seat::NUMBER, move |seat, change| {
            list.lock().unwrap().push(format!("{} {:?} → {}", seat.name, change.old, change.new));
            Ok(())
        });
    });
    let id = |name: &str| Id::<Seat>::new(name);
    db.write(|tx| {
        tx.insert_all([seat("a", 1), seat("b", 2)])?;
        tx.deferred(|tx| {
            tx.update_at(id("a"), 1, |seat| seat.number = 2)?;
            assert!(matches!(tx.update_at(id("a"), 1, |_| {}), Err(Error::Stale { .. })));
            // It waits for one that is not there, and that takes its key afterwards.
            tx.update(id("b"), |seat| seat.behind = Some(Id::new("c")))?;
            tx.insert(seat("d", 4))?;
            tx.rekey(id("d"), id("c"))?;
            tx.rekey(id("a"), id("e"))?;
            tx.update(id("b"), |seat| seat.number = 1).map(drop)
        })?;
        let refused = tx.deferred(|tx| {
            tx.update(id("b"), |seat| seat.number = 4)?;
            tx.rekey(id("b"), id("f"))
        });
        let refused: Error = refused.unwrap_err();
        assert!(refused.violates(Seat::NUMBER), "{refused}");
        Ok(())
    })?;
    let snap = db.read();
    let row = |name: &str| snap[id(name)].clone();
    assert_eq!((row("e").number, row("e").revision), (2, 3), "changed, and rekeyed");
    assert_eq!((row("b").number, row("b").revision), (1, 3));
    assert_eq!((row("b").behind, row("c").revision), (Some(id("c")), 2));
    assert_eq!(snap.count::<Seat>(), 3);
    let calls = calls.lock().unwrap();
    let expected = [
        "a None → 1",
        "b None → 2",
        "a Some(1) → 2",
        "d None → 4",
        "b Some(2) → 1",
        "b Some(1) → 4",
    ];
    assert_eq!(*calls, expected);
    assert_eq!(db.check()?, Vec::<String>::new());
    Ok(())
}
