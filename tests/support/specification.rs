//! What the oracle knows of the world: its rules and the values to choose from, written down a second time and by hand.
//!
//! Nothing here is taken from the models' definitions, so a rule that the engine or the derive forgets is missed.

use crate::datum::Datum;

/// A table of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// `Person`
    People,
    /// `Country`
    Countries,
    /// `Session`
    Sessions,
    /// `Account`
    Accounts,
    /// `Member`
    Members,
    /// `Badge`
    Badges,
    /// `Profile`
    Profiles,
    /// `Follow`
    Follows,
}

/// All tables.
pub const TABLES: [Table; 8] = [
    Table::People,
    Table::Countries,
    Table::Sessions,
    Table::Accounts,
    Table::Members,
    Table::Badges,
    Table::Profiles,
    Table::Follows,
];

/// What happens to a reference when its parent goes, or takes another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The parent stays.
    Restrict,
    /// The row goes too, or follows.
    Cascade,
    /// The reference becomes null.
    SetNull,
    /// The reference takes its default.
    SetDefault,
}

/// The values that a column is given.
#[derive(Clone, Copy, Debug)]
pub enum Domain {
    /// One of these.
    Ints(&'static [i64]),
    /// From 0 to this.
    UpTo(i64),
    /// One of these.
    Texts(&'static [&'static str]),
    /// `n0` to `n63`, and one that is too long.
    Names,
    /// As `Names`, or null.
    MaybeNames,
    /// One of these, or null.
    MaybeInts(&'static [i64]),
    /// One of these mantissas and scales.
    Amounts(&'static [(i128, u32)]),
    /// A number that is a key.
    Number,
    /// One of a few UUIDs.
    Uuids,
    /// The key of a row there, seldom one that is not there.
    Of(Table),
    /// As `Of`, or null.
    MaybeOf(Table),
}

/// What the engine puts in when none is given.
#[derive(Clone, Copy, Debug)]
pub enum Filled {
    /// Nothing: it is always given.
    No,
    /// The next number.
    Number,
    /// The next UUID.
    Uuid,
    /// The transaction's time.
    Now,
    /// A default.
    Int(i64),
    /// A default.
    Text(&'static str),
    /// Null.
    Null,
}

/// A limit of one column.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    /// None.
    No,
    /// So many characters.
    Chars(usize),
    /// So many digits, so many of them after the point.
    Digits(u32, u32),
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it is given.
    pub domain: Domain,
    /// What is put in.
    pub filled: Filled,
    /// Its limit.
    pub bound: Bound,
    /// Can it not change?
    pub immutable: bool,
    /// Does it take the time of each update?
    pub touched: bool,
}

/// A foreign key.
#[derive(Clone, Copy, Debug)]
pub struct Reference {
    /// The constraint's name.
    pub name: &'static str,
    /// The column's place.
    pub column: usize,
    /// The table it refers to.
    pub target: Table,
    /// What happens when the parent goes.
    pub on_delete: Action,
    /// What happens when the parent's key changes.
    pub on_update: Action,
}

/// A condition that every row meets.
pub type Check = (&'static str, fn(&[Datum]) -> bool);

/// A table's rules.
#[derive(Clone, Copy, Debug)]
pub struct Specification {
    /// The table's name.
    pub name: &'static str,
    /// The key constraint's name.
    pub key_name: &'static str,
    /// The columns.
    pub columns: &'static [Column],
    /// The columns of the key.
    pub key: &'static [usize],
    /// Names and columns of what is unique.
    pub uniques: &'static [(&'static str, &'static [usize])],
    /// The foreign keys.
    pub references: &'static [Reference],
    /// The conditions.
    pub checks: &'static [Check],
    /// Columns that stand alone in an index of several rows for a key.
    pub indexed: &'static [usize],
}

const PLAIN: Column = Column {
    name: "",
    domain: Domain::UpTo(0),
    filled: Filled::No,
    bound: Bound::No,
    immutable: false,
    touched: false,
};

const fn column(name: &'static str, domain: Domain) -> Column {
    Column { name, domain, ..PLAIN }
}

const fn reference(
    name: &'static str,
    column: usize,
    target: Table,
    on_delete: Action,
    on_update: Action,
) -> Reference {
    Reference { name, column, target, on_delete, on_update }
}

/// Towns whose order is easy to get wrong: empty, prefixes of each other, zero bytes, shared beginnings.
const TOWNS: &[&str] = &[
    "",
    "a",
    "a\0",
    "a\0b",
    "ab",
    "stone",
    "stonewalk",
    "stonewall",
    "stonewall!",
    "zoo",
    "ä",
    "ößü",
    "\u{10ffff}",
    "much too long!",
];

const INTS: &[i64] =
    &[i64::MIN, -7, -1, 0, 1, 2, 3, 5, 8, 13, 200, 255, 256, 65_535, 1 << 40, i64::MAX];

/// Mostly fine ones; too many places, too many digits, negative ones.
const AMOUNTS: &[(i128, u32)] = &[
    (0, 0),
    (0, 2),
    (15, 1),
    (150, 2),
    (1500, 3),
    (99_999, 2),
    (1, 0),
    (-1, 0),
    (1505, 3),
    (100_000, 2),
    (7, 2),
];

/// One that is too long.
const CODES: &[&str] = &[
    "AA", "AB", "AC", "AD", "AE", "AF", "BA", "BB", "ÄÖÜ", "C", "", "DDDD", "EA", "AA", "AA",
    "TOOLONG",
];

static PEOPLE: Specification = Specification {
    name: "people",
    key_name: "people_pkey",
    columns: &[
        Column { filled: Filled::Number, ..column("id", Domain::Number) },
        Column { bound: Bound::Chars(6), ..column("name", Domain::Names) },
        column("nick", Domain::MaybeNames),
        column("age", Domain::Ints(&[0, 1, 2, 3, 20, 21, 22, 40, 41, 1 << 33, i64::MAX, -1])),
        Column { bound: Bound::Chars(12), ..column("town", Domain::Texts(TOWNS)) },
        column("team", Domain::UpTo(3)),
        column("grade", Domain::UpTo(8)),
        Column { filled: Filled::Null, ..column("score", Domain::MaybeInts(INTS)) },
        Column { filled: Filled::Int(1), immutable: true, ..column("born", Domain::UpTo(2)) },
        column("boss", Domain::MaybeOf(Table::People)),
        Column { filled: Filled::Now, ..column("made_at", Domain::UpTo(9)) },
        Column { filled: Filled::Now, touched: true, ..column("seen_at", Domain::UpTo(9)) },
    ],
    key: &[0],
    uniques: &[("people_name_key", &[1]), ("people_nick_key", &[2])],
    references: &[reference(
        "people_boss_fkey",
        9,
        Table::People,
        Action::SetNull,
        Action::Cascade,
    )],
    checks: &[("has_age", |row| row[3] >= Datum::Int(0))],
    indexed: &[3, 4, 5, 6, 7],
};

static COUNTRIES: Specification = Specification {
    name: "countries",
    key_name: "countries_pkey",
    columns: &[
        Column { bound: Bound::Chars(4), ..column("code", Domain::Texts(CODES)) },
        column("size", Domain::UpTo(5)),
        column("part_of", Domain::MaybeOf(Table::Countries)),
    ],
    key: &[0],
    uniques: &[],
    references: &[reference(
        "countries_part_of_fkey",
        2,
        Table::Countries,
        Action::Cascade,
        Action::Restrict,
    )],
    checks: &[],
    indexed: &[],
};

static SESSIONS: Specification = Specification {
    name: "sessions",
    key_name: "sessions_pkey",
    columns: &[
        Column { filled: Filled::Uuid, ..column("id", Domain::Uuids) },
        column("person", Domain::Of(Table::People)),
        column("opened", Domain::Ints(INTS)),
        Column {
            filled: Filled::Text("web"),
            bound: Bound::Chars(5),
            ..column("client", Domain::Texts(&["web", "phone", "terminal"]))
        },
    ],
    key: &[0],
    uniques: &[],
    references: &[reference(
        "sessions_person_fkey",
        1,
        Table::People,
        Action::Cascade,
        Action::Cascade,
    )],
    checks: &[],
    indexed: &[2],
};

static ACCOUNTS: Specification = Specification {
    name: "accounts",
    key_name: "accounts_pkey",
    columns: &[
        Column { filled: Filled::Number, ..column("id", Domain::Number) },
        column("owner", Domain::Of(Table::People)),
        Column { filled: Filled::Text("AA"), ..column("home", Domain::Of(Table::Countries)) },
        column("residence", Domain::MaybeOf(Table::Countries)),
        column("standing", Domain::UpTo(2)),
        column("opened", Domain::Ints(INTS)),
        Column { bound: Bound::Digits(5, 2), ..column("balance", Domain::Amounts(AMOUNTS)) },
    ],
    key: &[0],
    uniques: &[("holding", &[1, 2])],
    references: &[
        reference("accounts_owner_fkey", 1, Table::People, Action::Restrict, Action::Restrict),
        reference(
            "accounts_home_fkey",
            2,
            Table::Countries,
            Action::SetDefault,
            Action::SetDefault,
        ),
        reference("accounts_residence_fkey", 3, Table::Countries, Action::SetNull, Action::SetNull),
    ],
    checks: &[
        ("solvent", |row| {
            matches!(row[6], Datum::Amount(mantissa, _) if mantissa >= 0) || row[4] == Datum::Int(2)
        }),
        ("placed", |row| !row[3].is_null() || row[4] != Datum::Int(0)),
    ],
    indexed: &[],
};

static MEMBERS: Specification = Specification {
    name: "members",
    key_name: "members_pkey",
    columns: &[
        column("person", Domain::Of(Table::People)),
        column("country", Domain::Of(Table::Countries)),
        column("role", Domain::UpTo(2)),
        column("since", Domain::Ints(INTS)),
    ],
    key: &[0, 1],
    uniques: &[],
    references: &[
        reference("members_person_fkey", 0, Table::People, Action::Cascade, Action::Cascade),
        reference("members_country_fkey", 1, Table::Countries, Action::Cascade, Action::Cascade),
    ],
    checks: &[],
    indexed: &[2, 3],
};

static BADGES: Specification = Specification {
    name: "badges",
    key_name: "badges_pkey",
    columns: &[
        column("member", Domain::Of(Table::Members)),
        column("kind", Domain::UpTo(2)),
        column("serial", Domain::UpTo(30)),
        Column { immutable: true, ..column("issuer", Domain::MaybeOf(Table::People)) },
    ],
    key: &[0, 1],
    uniques: &[("badges_serial_key", &[2])],
    references: &[
        reference("badges_member_fkey", 0, Table::Members, Action::Cascade, Action::Cascade),
        reference("badges_issuer_fkey", 3, Table::People, Action::Restrict, Action::Restrict),
    ],
    checks: &[],
    indexed: &[],
};

static PROFILES: Specification = Specification {
    name: "profiles",
    key_name: "profiles_pkey",
    columns: &[
        column("person", Domain::Of(Table::People)),
        Column {
            bound: Bound::Chars(8),
            ..column("motto", Domain::Texts(&["", "carpe", "festina lente"]))
        },
        column("mentor", Domain::MaybeOf(Table::Profiles)),
    ],
    key: &[0],
    uniques: &[],
    references: &[
        reference("profiles_person_fkey", 0, Table::People, Action::Cascade, Action::Cascade),
        reference("profiles_mentor_fkey", 2, Table::Profiles, Action::Restrict, Action::Cascade),
    ],
    checks: &[],
    indexed: &[],
};

static FOLLOWS: Specification = Specification {
    name: "follows",
    key_name: "follows_pkey",
    columns: &[
        column("fan", Domain::Of(Table::People)),
        column("idol", Domain::Of(Table::People)),
        column("since", Domain::MaybeOf(Table::Sessions)),
    ],
    key: &[0, 1],
    uniques: &[],
    references: &[
        reference("follows_fan_fkey", 0, Table::People, Action::Cascade, Action::Cascade),
        reference("follows_idol_fkey", 1, Table::People, Action::Cascade, Action::Cascade),
        reference("follows_since_fkey", 2, Table::Sessions, Action::Cascade, Action::Cascade),
    ],
    checks: &[],
    indexed: &[],
};

impl Table {
    /// The table's rules.
    #[must_use]
    pub fn specification(self) -> &'static Specification {
        match self {
            Self::People => &PEOPLE,
            Self::Countries => &COUNTRIES,
            Self::Sessions => &SESSIONS,
            Self::Accounts => &ACCOUNTS,
            Self::Members => &MEMBERS,
            Self::Badges => &BADGES,
            Self::Profiles => &PROFILES,
            Self::Follows => &FOLLOWS,
        }
    }

    /// Its place among the tables.
    #[must_use]
    pub const fn place(self) -> usize {
        self as usize
    }

    /// The row with a key, as errors name it.
    #[must_use]
    pub fn name_row(self, key: &Datum) -> String {
        format!("{}#{key}", self.specification().name)
    }

    /// The key of a row.
    #[must_use]
    pub fn key_of(self, row: &[Datum]) -> Datum {
        match self.specification().key {
            [column] => row[*column].clone(),
            columns => Datum::List(columns.iter().map(|column| row[*column].clone()).collect()),
        }
    }
}

impl Column {
    /// What is put in as a default: for what never changes from row to row.
    #[must_use]
    pub fn default(&self) -> Option<Datum> {
        match self.filled {
            Filled::Int(number) => Some(Datum::Int(number)),
            Filled::Text(text) => Some(Datum::Text(text.to_owned())),
            Filled::Null => Some(Datum::Null),
            Filled::No | Filled::Number | Filled::Uuid | Filled::Now => None,
        }
    }
}
