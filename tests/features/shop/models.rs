//! Users and addresses, categories and products, carts and orders.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[table("users")]
#[has_many(addresses: Address, orders: Order, cart_items: CartItem)]
pub struct User {
    #[key]
    pub id: Id<User>,
    #[unique]
    #[max_len(50)]
    pub username: String,
    /// User email address
    #[unique]
    #[max_len(100)]
    pub email: String,
    #[private]
    #[max_len(128)]
    pub password_hash: String,
    #[max_len(50)]
    pub first_name: Option<String>,
    #[max_len(50)]
    pub last_name: Option<String>,
    #[immutable]
    #[on_insert(tx.now())]
    pub created_at: Timestamp,
}

impl User {
    /// First and last name, or what there is instead.
    #[hybrid]
    pub fn full_name(&self) -> String {
        match (&self.first_name, &self.last_name) {
            (Some(first), Some(last)) => format!("{first} {last}"),
            _ => self.username.clone(),
        }
    }
}

#[derive(Clone, Debug, Model)]
#[table("addresses")]
#[has_many(orders: Order)]
pub struct Address {
    #[key]
    pub id: Id<Address>,
    #[on_delete(cascade)]
    pub user_id: Id<User>,
    #[max_len(100)]
    pub street: String,
    #[max_len(50)]
    pub city: String,
    #[max_len(20)]
    pub state: String,
    #[max_len(10)]
    pub zip_code: String,
    #[max_len(50)]
    pub country: String,
    #[default(false)]
    pub is_default: bool,
}

#[derive(Clone, Debug, Model)]
#[table("categories")]
#[has_many(products: Product, children: Category)]
pub struct Category {
    #[key]
    pub id: Id<Category>,
    #[unique]
    #[max_len(50)]
    pub name: String,
    pub description: Option<String>,
    #[acyclic]
    pub parent_id: Option<Id<Category>>,
}

#[derive(Clone, Debug, Model)]
#[table("products")]
#[check(check_positive_price: self.price > Decimal::ZERO)]
#[index(in_category: category_id, price)]
#[has_many(cart_items: CartItem, order_items: OrderItem)]
pub struct Product {
    #[key]
    pub id: Id<Product>,
    #[index]
    #[max_len(100)]
    pub name: String,
    pub description: Option<String>,
    #[decimal(10, 2)]
    pub price: Decimal,
    #[default(0)]
    pub stock: u32,
    #[on_delete(set_null)]
    pub category_id: Option<Id<Category>>,
    #[on_insert(tx.now())]
    pub created_at: Timestamp,
    #[on_insert(tx.now())]
    #[on_update(tx.now())]
    pub updated_at: Timestamp,
}

impl Product {
    #[hybrid]
    pub fn is_in_stock(&self) -> bool {
        self.stock > 0
    }
}

/// A line of a user's cart: each product once.
#[derive(Clone, Debug, Model)]
#[table("cart_items")]
#[unique(cart_line: user_id, product_id)]
#[check(check_positive_quantity: self.quantity > 0)]
pub struct CartItem {
    #[key]
    pub id: Id<CartItem>,
    #[on_delete(cascade)]
    pub user_id: Id<User>,
    #[on_delete(cascade)]
    pub product_id: Id<Product>,
    #[default(1)]
    pub quantity: u32,
    #[on_insert(tx.now())]
    pub added_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
pub enum OrderStatus {
    Pending,
    Paid,
    Shipped,
    Cancelled,
}

#[derive(Clone, Debug, Model)]
#[table("orders")]
#[index(by_status: status, order_date)]
#[has_many(items: OrderItem)]
pub struct Order {
    #[key]
    pub id: Id<Order>,
    pub user_id: Id<User>,
    pub address_id: Id<Address>,
    #[on_insert(tx.now())]
    pub order_date: Timestamp,
    #[default(OrderStatus::Pending)]
    pub status: OrderStatus,
    #[decimal(10, 2)]
    #[default(Decimal::ZERO)]
    pub shipping_fee: Decimal,
}

impl Order {
    #[hybrid]
    pub fn subtotal(&self, db: &View) -> Decimal {
        self.items(db).into_iter().map(OrderItem::subtotal).sum()
    }

    #[hybrid]
    pub fn total(&self, db: &View) -> Decimal {
        self.subtotal(db) + self.shipping_fee
    }
}

#[derive(Clone, Debug, Model)]
#[table("order_items")]
pub struct OrderItem {
    #[key]
    pub id: Id<OrderItem>,
    #[on_delete(cascade)]
    pub order_id: Id<Order>,
    pub product_id: Id<Product>,
    pub quantity: u32,
    /// Price at time of order
    #[decimal(10, 2)]
    pub price: Decimal,
}

impl OrderItem {
    #[hybrid]
    pub fn subtotal(&self) -> Decimal {
        self.price * Decimal::from(self.quantity)
    }
}

/// Orders what is in a user's cart, at today's prices, and empties it.
pub fn place_order(
    tx: &mut Tx,
    user_id: Id<User>,
    address_id: Id<Address>,
) -> Result<Id<Order>, Error> {
    let order = NewOrder { user_id, address_id };
    let order_id = tx.insert_with(order, |order| order.shipping_fee = dec!(4.90))?;
    let lines: Vec<CartItem> =
        tx.query().filter(CartItem::USER_ID.eq(user_id)).into_iter().cloned().collect();
    for CartItem { id, product_id, quantity, .. } in lines {
        let product = tx.try_update(product_id, |product| {
            let (name, left) = (&product.name, product.stock);
            let too_few = || format!("{name}: {quantity} wanted, {left} left");
            product.stock = left.checked_sub(quantity).ok_or_else(too_few)?;
            Ok(())
        })?;
        let price = product.price;
        tx.insert(NewOrderItem { order_id, product_id, quantity, price })?;
        tx.delete(id)?;
    }
    Ok(order_id)
}
