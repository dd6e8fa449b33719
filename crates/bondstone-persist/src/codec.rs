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
#[cfg(test)]
mod tests;
pub mod transcode;

/// The longest text, list or nested value that can be stored: of one that is longer it is not sure that a snapshot could hold it, whose
/// columns have less than 2 GiB in each segment; and what is in the log must fit into a snapshot.
pub const LONGEST: usize = 1 << 30;

/// A length, unless it is too long.
fn length_of(length: usize) -> Option<u32> {
    u32::try_from(length).ok().filter(|_| length <= LONGEST)
}

/// Why a value cannot be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unwritable {
    /// A text, a list or a nested value is [too long](LONGEST).
    #[error("a text or a list is longer than 1 GiB or 2^30 elements")]
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
