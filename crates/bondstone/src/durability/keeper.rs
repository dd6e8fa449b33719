//! The thread in the background: syncs what waits, writes checkpoints that are due.
//!
//! It holds the database weakly: with the last handle it goes. All it does can be done by hand ([`flush`], [`checkpoint`]),
//! and without it ([`Builder::background`]) nothing happens by itself.
//!
//! [`flush`]: crate::Database::flush
//! [`checkpoint`]: crate::Database::checkpoint
//! [`Builder::background`]: crate::Builder::background

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::checkpoint;
use crate::database::Inner;

/// Wakes the thread, and tells it to go.
#[derive(Default)]
pub(crate) struct Bell {
    state: Mutex<Rung>,
    changed: Condvar,
}

#[derive(Default)]
struct Rung {
    rung: bool,
    stopped: bool,
}

impl Bell {
    /// A checkpoint is due.
    pub(super) fn ring(&self) {
        self.state.lock().rung = true;
        self.changed.notify_one();
    }

    /// The database is gone.
    pub(super) fn stop(&self) {
        self.state.lock().stopped = true;
        self.changed.notify_one();
    }

    /// Waits to be rung, so long at most. `None`: the database is gone.
    fn wait(&self, longest: Duration) -> Option<bool> {
        let mut state = self.state.lock();
        if !state.rung && !state.stopped {
            self.changed.wait_for(&mut state, longest);
        }
        let rung = std::mem::take(&mut state.rung);
        (!state.stopped).then_some(rung)
    }
}

/// Starts the thread.
pub(super) fn start(database: &Arc<Inner>) {
    let Some(journal) = &database.journal else { return };
    let (bell, pause) = (Arc::clone(&journal.bell), journal.options.sync_every);
    let database = Arc::downgrade(database);
    // Without a thread nothing happens by itself, and everything can be done by hand.
    let _ = std::thread::Builder::new()
        .name("bondstone".into())
        .spawn(move || keep(&database, &bell, pause));
}

/// How long no checkpoint is tried after one that failed: each time twice as long, lest a disk that is full be filled with drafts
/// over and over, beside those who commit.
#[derive(Default)]
struct Patience {
    failures: u32,
    until: Option<Instant>,
}

impl Patience {
    /// The longest pause.
    const LONGEST: Duration = Duration::from_secs(300);

    fn is_over(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now >= until)
    }

    /// A checkpoint was tried.
    fn tried(&mut self, is_done: bool, now: Instant) {
        if is_done {
            *self = Self::default();
            return;
        }
        let pause = Duration::from_secs(1) * (1 << self.failures.min(16));
        self.failures += 1;
        self.until = now.checked_add(pause.min(Self::LONGEST));
    }
}

fn keep(database: &Weak<Inner>, bell: &Bell, pause: Duration) {
    let mut patience = Patience::default();
    while let Some(rung) = bell.wait(pause) {
        let Some(database) = database.upgrade() else { return };
        let Some(journal) = &database.journal else { return };
        // Errors poison the log, or leave an older snapshot; whoever commits or checkpoints next is told.
        if journal.durable_version() < database.store.last() {
            let _ = journal.flush();
        }
        if (rung || journal.is_due() || is_old(journal)) && patience.is_over(Instant::now()) {
            let written = checkpoint::write(&database);
            patience.tried(written.is_ok(), Instant::now());
        }
    }
}

/// Has the last checkpoint been so long ago that one is due, and is there anything to be written?
fn is_old(journal: &super::Journal) -> bool {
    let Some(every) = journal.options.checkpoint_every else { return false };
    let last = *journal.last_checkpoint.lock();
    let has_commits = journal.durable_version() > last.version;
    has_commits && journal.vfs.now().saturating_sub(last.at) >= every
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Patience;

    /// When the next is tried after so many failures.
    fn pause(failures: u32) -> Duration {
        let (mut patience, now) = (Patience::default(), Instant::now());
        (0..failures).for_each(|_| patience.tried(false, now));
        let seconds = (0..).map(Duration::from_secs);
        seconds.into_iter().find(|time| patience.is_over(now + *time)).expect("some time")
    }

    #[test]
    fn after_each_failure_twice_as_long() {
        let pauses = [0, 1, 2, 3, 8, 9, 10, 1000].map(|failures| pause(failures).as_secs());
        assert_eq!(pauses, [0, 1, 2, 4, 128, 256, 300, 300]);
        let (mut patience, now) = (Patience::default(), Instant::now());
        patience.tried(false, now);
        patience.tried(true, now);
        assert!(patience.is_over(now), "one that was written makes good for all before");
    }
}
