//! What can be asked, as data: tables and columns, keys to compare and sort by, relations. It says the meaning of each
//! a second time, for the naive evaluation and for SQL; what it is in bondstone stands in `typed`.

use std::fmt;

use super::cell::{Cell, Kind};
use super::question::Order;

/// The tables. Parents come before their children.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Where people live.
    Towns,
    /// Who buys and pays.
    People,
    /// One of a person at most.
    Badges,
    /// Of a buyer, perhaps with a payer.
    Orders,
    /// A hierarchy.
    Tags,
    /// Which people have which tags.
    Labels,
}

/// A column.
#[derive(Debug)]
pub struct Column {
    /// Its name, in SQL too.
    pub name: &'static str,
    /// What its values are. If they are keys of rows, it refers to them.
    pub kind: Kind,
    /// May it be null?
    pub nullable: bool,
}

/// What rows are compared, sorted and grouped by.
pub struct Key {
    /// How `typed` knows it.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// Its meaning.
    pub read: Read,
}

/// How a value comes from a row.
pub enum Read {
    /// What stands in a column.
    Column(&'static str),
    /// Something of the row that a column refers to; null if there is none.
    Up(&'static str, &'static Self),
    /// How many rows a relation leads to.
    Size(&'static [Step]),
    /// The sum of something of the rows that a relation leads to; 0 of none.
    Sum(&'static [Step], &'static Self),
    /// Something calculated: what, and the same in SQL, where `{0}` is the first of the values.
    Calc(&'static [Self], fn(&[Cell]) -> Cell, &'static str),
}

/// A relation.
pub struct Relation {
    /// How `typed` knows it.
    pub name: &'static str,
    /// Its meaning.
    pub steps: &'static [Step],
}

/// From a row to others.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// To the row that a column refers to.
    Up(&'static str),
    /// To the rows of a table that refer here by a column.
    Down(Table, &'static str),
}

/// A table's key that has values like another table's.
#[derive(Debug)]
pub struct Joint {
    /// How `typed` knows it.
    pub name: &'static str,
    /// The key.
    pub left_key: &'static str,
    /// The other table.
    pub right: Table,
    /// Its key.
    pub right_key: &'static str,
}

/// Two keys of one type.
pub type Pair = (&'static str, &'static str);

/// All that can be asked of a table.
pub struct Specification {
    /// Its name.
    pub name: &'static str,
    /// Its columns, those of its key first.
    pub columns: &'static [Column],
    /// How many of them are its key.
    pub key_width: usize,
    /// Keys to compare and sort by.
    pub keys: &'static [Key],
    /// Keys that are compared with each other.
    pub pairs: &'static [Pair],
    /// Relations to several rows.
    pub manies: &'static [Relation],
    /// Relations to one row at most.
    pub ones: &'static [Relation],
    /// A column with numbers that are not null, for closures.
    pub number: &'static str,
    /// A column with numbers, for sums.
    pub measure: &'static str,
    /// What it is joined by.
    pub joints: &'static [Joint],
    /// The column that refers to the table's own rows.
    pub hierarchy: Option<&'static str>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Debug for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Table {
    /// All tables.
    pub const ALL: [Self; 6] =
        [Self::Towns, Self::People, Self::Badges, Self::Orders, Self::Tags, Self::Labels];

    /// What can be asked of it.
    #[must_use]
    pub const fn specification(self) -> &'static Specification {
        match self {
            Self::Towns => &TOWNS,
            Self::People => &PEOPLE,
            Self::Badges => &BADGES,
            Self::Orders => &ORDERS,
            Self::Tags => &TAGS,
            Self::Labels => &LABELS,
        }
    }

    /// The place of a column.
    ///
    /// # Panics
    /// There is none of that name.
    #[must_use]
    pub fn column(self, name: &str) -> usize {
        let columns = self.specification().columns;
        let place = columns.iter().position(|column| column.name == name);
        place.unwrap_or_else(|| panic!("{self:?} has no column {name}"))
    }

    /// The table that a column refers to.
    ///
    /// # Panics
    /// The column refers to none.
    #[must_use]
    pub fn parent(self, column: &str) -> Self {
        match self.specification().columns[self.column(column)].kind {
            Kind::Key(table) => table,
            kind => panic!("{column} of {self:?} holds a {kind:?}"),
        }
    }

    /// A key by its name.
    ///
    /// # Panics
    /// There is none of that name.
    #[must_use]
    pub fn key(self, name: &str) -> &'static Key {
        let key = self.specification().keys.iter().find(|key| key.name == name);
        key.unwrap_or_else(|| panic!("{self:?} has no key {name}"))
    }

    /// The order of the table's keys.
    #[must_use]
    pub fn total_order(self) -> Vec<Order> {
        let columns = &self.specification().columns[..self.specification().key_width];
        let by = |key| Order { key, descending: false, nulls_first: None };
        columns.iter().map(|column| by(self.key(column.name))).collect()
    }

    /// Where steps lead.
    #[must_use]
    pub fn reached(self, steps: &[Step]) -> Self {
        steps.iter().fold(self, |table, step| match step {
            Step::Up(column) => table.parent(column),
            Step::Down(child, _) => *child,
        })
    }
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, nullable: false }
}

