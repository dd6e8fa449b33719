//! What can go wrong, said so that a newcomer understands it: which table, which constraint, which column, which value.

use std::fmt;

use bondstone_schema::{
    Column, Columns, Fk, Limit, LimitError, Model, SchemaError, UniqueIndex, Value,
};

/// The result of nearly everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call was refused. Whatever it tried to do has left no trace.
///
/// Matched by kind, or asked: [`violates`](Error::violates) names a column or a constraint instead of comparing texts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another row has the same key: a unique column, a unique index, or the primary key.
    #[error("{0}")]
    Unique(Box<Violation>),
    /// A check is not met.
    #[error("{0}")]
    Check(Box<Violation>),
    /// A foreign key refers to no row.
    #[error("{0}")]
    ForeignKey(Box<Violation>),
    /// The row is still referred to, and the foreign key says `restrict`.
    #[error("{0}")]
    Restricted(Box<Violation>),
    /// A text is longer than its column allows.
    #[error("{0}")]
    TooLong(Box<Violation>),
    /// A decimal has more places or digits than its column.
    #[error("{0}")]
    Decimal(Box<Violation>),
    /// A column that cannot change was changed.
    #[error("{0}")]
    Immutable(Box<Violation>),
    /// An update changed the primary key.
    #[error("{0}")]
    KeyChanged(Box<Violation>),
    /// There is no such row.
    #[error("{0} does not exist")]
    NotFound(String),
    /// A key's number is above 2^48, or the counter has reached it.
    #[error("the keys of `{0}` are used up, or a key is above 2^48")]
    KeyRange(&'static str),
    /// A table has as many rows as can be numbered.
    #[error("`{0}` is full: a table holds four billion rows")]
    Full(&'static str),
    /// This thread has an open transaction already.
    #[error(
        "this thread has an open transaction already: transactions do not nest, use a savepoint"
    )]
    Reentrant,
    /// The models do not fit together.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// An error of the user's own.
    #[error(transparent)]
    User(Box<dyn std::error::Error + Send + Sync>),
}

/// A rule that a row broke.
///
/// ```
#[doc = include_str!("example.txt")]
/// let error = db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 0 })).unwrap_err();
/// let violation = error.violation().unwrap();
/// assert_eq!(violation.table(), "orders");
/// assert_eq!(violation.constraint(), "positive");
/// assert_eq!((violation.columns(), violation.values()), (&["quantity"][..], &["0".to_owned()][..]));
/// assert_eq!(violation.row(), Some("orders#1"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    table: &'static str,
    constraint: String,
    columns: Vec<&'static str>,
    values: Vec<String>,
    row: Option<String>,
    path: Vec<String>,
    message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.path.is_empty() {
            return Ok(());
        }
        write!(f, "; path {}", self.path.join(" → "))
    }
}

impl Violation {
    /// The table.
    #[must_use]
    pub const fn table(&self) -> &'static str {
        self.table
    }

    /// The constraint's name; the column's, where the rule belongs to one column.
    #[must_use]
    pub fn constraint(&self) -> &str {
        &self.constraint
    }

    /// The columns concerned.
    #[must_use]
    pub fn columns(&self) -> &[&'static str] {
        &self.columns
    }

    /// Their values, as text; those of private columns as `•••`.
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// The row that broke the rule, as `users#7`, where it has a key already.
    #[must_use]
    pub fn row(&self) -> Option<&str> {
        self.row.as_deref()
    }

    /// In a cascade or a bulk call: the way from the row that was named to the one that broke the rule.
    #[must_use]
    pub fn path(&self) -> &[String] {
        &self.path
    }
}

