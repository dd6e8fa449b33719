//! Reading and writing by name.

use bondstone::prelude::*;
use bondstone::reflect::ValueBuf;

use crate::models::{Card, Loan, Member, State, empty, filled, member, state};

#[test]
fn rows_are_read_by_name() -> Result<(), Error> {
    let db = filled();
    let snap = db.read();
    let tables: Vec<_> = snap.tables().map(|table| (table.name(), table.count())).collect();
    assert_eq!(tables, [("members", 2), ("loans", 3), ("cards", 1)]);
    let ann = snap.table("members")?.row("1")?;
    assert_eq!((ann.to_string(), ann.key()), ("members#1".to_owned(), ValueBuf::UInt(1)));
    assert_eq!(ann.value("email")?.to_string(), "\"ann@x.org\"");
    assert_eq!(ann.get("age")?, ValueBuf::UInt(18));
    assert_eq!(ann.get("guardian_id")?, ValueBuf::Null);
    assert_eq!(ann.get("since")?, Timestamp::UNIX_EPOCH.into());
    let bob = snap.table("members")?.row(2)?;
    assert_eq!(bob.get("guardian_id")?, ValueBuf::UInt(1));
    assert_eq!(bob.value("guardian_id")?.to_string(), "1");

    let key = || ValueBuf::from(vec!["A".into(), 2.into()]);
    let loan = snap.table("loans")?.row(key())?;
    assert_eq!(loan.key(), ValueBuf::List(vec!["A".into(), 2_u16.into()]));
    let late = ValueBuf::Variant("Late".into(), vec![("days".into(), 3_u16.into())]);
    assert_eq!(loan.get("state")?, late);
    assert_eq!(loan.get("previous")?.to_string(), "[\"A\", 1]");
    assert_eq!(loan.get("due")?, Date::constant(2026, 11, 23).into());
    let titles: Vec<_> = snap
        .table("loans")?
        .rows()
        .map(|row| row.get("title").map(|title| title.to_string()))
        .collect::<Result<_, _>>()?;
    assert_eq!(titles.len(), 3);
    let card = snap.table("cards")?.rows().next().expect("there is one");
    assert_eq!(card.get("fees")?, dec!(1.50).into());
    assert_eq!(card.get("id")?, Uuid::from_u128(0xabcd).into());
    Ok(())
}

#[test]
fn a_transaction_sees_its_own_rows_by_name() -> Result<(), Error> {
    let db = empty();
    db.write(|tx| {
        tx.insert(member("ann", None))?;
        assert_eq!(tx.table("members")?.row(1)?.get("name")?, "ann".into());
        Ok(())
    })
}

#[test]
fn what_is_not_there_is_named() {
    let db = filled();
    let snap = db.read();
    let words = |error: Error| error.to_string();
    assert_eq!(
        words(snap.table("member").unwrap_err()),
        "there is no table `member`, but members, loans, cards"
    );
    let cards = snap.table("cards").expect("it is there");
    let card = cards.rows().next().expect("there is one");
    assert_eq!(
        words(card.value("fee").unwrap_err()),
        "`cards` has no column `fee`, but id, member_id, fees"
    );
    let members = snap.table("members").expect("it is there");
    assert_eq!(words(members.row(9).unwrap_err()), "members#9 does not exist");
    assert_eq!(words(members.row(0).unwrap_err()), "0 is no key of `members`: 0 is no key");
    assert!(words(members.row("x").unwrap_err()).contains("\"x\" is not an integer"));
}

#[test]
fn private_columns_are_for_those_who_ask() -> Result<(), Error> {
    let db = filled();
    let snap = db.read();
    let members = snap.table("members")?;
    assert!(members.columns().all(|column| column != "secret"));
    let ann = members.row(1)?;
    assert!(ann.values()?.iter().all(|(column, _)| *column != "secret"));
    assert!(ann.value("secret").unwrap_err().to_string().contains("private"));
    assert!(ann.get("secret").is_err());
    let shown = format!("{ann:?}");
    assert!(shown.contains("secret: •••") && !shown.contains("hush"), "{shown}");

    let members = members.with_private();
    assert!(members.columns().any(|column| column == "secret"));
    assert_eq!(members.row(1)?.get("secret")?, "hush".into());
    assert!(format!("{:?}", members.row(1)?).contains("hush"));
    Ok(())
}

