//! The log of an open database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bondstone_persist::commit::{self, Committer};
use bondstone_persist::log::Position;
use bondstone_persist::vfs::{Lock, Vfs};
use bondstone_storage::{NotBegun, Sight, Store};
use parking_lot::Mutex;

use super::keeper::Bell;
use super::{Level, Opened, Options};
use crate::error::{Error, Result};

/// What an open database has beyond its rows.
pub(crate) struct Journal {
    pub(super) committer: Committer,
    pub(super) vfs: Arc<dyn Vfs>,
    /// The number of the database, as it stands in its files.
    pub(super) database: u128,
    pub(super) options: Options,
    pub(super) opened: Opened,
    /// Held while a checkpoint is written: one at a time.
    pub(super) checkpoint: Mutex<()>,
    pub(super) last_checkpoint: Mutex<LastCheckpoint>,
    /// Bytes of log since the last checkpoint.
    pub(super) logged: AtomicU64,
    pub(super) bell: Arc<Bell>,
    /// Freed when the database is closed, or last.
    pub(super) lock: Mutex<Option<Box<dyn Lock>>>,
}

/// When a checkpoint was last written, and of what.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LastCheckpoint {
    pub(super) at: Duration,
    pub(super) version: u64,
}

impl From<Level> for commit::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Memory => Self::Memory,
            Level::Buffered => Self::Buffered,
            Level::Sync => Self::Sync,
        }
    }
}

impl Journal {
    /// Can anything be committed?
    ///
    /// # Errors
    /// The log is poisoned.
    pub(super) fn check(&self) -> Result<()> {
        match self.committer.poison() {
            Some(why) => Err(bondstone_persist::Error::Poisoned { why }.into()),
            None => Ok(()),
        }
    }

    /// Why no transaction begins any more.
    pub(crate) fn ended(&self) -> Error {
        self.check().err().unwrap_or_else(|| bondstone_persist::Error::Closed.into())
    }

    /// Commits a transaction that has something to log; `logged` is called when the log has it, with the writer's lock held. Its
    /// version.
    ///
    /// # Errors
    /// The log did not take it, and it is rolled back; or whether it is durable is unknown, and it is not published.
    pub(crate) fn commit(
        &self,
        store: &Store,
        sight: Sight,
        level: Option<Level>,
        record: &[u8],
        logged: impl FnOnce(),
    ) -> Result<u64> {
        let level = level.unwrap_or(self.options.level).into();
        let sealed = sight.seal_with(|sight| {
            let ticket = self.committer.append(level, sight.timestamp(), record);
            ticket.inspect(|_| logged())
        })?;
        if let Some(ticket) = sealed.logged {
            let waited = self.committer.wait(ticket, &|version| publish(store, version));
            self.told(store, waited)?;
        }
        self.count(record.len());
        Ok(sealed.version)
    }

    /// What a transaction begins on. Under the writer's lock.
    ///
    /// # Errors
    /// The log is poisoned.
    pub(super) fn base(&self) -> Result<commit::Base> {
        Ok(self.committer.base()?)
    }

    /// Waits until a base is published.
    pub(super) fn wait_base(&self, store: &Store, base: commit::Base) -> Result<()> {
        let waited = self.committer.wait_base(base, &|version| publish(store, version));
        self.told(store, waited)
    }

    /// Waits until everything before a place in the log is published. Without the writer's lock: who appended some of it
    /// may be about to complete it.
    pub(super) fn wait_position(&self, store: &Store, position: Position) -> Result<()> {
        let waited = self.committer.wait_position(position, &|version| publish(store, version));
        self.told(store, waited)
    }

    /// After a failed sync nothing is written any more, nor published.
    fn told<T>(&self, store: &Store, outcome: bondstone_persist::Result<T>) -> Result<T> {
        if outcome.is_err() && self.committer.poison().is_some() {
            store.abandon();
        }
        Ok(outcome?)
    }

    pub(crate) fn durable_version(&self) -> u64 {
        self.committer.durable_version()
    }

    pub(crate) fn wait_durable(&self, version: u64) -> Result<()> {
        Ok(self.committer.wait_durable(self.logged_version(version))?)
    }

    pub(super) fn poll_durable(&self, version: u64, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.committer.poll_durable(self.logged_version(version), context).map_err(Error::from)
    }

    /// A commit that changed nothing, net, is not in the log: it is as durable as those before it.
    fn logged_version(&self, version: u64) -> u64 {
        version.min(self.committer.last_version())
    }

    /// Makes everything durable that was committed.
    pub(crate) fn flush(&self) -> Result<()> {
        Ok(self.committer.flush()?)
    }

    /// Makes everything durable and seals the log. No transaction is open on this thread; others are waited for, and those
    /// that come later are refused.
    ///
    /// # Errors
    /// What had been committed until now could not all be made durable.
    pub(crate) fn close(&self, store: &Arc<Store>) -> Result<()> {
        let writer = match Sight::transaction(store) {
            Err(NotBegun::Reentrant) => return Err(Error::Reentrant),
            Err(NotBegun::Abandoned) => None,
            Ok(sight) => Some(sight),
        };
        // A checkpoint that is being written is waited for: whoever opens the directory next finds nobody there.
        self.bell.stop();
        let _no_checkpoint = self.checkpoint.lock();
        let closed = self.finish(store);
        store.abandon();
        drop(writer);
        drop(self.lock.lock().take());
        closed
    }

    /// Publishes what was appended, whose owners may still be waiting for it, and seals the log. Under the writer's lock.
    fn finish(&self, store: &Store) -> Result<()> {
        let published = self.base().and_then(|base| self.wait_base(store, base));
        self.committer.close()?;
        published
    }

    /// Counts what was logged, and wakes the thread in the background when that has become enough for a checkpoint.
    fn count(&self, record: usize) {
        let record = record as u64;
        let logged = self.logged.fetch_add(record, Ordering::Relaxed);
        let due = self.options.checkpoint_at;
        if self.options.background && logged < due && logged.saturating_add(record) >= due {
            self.bell.ring();
        }
    }

    /// Is there enough log for a checkpoint?
    pub(super) fn is_due(&self) -> bool {
        self.logged.load(Ordering::Relaxed) >= self.options.checkpoint_at
    }

    pub(crate) const fn opened(&self) -> &Opened {
        &self.opened
    }
}

/// Shows a commit. An abandoned store shows nothing more, which is told to whoever waits.
fn publish(store: &Store, version: u64) {
    let _ = store.publish(version);
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.bell.stop();
    }
}
