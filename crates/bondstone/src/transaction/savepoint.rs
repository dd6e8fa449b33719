//! Savepoints: a part of a transaction that can be taken back alone.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::Tx;

impl Tx {
    /// Runs `part`; if it returns an error (or panics), everything it wrote is taken back, and the transaction goes on.
    /// Savepoints nest. O(rows written in it) to take back.
    ///
    /// Key counters are not moved back.
    ///
    /// # Errors
    /// Whatever `part` says.
    pub fn savepoint<T, E>(
        &mut self,
        part: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let mark = self.view.sight.mark();
        match catch_unwind(AssertUnwindSafe(|| part(self))) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                self.view.sight.undo_to(mark);
                Err(error)
            }
            Err(panic) => {
                self.view.sight.undo_to(mark);
                resume_unwind(panic)
            }
        }
    }

    /// A call of several writes that succeeds whole or leaves no trace.
    pub(super) fn statement<T, E>(
        &mut self,
        writes: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.savepoint(writes)
    }
}
