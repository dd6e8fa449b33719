//! The unique keys, ordered columns and relations of the world: what the oracle knows of each, and how the engine is asked.

use std::cmp::Ordering;
use std::ops::Bound;

use bondstone::prelude::*;

use crate::datum::{Cell, Datum, Values};
use crate::fixture::Fixture;
use crate::specification::Table;
use crate::world::{Account, Badge, Country, Follow, Member, Person, Profile, Session};

/// A column's place and its new value.
pub type Change = (usize, Datum);

type Find = fn(&View, &[Datum]) -> Option<Values>;
type Upsert = fn(&mut Tx, &[Datum], &[Change]) -> Result<(bool, Datum), Error>;
type Range = fn(&View, Bound<&Datum>, Bound<&Datum>) -> Vec<Values>;
type Ids = fn(&View, Bound<&Datum>, Bound<&Datum>) -> Vec<Datum>;
type Walk = fn(&View, &[Datum]) -> Walked;
type Pairs = fn(&View) -> Vec<(Values, Vec<Values>)>;

/// A unique key.
#[derive(Clone, Copy)]
pub struct Unique {
    /// The table.
    pub table: Table,
    /// Its place among the table's unique keys.
    pub place: usize,
    /// Its columns.
    pub columns: &'static [usize],
    /// Finds the row with these values.
    pub find: Find,
    /// Inserts or changes a row. True if it was inserted; and its key.
    pub upsert: Upsert,
}

/// A column with an order.
#[derive(Clone, Copy)]
pub struct Ordered {
    /// The table.
    pub table: Table,
    /// The column.
    pub column: usize,
    /// The order of its values.
    pub order: fn(&Datum, &Datum) -> Ordering,
    /// The rows between two bounds.
    pub range: Range,
    /// Their keys alone.
    pub ids: Ids,
}

/// How rows are related.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the rows that refer to them by this column.
    Children(usize),
    /// To the row that they refer to by this column.
    Parent(usize),
    /// By rows of an association, by these columns: to this side, and to the other.
    Via(Table, usize, usize),
}

/// A relation.
#[derive(Clone, Copy)]
pub struct Relation {
    /// From here
    pub from: Table,
    /// to there.
    pub to: Table,
    /// How.
    pub way: Way,
    /// The rows that a row, which may be anywhere, is related to.
    pub walk: Walk,
    /// All rows with those that they are related to, if there is a way to ask.
    pub pairs: Option<Pairs>,
}

/// What a walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// The rows.
    pub rows: Vec<Values>,
    /// How many there are said to be.
    pub count: usize,
    /// Whether there is said to be none.
    pub empty: bool,
}

fn found<M: Fixture>(row: Option<&M>) -> Option<Values> {
    row.map(Fixture::values)
}

fn changed<M: Fixture>(row: &mut M, changes: &[Change]) {
    for (column, value) in changes {
        row.set(*column, value);
    }
}

fn upserted<M: Fixture>(done: Upserted<Id<M>>) -> (bool, Datum) {
    match done {
        Upserted::Inserted(id) => (true, M::key_of(&id)),
        Upserted::Updated(id) => (false, M::key_of(&id)),
    }
}

fn related<M: Fixture>(related: Related<'_, M>) -> Walked {
    let rows = related.iter().map(Fixture::values).collect();
    debug_assert_eq!(related.all().len(), related.iter().fold(0, |count, _| count + 1));
    Walked { rows, count: related.count(), empty: related.first().is_none() && related.is_empty() }
}

fn one<M: Fixture>(row: Option<&M>) -> Walked {
    let rows: Vec<Values> = row.map(Fixture::values).into_iter().collect();
    Walked { count: rows.len(), empty: rows.is_empty(), rows }
}

/// Both bounds as values of the column's type.
fn bounds<V: Cell>(low: Bound<&Datum>, high: Bound<&Datum>) -> (Bound<V>, Bound<V>) {
    (low.map(V::cell), high.map(V::cell))
}

macro_rules! unique {
    ($model:ident in $table:ident, $place:literal, $constant:expr, [$($column:literal: $ty:ty),+]) => {
        Unique {
            table: Table::$table,
            place: $place,
            columns: &[$($column),+],
            find: |view, values| {
                found::<$model>(view.find($constant, unique!(@lookup values, $($column: $ty),+)))
            },
            upsert: |tx, values, changes| {
                let new = $model::of(values).fresh();
                tx.upsert($constant, new, |row| changed(row, changes)).map(upserted)
            },
        }
    };
    (@lookup $values:ident, $column:literal: $ty:ty) => { <$ty>::cell(&$values[$column]) };
    (@lookup $values:ident, $($column:literal: $ty:ty),+) => { ($(<$ty>::cell(&$values[$column])),+) };
}

/// The unique keys.
pub const UNIQUES: [Unique; 4] = [
    unique!(Person in People, 0, Person::NAME, [1: String]),
    unique!(Person in People, 1, Person::NICK, [2: Option<String>]),
    unique!(Account in Accounts, 0, Account::HOLDING, [1: Id<Person>, 2: Id<Country>]),
    unique!(Badge in Badges, 0, Badge::SERIAL, [2: i64]),
];

