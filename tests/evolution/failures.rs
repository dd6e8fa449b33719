//! Migrations that are cut short leave the rows in the old schema or in the new, never a mix.

use bondstone::prelude::*;
use bondstone::vfs::sim::{Fault, SimDisk, Times};

use crate::story::{Left, Old, Version, WAYS, nth, program};
use crate::version;

mod old {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("items")]
    pub struct Item {
        #[key]
        pub id: Id<Item>,
        pub name: String,
        pub count: u32,
    }
}

mod new {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("items")]
    pub struct Item {
        #[key]
        pub id: Id<Item>,
        #[unique]
        #[was("name")]
        pub title: String,
        #[converted_from(u32, twice)]
        pub count: u64,
    }

    fn twice(count: u32) -> u64 {
        u64::from(count) * 2
    }
}

const OLD: Old = Old {
    program: program::<old::Item>,
    first: |tx| {
        tx.insert(old::NewItem { name: "nut".into(), count: 1 })?;
        tx.insert(old::NewItem { name: "cog".into(), count: 2 }).map(drop)
    },
    second: |tx| {
        let nut = nth::<old::Item>(tx, 0);
        tx.update(nut, |item| item.count = 3)?;
        tx.insert(old::NewItem { name: "rod".into(), count: 4 }).map(drop)
    },
};

const BEFORE: Version = version!(old::Item, item => "{} {}", item.name, item.count);
const NOW: Version = version!(new::Item, item => "{} {}", item.title, item.count);
const ROWS: [&str; 3] = ["nut 3", "cog 2", "rod 4"];
/// Converted once; were it done twice the numbers would tell.
const DOUBLED: [&str; 3] = ["nut 6", "cog 4", "rod 8"];

/// Both programs open what is left: the new one in any case, the old one as long as the rows are by its schema.
fn holds(disk: &SimDisk, about: &str) {
    let rows = |disk: &SimDisk| {
        let db = (NOW.program)()
            .open_in(disk.clone())
            .unwrap_or_else(|error| panic!("{about}: {error}"));
        assert_eq!(db.check().expect("no transaction is open"), Vec::<String>::new(), "{about}");
        (NOW.rows)(&db)
    };
    match (BEFORE.program)().open_in(disk.copy()) {
        Ok(db) => assert_eq!((BEFORE.rows)(&db), ROWS, "{about}: by the old schema"),
        Err(error) => assert!(matches!(error, Error::Refused(_)), "{about}: {error}"),
    }
    assert_eq!(rows(disk), DOUBLED, "{about}");
    assert_eq!(rows(disk), DOUBLED, "{about}, again");
}

#[test]
fn a_crash_at_every_operation_leaves_old_or_new() {
    let mut images = 0;
    for left in WAYS {
        let whole = OLD.leave(left).copy();
        drop((NOW.program)().open_in(whole.clone()).expect("the disk is well"));
        for operation in whole.changes().into_iter().filter(|operation| *operation > 0) {
            let disk = OLD.leave(left).copy();
            disk.crash_at(operation);
            drop((NOW.program)().open_in(disk.clone()));
            for image in disk.images(operation) {
                images += 1;
                holds(&disk.image(image), &format!("{left:?}, crashed at {operation}, {image:?}"));
            }
        }
    }
    assert!(images > 100, "{images}");
}

#[test]
fn an_opening_that_fails_can_be_repeated() {
    for left in WAYS {
        let whole = OLD.leave(left).copy();
        drop((NOW.program)().open_in(whole.clone()).expect("the disk is well"));
        for fault in [Fault::Io, Fault::NoSpace] {
            for operation in 0..whole.operations() {
                let disk = OLD.leave(left).copy();
                disk.fail_at(operation, fault, Times::Once);
                let opened = (NOW.program)().open_in(disk.clone());
                let about = format!("{left:?}, {fault:?} at {operation}");
                if let Ok(db) = &opened {
                    assert_eq!((NOW.rows)(db), DOUBLED, "{about}");
                }
                drop(opened);
                disk.heal();
                holds(&disk, &about);
            }
        }
    }
}

#[test]
fn a_full_disk_refuses_a_migration_and_keeps_the_rows() {
    let disk = OLD.leave(Left::Both);
    let used: usize =
        disk.names().iter().filter_map(|name| disk.bytes(name)).map(|bytes| bytes.len()).sum();
    disk.set_capacity(Some(used as u64 + 300));
    let error = (NOW.program)().open_in(disk.clone()).expect_err("there is no room for a snapshot");
    assert!(error.to_string().contains("no space"), "{error}");
    disk.set_capacity(None);
    holds(&disk, "with room again");
}
