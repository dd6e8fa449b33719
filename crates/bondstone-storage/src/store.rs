//! The store: all tables, the register of snapshots, and the writer's lock.
//!
//! # A transaction's life
//!
//! 1. Take the lock. The timestamp R is known: the one after the last.
//! 2. Write rows with R. Nobody sees them; the row's slot goes onto the undo list.
//! 3. Commit: the undo list becomes the tail of the queue of superseded rows. Rollback: newest first, everything is
//!    taken off again.
//! 4. Reclaim a little, stamped R.
//! 5. Publish R: one store. A rollback publishes too, so that reuse of what it unlinked is ordered against readers like
//!    everything else; a transaction that did nothing at all keeps R for the next.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bondstone_schema::Model;

use crate::lock::{Guard, Lock, Reentrant};
use crate::reclaim::{Backlog, Reclaim};
use crate::register::Register;
use crate::sync::canary;
use crate::table::check::Findings;
use crate::table::prepare::Prepared;
use crate::table::{Table, Tables};
use crate::writer::{Timestamp, Writer};

/// Steps of reclaim at the end of each transaction, beside those in proportion to its size.
const STEPS: usize = 32;

/// Everything a database holds in memory.
pub struct Store {
    pub(crate) tables: Tables,
    pub(crate) register: Register,
    state: Lock<State>,
    /// What waits to be reclaimed, so that whoever drops a snapshot sees whether there is anything to do.
    waiting: AtomicUsize,
}

/// What belongs to the writer.
pub(crate) struct State {
    pub(crate) writer: Writer,
    pub(crate) reclaim: Reclaim,
    /// The rows written by the work in hand, in order.
    pub(crate) undo: Vec<Written>,
    /// Something was written, be it that it was taken back; or memory was retired.
    pub(crate) touched: bool,
    /// Where writes are prepared.
    pub(crate) prepared: Prepared,
}

/// A row that the work in hand wrote: it has one more version than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) table: usize,
    pub(crate) slot: u32,
    /// The row is new: nothing was superseded, nothing is to be cleared away.
    pub(crate) fresh: bool,
}

/// Which tables a store has.
#[derive(Default)]
pub struct StoreBuilder {
    tables: Vec<Table>,
}

impl StoreBuilder {
    /// Adds the table of a model, once however often it is called.
    pub fn add<M: Model>(&mut self) {
        let number = M::number().assign();
        if self.tables.iter().all(|table| table.number != number) {
            self.tables.push(Table::of::<M>());
        }
    }

    /// The store.
    #[must_use]
    pub fn build(self) -> Arc<Store> {
        let state = State {
            writer: Writer::new(),
            reclaim: Reclaim::default(),
            undo: Vec::new(),
            touched: false,
            prepared: Prepared::default(),
        };
        Arc::new(Store {
            tables: Tables::new(self.tables),
            register: Register::new(),
            state: Lock::new(state),
            waiting: AtomicUsize::new(0),
        })
    }
}

impl Store {
    /// The timestamp of the last published commit.
    #[must_use]
    pub fn last(&self) -> Timestamp {
        self.register.last()
    }

    /// How many commits the oldest snapshot is behind; `None` when there is none.
    #[must_use]
    pub fn oldest_snapshot_age(&self) -> Option<u64> {
        self.register.oldest_snapshot().map(|oldest| self.last().saturating_sub(oldest.max(1)))
    }

