//! Who buys, and where it is sent.

use bondstone::prelude::*;

use crate::orders::{CartItem, Order};

/// An account.
#[derive(Clone, Debug, Model)]
#[table("users")]
#[has_many(addresses: Address, orders: Order, cart_items: CartItem)]
pub struct User {
    /// The key.
    #[key]
    pub id: Id<User>,
    /// What the user logs in with.
    #[unique]
    #[max_len(50)]
    pub username: String,
    /// User email address
    #[unique]
    #[max_len(100)]
    pub email: String,
    /// Never shown, not even in errors.
    #[private]
    #[max_len(128)]
    pub password_hash: String,
    /// Given name.
    #[max_len(50)]
    pub first_name: Option<String>,
    /// Family name.
    #[max_len(50)]
    pub last_name: Option<String>,
    /// When the account was opened.
    #[immutable]
    #[on_insert(tx.now())]
    pub created_at: Timestamp,
}

impl User {
    /// First and last name, or what there is instead.
    pub fn full_name(&self) -> String {
        match (&self.first_name, &self.last_name) {
            (Some(first), Some(last)) => format!("{first} {last}"),
            _ => self.username.clone(),
        }
    }
}

/// An address of a user. Goes with the user, unless an order was sent there.
#[derive(Clone, Debug, Model)]
#[table("addresses")]
#[has_many(orders: Order)]
pub struct Address {
    /// The key.
    #[key]
    pub id: Id<Address>,
    /// Whose it is.
    #[on_delete(cascade)]
    pub user_id: Id<User>,
    /// Street and number.
    #[max_len(100)]
    pub street: String,
    /// Town.
    #[max_len(50)]
    pub city: String,
    /// State or region.
    #[max_len(20)]
    pub state: String,
    /// Postal code.
    #[max_len(10)]
    pub zip_code: String,
    /// Country.
    #[max_len(50)]
    pub country: String,
    /// Is it the one that is proposed?
    #[default(false)]
    pub is_default: bool,
}
