//! Hybrids: methods that are columns, and the indexes over them.

use std::any::Any;
use std::cell::Cell;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bondstone::__private::{HashPlain, Hashing, IndexDef};
use bondstone::prelude::*;
use bondstone::{Computed, Derived, Upserted};

#[derive(Clone, Debug, Model)]
#[table("people")]
#[has_many(pets: Pet)]
struct Person {
    #[key]
    id: Id<Person>,
    first: String,
    last: String,
}

impl Person {
    /// First and last name.
    #[hybrid]
    fn full_name(&self) -> String {
        format!("{} {}", self.first, self.last)
    }

    #[hybrid(private)]
    fn initials(&self) -> Option<char> {
        self.first.chars().next()
    }

    #[hybrid]
    fn pet_count(&self, db: &View) -> usize {
        self.pets(db).count()
    }
}

#[derive(Clone, Debug, Model)]
#[table("pets")]
struct Pet {
    #[key]
    id: Id<Pet>,
    person_id: Id<Person>,
}

#[test]
fn a_hybrid_is_a_method_and_a_constant() -> Result<(), Error> {
    let db = Database::builder().models::<Person>().in_memory()?;
    let ann = db.write(|tx| {
        let ann = tx.insert(NewPerson { first: "Ann".into(), last: "Lee".into() })?;
        tx.insert(NewPet { person_id: ann })?;
        Ok(ann)
    })?;
    let snap = db.read();
    let name: Computed<Person, String> = Person::FULL_NAME;
    assert_eq!(name.compute(&snap[ann]), snap[ann].full_name());
    assert_eq!((name.name(), name.is_private()), ("full_name", false));
    assert_eq!(Person::INITIALS.compute(&snap[ann]), Some('A'));
    assert!(Person::INITIALS.is_private());
    let pets: Derived<Person, usize> = Person::PET_COUNT;
    assert_eq!((pets.name(), pets.compute(&snap[ann], &snap)), ("pet_count", 1));
    assert_eq!(format!("{name:?} {pets:?}"), "Computed(full_name) Derived(pet_count)");
    Ok(())
}

thread_local! {
    /// How often a hybrid of `Page` was computed.
    static COMPUTED: Cell<u32> = const { Cell::new(0) };
    /// The title at which `Page::shout` panics.
    static FEARED: Cell<&'static str> = const { Cell::new("") };
}

#[derive(Clone, Debug, Model)]
#[table("pages")]
#[unique(LIVE_SLUG)]
#[index(SHOUT)]
#[index(hash, LENGTH)]
#[unique(SECRET)]
#[index(by_title: title, slug)]
struct Page {
    #[key]
    id: Id<Page>,
    slug: String,
    #[default]
    title: String,
    #[default(false)]
    deleted: bool,
    #[default(0)]
    views: u64,
    #[private]
    #[default]
    token: Option<u32>,
}

impl Page {
    /// The slug, unless the page is deleted: unique among those that are not.
    #[hybrid(unique)]
    fn live_slug(&self) -> Option<String> {
        COMPUTED.set(COMPUTED.get() + 1);
        (!self.deleted).then(|| self.slug.clone())
    }

    #[hybrid]
    fn shout(&self) -> String {
        assert!(FEARED.get().is_empty() || self.title != FEARED.get(), "this title is feared");
        self.title.to_uppercase()
    }

    #[hybrid]
    fn length(&self) -> usize {
        self.title.len()
    }

    #[hybrid(unique, private)]
    fn secret(&self) -> Option<u32> {
        self.token.map(|token| token / 10)
    }
}

fn pages() -> Database {
    Database::builder().models::<Page>().in_memory().unwrap()
}

fn page(slug: &str) -> NewPage {
    NewPage { slug: slug.into() }
}

