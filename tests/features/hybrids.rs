//! Methods that are columns: of one row, and over relations.

use bondstone::prelude::*;

use crate::{Result, database};

#[derive(Clone, Debug, Model)]
#[table("people")]
#[index(FULL_NAME)]
struct Person {
    #[key]
    id: Id<Person>,
    first: String,
    last: String,
}

impl Person {
    #[hybrid]
    fn full_name(&self) -> String {
        format!("{} {}", self.first, self.last)
    }
}

#[derive(Clone, Debug, Model)]
#[table("cities")]
struct City {
    #[key]
    id: Id<City>,
    name: String,
    population: u64,
}

impl City {
    /// Those with more inhabitants than so many.
    fn bigger_than(population: u64) -> Pred<City> {
        City::POPULATION.gt(population)
    }
}

#[derive(Clone, Debug, Model)]
#[table("orders")]
#[has_many(items: Item)]
struct Order {
    #[key]
    id: Id<Order>,
    #[decimal(10, 2)]
    shipping_fee: Decimal,
}

impl Order {
    #[hybrid]
    fn subtotal(&self, db: &View) -> Decimal {
        self.items(db).into_iter().map(Item::subtotal).sum()
    }

    #[hybrid]
    fn total(&self, db: &View) -> Decimal {
        self.subtotal(db) + self.shipping_fee
    }
}

#[derive(Clone, Debug, Model)]
#[table("items")]
struct Item {
    #[key]
    id: Id<Item>,
    #[on_delete(cascade)]
    order_id: Id<Order>,
    #[decimal(10, 2)]
    price: Decimal,
    quantity: u32,
}

impl Item {
    #[hybrid]
    fn subtotal(&self) -> Decimal {
        self.price * Decimal::from(self.quantity)
    }
}

fn people() -> Result<(Database, Id<Person>)> {
    let db = database::<Person>();
    let ann = db.write(|tx| {
        let ann = tx.insert(NewPerson { first: "Ann".into(), last: "Lee".into() })?;
        for n in 0..100 {
            tx.insert(NewPerson { first: "Bob".into(), last: format!("{n}") })?;
        }
        Ok(ann)
    })?;
    Ok((db, ann))
}

/// An order of 2 × 10 + 1 × 5 and one of 4, each sent for 3.
fn orders() -> Result<(Database, [Id<Order>; 2])> {
    let db = database::<Order>();
    let orders = db.write(|tx| {
        let mut order = |items: &[(u32, Decimal)]| {
            let order_id = tx.insert(NewOrder { shipping_fee: dec!(3) })?;
            let items =
                items.iter().map(|&(quantity, price)| NewItem { order_id, price, quantity });
            tx.insert_all(items)?;
            Ok::<_, Error>(order_id)
        };
        Ok([order(&[(2, dec!(10)), (1, dec!(5))])?, order(&[(1, dec!(4))])?])
    })?;
    Ok((db, orders))
}

#[test]
fn s44_a_hybrid_is_a_method_of_the_row() -> Result {
    let (db, ann) = people()?;
    assert_eq!(db.read()[ann].full_name(), "Ann Lee");
    let nobody = Person { first: "No".into(), last: "Body".into(), ..db.read()[ann].clone() };
    assert_eq!(nobody.full_name(), "No Body", "of any value, stored or not");
    Ok(())
}

#[test]
fn s45_the_same_method_is_a_column_of_queries() -> Result {
    let (db, ann) = people()?;
    let snap = db.read();
    assert_eq!(snap.query().filter(Person::FULL_NAME.eq("Ann Lee")).ids(), [ann]);
    let last = snap.query().order_by(Person::FULL_NAME.desc()).first();
    assert_eq!(last.map(Person::full_name).as_deref(), Some("Bob 99"));
    let names = snap.query().select(Person::FULL_NAME).all();
    assert_eq!(names[0], "Ann Lee");
    Ok(())
}

#[test]
fn s46_a_hybrid_is_indexed_and_its_index_serves_queries() -> Result {
    let (db, ann) = people()?;
    let plan = db.read().query().filter(Person::FULL_NAME.eq("Ann Lee")).explain().to_string();
    assert!(plan.contains("index people_full_name_idx"), "{plan}");
    db.write(|tx| tx.update(ann, |ann| ann.last = "Day".into()).map(drop))?;
    let snap = db.read();
    let found = |name: &str| snap.range(Person::FULL_NAME, name..=name).ids().next();
    assert_eq!((found("Ann Day"), found("Ann Lee")), (Some(ann), None), "it follows its columns");
    Ok(())
}

#[test]
fn s47_a_hybrid_with_arguments_is_a_function_that_gives_a_condition() -> Result {
    let db = database::<City>();
    db.write(|tx| {
        let cities = [("Ulm", 129_000), ("Bonn", 336_000), ("Köln", 1_087_000)];
        let new = |(name, population): (&str, u64)| NewCity { name: name.into(), population };
        tx.insert_all(cities.map(new)).map(drop)
    })?;
    let snap = db.read();
    assert_eq!(snap.query().filter(City::bigger_than(200_000)).count(), 2);
    let between = City::bigger_than(200_000) & !City::bigger_than(1_000_000);
    assert_eq!(snap.query().filter(between).one()?.name, "Bonn");
    Ok(())
}

#[test]
fn s48_a_hybrid_reads_related_rows() -> Result {
    let (db, [large, small]) = orders()?;
    let snap = db.read();
    assert_eq!(snap[large].subtotal(&snap), dec!(25));
    assert_eq!(snap[large].total(&snap), dec!(28));
    assert_eq!(snap.query().filter(Order::TOTAL.gt(20)).ids(), [large]);
    assert_eq!(snap.query().order_by(Order::TOTAL.asc()).ids(), [small, large]);
    db.write(|tx| {
        tx.insert(NewItem { order_id: small, price: dec!(20), quantity: 1 })?;
        assert_eq!(tx.query().filter(Order::TOTAL.gt(20)).count(), 2, "as of the view");
        Ok(())
    })
}

#[test]
fn s69_a_sum_over_a_relation_is_one_of_an_iterator() -> Result {
    let (db, [large, _]) = orders()?;
    let snap = db.read();
    let items = snap[large].items(&snap);
    let by_hand: Decimal = items.iter().map(|item| item.subtotal()).sum();
    assert_eq!(by_hand, dec!(25));
    assert_eq!(items.query().sum(Item::SUBTOTAL)?, by_hand, "or asked of the query");
    Ok(())
}
