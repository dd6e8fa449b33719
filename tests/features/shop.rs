//! The shop of the tutorial: seven models, and what happens in them.

#[path = "shop/models.rs"]
mod models;

use bondstone::prelude::*;

use crate::{Result, at, ticking};
use models::*;

/// A shop with a customer, an address, a phone of which there are five, and a case of which there are none.
struct Shop {
    db: Database,
    ann: Id<User>,
    home: Id<Address>,
    phone: Id<Product>,
    case: Id<Product>,
}

impl Shop {
    fn open() -> Result<Self> {
        let db = ticking::<User>().in_memory()?;
        let (ann, home, phone, case) = db.write(|tx| {
            let ann = tx.insert(NewUser {
                username: "ann".into(),
                email: "ann@x.org".into(),
                password_hash: "…".into(),
                first_name: Some("Ann".into()),
                last_name: Some("Lee".into()),
            })?;
            let home = tx.insert(NewAddress {
                user_id: ann,
                street: "Main 1".into(),
                city: "Ulm".into(),
                state: "BW".into(),
                zip_code: "89073".into(),
                country: "Germany".into(),
            })?;
            let category =
                NewCategory { name: "phones".into(), description: None, parent_id: None };
            let category_id = Some(tx.insert(category)?);
            let new = |name: &str, price| NewProduct {
                name: name.into(),
                description: None,
                price,
                category_id,
            };
            let phone = tx.insert_with(new("Phone", dec!(499)), |phone| phone.stock = 5)?;
            Ok((ann, home, phone, tx.insert(new("Case", dec!(20)))?))
        })?;
        Ok(Self { db, ann, home, phone, case })
    }

    /// Puts phones into the cart and orders what is in it.
    fn order(&self, quantity: u32) -> Result<Id<Order>> {
        self.db.write(|tx| {
            let line = NewCartItem { user_id: self.ann, product_id: self.phone };
            tx.insert_with(line, |line| line.quantity = quantity)?;
            place_order(tx, self.ann, self.home)
        })
    }
}

#[test]
fn s62_seven_models_are_a_shop() -> Result {
    let shop = Shop::open()?;
    let tables = shop.db.schema().tables();
    let columns: usize = tables.iter().map(|table| table.columns.len()).sum();
    assert_eq!((tables.len(), columns), (7, 43));

    let order = shop.order(2)?;
    let snap = shop.db.read();
    let placed = &snap[order];
    assert_eq!(
        (&placed.status, placed.address(&snap).city.as_str()),
        (&OrderStatus::Pending, "Ulm")
    );
    assert_eq!((placed.subtotal(&snap), placed.total(&snap)), (dec!(998), dec!(1002.90)));
    assert_eq!(snap[shop.phone].stock, 3);
    assert!(snap[shop.ann].cart_items(&snap).is_empty(), "the cart was emptied");
    let dear = User::ORDERS.any(Order::TOTAL.gt(1000));
    assert_eq!(snap.query().filter(dear).ids(), [shop.ann]);

    // All or nothing: of four phones there are three.
    let refused = shop.order(4).unwrap_err();
    assert_eq!(refused.to_string(), "Phone: 4 wanted, 3 left");
    assert_eq!(shop.db.read().count::<CartItem>(), 0);
    let kept = shop.db.write(|tx| tx.delete(shop.ann).map(drop)).unwrap_err();
    assert!(matches!(kept, Error::Restricted(_)), "who has ordered stays");
    assert_eq!(shop.db.check()?, Vec::<String>::new());
    Ok(())
}

#[test]
fn s63_rows_have_methods_and_an_order_keeps_its_price() -> Result {
    let shop = Shop::open()?;
    let snap = shop.db.read();
    assert_eq!(snap[shop.ann].full_name(), "Ann Lee");
    assert_eq!(User { last_name: None, ..snap[shop.ann].clone() }.full_name(), "ann");
    assert!(snap[shop.phone].is_in_stock() && !snap[shop.case].is_in_stock());
    assert_eq!(snap.query().filter(Product::IS_IN_STOCK).ids(), [shop.phone]);

    let order = shop.order(1)?;
    let created = shop.db.read()[shop.phone].created_at;
    shop.db.write(|tx| tx.update(shop.phone, |phone| phone.price = dec!(599)).map(drop))?;
    let snap = shop.db.read();
    assert_eq!(snap[order].subtotal(&snap), dec!(499), "as it was when it was ordered");
    assert_eq!(created, at(0));
    assert!(snap[shop.phone].updated_at > created);
    Ok(())
}