impl Error {
    /// Wraps an error of another kind.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// let error = db.write(|_| Err::<(), _>(Error::user("the till is closed"))).unwrap_err();
    /// assert_eq!(error.to_string(), "the till is closed");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn user(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::User(error.into())
    }

    /// The rule that was broken, if it was one.
    #[must_use]
    pub const fn violation(&self) -> Option<&Violation> {
        match self {
            Self::Unique(violation)
            | Self::Check(violation)
            | Self::ForeignKey(violation)
            | Self::Restricted(violation)
            | Self::TooLong(violation)
            | Self::Decimal(violation)
            | Self::Immutable(violation)
            | Self::KeyChanged(violation) => Some(violation),
            _ => None,
        }
    }

    /// Was it a rule about this column, foreign key, unique index, or constraint of this name?
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// match db.write(|tx| tx.insert(NewUser { email: "ann@x.org".into() })) {
    ///     Err(error) if error.violates(User::EMAIL) => println!("this address is taken"),
    ///     other => println!("welcome, {}", other?),
    /// }
    ///
    /// let negative = db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 0 })).unwrap_err();
    /// assert!(negative.violates("positive") && negative.violates(Order::QUANTITY));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn violates(&self, rule: impl Rule) -> bool {
        self.violation().is_some_and(|violation| rule.is_broken_in(violation))
    }

    /// The same error, with the way that led to it.
    pub(crate) fn along(mut self, path: Vec<String>) -> Self {
        if let Self::Unique(violation)
        | Self::Check(violation)
        | Self::ForeignKey(violation)
        | Self::Restricted(violation)
        | Self::TooLong(violation)
        | Self::Decimal(violation)
        | Self::Immutable(violation)
        | Self::KeyChanged(violation) = &mut self
        {
            violation.path = path;
        }
        self
    }
}

impl From<&str> for Error {
    fn from(text: &str) -> Self {
        Self::user(text)
    }
}

impl From<String> for Error {
    fn from(text: String) -> Self {
        Self::user(text)
    }
}

/// Something that an error may be about: a column, a foreign key, a unique index, the name of a constraint.
pub trait Rule {
    /// Is the violation about it?
    fn is_broken_in(&self, violation: &Violation) -> bool;
}

impl<M: Model, V: Value, U> Rule for Column<M, V, U> {
    fn is_broken_in(&self, violation: &Violation) -> bool {
        violation.table == M::DEFINITION.name && violation.columns.contains(&self.name())
    }
}

impl<M: Model, P: Model, N> Rule for Fk<M, P, N> {
    fn is_broken_in(&self, violation: &Violation) -> bool {
        violation.table == M::DEFINITION.name && violation.columns.contains(&self.name())
    }
}

impl<M: Model, C: Columns> Rule for UniqueIndex<M, C> {
    fn is_broken_in(&self, violation: &Violation) -> bool {
        use bondstone_schema::UniqueKey;
        let index = M::DEFINITION.indexes.get(self.position());
        violation.table == M::DEFINITION.name
            && index.is_some_and(|index| violation.constraint == index.name)
    }
}

impl Rule for &str {
    fn is_broken_in(&self, violation: &Violation) -> bool {
        violation.constraint == *self
    }
}

/// A row's columns as errors show them.
fn shown<M: Model>(row: &M, columns: &[u16]) -> (Vec<&'static str>, Vec<String>) {
    let definitions = columns.iter().map(|column| &M::DEFINITION.columns[usize::from(*column)]);
    definitions
        .map(|column| {
            let value = if column.private {
                "•••".to_owned()
            } else {
                (column.view)(row).to_string()
            };
            (column.name, value)
        })
        .unzip()
}

/// `email = "ann@example.com"`, or `(user_id, product_id) = (1, 2)`.
fn assignment(columns: &[&str], values: &[String]) -> String {
    match (columns, values) {
        ([column], [value]) => format!("{column} = {value}"),
        _ => format!("({}) = ({})", columns.join(", "), values.join(", ")),
    }
}

/// The errors of one model, about one row.
pub(crate) struct About<'a, M> {
    pub(crate) row: &'a M,
}

