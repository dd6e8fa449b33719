//! Snapshots: a state of the database that stays as it was.

use std::ops::Deref;
use std::sync::Arc;

use bondstone_storage::{Sight, Store};

use crate::view::View;

/// One committed state of the database, for as long as it is held.
///
/// Taken without waiting and dropped without waiting, `Send` and `Sync`, and independent of the [`Database`](crate::Database)
/// handle it came from. It never sees a later commit and never holds one up. What it can see is kept in memory until it goes,
/// so a snapshot held for hours holds hours of superseded rows: see
/// [`oldest_snapshot_age`](crate::Database::oldest_snapshot_age).
///
/// A clone shows the same state.
///
/// ```
#[doc = include_str!("example.txt")]
/// let snap = db.read();
/// let report = std::thread::spawn(move || snap.iter::<User>().map(|user| user.age).sum::<u32>());
/// db.write(|tx| tx.update(ann, |user| user.age = 41).map(drop))?;
/// assert_eq!(report.join().unwrap(), 0, "whenever it ran");
/// # Ok::<(), Error>(())
/// ```
pub struct Snapshot {
    view: View,
}

impl Snapshot {
    pub(crate) const fn new(sight: Sight) -> Self {
        Self { view: View::of(sight) }
    }

    /// Of the last commit.
    pub(crate) fn of_last(store: &Arc<Store>) -> Self {
        Self::new(Sight::snapshot(store))
    }
}

impl Clone for Snapshot {
    fn clone(&self) -> Self {
        Self::new(self.view.sight.clone())
    }
}

impl Deref for Snapshot {
    type Target = View;

    #[inline]
    fn deref(&self) -> &View {
        &self.view
    }
}

/// Snapshots are sent to other threads and shared by them.
const _: fn() = || {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Snapshot>();
    is_shared::<crate::Database>();
};
