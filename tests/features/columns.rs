//! What may stand in a column, and within which limits.

use bondstone::prelude::*;
use bondstone::vfs::sim::SimDisk;

use crate::{Result, at, database};

#[derive(Clone, Debug, PartialEq, Model)]
#[table("products")]
struct Product {
    #[key]
    id: Id<Product>,
    #[unique]
    #[max_len(8)]
    name: String,
    /// What it costs, in euros.
    #[decimal(10, 2)]
    price: Decimal,
    stock: i32,
    weight: f64,
    is_listed: bool,
    listed_at: Timestamp,
    released: Date,
    description: Option<String>,
}

fn lamp() -> NewProduct {
    NewProduct {
        name: "lamp".into(),
        price: dec!(19.99),
        stock: -3,
        weight: 1.25,
        is_listed: true,
        listed_at: at(1_700_000_000),
        released: "2024-02-29".parse().expect("a leap day"),
        description: None,
    }
}

#[test]
fn s03_the_type_of_a_field_is_the_type_of_its_column() -> Result {
    let disk = SimDisk::new(1);
    let open = || Database::builder().models::<Product>().background(false).open_in(disk.clone());
    let db = open()?;
    let id = db.write(|tx| tx.insert(lamp()))?;
    let before = db.read()[id].clone();
    assert_eq!((before.stock, before.weight, before.price), (-3, 1.25, dec!(19.99)));
    db.checkpoint()?;
    db.close()?;

    let db = open()?;
    assert_eq!(db.read()[id], before, "from the file, each value is of its type again");
    let snap = db.read();
    let found = Product::STOCK.lt(0) & Product::WEIGHT.gt(1.0) & Product::RELEASED.lt(Date::MAX);
    assert_eq!(snap.query().filter(found & Product::IS_LISTED.is_true()).ids(), [id]);
    Ok(())
}

#[test]
fn s08_a_column_is_null_only_if_it_is_an_option() -> Result {
    let db = database::<Product>();
    let id = db.write(|tx| tx.insert(lamp()))?;
    let column =
        |name| db.schema().tables()[0].column(name).map(|column| column.type_info.nullable);
    assert_eq!((column("description"), column("name")), (Some(true), Some(false)));
    let undescribed = || Product::DESCRIPTION.is_none();
    assert_eq!(db.read().query().filter(undescribed()).ids(), [id]);
    db.write(|tx| tx.update(id, |lamp| lamp.description = Some("bright".into())).map(drop))?;
    assert!(!db.read().query().filter(undescribed()).exists());
    Ok(())
}

#[test]
fn s16_a_column_has_as_many_constraints_as_are_written_above_it() -> Result {
    let db = database::<Product>();
    db.write(|tx| {
        tx.insert(lamp())?;
        let twice = tx.insert(lamp()).unwrap_err();
        assert!(matches!(twice, Error::Unique(_)) && twice.violates(Product::NAME));
        let long = tx.insert(NewProduct { name: "standard lamp".into(), ..lamp() }).unwrap_err();
        assert!(matches!(long, Error::TooLong(_)) && long.violates(Product::NAME));
        Ok(())
    })
}

#[test]
fn s17_the_comment_of_a_column_is_its_doc_comment() {
    let db = database::<Product>();
    let price = db.schema().tables()[0].column("price");
    assert_eq!(price.map(|price| price.doc), Some("What it costs, in euros."));
    assert!(db.schema().to_string().contains("What it costs, in euros."), "and is printed");
}

#[test]
fn s18_the_length_of_a_text_is_limited_in_characters() -> Result {
    let db = database::<Product>();
    db.write(|tx| tx.insert(NewProduct { name: "Äpfel ab".into(), ..lamp() }))?; // 9 bytes
    let nine = NewProduct { name: "apples ab".into(), ..lamp() };
    let long = db.write(|tx| tx.insert(nine)).unwrap_err();
    assert_eq!(long.to_string(), "products.name is 9 characters long, the maximum is 8");
    Ok(())
}

#[test]
fn s19_a_decimal_has_its_places_and_is_never_rounded() -> Result {
    let db = database::<Product>();
    let priced = |price| db.write(|tx| tx.insert(NewProduct { price, ..lamp() }));
    let fine = priced(dec!(1.500))?;
    assert_eq!(db.read()[fine].price.to_string(), "1.50");
    let fine_print = priced(dec!(1.505)).unwrap_err();
    assert!(matches!(fine_print, Error::Decimal(_)) && fine_print.violates(Product::PRICE));
    let wide = priced(dec!(123456789.00)).unwrap_err().to_string();
    assert!(wide.contains("more digits before the point than decimal(10, 2) allows"), "{wide}");
    Ok(())
}

#[test]
fn s54_a_date_prints_in_the_form_of_iso_8601() -> Result {
    let db = database::<Product>();
    let id = db.write(|tx| tx.insert(lamp()))?;
    let snap = db.read();
    assert_eq!(snap[id].released.to_string(), "2024-02-29");
    assert_eq!(snap[id].listed_at.to_string(), "2023-11-14T22:13:20Z");
    let march: Date = "2024-03-01".parse().expect("a date");
    assert_eq!(snap.query().filter(Product::RELEASED.lt(march)).count(), 1, "in order of time");
    Ok(())
}
