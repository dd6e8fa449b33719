//! What every row must be: checks, keys over several columns, what cannot change, what goes when another goes.

use bondstone::prelude::*;

use crate::{Result, database};

#[derive(Clone, Debug, Model)]
#[table("bookings")]
#[check(check_positive_price: self.price > Decimal::ZERO)]
#[check(dates: self.arrival <= self.departure)]
#[unique(room_on_day: room, arrival)]
#[index(calendar: room, departure)]
struct Booking {
    #[key]
    id: Id<Booking>,
    room: u32,
    arrival: Date,
    departure: Date,
    #[decimal(8, 2)]
    price: Decimal,
    #[immutable]
    guest: String,
}

fn may(day: i8) -> Date {
    Date::constant(2026, 5, day)
}

fn booking(room: u32, arrival: i8) -> NewBooking {
    let (arrival, departure) = (may(arrival), may(arrival + 2));
    NewBooking { room, arrival, departure, price: dec!(80), guest: "Ann".into() }
}

#[test]
fn s49_a_check_is_a_condition_on_every_row() -> Result {
    let db = database::<Booking>();
    let id = db.write(|tx| tx.insert(booking(7, 1)))?;
    let free = NewBooking { price: dec!(0), ..booking(8, 1) };
    let refused = db.write(|tx| tx.insert(free)).unwrap_err();
    assert!(refused.violates("check_positive_price") && matches!(refused, Error::Check(_)));
    let update = db.write(|tx| tx.update(id, |row| row.price = dec!(-1)).map(drop)).unwrap_err();
    assert_eq!(
        update.to_string(),
        "check constraint `check_positive_price` on `bookings` violated by bookings#1: price = -1.00"
    );
    assert_eq!(db.read()[id].price, dec!(80));
    Ok(())
}

#[test]
fn s50_a_check_is_over_several_columns() -> Result {
    let db = database::<Booking>();
    let backwards = NewBooking { departure: may(1), ..booking(7, 3) };
    let refused = db.write(|tx| tx.insert(backwards)).unwrap_err();
    assert!(refused.violates("dates"));
    assert!(refused.violates(Booking::ARRIVAL) && refused.violates(Booking::DEPARTURE));
    assert!(!refused.violates(Booking::PRICE));
    assert!(refused.to_string().ends_with("arrival = 2026-05-03, departure = 2026-05-01"));
    Ok(())
}

#[test]
fn s51_a_key_and_an_index_are_over_several_columns_and_have_a_name() -> Result {
    let db = database::<Booking>();
    let id = db.write(|tx| {
        let rooms = (1..60).flat_map(|room| [booking(room, 1), booking(room, 10)]);
        Ok(tx.insert_all(rooms)?[12])
    })?;
    let twice = db.write(|tx| tx.insert(booking(7, 1))).unwrap_err();
    assert!(twice.violates(Booking::ROOM_ON_DAY) && twice.violates("room_on_day"));
    db.write(|tx| {
        let cheaper = |row: &mut Booking| row.price = dec!(60);
        let done = tx.upsert(Booking::ROOM_ON_DAY, booking(7, 1), cheaper)?;
        assert_eq!(done, Upserted::Updated(id));
        Ok(())
    })?;
    let snap = db.read();
    let found = snap.find(Booking::ROOM_ON_DAY, (7, may(1)));
    assert_eq!(found.map(|row| row.price), Some(dec!(60)));
    let soon = snap.query().filter(Booking::ROOM.eq(7) & Booking::DEPARTURE.lt(may(5)));
    let plan = soon.clone().explain().to_string();
    assert!(plan.contains("index calendar"), "{plan}");
    assert_eq!(soon.ids(), [id]);
    Ok(())
}

#[test]
fn x06_an_immutable_column_is_set_once() -> Result {
    let db = database::<Booking>();
    let id = db.write(|tx| tx.insert(booking(7, 1)))?;
    let changed = db.write(|tx| tx.update(id, |row| row.guest = "Bob".into()).map(drop));
    let changed = changed.unwrap_err();
    assert!(matches!(changed, Error::Immutable(_)) && changed.violates(Booking::GUEST));
    db.write(|tx| tx.update(id, |row| row.room = 8).map(drop))?;
    assert_eq!((db.read()[id].room, db.read()[id].guest.as_str()), (8, "Ann"));
    Ok(())
}

#[derive(Clone, Debug, Model)]
#[table("pages")]
#[unique(LIVE_SLUG)]
struct Page {
    #[key]
    id: Id<Page>,
    slug: String,
    #[default(false)]
    deleted: bool,
}

impl Page {
    /// The slug, which only one page has that is not deleted.
    #[hybrid(unique)]
    fn live_slug(&self) -> Option<String> {
        (!self.deleted).then(|| self.slug.clone())
    }
}

#[test]
fn x08_a_key_is_unique_among_some_rows() -> Result {
    let db = database::<Page>();
    let home = || NewPage { slug: "home".into() };
    let old = db.write(|tx| tx.insert(home()))?;
    assert!(db.write(|tx| tx.insert(home())).unwrap_err().violates(Page::LIVE_SLUG));
    let new = db.write(|tx| {
        tx.update(old, |page| page.deleted = true)?;
        tx.insert(home())
    })?;
    assert_eq!(db.read().find(Page::LIVE_SLUG, "home").map(|page| page.id), Some(new));
    let back = db.write(|tx| tx.update(old, |page| page.deleted = false).map(drop)).unwrap_err();
    assert!(back.violates(Page::LIVE_SLUG), "it is taken meanwhile");
    Ok(())
}

#[derive(Clone, Debug, Model)]
#[table("documents")]
struct Document {
    #[key]
    id: Id<Document>,
    text: String,
    #[version]
    revision: u64,
}

#[test]
fn x05_a_version_tells_who_comes_too_late() -> Result {
    let db = database::<Document>();
    let id = db.write(|tx| tx.insert(NewDocument { text: "draft".into() }))?;
    // Two people have it before them.
    let (mut anns, mut bobs) = (db.read()[id].clone(), db.read()[id].clone());
    assert_eq!(anns.revision, 1);
    (anns.text, bobs.text) = ("by Ann".into(), "by Bob".into());
    db.write(|tx| tx.replace(anns).map(drop))?;
    let stale = db.write(|tx| tx.replace(bobs).map(drop)).unwrap_err();
    assert_eq!(stale.to_string(), "documents#1 was changed meanwhile: version 1 expected, 2 found");
    db.write(|tx| {
        assert!(matches!(tx.update_at(id, 1, |_| {}), Err(Error::Stale { found: 2, .. })));
        assert_eq!(tx.update_at(id, 2, |row| row.text.push('!'))?.revision, 3);
        Ok(())
    })?;
    assert_eq!(db.read()[id].text, "by Ann!");
    Ok(())
}

#[derive(Clone, Debug, Model)]
#[singleton]
struct Settings {
    #[default("light")]
    theme: String,
    #[default(20)]
    rows_per_page: usize,
}

#[test]
fn x07_a_singleton_is_one_row_that_is_always_there() -> Result {
    let db = database::<(Settings, Page)>();
    let before = db.read();
    assert_eq!(before.the::<Settings>().rows_per_page, 20);
    db.write(|tx| tx.update_the::<Settings>(|settings| settings.theme = "dark".into()).map(drop))?;
    assert_eq!(db.read().the::<Settings>().theme, "dark");
    assert_eq!(before.the::<Settings>().theme, "light", "a row like any other, in snapshots too");
    assert_eq!(db.read().count::<Settings>(), 1);
    Ok(())
}