#[test]
fn rows_are_written_by_name() -> Result<(), Error> {
    let db = empty();
    let key = db.write(|tx| {
        tx.insert_into("members", [("name", "ann".into()), ("email", "ann@x.org".into())])
    })?;
    assert_eq!(key, ValueBuf::UInt(1));
    let by_hand = empty();
    by_hand.write(|tx| tx.insert(member("ann", None)).map(drop))?;
    assert_eq!(state(&db), state(&by_hand), "keys, defaults, nulls and times are filled in");

    db.write(|tx| {
        tx.insert_into(
            "loans",
            [
                ("shelf", "A".into()),
                ("number", "7".into()),
                ("member_id", key.clone()),
                ("title", "Title".into()),
                ("state", ValueBuf::Struct(vec![("Lost".into(), "here".into())])),
                ("due", "2026-11-23".into()),
            ],
        )?;
        tx.insert_into("cards", [("member_id", 1.into()), ("fees", 1.5.into())])?;
        tx.update_in("members", 1, [("age", 30.into()), ("secret", "hush".into())])
    })?;
    let snap = db.read();
    let loan = snap.iter::<Loan>().next().expect("it is there");
    assert_eq!((loan.number, &loan.state), (7, &State::Lost("here".into())));
    assert_eq!(loan.due, Some(Date::constant(2026, 11, 23)));
    let ann = snap.iter::<Member>().next().expect("it is there");
    assert_eq!((ann.age, ann.secret.as_str(), ann.name.as_str()), (30, "hush", "ann"));
    let card = snap.iter::<Card>().next().expect("it is there");
    assert_eq!(card.fees.to_string(), "1.50");
    drop(snap);

    db.write(|tx| tx.delete_from("loans", ValueBuf::List(vec!["A".into(), 7.into()])))?;
    db.write(|tx| tx.delete_from("members", 1))?;
    assert_eq!(state(&db), "", "the card went with the member");
    assert_eq!(db.check()?, Vec::<String>::new());
    Ok(())
}

#[test]
fn what_does_not_fit_is_refused() {
    let db = filled();
    let before = state(&db);
    let insert = |values: Vec<(&str, ValueBuf)>| {
        db.write(|tx| tx.insert_into("members", values)).unwrap_err().to_string()
    };
    let refused = [
        (insert(vec![("name", "x".into())]), "column `email`: it has no default"),
        (insert(vec![("nam", "x".into())]), "`members` has no column `nam`"),
        (insert(vec![("age", 300.into())]), "column `age`: 300 is no u8"),
        (insert(vec![("age", (-1).into())]), "column `age`: -1 is no u8"),
        (insert(vec![("age", 1.5.into())]), "column `age`: a floating-point number where"),
        (insert(vec![("age", ValueBuf::Null)]), "column `age`: null where an integer"),
        (insert(vec![("name", true.into())]), "column `name`: a truth value where a text"),
        (insert(vec![("age", 7.into()), ("age", 8.into())]), "column `age`: it is given twice"),
        (insert(vec![("since", "yesterday".into())]), "column `since`: \"yesterday\" is not a"),
    ];
    for (error, words) in refused {
        assert!(error.starts_with(words), "{error}");
    }
    let refused = |values: [(&str, ValueBuf); 2]| {
        db.write(|tx| tx.update_in("loans", ValueBuf::List(vec!["A".into(), 1.into()]), values))
            .unwrap_err()
            .to_string()
    };
    let state_of = |state| [("state", state), ("title", "other".into())];
    assert!(refused(state_of("Gone".into())).contains("no variant `Gone`, but Out, Late, Lost"));
    assert!(refused(state_of("Late".into())).contains("the field `days` has no value"));
    let unknown = ValueBuf::Variant("Late".into(), vec![("weeks".into(), 1.into())]);
    assert!(refused(state_of(unknown)).contains("there is no field `weeks`"));
    // Rules are those of any row.
    let young = db.write(|tx| tx.update_in("members", 1, [("age", 3.into())])).unwrap_err();
    assert!(young.violates("of_age"), "{young}");
    let taken = db.write(|tx| tx.update_in("members", 1, [("email", "bob@x.org".into())]));
    assert!(taken.unwrap_err().violates(Member::EMAIL));
    let moved = db.write(|tx| tx.update_in("members", 1, [("id", 5.into())])).unwrap_err();
    assert!(matches!(moved, Error::KeyChanged(_)), "{moved}");
    let absent = db.write(|tx| tx.update_in("members", 9, [("age", 30.into())])).unwrap_err();
    assert_eq!(absent.to_string(), "members#9 does not exist");
    assert!(db.write(|tx| tx.delete_from("members", 9)).is_err());
    assert_eq!(state(&db), before);
}
