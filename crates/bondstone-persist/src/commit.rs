//! Group commit: append → sync → publish → acknowledge.
//!
//! A commit is [appended](Committer::append) while the caller holds the database's writer's lock, and
//! [waited](Committer::wait) for without it, so that the next transaction builds on what is not published yet. Of those
//! who wait for a sync one is the *leader* and syncs for all who have appended; the others wait for the leader, or are the
//! next. What may be published is published in commit order, each commit exactly once, by whoever notices first:
//!
//! * a commit at level `Sync` when it and all before it are synced;
//! * a weaker one when all before it are published;
//! * and neither before its transaction is complete, which its owner says by waiting for it.
//!
//! Invariants:
//!
//! * Nothing behind an unpublished commit is published. So a reader never sees what builds on something that a power loss
//!   could take back from under it.
//! * Whoever began on an unpublished base can [wait for it](Committer::wait_base), whatever became of the transaction.
//! * One sync runs at a time, rotation included: an error is told to one of two, and the other would be told `Ok`.
//! * After a failed sync nothing is logged, and nothing unsynced is published, ever.
//!
//! Nobody depends on another's wait once the writer's lock is free: whoever waits leads, if nobody does, and whoever begins
//! the next transaction says that those before it are complete ([`base`](Committer::base)).

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::canary::canary;
use crate::error::{Error, Result};
use crate::log::{self, Flush, LogWriter, Position};
use crate::vfs::Vfs;

/// The leader waits for so much of the last sync's time for those who committed lately: a tenth.
const PATIENCE: u32 = 10;

/// What has happened when a commit is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// It is published in memory. It goes to the operating system before any stronger commit.
    Memory,
    /// The operating system has it: it survives a crash of the process.
    Buffered,
    /// It is on the medium, and all before it: it survives power loss.
    #[default]
    Sync,
}

/// A commit that was appended, to be waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a commit is published when it was waited for"]
pub struct Ticket {
    sequence: u64,
}

impl Ticket {
    /// The commit's number in the log.
    pub fn sequence(self) -> u64 {
        self.sequence
    }
}

/// What a transaction was begun on: all commits that were appended then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    sequence: u64,
}

/// Commits of many threads, one log.
///
/// ```
/// use std::sync::Arc;
/// use bondstone_persist::commit::{Committer, Level};
/// use bondstone_persist::log::{LogWriter, Origin, Settings};
/// use bondstone_persist::vfs::{OsDirectory, Vfs};
///
/// # let path = std::env::temp_dir().join(format!("bondstone-commit-{}", std::process::id()));
/// let directory: Arc<dyn Vfs> = Arc::new(OsDirectory::open(&path, true)?);
/// let log = LogWriter::create(directory.clone(), Origin::default(), Settings::default())?;
/// let committer = Committer::new(directory, log);
///
/// let ticket = committer.append(Level::Sync, 1, b"a change")?; // with the writer's lock
/// committer.wait(ticket, &|version| println!("readers see {version}"))?; // without it
/// assert_eq!(committer.durable_version(), 1);
/// committer.close()?;
/// # std::fs::remove_dir_all(path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Committer {
    vfs: Arc<dyn Vfs>,
    state: Mutex<State>,
    /// Something was published or synced, or the leader has gone.
    changed: Condvar,
    /// As many wait as the leader waits for.
    joined: Condvar,
}

struct State {
    log: LogWriter,
    /// Appended and not published, in order.
    unpublished: VecDeque<Unpublished>,
    /// The sequence of the last whose transaction is complete: what is not is in the log, and must not be published yet.
    sealed: u64,
    /// The sequence of the last that was published.
    published: u64,
    /// Is someone syncing?
    leading: bool,
    /// How many sleep until something has changed.
    sleeping: usize,
    /// How many `Sync` commits wait, how many waited when the last sync began, and how long that took.
    waiting: usize,
    last_group: usize,
    last_sync: Duration,
    wakers: Vec<(u64, Waker)>,
}

struct Unpublished {
    sequence: u64,
    version: u64,
    level: Level,
}

