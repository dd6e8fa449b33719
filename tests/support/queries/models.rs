//! The models that random queries ask: every kind of index, key and relation, over columns with few values.

use bondstone::prelude::*;

/// Where people live. Its key is a text.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("towns")]
#[has_many(people: Person)]
pub(crate) struct Town {
    #[key]
    pub code: String,
    #[index(hash)]
    pub region: Option<String>,
    pub size: i64,
    #[unique]
    pub rank: Option<i64>,
}

/// Someone, perhaps of a town, perhaps with a boss.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("people")]
#[index(home: town_id, age)]
#[index(INITIAL)]
#[index(hash, LENGTH)]
#[unique(CALL)]
#[has_many(orders: Order by buyer_id, paid: Order by payer_id, staff: Person, labels: Label, tags: Tag via Label)]
#[has_one(badge: Badge)]
pub(crate) struct Person {
    #[key]
    pub id: Id<Person>,
    #[index]
    pub name: String,
    #[unique]
    pub nick: Option<String>,
    pub age: u32,
    #[index]
    pub score: Option<i64>,
    #[decimal(10, 2)]
    pub fee: Decimal,
    #[on_delete(set_null)]
    pub town_id: Option<Id<Town>>,
    #[on_delete(set_null)]
    pub boss_id: Option<Id<Person>>,
}

impl Person {
    #[hybrid]
    pub(crate) fn initial(&self) -> Option<String> {
        self.name.chars().next().map(String::from)
    }

    #[hybrid]
    pub(crate) fn length(&self) -> i64 {
        self.name.chars().count() as i64
    }

    #[hybrid]
    pub(crate) fn is_grown(&self) -> bool {
        self.age >= 3
    }

    /// Unique among those who have grown.
    #[hybrid(unique)]
    pub(crate) fn call(&self) -> Option<String> {
        self.nick.as_ref().filter(|_| self.is_grown()).map(|nick| format!("{nick}!"))
    }

    #[hybrid]
    pub(crate) fn spent(&self, db: &View) -> i64 {
        self.orders(db).into_iter().map(|order| order.cents).sum()
    }
}

/// What at most one of a person is.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("badges")]
pub(crate) struct Badge {
    #[key]
    pub id: Id<Badge>,
    #[unique]
    #[on_delete(cascade)]
    pub person_id: Id<Person>,
    pub number: Option<i64>,
}

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
pub(crate) enum State {
    Open,
    Paid,
    Sent,
}

/// An order, perhaps paid by someone else than its buyer.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("orders")]
#[index(by_state: state, day, cents)]
#[unique(ticket: buyer_id, number)]
pub(crate) struct Order {
    #[key]
    pub id: Id<Order>,
    #[on_delete(cascade)]
    pub buyer_id: Id<Person>,
    #[on_delete(set_null)]
    pub payer_id: Option<Id<Person>>,
    pub state: State,
    pub day: Option<i64>,
    pub cents: i64,
    pub number: i64,
    #[index(hash)]
    pub note: Option<String>,
}

/// A tag, perhaps below another one, in circles too.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("tags")]
#[has_many(subtags: Tag, labels: Label, people: Person via Label)]
pub(crate) struct Tag {
    #[key]
    pub id: Id<Tag>,
    #[unique]
    pub word: String,
    pub weight: Option<i64>,
    #[on_delete(cascade)]
    pub parent_id: Option<Id<Tag>>,
}

/// A tag on a person.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("labels")]
pub(crate) struct Label {
    #[key]
    #[on_delete(cascade)]
    pub person_id: Id<Person>,
    #[key]
    #[on_delete(cascade)]
    pub tag_id: Id<Tag>,
    pub strength: Option<i64>,
}
