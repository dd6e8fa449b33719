//! Mixins: columns that models share; and soft delete, which is one.

#![allow(dead_code, reason = "most fields are there to be stored")]

use std::sync::atomic::{AtomicI64, Ordering};

use bondstone::__private::Definition;
use bondstone::prelude::*;
use bondstone::vfs::sim::SimDisk;
use bondstone::{Builder, Roots};

/// When a row came, and when it changed.
#[derive(Clone, Debug, PartialEq, Mixin)]
struct Timestamps {
    /// When it came.
    #[on_insert(tx.now())]
    #[immutable]
    #[index]
    created_at: Timestamp,
    #[on_insert(tx.now())]
    #[on_update(tx.now())]
    updated_at: Timestamp,
}

/// A mixin with everything that one may have.
#[derive(Clone, Debug, PartialEq, Mixin)]
#[index(by_place: city, street)]
#[unique(one_house: street, number)]
#[check(house: self.number > 0)]
struct Address {
    #[max_len(10)]
    street: String,
    number: u32,
    #[default("Here")]
    #[index(hash)]
    city: String,
    #[unique]
    #[private]
    phone: Option<String>,
    #[on_delete(set_null)]
    country_id: Option<Id<Country>>,
    #[decimal(6, 2)]
    #[default(Decimal::ZERO)]
    rent: Decimal,
}

