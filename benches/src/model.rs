//! The two models of every contest. Both contestants store these very structs, so that neither
//! gains by a smaller row.

pub use crate::standin::Id;

/// A row of 96 bytes and two strings, with three unique columns and one ordered index.
#[derive(Clone, Debug)]
pub struct User {
    /// Given by the store, ascending from 1.
    pub id: Id<User>,
    /// Unique; at most 50 characters.
    pub username: String,
    /// Unique; at most 100 characters.
    pub email: String,
    /// Unique and without order: what a hash index over plain words costs.
    pub code: u64,
    /// In an ordered index, not unique.
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
#[derive(Clone, Debug)]
pub struct Order {
    /// Given by the store, ascending from 1.
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

/// A [`User`] before the store has given it an id.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the columns of `User`")]
pub struct NewUser {
    pub username: String,
    pub email: String,
    pub code: u64,
    pub score: i64,
    pub age: u32,
    pub balance: i64,
    pub created: u64,
    pub flags: u32,
}

/// An [`Order`] before the store has given it an id.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the columns of `Order`")]
pub struct NewOrder {
    pub user_id: Id<User>,
    pub amount: i64,
    pub quantity: u32,
    pub placed: u64,
}
