//! The five models of the contests. The hand-written store holds these very structs, too, so that
//! neither gains by a smaller row.

use bondstone::prelude::*;

/// A row of 96 bytes and two strings, with three unique columns and one ordered index.
#[derive(Clone, Debug, Model)]
#[table("users")]
#[has_many(orders: Order)]
#[check(age_below_200: self.age < 200)]
pub struct User {
    /// Given by the store, ascending from 1.
    #[key]
    pub id: Id<User>,
    /// At most 50 characters.
    #[unique]
    #[max_len(50)]
    pub username: String,
    /// At most 100 characters.
    #[unique]
    #[max_len(100)]
    pub email: String,
    /// What a hash index over plain words costs.
    #[unique]
    pub code: u64,
    /// Ordered, and not unique.
    #[index]
    pub score: i64,
    /// Checked: below 200.
    pub age: u32,
    /// What updates change: in no index.
    pub balance: i64,
    /// Seconds.
    pub created: u64,
    /// Nobody looks at these.
    pub flags: u32,
}

/// A child of a user; the user may not go while it has orders.
#[derive(Clone, Debug, Model)]
#[table("orders")]
#[has_many(items: Item)]
#[check(quantity_above_0: self.quantity > 0)]
pub struct Order {
    /// Given by the store, ascending from 1.
    #[key]
    pub id: Id<Order>,
    /// The parent.
    pub user_id: Id<User>,
    /// In cents.
    pub amount: i64,
    /// Checked: above 0.
    pub quantity: u32,
    /// Seconds.
    pub placed: u64,
}

/// So many pieces of a product, as ordered; the order and the product may not go while it is there.
#[derive(Clone, Debug, Model)]
#[table("items")]
#[check(quantity_above_0: self.quantity > 0)]
pub struct Item {
    /// Given by the store, ascending from 1.
    #[key]
    pub id: Id<Item>,
    /// Whose item it is.
    pub order_id: Id<Order>,
    /// What was ordered.
    pub product_id: Id<Product>,
    /// Checked: above 0.
    pub quantity: u32,
    /// Of a piece, in cents, as it was then.
    pub price: i64,
}

/// What can be ordered.
#[derive(Clone, Debug, Model)]
#[table("products")]
pub struct Product {
    /// Given by the store, ascending from 1.
    #[key]
    pub id: Id<Product>,
    /// On which shelf it is.
    pub category_id: Id<Category>,
    /// What it is called.
    pub name: String,
    /// Of a piece, in cents, now.
    pub price: i64,
    /// Nobody looks at these.
    pub stock: u32,
}

/// A shelf of products.
#[derive(Clone, Debug, Model)]
#[table("categories")]
pub struct Category {
    /// Given by the store, ascending from 1.
    #[key]
    pub id: Id<Category>,
    /// What it is called.
    pub name: String,
}
