//! Columns of JSON are JSON in a text; and what a text must not lose, however deep it is and however often something is there.

use bondstone::prelude::*;
use bondstone::reflect::ValueBuf;
use bondstone::{csv, json};
use serde_json::{Value as Json, json};

#[derive(Clone, Debug, PartialEq, Model)]
#[table("events")]
struct Event {
    #[key]
    id: Id<Event>,
    data: Json,
    more: Option<Json>,
    #[default]
    tree: Tree,
    #[default]
    amount: Option<Decimal>,
    #[default]
    ratio: Option<f64>,
    #[default]
    count: Option<u128>,
    #[default]
    spot: Option<Spot>,
}

#[derive(Clone, Debug, Default, PartialEq, Value)]
struct Tree {
    branches: Vec<Tree>,
}

#[derive(Clone, Debug, PartialEq, Value)]
struct Spot {
    x: i32,
    note: Option<Json>,
}

fn empty() -> Database {
    Database::builder().models::<Event>().in_memory().expect("the model fits")
}

fn event(data: Json, more: Option<Json>) -> NewEvent {
    NewEvent { data, more }
}

/// The rows of a database by way of a text of JSON, and of CSV.
fn copies(db: &Database) -> [Vec<Event>; 2] {
    let text = json::export(&db.read()).expect("it is exported");
    let by_json = empty();
    by_json.write(|tx| json::import(tx, &text)?.all()).unwrap_or_else(|error| panic!("{error}"));
    let mut bytes = Vec::new();
    csv::export(db.read().table("events").expect("it is there"), &mut bytes)
        .expect("it is exported");
    let by_csv = empty();
    by_csv
        .write(|tx| csv::import(tx, "events", &bytes[..])?.all())
        .unwrap_or_else(|error| panic!("{error}"));
    [by_json, by_csv].map(|db| rows(&db))
}

fn rows(db: &Database) -> Vec<Event> {
    db.read().iter::<Event>().cloned().collect()
}

fn import(text: &str) -> Result<Vec<Event>, Error> {
    let db = empty();
    db.write(|tx| json::import(tx, text)?.all())?;
    Ok(rows(&db))
}

