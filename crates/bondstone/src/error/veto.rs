//! What a hook refused, and why.

use std::fmt;

use super::Error;
use crate::hooks::HookKind;

/// What a hook refused. It has left no trace.
///
/// ```
#[doc = include_str!("../example.txt")]
/// db.hooks(|h| h.before_delete(|user: &User, _| Err(format!("{} stays", user.email).into())));
/// let error = db.write(|tx| tx.delete(ann).map(drop)).unwrap_err();
/// let veto = error.veto().unwrap();
/// assert_eq!((veto.kind().name(), veto.row()), ("before_delete", Some("users#1")));
/// assert_eq!(veto.error().to_string(), "ann@x.org stays");
/// assert_eq!(error.to_string(), "refused by `before_delete` of users#1: ann@x.org stays");
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct Veto {
    kind: HookKind,
    table: Option<&'static str>,
    row: Option<String>,
    path: Vec<String>,
    error: Error,
}

impl Veto {
    pub(crate) const fn of_row(
        kind: HookKind,
        table: &'static str,
        row: String,
        error: Error,
    ) -> Self {
        Self { kind, table: Some(table), row: Some(row), path: Vec::new(), error }
    }

    pub(crate) const fn of_commit(error: Error) -> Self {
        let kind = HookKind::BeforeCommit;
        Self { kind, table: None, row: None, path: Vec::new(), error }
    }

    pub(super) fn lead(&mut self, path: Vec<String>) {
        self.path = path;
    }

    /// What the hook was called for.
    #[must_use]
    pub const fn kind(&self) -> HookKind {
        self.kind
    }

    /// The table of the row; `None` for `before_commit`.
    #[must_use]
    pub const fn table(&self) -> Option<&'static str> {
        self.table
    }

    /// The row that the hook was called for, as `users#7`.
    #[must_use]
    pub fn row(&self) -> Option<&str> {
        self.row.as_deref()
    }

    /// In a cascade: the way from the row that was named to this one.
    #[must_use]
    pub fn path(&self) -> &[String] {
        &self.path
    }

    /// What the hook said.
    #[must_use]
    pub const fn error(&self) -> &Error {
        &self.error
    }

    /// What the hook said, to keep.
    #[must_use]
    pub fn into_error(self) -> Error {
        self.error
    }
}

impl fmt::Display for Veto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused by `{}`", self.kind)?;
        if let Some(row) = &self.row {
            write!(f, " of {row}")?;
        }
        write!(f, ": {}", self.error)?;
        if self.path.is_empty() {
            return Ok(());
        }
        write!(f, "; path {}", self.path.join(" → "))
    }
}

impl std::error::Error for Veto {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
