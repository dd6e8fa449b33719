//! What somebody wants, and what somebody has bought.

pub mod placing;

use bondstone::prelude::*;

use crate::products::Product;
use crate::users::{Address, User};

/// A line of a user's cart: each product once.
#[derive(Clone, Debug, Model)]
#[table("cart_items")]
#[unique(cart_line: user_id, product_id)]
#[check(check_positive_quantity: self.quantity > 0)]
pub struct CartItem {
    /// The key.
    #[key]
    pub id: Id<CartItem>,
    /// Whose cart it is in.
    #[on_delete(cascade)]
    pub user_id: Id<User>,
    /// What is wanted.
    #[on_delete(cascade)]
    pub product_id: Id<Product>,
    /// How many.
    #[default(1)]
    pub quantity: u32,
    /// Since when.
    #[on_insert(tx.now())]
    pub added_at: Timestamp,
}

impl CartItem {
    /// What the line costs at today's price.
    pub fn subtotal(&self, db: &View) -> Decimal {
        self.product(db).price * Decimal::from(self.quantity)
    }
}

/// How far an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
pub enum OrderStatus {
    /// Placed.
    Pending,
    /// Paid for.
    Paid,
    /// Under way, or there.
    Shipped,
    /// Called off.
    Cancelled,
}

/// An order. Neither its user nor its address can go before it does.
#[derive(Clone, Debug, Model)]
#[table("orders")]
#[index(by_status: status, order_date)]
#[has_many(items: OrderItem)]
pub struct Order {
    /// The key.
    #[key]
    pub id: Id<Order>,
    /// Who ordered.
    pub user_id: Id<User>,
    /// Where it is sent.
    pub address_id: Id<Address>,
    /// When it was placed.
    #[on_insert(tx.now())]
    pub order_date: Timestamp,
    /// How far it is.
    #[default(OrderStatus::Pending)]
    pub status: OrderStatus,
    /// What sending it costs.
    #[decimal(10, 2)]
    #[default(Decimal::ZERO)]
    pub shipping_fee: Decimal,
}

impl Order {
    /// What the items cost.
    pub fn subtotal(&self, db: &View) -> Decimal {
        self.items(db).into_iter().map(OrderItem::subtotal).sum()
    }

    /// What the order costs.
    pub fn total(&self, db: &View) -> Decimal {
        self.subtotal(db) + self.shipping_fee
    }
}

/// A line of an order.
#[derive(Clone, Debug, Model)]
#[table("order_items")]
pub struct OrderItem {
    /// The key.
    #[key]
    pub id: Id<OrderItem>,
    /// The order that it is a line of.
    #[on_delete(cascade)]
    pub order_id: Id<Order>,
    /// What was bought.
    pub product_id: Id<Product>,
    /// How many.
    pub quantity: u32,
    /// Price at time of order
    #[decimal(10, 2)]
    pub price: Decimal,
}

impl OrderItem {
    /// What the line costs.
    pub fn subtotal(&self) -> Decimal {
        self.price * Decimal::from(self.quantity)
    }
}