impl Committer {
    /// Takes over a log, all of whose commits are published.
    pub fn new(vfs: Arc<dyn Vfs>, log: LogWriter) -> Self {
        let published = log.appended().sequence;
        let state = State {
            log,
            unpublished: VecDeque::new(),
            sealed: published,
            published,
            leading: false,
            sleeping: 0,
            waiting: 0,
            last_group: 0,
            last_sync: Duration::ZERO,
            wakers: Vec::new(),
        };
        Self { vfs, state: Mutex::new(state), changed: Condvar::new(), joined: Condvar::new() }
    }

    /// Nothing of the state is left half-done by a panic: `publish` is the only foreign code, and comes last.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps until something has changed.
    fn changed<'a>(&self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.sleeping += 1;
        let mut state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        state.sleeping -= 1;
        state
    }

    /// Wakes those who sleep. To wake nobody is a system call as well, and most commits have nobody to wake.
    fn wake(&self, state: &State) {
        if state.sleeping > 0 {
            self.changed.notify_all();
        }
    }

    /// Appends a commit. The caller holds the database's writer's lock, so that commits come in order. A commit of level
    /// `Buffered` or `Sync` is with the operating system when this returns. O(bytes).
    ///
    /// # Errors
    /// Nothing was logged then, and the caller takes its transaction back: [`Error::NoSpace`], [`Error::Io`] (committing goes
    /// on), [`Error::Poisoned`] (it does not), [`Error::Forked`] (as soon as something would be written), [`Error::Closed`], [`Error::TooLarge`], [`Error::Version`].
    pub fn append(&self, level: Level, version: u64, payload: &[u8]) -> Result<Ticket> {
        let mut state = self.state();
        while state.leading && state.log.would_rotate(payload.len()) {
            state = self.changed(state);
        }
        let waits =
            level == Level::Memory || level == Level::Buffered && canary!(AcknowledgeBeforeAppend);
        let flush = if waits { Flush::Memory } else { Flush::Buffered };
        let synced = state.log.synced().sequence;
        let appended = state.log.append(version, payload, flush);
        if state.log.synced().sequence > synced || state.log.poison().is_some() {
            self.tell(&mut state);
        }
        let sequence = appended?;
        state.unpublished.push_back(Unpublished { sequence, version, level });
        Ok(Ticket { sequence })
    }

    /// Waits until a commit is published. Call it when the transaction is complete in memory, as all before it are; not
    /// before, for from now on it may be published, by whoever notices first. `publish` is called with the version of each
    /// commit that may be published now, in order, under a lock; it must not panic, nor call the committer.
    ///
    /// # Errors
    /// [`Error::DurabilityUnknown`] when the sync failed: the commit was not published, and never will be.
    pub fn wait(&self, ticket: Ticket, publish: &dyn Fn(u64)) -> Result<()> {
        let mut state = self.state();
        state.seal(ticket.sequence);
        if canary!(AcknowledgeBeforeSync) {
            state.publish(publish);
            return Ok(());
        }
        self.wait_published(state, ticket.sequence, publish)
    }

    /// What a transaction begins on now: call it with the writer's lock held, when all that was appended is complete.
    ///
    /// # Errors
    /// [`Error::Poisoned`]: nothing can be committed any more.
    pub fn base(&self) -> Result<Base> {
        let mut state = self.state();
        if let Some(why) = state.log.poison() {
            return Err(Error::Poisoned { why: Arc::clone(why) });
        }
        let sequence = state.log.appended().sequence;
        if state.seal(sequence) {
            self.wake(&state);
        }
        Ok(Base { sequence })
    }

    /// Waits until all of a base is published: for a transaction that logged nothing, be it that it changed nothing or was
    /// rolled back. `publish` is as in [`wait`](Committer::wait). O(1) when it is published.
    ///
    /// # Errors
    /// [`Error::DurabilityUnknown`] when it never will be.
    pub fn wait_base(&self, base: Base, publish: &dyn Fn(u64)) -> Result<()> {
        if canary!(ReturnBeforeBase) {
            return Ok(());
        }
        self.wait_published(self.state(), base.sequence, publish)
    }

    /// Waits until all commits up to a place of the log are published: by whoever appended them, some of whom may not have
    /// completed their transactions yet. Without the writer's lock. `publish` is as in [`wait`](Committer::wait).
    ///
    /// # Errors
    /// [`Error::DurabilityUnknown`] when they never will be.
    pub fn wait_position(&self, position: Position, publish: &dyn Fn(u64)) -> Result<()> {
        self.wait_published(self.state(), position.sequence, publish)
    }

    fn wait_published<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        sequence: u64,
        publish: &dyn Fn(u64),
    ) -> Result<()> {
        state.waiting += 1;
        if state.leading && state.waiting >= state.last_group {
            self.joined.notify_one();
        }
        let outcome = loop {
            if state.publish(publish) {
                self.wake(&state);
            }
            if state.published >= sequence {
                break Ok(());
            }
            if let Some(why) = state.log.poison() {
                break Err(Error::DurabilityUnknown { why: Arc::clone(why) });
            }
            if state.leading || state.is_incomplete() {
                state = self.changed(state);
            } else {
                let led;
                (state, led) = self.lead(state);
                if led.is_err() {
                    break led;
                }
            }
        };
        state.waiting -= 1;
        outcome
    }

    /// Syncs what was written until now, for everyone. The lock is given back meanwhile.
    fn lead<'a>(&'a self, mut state: MutexGuard<'a, State>) -> (MutexGuard<'a, State>, Result<()>) {
        if let Err(error) = state.log.check_process() {
            return (state, Err(error));
        }
        state.leading = true;
        state = self.gather(state);
        let Some(job) = state.log.sync_job() else {
            state.leading = false;
            self.wake(&state);
            return (state, Ok(()));
        };
        state.last_group = state.waiting;
        drop(state);
        let began = self.vfs.now();
        let synced = job.run();
        let took = self.vfs.now().saturating_sub(began);
        let mut state = self.state();
        state.last_sync = took;
        state.leading = false;
        let outcome = state.log.synced_by(&job, synced);
        self.tell(&mut state);
        (state, outcome)
    }

    /// Waits a little for those who committed with the last sync: they are likely to commit again.
    fn gather<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let patience = state.last_sync / PATIENCE;
        if state.waiting >= state.last_group || patience.is_zero() {
            return state;
        }
        let fewer = |state: &mut State| state.waiting < state.last_group;
        let waited = self.joined.wait_timeout_while(state, patience, fewer);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Wakes all who wait for what has become durable, or never will.
    fn tell(&self, state: &mut State) {
        let durable = state.log.synced().version;
        let poisoned = state.log.poison().is_some();
        state
            .wakers
            .extract_if(.., |(version, _)| poisoned || *version <= durable)
            .for_each(|(_, waker)| waker.wake());
        self.wake(state);
    }

    /// The newest version that survives power loss, with all before it. O(1).
    pub fn durable_version(&self) -> u64 {
        self.state().log.synced().version
    }

    /// The version of the last commit that was appended. O(1).
    pub fn last_version(&self) -> u64 {
        self.state().log.appended().version
    }

    /// Waits until a version is durable, and syncs for it if nobody does. Whether it is published is another question: that
    /// is up to who committed it.
    ///
    /// # Errors
    /// [`Error::DurabilityUnknown`] when the sync failed; [`Error::NoSpace`], [`Error::Io`] when what waits in memory cannot be
    /// written now; [`Error::Version`] for a version that was never appended; [`Error::Forked`].
    pub fn wait_durable(&self, version: u64) -> Result<()> {
        let mut state = self.state();
        let last = state.log.appended().version;
        if version > last {
            return Err(Error::Version { version, last });
        }
        while state.log.synced().version < version {
            if let Some(why) = state.log.poison() {
                return Err(Error::DurabilityUnknown { why: Arc::clone(why) });
            }
            if state.leading {
                state = self.changed(state);
                continue;
            }
            if state.log.written().version < version {
                state.log.write_out()?;
            }
            let outcome;
            (state, outcome) = self.lead(state);
            outcome?;
        }
        Ok(())
    }

    /// Is a version durable? If not, the context is woken when it is, or never will be. Does not sync by itself: some
    /// [`flush`](Committer::flush), checkpoint or `Sync` commit has to come.
    ///
    /// # Errors
    /// [`Error::DurabilityUnknown`] when it never will be; [`Error::Version`] for a version that was never appended.
    pub fn poll_durable(&self, version: u64, context: &mut Context<'_>) -> Poll<Result<()>> {
        let mut state = self.state();
        let last = state.log.appended().version;
        if version > last {
            return Poll::Ready(Err(Error::Version { version, last }));
        }
        if state.log.synced().version >= version {
            return Poll::Ready(Ok(()));
        }
        if let Some(why) = state.log.poison() {
            return Poll::Ready(Err(Error::DurabilityUnknown { why: Arc::clone(why) }));
        }
        let waker = context.waker();
        if !state.wakers.iter().any(|(v, other)| *v == version && other.will_wake(waker)) {
            state.wakers.push((version, waker.clone()));
        }
        Poll::Pending
    }

    /// Makes durable all that was appended until now.
    ///
    /// # Errors
    /// As [`wait_durable`](Committer::wait_durable).
    pub fn flush(&self) -> Result<()> {
        let version = self.state().log.appended().version;
        self.wait_durable(version)
    }

    /// Begins another segment of the log, so that everything up to now is synced, in segments that do not change any more.
    /// Gives the place where it begins.
    ///
    /// # Errors
    /// As [`append`](Committer::append); [`Error::DurabilityUnknown`] when the sync fails.
    pub fn rotate(&self) -> Result<Position> {
        let mut state = self.idle()?;
        let rotated = state.log.rotate();
        self.tell(&mut state);
        rotated.map(|()| state.log.appended())
    }

    /// Removes segments that hold only commits before `sequence`, since a snapshot has them. Blocks nobody.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Forked`].
    pub fn remove_before(&self, sequence: u64) -> Result<()> {
        self.state().log.check_process()?;
        log::remove_before(&*self.vfs, sequence)
    }

    /// Why nothing can be committed any more, if so.
    pub fn poison(&self) -> Option<Arc<str>> {
        self.state().log.poison().cloned()
    }

    /// Syncs all and seals the log. Nothing can be committed afterwards; what was appended can still be waited for.
    ///
    /// # Errors
    /// As [`flush`](Committer::flush); [`Error::Closed`] the second time.
    pub fn close(&self) -> Result<()> {
        let mut state = self.idle()?;
        let sealed = state.log.seal();
        self.tell(&mut state);
        sealed
    }

    /// The state at a moment when no sync is running.
    fn idle(&self) -> Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        state.log.check_process()?;
        while state.leading {
            state = self.changed(state);
        }
        Ok(state)
    }
}

