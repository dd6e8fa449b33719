//! Conditions, groups, pages, joins, and queries that are prepared.

use bondstone::prelude::*;
use bondstone::{Cursor, PlanKind};

use crate::{Result, database};

#[derive(Clone, Debug, PartialEq, Model)]
#[table("products")]
struct Product {
    #[key]
    id: Id<Product>,
    name: String,
    #[index]
    kind: String,
    #[index]
    #[decimal(8, 2)]
    price: Decimal,
    stock: u32,
}

/// What is asked of products again and again.
trait ProductQueries {
    fn in_stock(self) -> Self;
    fn cheaper_than(self, price: Decimal) -> Self;
}

impl ProductQueries for Query<'_, Product> {
    fn in_stock(self) -> Self {
        self.filter(Product::STOCK.gt(0))
    }

    fn cheaper_than(self, price: Decimal) -> Self {
        self.filter(Product::PRICE.lt(price))
    }
}

#[derive(Clone, Debug, Model)]
#[table("offers")]
struct Offer {
    #[key]
    id: Id<Offer>,
    product_name: String,
    seller: String,
}

fn shop() -> Result<Database> {
    let db = database::<(Product, Offer)>();
    db.write(|tx| {
        for (name, kind, price, stock) in [
            ("lamp", "home", dec!(40), 3),
            ("cup", "home", dec!(4.5), 0),
            ("desk", "office", dec!(180), 1),
            ("pen", "office", dec!(2), 90),
        ] {
            tx.insert(NewProduct { name: name.into(), kind: kind.into(), price, stock })?;
        }
        for (product, seller) in [("pen", "Ann"), ("pen", "Bob"), ("sofa", "Eve")] {
            tx.insert(NewOffer { product_name: product.into(), seller: seller.into() })?;
        }
        Ok(())
    })?;
    Ok(db)
}

fn names(query: Query<'_, Product>) -> Vec<&str> {
    query.into_iter().map(|product| product.name.as_str()).collect()
}

#[test]
fn s66_queries_are_extended_by_a_trait() -> Result {
    let db = shop()?;
    let snap = db.read();
    let found = snap.query::<Product>().in_stock().cheaper_than(dec!(50));
    assert_eq!(names(found.order_by(Product::PRICE.asc())), ["pen", "lamp"]);
    Ok(())
}

#[test]
fn s67_conditions_are_typed_and_combined() -> Result {
    let db = shop()?;
    let snap = db.read();
    let found = |condition: Pred<Product>| names(snap.query().filter(condition));
    assert_eq!(found(Product::PRICE.gt(10) & Product::STOCK.eq(1)), ["desk"]);
    assert_eq!(found(Product::NAME.eq("cup") | Product::STOCK.ge(90)), ["cup", "pen"]);
    assert_eq!(found(!Product::KIND.eq("home") & !Product::NAME.starts_with("p")), ["desk"]);
    let all = snap.query::<Product>().all();
    assert_eq!(all.len(), 4);
    assert_eq!(snap.query().filter(Product::KIND.eq("office")).count(), 2);
    assert!(snap.query().filter(Product::KIND.eq("home")).one().is_err(), "there are two");
    Ok(())
}

#[test]
fn x12_rows_are_counted_summed_and_grouped() -> Result {
    let db = shop()?;
    let snap = db.read();
    let products = || snap.query::<Product>();
    let (rows, stock, dearest) =
        products().aggregate((count(), Product::STOCK.sum(), Product::PRICE.max()));
    assert_eq!((rows, stock, dearest), (4, 94, Some(&dec!(180))));
    let by_kind = products().group_by(Product::KIND).aggregate((count(), Product::STOCK.sum()));
    let by_kind: Vec<(&str, (usize, _))> =
        by_kind.into_iter().map(|(kind, found)| (kind.as_str(), found)).collect();
    assert_eq!(by_kind, [("home", (2, 3)), ("office", (2, 91))]);
    let kinds: Vec<&String> = products().select(Product::KIND).distinct().all();
    assert_eq!(kinds, ["home", "office"]);
    Ok(())
}

#[test]
fn x13_a_page_goes_on_behind_the_last_row_of_the_one_before() -> Result {
    let db = shop()?;
    let page = |after: Option<Cursor>| {
        let snap = db.read();
        let page = snap.query::<Product>().order_by(Product::PRICE.asc()).page(2, after)?;
        let names: Vec<String> = page.rows.iter().map(|product| product.name.clone()).collect();
        Ok::<_, Error>((names, page.next.map(|next| next.to_string())))
    };
    let (first, next) = page(None)?;
    assert_eq!(first, ["pen", "cup"]);
    // What goes before it moves nothing: an offset of 2 would skip the lamp.
    db.write(|tx| tx.delete_where(Product::NAME.eq("pen")))?;
    let link = next.expect("there are more");
    let (second, next) = page(Some(link.parse()?))?;
    assert_eq!((second, next), (vec!["lamp".to_owned(), "desk".to_owned()], None));
    Ok(())
}

#[test]
fn x14_rows_are_joined_by_any_columns() -> Result {
    let db = shop()?;
    let snap = db.read();
    let pairs = snap.query::<Product>().join(Product::NAME, Offer::PRODUCT_NAME).all();
    let sellers: Vec<(&str, &str)> =
        pairs.iter().map(|(product, offer)| (&*product.name, &*offer.seller)).collect();
    assert_eq!(sellers, [("pen", "Ann"), ("pen", "Bob")]);
    let unknown = snap.query::<Offer>().left_join(Offer::PRODUCT_NAME, Product::NAME);
    let unknown = unknown.filter_pairs(|_, product| product.is_none()).all();
    assert_eq!((unknown.len(), unknown[0].0.seller.as_str()), (1, "Eve"));
    Ok(())
}

#[test]
fn x15_a_query_is_prepared_and_its_plan_explained() -> Result {
    let db = shop()?;
    let cheaper = db.prepare::<Product, (Decimal,)>(|products, (price,)| {
        products.filter(Product::PRICE.lt(price)).order_by(Product::PRICE.desc())
    });
    db.write(|tx| {
        let dear = |n| NewProduct {
            name: format!("art {n}"),
            kind: "art".into(),
            price: dec!(999),
            stock: n,
        };
        tx.insert_all((0..200).map(dear)).map(drop)
    })?;
    let snap = db.read();
    let first = |price| Some(cheaper.run(&snap, (price,)).first()?.name.as_str());
    assert_eq!(
        (first(dec!(50)), first(dec!(3)), first(dec!(1))),
        (Some("lamp"), Some("pen"), None)
    );
    let plan = cheaper.run(&snap, (dec!(3),)).explain();
    assert!(plan.to_string().contains("index products_price_idx: price < 3"), "{plan}");
    assert!(plan.kinds().all(|kind| kind != PlanKind::Scan), "{plan}");
    Ok(())
}
