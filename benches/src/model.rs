//! The two models of every contest. Both contestants store these very structs, so that neither
//! gains by a smaller row.

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
