//! The writer's lock: whoever holds it already is told, instead of waiting for itself.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, MutexGuard};

/// A lock around what belongs to the writer.
pub(crate) struct Lock<T> {
    mutex: Mutex<T>,
    /// The thread that holds the lock. Relaxed: a thread compares it with its own number, which only it stores.
    owner: AtomicU64,
}

/// The lock, held.
pub(crate) struct Guard<'a, T> {
    guard: MutexGuard<'a, T>,
    owner: &'a AtomicU64,
}

/// The thread that asked for the writer's lock holds it already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reentrant;

impl<T> Lock<T> {
    pub(crate) const fn new(content: T) -> Self {
        Self { mutex: Mutex::new(content), owner: AtomicU64::new(NOBODY) }
    }

    /// Takes the lock, waiting for it.
    pub(crate) fn lock(&self) -> Result<Guard<'_, T>, Reentrant> {
        let thread = this_thread();
        if self.owner.load(Ordering::Relaxed) == thread {
            return Err(Reentrant);
        }
        Ok(self.held(self.mutex.lock(), thread))
    }

    /// Takes the lock if it is free.
    pub(crate) fn try_lock(&self) -> Option<Guard<'_, T>> {
        self.mutex.try_lock().map(|guard| self.held(guard, this_thread()))
    }

    fn held<'a>(&'a self, guard: MutexGuard<'a, T>, thread: u64) -> Guard<'a, T> {
        self.owner.store(thread, Ordering::Relaxed);
        Guard { guard, owner: &self.owner }
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        // The lock itself goes afterwards, with the field.
        self.owner.store(NOBODY, Ordering::Relaxed);
    }
}

const NOBODY: u64 = 0;

/// This thread's number, never 0.
fn this_thread() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static NUMBER: Cell<u64> = const { Cell::new(NOBODY) };
    }
    let number = NUMBER.try_with(|number| {
        if number.get() == NOBODY {
            number.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        number.get()
    });
    // A thread whose locals are gone cannot be told from others like it; it is not told apart, it just waits.
    number.unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_is_told_and_others_wait() {
        let lock = Lock::new(1);
        let mut guard = lock.lock().unwrap();
        assert!(lock.lock().is_err(), "held by this thread");
        assert!(lock.try_lock().is_none());
        *guard = 2;
        std::thread::scope(|scope| {
            let other = scope.spawn(|| lock.lock().map(|guard| *guard));
            drop(guard);
            assert_eq!(other.join().unwrap(), Ok(2), "another thread is not told, it waits");
        });
        assert!(lock.try_lock().is_some());
        assert!(lock.lock().is_ok(), "given back");
    }
}