#[test]
fn a_partial_unique_key_is_found_and_kept() -> Result<(), Error> {
    let db = pages();
    let home = db.write(|tx| tx.insert(page("home")))?;
    let before = db.read();
    assert_eq!(before.find(Page::LIVE_SLUG, "home").map(|page| page.id), Some(home));

    let taken = db.write(|tx| tx.insert(page("home"))).unwrap_err();
    assert_eq!(
        taken.to_string(),
        "unique constraint `pages_live_slug_key` violated: pages.live_slug = \"home\" is already \
         used by pages#1"
    );
    assert!(taken.violates(Page::LIVE_SLUG) && taken.violates("pages_live_slug_key"));
    assert!(!taken.violates(Page::SHOUT) && !taken.violates(Page::SLUG));

    // Deleted pages are out of the index, as many as there are.
    db.write(|tx| {
        tx.update(home, |page| page.deleted = true)?;
        let second = tx.insert(page("home"))?;
        assert_eq!(tx.find(Page::LIVE_SLUG, "home").map(|page| page.id), Some(second));
        tx.update(second, |page| page.deleted = true).map(drop)
    })?;
    assert!(db.read().find(Page::LIVE_SLUG, "home").is_none());
    assert_eq!(before.find(Page::LIVE_SLUG, "home").map(|page| page.id), Some(home));

    // Both cannot come back.
    let both = db.write(|tx| {
        for id in tx.iter::<Page>().map(|page| page.id).collect::<Vec<_>>() {
            tx.update(id, |page| page.deleted = false)?;
        }
        Ok(())
    });
    assert!(both.unwrap_err().violates(Page::LIVE_SLUG));
    drop(before);
    assert_eq!(db.check()?, [""; 0]);
    Ok(())
}

#[test]
fn a_unique_hybrid_is_upserted_by() -> Result<(), Error> {
    let db = pages();
    db.write(|tx| {
        let mut visit = || tx.upsert(Page::LIVE_SLUG, page("home"), |page| page.views += 1);
        let Upserted::Inserted(home) = visit()? else { panic!("there was none") };
        assert_eq!(visit()?, Upserted::Updated(home));
        assert_eq!(tx[home].views, 1);
        Ok(())
    })
}

#[test]
fn what_a_private_hybrid_says_is_not_shown() -> Result<(), Error> {
    let db = pages();
    let with = |token| move |page: &mut Page| page.token = Some(token);
    let refused = db.write(|tx| {
        tx.insert_with(page("a"), with(4711))?;
        tx.insert_with(page("b"), with(4712))
    });
    assert_eq!(
        refused.unwrap_err().to_string(),
        "unique constraint `pages_secret_key` violated: pages.secret = ••• is already used by pages#1"
    );
    Ok(())
}

/// The slugs in the order of the index over `SHOUT`, each as often as its entry is met.
fn shouted(view: &View) -> Vec<String> {
    view.range(Page::SHOUT, ""..).map(|page| page.title.clone()).collect()
}

#[test]
fn an_ordered_index_follows_every_change() -> Result<(), Error> {
    let db = pages();
    let title = |title: &'static str| move |page: &mut Page| page.title = title.into();
    let (a, b) = db.write(|tx| {
        let a = tx.insert_with(page("a"), title("north"))?;
        Ok((a, tx.insert_with(page("b"), title("East"))?))
    })?;
    let before = db.read();
    db.write(|tx| {
        tx.update(a, title("West"))?;
        tx.update(a, title("north"))?;
        tx.update(b, |page| page.views += 1)?;
        tx.update(a, title("abroad")).map(drop)
    })?;
    assert_eq!(shouted(&before), ["East", "north"]);
    assert_eq!(shouted(&db.read()), ["abroad", "East"]);
    assert_eq!(db.read().range(Page::SHOUT, "B"..).count(), 1);
    // Case alone: the row has another title and the same key.
    db.write(|tx| tx.update(a, title("Abroad")).map(drop))?;
    assert_eq!(shouted(&db.read()), ["Abroad", "East"]);
    let refused: Result<(), Error> = db.write(|tx| {
        tx.update(a, title("Zoo"))?;
        tx.delete(b)?;
        Err("no".into())
    });
    refused.unwrap_err();
    assert_eq!(shouted(&db.read()), ["Abroad", "East"]);
    drop(before);
    assert_eq!(db.check()?, [""; 0]);
    Ok(())
}

