//! All hooks of a database, by their keys.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use slotmap::SlotMap;

use super::set::{CommitHook, LoadHook, RollbackHook, RowHook, TxHook};
use super::{HookKind, HookSet, Limits};
use crate::entity::Behaviour;
use crate::error::{Error, Result};

slotmap::new_key_type! {
    /// A hook that was registered: by it the hook is [removed](crate::Database::remove_hook). Of the database that gave it, and
    /// never given again.
    pub struct HookKey;
}

/// The hooks of a database.
#[derive(Default)]
pub(crate) struct Registry {
    pub(crate) limits: Limits,
    hooks: Mutex<Registered>,
    /// Is there any hook? Asked by each transaction, without the lock.
    any: AtomicBool,
}

#[derive(Default)]
struct Registered {
    /// In the order of registration, beside their keys.
    hooks: Vec<(HookKey, Hook)>,
    keys: SlotMap<HookKey, ()>,
    /// What transactions use; `None` when hooks came or went since it was made.
    set: Option<Arc<HookSet>>,
}

/// A hook, without its types.
pub(super) struct Hook {
    pub(super) kind: HookKind,
    /// The number and the name of its model, if it has one.
    pub(super) model: Option<(usize, &'static str)>,
    pub(super) run: Run,
}

/// What is called.
#[derive(Clone)]
pub(super) enum Run {
    Row(RowHook),
    /// For the column with this number.
    Set(u16, RowHook),
    Load(LoadHook),
    BeforeCommit(TxHook),
    AfterCommit(CommitHook),
    AfterRollback(RollbackHook),
}

impl Hook {
    pub(super) const fn new(kind: HookKind, run: Run) -> Self {
        Self { kind, model: None, run }
    }

    pub(super) fn of_table(self, number: usize, name: &'static str) -> Self {
        Self { model: Some((number, name)), ..self }
    }
}

impl Registry {
    fn registered(&self) -> MutexGuard<'_, Registered> {
        // Nothing of the user's runs while it is locked.
        self.hooks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, hook: Hook) -> HookKey {
        let mut registered = self.registered();
        let key = registered.keys.insert(());
        registered.hooks.push((key, hook));
        registered.set = None;
        self.any.store(true, Ordering::Relaxed);
        key
    }

    /// Removes a hook; false if it is gone already.
    pub(crate) fn remove(&self, key: HookKey) -> bool {
        let mut registered = self.registered();
        if registered.keys.remove(key).is_none() {
            return false;
        }
        registered.hooks.retain(|(other, _)| *other != key);
        registered.set = None;
        self.any.store(!registered.hooks.is_empty(), Ordering::Relaxed);
        true
    }

    /// The database is open: hooks for rows that are read from files are over.
    pub(crate) fn loaded(&self) {
        let mut registered = self.registered();
        let Registered { hooks, keys, set } = &mut *registered;
        hooks.retain(|(key, hook)| hook.kind != HookKind::OnLoad || keys.remove(*key).is_none());
        *set = None;
        self.any.store(!hooks.is_empty(), Ordering::Relaxed);
    }

    /// The hooks as they are now; `None` if there are none.
    #[inline]
    pub(crate) fn current(&self) -> Option<Arc<HookSet>> {
        if self.any.load(Ordering::Relaxed) { Some(self.listed()) } else { None }
    }

    #[cold]
    fn listed(&self) -> Arc<HookSet> {
        let mut registered = self.registered();
        let Registered { hooks, set, .. } = &mut *registered;
        let of = || Arc::new(HookSet::of(hooks.iter().map(|(_, hook)| hook)));
        Arc::clone(set.get_or_insert_with(of))
    }

    /// Refuses hooks of models that the database does not have.
    pub(crate) fn verify(&self, behaviours: &[Option<Box<dyn Behaviour>>]) -> Result<()> {
        let is_table = |number: usize| behaviours.get(number).is_some_and(Option::is_some);
        let registered = self.registered();
        let mut models = registered.hooks.iter().filter_map(|(_, hook)| hook.model);
        match models.find(|(number, _)| !is_table(*number)) {
            Some((_, name)) => Err(Error::user(format!(
                "a hook is registered for `{name}`, which is not a model of this database: register it with \
                 `.models::<{name}>()`"
            ))),
            None => Ok(()),
        }
    }
}
