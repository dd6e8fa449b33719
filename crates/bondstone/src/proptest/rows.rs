//! Rows of all tables of a database.

use std::fmt;
use std::marker::PhantomData;

use ::proptest::collection::{SizeRange, vec};
use ::proptest::strategy::Strategy;

use super::draft::{Draft, Drafter};
use crate::database::Database;
use crate::entity::{Models, Roots};
use crate::error::{Error, Result};
use crate::transaction::Tx;

/// Rows of the models `R` and of all that they reach, to be inserted: what [`any_rows`] gives.
pub struct AnyRows<R> {
    drafts: Vec<Draft>,
    models: PhantomData<fn() -> R>,
}

/// Any rows of the models that these reach, so many of each table: see [the module](super).
///
/// ```
/// # use bondstone::prelude::*;
/// use bondstone::proptest::any_rows;
/// use proptest::prelude::*;
/// # #[derive(Clone, Debug, Model)]
/// # struct User { #[key] id: Id<User>, name: String }
///
/// proptest!(|(rows in any_rows::<User>(3..=3))| {
///     prop_assert_eq!(rows.database().read().count::<User>(), 3);
/// });
/// ```
pub fn any_rows<R: Roots>(
    of_each: impl Into<SizeRange>,
) -> impl Strategy<Value = AnyRows<R>> + Clone {
    let mut models = Models::default();
    R::add_to(&mut models);
    let of_each = of_each.into();
    let tables = models.schema.tables().iter();
    let tables = tables.filter(|table| !table.columns.is_empty());
    let drafts: Vec<_> =
        tables.map(|table| vec(Drafter::of(table).strategy(), of_each.clone())).collect();
    drafts.prop_map(|drafts| AnyRows { drafts: drafts.concat(), models: PhantomData })
}

impl<R: Roots> AnyRows<R> {
    /// A database in memory with these rows, as many as no rule refuses.
    ///
    /// # Panics
    /// If the models do not fit together, or a hybrid, check or default panics.
    #[must_use]
    pub fn database(&self) -> Database {
        let db = Database::builder().models::<R>().in_memory();
        let db = db.unwrap_or_else(|error| panic!("{error}"));
        db.write(|tx| self.insert_into(tx)).unwrap_or_else(|error| panic!("{error}"));
        db
    }

    /// Inserts the rows, parents first, and leaves out those that a rule refuses; how many there are.
    ///
    /// # Errors
    /// None that a row could cause.
    pub fn insert_into(&self, tx: &mut Tx) -> Result<usize> {
        let mut left: Vec<&Draft> = self.drafts.iter().collect();
        // What found no parent is tried again when others are there.
        loop {
            let before = left.len();
            left.retain(|draft| !matches!(insert(draft, tx), Ok(true)));
            if left.len() == before || left.is_empty() {
                return Ok(self.drafts.len() - left.len());
            }
        }
    }
}

/// Was it inserted? Not, if no attempt met its checks.
fn insert(draft: &Draft, tx: &mut Tx) -> Result<bool> {
    let draft = draft.clone();
    draft.until_met(|draft| {
        let values = draft.values(tx)?;
        match tx.insert_into(draft.table(), values) {
            Ok(_) => Ok((true, None)),
            Err(unmet @ Error::Check(_)) => Ok((false, Some(unmet))),
            Err(error) => Err(error),
        }
    })
}

impl<R> Clone for AnyRows<R> {
    fn clone(&self) -> Self {
        Self { drafts: self.drafts.clone(), models: PhantomData }
    }
}

impl<R> fmt::Debug for AnyRows<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.drafts).finish()
    }
}
