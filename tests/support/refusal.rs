//! Refusals: what the oracle expects, and what the engine says.

use std::collections::BTreeSet;
use std::rc::Rc;

use bondstone::Error;

use crate::datum::Datum;
use crate::specification::Table;

/// The kind of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A unique column or index, or the primary key.
    Unique,
    /// A check.
    Check,
    /// A foreign key that refers to nothing.
    ForeignKey,
    /// A row that is referred to.
    Restricted,
    /// A text.
    TooLong,
    /// An amount.
    Decimal,
    /// A column that never changes.
    Immutable,
    /// A key that was changed by an update.
    KeyChanged,
    /// A row that is not there.
    NotFound,
    /// A number too large for a key.
    KeyRange,
    /// The closure's own error.
    User,
}

/// What the oracle expects to be said.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The kind.
    pub rule: Rule,
    /// The table.
    pub table: &'static str,
    /// The constraint.
    pub constraint: String,
    /// The row.
    pub row: String,
    /// The way to the row.
    pub way: Way,
}

/// The way from the row that a statement names to the one that refuses.
#[derive(Clone, Debug)]
pub enum Way {
    /// There is none: it is the row itself.
    None,
    /// Any way along references of rows that go, from this one.
    Along(String, Rc<BTreeSet<(String, String)>>),
    /// From the row that takes another key to one that refers to it, or none.
    Rekeyed(String),
}

/// What the engine said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    rule: Rule,
    table: String,
    constraint: String,
    row: String,
    path: Vec<String>,
}

impl Refusal {
    /// A rule about a row itself.
    #[must_use]
    pub fn new(rule: Rule, table: Table, constraint: &str, key: &Datum) -> Self {
        Self {
            rule,
            table: table.specification().name,
            constraint: constraint.to_owned(),
            row: table.name_row(key),
            way: Way::None,
        }
    }

    /// A row that is not there.
    #[must_use]
    pub fn not_found(table: Table, key: &Datum) -> Self {
        Self { table: "", ..Self::new(Rule::NotFound, table, "", key) }
    }

    /// A number too large for a key.
    #[must_use]
    pub fn key_range(table: Table) -> Self {
        Self { row: String::new(), ..Self::new(Rule::KeyRange, table, "", &Datum::Null) }
    }

    /// The closure's own error.
    #[must_use]
    pub fn user() -> Self {
        let row = String::new();
        Self { rule: Rule::User, table: "", constraint: String::new(), row, way: Way::None }
    }

    /// Is this what the engine said?
    #[must_use]
    pub fn allows(&self, observed: &Observed) -> bool {
        let Observed { rule, table, constraint, row, path } = observed;
        *rule == self.rule
            && *table == self.table
            && *constraint == self.constraint
            && *row == self.row
            && self.way.allows(path, row)
    }
}

impl Way {
    fn allows(&self, path: &[String], row: &str) -> bool {
        match self {
            Self::None => path.is_empty(),
            Self::Along(root, steps) => {
                let path = unfolded(path, row);
                let known = |step: &[String]| steps.contains(&(step[0].clone(), step[1].clone()));
                path.first() == Some(root)
                    && path.last().is_some_and(|last| last == row)
                    && path.windows(2).all(known)
            }
            Self::Rekeyed(root) => {
                let path = unfolded(path, row);
                path.is_empty() || path.first() == Some(root)
            }
        }
    }
}

/// A path whose last step may be written `parent ← child`.
fn unfolded(path: &[String], child: &str) -> Vec<String> {
    let mut path = path.to_vec();
    let suffix = format!(" ← {child}");
    if let Some(last) = path.last_mut()
        && let Some(parent) = last.strip_suffix(&suffix)
    {
        *last = parent.to_owned();
        path.push(child.to_owned());
    }
    path
}

impl Observed {
    /// What an error says.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        let rule = match error {
            Error::Unique(_) => Rule::Unique,
            Error::Check(_) => Rule::Check,
            Error::ForeignKey(_) => Rule::ForeignKey,
            Error::Restricted(_) => Rule::Restricted,
            Error::TooLong(_) => Rule::TooLong,
            Error::Decimal(_) => Rule::Decimal,
            Error::Immutable(_) => Rule::Immutable,
            Error::KeyChanged(_) => Rule::KeyChanged,
            Error::NotFound(_) => Rule::NotFound,
            Error::KeyRange(_) => Rule::KeyRange,
            _ => Rule::User,
        };
        let bare = |table: &str, row: &str| Self {
            rule,
            table: table.to_owned(),
            constraint: String::new(),
            row: row.to_owned(),
            path: Vec::new(),
        };
        match (error.violation(), error) {
            (Some(violation), _) => Self {
                rule,
                table: violation.table().to_owned(),
                constraint: violation.constraint().to_owned(),
                row: violation.row().unwrap_or_default().to_owned(),
                path: violation.path().to_vec(),
            },
            (None, Error::NotFound(row)) => bare("", row),
            (None, Error::KeyRange(table)) => bare(table, ""),
            (None, _) => bare("", ""),
        }
    }

    /// The kind.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        self.rule
    }
}