#[derive(Clone, Debug, Model)]
#[table("countries")]
#[has_many(shops: Shop by country_id)]
struct Country {
    #[key]
    id: Id<Country>,
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
enum Status {
    Draft,
    Published,
}

#[derive(Clone, Debug, Model)]
#[table("posts")]
#[index(feed: status, created_at)]
#[unique(titled: title, times.created_at)]
#[check(written_once: self.times.updated_at >= self.times.created_at && !self.title.is_empty())]
struct Post {
    #[key]
    id: Id<Post>,
    #[mixin]
    times: Timestamps,
    title: String,
    #[default(Status::Draft)]
    status: Status,
}

#[derive(Clone, Debug, Model)]
#[table("shops")]
#[index(where_when: address.city, times.created_at)]
struct Shop {
    #[key]
    id: Id<Shop>,
    #[mixin(given)]
    address: Address,
    #[mixin]
    times: Timestamps,
    #[unique]
    name: String,
}

/// A database whose clock goes on by a second whenever it is asked.
fn ticking<R: Roots>() -> Builder {
    let seconds = AtomicI64::new(0);
    let now = move || Timestamp::from_second(seconds.fetch_add(1, Ordering::Relaxed)).unwrap();
    Database::builder().models::<R>().clock(now)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn post(title: &str) -> NewPost {
    NewPost { title: title.into() }
}

fn shop(name: &str, street: &str, number: u32) -> NewShop {
    let address = NewAddress { street: street.into(), number, phone: None, country_id: None };
    NewShop { name: name.into(), address }
}

fn names<M: Entity>() -> Vec<&'static str> {
    let definition: &Definition<M> = M::DEFINITION;
    definition.columns.iter().map(|column| column.name).collect()
}

#[test]
fn s57_the_columns_of_a_mixin_are_columns_of_the_model() -> Result<(), Error> {
    assert_eq!(names::<Post>(), ["id", "title", "status", "created_at", "updated_at"]);
    assert_eq!(Post::DEFINITION.columns[3].doc, "When it came.");
    let db = ticking::<Post>().in_memory()?;
    let (one, two) =
        db.write(|tx| Ok((tx.insert(post("one"))?, tx.insert(post("one, again"))?)))?;
    db.write(|tx| tx.update(one, |post| post.title = "uno".into()).map(drop))?;

    let snap = db.read();
    assert_eq!(snap[one].times, Timestamps { created_at: at(0), updated_at: at(1) });
    assert_eq!(snap[two].times.updated_at, at(0), "nobody changed it");
    let changed = snap.query().filter(Post::UPDATED_AT.gt(at(0)) & Post::CREATED_AT.eq(at(0)));
    assert_eq!(changed.ids(), [one]);
    assert_eq!(Post::UPDATED_AT.name(), "updated_at");
    assert_eq!(snap.query().order_by(Post::UPDATED_AT.desc()).ids(), [one, two]);
    Ok(())
}

#[test]
fn what_stands_on_a_mixins_field_holds_in_each_model() -> Result<(), Error> {
    let db = ticking::<Shop>().in_memory()?;
    let here = db.write(|tx| tx.insert(shop("nuts", "Main", 1)))?;
    assert_eq!(db.read()[here].address.city, "Here", "the default");
    db.write(|tx| {
        let long = tx.insert(shop("long", "a street too long", 1)).unwrap_err();
        assert!(long.violates(Shop::STREET), "{long}");
        let zero = tx.insert(shop("zero", "Side", 0)).unwrap_err();
        assert_eq!(
            zero.to_string().lines().next().unwrap_or_default(),
            "check constraint `house` on `shops` violated by shops#2: number = 0"
        );
        let same = tx.insert(shop("same", "Main", 1)).unwrap_err();
        assert!(same.violates(Shop::ONE_HOUSE) && same.violates("one_house"), "{same}");
        let rent = tx.try_update(here, |shop| {
            shop.address.rent = dec!(1.005);
            Ok(())
        });
        assert!(rent.unwrap_err().violates(Shop::RENT));
        let moved = tx.update(here, |shop| shop.times.created_at = at(99)).unwrap_err();
        assert!(moved.violates(Shop::CREATED_AT), "it is immutable: {moved}");
        tx.update(here, |shop| shop.address.phone = Some("555".into()))?;
        let phone = tx
            .insert_with(shop("other", "Side", 2), |shop| shop.address.phone = Some("555".into()));
        let phone = phone.unwrap_err();
        assert!(phone.violates("shops_phone_key"), "its name follows the table's: {phone}");
        assert!(!phone.to_string().contains("555"), "the column is private: {phone}");
        assert_eq!(tx.find(Shop::PHONE, "555").map(|shop| shop.id), Some(here));
        assert_eq!(tx.find(Shop::ONE_HOUSE, ("Main", 1)).map(|shop| shop.id), Some(here));
        Ok(())
    })?;
    assert_eq!(db.check()?, Vec::<String>::new());
    Ok(())
}

#[test]
fn a_check_names_columns_of_mixins() -> Result<(), Error> {
    let db = ticking::<Post>().in_memory()?;
    let error = db.write(|tx| tx.insert_with(post("one"), |post| post.times.updated_at = at(-1)));
    let error = error.unwrap_err();
    assert!(error.violates(Post::CREATED_AT) && error.violates(Post::UPDATED_AT), "{error}");
    assert!(error.violates(Post::TITLE) && !error.violates(Post::STATUS), "{error}");
    Ok(())
}

#[test]
fn indexes_of_mixins_and_over_their_columns_are_used() -> Result<(), Error> {
    let db = ticking::<(Shop, Post)>().in_memory()?;
    db.write(|tx| {
        for number in 1..200 {
            tx.insert(shop(&format!("shop {number}"), "Main", number))?;
            tx.insert_with(post(&format!("post {number}")), |post| {
                post.times.created_at = at(i64::from(number) - 1000);
                if number % 2 == 0 {
                    post.status = Status::Published;
                }
            })?;
        }
        Ok(())
    })?;
    let snap = db.read();
    let plan = |plan: String, words: &str| assert!(plan.contains(words), "{words} in:\n{plan}");
    let recent = Post::CREATED_AT.gt(at(-805));
    plan(snap.query().filter(recent.clone()).explain().to_string(), "index posts_created_at_idx");
    let feed = snap.query().filter(Post::STATUS.eq(Status::Published) & recent);
    plan(feed.clone().explain().to_string(), "index feed");
    assert_eq!(feed.count(), 2);
    let here = Shop::CITY.eq("Nowhere");
    plan(snap.query().filter(here.clone()).explain().to_string(), "index shops_city_idx");
    assert_eq!(snap.query().filter(here).count(), 0);
    let titled = snap.find(Post::TITLED, ("post 7", at(-993)));
    assert_eq!(titled.map(|post| post.title.as_str()), Some("post 7"));
    assert_eq!(db.check()?, Vec::<String>::new());
    Ok(())
}

#[test]
fn a_foreign_key_of_a_mixin_is_one_of_the_model() -> Result<(), Error> {
    let db = ticking::<Shop>().in_memory()?;
    let (land, nuts) = db.write(|tx| {
        let land = tx.insert(NewCountry { name: "Land".into() })?;
        let nuts =
            tx.insert_with(shop("nuts", "Main", 1), |shop| shop.address.country_id = Some(land))?;
        let lost = tx.insert_with(shop("lost", "Main", 2), |shop| {
            shop.address.country_id = Id::from_u64(99);
        });
        let lost = lost.unwrap_err();
        assert!(
            lost.violates("shops_country_id_fkey") && lost.violates(Shop::COUNTRY_ID),
            "{lost}"
        );
        Ok((land, nuts))
    })?;
    let snap = db.read();
    assert_eq!(snap[nuts].country(&snap).map(|country| country.id), Some(land));
    assert_eq!(snap[land].shops(&snap).ids(), [nuts]);
    let by_name = Shop::COUNTRY_ID.is(Country::NAME.eq("Land"));
    assert_eq!(snap.query().filter(by_name).ids(), [nuts]);
    db.write(|tx| tx.delete(land).map(drop))?;
    assert_eq!(db.read()[nuts].address.country_id, None, "set null");
    Ok(())
}

fn touched<M: Embeds<Timestamps>>(tx: &mut Tx, id: Id<M>) -> Result<Timestamp, Error> {
    let row = tx.update(id, |row| row.embedded_mut().updated_at = at(5000))?;
    Ok(row.embedded().updated_at)
}

fn newest<M: Embeds<Timestamps>>(db: &View) -> Option<Id<M>> {
    db.query::<M>().order_by(M::CREATED_AT.desc()).first().map(|row| row.id())
}

#[test]
fn functions_are_generic_over_all_models_with_a_mixin() -> Result<(), Error> {
    let db = ticking::<(Shop, Post)>().in_memory()?;
    let (one, nuts) =
        db.write(|tx| Ok((tx.insert(post("one"))?, tx.insert(shop("nuts", "Main", 1))?)))?;
    db.write(|tx| {
        assert_eq!((touched(tx, one)?, touched(tx, nuts)?), (at(5000), at(5000)));
        Ok(())
    })?;
    let snap = db.read();
    assert_eq!((newest::<Post>(&snap), newest::<Shop>(&snap)), (Some(one), Some(nuts)));
    Ok(())
}

mod twice {
    use super::*;