#[test]
fn a_change_that_keeps_the_key_is_as_cheap_as_of_a_column() -> Result<(), Error> {
    let db = pages();
    let home = db.write(|tx| tx.insert(page("home")))?;
    let computed = |change: fn(&mut Page)| {
        COMPUTED.set(0);
        db.write(|tx| tx.update(home, change).map(drop))?;
        drop(db.read());
        Ok::<_, Error>(COMPUTED.get())
    };
    assert_eq!(computed(|page| page.views += 1)?, 2, "once of each version, and not when it goes");
    assert_eq!(computed(|_| {})?, 0, "nothing changed");
    Ok(())
}

#[test]
fn rows_change_at_random() -> Result<(), Error> {
    use proptest::prelude::*;

    let step = (0..6_usize, 0..4_u8, 0..4_u8, any::<bool>(), 0..5_u8);
    proptest!(ProptestConfig::with_cases(300), |(steps in proptest::collection::vec(step, 1..60))| {
        let db = pages();
        let mut snapshots = Vec::new();
        for (row, slug, title, deleted, way) in steps {
            let id = Id::<Page>::from_u64(row as u64 + 1).unwrap();
            let set = |page: &mut Page| {
                page.slug = slug.to_string();
                page.title = ["x", "X", "yy", "z"][usize::from(title)].into();
                page.deleted = deleted;
            };
            // Refusals are part of it, and so is what a transaction takes back.
            let _ = db.write(|tx| {
                let known = tx.contains(id);
                match way {
                    0 if known => tx.delete(id).map(drop)?,
                    1 if known => tx.update(id, |page| page.views += 1).map(drop)?,
                    _ if known => tx.update(id, set).map(drop)?,
                    _ => tx.insert_with(page("x"), |page| { page.id = id; set(page) }).map(drop)?,
                }
                agrees_with_a_scan(tx);
                if way == 4 { Err("taken back".into()) } else { Ok(()) }
            });
            snapshots.push(db.read());
            if snapshots.len() > 3 { snapshots.remove(0); }
            snapshots.iter().for_each(|snap| agrees_with_a_scan(snap));
        }
        snapshots.clear();
        assert_eq!(db.check()?, [""; 0]);
    });
    Ok(())
}

/// Each index over a hybrid says what a scan says.
fn agrees_with_a_scan(view: &View) {
    let mut titles: Vec<(String, u64)> =
        view.iter::<Page>().map(|page| (page.shout(), page.id.get())).collect();
    titles.sort();
    let mut indexed: Vec<(String, u64)> =
        view.range(Page::SHOUT, ""..).map(|page| (page.shout(), page.id.get())).collect();
    indexed.sort();
    assert_eq!(indexed, titles);
    for slug in 0..4_u8 {
        let slug = slug.to_string();
        let live: Vec<_> =
            view.iter::<Page>().filter(|page| page.live_slug().as_ref() == Some(&slug)).collect();
        assert!(live.len() < 2);
        let found = view.find(Page::LIVE_SLUG, &*slug);
        assert_eq!(found.map(|page| page.id), live.first().map(|page| page.id));
    }
}

type Deed = fn(&mut Tx, Id<Page>) -> Result<(), Error>;

#[test]
fn a_panic_in_a_hybrid_leaves_no_trace() -> Result<(), Error> {
    let db = pages();
    let titled = |title: &'static str| move |page: &mut Page| page.title = title.into();
    let home = db.write(|tx| tx.insert_with(page("home"), titled("calm")))?;
    FEARED.set("calm");
    assert_eq!(shouted(&db.read()), ["calm"], "the index knows: nothing is computed");
    assert_eq!(db.read().range(Page::LENGTH, 4..).count(), 1, "without an ordered index");
    FEARED.set("fear");
    let deeds: [Deed; 2] = [
        |tx, _| tx.insert_with(page("new"), |page| page.title = "fear".into()).map(drop),
        |tx, home| tx.update(home, |page| page.title = "fear".into()).map(drop),
    ];
    for deed in deeds {
        let panicked = catch_unwind(AssertUnwindSafe(|| db.write(|tx| deed(tx, home))));
        assert!(panicked.is_err());
        assert_eq!(shouted(&db.read()), ["calm"]);
        assert_eq!(db.check()?, [""; 0]);
    }
    // A value that is in: the hybrid panics when the row goes, whose entry stays behind and is not believed.
    FEARED.set("");
    db.write(|tx| tx.update(home, titled("later")).map(drop))?;
    FEARED.set("later");
    db.write(|tx| tx.delete(home).map(drop))?;
    FEARED.set("");
    assert_eq!(db.read().count::<Page>(), 0);
    assert_eq!(shouted(&db.read()), [""; 0]);
    db.write(|tx| tx.insert(page("home")).map(drop))?;
    assert_eq!(db.read().count::<Page>(), 1);
    assert_eq!(db.check()?, [""; 0]);
    Ok(())
}

