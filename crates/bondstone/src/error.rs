//! What can go wrong, said so that a newcomer understands it: which table, which constraint, which column, which value.

mod veto;
mod violation;

use std::fmt::Write;

use bondstone_schema::{
    Column, Columns, Computed, Fk, LimitError, Model, SchemaError, UniqueIndex, Value,
};

use smallvec::{SmallVec, smallvec};
pub use veto::Veto;
use violation::Story;
pub use violation::Violation;

#[cfg(feature = "persist")]
use bondstone_persist::Error as FilesError;

use crate::query::aggregate::Overflow;
use crate::query::page::CursorError;

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
    /// A row would be its own ancestor by a foreign key that is `#[acyclic]`. The violation's path goes round once.
    #[error("{0}")]
    Cycle(Box<Violation>),
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
    /// The row is of another version than its changer has seen: see [`Tx::update_at`](crate::Tx::update_at).
    #[error("{row} was changed meanwhile: version {expected} expected, {found} found")]
    Stale {
        /// The row.
        row: String,
        /// The version that was seen.
        expected: u64,
        /// The version that it has.
        found: u64,
    },
    /// There is no such row.
    #[error("{0} does not exist")]
    NotFound(String),
    /// A query that was to have exactly one row has none, or several.
    #[error(
        "exactly one row of `{table}` was expected, there {}",
        if *.several { "are several" } else { "is none" }
    )]
    NotOne {
        /// The table.
        table: &'static str,
        /// Are there several? Else there is none.
        several: bool,
    },
    /// A key's number is above 2^48, or the counter has reached it.
    #[error("the keys of `{0}` are used up, or a key is above 2^48")]
    KeyRange(&'static str),
    /// A table has as many rows as can be numbered.
    #[error("`{0}` is full: a table holds four billion rows")]
    Full(&'static str),
    /// A sum does not fit its type.
    #[error(transparent)]
    Overflow(#[from] Overflow),
    /// A query cannot be paged, or not from this cursor on.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// This thread has an open transaction already.
    #[error(
        "this thread has an open transaction already: transactions do not nest, use a savepoint"
    )]
    Reentrant,
    /// A hook wrote to a row that the statement it belongs to is about to write itself: what it wrote would be lost.
    #[error(
        "{row} is being written by the statement that called {hook}: change the row that the hook was given, \
         or write it from an `after_` hook"
    )]
    ReentrantWrite {
        /// The row, as `users#7`.
        row: String,
        /// The hook.
        hook: String,
    },
    /// A hook refused.
    #[error(transparent)]
    Hook(Box<Veto>),
    /// Hooks call each other more deeply than [`Builder::hook_depth`](crate::Builder::hook_depth) allows, or made more statements
    /// than [`Builder::hook_statements`](crate::Builder::hook_statements) does: the hooks under way, each called by a statement
    /// of the one before.
    #[error("hooks call each other without end, or make too many statements: {}", .0.join(" → "))]
    HookDepth(Vec<String>),
    /// The models do not fit together.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// Files could not be read or written: what became of the commit, or of the opening, the error says.
    #[cfg(feature = "persist")]
    #[error(transparent)]
    Durability(Box<FilesError>),
    /// The rows in the files do not fit the program's models: one line for each reason. Nothing was changed.
    #[cfg(feature = "persist")]
    #[error("what is stored does not fit the models:{}", .0.iter().map(|line| format!("\n  {line}")).collect::<String>())]
    Refused(Vec<String>),
    /// There is no table or column of that name.
    #[error("{0}")]
    Unknown(String),
    /// A value that came by name does not fit its column.
    #[error("{0}")]
    Shape(String),
    /// An error of the user's own.
    #[error(transparent)]
    User(Box<dyn std::error::Error + Send + Sync>),
}

#[cfg(feature = "persist")]
impl From<FilesError> for Error {
    fn from(error: FilesError) -> Self {
        Self::Durability(Box::new(error))
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

    /// Is the directory open already, in this process or in another?
    #[cfg(feature = "persist")]
    #[must_use]
    pub fn is_already_open(&self) -> bool {
        matches!(self, Self::Durability(error) if matches!(**error, FilesError::AlreadyOpen))
    }

    /// Can nothing be committed any more, until the database is opened again? Reading goes on.
    #[cfg(feature = "persist")]
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        use FilesError::{DurabilityUnknown, Poisoned};
        matches!(self, Self::Durability(error) if matches!(**error, Poisoned { .. } | DurabilityUnknown { .. }))
    }

