//! Versions, by which nobody overwrites what he has not seen; and singletons, of which there is one row.

use bondstone::prelude::*;
use bondstone::vfs::sim::SimDisk;

#[derive(Clone, Debug, PartialEq, Model)]
#[table("pages")]
#[has_many(children: Page)]
struct Page {
    #[key]
    id: Id<Page>,
    #[max_len(10)]
    text: String,
    #[default(0)]
    #[on_update(self.edits + 1)]
    edits: u32,
    #[version]
    revision: u64,
    #[on_delete(set_null)]
    parent: Option<Id<Page>>,
}

fn page(text: &str) -> NewPage {
    NewPage { text: text.into(), parent: None }
}

fn pages() -> Result<(Database, Id<Page>), Error> {
    let db = Database::builder().models::<Page>().in_memory()?;
    let page = db.write(|tx| tx.insert(page("one")))?;
    Ok((db, page))
}

fn revision(db: &View, page: Id<Page>) -> u64 {
    db[page].revision
}

#[test]
fn x05_a_version_moves_on_with_each_change() -> Result<(), Error> {
    let (db, page) = pages()?;
    assert_eq!(revision(&db.read(), page), 1, "a new row");
    db.write(|tx| {
        assert_eq!(tx.update(page, |page| page.text = "two".into())?.revision, 2);
        assert_eq!(tx.update(page, |page| page.text = "two".into())?.revision, 2, "no change");
        assert_eq!(tx.update(page, |page| page.revision = 77)?.revision, 2, "it is the engine's");
        assert_eq!(tx[page].edits, 1, "which was no change either");
        let changed = tx.update(page, |page| {
            page.text = "three".into();
            page.revision = 1;
        })?;
        assert_eq!(changed.revision, 3);
        assert!(tx.update(page, |page| page.text = "much too long".into()).is_err());
        assert_eq!(revision(tx, page), 3, "refused");
        tx.update_where(Page::TEXT.eq("three"), |page| page.text = "four".into())?;
        assert_eq!(revision(tx, page), 4, "many at once");
        Ok(())
    })
}

#[test]
fn what_letting_go_and_rekeying_changes_is_a_change() -> Result<(), Error> {
    let (db, parent) = pages()?;
    db.write(|tx| {
        let child = tx.insert(NewPage { text: "child".into(), parent: Some(parent) })?;
        let other = Id::from_u64(70).unwrap();
        tx.rekey(parent, other)?;
        assert_eq!((revision(tx, other), revision(tx, child)), (2, 2));
        tx.delete(other)?;
        assert_eq!(revision(tx, child), 3);
        Ok(())
    })
}

#[test]
fn x05_who_has_not_seen_the_last_change_is_stale() -> Result<(), Error> {
    let (db, page) = pages()?;
    db.write(|tx| {
        let seen = tx[page].clone();
        assert_eq!(tx.update_at(page, 1, |page| page.text = "two".into())?.revision, 2);
        let stale = tx.update_at(page, 1, |page| page.text = "lost".into()).unwrap_err();
        assert!(matches!(&stale, Error::Stale { row, expected: 1, found: 2 } if row == "pages#1"));
        assert_eq!(stale.to_string(), "pages#1 was changed meanwhile: version 1 expected, 2 found");
        let stale = tx.replace(Page { text: "lost".into(), ..seen });
        assert!(matches!(stale, Err(Error::Stale { .. })));
        assert_eq!(tx[page].text, "two");

        let seen = tx[page].clone();
        let replaced = tx.replace(Page { text: "three".into(), ..seen })?;
        assert_eq!((replaced.revision, replaced.text.as_str()), (3, "three"));
        let refused = tx.try_update_at(page, 3, |_| Err("changed my mind".into()));
        assert_eq!(refused.unwrap_err().to_string(), "changed my mind");
        tx.delete(page)?;
        assert!(matches!(tx.update_at(page, 3, |_| {}), Err(Error::NotFound(_))));
        Ok(())
    })
}

#[test]
fn a_version_can_be_added_to_stored_rows() -> Result<(), Error> {
    mod before {
        use super::*;

        #[derive(Clone, Debug, Model)]
        #[table("pages")]
        pub(super) struct Page {
            #[key]
            pub(super) id: Id<Page>,
            pub(super) text: String,
            #[default(0)]
            pub(super) edits: u32,
            pub(super) parent: Option<Id<Page>>,
        }
    }
    let disk = SimDisk::new(1);
    let old =
        Database::builder().models::<before::Page>().background(false).open_in(disk.clone())?;
    let new = before::NewPage { text: "one".into(), parent: None };
    let page = old.write(|tx| tx.insert(new))?.get();
    old.close()?;
    let db = Database::builder().models::<Page>().background(false).open_in(disk)?;
    let page: Id<Page> = Id::from_u64(page).unwrap();
    db.write(|tx| tx.update_at(page, 1, |page| page.text = "two".into()).map(drop))?;
    assert_eq!(revision(&db.read(), page), 2);
    Ok(())
}

