//! Who builds on what is not published yet.

use std::sync::Arc;

use bondstone_persist::commit;

use crate::database::Inner;
use crate::error::Result;

/// All commits that a transaction builds on, some of which may still be waited for.
///
/// A transaction may read what a power loss could still take back. Whatever comes of it, it ends only when that is
/// published; else it could carry such a value out of the database. So this is dropped last, when the writer's lock is free
/// for those that come after.
pub(crate) struct Base(Option<(Arc<Inner>, commit::Base)>);

impl Base {
    /// That of a transaction that begins: the writer's lock is held.
    ///
    /// # Errors
    /// The log takes nothing any more.
    pub(crate) fn of(database: &Arc<Inner>) -> Result<Self> {
        let Some(journal) = &database.journal else { return Ok(Self(None)) };
        Ok(Self(Some((Arc::clone(database), journal.base()?))))
    }

    /// Waits until the base is published.
    ///
    /// # Errors
    /// It never will be.
    pub(crate) fn settle(&mut self) -> Result<()> {
        let Some((database, base)) = self.0.take() else { return Ok(()) };
        let Some(journal) = &database.journal else { return Ok(()) };
        journal.wait_base(&database.store, base)
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        // A panic goes on at once; whoever catches it has read nothing that he could not have read before.
        if !std::thread::panicking() {
            let _ = self.settle();
        }
    }
}
