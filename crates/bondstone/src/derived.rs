//! Derived columns: what `#[hybrid]` makes of a method that reads other rows.

use std::fmt;

use crate::view::View;

/// A column of `M` whose value of type `V` is computed from the row and others, seen through a view.
///
/// Good for filters and orders. There is no index over it: the row's changes are noticed, those of others are not.
///
/// Written by [`#[hybrid]`](macro@crate::hybrid).
///
/// ```
#[doc = include_str!("example.txt")]
/// impl User {
///     #[hybrid]
///     fn ordered(&self, db: &View) -> u32 {
///         self.orders(db).into_iter().map(|order| order.quantity).sum()
///     }
/// }
///
/// db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 3 }))?;
/// let snap = db.read();
/// assert_eq!(User::ORDERED.compute(&snap[ann], &snap), 3);
/// # Ok::<(), Error>(())
/// ```
pub struct Derived<M, V> {
    name: &'static str,
    private: bool,
    compute: fn(&M, &View) -> V,
}

impl<M, V> Derived<M, V> {
    /// The value of this function, under this name: the constant's in lower case.
    #[must_use]
    pub const fn new(name: &'static str, compute: fn(&M, &View) -> V) -> Self {
        Self { name, private: false, compute }
    }

    /// The same, with values that nothing shows.
    #[must_use]
    pub const fn private(self) -> Self {
        Self { private: true, ..self }
    }

    /// Is its value never shown?
    #[must_use]
    pub const fn is_private(self) -> bool {
        self.private
    }

    /// Its name, that of the method.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The row's value in this state. Costs what the method costs: nothing is kept.
    #[inline]
    pub fn compute(self, row: &M, view: &View) -> V {
        (self.compute)(row, view)
    }
}

impl<M, V> Clone for Derived<M, V> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, V> Copy for Derived<M, V> {}

impl<M, V> fmt::Debug for Derived<M, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Derived({})", self.name)
    }
}
