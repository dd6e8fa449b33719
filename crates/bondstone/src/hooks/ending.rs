//! What is told of a transaction's end, and of a hook that panicked when nothing could be done about it any more.

use std::any::Any;
use std::fmt;

use super::HookKind;

/// Why a transaction was not committed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rollback {
    /// It was refused: the error, in words. Of an error type of the program's own ([`transact`](crate::Database::transact)) its name.
    Error(String),
    /// It was dropped, or [rolled back](crate::Tx::rollback).
    Dropped,
    /// It ended by a panic.
    Panicked,
}

impl fmt::Display for Rollback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(text) => f.write_str(text),
            Self::Dropped => f.write_str("the transaction was dropped"),
            Self::Panicked => f.write_str("the transaction panicked"),
        }
    }
}

/// A panic in a hook that was called when all was done: given to what [`Builder::on_hook_panic`](crate::Builder::on_hook_panic) was
/// told to call.
pub struct HookPanic<'a> {
    kind: HookKind,
    payload: &'a (dyn Any + Send),
}

impl<'a> HookPanic<'a> {
    pub(super) const fn new(kind: HookKind, payload: &'a (dyn Any + Send)) -> Self {
        Self { kind, payload }
    }

    /// What the hook was called for: [`AfterCommit`](HookKind::AfterCommit) or [`AfterRollback`](HookKind::AfterRollback).
    #[must_use]
    pub const fn kind(&self) -> HookKind {
        self.kind
    }

    /// The message of the panic, if it has one.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        let text = self.payload.downcast_ref::<String>().map(String::as_str);
        text.or_else(|| self.payload.downcast_ref::<&str>().copied())
    }

    /// What the panic carries.
    #[must_use]
    pub const fn payload(&self) -> &(dyn Any + Send) {
        self.payload
    }
}

impl fmt::Display for HookPanic<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a hook panicked in `{}`", self.kind)?;
        self.message().map_or(Ok(()), |message| write!(f, ": {message}"))
    }
}

impl fmt::Debug for HookPanic<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookPanic")
            .field("kind", &self.kind)
            .field("message", &self.message())
            .finish()
    }
}
