//! The trait that ties a struct to its definition.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::definition::Definition;
use crate::id::{Id, Key};
use crate::value::Row;

/// A struct with a table of its own. Derived: `#[derive(Model)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    note = "a model is a struct with `#[derive(Model)]` and a `#[key]` field"
)]
pub trait Model: Row {
    /// The raw primary key behind `Id<Self>`.
    type Key: Key;

    /// What the derive read: columns, keys, indexes, constraints, relations.
    const DEFINITION: &'static Definition<Self>;

    /// The primary key of this value.
    fn id(&self) -> Id<Self>;
}

/// The number of a model in this process: its place in each database's list of tables.
///
/// Given out when the model is first registered with a database; one static for each model, so a table is found by an
/// array index instead of hashing a `TypeId`.
#[derive(Debug)]
pub struct ModelNumber(AtomicU32);

static NEXT: AtomicU32 = AtomicU32::new(1);

impl ModelNumber {
    /// A number not given out yet.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only for statics, which need a const fn")]
    pub const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// The number, or 0 when the model was never registered with any database.
    #[inline]
    pub fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed) as usize
    }

    /// The number, given out now if it was not.
    pub fn assign(&self) -> usize {
        if self.get() == 0 {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            // Another thread may have been faster; its number stands and ours stays unused.
            let _ = self.0.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed);
        }
        self.get()
    }
}
