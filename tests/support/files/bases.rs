//! Valid directories, each with another past.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use bondstone::prelude::*;
use bondstone::vfs::sim::SimDisk;
use bondstone::{Builder, Level, Result, Roots};

use super::models::{self, Author, NewAuthor, NewPost, Post, State, Tag, Thing, Tree, before};

/// The files that are attacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Those of the log.
    Log,
    /// Snapshots.
    Snapshot,
}

/// A valid directory.
pub struct Base {
    /// Its files.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Base {
    /// The names of the files that are attacked.
    #[must_use]
    pub fn targets(&self, target: Target) -> Vec<&str> {
        let prefix = match target {
            Target::Log => "log-",
            Target::Snapshot => "snapshot-",
        };
        self.files.keys().map(String::as_str).filter(|name| name.starts_with(prefix)).collect()
    }
}

/// The program that opens them: on one thread, so that what it takes of memory can be counted.
pub fn program() -> Builder {
    of::<(Author, Tag, Thing)>()
}

fn of<R: Roots>() -> Builder {
    let last = AtomicU64::new(0);
    let next = move |_| Uuid::from_u128(u128::from(last.fetch_add(1, Ordering::Relaxed)));
    Database::builder().models::<R>().background(false).threads(1).uuids(next)
}

/// The directories that have a file of that kind.
pub fn bases(target: Target) -> &'static [Base] {
    static LOGS: OnceLock<Vec<Base>> = OnceLock::new();
    static SNAPSHOTS: OnceLock<Vec<Base>> = OnceLock::new();
    match target {
        Target::Log => LOGS.get_or_init(|| [closed, left, begun_anew, old_log].map(base).into()),
        Target::Snapshot => {
            SNAPSHOTS.get_or_init(|| [snapshot, compressed, old_snapshot].map(base).into())
        }
    }
}

/// The rows that are there when nothing was changed.
pub fn rows() -> &'static [String] {
    static ROWS: OnceLock<Vec<String>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let all = bases(Target::Log).iter().chain(bases(Target::Snapshot));
        let opened = all.flat_map(|base| {
            let disk = SimDisk::new(1);
            base.files.iter().for_each(|(name, bytes)| disk.put(name, bytes.clone()));
            models::rows(&program().open_in(disk).expect("it is valid").read())
        });
        opened.collect()
    })
}

fn base(fill: fn(&SimDisk) -> Result<()>) -> Base {
    let disk = SimDisk::new(1);
    fill(&disk).expect("the disk is well, and nothing is refused");
    let mut files = BTreeMap::from(&disk);
    files.remove("lock");
    Base { files }
}

/// All commits in the log, which is closed.
fn closed(disk: &SimDisk) -> Result<()> {
    let db = program().open_in(disk.clone())?;
    begin(&db)?;
    change(&db)?;
    db.close()
}

/// A log that was not closed.
fn left(disk: &SimDisk) -> Result<()> {
    let db = program().open_in(disk.clone())?;
    begin(&db)?;
    change(&db)
}

/// A snapshot, and a log in several files.
fn begun_anew(disk: &SimDisk) -> Result<()> {
    let db = program().log_segment(400).open_in(disk.clone())?;
    begin(&db)?;
    db.checkpoint()?;
    change(&db)
}

/// A snapshot, and a little log.
fn snapshot(disk: &SimDisk) -> Result<()> {
    let db = program().open_in(disk.clone())?;
    begin(&db)?;
    db.checkpoint()?;
    change(&db)
}

/// The same, compressed.
fn compressed(disk: &SimDisk) -> Result<()> {
    let db = program().compress(true).open_in(disk.clone())?;
    begin(&db)?;
    change(&db)?;
    let many = (100..160).map(|rank| Tag { word: format!("word {rank}"), rank });
    db.write(|tx| tx.insert_all(many).map(drop))?;
    db.checkpoint()?;
    db.close()
}

/// What the version before this one left.
fn old_log(disk: &SimDisk) -> Result<()> {
    let db = of::<(before::Author, before::Tag, before::Forgotten)>().open_in(disk.clone())?;
    old(&db)?;
    db.close()
}