    #[derive(Clone, Debug, Mixin)]
    pub struct Birth {
        #[on_insert(tx.now())]
        pub created_at: Timestamp,
    }

    #[derive(Clone, Debug, Model)]
    pub struct Baby {
        #[key]
        pub id: Id<Baby>,
        #[mixin]
        pub times: Timestamps,
        #[mixin]
        pub birth: Birth,
    }

    #[derive(Clone, Debug, Model)]
    pub struct Child {
        #[key]
        pub id: Id<Child>,
        pub created_at: Timestamp,
        #[mixin]
        pub times: Timestamps,
    }
}

#[test]
fn two_columns_of_one_name_are_told_at_opening() {
    let error = Database::builder().models::<twice::Baby>().in_memory().unwrap_err().to_string();
    assert!(error.contains("`baby` has two columns `created_at`"), "{error}");
    let error = Database::builder().models::<twice::Child>().in_memory().unwrap_err().to_string();
    assert!(error.contains("`child` has two columns `created_at`"), "{error}");
}

/// The same columns, written out.
mod written_out {
    use super::*;

    #[derive(Clone, Debug, Model)]
    #[table("people")]
    pub struct Person {
        #[key]
        pub id: Id<Person>,
        pub street: String,
        pub name: String,
        pub floor: u8,
    }
}

mod mixed {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Mixin)]
    pub struct Home {
        #[was("street")]
        pub road: String,
        #[converted_from(u8, i32::from)]
        #[default(0)]
        pub floor: i32,
        #[default("Here")]
        pub city: String,
        pub phone: Option<String>,
    }

    #[derive(Clone, Debug, Model)]
    #[table("people")]
    pub struct Person {
        #[mixin(given)]
        pub home: Home,
        #[key]
        pub id: Id<Person>,
        pub name: String,
    }
}

