//! Values as bytes: the layout of rows, the layout of columns, and from one shape to another.
//!
//! A value writes itself part by part ([`bondstone_schema::stored`]); here is what takes the parts and gives them back.
//!
//! | module | noun |
//! |---|---|
//! | [`row`] | the parts one behind the other: what a frame of the log holds |
//! | [`mod@column`] | each part of a column in a vector of its own: what a snapshot holds |
//! | [`block`] | a column as bytes, with its place and a checksum |
//! | [`transcode`] | a value of one shape as a value of another |
//! | [`restore`] | stored rows as a model sees them: columns added, removed, renamed, of another type |
//!
//! Nothing here knows a model. What is read is never believed: each layout answers any bytes with values or with an error,
//! takes memory only for what is there, and has no place where it could panic.

pub mod block;
pub mod column;
pub mod restore;
pub mod row;
pub mod transcode;

/// Why a value cannot be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unwritable {
    /// A text, a list or a nested value is too long for a length of 32 bits.
    #[error("a text or a list is longer than 4 GiB or 2^32 elements")]
    TooLong,
    /// A value contains values of its own type too many times over.
    #[error("a value is nested more than {} times", bondstone_schema::stored::DEEPEST)]
    TooDeep,
    /// The values of a column do not fit into one archive.
    #[error(
        "a column of a segment holds less than 2 GiB and 2^32 rows: write it in smaller segments"
    )]
    TooLarge,
    /// The parts are not those of the shape that the column was said to have.
    #[error("a value does not write the parts that its shape promises")]
    OtherShape,
}