fn old_snapshot(disk: &SimDisk) -> Result<()> {
    let db = of::<(before::Author, before::Tag, before::Forgotten)>().open_in(disk.clone())?;
    old(&db)?;
    db.checkpoint()?;
    db.close()
}

fn author(name: &str, mentor_id: Option<Id<Author>>) -> NewAuthor {
    NewAuthor { name: name.into(), age: 30, mentor_id, joined: Timestamp::UNIX_EPOCH }
}

fn post(author_id: Id<Author>, slug: &str, state: State) -> NewPost {
    NewPost { author_id, slug: Some(slug.into()), state, tag: Some(Id::new("rust")) }
}

fn thing(shelf: u16, tree: Tree) -> Thing {
    Thing {
        shelf,
        place: "left".into(),
        switch: true,
        large: (u128::MAX, -1, 1 << 40, -2),
        floats: (1.5, f64::INFINITY),
        letter: '€',
        set: [-1, 5].into(),
        map: [("one".to_owned(), 1), ("two".to_owned(), 2)].into(),
        array: [1, 2, 3],
        uuid: Uuid::from_u128(7),
        tree,
    }
}

/// Rows of every model.
fn begin(db: &Database) -> Result<()> {
    db.write(|tx| {
        tx.insert(Tag { word: "rust".into(), rank: 1 })?;
        tx.insert(Tag { word: "sql".into(), rank: 300 })?;
        let ann = tx.insert(author("ann", None))?;
        let bob = tx.insert(author("bob", Some(ann)))?;
        tx.insert(author("eve", Some(bob)))?;
        let to = vec!["x".to_owned(), "yz".to_owned()];
        let sent = State::Sent { on: Date::constant(2024, 2, 29), to };
        tx.insert_with(post(ann, "one", sent), |post| {
            post.scores = vec![(1, None), (-2, Some(3))]
        })?;
        tx.insert(post(ann, "two", State::Draft))?;
        tx.insert(post(bob, "one", State::Gone("away".into())))?;
        tx.insert(thing(1, Tree::Leaf(5)))?;
        let branches = vec![Tree::Text("leaf".into()), Tree::Branches(vec![Tree::Leaf(1)])];
        tx.insert(thing(2, Tree::Branches(branches))).map(drop)
    })
}

/// More commits: rows are changed and removed.
fn change(db: &Database) -> Result<()> {
    let second = db.read().query::<Author>().order_by_key().into_iter().nth(1).map(|row| row.id);
    let Some(bob) = second else { return Ok(()) };
    db.write(|tx| tx.update(bob, |bob| bob.balance = dec!(12.5)).map(drop))?;
    db.write_at(Level::Buffered, |tx| {
        tx.rekey(Id::<Tag>::new("sql"), Id::new("queries"))?;
        tx.insert(author("joe", Some(bob))).map(drop)
    })?;
    db.write(|tx| {
        let away = tx.query::<Post>().filter(Post::SLUG.eq("two")).first().map(|post| post.id);
        away.map_or(Ok(()), |away| tx.delete(away).map(drop))
    })?;
    db.write_at(Level::Buffered, |tx| tx.insert(thing(3, Tree::Branches(Vec::new()))).map(drop))
}

/// Rows of the version before.
fn old(db: &Database) -> Result<()> {
    let tag = |number, word: &str| before::Tag { number, word: word.into(), rank: 200 };
    let ann = db.write(|tx| {
        tx.insert(tag(1, "rust"))?;
        tx.insert(tag(2, "sql"))?;
        tx.insert(before::NewForgotten { text: "nothing".into() })?;
        let ann = before::NewAuthor {
            age: 40,
            nick: Some("annie".into()),
            joined: Timestamp::UNIX_EPOCH,
            name: "ann".into(),
            mentor_id: None,
        };
        tx.insert(ann)
    })?;
    db.write(|tx| {
        tx.delete(Id::<before::Tag>::new(2_u16))?;
        tx.insert(tag(3, "sql"))?;
        for (slug, state) in
            [("one", before::State::Draft), ("two", before::State::Gone("x".into()))]
        {
            tx.insert(before::NewPost { author_id: ann, slug: slug.into(), state })?;
        }
        Ok(())
    })
}
