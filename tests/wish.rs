//! Scratch.
use bondstone::prelude::*;
#[derive(Clone, Debug, Model)]
#[table("users")]
#[has_many(orders: Order)]
struct User {
    #[key]
    id: Id<User>,
    #[unique]
    email: String,
    #[default(None)]
    nick: Option<String>,
    #[index]
    #[default(0)]
    age: u32,
    #[default(dec!(1))]
    fee: Decimal,
}
#[derive(Clone, Debug, Model)]
#[table("orders")]
struct Order {
    #[key]
    id: Id<Order>,
    user_id: Id<User>,
    parent: Option<Id<Order>>,
    price: i64,
    disc: i64,
    #[default(false)]
    paid: bool,
}
impl Order {
    #[hybrid]
    fn total(&self) -> i64 {
        self.price * (100 - self.disc)
    }
    #[hybrid]
    fn cheap(&self) -> bool {
        self.price < 10
    }
}
#[test]
fn wishes() {
    let db = Database::builder().models::<User>().in_memory().unwrap();
    let ann = db
        .write(|tx| {
            let ann = tx.insert(NewUser { email: "ann@x".into() })?;
            let o = tx.insert(NewOrder { user_id: ann, parent: None, price: 1000, disc: 5 })?;
            tx.insert(NewOrder { user_id: ann, parent: Some(o), price: 5, disc: 5 })?;
            Ok(ann)
        })
        .unwrap();
    let snap = db.read();
    assert_eq!(snap.query().filter(User::EMAIL.eq("ann@x")).count(), 1);
    assert_eq!(snap.query().filter(User::NICK.is_none() & User::NICK.eq(None)).count(), 1);
    assert_eq!(snap.query().filter(User::NICK.ne("x") & !User::NICK.eq("x")).count(), 1);
    assert_eq!(snap.query().filter(User::FEE.gt(10)).count(), 0);
    assert_eq!(snap.query().filter(User::FEE.eq(dec!(1)) & User::AGE.in_([0, 3])).count(), 1);
    assert_eq!(snap.query().filter(Order::USER_ID.eq(ann)).count(), 2);
    assert_eq!(snap.query().filter(Order::PARENT.eq(None)).count(), 1);
    assert_eq!(snap.query().filter(Order::USER_ID.to(User::EMAIL).eq("ann@x")).count(), 2);
    assert_eq!(
        snap.query().filter(Order::PARENT.to(Order::USER_ID).to(User::EMAIL).eq("ann@x")).count(),
        1
    );
    assert_eq!(snap.query().filter(Order::PARENT.to(Order::USER_ID).eq(Order::USER_ID)).count(), 1);
    assert_eq!(snap.query().filter((Order::PRICE * (100 - Order::DISC)).gt(10_000)).count(), 1);
    assert_eq!(snap.query().filter(Order::TOTAL.gt(10_000)).count(), 1);
    assert_eq!(snap.query().filter(Order::CHEAP).count(), 1);
    assert_eq!(snap.query().filter(Order::PAID).count(), 0);
    assert_eq!(snap.query().filter(Order::PRICE.within(5..=1000)).count(), 2);
    assert_eq!(
        snap.query().filter(User::ORDERS.any(Order::PARENT.is(Order::PRICE.gt(1)))).count(),
        1
    );
    assert_eq!(
        snap.query::<Order>()
            .filter(Order::PRICE.lt(Order::DISC))
            .order_by((Order::PRICE.desc(), Order::PARENT.asc().nulls_last()))
            .all()
            .len(),
        0
    );
    assert_eq!(
        snap.query().filter(User::AGE.cast::<i64>().eq(0) & (User::AGE + 1).eq(1)).count(),
        1
    );
    assert_eq!(
        snap.query().filter(Order::USER_ID.in_(snap.query().filter(User::AGE.eq(0)).ids())).count(),
        2
    );
    println!(
        "{:?}",
        (Order::PRICE * (100 - Order::DISC)).gt(10_000) & Order::CHEAP.eq(true)
            | !Order::PAID.is_true()
    );
}
