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
//!
//! A store that [publishes later](StoreBuilder::publish_later) has another fifth step: *seal* R, give the lock back, and
//! publish when the log says so ([`publication`](crate::publication)). All other steps are the same, since each of them asks
//! what readers may see, and not what the writer has done:
//!
//! * The **horizon** counts the published timestamp as a snapshot. A row that an unpublished commit superseded is later than
//!   that, so it is not pruned; what such a commit unlinked is stamped later, so it is neither freed nor used again.
//! * **Pruning** on an unpublished base is stamped R as ever, and R is published after the base, never before.
//! * **Freeing within a transaction** ([`unburden`](Store::unburden)) asks whether any snapshot is registered at all, and not
//!   what is published: whoever registers later walks what is linked now, at whatever timestamp.
//! * **The state before a transaction** is R - 1, sealed or riding. Its versions are there: of each row the last one at or
//!   before the horizon stays, and all later ones.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bondstone_schema::Model;

use crate::loader::Loader;
use crate::lock::{Guard, Lock, Reentrant};
use crate::publication::{Abandoned, Publication};
use crate::reclaim::{Backlog, Reclaim};
use crate::register::Register;
use crate::sync::canary;
use crate::table::check::Findings;
use crate::table::prepare::Prepared;
use crate::table::{Table, Tables};
use crate::writer::{FIRST, Timestamp, Writer};

/// Steps of reclaim at the end of each transaction, beside those in proportion to its size.
const STEPS: usize = 32;

/// Everything a database holds in memory.
pub struct Store {
    pub(crate) tables: Tables,
    pub(crate) register: Register,
    /// Of a store whose commits are published when its log says so.
    publication: Option<Publication>,
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

/// How the work in hand comes to be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// When the log has it, where there is one.
    Logged,
    /// As soon as what it was built on.
    Unlogged,
}

/// Which tables a store has, and how it publishes.
#[derive(Default)]
pub struct StoreBuilder {
    tables: Vec<Table>,
    publishes_later: bool,
}

impl StoreBuilder {
    /// Adds the table of a model, once however often it is called.
    pub fn add<M: Model>(&mut self) {
        let number = M::number().assign();
        if self.tables.iter().all(|table| table.number != number) {
            self.tables.push(Table::of::<M>());
        }
    }

    /// Lets a commit be [sealed](crate::Sight::seal_with) first and shown by [`Store::publish`]: for a store with a log.
    pub fn publish_later(&mut self) {
        self.publishes_later = true;
    }

    /// The store, to be filled with the rows that a database had before.
    #[must_use]
    pub fn load(self) -> Loader {
        Loader::new(Tables::new(self.tables), self.publishes_later)
    }

    /// The store.
    #[must_use]
    pub fn build(self) -> Arc<Store> {
        Store::of(Tables::new(self.tables), FIRST, self.publishes_later)
    }
}

impl Store {
    /// A store of these tables, all of whose rows are at most as old as `last`.
    pub(crate) fn of(tables: Tables, last: Timestamp, publishes_later: bool) -> Arc<Self> {
        let state = State {
            writer: Writer::after(last),
            reclaim: Reclaim::default(),
            undo: Vec::new(),
            touched: false,
            prepared: Prepared::default(),
        };
        Arc::new(Self {
            tables,
            register: Register::after(last),
            publication: publishes_later.then(|| Publication::after(last)),
            state: Lock::new(state),
            waiting: AtomicUsize::new(0),
        })
    }

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

    /// Shows everyone what was [sealed](crate::Sight::seal_with) up to `version`, and what was done since without being
    /// logged. What is published already stays so. By any thread, without the writer's lock; O(1).
    ///
    /// Does nothing where commits are published at once.
    ///
    /// # Errors
    /// [`Abandoned`]: nothing was published.
    pub fn publish(&self, version: Timestamp) -> Result<(), Abandoned> {
        let publication = self.publication.as_ref();
        publication.map_or(Ok(()), |later| later.publish(&self.register, version))
    }

    /// Ends writing for good, when it is unknown what the log holds. Nothing more is published and no transaction begins;
    /// one that is open may still be sealed, and nobody will see it. Snapshots are taken and read as before.
    ///
    /// Does nothing where commits are published at once: there nothing waits for a log.
    pub fn abandon(&self) {
        if let Some(later) = &self.publication {
            later.abandon();
        }
    }

    /// Was the store [abandoned](Self::abandon)?
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.publication.as_ref().is_some_and(Publication::is_abandoned)
    }

    /// The last commit on which the next transaction builds.
    pub(crate) fn sealed(&self) -> Timestamp {
        self.publication.as_ref().map_or_else(|| self.last(), Publication::sealed)
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

    /// Ends the work in hand: what it superseded is queued, and everyone may see it; where that comes later, when the log
    /// has it (`Work::Logged`) or when its base is published. The timestamp from which on all that it wrote and read is seen.
    ///
    /// Even a commit of nothing is published if something was touched, since what was unlinked waits for its timestamp.
    pub(crate) fn commit(&self, state: &mut State, work: Work) -> Timestamp {
        let State { writer, reclaim, undo, .. } = state;
        let (written, now) = (undo.len(), writer.now());
        for row in undo.drain(..).filter(|row| !row.fresh) {
            reclaim.supersede(writer, row.table, row.slot);
        }
        self.finish(state, written, work);
        if written > 0 { now } else { self.sealed() }
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
        self.finish(state, written, Work::Unlogged);
    }

    /// Reclaims a little, stamped with the work in hand, and publishes it if there is anything to publish.
    fn finish(&self, state: &mut State, size: usize, work: Work) {
        let changed = std::mem::take(&mut state.touched);
        if canary!(PruneAfterPublish) && changed {
            self.register.publish(state.writer.now());
        }
        let unlinked = self.reclaim(state, STEPS + size * 4);
        if changed || unlinked {
            self.turn(&mut state.writer, work);
        }
    }

    /// The work in hand is done: it is published, or sealed, or rides, and the next begins.
    fn turn(&self, writer: &mut Writer, work: Work) {
        let now = writer.now();
        match (&self.publication, work) {
            (None, _) => self.register.publish(now),
            (Some(later), Work::Logged) => later.seal(now),
            (Some(later), Work::Unlogged) => later.ride(&self.register, now),
        }
        writer.advance(now + 1);
    }

    fn reclaim(&self, state: &mut State, limit: usize) -> bool {
        if state.reclaim.is_empty(&state.writer) {
            return false;
        }
        let horizon = if canary!(HorizonOfTheBase) {
            state.writer.now() - 1
        } else {
            self.register.horizon(state.writer.horizon())
        };
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
            self.finish(&mut guard, STEPS, Work::Unlogged);
            self.unlock(guard);
        }
    }

    /// Reclaims everything that no snapshot needs, nor a reader of what is published. O(what waits).
    ///
    /// # Errors
    /// [`Reentrant`] inside a transaction of this thread.
    pub fn tidy(&self) -> Result<(), Reentrant> {
        let mut guard = self.lock()?;
        loop {
            let before = guard.reclaim.len(&guard.writer);
            let unlinked = self.reclaim(&mut guard, usize::MAX / 8);
            if unlinked {
                self.turn(&mut guard.writer, Work::Unlogged);
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
    /// It looks at what the next transaction would see: at commits, too, that are sealed and not published. These count as
    /// something that waits.
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