const fn optional(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, nullable: true }
}

const fn plain(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, read: Read::Column(name) }
}

const fn key(name: &'static str, kind: Kind, read: Read) -> Key {
    Key { name, kind, read }
}

const fn relation(name: &'static str, steps: &'static [Step]) -> Relation {
    Relation { name, steps }
}

/// A calculation with two numbers; null with a null.
fn both(cells: &[Cell], calculate: impl Fn(i64, i64) -> Option<i64>) -> Cell {
    let (left, right) = (cells[0].number(), cells[1].number());
    left.zip(right).and_then(|(left, right)| calculate(left, right)).into()
}

const fn joint(
    name: &'static str,
    left_key: &'static str,
    right: Table,
    right_key: &'static str,
) -> Joint {
    Joint { name, left_key, right, right_key }
}

use Kind::{Flag, Key as KeyOf, Money, Name, Natural, Number, Rank, State, Word};
use Read::{Calc, Column as Of, Size, Sum, Up};
use Step::{Down, Up as To};
use Table::{Badges, Labels, Orders, People, Tags, Towns};

static TOWNS: Specification = Specification {
    name: "towns",
    columns: &[
        column("code", KeyOf(Towns)),
        optional("region", Word),
        column("size", Number),
        optional("rank", Rank),
    ],
    key_width: 1,
    keys: &[
        plain("region", Word),
        plain("code", KeyOf(Towns)),
        plain("size", Number),
        plain("rank", Rank),
        key("number of people", Natural, Size(PEOPLE_OF_TOWN)),
        key(
            "rank + size",
            Number,
            Calc(&[Of("rank"), Of("size")], |cells| both(cells, i64::checked_add), "({0} + {1})"),
        ),
    ],
    pairs: &[("rank", "size"), ("size", "rank")],
    manies: &[relation("people", PEOPLE_OF_TOWN)],
    ones: &[],
    number: "size",
    measure: "size",
    joints: &[
        joint("region = name", "region", People, "name"),
        joint("code = town_id", "code", People, "town_id.code"),
        joint("size = cents", "size", Orders, "cents"),
    ],
    hierarchy: None,
};

const PEOPLE_OF_TOWN: &[Step] = &[Down(People, "town_id")];
const ORDERS_OF_PERSON: &[Step] = &[Down(Orders, "buyer_id")];
const STAFF: &[Step] = &[Down(People, "boss_id")];
const TAGS_OF_PERSON: &[Step] = &[Down(Labels, "person_id"), To("tag_id")];

