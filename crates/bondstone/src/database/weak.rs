//! A handle that does not keep the database.

use std::fmt;
use std::sync::{Arc, Weak};

use super::{Database, Inner};

/// A handle that does not keep the database: for what the database itself keeps, such as a hook, and for caches.
///
/// A database goes with its last [`Database`]. A hook that owns one would keep it for ever, its directory locked and its feeds
/// without an end.
///
/// ```
#[doc = include_str!("../example.txt")]
/// let weak = db.downgrade();
/// db.hooks(move |h| {
///     h.before_delete(move |user: &User, _| match weak.upgrade() {
///         Some(db) if !db.read().contains(user.id) => Err("nobody has seen this user yet".into()),
///         _ => Ok(()),
///     });
/// });
/// let weak = db.downgrade();
/// assert!(weak.upgrade().is_some());
/// drop(db);
/// assert!(weak.upgrade().is_none(), "the hook does not keep it");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct WeakDatabase {
    inner: Weak<Inner>,
}

impl WeakDatabase {
    /// The database, if it is still there. O(1).
    #[must_use]
    pub fn upgrade(&self) -> Option<Database> {
        self.inner.upgrade().map(|inner| Database { inner })
    }
}

impl Database {
    /// A handle that does not keep the database. O(1).
    #[must_use]
    pub fn downgrade(&self) -> WeakDatabase {
        WeakDatabase { inner: Arc::downgrade(&self.inner) }
    }
}

impl fmt::Debug for WeakDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.upgrade() {
            Some(db) => f.debug_tuple("WeakDatabase").field(&db).finish(),
            None => f.write_str("WeakDatabase(gone)"),
        }
    }
}
