//! The same store behind a lock, with an undo copy of every row that is changed: the least that an
//! application needs before several threads can use it and several changes can fail together.

use super::{Refused, Store};
use crate::model::User;
use bondstone::Id;
use parking_lot::{RwLock, RwLockReadGuard};

/// One writer or many readers.
#[derive(Default)]
pub struct Locked(RwLock<Guarded>);

#[derive(Default)]
struct Guarded {
    store: Store,
    /// Empty between writes; kept for its capacity.
    undo: Vec<User>,
}

/// The changes that succeed or fail together.
pub struct Statements<'a>(&'a mut Guarded);

impl Locked {
    /// Locks a store that is already filled.
    pub fn new(store: Store) -> Self {
        Self(RwLock::new(Guarded { store, undo: Vec::new() }))
    }

    /// The store as it is, and nobody writes meanwhile.
    pub fn read(&self) -> impl std::ops::Deref<Target = Store> {
        RwLockReadGuard::map(self.0.read(), |guarded| &guarded.store)
    }

    /// Runs the statements; if they end in a refusal, everything is as it was.
    pub fn write<T>(
        &self,
        statements: impl FnOnce(&mut Statements<'_>) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        let mut guarded = self.0.write();
        let outcome = statements(&mut Statements(&mut guarded));
        match outcome {
            Ok(_) => guarded.undo.clear(),
            Err(_) => guarded.roll_back()?,
        }
        outcome
    }
}

impl Guarded {
    fn roll_back(&mut self) -> Result<(), Refused> {
        while let Some(copy) = self.undo.pop() {
            self.store.users.restore(copy)?;
        }
        Ok(())
    }
}

impl Statements<'_> {
    /// Changes a user in place.
    pub fn update(&mut self, id: Id<User>, change: impl FnOnce(&mut User)) -> Result<(), Refused> {
        let copy = self.0.store.users.update(id, change)?;
        self.0.undo.push(copy);
        Ok(())
    }
}
