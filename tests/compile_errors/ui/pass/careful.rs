//! Models in a crate that forbids and denies what a careful crate does: the derives bring no warning of their own.
#![forbid(unsafe_code)]
#![deny(missing_docs, missing_debug_implementations, warnings)]

/// Users.
pub mod users {
    use bondstone::prelude::*;

    use super::orders::{Order, Profile};

    /// Someone who orders.
    #[derive(Clone, Debug, Model)]
    #[table("users")]
    #[has_many(orders: Order by user_id, followed: User via super::Follow(follower_id, followee_id))]
    #[has_one(profile: Profile)]
    pub struct User {
        /// The key.
        #[key]
        pub id: Id<Self>,
        /// User email address
        #[unique]
        #[max_len(100)]
        pub email: String,
        #[private]
        #[max_len(LONGEST)]
        password_hash: Option<String>,
        /// A keyword.
        #[default("user")]
        pub r#type: String,
        /// When.
        #[immutable]
        #[on_insert(tx.now())]
        pub created_at: Timestamp,
        /// When last.
        #[on_insert(tx.now())]
        #[on_update(tx.now())]
        pub updated_at: Timestamp,
        /// Settings.
        #[default]
        pub settings: std::collections::BTreeMap<String, String>,
    }

    const LONGEST: usize = 128;

    /// Only here can the password be given.
    pub fn new_user(email: &str) -> NewUser {
        NewUser { email: email.into(), password_hash: None }
    }
}

/// Orders.
pub mod orders {
    use bondstone::prelude::*;

    use super::users::User;

    /// How far an order is.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
    pub enum Status {
        /// Not paid.
        Open,
        /// Paid.
        Paid,
    }

    /// An order.
    #[derive(Clone, Debug, Model)]
    #[unique(line: user_id, number)]
    #[index(by_status: status, placed)]
    #[index(hash, by_note: note)]
    #[check(some: self.number > 0 && matches!(self.status, Status::Open | Status::Paid))]
    #[check(known: Self::is_known(self))]
    pub struct Order {
        #[key(uuid)]
        id: Id<Order>,
        /// Whose.
        #[on_delete(cascade)]
        pub user_id: Id<User>,
        /// Counted by the user.
        pub number: u32,
        #[default(Status::Open)]
        status: Status,
        #[on_insert(tx.now())]
        #[index]
        placed: Timestamp,
        #[decimal(10, 2)]
        #[default(Decimal::ZERO)]
        total: Decimal,
        #[unique]
        note: Option<String>,
        #[index]
        words: Vec<String>,
        #[on_delete(set_null)]
        before: Option<Id<Self>>,
        #[on_delete(set_default)]
        #[on_update(restrict)]
        #[default(Self::nobody())]
        payer: Option<Id<User>>,
    }

    impl Order {
        const fn is_known(&self) -> bool {
            self.number < 1_000_000
        }

        const fn nobody() -> Option<Id<User>> {
            None
        }
    }

    type UserId = Id<User>;

    /// What a user says about themselves.
    #[derive(Clone, Debug, Model)]
    pub struct Profile {
        #[key]
        #[references(User)]
        #[method(owner)]
        id: UserId,
        #[index(hash)]
        words: Option<String>,
    }
}

/// Who follows whom.
#[derive(Clone, Debug, bondstone::Model)]
#[table("follows")]
pub struct Follow {
    #[key]
    #[on_delete(cascade)]
    follower_id: bondstone::Id<users::User>,
    #[key]
    #[on_delete(cascade)]
    followee_id: bondstone::Id<users::User>,
}

/// A model that a macro writes.
macro_rules! tag {
    ($name:ident, $id:ty, $text:tt, $count:ty, $max:expr) => {
        /// A tag.
        #[derive(Clone, Debug, bondstone::Model)]
        #[check(not_empty: !self.text.is_empty())]
        pub struct $name {
            #[key]
            id: $id,
            #[unique]
            #[max_len($max)]
            text: $text,
            #[index]
            other: Option<$text>,
            #[unique]
            #[index]
            count: $count,
        }
    };
}

tag!(Tag, bondstone::Id<Tag>, String, (u8, bool), 30);

/// The names that the derives use, all taken by the user.
mod taken {
    #![expect(dead_code, reason = "names only")]
    use bondstone::Id;

    struct Column;
    struct Option;
    struct Some;
    struct None;
    struct String;
    trait Value {}
    trait Clone {}
    fn hash() {}

    #[derive(::core::clone::Clone, Debug, bondstone::Model)]
    #[unique(pair: row, hashing)]
    #[index(order: key, tx)]
    pub struct Model {
        #[key]
        id: Id<Model>,
        row: u8,
        hashing: u8,
        key: u8,
        #[on_insert(7)]
        #[on_update(9)]
        tx: u8,
        a: u8,
        b: u8,
    }
}

fn main() {
    use bondstone::prelude::*;

    #[derive(Clone, Debug, Model)]
    struct Local {
        #[key]
        code: String,
        #[key]
        number: u32,
        value: (u8, Option<u8>),
    }

    let db = Database::builder().models::<(users::User, Tag, taken::Model, Local)>().in_memory();
    let db = db.unwrap();
    let ann = db.write(|tx| tx.insert(users::new_user("ann@example.com"))).unwrap();
    let snap = db.read();
    assert_eq!(snap[ann].r#type, "user");
    assert_eq!(snap[ann].followed(&snap).count(), 0);
    assert!(snap[ann].profile(&snap).is_none());
    db.write(|tx| tx.insert(NewLocal { code: "a".into(), number: 1, value: (1, None) })).unwrap();
}
