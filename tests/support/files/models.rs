//! The models of the program, with a column of every kind and a rule of every kind; and those of the version before it.

use std::collections::{BTreeMap, BTreeSet};

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[table("authors")]
#[has_many(posts: Post)]
#[check(of_age: self.age >= 18)]
pub struct Author {
    #[key]
    pub id: Id<Author>,
    #[unique]
    #[max_len(8)]
    pub name: String,
    #[index]
    pub age: i32,
    #[acyclic]
    pub mentor_id: Option<Id<Author>>,
    #[decimal(8, 2)]
    #[default(dec!(0))]
    pub balance: Decimal,
    pub joined: Timestamp,
}

#[derive(Clone, Debug, Model)]
#[table("posts")]
#[unique(by_author_and_slug: author_id, slug)]
pub struct Post {
    #[key(uuid)]
    pub id: Id<Post>,
    #[on_delete(cascade)]
    pub author_id: Id<Author>,
    pub slug: Option<String>,
    #[index(hash)]
    pub state: State,
    #[on_delete(set_null)]
    pub tag: Option<Id<Tag>>,
    #[default]
    pub scores: Vec<(i16, Option<u8>)>,
}

#[derive(Clone, Debug, Model)]
#[table("tags")]
pub struct Tag {
    #[key]
    pub word: String,
    #[index]
    pub rank: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
pub enum State {
    Draft,
    Sent { on: Date, to: Vec<String> },
    Gone(String),
}

#[derive(Clone, Debug, PartialEq, Value)]
pub enum Tree {
    Leaf(u8),
    Text(String),
    Branches(Vec<Tree>),
}

/// A column of every other type, and a key of two.
#[derive(Clone, Debug, Model)]
#[table("things")]
pub struct Thing {
    #[key]
    pub shelf: u16,
    #[key]
    pub place: String,
    pub switch: bool,
    pub large: (u128, i128, u64, i64),
    pub floats: (f32, f64),
    pub letter: char,
    pub set: BTreeSet<i64>,
    pub map: BTreeMap<String, u8>,
    pub array: [u8; 3],
    pub uuid: Uuid,
    pub tree: Tree,
}

/// The version of the program before this one.
pub mod before {
    use super::*;

    #[derive(Clone, Debug, Model)]
    #[table("authors")]
    #[has_many(posts: Post)]
    pub struct Author {
        #[key]
        pub id: Id<Author>,
        pub age: i16,
        pub nick: Option<String>,
        pub joined: Timestamp,
        #[unique]
        pub name: String,
        pub mentor_id: Option<Id<Author>>,
    }

    #[derive(Clone, Debug, Model)]
    #[table("posts")]
    pub struct Post {
        #[key(uuid)]
        pub id: Id<Post>,
        #[on_delete(cascade)]
        pub author_id: Id<Author>,
        pub slug: String,
        pub state: State,
    }

    /// Found by its number then, by its word now.
    #[derive(Clone, Debug, Model)]
    #[table("tags")]
    pub struct Tag {
        #[key]
        pub number: u16,
        pub word: String,
        pub rank: u8,
    }

    #[derive(Clone, Debug, PartialEq, Value)]
    pub enum State {
        Gone(String),
        Draft,
    }

    #[derive(Clone, Debug, Model)]
    #[table("forgotten")]
    pub struct Forgotten {
        #[key]
        pub id: Id<Forgotten>,
        pub text: String,
    }
}

/// All rows as text, in the order of their keys.
pub fn rows(snap: &View) -> Vec<String> {
    let mut rows = Vec::new();
    rows.extend(snap.query::<Author>().order_by_key().into_iter().map(|row| format!("{row:?}")));
    rows.extend(snap.query::<Post>().order_by_key().into_iter().map(|row| format!("{row:?}")));
    rows.extend(snap.query::<Tag>().order_by_key().into_iter().map(|row| format!("{row:?}")));
    rows.extend(snap.query::<Thing>().order_by_key().into_iter().map(|row| format!("{row:?}")));
    rows
}