#[derive(Clone, Debug, Mixin)]
struct Times {
    #[on_insert(tx.now())]
    created_at: Timestamp,
}

/// What there is one of.
#[derive(Clone, Debug, Model)]
#[singleton]
#[check(some_rows: self.rows > 0)]
struct Config {
    #[default("light")]
    #[max_len(8)]
    theme: String,
    #[default(20)]
    rows: u32,
    #[default]
    start: Option<Id<Page>>,
    #[version]
    revision: u64,
    #[mixin]
    times: Times,
}

#[test]
fn x07_a_singleton_is_there_from_the_beginning() -> Result<(), Error> {
    let db = Database::builder().models::<Config>().clock(|| Timestamp::UNIX_EPOCH).in_memory()?;
    let config = db.read();
    let config = config.the::<Config>();
    assert_eq!((config.theme.as_str(), config.rows, config.revision), ("light", 20, 1));
    assert_eq!(config.times.created_at, Timestamp::UNIX_EPOCH);
    db.write(|tx| {
        assert_eq!(tx.update_the::<Config>(|config| config.rows = 30)?.revision, 2);
        let none = tx.update_the::<Config>(|config| config.rows = 0).unwrap_err();
        assert!(none.violates("some_rows") && none.violates(Config::ROWS), "{none}");
        let long = tx.update_the::<Config>(|config| config.theme = "much too long".into());
        assert!(long.unwrap_err().violates(Config::THEME));
        let nowhere = tx.update_the::<Config>(|config| config.start = Id::from_u64(9));
        assert!(nowhere.unwrap_err().violates(Config::START));
        let start = tx.insert(page("home"))?;
        tx.update_the::<Config>(|config| config.start = Some(start))?;
        assert!(matches!(tx.delete(start), Err(Error::Restricted(_))), "it is referred to");
        let refused = tx.try_update_the::<Config>(|_| Err("no".into())).map(drop);
        assert_eq!(refused.unwrap_err().to_string(), "no");
        Ok(())
    })?;
    let snap = db.read();
    assert_eq!((snap.the::<Config>().rows, snap.count::<Config>()), (30, 1));
    assert_eq!(snap.query::<Config>().order_by_key().filter(Config::ROWS.eq(30)).count(), 1);
    assert_eq!(snap.the::<Config>().start(&snap).map(|page| page.text.as_str()), Some("home"));
    assert_eq!(db.check()?, Vec::<String>::new());
    Ok(())
}

#[test]
fn x07_a_singleton_is_kept_in_files() -> Result<(), Error> {
    let disk = SimDisk::new(1);
    let open = || Database::builder().models::<Config>().background(false).open_in(disk.clone());
    let db = open()?;
    assert_eq!(db.read().the::<Config>().rows, 20);
    db.close()?;
    for rows in [21, 22, 23] {
        let db = open()?;
        assert_eq!(db.read().the::<Config>().rows, rows - 1, "made once, and kept");
        db.write(|tx| tx.update_the::<Config>(|config| config.rows = rows).map(drop))?;
        if rows == 22 {
            db.checkpoint()?;
        }
        db.close()?;
    }
    let db = open()?;
    assert_eq!((db.read().the::<Config>().rows, db.read().count::<Config>()), (23, 1));
    assert_eq!(db.read().the::<Config>().revision, 4);
    Ok(())
}

#[test]
fn a_model_of_several_rows_does_not_become_a_singleton() -> Result<(), Error> {
    mod before {
        use super::*;

        #[derive(Clone, Debug, Model)]
        pub(super) struct Config {
            #[key]
            pub(super) id: Id<Config>,
            #[default("light")]
            pub(super) theme: String,
        }
    }
    mod after {
        use super::*;

        #[derive(Clone, Debug, Model)]
        #[singleton]
        pub(super) struct Config {
            #[default("light")]
            pub(super) theme: String,
        }
    }
    for rows in [1, 2] {
        let disk = SimDisk::new(1);
        let old = Database::builder().models::<before::Config>().background(false);
        let old = old.open_in(disk.clone())?;
        for _ in 0..rows {
            old.write(|tx| {
                tx.insert_with(before::NewConfig {}, |config| config.theme = "dark".into())
            })?;
        }
        old.checkpoint()?;
        old.close()?;
        let new = Database::builder().models::<after::Config>().background(false);
        let opened = new.open_in(disk.clone());
        match (rows, opened) {
            (1, Ok(db)) => assert_eq!(db.read().the::<after::Config>().theme, "dark"),
            (2, Err(error)) => assert!(error.to_string().contains("config#1"), "{error}"),
            (_, Ok(_)) => panic!("a row would be lost"),
            (_, Err(error)) => panic!("{error}"),
        }
    }
    Ok(())
}