    /// What a hook refused, if it was one.
    #[must_use]
    pub const fn veto(&self) -> Option<&Veto> {
        match self {
            Self::Hook(veto) => Some(veto),
            _ => None,
        }
    }

    /// The rule that was broken, if it was one; be it by a hook, which the statement is refused for.
    #[must_use]
    pub const fn violation(&self) -> Option<&Violation> {
        match self {
            Self::Hook(veto) => veto.error().violation(),
            Self::Unique(violation)
            | Self::Check(violation)
            | Self::ForeignKey(violation)
            | Self::Cycle(violation)
            | Self::Restricted(violation)
            | Self::TooLong(violation)
            | Self::Decimal(violation)
            | Self::Immutable(violation)
            | Self::KeyChanged(violation) => Some(violation),
            _ => None,
        }
    }

    /// Was it a rule about this column, hybrid, foreign key, unique index, or constraint of this name?
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

    /// The same error, with the way that led to it. A cycle is a way itself.
    pub(crate) fn along(mut self, path: Vec<String>) -> Self {
        if let Self::Hook(veto) = &mut self {
            veto.lead(path);
        } else if let Self::Unique(violation)
        | Self::Check(violation)
        | Self::ForeignKey(violation)
        | Self::Restricted(violation)
        | Self::TooLong(violation)
        | Self::Decimal(violation)
        | Self::Immutable(violation)
        | Self::KeyChanged(violation) = &mut self
        {
            violation.lead(path);
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

/// Something that an error may be about: a column, a hybrid, a foreign key, a unique index, the name of a constraint.
pub trait Rule {
    /// Is the violation about it?
    fn is_broken_in(&self, violation: &Violation) -> bool;
}

impl<M: Model, V: Value, U> Rule for Column<M, V, U> {
    fn is_broken_in(&self, violation: &Violation) -> bool {
        violation.table() == M::DEFINITION.name && violation.columns().contains(&self.name())
    }
}

impl<M: Model, P: Model, N> Rule for Fk<M, P, N> {
    fn is_broken_in(&self, violation: &Violation) -> bool {
        violation.table() == M::DEFINITION.name && violation.columns().contains(&self.name())
    }
}

impl<M: Model, V, U> Rule for Computed<M, V, U> {
    fn is_broken_in(&self, violation: &Violation) -> bool {
        violation.table() == M::DEFINITION.name && violation.columns().contains(&self.name())
    }
}

impl<M: Model, C: Columns> Rule for UniqueIndex<M, C> {
    fn is_broken_in(&self, violation: &Violation) -> bool {
        use bondstone_schema::UniqueKey;
        let index = M::DEFINITION.indexes.get(self.position());
        violation.table() == M::DEFINITION.name
            && index.is_some_and(|index| violation.constraint() == index.name)
    }
}

impl Rule for &str {
    fn is_broken_in(&self, violation: &Violation) -> bool {
        violation.constraint() == *self
    }
}

/// What an error asks of a row and its model: so the texts are compiled once, not for each model.
trait Shown {
    fn table(&self) -> &'static str;
    fn id(&self) -> String;
    /// The column's name, and its value; `•••` if it is private.
    fn column(&self, number: u16) -> (&'static str, String);
    /// Name and columns of the primary key.
    fn key(&self) -> (&'static str, &'static [u16]);
    /// Name of an index, and what it is over with the values.
    fn index(&self, place: usize) -> (&'static str, Named);
    fn check(&self, place: usize) -> (&'static str, &'static [u16]);
    /// Name, column and referred table of a foreign key.
    fn foreign_key(&self, place: usize) -> (&'static str, u16, &'static str);
}

impl<M: Model> Shown for M {
    fn table(&self) -> &'static str {
        M::DEFINITION.name
    }

    fn id(&self) -> String {
        text_of(&Model::id(self))
    }

    fn column(&self, number: u16) -> (&'static str, String) {
        let column = &M::DEFINITION.columns[usize::from(number)];
        let view = M::DEFINITION.row.view;
        let value =
            if column.private { "•••".to_owned() } else { text_of(&view(self, number)) };
        (column.name, value)
    }

    fn key(&self) -> (&'static str, &'static [u16]) {
        let index = &M::DEFINITION.key.index;
        (index.name, index.columns)
    }

    fn index(&self, place: usize) -> (&'static str, Named) {
        let index = &M::DEFINITION.indexes[place];
        let named = match (index.hybrid, index.show) {
            (Some(hybrid), Some(show)) => (smallvec![hybrid], smallvec![show(self)]),
            _ => columns(self, index.columns),
        };
        (index.name, named)
    }

    fn check(&self, place: usize) -> (&'static str, &'static [u16]) {
        let check = &M::DEFINITION.checks[place];
        (check.name, check.columns)
    }

    fn foreign_key(&self, place: usize) -> (&'static str, u16, &'static str) {
        let key = &M::DEFINITION.foreign_keys[place];
        (key.name, key.column, (key.target)().table)
    }
}

/// Columns or a hybrid by name, and their values as text.
type Named = (SmallVec<[&'static str; 2]>, SmallVec<[String; 1]>);

fn columns(row: &dyn Shown, columns: &[u16]) -> Named {
    columns.iter().map(|column| row.column(*column)).unzip()
}

/// A key or a value as text. Most are short, and written piece by piece.
fn text_of(value: &impl std::fmt::Display) -> String {
    let mut text = String::with_capacity(32);
    // Writing to a string fails only if the value's own `Display` does; then it ends there.
    let _ = write!(text, "{value}");
    text
}

/// The errors about one row.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    row: &'a dyn Shown,
}

impl<'a> About<'a> {
    pub(crate) fn row<M: Model>(row: &'a M) -> Self {
        Self { row }
    }

    fn violation(self, constraint: &'static str, about: &[u16], story: Story) -> Box<Violation> {
        self.violation_of(constraint, columns(self.row, about), story)
    }

    fn violation_of(self, constraint: &'static str, about: Named, story: Story) -> Box<Violation> {
        let (columns, values) = about;
        Box::new(Violation::new(
            self.row.table(),
            constraint,
            columns,
            values,
            self.row.id(),
            story,
        ))
    }

    pub(crate) fn duplicate_key(self) -> Error {
        let (name, columns) = self.row.key();
        Error::Unique(self.violation(name, columns, Story::KeyTaken))
    }

    /// `other` has the same key.
    pub(crate) fn duplicate(self, index: usize, other: Option<About<'_>>) -> Error {
        let (name, about) = self.row.index(index);
        let by = other.map(|other| other.row.id());
        Error::Unique(self.violation_of(name, about, Story::Taken { by }))
    }

    pub(crate) fn unmet(self, check: usize) -> Error {
        let (name, columns) = self.row.check(check);
        Error::Check(self.violation(name, columns, Story::Unmet))
    }

    pub(crate) fn missing_parent(self, foreign_key: usize) -> Error {
        let (name, column, parent) = self.row.foreign_key(foreign_key);
        Error::ForeignKey(self.violation(name, &[column], Story::NoParent { parent }))
    }

    /// The row is its own ancestor by way of these rows.
    pub(crate) fn own_ancestor(self, foreign_key: usize, way: Vec<String>) -> Error {
        let (name, column, _) = self.row.foreign_key(foreign_key);
        let mut violation = self.violation(name, &[column], Story::OwnAncestor);
        violation.lead(way);
        Error::Cycle(violation)
    }

    pub(crate) fn limit(self, column: u16, error: &LimitError) -> Error {
        let (name, _) = self.row.column(column);
        let violation = self.violation(name, &[column], Story::Limit(error.clone()));
        match error {
            LimitError::TooLong { .. } => Error::TooLong(violation),
            _ => Error::Decimal(violation),
        }
    }

    pub(crate) fn immutable(self, column: u16) -> Error {
        let (name, _) = self.row.column(column);
        Error::Immutable(self.violation(name, &[column], Story::Immutable))
    }

    /// The row is as it was.
    pub(crate) fn key_changed(self) -> Error {
        let (name, columns) = self.row.key();
        Error::KeyChanged(self.violation(name, columns, Story::KeyChanged))
    }

    /// A hook gave the row another key. The row is as it was before.
    pub(crate) fn key_changed_by_hook(self) -> Error {
        let (name, columns) = self.row.key();
        Error::KeyChanged(self.violation(name, columns, Story::KeyChangedByHook))
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
        if let Some(last) = path.last_mut() {
            *last = format!("{last} ← {child}");
        }
        let story = Story::Referred { verb, rule };
        let (columns, values) = (smallvec![column], smallvec![parent]);
        let mut violation = Violation::new(child_table, constraint, columns, values, child, story);
        violation.lead(path);
        Error::Restricted(Box::new(violation))
    }
}