#[derive(Clone, Debug, Model)]
#[table("notes")]
#[unique(line: author, title, about)]
#[index(hash, by_about: about)]
#[index(hash, INITIAL)]
#[unique(PAIR)]
struct Note {
    #[key]
    year: u16,
    #[key]
    name: String,
    #[unique]
    title: String,
    #[unique]
    nick: Option<String>,
    #[index(hash)]
    author: Option<Id<Person>>,
    #[unique]
    about: Option<Box<str>>,
    #[unique]
    owner: Id<Person>,
}

impl Note {
    #[hybrid]
    fn initial(&self) -> Option<char> {
        self.title.chars().next()
    }

    #[hybrid(unique)]
    fn pair(&self) -> (String, u16) {
        (self.title.clone(), self.year)
    }
}

/// The hash of these values, as the index makes it of values without a row.
fn hash_plain(hashing: &Hashing, functions: &[HashPlain], values: &[&dyn Any]) -> u64 {
    assert_eq!(functions.len(), values.len());
    if let ([function], [value]) = (functions, values) {
        let alone = (function.alone)(*value, hashing);
        assert_eq!(
            alone,
            Some(hashing.hash_values(|hasher| assert!((function.among)(*value, hasher))))
        );
    }
    hashing.hash_values(|hasher| {
        for (function, value) in functions.iter().zip(values) {
            assert!((function.among)(*value, hasher));
        }
    })
}

#[test]
fn plain_values_hash_as_in_their_row() {
    let hashing = Hashing::default();
    let id = |number| Id::<Person>::from_u64(number).unwrap();
    let note = Note {
        year: 2026,
        name: "n".into(),
        title: "title".into(),
        nick: Some("nick".into()),
        author: Some(id(7)),
        about: Some("about".into()),
        owner: id(8),
    };
    let about: &dyn Any = note.about.as_ref().unwrap();
    let nick = note.nick.as_ref().unwrap();
    let pair = note.pair();
    let values: [(&str, Vec<&dyn Any>); 9] = [
        ("notes_title_key", vec![&note.title]),
        ("notes_nick_key", vec![nick]),
        ("notes_author_idx", vec![note.author.as_ref().unwrap()]),
        ("notes_about_key", vec![about]),
        ("notes_owner_key", vec![&note.owner]),
        ("line", vec![note.author.as_ref().unwrap(), &note.title, about]),
        ("by_about", vec![about]),
        ("notes_initial_idx", vec![&'t']),
        ("notes_pair_key", vec![&pair]),
    ];
    let definition = <Note as Model>::DEFINITION;
    assert_eq!(definition.indexes.len(), values.len());
    for (index, (name, values)) in definition.indexes.iter().zip(&values) {
        assert_eq!(index.name, *name);
        let of_row = (index.hash)(&note, &hashing);
        assert_eq!(of_row, Some(hash_plain(&hashing, index.hash_plain, values)), "{name}");
    }
    let key: &IndexDef<Note> = &definition.key.index;
    let of_values = hash_plain(&hashing, key.hash_plain, &[&note.year, &note.name]);
    assert_eq!((key.hash)(&note, &hashing), Some(of_values));
    assert_eq!(hashing.hash(note.id().key()), of_values);
}

#[test]
fn a_value_of_another_type_has_no_hash() {
    let title = <Note as Model>::DEFINITION.indexes[0].hash_plain[0];
    let untouched = RandomState::new();
    let mut hasher = untouched.build_hasher();
    assert!(!(title.among)(&7_u8, &mut hasher) && !(title.among)(&"title", &mut hasher));
    assert_eq!(hasher.finish(), untouched.build_hasher().finish());
    assert!(<Page as Model>::DEFINITION.key.index.hash_plain.is_empty(), "numbers are not hashed");
}
