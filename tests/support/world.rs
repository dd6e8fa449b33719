//! The world that histories play in: eight models which between them have every kind of key, index, rule and action.
//!
//! | model | key | what it is there for |
//! |---|---|---|
//! | [`Person`] | numbered | unique columns, every kind of index, a boss who is a person |
//! | [`Country`] | natural | a cascade through itself, cycles included |
//! | [`Session`] | UUID | a required parent, `cascade` |
//! | [`Account`] | numbered | `restrict`, `set_null`, `set_default`, decimals, a unique pair |
//! | [`Member`] | composite | an association whose key is made of foreign keys |
//! | [`Badge`] | composite | a key that contains a composite key: rekeys go two levels deep |
//! | [`Profile`] | its parent's | one to one, `restrict` within a cascade |
//! | [`Follow`] | composite | a key both halves of which refer to one model, be it to one row; cascades meet there by several ways |
//!
//! [`Account`] is also the association of a many-to-many whose far key may be null, seen from the owners, or whose near key
//! may be, seen from the countries.

use std::cmp::{Ordering, Reverse};

use bondstone::prelude::*;

/// How well someone does: the best is the lowest number, and the order says so. Its `Ord` is written by hand, so an
/// index over it keeps clones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Value)]
pub struct Grade(pub i64);

impl Ord for Grade {
    fn cmp(&self, other: &Self) -> Ordering {
        Reverse(self.0).cmp(&Reverse(other.0))
    }
}

impl PartialOrd for Grade {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What may be done with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
pub enum Standing {
    /// Everything.
    Open,
    /// Nothing for now.
    Frozen,
    /// Nothing ever.
    Closed,
}

/// Someone.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("people")]
#[index(by_team: team, grade)]
#[check(has_age: self.age >= 0)]
#[has_many(
    reports: Person, sessions: Session, accounts: Account, memberships: Member,
    countries: Country via Member, issued: Badge, residences: Country via Account(owner, residence),
    following: Follow by fan, followed: Follow by idol,
    idols: Person via Follow(fan, idol), fans: Person via Follow(idol, fan)
)]
#[has_one(profile: Profile)]
pub struct Person {
    /// The key.
    #[key]
    pub id: Id<Person>,
    /// Unique among all.
    #[unique]
    #[max_len(6)]
    pub name: String,
    /// Unique among those who have one.
    #[unique]
    pub nick: Option<String>,
    /// In years.
    #[index]
    pub age: i64,
    /// A text in an ordered index.
    #[index]
    #[max_len(12)]
    pub town: String,
    /// One of a few, in a hash index.
    #[index(hash)]
    pub team: i64,
    /// A type with an order of its own, in an ordered index.
    #[index]
    pub grade: Grade,
    /// Perhaps a number, in an ordered index.
    #[index]
    #[default]
    pub score: Option<i64>,
    /// Never changes.
    #[immutable]
    #[default(1)]
    pub born: i64,
    /// Perhaps someone else, perhaps oneself.
    #[on_delete(set_null)]
    pub boss: Option<Id<Person>>,
    /// When the row came to be.
    #[on_insert(tx.now())]
    pub made_at: Timestamp,
    /// When the row changed last.
    #[on_insert(tx.now())]
    #[on_update(tx.now())]
    pub seen_at: Timestamp,
}

/// A country, perhaps part of another one.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("countries")]
#[index(by_size: size, code)]
#[has_many(
    parts: Country, members: Member, citizens: Person via Member,
    home_accounts: Account by home, resident_accounts: Account by residence,
    residents: Person via Account(residence, owner)
)]
pub struct Country {
    /// The key, a short text.
    #[key]
    #[max_len(4)]
    pub code: String,
    /// A number.
    pub size: i64,
    /// Perhaps a larger country, perhaps itself, perhaps in a circle.
    #[on_delete(cascade)]
    #[on_update(restrict)]
    pub part_of: Option<Id<Country>>,
}

/// A session of a person.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("sessions")]
#[has_many(follows: Follow)]
pub struct Session {
    /// The key, a UUID.
    #[key(uuid)]
    pub id: Id<Session>,
    /// Whose it is.
    #[on_delete(cascade)]
    pub person: Id<Person>,
    /// A number in an ordered index.
    #[index]
    pub opened: i64,
    /// A text with a default.
    #[default("web")]
    #[max_len(5)]
    pub client: String,
}

/// An account of a person.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("accounts")]
#[unique(holding: owner, home)]
#[index(by_standing: standing, opened)]
#[check(solvent: self.balance >= Decimal::ZERO || self.standing == Standing::Closed)]
#[check(placed: self.residence.is_some() || self.standing != Standing::Open)]
pub struct Account {
    /// The key.
    #[key]
    pub id: Id<Account>,
    /// Who cannot go before the account.
    #[on_update(restrict)]
    pub owner: Id<Person>,
    /// Where the account is; `AA` when that country goes.
    #[on_delete(set_default)]
    #[on_update(set_default)]
    #[default(Id::new("AA"))]
    pub home: Id<Country>,
    /// Where the owner lives.
    #[on_delete(set_null)]
    #[on_update(set_null)]
    pub residence: Option<Id<Country>>,
    /// What may be done with it.
    pub standing: Standing,
    /// A number, in a composite index.
    pub opened: i64,
    /// An amount of money.
    #[decimal(5, 2)]
    pub balance: Decimal,
}

/// A person's membership of a country.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("members")]
#[has_many(badges: Badge)]
pub struct Member {
    /// One half of the key.
    #[key]
    #[on_delete(cascade)]
    pub person: Id<Person>,
    /// The other half.
    #[key]
    #[on_delete(cascade)]
    pub country: Id<Country>,
    /// A number in a hash index.
    #[index(hash)]
    pub role: i64,
    /// A number in an ordered index.
    #[index]
    pub since: i64,
}

/// A badge of a member.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("badges")]
pub struct Badge {
    /// Whose it is: one half of the key, and itself a composite key.
    #[key]
    #[on_delete(cascade)]
    pub member: Id<Member>,
    /// The other half.
    #[key]
    pub kind: i64,
    /// Unique among all.
    #[unique]
    pub serial: i64,
    /// Who gave it. Never changes, so that person's key cannot either.
    #[immutable]
    pub issuer: Option<Id<Person>>,
}

/// What a person says of themselves: at most one each.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("profiles")]
#[has_many(students: Profile)]
pub struct Profile {
    /// The person's key is the profile's.
    #[key]
    #[on_delete(cascade)]
    pub person: Id<Person>,
    /// A text.
    #[max_len(8)]
    pub motto: String,
    /// Another profile, which cannot go before this one.
    pub mentor: Option<Id<Profile>>,
}

/// Someone who follows someone, perhaps themselves.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("follows")]
pub struct Follow {
    /// Who follows: one half of the key.
    #[key]
    #[on_delete(cascade)]
    pub fan: Id<Person>,
    /// Who is followed: the other half.
    #[key]
    #[on_delete(cascade)]
    pub idol: Id<Person>,
    /// Perhaps the session in which it began, which is a person's in its turn.
    #[on_delete(cascade)]
    pub since: Option<Id<Session>>,
}
