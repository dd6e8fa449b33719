//! What a query can be asked for.

use bondstone_schema::{Id, Model};

use super::{Matches, Query};
use crate::error::{Error, Result};

impl<'v, M: Model> Query<'v, M> {
    /// All rows.
    #[must_use]
    pub fn all(self) -> Vec<&'v M> {
        self.into_iter().collect()
    }

    /// The first row, if there is any.
    #[must_use]
    pub fn first(self) -> Option<&'v M> {
        self.limit(1).into_iter().next()
    }

    /// The only row.
    ///
    /// # Errors
    /// [`Error::NotOne`] if there is none, or more than one.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// let snap = db.read();
    /// assert_eq!(snap.query().filter(User::AGE.eq(0)).one()?.id, ann);
    /// let none = snap.query().filter(User::AGE.eq(1)).one().unwrap_err();
    /// assert_eq!(none.to_string(), "exactly one row of `users` was expected, there is none");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn one(self) -> Result<&'v M> {
        only(self.limit(2).into_iter())
    }

    /// Is there any row?
    #[must_use]
    pub fn exists(mut self) -> bool {
        self.spec.order.clear();
        self.first().is_some()
    }

    /// How many rows there are.
    ///
    /// Of a whole table, of a range of an ordered index and of the rows that refer to one row, none is touched, unless it has
    /// changed lately.
    #[must_use]
    pub fn count(mut self) -> usize {
        self.spec.order.clear();
        if let Some(row) = self.point() {
            return self.only(row).count();
        }
        let query = self.normal();
        let choice = query.choose_any();
        query.count(&choice)
    }

    /// The keys of the rows.
    ///
    /// Where a range of an ordered index answers the query and the engine assigns the keys, they are told without touching the
    /// rows, but for rows that changed lately.
    #[must_use]
    pub fn ids(self) -> Vec<Id<M>> {
        self.run().ids()
    }
}

/// The only one of some rows.
pub(super) fn only<'v, M: Model>(mut rows: Matches<'v, M>) -> Result<&'v M> {
    match (rows.next(), rows.next()) {
        (Some(row), None) => Ok(row),
        (None, _) => Err(Error::NotOne { table: M::DEFINITION.name, several: false }),
        (Some(_), Some(_)) => Err(Error::NotOne { table: M::DEFINITION.name, several: true }),
    }
}
