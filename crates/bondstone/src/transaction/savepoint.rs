//! Savepoints: a part of a transaction that can be taken back alone. Statements of several writes are savepoints, too.
//!
//! A part is lent the transaction, and may put another one in its place: `std::mem::swap` is safe code. Whoever gets his back after
//! that has none of what he began. So he panics, and touches nothing of the other; and the one that was carried off in the middle
//! of a savepoint cannot be committed any more.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use bondstone_storage::{Mark, Open, Store};

use super::Tx;
use super::deferred::OpenPlace;
use crate::hooks::Place;

/// Which transaction it is, of all that are open at one time.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Identity {
    store: *const Store,
    version: u64,
    /// So many savepoints of it are open.
    savepoints: u32,
}

/// Where a transaction stands, to return to if what follows is taken back.
struct Point {
    mark: Mark,
    hooks: Place,
    open: OpenPlace,
    /// What the view says of it.
    left_open: Open,
}

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
    /// If `part` does, after taking back what it wrote; if it leaves another transaction in the place of this one.
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
        let point = self.point();
        self.savepoints += 1;
        let inside = self.identity();
        let done = catch_unwind(AssertUnwindSafe(|| self.lend(part)));
        if self.identity() == inside {
            self.savepoints -= 1;
            if !matches!(done, Ok(Ok(_))) {
                self.return_to(point);
            }
        }
        done.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// Lets a part have the transaction, which is to give it back.
    pub(super) fn lend<T>(&mut self, part: impl FnOnce(&mut Self) -> T) -> T {
        let lent = self.identity();
        let done = part(self);
        assert!(
            self.identity() == lent,
            "another transaction was put in the place of the one that was lent: they are not to be swapped"
        );
        done
    }

    fn identity(&self) -> Identity {
        let store = Arc::as_ptr(self.sight().store());
        Identity { store, version: self.version(), savepoints: self.savepoints }
    }

    fn point(&self) -> Point {
        Point {
            mark: self.view.sight.mark(),
            hooks: self.hooks.place(),
            open: self.open.place(),
            left_open: self.view.open,
        }
    }

    fn return_to(&mut self, point: Point) {
        self.hooks.return_to(point.hooks);
        self.open.return_to(point.open);
        self.view.open = point.left_open;
        self.view.sight.undo_to(point.mark);
    }
}
