//! Filling a store with the rows that a database had before.
//!
//! Loading is not writing: nobody reads yet, so there are no versions, nothing to undo, and nothing to reclaim.
//!
//! 1. Rows go into the arenas, found by primary key alone ([`TableLoader`]); each table by a thread of its own, if
//!    one likes. Rows may be put in the place of others and removed, as a log says that is replayed.
//! 2. [`Loader::finish`] makes all indexes and relation maps at once, checks unique and foreign keys by the way, and hands
//!    out the store.
//!
//! # Invariants
//!
//! * Every row is of the first timestamp, which every snapshot sees, and plain: one version, inline.
//! * Nothing derived is put into a table before all of it is made. So when rows break a constraint, or the user's code
//!   panics, the loader is as before, and its rows can be looked at, and corrected.

mod jobs;
mod table_loader;

use std::fmt;
use std::sync::Arc;

use bondstone_schema::{Hashing, Model};
use parking_lot::Mutex;

use crate::handle::Slot;
use crate::store::Store;
use crate::table::Tables;
use crate::writer::{FIRST, LAST_LOADED, Timestamp, Writer};

pub(crate) use jobs::Findings;
pub use table_loader::TableLoader;

/// A store that is being filled. Made by [`StoreBuilder::load`](crate::StoreBuilder::load).
pub struct Loader {
    tables: Tables,
    /// Each table's writer, by the model's number; `None` while its table is being loaded.
    writers: Box<[Mutex<Option<Writer>>]>,
    publishes_later: bool,
}

/// A row that breaks a constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The number of the row's model.
    pub table: usize,
    /// What it breaks.
    pub broken: Broken,
    /// The row's slot.
    pub slot: Slot,
}

/// A constraint that a loaded row breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Another row has the same key in a unique index.
    Unique {
        /// The index's place among the model's indexes.
        index: usize,
        /// The other row's slot: the least of those with this key.
        other: Slot,
    },
    /// A foreign key refers to no row.
    MissingParent {
        /// The key's place among the model's foreign keys.
        foreign_key: usize,
    },
}

/// Rows that break constraints, and the loader that still has them.
pub struct Faults {
    /// As it was: its tables can be read, corrected, and finished again.
    pub loader: Loader,
    /// The first of them, [`Faults::SHOWN`] at most of each index and each foreign key.
    pub shown: Vec<Fault>,
    /// How many there are altogether.
    pub count: usize,
}

impl Faults {
    /// So many faults of each index and each foreign key are kept; the others are counted.
    pub const SHOWN: usize = 100;
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults").field("shown", &self.shown).field("count", &self.count).finish()
    }
}

impl Loader {
    pub(crate) fn new(tables: Tables, publishes_later: bool) -> Self {
        let writer = |_| Mutex::new(Some(Writer::alone()));
        let writers = tables.list().iter().map(writer).collect();
        Self { tables, writers, publishes_later }
    }

    /// The table of a model, to be filled. Those of several models may be filled at once.
    ///
    /// # Panics
    /// If `M` is not a model of the store, or its table is being filled already.
    #[must_use]
    pub fn table<M: Model>(&self) -> TableLoader<'_, M> {
        let name = M::DEFINITION.rust_name;
        let number = M::number().get();
        let (Some(table), Some(place)) = (self.tables.get(number), self.writers.get(number)) else {
            panic!("`{name}` is not a model of this store");
        };
        let Some(writer) = place.lock().take() else {
            panic!("the table of `{name}` is being filled already");
        };
        // SAFETY: the table is that of `M`, and the writer, which is ours alone, its only one.
        unsafe { TableLoader::new(table, &self.tables.hashing, writer, place) }
    }

    /// The hasher of the store's indexes.
    #[must_use]
    pub const fn hashing(&self) -> &Hashing {
        &self.tables.hashing
    }

    /// Makes indexes and relation maps, checks unique and foreign keys, and hands out the store, whose last commit is `version`:
    /// a snapshot has this timestamp, the next transaction the one after. On up to `threads` threads, this one
    /// among them.
    ///
    /// O(rows × (indexes + foreign keys)), where keys are hashed or are numbers; the others are sorted.
    ///
    /// # Errors
    /// [`Faults`], with the loader, if rows break constraints.
    ///
    /// # Panics
    /// If the user's `Hash`, `Eq`, `Ord` or `Clone` does; all rows are dropped then. If `version` is above [`LAST_LOADED`].
    pub fn finish(mut self, version: Timestamp, threads: usize) -> Result<Arc<Store>, Faults> {
        assert!(version <= LAST_LOADED, "no store comes as far as version {version}");
        let (made, shown, count) = jobs::run(&mut self.tables, threads);
        if count > 0 {
            return Err(Faults { loader: self, shown, count });
        }
        for derived in made {
            derived.put_into(self.tables.list_mut());
        }
        Ok(Store::of(self.tables, version.max(FIRST), self.publishes_later))
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