#[test]
fn a_new_row_is_of_the_first_version_whatever_way_it_comes() -> Result<(), Error> {
    #[derive(Clone, Debug, Model)]
    #[table("words")]
    struct Word {
        #[key]
        word: String,
        #[unique]
        code: Option<u32>,
        #[default(0)]
        uses: u32,
        #[version]
        revision: u64,
    }
    let db = Database::builder().models::<(Page, Word)>().in_memory()?;
    let whole = |number, revision| Page {
        id: Id::from_u64(number).unwrap(),
        text: "whole".into(),
        edits: 0,
        revision,
        parent: None,
    };
    let word = |revision| Word { word: "new".into(), code: Some(7), uses: 0, revision };
    db.write(|tx| {
        let mut pages = vec![
            tx.insert(whole(10, 9))?,
            tx.insert(whole(11, u64::MAX))?,
            tx.insert_with(page("with"), |page| page.revision = 9)?,
            tx.deferred(|tx| tx.insert(whole(20, 9)))?,
        ];
        pages.extend(tx.insert_all([whole(21, 0), whole(22, 9)])?);
        for page in pages {
            assert_eq!(tx.update_at(page, 1, |page| page.edits += 1)?.revision, 2);
        }
        let named = tx.insert_into("words", [("word", "named".into()), ("revision", 9.into())])?;
        assert_eq!(named.to_string(), "\"named\"");
        assert_eq!(tx[Id::<Word>::new("named")].revision, 1);
        // One that comes again with the key of one that went is a new row.
        let new = tx.upsert(Word::CODE, word(9), |_| {})?.id();
        tx.update(new.clone(), |word| word.uses += 1)?;
        let seen = tx[new.clone()].clone();
        tx.delete(new.clone())?;
        tx.insert(word(77))?;
        assert_eq!(tx[new.clone()].revision, 1);
        assert!(matches!(tx.replace(seen), Err(Error::Stale { expected: 2, found: 1, .. })));
        Ok(())
    })?;
    db.hooks(|h| {
        h.before_insert(|page: &mut Page, _| {
            page.revision = 9;
            Ok(())
        })
    });
    let page = db.write(|tx| tx.insert(page("hook")))?;
    assert_eq!(revision(&db.read(), page), 1);
    Ok(())
}

#[test]
fn a_singleton_goes_with_no_other_row() {
    #[derive(Clone, Debug, Mixin)]
    struct Beginning {
        #[default]
        #[on_delete(cascade)]
        page: Option<Id<Page>>,
    }
    #[derive(Clone, Debug, Model)]
    #[singleton]
    #[table("start")]
    struct Start {
        #[default(0)]
        visits: u32,
        #[mixin]
        beginning: Beginning,
    }
    let refused = Database::builder().models::<Start>().in_memory().map(drop).unwrap_err();
    assert!(matches!(refused, Error::Schema(_)), "{refused}");
    assert!(refused.to_string().contains("`page` cannot be #[on_delete(cascade)]"), "{refused}");
    let refused = Database::builder().models::<Start>().open_in(SimDisk::new(1)).map(drop);
    assert!(matches!(refused, Err(Error::Schema(_))));
}

/// Somewhere, as measured: a struct of floats, and floats behind a name and within others.
#[derive(Clone, Copy, Debug, PartialEq, Value)]
struct Place {
    x: f64,
    y: Option<f64>,
}

type Metres = f32;

#[derive(Clone, Debug, PartialEq, Model)]
struct Reading {
    #[key]
    id: Id<Reading>,
    #[immutable]
    at: Place,
    #[immutable]
    depth: Metres,
    #[immutable]
    all: Vec<f64>,
    #[on_delete(set_null)]
    station: Option<Id<Page>>,
    note: u32,
    level: f64,
    #[version]
    revision: u64,
}

/// `==` says that a NaN differs from itself, and that the two zeros are the same: what is stored says otherwise.
#[test]
fn a_nan_that_nobody_touched_has_not_changed() -> Result<(), Error> {
    let db = Database::builder().models::<Reading>().in_memory()?;
    let nowhere = Place { x: f64::NAN, y: Some(f64::NAN) };
    db.write(|tx| {
        let here = tx.insert(page("here"))?;
        let (depth, all) = (Metres::NAN, vec![1.0, f64::NAN]);
        let station = Some(here);
        let new = NewReading { at: nowhere, depth, all, station, note: 1, level: f64::NAN };
        let id = tx.insert(new)?;
        assert_eq!(tx.update(id, |_| ())?.revision, 1, "nothing was changed");
        assert_eq!(tx.update(id, |reading| reading.note = 2)?.revision, 2);
        assert_eq!(tx.update(id, |reading| reading.level = 0.0)?.revision, 3);
        assert_eq!(tx.update(id, |reading| reading.level = 0.0)?.revision, 3);
        assert_eq!(tx.update(id, |reading| reading.level = -0.0)?.revision, 4, "another sign");
        let moved = tx.update(id, |reading| reading.at.x = 1.0);
        assert!(matches!(moved, Err(Error::Immutable(_))), "what is set once, and was changed");
        tx.delete(here)?;
        assert_eq!((tx[id].station, tx[id].revision), (None, 5), "letting go changes one column");
        Ok(())
    })
}
