//! Why a write was refused.

use thiserror::Error;

/// Names the rule; cheap to make, because refusing is part of what is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// Another row has this value of a unique column.
    #[error("{0} is taken")]
    Taken(&'static str),
    /// A check failed.
    #[error("check {0} failed")]
    Check(&'static str),
    /// A text is longer than its column allows.
    #[error("{0} is too long")]
    TooLong(&'static str),
    /// The row names another one that does not exist.
    #[error("the row that this one belongs to does not exist")]
    NoParent,
    /// Other rows name this one.
    #[error("other rows refer to this one")]
    Referred,
    /// There is no row with this id.
    #[error("there is no row with this id")]
    NotFound,
    /// The id of a row never changes.
    #[error("the id of a row cannot be changed")]
    IdChanged,
}
