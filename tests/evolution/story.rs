//! Two versions of a program, and what is between them: a directory.

use std::collections::BTreeMap;

use bondstone::prelude::*;
use bondstone::vfs::sim::SimDisk;
use bondstone::{Builder, MigrationPlan, Result};

/// Where the rows are that the old program left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    Log,
    Snapshot,
    Both,
}

pub const WAYS: [Left; 3] = [Left::Log, Left::Snapshot, Left::Both];

/// A version of a program: its models.
pub type Program = fn() -> Builder;

/// A program with one root model, without a thread in the background.
pub fn program<R: bondstone::Roots>() -> Builder {
    Database::builder().models::<R>().background(false)
}

/// The old version, and two transactions of it.
#[derive(Clone, Copy)]
pub struct Old {
    pub program: Program,
    pub first: fn(&mut Tx) -> Result<()>,
    pub second: fn(&mut Tx) -> Result<()>,
}

impl Old {
    /// What the old version leaves on a disk.
    pub fn leave(&self, left: Left) -> SimDisk {
        let disk = SimDisk::new(1);
        let db = (self.program)().open_in(disk.clone()).expect("an empty disk");
        db.write(self.first).expect("nothing refuses");
        if left == Left::Both {
            db.checkpoint().expect("the disk is well");
        }
        db.write(self.second).expect("nothing refuses");
        if left == Left::Snapshot {
            db.checkpoint().expect("the disk is well");
        }
        db.close().expect("the disk is well");
        disk
    }

    /// The new version opens what the old one left and finds `rows`; from then on everything is stored by its schema, and a version
    /// that knows nothing of the old one finds the same. `changes`: words that each are in what opening tells.
    pub fn becomes(&self, new: Version, after: Version, rows: &[&str], changes: &[&str]) {
        for left in WAYS {
            let disk = self.leave(left);
            let plan = planned(&disk, new.program);
            assert!(plan.is_needed() && plan.is_possible(), "{left:?}: {plan}");
            assert_eq!(plan.rows(), rows.len(), "{left:?}: {plan}");

            let db = (new.program)()
                .open_in(disk.clone())
                .unwrap_or_else(|error| panic!("{left:?}: {error}"));
            assert_eq!((new.rows)(&db), rows, "{left:?}");
            assert_eq!(
                db.check().expect("no transaction is open"),
                Vec::<String>::new(),
                "{left:?}"
            );
            let told = db.opened().expect("from files").changes().to_vec();
            assert_eq!(told, plan.changes(), "{left:?}");
            assert_eq!(told.is_empty(), changes.is_empty(), "{left:?}: {told:?}");
            for words in changes {
                assert!(
                    told.iter().any(|line| line.contains(words)),
                    "{left:?}: {words} in {told:?}"
                );
            }
            drop(db);

            assert!(
                !planned(&disk, after.program).is_needed(),
                "{left:?}: all is stored by the new schema"
            );
            let db = (after.program)()
                .open_in(disk.clone())
                .unwrap_or_else(|error| panic!("{left:?}, again: {error}"));
            assert_eq!((after.rows)(&db), rows, "{left:?}, again");
            assert_eq!(db.opened().expect("from files").changes(), &[] as &[String], "{left:?}");
        }
    }

    /// The new version refuses to open, with all of these words, and changes nothing.
    pub fn is_refused(&self, new: Program, words: &[&str]) {
        for left in WAYS {
            let disk = self.leave(left);
            let plan = planned(&disk, new);
            assert!(!plan.is_possible(), "{left:?}: {plan}");
            let before = files(&disk);
            let error = new().open_in(disk.clone()).expect_err("it is refused");
            assert!(matches!(error, Error::Refused(_)), "{left:?}: {error}");
            for words in words {
                assert!(error.to_string().contains(words), "{left:?}: {words} in: {error}");
                assert!(plan.to_string().contains(words), "{left:?}: {words} in: {plan}");
            }
            assert_eq!(before, files(&disk), "{left:?}: files are as they were");
            (self.program)().open_in(disk).expect("the old version still opens them");
        }
    }
}

/// A later version: its models, and its rows as text.
#[derive(Clone, Copy)]
pub struct Version {
    pub program: Program,
    pub rows: fn(&Database) -> Vec<String>,
}

/// A version of one model: `version!(new::Item, item => "{} {}", item.id, item.name)`.
#[macro_export]
macro_rules! version {
    ($model:ty, $row:ident => $($shown:tt)*) => {
        $crate::story::Version {
            program: $crate::story::program::<$model>,
            rows: |db| db.read().query::<$model>().order_by_key().into_iter().map(|$row| format!($($shown)*)).collect(),
        }
    };
}

pub fn files(disk: &SimDisk) -> BTreeMap<String, Vec<u8>> {
    disk.into()
}

/// Plans a migration, which changes nothing.
pub fn planned(disk: &SimDisk, program: Program) -> MigrationPlan {
    let before = files(disk);
    let unsynced = disk.unsynced();
    let plan = program().plan_migration_in(disk.clone()).expect("files are whole");
    assert_eq!(before, files(disk), "a plan changes nothing");
    assert_eq!(unsynced, disk.unsynced(), "nor writes anything as it was");
    plan
}

/// The id of a row, by its place in the order of keys.
pub fn nth<M: bondstone::Entity>(tx: &Tx, place: usize) -> Id<M> {
    tx.query::<M>().order_by_key().into_iter().nth(place).expect("there are so many").id()
}
