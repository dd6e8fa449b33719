//! What is told beforehand.

use bondstone::prelude::*;
use bondstone::vfs::sim::SimDisk;

use crate::story::{Left, Old, WAYS, planned, program};

mod old {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("users")]
    pub struct User {
        #[key]
        pub id: Id<User>,
        pub mail: String,
        pub age: i32,
    }
}

mod new {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("users")]
    #[check(grown: self.age >= 18)]
    pub struct User {
        #[key]
        pub id: Id<User>,
        #[unique]
        #[was("mail")]
        pub email: String,
        pub age: i32,
    }
}

const OLD: Old = Old {
    program: program::<old::User>,
    first: |tx| {
        for number in 0..50 {
            tx.insert(old::NewUser { mail: format!("{number}"), age: 20 })?;
        }
        Ok(())
    },
    second: |tx| {
        for _ in 0..40 {
            tx.insert(old::NewUser { mail: "same".into(), age: 5 })?;
        }
        Ok(())
    },
};

#[test]
fn violations_are_told_up_to_a_bound_and_counted() {
    for left in WAYS {
        let plan = planned(&OLD.leave(left), program::<new::User>);
        assert!(plan.is_needed() && !plan.is_possible(), "{left:?}");
        assert_eq!(plan.rows(), 90);
        assert_eq!(plan.violation_count(), 40 + 39, "{left:?}: too young; the same as the first");
        assert!(plan.violations().len() < plan.violation_count());
        let told = plan.to_string();
        for words in [
            "cannot be opened",
            "it was `mail`",
            "violations (79)",
            "users#51",
            "grown",
            "email",
            "… and 39 more",
        ] {
            assert!(told.contains(words), "{words} in {told}");
        }
    }
}

#[test]
fn where_nothing_changed_there_is_nothing_to_do() {
    for left in WAYS {
        let disk = OLD.leave(left);
        let plan = planned(&disk, program::<old::User>);
        assert_eq!(plan.to_string(), "nothing to migrate, 90 rows");
    }
    let plan = planned(&SimDisk::new(1), program::<old::User>);
    assert_eq!(plan.to_string(), "nothing to migrate, 0 rows");
}

#[test]
fn neither_a_lock_file_nor_a_directory_is_made() {
    let disk = OLD.leave(Left::Both);
    disk.take("lock");
    planned(&disk, program::<new::User>);
    assert_eq!(disk.bytes("lock"), None);
    let nowhere = std::env::temp_dir().join(format!("bondstone-no-plan-{}", std::process::id()));
    let error = program::<new::User>().plan_migration(&nowhere).expect_err("there is nothing");
    assert!(error.to_string().contains("bondstone-no-plan"), "{error}");
    assert!(!nowhere.exists());
}

#[test]
fn an_open_directory_is_not_planned_for() {
    let disk = OLD.leave(Left::Both);
    let _db = program::<old::User>().open_in(disk.clone()).expect("the disk is well");
    let error = program::<new::User>().plan_migration_in(disk).expect_err("it is open");
    assert!(error.is_already_open(), "{error}");
}

#[test]
fn damage_is_an_error_and_no_plan() {
    let disk = OLD.leave(Left::Snapshot);
    let name =
        disk.names().into_iter().find(|name| name.starts_with("snapshot-")).expect("there is one");
    let mut bytes = disk.bytes(&name).expect("it is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    disk.put(&name, bytes);
    let error = program::<new::User>().plan_migration_in(disk).expect_err("it is damaged");
    assert!(matches!(error, Error::Durability(_)), "{error}");
}
