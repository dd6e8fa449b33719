//! JSON out of a database, and into one.

use bondstone::json::{self, Export};
use bondstone::prelude::*;

use crate::models::{Loan, Member, builder, empty, filled, member, state};

/// What is exported of [`filled`].
const EXPORTED: &str = r#"{
"members": [
{"id":1,"name":"ann","email":"ann@x.org","age":18,"guardian_id":null,"since":"1970-01-01T00:00:00Z"},
{"id":2,"name":"bob","email":"bob@x.org","age":7,"guardian_id":1,"since":"1970-01-01T00:00:00Z"}
],
"loans": [
{"shelf":"A","number":1,"member_id":1,"previous":null,"title":"Title, 1","state":"Out","due":null},
{"shelf":"A","number":2,"member_id":2,"previous":["A",1],"title":"Title, 2","state":{"Late":{"days":3}},"due":"2026-11-23"},
{"shelf":"A","number":3,"member_id":2,"previous":null,"title":"Title, 3","state":{"Lost":"at \"sea\""},"due":"2026-11-23"}
],
"cards": [
{"id":"00000000-0000-0000-0000-00000000abcd","member_id":1,"fees":"1.50"}
]
}
"#;

#[test]
fn an_export_is_this_text() -> Result<(), Error> {
    let db = filled();
    assert_eq!(json::export(&db.read())?, EXPORTED);
    let cards = Export::new().table("cards").to_text(&db.read())?;
    assert!(
        cards.starts_with("{\n\"cards\": [\n{\"id\":") && !cards.contains("members"),
        "{cards}"
    );
    assert!(Export::new().table("card").to_text(&db.read()).is_err());
    let mut bytes = Vec::new();
    Export::new().private(true).write(&db.read(), &mut bytes)?;
    assert!(String::from_utf8_lossy(&bytes).contains(r#""secret":"hush""#));
    Ok(())
}

#[test]
fn an_import_of_an_export_is_the_same_database() -> Result<(), Error> {
    let db = filled();
    let text = Export::new().private(true).to_text(&db.read())?;
    let copy = empty();
    let rows = copy.write(|tx| json::import(tx, &text)?.all())?;
    assert_eq!((rows, state(&copy)), (6, state(&db)));
    assert_eq!(copy.check()?, Vec::<String>::new());
    let again = empty();
    again.write(|tx| json::import_from(tx, text.as_bytes())?.all())?;
    assert_eq!(state(&again), state(&db));
    // Without the private columns they have their defaults.
    let shown = empty();
    shown.write(|tx| json::import(tx, EXPORTED)?.all())?;
    assert_eq!(json::export(&shown.read())?, EXPORTED);
    assert!(shown.read().iter::<Member>().all(|member| member.secret.is_empty()));
    Ok(())
}

#[test]
fn refused_rows_are_reported_with_their_positions() -> Result<(), Error> {
    let text = r#"{
        "loans": [
            {"shelf": "A", "number": 9, "member_id": 3, "title": "t", "state": "Out"},
            {"shelf": "A", "number": 1, "member_id": 1, "title": "t", "state": "Out"},
            {"shelf": "A", "number": 1, "member_id": 1, "title": "u", "state": "Out"},
            {"shelf": "A", "number": 2, "member_id": 1, "title": "t", "state": {"Late": 3}}
        ],
        "members": [
            {"name": "ann", "email": "ann@x.org"},
            {"name": "bob", "email": "ann@x.org"},
            {"name": "kid", "email": "kid@x.org", "age": 5},
            {"name": "a name that is much too long", "email": "long@x.org"},
            7,
            {"name": "eve"},
            {"name": "joe", "mail": "joe@x.org"}
        ]
    }"#;
    let db = empty();
    let imported = db.write(|tx| json::import(tx, text))?;
    assert_eq!(imported.rows(), 2);
    let refused: Vec<String> = imported.refused().iter().map(ToString::to_string).collect();
    let expected = [
        "members[1]: unique constraint `members_email_key` violated",
        "members[2]: check constraint `of_age` on `members` violated",
        "members[3]: members.name is 28 characters long",
        "members[4]: a row is an object of its columns",
        "members[5]: column `email`: it has no default",
        "members[6]: `members` has no column `mail`",
        "loans[0]: foreign key `loans_member_id_fkey` violated",
        "loans[2]: primary key `loans_pkey` violated",
        "loans[3]: column `state`: an integer where a struct is wanted",
    ];
    for (refused, expected) in refused.iter().zip(expected) {
        assert!(refused.starts_with(expected), "{refused}");
    }
    assert_eq!(refused.len(), expected.len(), "{refused:#?}");
    assert!(imported.to_string().starts_with("2 inserted, 9 refused\n  members[1]: "));

    // All or nothing is what the caller makes of it.
    let strict = empty();
    let error = strict.write(|tx| json::import(tx, text)?.all()).unwrap_err();
    assert!(error.to_string().contains("loans[3]"), "{error}");
    assert_eq!(state(&strict), "");
    Ok(())
}

#[test]
fn a_text_that_is_none_of_a_database_is_an_error() {
    let db = empty();
    for (text, words) in [
        ("{", "EOF"),
        ("[", "EOF"),
        (r#"{"members": [{"id": 1}}"#, "expected"),
        ("[]", "an object of tables is wanted"),
        (r#"{"members": {}}"#, "`members`: an array of rows is wanted"),
        (r#"{"people": []}"#, "there is no table `people`, but members, loans, cards"),
    ] {
        let error = db.write(|tx| json::import(tx, text).map(drop)).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

/// A member is behind its guardian or before it, and so are those in between.
#[test]
fn rows_that_refer_to_their_own_table_may_be_in_any_order() -> Result<(), Error> {
    let row = |number: usize| {
        let guardian = if number == 0 { "null".to_owned() } else { number.to_string() };
        let id = number + 1;
        format!(r#"{{"id": {id}, "name": "m", "email": "{id}", "guardian_id": {guardian}}}"#)
    };
    let shuffled = |place: usize| (place * 37) % 101;
    let orders: [Vec<String>; 3] = [
        (0..101).map(row).collect(),
        (0..101).rev().map(row).collect(),
        (0..101).map(|place| row(shuffled(place))).collect(),
    ];
    for order in orders {
        let text = format!(r#"{{"members": [{}]}}"#, order.join(","));
        let db = empty();
        assert_eq!(db.write(|tx| json::import(tx, &text)?.all())?, 101);
        let snap = db.read();
        assert_eq!(snap[Id::<Member>::from_u64(101).unwrap()].guardian_id, Id::from_u64(100));
        assert_eq!(db.check()?, Vec::<String>::new());
    }
    Ok(())
}

fn circle(numbers: [(u16, u16); 3]) -> String {
    let row = |(number, previous): (u16, u16)| {
        format!(
            r#"{{"shelf": "A", "number": {number}, "member_id": 1, "title": "{number}",
                "state": "Out", "previous": ["A", {previous}]}}"#
        )
    };
    format!(r#"{{"loans": [{}]}}"#, numbers.map(row).join(","))
}

#[test]
fn rows_may_refer_to_each_other_in_a_circle() -> Result<(), Error> {
    let db = empty();
    let ann = db.write(|tx| tx.insert(member("ann", None)))?;
    assert_eq!(db.write(|tx| json::import(tx, &circle([(1, 2), (2, 3), (3, 1)]))?.all())?, 3);
    let snap = db.read();
    let previous = |number: u16| {
        let loan = &snap[Id::<Loan>::new(("A".to_owned(), number))];
        loan.previous.clone().map(|id| id.into_key().1)
    };
    assert_eq!([1, 2, 3].map(previous), [Some(2), Some(3), Some(1)]);
    assert_eq!(snap[ann].loans(&snap).count(), 3);
    assert_eq!(db.check()?, Vec::<String>::new());
    Ok(())
}

#[test]
fn a_circle_that_is_open_is_refused_row_by_row() -> Result<(), Error> {
    let db = empty();
    db.write(|tx| tx.insert(member("ann", None)).map(drop))?;
    // The first two refer to each other, the third to nobody.
    let imported = db.write(|tx| json::import(tx, &circle([(1, 2), (2, 1), (3, 9)])))?;
    assert_eq!(imported.rows(), 2);
    assert_eq!((imported.refused()[0].table, imported.refused()[0].position), ("loans", 2));
    assert!(matches!(imported.refused()[0].error, Error::ForeignKey(_)));
    assert_eq!(db.read().count::<Loan>(), 2);
    // Members may not go round at all.
    let text = r#"{"members": [
        {"id": 5, "name": "a", "email": "a", "guardian_id": 6},
        {"id": 6, "name": "b", "email": "b", "guardian_id": 5}
    ]}"#;
    let imported = db.write(|tx| json::import(tx, text))?;
    assert_eq!((imported.rows(), imported.refused().len()), (0, 2));
    assert!(
        imported.refused().iter().any(|row| matches!(row.error, Error::Cycle(_))),
        "{imported}"
    );
    assert_eq!(db.check()?, Vec::<String>::new());
    Ok(())
}

#[test]
fn keys_go_on_above_what_was_imported() -> Result<(), Error> {
    let db = empty();
    let text = r#"{"members": [{"id": 70, "name": "ann", "email": "ann@x.org"}]}"#;
    db.write(|tx| json::import(tx, text)?.all())?;
    assert_eq!(db.write(|tx| tx.insert(member("bob", None)))?.get(), 71);
    Ok(())
}

#[test]
fn structs_of_ones_own_are_written_by_serde() {
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Sent {
        member: Id<Member>,
        loan: Option<Id<Loan>>,
        fee: Decimal,
        at: Timestamp,
    }
    let sent = Sent {
        member: Id::from_u64(7).unwrap(),
        loan: Some(Id::new(("A".to_owned(), 3))),
        fee: dec!(1.50),
        at: Timestamp::UNIX_EPOCH,
    };
    let text = serde_json::to_string(&sent).unwrap();
    let expected = r#"{"member":7,"loan":["A",3],"fee":"1.50","at":"1970-01-01T00:00:00Z"}"#;
    assert_eq!(text, expected);
    assert_eq!(serde_json::from_str::<Sent>(&text).unwrap(), sent);
    let zero = serde_json::from_str::<Id<Member>>("0").unwrap_err();
    assert!(zero.to_string().contains("the number of a key"), "{zero}");
}

#[test]
fn an_import_into_files_is_there_after_opening_again() -> Result<(), Error> {
    use bondstone::vfs::sim::SimDisk;
    let disk = SimDisk::new(1);
    let db = builder().background(false).open_in(disk.clone())?;
    db.write(|tx| json::import(tx, EXPORTED)?.all())?;
    db.close()?;
    let again = builder().background(false).open_in(disk)?;
    assert_eq!(json::export(&again.read())?, EXPORTED);
    Ok(())
}