#[test]
fn json_is_json() -> Result<(), Error> {
    let db = empty();
    let prefs = json!({ "theme": "dark", "sizes": [1, 2.5, null], "Number": "1" });
    db.write(|tx| tx.insert(event(prefs.clone(), Some(json!("text")))))?;
    let text = json::export(&db.read())?;
    let part = r#""data":{"Number":"1","sizes":[1,2.5,null],"theme":"dark"},"more":"text","#;
    assert!(text.contains(part), "{text}");
    assert_eq!(copies(&db), [rows(&db), rows(&db)]);
    // As others write it, and as a program says it.
    assert_eq!(
        import(r#"{"events": [{"data": {"theme": "dark"}}]}"#)?[0].data,
        json!({ "theme": "dark" })
    );
    let by_name = empty();
    let key = by_name.write(|tx| {
        tx.insert_into("events", [("data", prefs.clone().into()), ("more", 7.into())])
    })?;
    let snap = by_name.read();
    let row = snap.table("events")?.row(key)?;
    assert_eq!(row.get("data")?, ValueBuf::Json(prefs));
    assert_eq!(row.get("more")?.to_string(), "7");
    let refused =
        by_name.write(|tx| tx.insert_into("events", [("data", f64::NAN.into())])).unwrap_err();
    assert_eq!(refused.to_string(), "column `data`: JSON has no number NaN");
    Ok(())
}

#[test]
fn nothing_in_an_option_means_two_things() -> Result<(), Error> {
    let db = empty();
    let values = [
        (None, "null"),
        (Some(json!(null)), "[null]"),
        (Some(json!([null])), "[[null]]"),
        (Some(json!([[null]])), "[[[null]]]"),
        (Some(json!([])), "[]"),
        (Some(json!([null, 1])), "[null,1]"),
        (Some(json!({ "a": null })), r#"{"a":null}"#),
        (Some(json!([1])), "[1]"),
        (Some(json!("")), r#""""#),
    ];
    for (value, _) in &values {
        db.write(|tx| tx.insert(event(Json::Null, value.clone())))?;
    }
    let text = json::export(&db.read())?;
    for (_, text_of) in &values {
        assert!(
            text.contains(&format!(r#""data":null,"more":{text_of},"tree""#)),
            "{text_of}: {text}"
        );
    }
    assert_eq!(copies(&db), [rows(&db), rows(&db)]);
    Ok(())
}

#[test]
fn whatever_is_stored_comes_back_however_deep_it_is() -> Result<(), Error> {
    let deep = |levels: usize| (1..levels).fold(json!([]), |inside, _| json!([inside]));
    let tree = |levels: usize| {
        (1..levels).fold(Tree::default(), |inside, _| Tree { branches: vec![inside] })
    };
    let db = empty();
    db.write(|tx| {
        let objects = (0..120).fold(json!(1), |inside, _| json!({ "a": inside }));
        tx.insert_with(event(deep(128), Some(objects)), |event| event.tree = tree(128))
    })?;
    assert_eq!(copies(&db), [rows(&db), rows(&db)]);
    // One level too many is a row too many, and not a text.
    for levels in [129, 300, 100_000] {
        let brackets = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let text =
            format!(r#"{{"events": [{{"data": 1}}, {{"data": {brackets}}}, {{"data": 2}}]}}"#);
        let db = empty();
        let imported = db.write(|tx| json::import(tx, &text))?;
        assert_eq!((imported.rows(), imported.refused().len()), (2, 1), "{imported}");
        let refused = imported.refused()[0].to_string();
        assert!(refused.starts_with("events[1]: column `data`: it is nested"), "{refused}");
    }
    Ok(())
}

#[test]
fn what_is_there_twice_is_not_lost() -> Result<(), Error> {
    let text = r#"{
        "events": [{"data": 1}, {"data": 2, "data": 3}],
        "events": [{"data": 4}, {"data": {"a": 1, "a": 2}}, {"data": 5, "spot": {"x": 1, "x": 2}}, {"data": 6}]
    }"#;
    let db = empty();
    let imported = db.write(|tx| json::import(tx, text))?;
    let data: Vec<Json> = rows(&db).into_iter().map(|event| event.data).collect();
    assert_eq!(data, [1, 4, 6].map(Json::from));
    let refused: Vec<String> = imported.refused().iter().map(ToString::to_string).collect();
    let expected = [
        "events[1]: column `data`: it is given twice",
        "events[3]: column `data`: the field `a` is there twice",
        "events[4]: column `spot`: the field `x` is there twice",
    ];
    assert_eq!(refused, expected);
    Ok(())
}

#[test]
fn no_digit_of_a_number_is_dropped() -> Result<(), Error> {
    let row = |column: &str, number: &str| {
        let spot = format!(r#"{{"x": 1, "note": {number}}}"#);
        import(&format!(r#"{{"events": [{{"data": 0, "{column}": {number}, "spot": {spot}}}]}}"#))
    };
    let amount = |number: &str| {
        Ok::<_, Error>(row("amount", number)?[0].amount.expect("it is there").to_string())
    };
    for number in
        ["19.99", "0.1234567890123456789012345678", "12345678901234567890.12", "-7", "1.10"]
    {
        let shortest = number.trim_end_matches('0');
        assert!(amount(number)?.starts_with(shortest), "{number}: {}", amount(number)?);
    }
    assert!(amount("0.12345678901234567890123456789012").is_err(), "more than there may be");
    assert_eq!(amount("1.5e3")?, "1500");
    let ratio = |number: &str| Ok::<_, Error>(row("ratio", number)?[0].ratio);
    assert_eq!(ratio("0.1000000000000000055511151231257827")?, Some(0.1));
    assert_eq!(ratio("0.30000000000000004441")?, Some(0.1 + 0.2));
    assert_eq!(ratio("1e300")?, Some(1e300));
    assert!(ratio("-0")?.is_some_and(|zero| zero == 0.0 && zero.is_sign_negative()));
    let count = |number: &str| Ok::<_, Error>(row("count", number)?[0].count);
    assert_eq!(count("340282366920938463463374607431768211455")?, Some(u128::MAX));
    assert!(count("3.5").is_err() && count("340282366920938463463374607431768211456").is_err());
    assert_eq!(row("count", "12")?[0].spot, Some(Spot { x: 1, note: Some(json!(12)) }));
    Ok(())
}

#[test]
fn tables_stand_in_the_order_of_the_schema_whatever_was_before() -> Result<(), Error> {
    #[derive(Clone, Debug, Model)]
    #[table("firsts")]
    struct First {
        #[key]
        id: Id<First>,
    }

    #[derive(Clone, Debug, Model)]
    #[table("seconds")]
    struct Second {
        #[key]
        id: Id<Second>,
    }

    // The process meets the second one first.
    drop(Database::builder().models::<Second>().in_memory()?);
    let db = Database::builder().models::<(First, Second)>().in_memory()?;
    let snap = db.read();
    let tables: Vec<&str> = snap.tables().map(|table| table.name()).collect();
    assert_eq!(tables, ["firsts", "seconds"]);
    assert_eq!(json::export(&snap)?, "{\n\"firsts\": [\n],\n\"seconds\": [\n]\n}\n");
    let unknown = snap.table("thirds").unwrap_err().to_string();
    assert!(unknown.ends_with("but firsts, seconds"), "{unknown}");
    Ok(())
}
