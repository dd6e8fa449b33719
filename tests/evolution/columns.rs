//! Columns: added, removed, reordered, renamed, retyped.

use bondstone::prelude::*;

use crate::story::{Old, nth, program};
use crate::version;

mod old {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("items")]
    pub struct Item {
        #[key]
        pub id: Id<Item>,
        #[unique]
        pub name: String,
        pub count: u32,
        pub price: String,
    }
}

fn item(name: &str, count: u32, price: &str) -> old::NewItem {
    old::NewItem { name: name.into(), count, price: price.into() }
}

const OLD: Old = Old {
    program: program::<old::Item>,
    first: |tx| {
        tx.insert(item("nut", 1, "1.50"))?;
        tx.insert(item("cog", 2, "not yet known"))?;
        tx.insert(item("rod", 3, "3"))?;
        Ok(())
    },
    second: |tx| {
        let [nut, cog, rod] = [0, 1, 2].map(|place| nth::<old::Item>(tx, place));
        tx.update(nut, |item| item.count = 10)?;
        tx.update(rod, |item| item.name = "bar".into())?;
        tx.delete(cog)?;
        tx.insert(item("cap", 4, "4")).map(drop)
    },
};

mod added {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("items")]
    pub struct Item {
        #[key]
        pub id: Id<Item>,
        #[default(7)]
        pub level: u8,
        #[unique]
        pub name: String,
        pub count: u32,
        pub price: String,
        pub note: Option<String>,
    }
}

#[test]
fn an_added_column_gets_its_default_or_none() {
    let added = version!(added::Item, item => "{} {} {} {:?}", item.id.get(), item.name, item.level, item.note);
    let rows = ["1 nut 7 None", "3 bar 7 None", "4 cap 7 None"];
    OLD.becomes(
        added,
        added,
        &rows,
        &["column `level`: added, stored rows get its default", "column `note`: added"],
    );
}

mod demanding {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("items")]
    pub struct Item {
        #[key]
        pub id: Id<Item>,
        #[unique]
        pub name: String,
        pub count: u32,
        pub price: String,
        pub level: u8,
    }
}

#[test]
fn an_added_column_without_a_value_is_refused() {
    OLD.is_refused(
        program::<demanding::Item>,
        &["column `level`", "`#[default]`", "`Option`", "`#[was("],
    );
}

mod removed {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("items")]
    pub struct Item {
        #[key]
        pub id: Id<Item>,
        #[unique]
        pub name: String,
    }
}

#[test]
fn a_removed_column_is_passed_over() {
    let removed = version!(removed::Item, item => "{} {}", item.id.get(), item.name);
    OLD.becomes(
        removed,
        removed,
        &["1 nut", "3 bar", "4 cap"],
        &["column `count`: removed", "column `price`: removed"],
    );
}

mod reordered {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("items")]
    pub struct Item {
        pub price: String,
        pub count: u32,
        #[unique]
        pub name: String,
        #[key]
        pub id: Id<Item>,
    }
}

#[test]
fn the_order_of_columns_means_nothing() {
    let reordered = version!(reordered::Item, item => "{} {} {} {}", item.id.get(), item.name, item.count, item.price);
    OLD.becomes(reordered, reordered, &["1 nut 10 1.50", "3 bar 3 3", "4 cap 4 4"], &[]);
}

mod renamed {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("items")]
    pub struct Item {
        #[key]
        #[was("id")]
        pub number: Id<Item>,
        #[unique]
        #[was("name")]
        pub title: String,
        pub count: u32,
        pub price: String,
    }
}

mod renamed_long_ago {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("items")]
    pub struct Item {
        #[key]
        pub number: Id<Item>,
        #[unique]
        pub title: String,
        pub count: u32,
        pub price: String,
    }
}

#[test]
fn a_renamed_column_says_what_it_was() {
    let renamed = version!(renamed::Item, item => "{} {}", item.number.get(), item.title);
    let after = version!(renamed_long_ago::Item, item => "{} {}", item.number.get(), item.title);
    OLD.becomes(
        renamed,
        after,
        &["1 nut", "3 bar", "4 cap"],
        &["column `title`: renamed, it was `name`"],
    );
    OLD.is_refused(program::<renamed_long_ago::Item>, &["column `title`: cannot be read"]);
}

mod widened {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("items")]
    pub struct Item {
        #[key]
        pub id: Id<Item>,
        #[unique]
        pub name: Option<String>,
        pub count: i64,
        pub price: String,
    }
}

#[test]
fn a_wider_type_is_found_by_itself() {
    let widened =
        version!(widened::Item, item => "{} {:?} {}", item.id.get(), item.name, item.count);
    let rows = [r#"1 Some("nut") 10"#, r#"3 Some("bar") 3"#, r#"4 Some("cap") 4"#];
    OLD.becomes(widened, widened, &rows, &["column `count`: changed", "column `name`: changed"]);
}

mod converted {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("items")]
    pub struct Item {
        #[key]
        pub id: Id<Item>,
        #[unique]
        pub name: String,
        pub count: u32,
        #[converted_from(String, cents)]
        pub price: i64,
    }

    /// Refuses what the second row had, before it was deleted.
    fn cents(text: String) -> Result<i64, String> {
        let price: f64 = text.parse().map_err(|_| format!("`{text}` is no price"))?;
        Ok((price * 100.0) as i64)
    }
}

mod converted_long_ago {
    use super::*;
    #[derive(Clone, Debug, Model)]
    #[table("items")]
    pub struct Item {
        #[key]
        pub id: Id<Item>,
        #[unique]
        pub name: String,
        pub count: u32,
        pub price: i64,
    }
}

#[test]
fn a_function_converts_what_is_left_at_the_end() {
    let converted = version!(converted::Item, item => "{} {}", item.id.get(), item.price);
    let after = version!(converted_long_ago::Item, item => "{} {}", item.id.get(), item.price);
    OLD.becomes(converted, after, &["1 150", "3 300", "4 400"], &["column `price`: changed"]);
}

#[test]
fn another_type_without_a_function_is_refused() {
    OLD.is_refused(
        program::<converted_long_ago::Item>,
        &["column `price`", "`#[converted_from(Old, function)]`"],
    );
}

#[test]
fn rows_that_the_function_refuses_are_named() {
    let undeleted = Old { second: |tx| tx.insert(item("cap", 4, "dear")).map(drop), ..OLD };
    undeleted.is_refused(
        program::<converted::Item>,
        &[
            "`items` stored with the key 2",
            "`not yet known` is no price",
            "`items` stored with the key 4",
            "`dear` is no price",
        ],
    );
}

#[test]
fn keys_go_on_where_they_were() {
    for left in crate::story::WAYS {
        let deleted = Old { second: |tx| tx.delete(nth::<old::Item>(tx, 2)).map(drop), ..OLD };
        let disk = deleted.leave(left);
        let db = program::<removed::Item>().open_in(disk).expect("a column was removed");
        let next = db
            .write(|tx| tx.insert(removed::NewItem { name: "new".into() }))
            .expect("nothing refuses");
        assert_eq!(next.get(), 4, "{left:?}: 3 was given once");
    }
}
