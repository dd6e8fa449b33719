//! CSV out of a table, and into one.

use bondstone::prelude::*;
use bondstone::{csv, json};

use crate::models::{Member, empty, filled, state};

fn text(db: &Database, table: &str) -> Result<String, Error> {
    let mut bytes = Vec::new();
    csv::export(db.read().table(table)?.with_private(), &mut bytes)?;
    Ok(String::from_utf8(bytes).expect("it is text"))
}

const LOANS: &str = r#"shelf,number,member_id,previous,title,state,due
A,1,1,,"Title, 1",Out,
A,2,2,"[""A"",1]","Title, 2","{""Late"":{""days"":3}}",2026-11-23
A,3,2,,"Title, 3","{""Lost"":""at \""sea\""""}",2026-11-23
"#;

#[test]
fn a_table_is_this_text() -> Result<(), Error> {
    let db = filled();
    assert_eq!(text(&db, "loans")?, LOANS);
    let mut bytes = Vec::new();
    csv::export(db.read().table("members")?, &mut bytes)?;
    assert!(!String::from_utf8_lossy(&bytes).contains("hush"), "private columns are not there");
    Ok(())
}

#[test]
fn tables_come_back_as_they_were() -> Result<(), Error> {
    let db = filled();
    let copy = empty();
    for table in ["members", "cards", "loans"] {
        let text = text(&db, table)?;
        copy.write(|tx| csv::import(tx, table, text.as_bytes())?.all())?;
    }
    assert_eq!(state(&copy), state(&db));
    assert_eq!(json::export(&copy.read())?, json::export(&db.read())?);
    Ok(())
}

#[test]
fn columns_in_any_order_and_only_some_of_them() -> Result<(), Error> {
    let db = empty();
    let text = "email,age,name\nb,7,bob\na,30,ann\n";
    let imported = db.write(|tx| csv::import(tx, "members", text.as_bytes()))?;
    assert_eq!(imported.rows(), 2, "{imported}");
    let snap = db.read();
    let ann = snap.find(Member::EMAIL, "a").expect("it is there");
    assert_eq!((ann.id.get(), ann.name.as_str(), ann.age), (2, "ann", 30));
    Ok(())
}

#[test]
fn what_is_wrong_is_said() -> Result<(), Error> {
    let db = empty();
    let import = |text: &str| db.write(|tx| csv::import(tx, "members", text.as_bytes()));
    let unknown = import("nam,email\nann,a\n").unwrap_err().to_string();
    assert!(unknown.starts_with("`members` has no column `nam`, but id, name"), "{unknown}");
    assert!(import("name,email\nann\n").is_err(), "a line that is too short");
    let imported = import("name,email,age\nann,a,x\nbob,b,5\neve,e,\njoe,j,20\n")?;
    assert_eq!(imported.rows(), 1, "{imported}");
    let refused: Vec<usize> = imported.refused().iter().map(|row| row.position).collect();
    assert_eq!(refused, [0, 1, 2]);
    let absent = db.write(|tx| csv::import(tx, "people", "".as_bytes()).map(drop));
    assert!(absent.unwrap_err().to_string().contains("no table `people`"));
    Ok(())
}