macro_rules! ordered {
    ($table:ident, $column:literal, $constant:expr, $ty:ty, $order:expr) => {
        Ordered {
            table: Table::$table,
            column: $column,
            order: $order,
            range: |view, low, high| {
                view.range($constant, bounds::<$ty>(low, high)).map(Fixture::values).collect()
            },
            ids: |view, low, high| {
                let ids = view.range($constant, bounds::<$ty>(low, high)).ids();
                ids.map(|id| Fixture::key_of(&id)).collect()
            },
        }
    };
}

/// Columns with an order: indexed ones of every kind, and one without an index.
pub const ORDERED: [Ordered; 8] = [
    ordered!(People, 3, Person::AGE, i64, Ord::cmp),
    ordered!(People, 4, Person::TOWN, String, Ord::cmp),
    ordered!(People, 6, Person::GRADE, crate::world::Grade, |left, right| right.cmp(left)),
    ordered!(People, 7, Person::SCORE, Option<i64>, Ord::cmp),
    ordered!(People, 5, Person::TEAM, i64, Ord::cmp),
    ordered!(Sessions, 2, Session::OPENED, i64, Ord::cmp),
    ordered!(Members, 3, Member::SINCE, i64, Ord::cmp),
    ordered!(Countries, 0, Country::CODE, String, Ord::cmp),
];

macro_rules! children {
    ($from:ident in $table:ident, $to:ident, $column:literal, $method:ident, $constant:expr) => {
        Relation {
            from: Table::$table,
            to: Table::$to,
            way: Way::Children($column),
            walk: |view, row| related($from::of(row).$method(view)),
            pairs: Some(|view| {
                let pairs = view.with_children($constant);
                pairs.map(|(row, children)| (row.values(), related(children).rows)).collect()
            }),
        }
    };
}

macro_rules! via {
    ($from:ident in $table:ident, $to:ident, $join:ident, $near:literal, $far:literal, $method:ident) => {
        Relation {
            from: Table::$table,
            to: Table::$to,
            way: Way::Via(Table::$join, $near, $far),
            walk: |view, row| related($from::of(row).$method(view)),
            pairs: None,
        }
    };
}

macro_rules! parent {
    ($from:ident in $table:ident, $to:ident, $column:literal, $constant:expr) => {
        Relation {
            from: Table::$table,
            to: Table::$to,
            way: Way::Parent($column),
            walk: |view, row| one($constant.of(&$from::of(row), view)),
            pairs: Some(|view| {
                let pairs = view.with_parent($constant);
                pairs.map(|(row, parent)| (row.values(), one(parent).rows)).collect()
            }),
        }
    };
}

/// The relations.
pub const RELATIONS: &[Relation] = &[
    children!(Person in People, People, 9, reports, Person::REPORTS),
    children!(Person in People, Sessions, 1, sessions, Person::SESSIONS),
    children!(Person in People, Accounts, 1, accounts, Person::ACCOUNTS),
    children!(Person in People, Members, 0, memberships, Person::MEMBERSHIPS),
    children!(Person in People, Badges, 3, issued, Person::ISSUED),
    children!(Country in Countries, Countries, 2, parts, Country::PARTS),
    children!(Country in Countries, Members, 1, members, Country::MEMBERS),
    children!(Country in Countries, Accounts, 2, home_accounts, Country::HOME_ACCOUNTS),
    children!(Country in Countries, Accounts, 3, resident_accounts, Country::RESIDENT_ACCOUNTS),
    children!(Member in Members, Badges, 0, badges, Member::BADGES),
    children!(Profile in Profiles, Profiles, 2, students, Profile::STUDENTS),
    via!(Person in People, Countries, Members, 0, 1, countries),
    via!(Country in Countries, People, Members, 1, 0, citizens),
    children!(Person in People, Follows, 0, following, Person::FOLLOWING),
    children!(Person in People, Follows, 1, followed, Person::FOLLOWED),
    children!(Session in Sessions, Follows, 2, follows, Session::FOLLOWS),
    via!(Person in People, People, Follows, 0, 1, idols),
    via!(Person in People, People, Follows, 1, 0, fans),
    via!(Person in People, Countries, Accounts, 1, 3, residences),
    via!(Country in Countries, People, Accounts, 3, 1, residents),
    Relation {
        from: Table::People,
        to: Table::Profiles,
        way: Way::Children(0),
        walk: |view, row| one(Person::of(row).profile(view)),
        pairs: None,
    },
    parent!(Person in People, People, 9, Person::BOSS),
    parent!(Country in Countries, Countries, 2, Country::PART_OF),
    parent!(Session in Sessions, People, 1, Session::PERSON),
    parent!(Account in Accounts, People, 1, Account::OWNER),
    parent!(Account in Accounts, Countries, 2, Account::HOME),
    parent!(Account in Accounts, Countries, 3, Account::RESIDENCE),
    parent!(Member in Members, People, 0, Member::PERSON),
    parent!(Member in Members, Countries, 1, Member::COUNTRY),
    parent!(Badge in Badges, Members, 0, Badge::MEMBER),
    parent!(Badge in Badges, People, 3, Badge::ISSUER),
    parent!(Profile in Profiles, People, 0, Profile::PERSON),
    parent!(Profile in Profiles, Profiles, 2, Profile::MENTOR),
    parent!(Follow in Follows, People, 0, Follow::FAN),
    parent!(Follow in Follows, People, 1, Follow::IDOL),
    parent!(Follow in Follows, Sessions, 2, Follow::SINCE),
];
