//! Many rows at once, insert or update, and parts of a transaction that are taken back.

use bondstone::prelude::*;

use crate::{Result, database};

#[derive(Clone, Debug, Model)]
#[table("tracks")]
#[unique(place: album, position)]
struct Track {
    #[key]
    id: Id<Track>,
    album: u32,
    position: u32,
    title: String,
    #[default(0)]
    plays: u32,
}

fn track(position: u32, title: &str) -> NewTrack {
    NewTrack { album: 1, position, title: title.into() }
}

/// Overture, March and Finale.
fn album() -> Result<(Database, Vec<Id<Track>>)> {
    let db = database::<Track>();
    let titles = (1..).zip(["Overture", "March", "Finale"]);
    let ids = db.write(|tx| tx.insert_all(titles.map(|(place, title)| track(place, title))))?;
    Ok((db, ids))
}

#[test]
fn x02_many_rows_are_inserted_updated_and_deleted_at_once() -> Result {
    let (db, ids) = album()?;
    db.write(|tx| {
        assert!(tx.insert_all([track(4, "Encore"), track(1, "Again")]).is_err());
        assert_eq!(tx.count::<Track>(), 3, "all or none");

        // All move up by one: a key must be unique when all have moved.
        assert_eq!(tx.update_where(Track::POSITION.ge(1), |track| track.position += 1)?, 3);
        assert_eq!(tx[ids[2]].position, 4);
        let meeting = tx.update_where(Track::ALBUM.eq(1), |track| track.position = 7);
        assert!(meeting.unwrap_err().violates(Track::PLACE));
        assert_eq!(tx[ids[0]].position, 2, "none is changed");

        assert_eq!(tx.delete_where(Track::TITLE.ne("March"))?, 2);
        assert_eq!(tx.query::<Track>().one()?.title, "March");
        Ok(())
    })
}

#[test]
fn x03_a_row_is_inserted_or_the_one_with_its_key_is_updated() -> Result {
    let (db, ids) = album()?;
    db.write(|tx| {
        let played = |track: &mut Track| track.plays += 1;
        let march = tx.upsert(Track::PLACE, track(2, "unused"), played)?;
        assert_eq!(march, Upserted::Updated(ids[1]));
        assert_eq!((tx[ids[1]].plays, tx[ids[1]].title.as_str()), (1, "March"));
        let encore = tx.upsert(Track::PLACE, track(4, "Encore"), played)?;
        assert!(matches!(encore, Upserted::Inserted(_)));
        assert_eq!((encore.id().get(), tx[encore.id()].plays), (4, 0), "no number was used up");
        Ok(())
    })
}

#[test]
fn x04_a_part_of_a_transaction_is_taken_back_alone() -> Result {
    let (db, ids) = album()?;
    db.write(|tx| {
        tx.update(ids[0], |track| track.plays = 1)?;
        let part = tx.savepoint(|tx| {
            tx.delete(ids[1])?;
            tx.savepoint(|tx| tx.update(ids[0], |track| track.plays = 2).map(drop))?;
            Err::<(), Error>("changed my mind".into())
        });
        assert_eq!(part.unwrap_err().to_string(), "changed my mind");
        assert_eq!((tx[ids[0]].plays, tx[ids[1]].title.as_str()), (1, "March"));
        tx.savepoint(|tx| tx.delete(ids[2]).map(drop))
    })?;
    let snap = db.read();
    assert_eq!((snap[ids[0]].plays, snap.count::<Track>()), (1, 2), "the rest is committed");
    Ok(())
}