#[test]
fn columns_become_a_mixin_and_change_with_it() -> Result<(), Error> {
    let disk = SimDisk::new(1);
    let old = Database::builder().models::<written_out::Person>().background(false);
    let old = old.open_in(disk.clone())?;
    old.write(|tx| {
        tx.insert(written_out::NewPerson { street: "Main".into(), name: "Ann".into(), floor: 3 })
    })?;
    old.checkpoint()?;
    old.write(|tx| {
        tx.insert(written_out::NewPerson { street: "Side".into(), name: "Bob".into(), floor: 4 })
    })?;
    old.close()?;
    for _ in 0..2 {
        let new = Database::builder().models::<mixed::Person>().background(false);
        let new = new.open_in(disk.clone())?;
        let snap = new.read();
        let rows = snap.query::<mixed::Person>().order_by_key().all();
        let home = |road: &str, floor| mixed::Home {
            road: road.into(),
            floor,
            city: "Here".into(),
            phone: None,
        };
        let found: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.home.clone())).collect();
        assert_eq!(found, [("Ann", home("Main", 3)), ("Bob", home("Side", 4))]);
        drop(snap);
        new.checkpoint()?;
        new.close()?;
    }
    Ok(())
}

// Soft delete: a mixin with methods, and a trait for the queries of all models that embed it.

#[derive(Clone, Debug, PartialEq, Mixin)]
struct SoftDelete {
    #[default]
    deleted_at: Option<Timestamp>,
}

impl SoftDelete {
    fn is_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }
}

trait Living: Sized {
    /// Those that are not deleted.
    fn live(self) -> Self;
}

impl<M: Embeds<SoftDelete>> Living for Query<'_, M> {
    fn live(self) -> Self {
        self.filter(M::DELETED_AT.is_none())
    }
}

trait SoftDeletes {
    fn soft_delete<M: Embeds<SoftDelete>>(&mut self, id: Id<M>) -> Result<(), Error>;
    fn restore<M: Embeds<SoftDelete>>(&mut self, id: Id<M>) -> Result<(), Error>;
}

impl SoftDeletes for Tx {
    fn soft_delete<M: Embeds<SoftDelete>>(&mut self, id: Id<M>) -> Result<(), Error> {
        let now = self.now();
        self.update(id, |row| row.embedded_mut().deleted_at = Some(now)).map(drop)
    }

    fn restore<M: Embeds<SoftDelete>>(&mut self, id: Id<M>) -> Result<(), Error> {
        self.update(id, |row| row.embedded_mut().deleted_at = None).map(drop)
    }
}

#[derive(Clone, Debug, Model)]
#[table("pages")]
#[unique(LIVE_SLUG)]
#[has_many(notes: Note)]
struct Page {
    #[key]
    id: Id<Page>,
    slug: String,
    #[mixin]
    soft: SoftDelete,
}

impl Page {
    /// Unique among the living.
    #[hybrid(unique)]
    fn live_slug(&self) -> Option<String> {
        (!self.soft.is_deleted()).then(|| self.slug.clone())
    }
}

#[derive(Clone, Debug, Model)]
#[table("notes")]
struct Note {
    #[key]
    id: Id<Note>,
    page_id: Id<Page>,
    #[mixin]
    soft: SoftDelete,
}

#[test]
fn s58_x08_soft_delete_is_a_mixin() -> Result<(), Error> {
    let db = ticking::<Page>().in_memory()?;
    let page = |slug: &str| NewPage { slug: slug.into() };
    let (old, note) = db.write(|tx| {
        let old = tx.insert(page("home"))?;
        let twin = tx.insert(page("home")).unwrap_err();
        assert!(twin.violates(Page::LIVE_SLUG), "{twin}");
        Ok((old, tx.insert(NewNote { page_id: old })?))
    })?;
    let new = db.write(|tx| {
        tx.soft_delete(old)?;
        tx.soft_delete(note)?;
        tx.insert(page("home"))
    })?;
    let snap = db.read();
    assert_eq!(snap.query::<Page>().live().ids(), [new]);
    assert_eq!(snap.query::<Page>().count(), 2, "nothing is hidden that was not asked to be");
    assert_eq!(snap[old].notes(&snap).query().live().count(), 0);
    assert!(snap[note].soft.is_deleted());
    assert_eq!(snap.find(Page::LIVE_SLUG, "home").map(|page| page.id), Some(new));
    db.write(|tx| {
        let taken = tx.restore(old).unwrap_err();
        assert!(taken.violates(Page::LIVE_SLUG), "{taken}");
        tx.soft_delete(new)?;
        tx.restore(old)?;
        tx.restore(note)
    })?;
    let snap = db.read();
    assert_eq!(snap.query::<Page>().live().ids(), [old]);
    assert_eq!(snap[old].notes(&snap).query().live().ids(), [note]);
    Ok(())
}
