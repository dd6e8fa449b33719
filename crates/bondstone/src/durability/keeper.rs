//! The thread in the background: syncs what waits, writes checkpoints that are due.
//!
//! It holds the database weakly: with the last handle it goes. All it does can be done by hand ([`flush`], [`checkpoint`]),
//! and without it ([`Builder::background`]) nothing happens by itself.
//!
//! [`flush`]: crate::Database::flush
//! [`checkpoint`]: crate::Database::checkpoint
//! [`Builder::background`]: crate::Builder::background

use std::sync::{Arc, Weak};
use std::time::Duration;

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

fn keep(database: &Weak<Inner>, bell: &Bell, pause: Duration) {
    while let Some(rung) = bell.wait(pause) {
        let Some(database) = database.upgrade() else { return };
        let Some(journal) = &database.journal else { return };
        // Errors poison the log, or leave an older snapshot; whoever commits or checkpoints next is told.
        if journal.durable_version() < database.store.last() {
            let _ = journal.flush();
        }
        // One that failed is tried again at the next turn.
        if rung || journal.is_due() || is_old(journal) {
            let _ = checkpoint::write(&database);
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