impl State {
    /// All transactions through a sequence are complete. Is that news?
    fn seal(&mut self, sequence: u64) -> bool {
        let is_news = sequence > self.sealed;
        self.sealed = self.sealed.max(sequence);
        is_news
    }

    /// Is what would be published next still in the hands of its writer?
    fn is_incomplete(&self) -> bool {
        self.unpublished.front().is_some_and(|next| next.sequence > self.sealed)
    }

    /// Publishes what may be, in order. Was there anything?
    fn publish(&mut self, publish: &dyn Fn(u64)) -> bool {
        let synced = self.log.synced().sequence;
        let sound = self.log.poison().is_none();
        let sealed = self.sealed;
        let is_safe = |next: &Unpublished| {
            next.sequence <= synced
                || sound && (next.level < Level::Sync || canary!(PublishBeforeSync))
        };
        let may = |next: &mut Unpublished| next.sequence <= sealed && is_safe(next);
        let mut any = false;
        while let Some(next) = self.unpublished.pop_front_if(may) {
            self.published = next.sequence;
            publish(next.version);
            any = true;
        }
        any
    }
}

impl Drop for Committer {
    /// Hands over what waits in memory, if that is still possible. Errors are told by [`close`](Committer::close) only.
    fn drop(&mut self) {
        let _ = self.state().log.write_out();
    }
}

#[cfg(test)]
mod tests;