static PEOPLE: Specification = Specification {
    name: "people",
    columns: &[
        column("id", KeyOf(People)),
        column("name", Word),
        optional("nick", Name),
        column("age", Natural),
        optional("score", Number),
        column("fee", Money),
        optional("town_id", KeyOf(Towns)),
        optional("boss_id", KeyOf(People)),
    ],
    key_width: 1,
    keys: &[
        plain("name", Word),
        plain("score", Number),
        plain("age", Natural),
        plain("id", KeyOf(People)),
        plain("nick", Name),
        plain("fee", Money),
        plain("town_id", KeyOf(Towns)),
        plain("boss_id", KeyOf(People)),
        key("initial", Word, Calc(&[Of("name")], initial, "NULLIF(substr({0}, 1, 1), '')")),
        key("length", Natural, Calc(&[Of("name")], length, "length({0})")),
        key("is_grown", Flag, IS_GROWN),
        key(
            "call",
            Name,
            Calc(&[Of("nick"), Of("age")], call, "CASE WHEN {1} >= 3 THEN {0} || '!' END"),
        ),
        key("spent", Number, Sum(ORDERS_OF_PERSON, &Of("cents"))),
        key("town_id.region", Word, Up("town_id", &Of("region"))),
        key("town_id.code", KeyOf(Towns), Up("town_id", &Of("code"))),
        key("town_id.size", Number, Up("town_id", &Of("size"))),
        key("boss_id.age", Natural, Up("boss_id", &Of("age"))),
        key("boss_id.is_grown", Flag, Up("boss_id", &IS_GROWN)),
        key("boss_id.boss_id", KeyOf(People), Up("boss_id", &Of("boss_id"))),
        key("boss_id.boss_id.name", Word, Up("boss_id", &Up("boss_id", &Of("name")))),
        key("boss_id.town_id.rank", Rank, Up("boss_id", &Up("town_id", &Of("rank")))),
        key(
            "age - 3",
            Natural,
            // What is less than nothing is null.
            Calc(
                &[Of("age")],
                |cells| cells[0].number().map(|age| age - 3).filter(|rest| *rest >= 0).into(),
                "CASE WHEN {0} >= 3 THEN {0} - 3 END",
            ),
        ),
        key(
            "score * 2 + 1",
            Number,
            Calc(
                &[Of("score")],
                |cells| cells[0].number().map(|score| score * 2 + 1).into(),
                "({0} * 2 + 1)",
            ),
        ),
        key(
            "score / age",
            Number,
            Calc(&[Of("score"), Of("age")], |cells| both(cells, i64::checked_div), "({0} / {1})"),
        ),
        key("number of orders", Natural, Size(ORDERS_OF_PERSON)),
        key("number of staff", Natural, Size(STAFF)),
        key("number of tags", Natural, Size(TAGS_OF_PERSON)),
    ],
    pairs: &[
        ("score", "length"),
        ("age", "boss_id.age"),
        ("boss_id.age", "age"),
        ("score", "town_id.size"),
        ("initial", "town_id.region"),
        ("number of orders", "number of tags"),
        ("nick", "call"),
        ("score * 2 + 1", "spent"),
    ],
    manies: &[
        relation("orders", ORDERS_OF_PERSON),
        relation("paid", &[Down(Orders, "payer_id")]),
        relation("staff", STAFF),
        relation("labels", &[Down(Labels, "person_id")]),
        relation("tags", TAGS_OF_PERSON),
    ],
    ones: &[
        relation("town_id", &[To("town_id")]),
        relation("boss_id", &[To("boss_id")]),
        relation("badge", &[Down(Badges, "person_id")]),
        relation("boss_id.town_id", &[To("boss_id"), To("town_id")]),
    ],
    number: "age",
    measure: "score",
    joints: &[
        joint("id = buyer_id", "id", Orders, "buyer_id"),
        joint("score = score", "score", People, "score"),
        joint("nick = word", "nick", Tags, "word"),
        joint("boss_id = boss_id", "boss_id", People, "boss_id"),
        joint("boss_id = id", "boss_id", People, "id"),
        joint("name = initial", "name", People, "initial"),
        joint("town_id.region = region", "town_id.region", Towns, "region"),
        joint("score * 2 + 1 = day", "score * 2 + 1", Orders, "day"),
    ],
    hierarchy: Some("boss_id"),
};

fn initial(cells: &[Cell]) -> Cell {
    let first = cells[0].text().and_then(|name| name.chars().next());
    first.map_or(Cell::Null, |first| Cell::Text(first.to_string()))
}

fn length(cells: &[Cell]) -> Cell {
    cells[0].text().map(|name| name.chars().count() as i64).into()
}

const IS_GROWN: Read = Calc(
    &[Of("age")],
    |cells| cells[0].number().map(|age| i64::from(age >= 3)).into(),
    "({0} >= 3)",
);

fn call(cells: &[Cell]) -> Cell {
    match (cells[0].text(), cells[1].number()) {
        (Some(nick), Some(3..)) => Cell::Text(format!("{nick}!")),
        _ => Cell::Null,
    }
}

static BADGES: Specification = Specification {
    name: "badges",
    columns: &[
        column("id", KeyOf(Badges)),
        column("person_id", KeyOf(People)),
        optional("number", Number),
    ],
    key_width: 1,
    keys: &[
        plain("number", Number),
        plain("id", KeyOf(Badges)),
        plain("person_id", KeyOf(People)),
        key("person_id.score", Number, Up("person_id", &Of("score"))),
        key("person_id.name", Word, Up("person_id", &Of("name"))),
    ],
    pairs: &[("number", "person_id.score")],
    manies: &[],
    ones: &[relation("person_id", &[To("person_id")])],
    number: "id",
    measure: "number",
    joints: &[joint("number = score", "number", People, "score")],
    hierarchy: None,
};

