//! How many relatives there may be: exactly one, none or one, several.

use bondstone_schema::{Nullness, Req};

/// What stands beside a row: a `T` for a required key, an `Option<T>` where there may be none, a list where there may be
/// several.
pub trait Shape: 'static {
    /// What is handed out to keep.
    type Of<T>;
    /// What is lent, where `L` is a list of what stands there.
    type Lent<L: Iterator>;
    /// The shape at the end of a path whose first key may be null or not.
    type Behind<N: Nullness>: Shape;

    /// So many relatives of a row are handed out at most.
    const MOST: usize;

    /// Gives what was found this shape.
    ///
    /// # Panics
    /// If nothing was found where something is required.
    fn keep<T>(found: impl Iterator<Item = T>) -> Self::Of<T>;

    /// As [`keep`](Shape::keep).
    fn lend<L: Iterator>(found: L) -> Self::Lent<L>;
}

impl<N: Nullness> Shape for N {
    type Of<T> = N::Item<T>;
    type Lent<L: Iterator> = N::Item<L::Item>;
    type Behind<F: Nullness> = F::Or<N>;

    const MOST: usize = 1;

    #[inline]
    fn keep<T>(mut found: impl Iterator<Item = T>) -> N::Item<T> {
        N::item(found.next())
    }

    #[inline]
    fn lend<L: Iterator>(mut found: L) -> N::Item<L::Item> {
        N::item(found.next())
    }
}

/// There may be several.
#[derive(Clone, Copy, Debug)]
pub enum Several {}

impl Shape for Several {
    type Of<T> = Vec<T>;
    type Lent<L: Iterator> = L;
    type Behind<N: Nullness> = Self;

    const MOST: usize = usize::MAX;

    #[inline]
    fn keep<T>(found: impl Iterator<Item = T>) -> Vec<T> {
        found.collect()
    }

    #[inline]
    fn lend<L: Iterator>(found: L) -> L {
        found
    }
}

/// The shapes are told apart by the compiler alone.
const _: fn() = || {
    fn is_shape<S: Shape>() {}
    is_shape::<Req>();
    is_shape::<Several>();
};
