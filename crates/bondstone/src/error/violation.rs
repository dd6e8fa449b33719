//! A rule that was broken: by what, and told when somebody wants to read it.
//!
//! Values are turned into text at once, since the row they are from goes. The sentence about them is made when it is shown: a
//! program that refuses duplicates all day asks which rule it was, and reads nothing.

use std::fmt;

use bondstone_schema::{Limit, LimitError};
use smallvec::SmallVec;

/// A rule that a row broke.
///
/// ```
#[doc = include_str!("../example.txt")]
/// let error = db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 0 })).unwrap_err();
/// let violation = error.violation().unwrap();
/// assert_eq!(violation.table(), "orders");
/// assert_eq!(violation.constraint(), "positive");
/// assert_eq!((violation.columns(), violation.values()), (&["quantity"][..], &["0".to_owned()][..]));
/// assert_eq!(violation.row(), Some("orders#1"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Violation {
    table: &'static str,
    constraint: &'static str,
    columns: SmallVec<[&'static str; 2]>,
    values: SmallVec<[String; 1]>,
    row: String,
    path: Vec<String>,
    story: Story,
}

/// What happened, beside what the violation says already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Story {
    /// Another row has the primary key.
    KeyTaken,
    /// Another row has the key.
    Taken { by: Option<String> },
    /// A check is not met.
    Unmet,
    /// A foreign key leads nowhere.
    NoParent { parent: &'static str },
    /// The row is among its ancestors.
    OwnAncestor,
    /// A value is beyond its column's limit.
    Limit(LimitError),
    /// A column that cannot change was changed.
    Immutable,
    /// The primary key was changed.
    KeyChanged,
    /// A hook changed the primary key.
    KeyChangedByHook,
    /// The row refers to one that was to go, or to change its key.
    Referred { verb: &'static str, rule: &'static str },
}

impl Violation {
    pub(super) fn new(
        table: &'static str,
        constraint: &'static str,
        columns: SmallVec<[&'static str; 2]>,
        values: SmallVec<[String; 1]>,
        row: String,
        story: Story,
    ) -> Self {
        Self { table, constraint, columns, values, row, path: Vec::new(), story }
    }

    /// The way that led here.
    pub(super) fn lead(&mut self, path: Vec<String>) {
        self.path = path;
    }

    /// The table.
    #[must_use]
    pub const fn table(&self) -> &'static str {
        self.table
    }

    /// The constraint's name; the column's, where the rule belongs to one column.
    #[must_use]
    pub const fn constraint(&self) -> &str {
        self.constraint
    }

    /// The columns concerned; of a unique hybrid its name.
    #[must_use]
    pub fn columns(&self) -> &[&'static str] {
        &self.columns
    }

    /// Their values, as text; those of private columns as `•••`. Of a refused delete or rekey: the row that is still
    /// referred to, which the path names, too.
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// The row that broke the rule, as `users#7`, where it has a key already.
    #[must_use]
    pub fn row(&self) -> Option<&str> {
        Some(&self.row)
    }

    /// In a cascade or a bulk call: the way from the row that was named to the one that broke the rule. Of a cycle: the rows
    /// from the one that would be its own ancestor, by way of its parents, to itself.
    #[must_use]
    pub fn path(&self) -> &[String] {
        &self.path
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Message(self))?;
        if self.path.is_empty() {
            return Ok(());
        }
        write!(f, "; path {}", self.path.join(" → "))
    }
}

impl fmt::Debug for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Violation")
            .field("table", &self.table)
            .field("constraint", &self.constraint)
            .field("columns", &self.columns)
            .field("values", &self.values)
            .field("row", &self.row)
            .field("path", &self.path)
            .field("message", &Message(self).to_string())
            .finish()
    }
}

/// The sentence, without the path.
struct Message<'a>(&'a Violation);

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Violation { table, constraint: name, values, row, .. } = self.0;
        let key = Assignment(self.0);
        let value = values.first().map_or("", String::as_str);
        match &self.0.story {
            Story::KeyTaken => {
                write!(f, "primary key `{name}` violated: {table}.{key} is already used by {row}")
            }
            Story::Taken { by } => {
                let by = by.as_deref().unwrap_or("another row");
                write!(
                    f,
                    "unique constraint `{name}` violated: {table}.{key} is already used by {by}"
                )
            }
            Story::Unmet => {
                write!(f, "check constraint `{name}` on `{table}` violated by {row}")?;
                self.each_value(f)
            }
            Story::NoParent { parent } => {
                write!(
                    f,
                    "foreign key `{name}` violated: {table}.{key} does not exist in `{parent}`"
                )
            }
            Story::OwnAncestor => {
                write!(f, "foreign key `{name}` violated: {row} would be its own ancestor")
            }
            Story::Limit(error) => self.limit(f, value, error),
            Story::Immutable => {
                write!(f, "{table}.{name} is immutable: {row} cannot change it to {value}")
            }
            Story::KeyChanged => {
                write!(f, "an update cannot change the primary key of {row}: use `rekey`")
            }
            Story::KeyChangedByHook => write!(f, "a hook cannot change the primary key of {row}"),
            Story::Referred { verb, rule } => write!(
                f,
                "cannot {verb} {value}: still referenced by {row} (`{name}`, {rule} = restrict)"
            ),
        }
    }
}

impl Message<'_> {
    /// `: low = 3, high = 2`
    fn each_value(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self.0.columns.iter().zip(&self.0.values);
        for (place, (column, value)) in pairs.enumerate() {
            let before = if place == 0 { ": " } else { ", " };
            write!(f, "{before}{column} = {value}")?;
        }
        Ok(())
    }

    fn limit(&self, f: &mut fmt::Formatter<'_>, value: &str, error: &LimitError) -> fmt::Result {
        let Violation { table, constraint: name, .. } = self.0;
        match error {
            LimitError::TooLong { length, max } => {
                write!(f, "{table}.{name} is {length} characters long, the maximum is {max}")
            }
            LimitError::Places { places, limit } => {
                let scale = scale_of(*limit);
                write!(
                    f,
                    "{table}.{name} = {value} has {places} decimal places, {limit} allows {scale}"
                )
            }
            LimitError::Digits { limit } => write!(
                f,
                "{table}.{name} = {value} has more digits before the point than {limit} allows"
            ),
            _ => write!(f, "{table}.{name} = {value} is beyond the column's limit"),
        }
    }
}

/// `email = "ann@example.com"`, or `(user_id, product_id) = (1, 2)`.
struct Assignment<'a>(&'a Violation);

impl fmt::Display for Assignment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Violation { columns, values, .. } = self.0;
        match (&columns[..], &values[..]) {
            ([column], [value]) => write!(f, "{column} = {value}"),
            _ => write!(f, "({}) = ({})", columns.join(", "), values.join(", ")),
        }
    }
}

const fn scale_of(limit: Limit) -> u32 {
    match limit {
        Limit::Decimal { scale, .. } => scale,
        Limit::MaxLen(_) => 0,
    }
}
