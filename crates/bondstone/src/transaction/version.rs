//! `#[version]`: a number that each change of a row moves on, so that nobody overwrites what he has not seen.
//!
//! The number is the engine's. It is 1 in a new row, whatever that says and hooks make of it; only an import puts back what was exported.
//! Whatever an update leaves in the column is put right: one more than before if the row changed otherwise, as before if it did not.

use bondstone_schema::Id;

use super::Tx;
use crate::entity::Entity;
use crate::error::{Error, Result};

/// A model with a `#[version]` column. Derived.
///
/// ```
/// use bondstone::prelude::*;
///
/// #[derive(Clone, Debug, Model)]
/// #[table("pages")]
/// struct Page {
///     #[key]
///     id: Id<Page>,
///     text: String,
///     #[version]
///     revision: u64,
/// }
///
/// let db = Database::builder().models::<Page>().in_memory()?;
/// let page = db.write(|tx| tx.insert(NewPage { text: "one".into() }))?;
/// // Two people have the page before them.
/// let (mut anns, mut bobs) = (db.read()[page].clone(), db.read()[page].clone());
/// anns.text = "by Ann".into();
/// bobs.text = "by Bob".into();
/// db.write(|tx| tx.replace(anns).map(drop))?;
/// let stale = db.write(|tx| tx.replace(bobs).map(drop)).unwrap_err();
/// assert_eq!(stale.to_string(), "pages#1 was changed meanwhile: version 1 expected, 2 found");
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "rows of `{Self}` have no version",
    note = "give the model one: `#[version] revision: u64,`"
)]
pub trait Versioned: Entity {
    /// The row's version.
    #[doc(hidden)]
    fn row_version(&self) -> u64;
}

/// The `#[version]` column of a model.
#[doc(hidden)]
#[derive(Debug)]
pub struct VersionColumn<M: 'static> {
    /// The column's number.
    pub column: u16,
    /// The version.
    pub get: fn(&M) -> u64,
    /// Sets it.
    pub set: fn(&mut M, u64),
}

impl<M> VersionColumn<M> {
    /// One more than before.
    pub(super) fn advance(&self, before: &M, row: &mut M) {
        (self.set)(row, (self.get)(before).wrapping_add(1));
    }
}

impl Tx {
    /// As [`update`](Tx::update), of a row that is still of this version.
    ///
    /// # Errors
    /// [`Error::Stale`] if it is of another one, and as for [`update`](Tx::update). The row is then as before.
    ///
    /// ```
    /// # use bondstone::prelude::*;
    /// # #[derive(Clone, Debug, Model)]
    /// # struct Page { #[key] id: Id<Page>, text: String, #[version] revision: u64 }
    /// # let db = Database::builder().models::<Page>().in_memory()?;
    /// # let page = db.write(|tx| tx.insert(NewPage { text: "one".into() }))?;
    /// db.write(|tx| {
    ///     let changed = tx.update_at(page, 1, |page| page.text = "two".into())?;
    ///     assert_eq!(changed.revision, 2);
    ///     assert!(matches!(tx.update_at(page, 1, |_| {}), Err(Error::Stale { expected: 1, found: 2, .. })));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn update_at<M: Versioned>(
        &mut self,
        id: Id<M>,
        version: u64,
        change: impl FnOnce(&mut M),
    ) -> Result<&M> {
        self.try_update_at(id, version, |row| {
            change(row);
            Ok(())
        })
    }

    /// As [`update_at`](Tx::update_at), by a closure that may fail: then the row is as before.
    ///
    /// # Errors
    /// As for [`update_at`](Tx::update_at), and what the closure says.
    pub fn try_update_at<M: Versioned>(
        &mut self,
        id: Id<M>,
        version: u64,
        change: impl FnOnce(&mut M) -> Result<()>,
    ) -> Result<&M> {
        let row = self.sight().get(&id).ok_or_else(|| Error::NotFound(id.to_string()))?;
        let found = row.row_version();
        if found != version {
            return Err(Error::Stale { row: id.to_string(), expected: version, found });
        }
        self.try_update(id, change)
    }

    /// Puts a whole object in the place of the row with its key, if that is still of the object's version: what was read,
    /// shown to somebody and changed by him.
    ///
    /// # Errors
    /// [`Error::Stale`] if the row was changed meanwhile, [`Error::NotFound`] if it is gone, and as for
    /// [`update`](Tx::update).
    pub fn replace<M: Versioned>(&mut self, object: M) -> Result<&M> {
        let (id, version) = (object.id(), object.row_version());
        self.update_at(id, version, |row| *row = object)
    }
}
