//! The only door to atomics, fences and cells: std normally, loom under `--cfg loom`.
//!
//! Everything concurrent in this crate takes its atomics from here, so that the model checker runs the production
//! types and not a copy of them.

#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{
    AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
};

use std::cell::UnsafeCell;

#[cfg(not(loom))]
pub(crate) use parking_lot::Mutex;

use crate::writer::Writer;

/// A mutex of which the model checker knows: its threads are one, which must not wait for itself.
#[cfg(loom)]
pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

#[cfg(loom)]
impl<T> Mutex<T> {
    pub(crate) fn new(content: T) -> Self {
        Self(loom::sync::Mutex::new(content))
    }

    pub(crate) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// State that belongs to the thread that holds the writer's lock, kept inside a structure that readers share.
///
/// Readers never look into it. Whoever does must hold the [`Writer`], of which there is one for each store.
pub(crate) struct WriterCell<T>(UnsafeCell<T>);

// SAFETY: the content is reached through `get` alone, whose caller holds the store's only `Writer`; so the content is
// used by one thread at a time (`Send`), and never by two at once.
unsafe impl<T: Send> Sync for WriterCell<T> {}

impl<T> WriterCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// A pointer to the content, for the thread that holds the writer's lock.
    ///
    /// Dereferencing it is sound while no other reference made through this method is alive. The caller's writer must
    /// be that of the store the cell belongs to.
    pub(crate) fn get(&self, _writer: &Writer) -> *mut T {
        self.0.get()
    }
}

/// How many there are of something: counted by the writer, and one of the last numbers to anyone else.
///
/// It orders nothing, so the model checker does not know of it either.
#[derive(Default)]
pub(crate) struct Counter(std::sync::atomic::AtomicUsize);

impl Counter {
    pub(crate) fn of(count: usize) -> Self {
        Self(std::sync::atomic::AtomicUsize::new(count))
    }

    #[inline]
    pub(crate) fn get(&self) -> usize {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// One more.
    #[inline]
    pub(crate) fn add(&self, _: &Writer) {
        self.0.store(self.get() + 1, std::sync::atomic::Ordering::Relaxed);
    }

    /// So many more.
    pub(crate) fn raise(&self, _: &Writer, by: usize) {
        self.0.store(self.get() + by, std::sync::atomic::Ordering::Relaxed);
    }

    /// One fewer.
    #[inline]
    pub(crate) fn take(&self, _: &Writer) {
        self.0.store(self.get() - 1, std::sync::atomic::Ordering::Relaxed);
    }
}

/// Stands in memory that readers look into until it is freed. In the models it witnesses that nobody looks after the end, or
/// so that the end is not ordered behind the look; otherwise it is nothing.
#[derive(Default)]
pub(crate) struct Witness {
    #[cfg(loom)]
    cell: loom::cell::UnsafeCell<()>,
}

// SAFETY: there is nothing in it.
#[cfg(loom)]
unsafe impl Sync for Witness {}

impl Witness {
    /// A reader looks into the memory.
    #[inline(always)]
    pub(crate) fn look(&self) {
        #[cfg(loom)]
        self.cell.with(|_| ());
    }

    /// The memory ends.
    pub(crate) fn end(&self) {
        #[cfg(loom)]
        self.cell.with_mut(|_| ());
    }
}

#[cfg(loom)]
impl Drop for Witness {
    fn drop(&mut self) {
        self.end();
    }
}

/// A bug that can be switched on, to show that a model would find it. Constant `false` outside loom builds.
///
/// Each loom model has a twin that sets one of these and must fail: a model whose twin passes proves nothing.
#[cfg(loom)]
macro_rules! canary_is_set {
    ($name:ident) => {
        crate::sync::canary::is_set(stringify!($name))
    };
}

#[cfg(not(loom))]
macro_rules! canary_is_set {
    ($name:ident) => {
        false
    };
}

pub(crate) use canary_is_set as canary;

/// The switch behind `canary!`. One per test thread: loom runs all threads of a model on the thread of its test.
#[cfg(loom)]
pub(crate) mod canary {
    use std::cell::Cell;

    thread_local! {
        static SET: Cell<&'static str> = const { Cell::new("") };
    }

    /// Switches the bug `name` on for the models that this thread runs from now on.
    #[cfg(test)]
    pub(crate) fn set(name: &'static str) {
        SET.with(|set| set.set(name));
    }

    pub(crate) fn is_set(name: &str) -> bool {
        SET.with(|set| set.get() == name)
    }
}