    /// Takes the writer's lock, waiting for it.
    pub(crate) fn lock(&self) -> Result<Guard<'_, State>, Reentrant> {
        self.state.lock()
    }

    /// Gives the lock back.
    pub(crate) fn unlock(&self, guard: Guard<'_, State>) {
        self.waiting.store(guard.reclaim.len(&guard.writer), Ordering::Relaxed);
        drop(guard);
    }

    /// Ends the work in hand: what it superseded is queued, and everyone may see it.
    ///
    /// Even a commit of nothing is published if something was touched, since what was unlinked waits for its timestamp.
    pub(crate) fn commit(&self, state: &mut State) {
        let State { writer, reclaim, undo, .. } = state;
        let written = undo.len();
        for row in undo.drain(..).filter(|row| !row.fresh) {
            reclaim.supersede(writer, row.table, row.slot);
        }
        self.finish(state, written);
    }

    /// Frees the memory that the work in hand has retired so far, if it is much and nobody reads. Between two writes: nothing
    /// of what a write found in the indexes is kept until the next.
    #[inline]
    pub(crate) fn unburden(&self, writer: &mut Writer) {
        if writer.is_burdened() {
            writer.unburden(self.register.is_idle());
        }
    }

    /// Takes back what the work in hand wrote since the undo list was `mark` long.
    pub(crate) fn undo_to(&self, state: &mut State, mark: usize) {
        while state.undo.len() > mark {
            let Some(row) = state.undo.pop() else { break };
            if let Some(table) = self.tables.get(row.table) {
                let mut unlinking = state.reclaim.unlinking();
                table.undo(&self.tables, &mut state.writer, row.slot, &mut unlinking);
            }
        }
    }

    /// Ends the work in hand without a trace.
    pub(crate) fn rollback(&self, state: &mut State) {
        let written = state.undo.len();
        self.undo_to(state, 0);
        self.finish(state, written);
    }

    /// Reclaims a little, stamped with the work in hand, and publishes it if there is anything to publish.
    fn finish(&self, state: &mut State, size: usize) {
        let changed = std::mem::take(&mut state.touched);
        if canary!(PruneAfterPublish) && changed {
            self.register.publish(state.writer.now());
        }
        let unlinked = self.reclaim(state, STEPS + size * 4);
        if changed || unlinked {
            let now = state.writer.now();
            self.register.publish(now);
            state.writer.advance(now + 1);
        }
    }

    fn reclaim(&self, state: &mut State, limit: usize) -> bool {
        if state.reclaim.is_empty(&state.writer) {
            return false;
        }
        let horizon = self.register.horizon(state.writer.horizon());
        state.reclaim.advance(&self.tables, &mut state.writer, horizon, limit)
    }

    /// Reclaims a little if the lock is free and there is something to do: called by who drops a snapshot.
    pub(crate) fn tidy_if_idle(&self) {
        // The model checker runs all threads on one, which must not wait for a lock that another of them holds.
        if cfg!(loom) {
            return;
        }
        if self.waiting.load(Ordering::Relaxed) == 0 {
            return;
        }
        if let Some(mut guard) = self.state.try_lock() {
            self.finish(&mut guard, STEPS);
            self.unlock(guard);
        }
    }

    /// Reclaims everything that no snapshot needs. O(what waits).
    ///
    /// # Errors
    /// [`Reentrant`] inside a transaction of this thread.
    pub fn tidy(&self) -> Result<(), Reentrant> {
        let mut guard = self.lock()?;
        loop {
            let before = guard.reclaim.len(&guard.writer);
            let unlinked = self.reclaim(&mut guard, usize::MAX / 8);
            if unlinked {
                let now = guard.writer.now();
                self.register.publish(now);
                guard.writer.advance(now + 1);
            }
            let done = !unlinked || guard.reclaim.only_slots();
            if done && guard.reclaim.len(&guard.writer) == before {
                break;
            }
        }
        self.unlock(guard);
        Ok(())
    }

    /// What is held for old snapshots. Waits for the writer's lock. O(what waits).
    ///
    /// # Errors
    /// [`Reentrant`] inside a transaction of this thread.
    pub fn backlog(&self) -> Result<Backlog, Reentrant> {
        let guard = self.lock()?;
        let backlog = guard.reclaim.backlog(&self.tables, &guard.writer);
        self.unlock(guard);
        Ok(backlog)
    }

    /// Bytes of memory held by each table: rows, versions, indexes and relation maps, without what rows own elsewhere.
    ///
    /// # Errors
    /// [`Reentrant`] inside a transaction of this thread.
    pub fn bytes(&self) -> Result<Vec<(&'static str, usize)>, Reentrant> {
        let guard = self.lock()?;
        let bytes = self.tables.iter().map(|table| (table.name, table.bytes())).collect();
        self.unlock(guard);
        Ok(bytes)
    }

    /// Compares everything that is derived from rows with the rows: keys, indexes, relation maps, counts. When nothing
    /// waits for old snapshots, it also demands that nothing is there beyond what the rows justify.
    ///
    /// Waits for the writer's lock. O(rows × indexes).
    ///
    /// # Errors
    /// [`Reentrant`] inside a transaction of this thread.
    pub fn check(&self) -> Result<Vec<String>, Reentrant> {
        self.tidy()?;
        let guard = self.lock()?;
        let at_rest = guard.reclaim.is_empty(&guard.writer) && guard.reclaim.quarantined() == 0;
        let checked = catch_unwind(AssertUnwindSafe(|| {
            let mut findings = Findings::default();
            for table in self.tables.iter() {
                table.check(&self.tables, &guard.writer, at_rest, &mut findings);
            }
            findings
        }));
        // The user's `Hash`, `Eq` or `Ord` may have panicked: the lock is given back in order all the same.
        self.unlock(guard);
        let findings = checked.unwrap_or_else(|panic| resume_unwind(panic));
        Ok(findings.faults)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // No snapshot and no transaction is left, since each keeps the store; so the lock is free.
        if let Some(mut guard) = self.state.try_lock() {
            let State { writer, reclaim, .. } = &mut *guard;
            reclaim.finish(&self.tables, writer);
        }
    }
}

#[cfg(all(test, loom))]
mod models;
