//! A sum that does not fit its type.

use std::cmp::Ordering;

/// A sum has more digits than its type: of 128-bit integers, or of decimals.
///
/// Becomes an [`Error`](crate::Error) with `?`. Sums are exact until they are finished; so it does not depend on the order of
/// the rows, and does not happen where only a part of the sum would not have fitted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
#[error("the sum of {0} does not fit: it is {1} every {2}", story.of, story.side(), story.number)]
pub struct Overflow {
    // A result with a box beside a number is no larger than the number and a word.
    story: Box<Story>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Story {
    of: String,
    number: &'static str,
    negative: bool,
}

impl Story {
    const fn side(&self) -> &'static str {
        if self.negative { "less than" } else { "greater than" }
    }
}

impl Overflow {
    /// The sum of `of` does not fit `number`.
    #[cold]
    pub(super) fn new(of: String, number: &'static str, negative: bool) -> Self {
        Self { story: Box::new(Story { of, number, negative }) }
    }

    /// Is the sum less than every number of the type? Else it is greater.
    #[must_use]
    pub const fn is_negative(&self) -> bool {
        self.story.negative
    }

    /// On which side of every number of the type the sum lies.
    pub(super) const fn side(&self) -> Ordering {
        if self.is_negative() { Ordering::Less } else { Ordering::Greater }
    }
}
