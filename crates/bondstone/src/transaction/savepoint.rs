//! Savepoints: a part of a transaction that can be taken back alone.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use bondstone_storage::Mark;

use super::Tx;
use crate::hooks::Place;

impl Tx {
    /// Runs `part`; if it returns an error (or panics), everything it wrote is taken back, and the transaction goes on.
    /// Savepoints nest. O(rows written in it) to take back.
    ///
    /// Key counters are not moved back.
    ///
    /// # Errors
    /// Whatever `part` says.
    ///
    /// # Panics
    /// If `part` does, after taking back what it wrote.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// db.write(|tx| {
    ///     tx.update(ann, |user| user.age = 41)?;
    ///     let part = tx.savepoint(|tx| {
    ///         tx.delete(ann)?;
    ///         Err::<(), Error>("changed my mind".into())
    ///     });
    ///     assert!(part.is_err());
    ///     assert_eq!(tx[ann].age, 41, "the part is gone, what came before is not");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn savepoint<T, E>(
        &mut self,
        part: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let (mark, place) = (self.view.sight.mark(), self.hooks.place());
        match catch_unwind(AssertUnwindSafe(|| part(self))) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                self.undo_to(mark, place);
                Err(error)
            }
            Err(panic) => {
                self.undo_to(mark, place);
                resume_unwind(panic)
            }
        }
    }

    fn undo_to(&mut self, mark: Mark, place: Place) {
        self.hooks.return_to(place);
        self.view.sight.undo_to(mark);
    }

    /// A call of several writes that succeeds whole or leaves no trace.
    pub(super) fn statement<T, E>(
        &mut self,
        writes: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.savepoint(writes)
    }
}