static ORDERS: Specification = Specification {
    name: "orders",
    columns: &[
        column("id", KeyOf(Orders)),
        column("buyer_id", KeyOf(People)),
        optional("payer_id", KeyOf(People)),
        column("state", State),
        optional("day", Number),
        column("cents", Number),
        column("number", Rank),
        optional("note", Word),
    ],
    key_width: 1,
    keys: &[
        plain("state", State),
        plain("day", Number),
        plain("cents", Number),
        plain("id", KeyOf(Orders)),
        plain("buyer_id", KeyOf(People)),
        plain("payer_id", KeyOf(People)),
        plain("number", Rank),
        plain("note", Word),
        key("buyer_id.name", Word, Up("buyer_id", &Of("name"))),
        key("buyer_id.nick", Name, Up("buyer_id", &Of("nick"))),
        key("payer_id.score", Number, Up("payer_id", &Of("score"))),
        key("buyer_id.town_id.region", Word, Up("buyer_id", &Up("town_id", &Of("region")))),
        key("buyer_id.boss_id", KeyOf(People), Up("buyer_id", &Of("boss_id"))),
        key(
            "cents * day",
            Number,
            Calc(&[Of("cents"), Of("day")], |cells| both(cells, i64::checked_mul), "({0} * {1})"),
        ),
        key(
            "5 - day",
            Number,
            Calc(&[Of("day")], |cells| cells[0].number().map(|day| 5 - day).into(), "(5 - {0})"),
        ),
    ],
    pairs: &[
        ("buyer_id", "payer_id"),
        ("payer_id", "buyer_id"),
        ("day", "cents"),
        ("note", "buyer_id.name"),
        ("payer_id.score", "cents"),
    ],
    manies: &[],
    ones: &[
        relation("buyer_id", &[To("buyer_id")]),
        relation("payer_id", &[To("payer_id")]),
        relation("buyer_id.town_id", &[To("buyer_id"), To("town_id")]),
    ],
    number: "cents",
    measure: "cents",
    joints: &[
        joint("note = note", "note", Orders, "note"),
        joint("payer_id = id", "payer_id", People, "id"),
        joint("buyer_id = person_id", "buyer_id", Labels, "person_id"),
        joint("day = rank", "day", Towns, "rank"),
    ],
    hierarchy: None,
};

const SUBTAGS: &[Step] = &[Down(Tags, "parent_id")];
const PEOPLE_OF_TAG: &[Step] = &[Down(Labels, "tag_id"), To("person_id")];

static TAGS: Specification = Specification {
    name: "tags",
    columns: &[
        column("id", KeyOf(Tags)),
        column("word", Name),
        optional("weight", Number),
        optional("parent_id", KeyOf(Tags)),
    ],
    key_width: 1,
    keys: &[
        plain("word", Name),
        plain("weight", Number),
        plain("id", KeyOf(Tags)),
        plain("parent_id", KeyOf(Tags)),
        key("parent_id.word", Name, Up("parent_id", &Of("word"))),
        key("parent_id.weight", Number, Up("parent_id", &Of("weight"))),
        key("parent_id.parent_id", KeyOf(Tags), Up("parent_id", &Of("parent_id"))),
        key("number of subtags", Natural, Size(SUBTAGS)),
        key("number of people", Natural, Size(PEOPLE_OF_TAG)),
    ],
    pairs: &[("weight", "parent_id.weight"), ("parent_id", "id")],
    manies: &[
        relation("subtags", SUBTAGS),
        relation("people", PEOPLE_OF_TAG),
        relation("labels", &[Down(Labels, "tag_id")]),
    ],
    ones: &[relation("parent_id", &[To("parent_id")])],
    number: "id",
    measure: "weight",
    joints: &[
        joint("weight = strength", "weight", Labels, "strength"),
        joint("word = call", "word", People, "call"),
    ],
    hierarchy: Some("parent_id"),
};

static LABELS: Specification = Specification {
    name: "labels",
    columns: &[
        column("person_id", KeyOf(People)),
        column("tag_id", KeyOf(Tags)),
        optional("strength", Number),
    ],
    key_width: 2,
    keys: &[
        plain("strength", Number),
        plain("person_id", KeyOf(People)),
        plain("tag_id", KeyOf(Tags)),
        key("person_id.name", Word, Up("person_id", &Of("name"))),
        key("tag_id.weight", Number, Up("tag_id", &Of("weight"))),
        key("tag_id.parent_id.word", Name, Up("tag_id", &Up("parent_id", &Of("word")))),
    ],
    pairs: &[("strength", "tag_id.weight")],
    manies: &[],
    ones: &[
        relation("person_id", &[To("person_id")]),
        relation("tag_id", &[To("tag_id")]),
        relation("tag_id.parent_id", &[To("tag_id"), To("parent_id")]),
    ],
    number: "person_id",
    measure: "strength",
    joints: &[joint("tag_id = tag_id", "tag_id", Labels, "tag_id")],
    hierarchy: None,
};
