//! Who follows, and what waits to be told.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bondstone_storage::Store;
use crossbeam::channel::{self, Receiver, Sender};
use slotmap::SlotMap;

use super::lag::{Lag, Losing};
use super::{Content, Notice};
use crate::change::ChangeSet;
use crate::snapshot::Snapshot;

slotmap::new_key_type! {
    pub(super) struct FeedNumber;
}

/// All feeds of a database.
pub(crate) struct Feeds {
    state: Mutex<State>,
    /// How many feeds there are, and how many are about to be. Asked by each commit, under the writer's lock.
    listening: AtomicUsize,
    /// So many change sets each feed holds.
    capacity: usize,
}

#[derive(Default)]
struct State {
    /// Change sets of commits that are sealed, in commit order; those at the front are published, or will be first.
    outbox: VecDeque<Arc<ChangeSet>>,
    feeds: SlotMap<FeedNumber, Subscriber>,
}

/// The sending end of a feed.
struct Subscriber {
    sender: Sender<Notice>,
    /// The version from which it follows: it has that and all before it.
    after: u64,
    /// The note in the channel that something is lost, if there is one that may still grow.
    losing: Option<Losing>,
}

/// A feed is about to be: commits copy their changes. Called off when it is dropped.
pub(super) struct Announced<'a>(Option<&'a Feeds>);

impl Drop for Announced<'_> {
    fn drop(&mut self) {
        if let Some(feeds) = self.0 {
            feeds.listening.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Feeds {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { state: Mutex::default(), listening: AtomicUsize::new(0), capacity: capacity.max(1) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing of the user's runs while it is locked but `Drop` of rows that nobody else holds, when all is done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does anyone follow?
    #[inline]
    pub(crate) fn is_any(&self) -> bool {
        self.listening.load(Ordering::Relaxed) > 0
    }

    /// From the next commit on changes are copied. With the writer's lock held, so that the next commit sees it.
    pub(super) fn announce(&self) -> Announced<'_> {
        self.listening.fetch_add(1, Ordering::Relaxed);
        Announced(Some(self))
    }

    /// A feed that follows a snapshot, which is taken while nothing is delivered: what it has does not come, what it has not does.
    pub(super) fn subscribe(
        &self,
        mut announced: Announced<'_>,
        snapshot: impl FnOnce() -> Snapshot,
    ) -> (Snapshot, FeedNumber, Receiver<Notice>) {
        // Its length is limited by who adds to it. A channel with a limit of its own would take its memory at once.
        let (sender, receiver) = channel::unbounded();
        let mut state = self.state();
        let snapshot = snapshot();
        let subscriber = Subscriber { sender, after: snapshot.version(), losing: None };
        announced.0 = None;
        (snapshot, state.feeds.insert(subscriber), receiver)
    }

    pub(super) fn unsubscribe(&self, number: FeedNumber) {
        let gone = self.state().feeds.remove(number);
        if gone.is_some() {
            self.listening.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// A commit is about to be sealed: with the writer's lock held.
    pub(crate) fn post(&self, changes: &Arc<ChangeSet>) {
        self.state().outbox.push_back(Arc::clone(changes));
    }

    /// Tells all feeds of what is published. By any thread, whenever something was.
    pub(crate) fn deliver(&self, store: &Store) {
        let mut told = Vec::new();
        let mut state = self.state();
        let State { outbox, feeds } = &mut *state;
        while let Some(changes) = outbox.pop_front_if(|changes| changes.seq() <= store.last()) {
            for feed in feeds.values_mut() {
                feed.tell(&changes, self.capacity);
            }
            told.push(changes);
        }
        drop(state);
        // Rows that nobody follows go here, where nothing is locked.
        drop(told);
    }
}

impl Feeds {
    /// Nothing will be committed any more: what is published is told, and all feeds end.
    #[cfg(feature = "persist")]
    pub(crate) fn end(&self, store: &Store) {
        self.deliver(store);
        let ended = std::mem::take(&mut self.state().feeds);
        self.listening.fetch_sub(ended.len(), Ordering::Relaxed);
    }
}

impl Subscriber {
    fn tell(&mut self, changes: &Arc<ChangeSet>, capacity: usize) {
        let seq = changes.seq();
        if seq <= self.after || self.losing.as_ref().is_some_and(|losing| losing.lose(seq)) {
            return;
        }
        self.losing = None;
        // Only this end adds to the channel: it is never longer than what is counted here, and a note.
        let notice = if self.sender.len() < capacity {
            Content::Changes(Arc::clone(changes))
        } else {
            let (lag, losing) = Lag::of(seq);
            self.losing = Some(losing);
            Content::Lost(lag)
        };
        // It fails if the feed was dropped just now, and is about to unsubscribe.
        let _ = self.sender.send(Notice(notice));
    }
}