impl<M: Model> About<'_, M> {
    fn violation(
        &self,
        constraint: &str,
        columns: &[u16],
        message: impl FnOnce(&str) -> String,
    ) -> Box<Violation> {
        let (columns, values) = shown(self.row, columns);
        let message = message(&assignment(&columns, &values));
        Box::new(Violation {
            table: M::DEFINITION.name,
            constraint: constraint.to_owned(),
            columns,
            values,
            row: Some(self.row.id().to_string()),
            path: Vec::new(),
            message,
        })
    }

    pub(crate) fn duplicate_key(&self) -> Error {
        let key = &M::DEFINITION.key.index;
        let (table, id) = (M::DEFINITION.name, self.row.id());
        Error::Unique(self.violation(key.name, key.columns, |assignment| {
            format!(
                "primary key `{}` violated: {table}.{assignment} is already used by {id}",
                key.name
            )
        }))
    }

    pub(crate) fn duplicate(&self, index: usize, other: Option<&M>) -> Error {
        let index = &M::DEFINITION.indexes[index];
        let table = M::DEFINITION.name;
        let other = other.map_or_else(|| "another row".to_owned(), |other| other.id().to_string());
        Error::Unique(self.violation(index.name, index.columns, |assignment| {
            format!(
                "unique constraint `{}` violated: {table}.{assignment} is already used by {other}",
                index.name
            )
        }))
    }

    pub(crate) fn unmet(&self, check: usize) -> Error {
        let check = &M::DEFINITION.checks[check];
        let table = M::DEFINITION.name;
        let (columns, values) = shown(self.row, check.columns);
        let shown: Vec<String> = columns
            .iter()
            .zip(&values)
            .map(|(column, value)| format!("{column} = {value}"))
            .collect();
        Error::Check(self.violation(check.name, check.columns, |_| {
            format!(
                "check constraint `{}` on `{table}` violated by {}: {}",
                check.name,
                self.row.id(),
                shown.join(", ")
            )
        }))
    }

    pub(crate) fn missing_parent(&self, foreign_key: usize) -> Error {
        let key = &M::DEFINITION.foreign_keys[foreign_key];
        let (table, parent) = (M::DEFINITION.name, (key.target)().table);
        Error::ForeignKey(self.violation(key.name, &[key.column], |assignment| {
            format!(
                "foreign key `{}` violated: {table}.{assignment} does not exist in `{parent}`",
                key.name
            )
        }))
    }

    pub(crate) fn limit(&self, column: u16, error: &LimitError) -> Error {
        let name = M::DEFINITION.columns[usize::from(column)].name;
        let table = M::DEFINITION.name;
        match error {
            LimitError::TooLong { length, max } => {
                Error::TooLong(self.violation(name, &[column], |_| {
                    format!("{table}.{name} is {length} characters long, the maximum is {max}")
                }))
            }
            LimitError::Places { places, limit } => {
                Error::Decimal(self.violation(name, &[column], |assignment| {
                    format!(
                        "{table}.{assignment} has {places} decimal places, {limit} allows {}",
                        scale_of(*limit)
                    )
                }))
            }
            other => Error::Decimal(self.violation(name, &[column], |assignment| {
                let limit = match other {
                    LimitError::Digits { limit } => limit.to_string(),
                    _ => "its column".to_owned(),
                };
                format!("{table}.{assignment} has more digits before the point than {limit} allows")
            })),
        }
    }

    pub(crate) fn immutable(&self, column: u16) -> Error {
        let name = M::DEFINITION.columns[usize::from(column)].name;
        let table = M::DEFINITION.name;
        Error::Immutable(self.violation(name, &[column], |assignment| {
            format!(
                "{table}.{name} is immutable: it cannot be changed to {assignment} in {}",
                self.row.id()
            )
        }))
    }

    /// `self` is the row as it was.
    pub(crate) fn key_changed(&self) -> Error {
        let key = &M::DEFINITION.key.index;
        Error::KeyChanged(self.violation(key.name, key.columns, |_| {
            format!("an update cannot change the primary key of {}: use `rekey`", self.row.id())
        }))
    }
}

const fn scale_of(limit: Limit) -> u32 {
    match limit {
        Limit::Decimal { scale, .. } => scale,
        Limit::MaxLen(_) => 0,
    }
}

/// What still refers to a row that was to go, or to change its key.
pub(crate) struct Reference {
    pub(crate) verb: &'static str,
    pub(crate) parent: String,
    pub(crate) child: String,
    pub(crate) child_table: &'static str,
    pub(crate) column: &'static str,
    pub(crate) constraint: &'static str,
    pub(crate) rule: &'static str,
}

impl Reference {
    pub(crate) fn into_error(self, mut path: Vec<String>) -> Error {
        let Self { verb, parent, child, child_table, column, constraint, rule } = self;
        let message = format!(
            "cannot {verb} {parent}: still referenced by {child} (`{constraint}`, {rule} = restrict)"
        );
        if let Some(last) = path.last_mut() {
            *last = format!("{last} ← {child}");
        }
        Error::Restricted(Box::new(Violation {
            table: child_table,
            constraint: constraint.to_owned(),
            columns: vec![column],
            values: vec![parent],
            row: Some(child),
            path,
            message,
        }))
    }
}
